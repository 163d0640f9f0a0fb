// SPDX-License-Identifier: GPL-2.0-only
/*
 * An exchange with the PF that is under way when the guest leaves comes to its
 * end where it goes. Judged by what frames arrive, not by what was said.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "igbvf_move.h"

static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x76, 0x66, 0x00 };

void before_open(void)
{
	move_begin();
}

TEST(silent, "for a guest that never shook hands nothing is asked of the PF")
{
	uint32_t msg[2] = { MSG_LPE, 1600 };
	unsigned int i;

	guest_enter(&guest, &vf);
	for (i = 0; i < 16; i++)
		wr(&guest, VMBMEM + 4 * i, 0x1000 + i);
	move();
	for (i = 0; i < 16; i++)
		EXPECT_EQ(rd(&guest, VMBMEM + 4 * i), 0x1000 + i);
	/* Had it been, the PF would listen. */
	EXPECT_EQ(mailbox_ask(&guest, msg, 2) & MSG_ACK, 0);
}

TEST(unread, "an answer the guest has not read yet is there to be read after a move")
{
	uint32_t msg[2] = { MSG_LPE, 1600 }, answer = 0;

	boot();
	mailbox_post(&guest, msg, 2);
	usleep(100000);
	move();
	EXPECT_EQ(mailbox_wait(&guest, MBX_PFACK), true);
	EXPECT_EQ(mailbox_wait(&guest, MBX_PFSTS), true);
	mailbox_fetch(&guest, &answer, 1);
	EXPECT_EQ(answer & ~(1U << 29), MSG_ACK | MSG_LPE);
	/* And it is there once. */
	EXPECT_EQ(mailbox_bits(&guest) & (MBX_PFACK | MBX_PFSTS), 0);
	GRANTED(ask1(MSG_LPE, 1700));
}

TEST(acknowledged, "of what the guest has seen of an answer nothing is shown again")
{
	uint32_t msg[2] = { MSG_LPE, 1600 }, answer = 0;

	boot();
	mailbox_post(&guest, msg, 2);
	ASSERT_EQ(mailbox_wait(&guest, MBX_PFACK), true);
	ASSERT_EQ(mailbox_wait(&guest, MBX_PFSTS), true);
	move();
	EXPECT_EQ(mailbox_bits(&guest) & (MBX_PFACK | MBX_PFSTS), 0);
	mailbox_fetch(&guest, &answer, 1);
	EXPECT_EQ(answer & 0xffff, MSG_LPE);
}

TEST(parts, "bits that a stop has cleared are shown to a guest that reads a byte")
{
	uint32_t msg[2] = { MSG_LPE, 1600 };
	uint8_t low = 0, high = 0;

	boot();
	mailbox_post(&guest, msg, 2);
	usleep(100000);
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_RUNNING);
	ASSERT_EQ(pread(vf.fd, &high, 1, V2PMAILBOX + 1), 1);
	ASSERT_EQ(pread(vf.fd, &low, 1, V2PMAILBOX), 1);
	EXPECT_EQ(low & (MBX_PFACK | MBX_PFSTS), MBX_PFACK | MBX_PFSTS);
	ASSERT_EQ(pread(vf.fd, &low, 1, V2PMAILBOX), 1);
	EXPECT_EQ(low & (MBX_PFACK | MBX_PFSTS), 0);
}

TEST(at_once, "a request made right before the stop is answered where the guest is then")
{
	uint32_t msg[2] = { MSG_VLAN | MSG_ONE, 7 }, answer = 0;

	boot();
	mailbox_post(&guest, msg, 2);
	move();
	EXPECT_EQ(mailbox_wait(&guest, MBX_PFACK), true);
	EXPECT_EQ(mailbox_wait(&guest, MBX_PFSTS), true);
	mailbox_fetch(&guest, &answer, 1);
	EXPECT_EQ(answer & (MSG_ACK | 0xffff), MSG_ACK | MSG_VLAN);
	EXPECT_EQ(hears(mac, 7, 100), 100);
}

TEST(held, "a guest that holds the mailbox with half a message does so after a move")
{
	uint32_t answer = 0;

	boot();
	mailbox_take(&guest);
	wr(&guest, VMBMEM, MSG_VLAN | MSG_ONE);
	move();
	EXPECT_EQ(mailbox_bits(&guest) & MBX_VFU, MBX_VFU);
	EXPECT_EQ(rd(&guest, VMBMEM), MSG_VLAN | MSG_ONE);
	wr(&guest, VMBMEM + 4, 7);
	wr(&guest, V2PMAILBOX, MBX_REQ);
	EXPECT_EQ(mailbox_wait(&guest, MBX_PFSTS), true);
	mailbox_fetch(&guest, &answer, 1);
	EXPECT_EQ(answer & (MSG_ACK | 0xffff), MSG_ACK | MSG_VLAN);
	EXPECT_EQ(hears(mac, 7, 100), 100);
}

TEST(not_taken, "a request that the PF has not taken is handed to the next PF")
{
	uint32_t msg[2] = { MSG_VLAN | MSG_ONE, 7 }, answer = 0;

	boot();
	/* Nobody reads the mailbox then. It also takes the guest's rings away. */
	pf_up(false);
	mailbox_post(&guest, msg, 2);
	save();
	pf_up(true);
	ASSERT_EQ(load(), 0);
	go_on();
	EXPECT_EQ(mailbox_wait(&guest, MBX_PFACK), true);
	EXPECT_EQ(mailbox_wait(&guest, MBX_PFSTS), true);
	mailbox_fetch(&guest, &answer, 1);
	EXPECT_EQ(answer & (MSG_ACK | 0xffff), MSG_ACK | MSG_VLAN);
	rings_up(&guest);
	EXPECT_EQ(hears(mac, 7, 100), 100);
	/* What was granted now is carried on. */
	bytes_free(&stream);
	vf_go(&other, STATE_STOP_COPY);
	save_phase(&other, &stream, TRAPPED_WHOLE);
	guest_leave(&guest);
	EXPECT_EQ(vf_reset(&other), 0);
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &stream), 0);
	guest_move(&guest, &vf);
	vf_go(&vf, STATE_RUNNING);
	EXPECT_EQ(hears(mac, 7, 100), 100);
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Each takes @least; the best of them says what the driver takes of it. */
static long stops_within_ms(long least)
{
	long start, took, best = LONG_MAX;

	for (int i = 0; i < 6; i++) {
		start = now_ms();
		vf_go(&vf, STATE_STOP);
		took = now_ms() - start;
		EXPECT_LE(least, took);
		best = took < best ? took : best;
		vf_go(&vf, STATE_RUNNING);
	}
	return best;
}

TEST(patience, "the stop gives an exchange that is under way half a second to end, and no more")
{
	uint32_t msg[2] = { MSG_LPE, 1600 };
	long idle, waited;

	boot();
	idle = stops_within_ms(0);
	pf_up(false);
	mailbox_post(&guest, msg, 2);
	waited = stops_within_ms(450);
	/* Were it always waited for, both would take the same. */
	EXPECT_GT(waited, idle + 225);
	/* Without an end it would be the core's limit, of ten seconds. */
	EXPECT_GT(idle + 8000, waited);
}

TEST(pf_down, "a PF that does not answer fails the load, with a reason, and no later one")
{
	boot();
	save();
	pf_up(false);
	EXPECT_NE(load(), 0);
	EXPECT_NE(strstr(core_text(other.bdf, "last_error"), "set its interface up"), NULL,
		  "%s", core_text(other.bdf, "last_error"));
	pf_up(true);
	ASSERT_EQ(vf_reset(&other), 0);
	vf_go(&other, STATE_RESUMING);
	ASSERT_EQ(load_all(&other, &stream), 0);
	go_on();
	EXPECT_GT(hears(mac, -1, 100), 0);
}

TEST(rubbish, "messages of no meaning are carried for what they are: not at all")
{
	unsigned int i;
	uint32_t msg[16];

	boot();
	srandom(1);
	for (i = 0; i < 60; i++) {
		for (int w = 0; w < 16; w++)
			msg[w] = random();
		/* Types that have a meaning, with contents that have none. */
		if (i & 1)
			msg[0] = (msg[0] & 0x00ff0000) | i % 8;
		mailbox_try(&guest, msg, 16);
		wr(&guest, 4 * (msg[1] % 0x400), msg[2]);
	}
	/* Whatever came of it: it can be carried, or is refused in words. */
	if (vf_set_state(&vf, STATE_STOP_COPY)) {
		tap_note("%s", core_text(vf.bdf, "last_error"));
		EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	}
	ASSERT_EQ(vf_reset(&vf), 0);
	guest_boot(&guest);
	EXPECT_GT(hears(mac, -1, 100), 0);
}
