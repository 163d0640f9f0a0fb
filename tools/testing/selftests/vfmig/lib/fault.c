// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "knob.h"
#include "tap.h"

#define DEBUGFS		"/sys/kernel/debug/"
#define NTH		"/proc/thread-self/fail-nth"
#define STARVE		"/proc/thread-self/make-it-fail"

/* Where places vary with the state of a slab, one calm turn may be luck. */
#define CALM_TURNS	2
/* A turn on a slow machine, in seconds: a path that hangs is a failure. */
#define TURN_LIMIT	60

/* The order of pages that no slab takes. */
#define LARGE		"4"
#define FOR_EVER	"1000000000"

/* For the stream of a state that is saved. */
#define ROOM		0x20000

static int nth = -1;
static int famine = -1;

static const char * const kinds[] = {
	"failslab", "fail_page_alloc", "fail_usercopy",
};

static void attribute(const char *kind, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", kind, name);
	file_set(path, value);
}

/*
 * Whether single pages can be wanting as well. A slab that is full takes pages
 * too: then the places of a path are not the same ones in each turn, and a sweep
 * may step over one. Larger pieces than a slab takes can be wanting in any case.
 */
void fault_pages(bool wanting)
{
	attribute("fail_page_alloc", "min-order", wanting ? "0" : LARGE);
}

/* Each test, since each puts back what it has changed. */
void fault_need(void)
{
	char path[128];
	size_t i;

	if (access(NTH, W_OK))
		SKIP("the kernel cannot inject faults: no " NTH);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), DEBUGFS "%s", kinds[i]);
		if (access(path, F_OK))
			SKIP("the kernel has no %s", kinds[i]);
		attribute(kinds[i], "verbose", "0");
		attribute(kinds[i], "probability", "0");
		attribute(kinds[i], "task-filter", "Y");
	}
	attribute("failslab", "ignore-gfp-wait", "N");
	attribute("fail_page_alloc", "ignore-gfp-wait", "N");
	fault_pages(false);

	if (nth < 0)
		nth = open(NTH, O_RDWR);
	if (famine < 0)
		famine = open(STARVE, O_RDWR);
	ASSERT_GT(nth, -1, "%s", strerror(errno));
	ASSERT_GT(famine, -1, "%s", strerror(errno));
}

void fault_prepare_save(struct bytes *room)
{
	fault_need();
	if (is_mock(vf_first())) {
		mock_setn(vf_first(), "size", 20000);
		mock_setn(vf_first(), "record", 4096);
	}
	if (!room->at) {
		room->at = malloc(ROOM);
		room->room = ROOM;
	}
	ASSERT_NE(room->at, NULL);
	room->len = 0;
}

bool sweep_next(struct sweep *sweep)
{
	if (sweep->calm == CALM_TURNS)
		return false;
	sweep->nth++;
	sweep->hit = false;
	ASSERT_LE(sweep->nth, sweep->limit, "%s never gets through",
		  sweep->path);
	alarm(TURN_LIMIT);
	return true;
}

void sweep_arm(const struct sweep *sweep)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", sweep->nth);

	ASSERT_EQ(pwrite(nth, text, len, 0), len, "%s", strerror(errno));
}

/*
 * Whether the fault has been injected. Asking copies to the user, and so does
 * telling: a fault that is still to come may hit either, and is over then.
 */
static bool disarm(void)
{
	char text[16] = "";
	bool hit = pread(nth, text, sizeof(text) - 1, 0) > 0 && !atoi(text);

	if (pwrite(nth, "0", 1, 0) != 1)
		ASSERT_EQ(pwrite(nth, "0", 1, 0), 1, "%s", strerror(errno));
	return hit;
}

/* That of a transition that was tried is EFAULT by v1, EIO by v2. */
static bool is_clean_error(int ret)
{
	return ret == -ENOMEM || ret == -EFAULT || ret == -EIO;
}

/* Judges the outcome: no error but for the fault's sake, and no other one. */
void sweep_disarm(struct sweep *sweep, int ret)
{
	sweep->hit = disarm();
	sweep->calm = sweep->hit ? 0 : sweep->calm + 1;
	sweep->injected += sweep->hit;
	sweep->felt += sweep->hit && ret < 0;
	EXPECT_EQ(ret < 0 && !is_clean_error(ret) ? ret : 0, 0, "%s, place %u",
		  sweep->path, sweep->nth);
	EXPECT_EQ(ret < 0 && !sweep->hit, false, "%s: %d without a fault",
		  sweep->path, ret);
}

void sweep_done(const struct sweep *sweep, unsigned int least)
{
	tap_note("%s: %u faults injected, %u of them failed it; gets through from %u on",
		 sweep->path, sweep->injected, sweep->felt,
		 sweep->nth + 1 - CALM_TURNS);
	EXPECT_LE(least, sweep->injected, "%s", sweep->path);
}

void famine_begin(enum famine kind)
{
	attribute("failslab", "times", FOR_EVER);
	attribute("failslab", "probability", "100");
	attribute("fail_page_alloc", "times", FOR_EVER);
	attribute("fail_page_alloc", "probability",
		  kind == FAMINE ? "100" : "0");
	fault_pages(true);
	ASSERT_EQ(pwrite(famine, "1", 1, 0), 1, "%s", strerror(errno));
}

void famine_end(void)
{
	/* First, since all that follows may want memory. */
	ASSERT_EQ(pwrite(famine, "0", 1, 0), 1, "%s", strerror(errno));
	fault_pages(false);
}

int try_read(struct vf *vf, uint64_t at, void *buf, size_t len, int *err)
{
	int ret = vf_read(vf, at, buf, len);

	if (!ret)
		return 0;
	*err = *err ? *err : ret;
	return vf_read(vf, at, buf, len);
}

int try_write(struct vf *vf, uint64_t at, const void *buf, size_t len, int *err)
{
	int ret = vf_write(vf, at, buf, len);

	if (!ret)
		return 0;
	*err = *err ? *err : ret;
	return vf_write(vf, at, buf, len);
}

int try_state(struct vf *vf, uint32_t state, int *err)
{
	return try_write(vf, REG_DEVICE_STATE, &state, sizeof(state), err);
}

/* save_phase() with second tries, into the room there is. */
int try_phase(struct vf *vf, struct bytes *to, int *err)
{
	uint64_t pending, offset, size;
	int ret;

	for (;;) {
		ret = try_read(vf, REG_PENDING_BYTES, &pending, 8, err);
		if (ret || !pending)
			return ret;
		ret = try_read(vf, REG_DATA_OFFSET, &offset, 8, err);
		if (!ret)
			ret = try_read(vf, REG_DATA_SIZE, &size, 8, err);
		if (!ret && (!size || size > to->room - to->len))
			ret = -EMSGSIZE;
		if (!ret)
			ret = try_read(vf, offset, to->at + to->len, size, err);
		if (ret)
			return ret;
		to->len += size;
	}
}

/*
 * What the modules have mapped for themselves, by the function that did it, and
 * the registers that anybody has: those show by what the PCI core calls it.
 */
unsigned int mappings(void)
{
	static const char * const mine[] = {
		"[vfmig]", "[mock_vfio_pci]", "[igbvf_vfio_pci]",
		"[virtio_adm_vfio_pci]", "[oob_vfio_pci]", " ioremap",
	};
	FILE *file = fopen("/proc/vmallocinfo", "r");
	unsigned int nr = 0;
	char line[512];
	size_t i;

	ASSERT_NE(file, NULL);
	while (fgets(line, sizeof(line), file))
		for (i = 0; i < ARRAY_SIZE(mine); i++)
			nr += !!strstr(line, mine[i]);
	fclose(file);
	return nr;
}
