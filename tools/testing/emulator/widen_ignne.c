// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loaded into the host VM's QEMU by a test of what mends it: the fault that
 * tools/qemu/ignne.c tells of is one instruction wide in QEMU, which another CPU
 * meets only where both truly run at once, and often enough. It is widened here:
 * cpu_clear_ignne() reads, sleeps, and writes what it has read without the bit.
 * Only while the first CPU is in a guest: nothing else of its changes those bits.
 *
 * Linked behind ignne.c, and so called after it, which leaves nothing to be widened.
 */
#define _GNU_SOURCE	/* RTLD_DEFAULT */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

#include "../../qemu/ignne.h"
#include "linger.h"

/* QEMU's HF2_NPT_MASK. */
#define HF2_NPT		0x40u
/* Each length up to that in turn: less than a guest runs between two exits, and more. */
#define LONGEST_GAP_NS	2000000
#define GAP_STEP_NS	50000

static char **cpus;
static int32_t hflags2;

static void clear_ignne(void)
{
	uint32_t *word = (uint32_t *)(*cpus + hflags2);
	uint32_t bits = __atomic_load_n(word, __ATOMIC_RELAXED);

	if (bits & HF2_NPT)
		linger(GAP_STEP_NS, LONGEST_GAP_NS);
	__atomic_store_n(word, bits & ~HF2_IGNNE, __ATOMIC_RELAXED);
}

static void __attribute__((constructor)) widen_ignne(void)
{
	uint8_t *clear = dlsym(RTLD_DEFAULT, "cpu_clear_ignne");

	if (clear && is_jump(clear))
		return;
	cpus = dlsym(RTLD_DEFAULT, "cpus_queue");
	if (clear && cpus)
		hflags2 = find_hflags2(clear);
	if (!hflags2 || !jump(clear, clear_ignne))
		fprintf(stderr, "widen: this QEMU's IGNNE is not the one whose gap it can widen\n");
}
