/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A plugin without an agent, beside the same with one.
 */
#ifndef VFMIG_HOSTED_H
#define VFMIG_HOSTED_H

#include "mover.h"

/* The shared object, and what is its argument. */
void plugin_open(const char *path, const char *arg);

extern const struct mover mover_plugin;

#endif /* VFMIG_HOSTED_H */
