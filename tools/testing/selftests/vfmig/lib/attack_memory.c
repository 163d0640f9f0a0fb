// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "attack.h"
#include "iommu.h"

#define PAGE		4096UL
#define SLOTS		8
#define SLOT_LEN	(16 * PAGE)
/*
 * Low, where nothing is ever mapped that has not asked for it: a hole made by
 * one thread is not filled with another's stack, to be unmapped by a third.
 */
#define GROUND		((char *)0x200000000UL)
#define GROUND_LEN	(SLOTS * SLOT_LEN)
#define IOVA		0x40000000UL

static const uint32_t bar_places[] = {
	0x1500, 0x1680, 0x1700, 0x2800, 0x2900, 0x3800, 0x3900,
};

static __thread sigjmp_buf escape;
static __thread bool guarded;

static void on_fault(int sig)
{
	if (guarded)
		siglongjmp(escape, 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Mappings that its parent had are there already. */
void attack_enter(void)
{
	struct sigaction action = { .sa_handler = on_fault };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	alarm(0);
}

static void guard(bool on)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	guarded = on;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

bool attack_guarded_copy(void *to, const void *from, size_t len)
{
	if (sigsetjmp(escape, 1)) {
		guard(false);
		return false;
	}
	guard(true);
	memcpy(to, from, len);
	guard(false);
	return true;
}

void *attack_playground(struct member *m, size_t *len)
{
	(void)m;
	*len = GROUND_LEN;
	return GROUND;
}

static char *slot(struct member *m)
{
	return GROUND + random_below(&m->random, SLOTS) * SLOT_LEN;
}

/* Some pages of a slot. */
static char *stretch(struct member *m, size_t *len)
{
	unsigned int pages = SLOT_LEN / PAGE;
	unsigned int first = random_one_in(&m->random, 2) ?
			     0 : random_below(&m->random, pages);

	*len = (1 + random_below(&m->random, pages - first)) * PAGE;
	return slot(m) + first * PAGE;
}

/* Half of the time something is there. */
static char *mapped_stretch(struct member *m, size_t *len)
{
	struct vf *vf = attack_target(m);
	char *at = stretch(m, len);

	if (*len > vf->area_len)
		*len = vf->area_len;
	if (random_one_in(&m->random, 2))
		mmap(at, *len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		     vf->fd, vf->base + vf->area);
	return at;
}

static char *anywhere(struct member *m)
{
	return GROUND + random_below(&m->random, GROUND_LEN);
}

/* The registers, what is behind the section, and what reaches over its end. */
static bool map_refused(struct member *m)
{
	struct vf *vf = attack_target(m);
	const struct {
		uint64_t at;
		size_t len;
	} wrong[] = {
		{ 0, PAGE },
		{ 0, vf->size },
		{ vf->size - PAGE, 2 * PAGE },
		{ vf->size, PAGE },
		{ vf->size + random_below(&m->random, 1UL << 20) * PAGE, PAGE },
		{ vf->area, vf->area_len + PAGE },
	};
	unsigned int i = random_below(&m->random, ARRAY_SIZE(wrong));
	int flags = random_one_in(&m->random, 2) ? MAP_SHARED : MAP_PRIVATE;
	void *map = mmap(NULL, wrong[i].len, PROT_READ | PROT_WRITE, flags,
			 vf->fd, vf->base + wrong[i].at);

	if (map == MAP_FAILED)
		return true;
	/* It may have become another file, which can be mapped. */
	if (!crowd_plan(m)->fds_go)
		crowd_find(m, "%zu bytes at %#llx can be mapped", wrong[i].len,
			   (unsigned long long)wrong[i].at);
	munmap(map, wrong[i].len);
	return false;
}

const struct attack attack_map_refused = { "map_refused", map_refused };

static bool map(struct member *m)
{
	static const int prots[] = {
		PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ,
		PROT_NONE, PROT_READ | PROT_EXEC, PROT_WRITE,
	};
	struct vf *vf = attack_target(m);
	int flags = random_one_in(&m->random, 3) ? MAP_PRIVATE : MAP_SHARED;
	size_t len, pages = vf->area_len / PAGE;
	uint64_t from = vf->base + vf->area;
	char *at = stretch(m, &len);

	if (random_one_in(&m->random, 2))
		from += random_below(&m->random, pages) * PAGE;
	if (random_one_in(&m->random, 4))
		flags |= MAP_POPULATE;
	return mmap(at, len, RANDOM_OF(&m->random, prots), flags | MAP_FIXED,
		    vf->fd, from) != MAP_FAILED;
}

const struct attack attack_map = { "map", map };

/*
 * Linux 6.1 warns of a munmap() of a BAR that a reset meets: munmap() has only
 * read-locked the memory when it clears the entries, and so does the reset. To
 * map something else there clears them under the write lock.
 */
static void unmap_bar(void *bar, size_t len)
{
	void *blank = mmap(bar, len, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (blank != MAP_FAILED)
		munmap(blank, len);
}

/*
 * Pages 1 to 3 of BAR 0, where a function has interrupts and rings. For itself:
 * the rest of the games are x86's affair and end in a warning of Linux 6.1.
 */
static bool poke_bar(struct member *m)
{
	struct vf *vf = attack_target(m);
	unsigned int n = 1 + random_below(&m->random, 16);
	bool done = true;
	uint32_t word;
	char *bar = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 vf->fd, PAGE);

	if (bar == MAP_FAILED)
		return false;
	while (n-- && done) {
		size_t at = random_below(&m->random, 3 * PAGE / 4) * 4;

		/* The rings of both queues, and what makes interrupts. */
		if (random_one_in(&m->random, 2))
			at = at % 0x40 + RANDOM_OF(&m->random, bar_places) - PAGE;
		word = random_one_in(&m->random, 2) ?
		       random_next(&m->random) : 1U << random_below(&m->random, 32);
		done = random_one_in(&m->random, 2) ?
		       attack_guarded_copy(&word, bar + at, sizeof(word)) :
		       attack_guarded_copy(bar + at, &word, sizeof(word));
	}
	unmap_bar(bar, 3 * PAGE);
	return done;
}

const struct attack attack_poke_bar = { "poke_bar", poke_bar };

static bool unmap(struct member *m)
{
	size_t len;
	char *at = stretch(m, &len);

	return !munmap(at, len);
}

const struct attack attack_unmap = { "unmap", unmap };

/* Larger it must not become; with an old length of 0 it is doubled. */
static bool move(struct member *m)
{
	size_t old_len, new_len;
	char *from = mapped_stretch(m, &old_len);
	char *to = stretch(m, &new_len);

	if (random_one_in(&m->random, 4))
		old_len = 0;
	if (!old_len || random_one_in(&m->random, 2))
		new_len = old_len ?: PAGE;
	if (to + new_len > GROUND + GROUND_LEN)
		return false;
	return mremap(from, old_len, new_len, MREMAP_MAYMOVE | MREMAP_FIXED,
		      to) != MAP_FAILED;
}

const struct attack attack_move = { "move", move };

static bool protect(struct member *m)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_WRITE | PROT_EXEC,
	};
	size_t len;
	char *at = mapped_stretch(m, &len);

	return !mprotect(at, len, RANDOM_OF(&m->random, prots));
}

const struct attack attack_protect = { "protect", protect };

static bool advise(struct member *m)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_WILLNEED, MADV_REMOVE, MADV_FREE,
		MADV_COLD, MADV_PAGEOUT, MADV_DONTFORK, MADV_DOFORK,
		MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_HUGEPAGE,
		MADV_NOHUGEPAGE, MADV_WIPEONFORK, MADV_KEEPONFORK,
		MADV_DODUMP, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
		MADV_SEQUENTIAL, MADV_RANDOM,
	};
	unsigned char present[SLOT_LEN / PAGE];
	size_t len;
	char *at = mapped_stretch(m, &len);

	switch (random_below(&m->random, 6)) {
	case 0:
		return !mlock(at, len);
	case 1:
		return !munlock(at, len);
	case 2:
		return !mincore(at, len, present);
	case 3:
		return !msync(at, len, MS_SYNC | MS_INVALIDATE);
	default:
		return !madvise(at, len, RANDOM_OF(&m->random, advices));
	}
}

const struct attack attack_advise = { "advise", advise };

static bool look(struct member *m)
{
	uint8_t line[256];
	char *at = anywhere(m);
	struct iovec to = { line, sizeof(line) };
	struct iovec from = { at, sizeof(line) };

	if (random_one_in(&m->random, 4)) {
		if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) !=
		    sizeof(line))
			return false;
	} else if (!attack_guarded_copy(line, at, sizeof(line))) {
		return false;
	}
	attack_judge_bytes(m, line, sizeof(line));
	return true;
}

const struct attack attack_look = { "look", look };

static bool scribble(struct member *m)
{
	uint8_t line[64];
	size_t len = 1 + random_below(&m->random, sizeof(line));

	random_fill(&m->random, line, len);
	return attack_guarded_copy(anywhere(m), line, len);
}

const struct attack attack_scribble = { "scribble", scribble };

/* The section as memory for DMA: its pages are pinned, perhaps beyond a close. */
static bool pin(struct member *m)
{
	struct vf *vf = attack_target(m);
	size_t len;
	void *at = mapped_stretch(m, &len);
	uint64_t iova = IOVA + random_below(&m->random, SLOTS) * SLOT_LEN;

	return !iommu()->map(vf, iova, at, len);
}

const struct attack attack_pin = { "pin", pin };

static bool unpin(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint64_t iova = IOVA + random_below(&m->random, SLOTS) * SLOT_LEN;
	bool all = random_one_in(&m->random, 8);

	return !iommu()->unmap(vf, iova, all ? 0 : SLOT_LEN);
}

const struct attack attack_unpin = { "unpin", unpin };
