/* SPDX-License-Identifier: GPL-2.0-only */
/* A plugin that was loaded, and its calls: each is timed by the worker's status page. */
#ifndef VFMIG_AGENT_PLUGIN_H
#define VFMIG_AGENT_PLUGIN_H

#include <stdint.h>

#include "status.h"
#include "vfio-migration-plugin.h"

struct plugin {
	struct status *status;
	void *module;
	const VFIOMigrationPluginOps *ops;
	/* Given to init() as copies, which plugins keep and write to. */
	const char *devid;
	const char *arg;
};

/*
 * For as long as the process is: its threads may go on. 0, or a negative errno with the
 * reason in the status page.
 */
int plugin_open(struct plugin *plugin, const char *path);

/* One migration's use of a plugin, from init() to cleanup(). */
struct plugin_handle {
	struct plugin *plugin;
	void *handle;
	char *devid;
	char *arg;
};

/* 0, or a negative errno with the reason in the status page. */
int plugin_init(struct plugin_handle *handle, struct plugin *plugin);
int plugin_save(struct plugin_handle *handle, uint8_t *state, uint64_t len);
int plugin_load(struct plugin_handle *handle, uint8_t *state, uint64_t len);
int plugin_pending(struct plugin_handle *handle, uint64_t *bytes);
int plugin_set_state(struct plugin_handle *handle, uint32_t state);
int plugin_get_state(struct plugin_handle *handle, uint32_t *state);
/* The handle is none after it. */
void plugin_cleanup(struct plugin_handle *handle);

#endif /* VFMIG_AGENT_PLUGIN_H */
