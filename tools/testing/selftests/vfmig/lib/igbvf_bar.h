/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BAR 0 of an igbvf function mapped whole, as who does not look at the sparse
 * mmap capability maps it. One mapping at a time.
 */
#ifndef VFMIG_IGBVF_BAR_H
#define VFMIG_IGBVF_BAR_H

#include <stddef.h>
#include <stdint.h>

#define BAR0_SIZE	0x4000

/* The mapping, NULL where there is none. */
extern uint32_t *page0;

void map_bar0(void);
void unmap_bar0(void);
/* For before_open(): a test may have been left with it. */
void drop_bar0(void);

/* Maps and unmaps; 0 or a negative errno. */
int try_mmap(uint64_t at, size_t len);

#endif /* VFMIG_IGBVF_BAR_H */
