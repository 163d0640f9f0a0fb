/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long to go on, and with which random numbers: VFMIG_SECONDS, 60 where it
 * says nothing, for all of a program, and VFMIG_SEED.
 */
#ifndef VFMIG_ASKED_H
#define VFMIG_ASKED_H

#include <stdint.h>

uint64_t asked_seed(void);
uint64_t part_of_time(unsigned int percent);

/* To be told before a test that takes @ms. */
void announce(const char *name, uint64_t ms);

#endif /* VFMIG_ASKED_H */
