// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loaded into the host VM's QEMU beside it (ld.so --preload), so that guests
 * under KVM in the host VM are not reset, and do not stand still.
 *
 * Whichever CPU restores its FPU (FXRSTOR, XRSTOR, FLDENV) clears IGNNE, of the
 * first CPU always: cpu_clear_ignne() takes a bit out of that CPU's hflags2. With
 * a thread a CPU it does so while the first one changes other bits there, and
 * neither is atomic: what that one has just written is undone. Among those bits is
 * HF2_NPT, by which page walks are nested. A guest that is entered without it has
 * no page of its own any more, and is shut down; a host that is returned to with
 * it takes its first page walk for the guest's, and its own registers are saved
 * as those of the guest. Seen in QEMU 10.0.13, target/i386/tcg/fpu_helper.c,
 * cpu_set_fpus(); KVM's vCPU that it happens to runs on the first CPU.
 *
 * The function is replaced by one that does it atomically: it can undo nothing. That
 * the first CPU may undo what it does is of no account: nobody asks for IGNNE
 * but a system that has its FPU's errors as interrupts (CR0.NE off).
 */
#define _GNU_SOURCE	/* RTLD_DEFAULT */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

#include "ignne.h"

/* QEMU's cpus_queue, whose first member is the first CPU. */
static char **cpus;
static int32_t hflags2;

static void clear_ignne(void)
{
	__atomic_fetch_and((uint32_t *)(*cpus + hflags2), ~HF2_IGNNE, __ATOMIC_SEQ_CST);
}

/* Whoever loads this looks for what it prints: nothing means that it fits. */
static void __attribute__((constructor)) mend_ignne(void)
{
	uint8_t *clear = dlsym(RTLD_DEFAULT, "cpu_clear_ignne");

	cpus = dlsym(RTLD_DEFAULT, "cpus_queue");
	if (!clear || !cpus) {
		fprintf(stderr, "ignne: this program has no IGNNE that it could mend\n");
		return;
	}
	hflags2 = find_hflags2(clear);
	if (!hflags2 || !jump(clear, clear_ignne))
		fprintf(stderr, "ignne: this QEMU's IGNNE is not the one that it can mend\n");
}
