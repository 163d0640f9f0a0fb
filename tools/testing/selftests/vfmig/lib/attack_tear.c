// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "attack.h"

/* Shared by all processes. */
static struct {
	unsigned int writing;
	bool truce;
} *peace;

void attack_prepare_truce(void)
{
	if (peace)
		return;
	peace = mmap(NULL, sizeof(*peace), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(peace, MAP_FAILED);
}

/* When this returns, nobody writes to the section. */
void attack_truce(bool on)
{
	__atomic_store_n(&peace->truce, on, __ATOMIC_SEQ_CST);
	while (on && __atomic_load_n(&peace->writing, __ATOMIC_SEQ_CST))
		sched_yield();
}

static void write_one(struct member *m, uint8_t *section, size_t len)
{
	uint64_t at = random_below(&m->random, len);
	uint8_t byte = random_next(&m->random);

	if (random_one_in(&m->random, 8))
		attack_write(m, &vf, vf.area + at, &byte, 1);
	else
		__atomic_store_n(&section[at], byte, __ATOMIC_RELAXED);
}

/*
 * A burst, and a rest that gives a load the time to succeed: not much for a
 * short stream.
 */
static bool tear(struct member *m)
{
	size_t len = 2 * attack_stream(&vf)->len;
	unsigned int n = 1 + random_below(&m->random, 200);
	uint8_t *section;

	if (len > vf.area_len)
		len = vf.area_len;
	section = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, vf.fd,
		       vf.base + vf.area);
	if (section == MAP_FAILED) {
		crowd_find(m, "the section cannot be mapped");
		return false;
	}
	__atomic_add_fetch(&peace->writing, 1, __ATOMIC_SEQ_CST);
	while (n-- && !__atomic_load_n(&peace->truce, __ATOMIC_SEQ_CST))
		write_one(m, section, len);
	__atomic_sub_fetch(&peace->writing, 1, __ATOMIC_SEQ_CST);
	munmap(section, len);
	usleep(random_below(&m->random, len < 4096 ? 2000 : 20000));
	return true;
}

const struct attack attack_tear = { "tear", tear };
