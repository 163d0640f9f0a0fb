// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that does not stop using page 0 and the interrupts while its function
 * is stopped, saved, loaded, started and reset: the host survives, and so does
 * the function.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "igbvf.h"

/* As long, and longer where a busy machine has done too little by then. */
#define SECONDS		5
#define MAX_SECONDS	90
#define LEAST_STEPS	20
#define LEAST_LOADS	2
#define LEAST_ACCESSES	1000

static struct guest guest;
static struct bytes stream;
static bool done;
static unsigned long accesses;
static unsigned int loads;

void before_open(void)
{
	guest_leave(&guest);
	pf_up(true);
	pf_set_mac(vf_first(), "52:54:00:76:66:00");
}

static bool go_on(void)
{
	return !__atomic_load_n(&done, __ATOMIC_ACQUIRE);
}

/* Errors are fine: the function may just be under reset. */
static void touch(unsigned int *seed)
{
	static const uint32_t regs[] = {
		CTRL, STATUS, VMBMEM, VMBMEM + 4, V2PMAILBOX, VFGPRC, VFGOTC,
	};
	static const uint32_t bits[] = { 0, MBX_VFU, MBX_REQ, MBX_ACK };
	uint32_t reg = regs[rand_r(seed) % ARRAY_SIZE(regs)];
	unsigned int width = 1 << rand_r(seed) % 4;
	uint64_t val = 0;

	if (rand_r(seed) & 1) {
		if (pread(vf.fd, &val, width, reg) > 0)
			__atomic_add_fetch(&accesses, 1, __ATOMIC_RELAXED);
		return;
	}
	if (reg == V2PMAILBOX)
		val = bits[rand_r(seed) % ARRAY_SIZE(bits)];
	else if (reg == CTRL)
		val = rand_r(seed) % 64 ? 0 : CTRL_RST;
	else
		/* Handshake or packet size: others fill the log of the PF. */
		val = rand_r(seed) & 1 ? MSG_RESET : MSG_LPE;
	if (pwrite(vf.fd, &val, width > 4 ? 4 : width, reg) > 0)
		__atomic_add_fetch(&accesses, 1, __ATOMIC_RELAXED);
}

static void *use_page0(void *arg)
{
	unsigned int seed = (uintptr_t)arg;

	while (go_on())
		touch(&seed);
	return NULL;
}

static void *use_interrupts(void *arg)
{
	unsigned int seed = (uintptr_t)arg;

	while (go_on()) {
		wr(&guest, EIMS, rand_r(&seed) & 7);
		wr(&guest, EICS, rand_r(&seed) & 7);
		wr(&guest, EIMC, rand_r(&seed) & 7);
		usleep(100);
	}
	return NULL;
}

static void *reset_at_times(void *arg)
{
	unsigned int seed = (uintptr_t)arg;

	while (go_on()) {
		usleep(50000 + rand_r(&seed) % 100000);
		EXPECT_EQ(vf_reset(&vf), 0);
	}
	return NULL;
}

static void one_step(unsigned int *seed)
{
	size_t len = stream.len;
	uint64_t size = 0;
	uint32_t to = rand_r(seed) % 5;

	vf_set_state(&vf, to);
	if (to == STATE_RESUMING && vf_state(&vf) == STATE_RESUMING) {
		if (!(rand_r(seed) % 8))
			len = rand_r(seed) % len;
		/* Out of a load that is cut short leads only a reset. */
		if (vf_write(&vf, vf.area, stream.at, len) ||
		    vf_put_data_size(&vf, len) || len != stream.len)
			vf_reset(&vf);
		else
			loads++;
	}
	if (to == STATE_STOP_COPY || to == STATE_PRE_COPY)
		vf_read64(&vf, REG_DATA_SIZE, &size);
	EXPECT_NE(vf_state(&vf), STATE_ERROR);
}

static bool goes_on(time_t start, unsigned int steps)
{
	bool enough = steps >= LEAST_STEPS && loads >= LEAST_LOADS &&
		      accesses >= LEAST_ACCESSES;

	return time(NULL) < start + (enough ? SECONDS : MAX_SECONDS);
}

static void race(void *(*third)(void *))
{
	unsigned int seed = 1, steps = 0;
	time_t start = time(NULL);
	pthread_t thread[3];
	uint16_t tag = 0;

	guest_enter(&guest, &vf);
	guest_boot(&guest);
	bytes_free(&stream);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RUNNING);

	done = false;
	accesses = 0;
	loads = 0;
	ASSERT_EQ(pthread_create(&thread[0], NULL, use_page0, (void *)1), 0);
	ASSERT_EQ(pthread_create(&thread[1], NULL, use_interrupts, (void *)2), 0);
	ASSERT_EQ(pthread_create(&thread[2], NULL, third, (void *)3), 0);
	for (; goes_on(start, steps); steps++)
		one_step(&seed);
	__atomic_store_n(&done, true, __ATOMIC_RELEASE);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	tap_note("%u steps, %u loads, %lu accesses to page 0", steps, loads,
		 accesses);
	EXPECT_LE(LEAST_STEPS, steps);
	EXPECT_LE(LEAST_LOADS, loads);
	EXPECT_LE(LEAST_ACCESSES, accesses);

	ASSERT_EQ(vf_reset(&vf), 0);
	vf_go(&vf, STATE_RUNNING);
	guest_boot(&guest);
	pf_send(guest.mac, -1, 100, 77);
	EXPECT_EQ(rx_wait(&guest, &tag), 100);
	EXPECT_EQ(tag, 77);
}

TEST(two_users, "page 0 can be used from two threads while the function changes its state")
{
	race(use_page0);
}

TEST(resets, "a reset may come at any moment of any of that")
{
	race(reset_at_times);
}
