/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a plugin is to be known by at the other end of a migration. The interface of 2022
 * has nothing for it; a plugin may export
 *
 *	const char *vfmig_plugin_name(void);
 *	uint64_t vfmig_plugin_state_version(void);
 */
#ifndef VFMIG_AGENT_FACTS_H
#define VFMIG_AGENT_FACTS_H

#include <stdbool.h>
#include <linux/vfmig_agent.h>

#include "plugin.h"

/* What the configuration has instead. */
struct facts {
	const char *name;
	bool has_state_version;
	uint64_t state_version;
};

/* 0, or a negative errno with the reason in the status page. */
int facts_of(struct plugin *plugin, const char *path, const struct facts *instead,
	     struct vfmig_agent_hello *hello);

#endif /* VFMIG_AGENT_FACTS_H */
