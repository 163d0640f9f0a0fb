/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration: a section for each function, by its address, and [agent] for what
 * is common. See vfmig-agent.conf.
 */
#ifndef VFMIG_AGENT_CONFIG_H
#define VFMIG_AGENT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker.h"

#define CONFIG_MOST_DEVICES	1024
#define CONFIG_PATH_LEN		256

struct config {
	/* Of plans that have none of their own. */
	uint64_t limit_ms;
	/* The strings of a plan are its own. */
	struct worker_plan plans[CONFIG_MOST_DEVICES];
	/* Which settings a plan has, by their bits. */
	uint32_t set[CONFIG_MOST_DEVICES];
	size_t nr_plans;
	/* The file that was read, and how far; where each of the plans begins. */
	const char *path;
	int line, lines[CONFIG_MOST_DEVICES];
};

void config_init(struct config *config);
void config_free(struct config *config);
/* False: why has the reason, and where. */
bool config_read(struct config *config, const char *path, char *why, size_t len);
/* One setting, as in a file. The sections of a file come in pieces, too. */
bool config_set(struct config *config, const char *section, const char *key,
		const char *value, char *why, size_t len);
/* Whether each function has what it needs; what is common is theirs. */
bool config_complete(struct config *config, char *why, size_t len);

#endif /* VFMIG_AGENT_CONFIG_H */
