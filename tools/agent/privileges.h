/* SPDX-License-Identifier: GPL-2.0-only */
/* What a worker gives up before it loads a plugin. */
#ifndef VFMIG_AGENT_PRIVILEGES_H
#define VFMIG_AGENT_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* As a configuration has it. */
struct privileges_plan {
	/* NULL: that of the caller, or nobody if that is root. */
	const char *user;
	/* Address of the function whose registers a plugin may map, or NULL: see registers.h. */
	const char *registers;
	bool network;
};

struct privileges {
	/* False: the caller is no superuser and stays who it is. */
	bool change_user;
	uid_t uid;
	gid_t gid;
	bool network;
	const char *registers;
};

/* False: why has the reason. */
bool privileges_of(struct privileges *privileges, const struct privileges_plan *plan,
		   char *why, size_t len);
/* For good. False: why has the reason. */
bool privileges_drop(const struct privileges *privileges, char *why, size_t len);

#endif /* VFMIG_AGENT_PRIVILEGES_H */
