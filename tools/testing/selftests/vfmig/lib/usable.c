// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "fixture.h"
#include "igbvf.h"
#include "usable.h"

#define MAC	"52:54:00:76:66:00"

void close_both(void)
{
	vf_close(&vf);
	vf_close(&other);
}

/* The second one, where there is one, of another content and size. */
void open_both(void)
{
	const char *there = getenv("VFMIG_DEV2");

	close_both();
	if (there && !*there)
		there = NULL;
	if (there && is_mock(there)) {
		mock_setn(there, "seed", 7);
		mock_setn(there, "size", 24576);
	}
	vf_open(&vf, vf_first());
	if (there)
		vf_open(&other, there);
}

/* Nothing is in the section before anything was saved or written. */
static void need_empty(struct vf *vf)
{
	static uint8_t buf[65536], zeros[65536];
	size_t at, len;

	for (at = 0; at < vf->area_len; at += len) {
		len = vf->area_len - at;
		if (len > sizeof(buf))
			len = sizeof(buf);
		ASSERT_EQ(vf_read(vf, vf->area + at, buf, len), 0);
		ASSERT_EQ(memcmp(buf, zeros, len), 0, "read at %zu", at);
	}
	vf_map(vf);
	for (at = 0; at < vf->area_len; at += len) {
		len = vf->area_len - at;
		if (len > sizeof(zeros))
			len = sizeof(zeros);
		ASSERT_EQ(memcmp(vf->map + at, zeros, len), 0, "mapped at %zu",
			  at);
	}
	vf_unmap(vf);
}

static void need_new_device(struct vf *vf)
{
	ASSERT_EQ(vf_state(vf), STATE_RUNNING, "%s", vf->bdf);
	ASSERT_EQ(vf_pending(vf), 0, "%s", vf->bdf);
	ASSERT_EQ(vf_data_size(vf), 0, "%s", vf->bdf);
	need_empty(vf);
}

void need_new(void)
{
	need_new_device(&vf);
	if (other.bdf)
		need_new_device(&other);
}

static void need_same_elsewhere(void)
{
	struct bytes stream = {}, again = {};

	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&other, STATE_RESUMING);
	ASSERT_EQ(load_all(&other, &stream), 0);
	vf_go(&other, STATE_STOP_COPY);
	save_phase(&other, &again, TRAPPED_WHOLE);
	vf_go(&other, STATE_RUNNING);
	ASSERT_EQ(again.len, stream.len);
	ASSERT_EQ(memcmp(again.at, stream.at, stream.len), 0);
	bytes_free(&stream);
	bytes_free(&again);
}

static void need_frame(struct guest *guest, uint16_t tag)
{
	uint16_t got = 0;

	pf_send(guest->mac, -1, 100, tag);
	ASSERT_EQ(rx_wait(guest, &got), 100);
	ASSERT_EQ(got, tag);
}

/* The PF answers in the mailbox, and frames go through, moved or not. */
static void need_traffic(void)
{
	struct guest guest = {};

	guest_enter(&guest, &vf);
	guest_boot(&guest);
	need_frame(&guest, 11);
	need_whole_transfer();
	need_frame(&guest, 12);
	guest_leave(&guest);
}

/*
 * The emulation's reset leaves the vectors as they were, and whoever writes to
 * BAR 0 at random has assigned one that no function has.
 */
static void unassign_vectors(struct vf *vf)
{
	uint16_t command = PCI_COMMAND_MEMORY;
	uint32_t none = 0;

	ASSERT_EQ(pwrite(vf->fd, &command, sizeof(command), VF_CONFIG + PCI_COMMAND),
		  sizeof(command));
	ASSERT_EQ(pwrite(vf->fd, &none, sizeof(none), IVAR0), sizeof(none));
	ASSERT_EQ(pwrite(vf->fd, &none, sizeof(none), IVAR_MISC), sizeof(none));
}

static void restore_igbvf(void)
{
	pf_up(true);
	pf_set_mac(vf_first(), MAC);
	open_both();
	unassign_vectors(&vf);
	if (other.bdf)
		unassign_vectors(&other);
}

void need_usable(void)
{
	if (is_igbvf(vf_first()))
		restore_igbvf();
	open_both();
	need_new();
	need_whole_transfer();
	if (other.bdf)
		need_same_elsewhere();
	if (is_igbvf(vf_first()))
		need_traffic();
}
