/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where in the kernel the threads of a process, and of its children, are: for
 * people to read.
 */
#ifndef VFMIG_STACKS_H
#define VFMIG_STACKS_H

#include <sys/types.h>

void print_stacks(pid_t pid);

#endif /* VFMIG_STACKS_H */
