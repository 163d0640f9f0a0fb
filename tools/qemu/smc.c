// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loaded into the host VM's QEMU beside it (ld.so --preload), so that a CPU does
 * not go on with code that another one has replaced.
 *
 * TCG keeps pages with translated code write-protected in its TLBs: a store to
 * one takes the slow path, which drops what was translated from those bytes. But
 * it does so before it stores (QEMU 10.0.13, accel/tcg/cputlb.c: do_st1_mmu()
 * calls mmu_lookup(), and that notdirty_write()). With a thread a CPU, another
 * one may translate the old bytes in between, and nothing drops that any more.
 * Linux puts an int3 in the place of an instruction for a moment while its CPUs
 * run (text_poke_bp(): static keys, tracepoints): a CPU that keeps it takes an
 * exception that nobody expects, "Oops: int3".
 *
 * Translated code calls its slow stores by way of a table. Its entries are
 * replaced here by functions that call them, and then
 *
 *   1. take the page's lock and leave it: a CPU that translates from that page has
 *	it from before it reads until the page is protected;
 *   2. if it is protected by then, drop what was translated of the bytes.
 *
 * Whoever translates later reads the new bytes. What the storing CPU's own TLB says
 * of the protection is not enough: notdirty_write() takes it away again
 * (tlb_set_dirty()) without the lock, and so may overtake a translation.
 *
 * Stores by QEMU's helpers for single instructions (fxsave and the like) and locked
 * ones do not come by that table: Linux patches code with neither.
 */
#define _GNU_SOURCE	/* RTLD_DEFAULT, dl_iterate_phdr() */
#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "call.h"

#define MMU_DATA_STORE	1
#define GUEST_PAGE	4096UL
/* Bytes of mmu_lookup() in which it takes its argument oi apart. */
#define LOOKUP_HEAD	64

/* QEMU's qemu_st_helpers. */
struct stores {
	void *stb, *stw, *stl, *stq, *st16;
};

static struct stores qemu_stores;
static uint32_t mmu_mask;

/* Of QEMU, by their names there. */
static struct {
	int (*probe_access_flags)(void *env, uint64_t addr, int size, int access,
				  int mmu, bool nonfault, void **host, uintptr_t ra);
	uint64_t (*qemu_ram_addr_from_host)(void *host);
	void (*tb_lock_page0)(uint64_t ram);
	void (*tb_unlock_page1)(uint64_t other_page, uint64_t ram);
	bool (*physical_memory_is_clean)(uint64_t ram);
	void (*tb_invalidate_phys_range)(void *cpu, uint64_t first, uint64_t last);
} qemu;

/* @size bytes, all in one page. */
static void drop_code(void *env, uint64_t addr, int size, int mmu)
{
	bool is_protected;
	uint64_t ram;
	void *host;

	qemu.probe_access_flags(env, addr, size, MMU_DATA_STORE, mmu, true, &host, 0);
	if (!host)
		return;
	ram = qemu.qemu_ram_addr_from_host(host);
	if (ram == UINT64_MAX)
		return;
	qemu.tb_lock_page0(ram);
	/* Or logged for a screen or a migration: rare, and harmless. */
	is_protected = qemu.physical_memory_is_clean(ram);
	qemu.tb_unlock_page1(ram ^ GUEST_PAGE, ram);
	if (is_protected)
		qemu.tb_invalidate_phys_range(NULL, ram, ram + size - 1);
}

static void after_store(void *env, uint64_t addr, size_t size, uint32_t oi)
{
	size_t here = GUEST_PAGE - addr % GUEST_PAGE;
	int mmu = oi & mmu_mask;

	if (here >= size) {
		drop_code(env, addr, size, mmu);
	} else {
		drop_code(env, addr, here, mmu);
		drop_code(env, addr + here, size - here, mmu);
	}
}

/* @oi: what kind of store, and in its lowest bits by which of the CPU's MMUs. */
#define DEFINE_STORE(name, type)						\
static void name(void *env, uint64_t addr, type val, uint32_t oi, uintptr_t ra)	\
{										\
	void (*qemu_store)(void *, uint64_t, type, uint32_t, uintptr_t) =	\
		qemu_stores.name;						\
										\
	qemu_store(env, addr, val, oi, ra);					\
	after_store(env, addr, sizeof(val), oi);				\
}

DEFINE_STORE(stb, uint8_t)
DEFINE_STORE(stw, uint16_t)
DEFINE_STORE(stl, uint32_t)
DEFINE_STORE(stq, uint64_t)
DEFINE_STORE(st16, __int128)

static const struct stores mended_stores = { stb, stw, stl, stq, st16 };

/* What is looked at of the program: the code, and the table in its RELRO segment. */
struct program {
	const uint8_t *code, *code_end;
	struct stores *table;
};

static struct stores *find_table(char *segment, size_t size)
{
	const struct stores helpers = {
		dlsym(RTLD_DEFAULT, "helper_stb_mmu"),
		dlsym(RTLD_DEFAULT, "helper_stw_mmu"),
		dlsym(RTLD_DEFAULT, "helper_stl_mmu"),
		dlsym(RTLD_DEFAULT, "helper_stq_mmu"),
		dlsym(RTLD_DEFAULT, "helper_st16_mmu"),
	};
	char *at;

	if (!helpers.stb)
		return NULL;
	for (at = segment; at + sizeof(helpers) <= segment + size; at += sizeof(void *))
		if (!memcmp(at, &helpers, sizeof(helpers)))
			return (struct stores *)at;
	return NULL;
}

/* The program is the first that this is called for; no other is wanted. */
static int look_at(struct dl_phdr_info *info, size_t __attribute__((unused)) size,
		   void *found)
{
	struct program *program = found;
	size_t i;

	for (i = 0; i < info->dlpi_phnum; i++) {
		char *segment = (char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		size_t length = info->dlpi_phdr[i].p_memsz;

		if (info->dlpi_phdr[i].p_type == PT_GNU_RELRO) {
			program->table = find_table(segment, length);
		} else if (info->dlpi_phdr[i].p_flags & PF_X) {
			program->code = (uint8_t *)segment;
			program->code_end = program->code + length;
		}
	}
	return 1;
}

/*
 * Which bits of oi are the MMU's number, as QEMUs differ in that. mmu_lookup(), the
 * first that a store calls, shifts oi by so many bits, and masks it by the same.
 */
static uint32_t find_mmu_mask(const struct program *program)
{
	uint8_t *call = find_lookup_call(program->table->stb), *code;
	uint32_t shifted = 0, mask = 0;
	size_t i;

	if (!call)
		return 0;
	code = call_target(call);
	/* Something else may look like a call. */
	if (code < program->code || code + LOOKUP_HEAD > program->code_end)
		return 0;
	for (i = 0; i < LOOKUP_HEAD; i++) {
		/* shr $bits, reg; and $mask, reg */
		if (code[i] == 0xc1 && (code[i + 1] & 0xf8) == 0xe8 && !shifted)
			shifted = (1u << (code[i + 2] & 0x1f)) - 1;
		if (code[i] == 0x83 && (code[i + 1] & 0xf8) == 0xe0 && !mask)
			mask = code[i + 2];
	}
	return mask == shifted ? mask : 0;
}

static bool replace(struct stores *table)
{
	size_t page = sysconf(_SC_PAGESIZE);
	uintptr_t first = (uintptr_t)table & -page;
	size_t length = (uintptr_t)(table + 1) - first;

	if (mprotect((void *)first, length, PROT_READ | PROT_WRITE))
		return false;
	*table = mended_stores;
	return !mprotect((void *)first, length, PROT_READ);
}

static bool find_functions(void)
{
#define FIND(name)	((qemu.name = dlsym(RTLD_DEFAULT, #name)))
	/* With the last came the first argument of the one before it. */
	return FIND(probe_access_flags) && FIND(qemu_ram_addr_from_host) &&
	       FIND(tb_lock_page0) && FIND(tb_unlock_page1) &&
	       FIND(tb_invalidate_phys_range) && FIND(physical_memory_is_clean);
}

/* Whoever loads this looks for what it prints: nothing means that it fits. */
static void __attribute__((constructor)) mend_stores(void)
{
	struct program program = { 0 };

	dl_iterate_phdr(look_at, &program);
	if (!find_functions() || !program.table) {
		fprintf(stderr, "smc: this program has no slow stores that it could mend\n");
		return;
	}
	qemu_stores = *program.table;
	mmu_mask = find_mmu_mask(&program);
	if (!mmu_mask || !replace(program.table))
		fprintf(stderr, "smc: this QEMU's slow stores are not those that it can mend\n");
}
