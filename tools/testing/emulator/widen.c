// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loaded into the host VM's QEMU by a test of what mends it: widens the gap that
 * tools/qemu/smc.c tells of, between dropping the translated code and storing the
 * byte that replaces it. The call of mmu_lookup() in helper_stb_mmu() is led here.
 * Only the test's own stores linger: the VM's kernel would not get to its shell.
 */
#define _GNU_SOURCE	/* RTLD_DEFAULT, MAP_FIXED_NOREPLACE */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../qemu/call.h"
#include "../../qemu/jump.h"
#include "gap.h"
#include "linger.h"

/* Each length up to that in turn: less than a translation takes, and more. */
#define LONGEST_GAP_NS	64000
#define GAP_STEP_NS	500
/* How far a call goes, and by which steps room for its target is looked for. */
#define REACH		0x40000000UL
#define STEP		0x100000UL

typedef bool lookup_fn(void *cpu, uint64_t addr, uint32_t oi, uintptr_t ra,
		       int access, void *result);

static lookup_fn *qemu_lookup;

static bool lookup(void *cpu, uint64_t addr, uint32_t oi, uintptr_t ra, int access,
		   void *result)
{
	bool crosses_page = qemu_lookup(cpu, addr, oi, ra, access, result);

	if (addr - GAP_ADDRESS < GAP_SIZE)
		linger(GAP_STEP_NS, LONGEST_GAP_NS);
	return crosses_page;
}

static void fail(const char *why)
{
	fprintf(stderr, "widen: %s\n", why);
	exit(1);
}

/* A jump to @target, near enough to be called from @caller. */
static uint8_t *build_jump(uintptr_t caller, void *target)
{
	uint8_t code[] = JUMP;
	size_t page = sysconf(_SC_PAGESIZE);
	uintptr_t hint = (caller & -page) - STEP;
	void *jump;

	for (; hint > caller - REACH; hint -= STEP) {
		jump = mmap((void *)hint, page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (jump == MAP_FAILED)
			continue;
		memcpy(code + JUMP_TO, &target, sizeof(target));
		memcpy(jump, code, sizeof(code));
		if (mprotect(jump, page, PROT_READ | PROT_EXEC))
			fail("no code of its own");
		return jump;
	}
	fail("no room near QEMU's code");
	return NULL;
}

static void lead(uint8_t *call, const uint8_t *target)
{
	size_t page = sysconf(_SC_PAGESIZE);
	uintptr_t first = (uintptr_t)call & -page;
	size_t length = (uintptr_t)call + CALL_SIZE - first;
	int32_t distance = target - (call + CALL_SIZE);

	if (mprotect((void *)first, length, PROT_READ | PROT_WRITE | PROT_EXEC))
		fail("QEMU's code cannot be changed");
	memcpy(call + 1, &distance, sizeof(distance));
	mprotect((void *)first, length, PROT_READ | PROT_EXEC);
}

/* Linked behind smc.c, and so called after it, which takes that call for QEMU's. */
static void __attribute__((constructor)) widen(void)
{
	uint8_t *store = dlsym(RTLD_DEFAULT, "helper_stb_mmu"), *call;

	if (!store)
		fail("no helper_stb_mmu in this program");
	call = find_lookup_call(store);
	if (!call)
		fail("helper_stb_mmu calls nothing");
	qemu_lookup = (lookup_fn *)call_target(call);
	lead(call, build_jump((uintptr_t)call, lookup));
}
