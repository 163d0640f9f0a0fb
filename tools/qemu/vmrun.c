// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loaded into the host VM's QEMU beside it (ld.so --preload), so that guests
 * under KVM in the host VM do not stand still.
 *
 * When VMRUN injects an interrupt (EVENTINJ of type INTR), the helper of QEMU's
 * TCG delivers it to the guest, but also leaves its vector in the CPU's
 * exception_index, where an exception waits to be taken. If the next thing that
 * ends the CPU's loop is a bare request to leave it (another thread has kicked
 * the CPU) and not an exit or a fault, the vector is taken a second time:
 * whether the guest has interrupts on or not. So an interrupt's handler is
 * entered within itself, and waits for a lock that it holds. Seen in QEMU
 * 10.0.13, target/i386/tcg/system/svm_helper.c, helper_vmrun(); rare with a
 * thread a CPU, every other boot with one for all.
 *
 * The helper is called by way of a table. The entry is replaced here by a
 * function that calls it, and says that no exception waits when it returns: one
 * that does wait never returns from it.
 */
#define _GNU_SOURCE	/* RTLD_DEFAULT */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NO_EXCEPTION	(-1)
/* Of a function that does next to nothing. */
#define LONGEST_CODE	64

typedef void vmrun_fn(void *env, int aflag, int next_eip_addend);

/* QEMU's TCGHelperInfo begins so. */
struct helper_info {
	vmrun_fn *func;
};

static vmrun_fn *qemu_vmrun;
static int32_t exception_index;

/* QEMU's current_cpu, a thread's own. */
static char *current_cpu(void)
{
	static __thread char **where;

	if (!where)
		where = dlsym(RTLD_DEFAULT, "current_cpu");
	return *where;
}

static void vmrun(void *env, int aflag, int next_eip_addend)
{
	int32_t none = NO_EXCEPTION;

	qemu_vmrun(env, aflag, next_eip_addend);
	memcpy(current_cpu() + exception_index, &none, sizeof(none));
}

/*
 * Where a CPU has its exception_index, by the function that sets it to -1 and
 * leaves: movl $-1, offset(%rdi).
 */
static int32_t find_exception_index(const uint8_t *code)
{
	static const uint8_t mov[] = { 0xc7, 0x87 };
	int32_t offset, value;
	size_t i;

	for (i = 0; i < LONGEST_CODE; i++) {
		if (memcmp(code + i, mov, sizeof(mov)))
			continue;
		memcpy(&offset, code + i + sizeof(mov), sizeof(offset));
		memcpy(&value, code + i + sizeof(mov) + sizeof(offset),
		       sizeof(value));
		if (value == NO_EXCEPTION)
			return offset;
	}
	return 0;
}

/* Whoever loads this looks for what it prints: nothing means that it fits. */
static void __attribute__((constructor)) mend_vmrun(void)
{
	struct helper_info *info = dlsym(RTLD_DEFAULT, "helper_info_vmrun");
	void *helper = dlsym(RTLD_DEFAULT, "helper_vmrun");
	void *leave = dlsym(RTLD_DEFAULT, "cpu_loop_exit_noexc");

	if (!info || !helper || !leave || !dlsym(RTLD_DEFAULT, "current_cpu")) {
		fprintf(stderr, "vmrun: this program has no VMRUN that it could mend\n");
		return;
	}
	exception_index = find_exception_index(leave);
	if (!exception_index || (void *)info->func != helper) {
		fprintf(stderr, "vmrun: this QEMU's VMRUN is not the one that it can mend\n");
		return;
	}
	qemu_vmrun = info->func;
	info->func = vmrun;
}
