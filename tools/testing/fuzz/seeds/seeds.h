/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SEEDS_H
#define VFMIG_SEEDS_H

#include "transfer.h"

/*
 * Keeps what a device has said as an input of a fuzz target, in a file below
 * the directory VFMIG_SEEDS: after the bytes that say how it is handed over.
 */
void keep(const char *target, const char *name, const void *from, size_t len);

#endif /* VFMIG_SEEDS_H */
