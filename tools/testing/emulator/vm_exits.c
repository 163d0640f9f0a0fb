// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in the host VM: a guest under KVM on the first CPU does nothing but leave
 * for its host, by OUT, while the other CPU restores its FPU over and over. Each
 * exit is to be that OUT, and the guest counts them. TAP.
 *
 *	vm_exits [--control]	with it, another exit or none has to come; or the host
 *				VM ends
 */
#define _GNU_SOURCE	/* cpus.h */
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpus.h"

#define PAGE		4096
#define CODE_AT		0x1000
#define EXITS		20000
#define PORT		0x10
/* Without one of them so long the guest stands still, even where 3 VMs share a CPU. */
#define STUCK_S		60

/* again: inc %ebx; out %al, $PORT; jmp again; in real mode, inc with a prefix. */
static const uint8_t guest[] = { 0x66, 0x43, 0xe6, PORT, 0xeb, 0xfa };

static void *restore_fpu(void *done)
{
	static uint8_t state[512] __attribute__((aligned(16)));

	run_on(1);
	asm volatile("fxsave %0" : "=m"(state));
	while (!atomic_load((atomic_bool *)done))
		asm volatile("fxrstor %0" : : "m"(state));
	return NULL;
}

static int make_vcpu(struct kvm_run **run)
{
	int kvm = open("/dev/kvm", O_RDWR), vm, vcpu, size;
	struct kvm_userspace_memory_region memory = {
		.guest_phys_addr = CODE_AT, .memory_size = PAGE,
	};
	struct kvm_regs regs = { .rip = CODE_AT, .rflags = 2 };
	struct kvm_sregs sregs;
	void *code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (kvm < 0 || code == MAP_FAILED)
		fail("/dev/kvm");
	memcpy(code, guest, sizeof(guest));
	memory.userspace_addr = (uintptr_t)code;
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0 || ioctl(vm, KVM_SET_USER_MEMORY_REGION, &memory))
		fail("KVM_CREATE_VM");
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0 || ioctl(vcpu, KVM_GET_SREGS, &sregs))
		fail("KVM_CREATE_VCPU");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) || ioctl(vcpu, KVM_SET_REGS, &regs))
		fail("KVM_SET_REGS");
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	*run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (*run == MAP_FAILED)
		fail("KVM_GET_VCPU_MMAP_SIZE");
	return vcpu;
}

static void interrupt(int signal)
{
	(void)signal;
}

/* Returns how many exits were as they have to be, before one was not. */
static unsigned int count_exits(int vcpu, const struct kvm_run *run)
{
	struct kvm_regs regs;
	unsigned int exits;

	printf("# the guest begins\n");
	fflush(stdout);
	for (exits = 0; exits < EXITS; exits++) {
		alarm(STUCK_S);
		if (ioctl(vcpu, KVM_RUN, 0) || run->exit_reason != KVM_EXIT_IO ||
		    run->io.port != PORT)
			break;
	}
	alarm(0);
	if (ioctl(vcpu, KVM_GET_REGS, &regs))
		fail("KVM_GET_REGS");
	printf("# %u exits; the guest has counted %llu, rip %#llx, last exit for reason %u\n",
	       exits, regs.rbx, regs.rip, run->exit_reason);
	return exits == regs.rbx ? exits : 0;
}

int main(int argc, char **argv)
{
	bool control = argc > 1 && !strcmp(argv[1], "--control");
	struct sigaction action = { .sa_handler = interrupt };
	atomic_bool done = false;
	struct kvm_run *run;
	unsigned int exits;
	pthread_t other;
	bool good;
	int vcpu;

	sigaction(SIGALRM, &action, NULL);
	run_on(0);
	vcpu = make_vcpu(&run);
	if (pthread_create(&other, NULL, restore_fpu, &done))
		fail("pthread_create");
	exits = count_exits(vcpu, run);
	atomic_store(&done, true);
	pthread_join(other, NULL);
	good = (exits == EXITS) != control;
	printf("1..1\n%s 1 a guest under KVM while another CPU restores its FPU\n",
	       good ? "ok" : "not ok");
	return !good;
}
