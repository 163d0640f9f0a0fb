/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For plugins that reach a function by the registers of another one, its PF: these are
 * mapped by files in sysfs that are the superuser's. So the worker is that, without any of
 * its capabilities, where nothing else can be written to: all file systems are read-only but
 * the directory of that function, there are no devices but those that everybody has, and
 * nobody's sockets are in /run. It may still end the superuser's processes.
 */
#ifndef VFMIG_AGENT_REGISTERS_H
#define VFMIG_AGENT_REGISTERS_H

#include <stdbool.h>

/* False, with errno: it cannot be done. */
bool registers_only(const char *address);

#endif /* VFMIG_AGENT_REGISTERS_H */
