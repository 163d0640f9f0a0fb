/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a plugin for out-of-band migration exports: the interface that was proposed
 * for QEMU in 2022. A plugin that was built for that runs here as it is.
 *
 * All calls come from one thread. @devid and @arg may be written to, and live until
 * cleanup() has returned. Only cleanup() may be NULL.
 */
#ifndef VFIO_MIGRATION_PLUGIN_H
#define VFIO_MIGRATION_PLUGIN_H

#include <stdint.h>

#define VFIO_LM_PLUGIN_API_VERSION	0

/* States: those of struct vfio_device_migration_info of <linux/vfio.h>. */

typedef struct VFIOMigrationPluginOps {
	/* A handle, or NULL: this migration fails. */
	void *(*init)(char *devid, char *arg);
	/* Fills all of @len, or returns something else than 0. */
	int (*save)(void *handle, uint8_t *state, uint64_t len);
	/* Below 0: an error. */
	int (*load)(void *handle, uint8_t *state, uint64_t len);
	/* These return 0, or it is an error. */
	int (*update_pending)(void *handle, uint64_t *pending_bytes);
	int (*set_state)(void *handle, uint32_t value);
	int (*get_state)(void *handle, uint32_t *value);
	/* What it returns is nobody's. */
	int (*cleanup)(void *handle);
} VFIOMigrationPluginOps;

typedef int (*VFIOLMPluginGetVersion)(void);
typedef VFIOMigrationPluginOps *(*VFIOLMPluginGetOps)(void);

/* The names of the two symbols. */
#define VFIO_LM_PLUGIN_GET_VERSION	"vfio_lm_get_plugin_version"
#define VFIO_LM_PLUGIN_GET_OPS		"vfio_lm_get_plugin_ops"

#endif /* VFIO_MIGRATION_PLUGIN_H */
