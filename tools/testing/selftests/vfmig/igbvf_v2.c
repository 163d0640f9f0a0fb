// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that sends and receives, moved by both protocols, and quiesced without
 * being stopped.
 */
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"
#include "igbvf_traffic.h"
#include "v2.h"
#include "ways.h"

void before_open(void)
{
	move_begin();
}

TEST(same, "a device with a guest on it says the same through v1 and through v2")
{
	boot();
	expect_traffic("before");
	expect_said_alike(&vf, 0, "with a guest");
	expect_traffic("after");
}

static void carry(struct vf *from, struct vf *to, const struct protocol *out,
		  const struct protocol *in, const char *what)
{
	struct bytes stream = {};

	way_stop_copy(out, from, &stream);
	way_load(in, to, &stream);
	guest_move(&guest, to);
	way_go(in, to, TO_RUNNING);
	expect_traffic(what);
	/* Stopped by one, to be had by either. */
	ASSERT_EQ(vf_reset(from), 0);
	bytes_free(&stream);
}

TEST(moved, "a guest moves there and back, all four ways from one protocol to the other")
{
	struct vf *at = &vf, *next = &other;

	vf_open(&other, vf_second());
	boot();
	expect_traffic("before");
	for (size_t out = 0; out < NR_WAYS; out++) {
		for (size_t in = 0; in < NR_WAYS; in++) {
			char what[32];

			snprintf(what, sizeof(what), "%s to %s",
				 ways[out].name, ways[in].name);
			carry(at, next, &ways[out], &ways[in], what);
			next = at;
			at = guest.vf;
		}
	}
}

TEST(quiesced, "in RUNNING_P2P a function does no DMA and raises no interrupt, and then runs on")
{
	uint32_t head;

	boot();
	expect_traffic("before");
	v2_go(&vf, V2_RUNNING_P2P);
	forget_irqs();
	head = rd(&guest, RDH);
	for (unsigned int i = 0; i < 5; i++)
		pf_send(guest.mac, -1, 100, i);
	EXPECT_EQ(rx_silent(&guest), true);
	EXPECT_EQ(rd(&guest, RDH), head);
	wr(&guest, EICS, 7);
	usleep(20000);
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ(irq_fired(&guest, i), false, "vector %u", i);
	v2_go(&vf, V2_RUNNING);
	expect_traffic("after");
}

TEST(posted, "what is posted while a function is quiesced is sent when it runs again")
{
	boot();
	expect_traffic("before");
	v2_go(&vf, V2_RUNNING_P2P);
	tx_post(&guest, 100);
	EXPECT_EQ(tx_sent(&guest), false);
	v2_go(&vf, V2_RUNNING);
	EXPECT_EQ(tx_sent(&guest), true);
	v2_go(&vf, V2_RUNNING_P2P);
	tx_post(&guest, 100);
	v2_go(&vf, V2_STOP);
	v2_go(&vf, V2_RUNNING);
	EXPECT_EQ(tx_sent(&guest), true);
	expect_traffic("after");
}

TEST(to_and_fro, "a function can go between RUNNING, RUNNING_P2P and STOP as often as is wanted")
{
	boot();
	for (int i = 0; i < 5; i++) {
		v2_go(&vf, V2_RUNNING_P2P);
		v2_go(&vf, V2_STOP);
		v2_go(&vf, V2_RUNNING_P2P);
		v2_go(&vf, V2_RUNNING);
		expect_traffic("between");
	}
}

TEST(pre_copied, "traffic goes on in PRE_COPY, and after a stop that is called off")
{
	struct bytes stream = {};
	int fd;

	v2_need_pre_copy(&vf);
	boot();
	fd = v2_begin(&vf, V2_PRE_COPY);
	expect_traffic("in PRE_COPY");
	EXPECT_EQ(v2_drain(fd, &stream, 100), -ENOMSG);
	expect_traffic("in PRE_COPY, all read");
	v2_go(&vf, V2_PRE_COPY_P2P);
	v2_go(&vf, V2_PRE_COPY);
	expect_traffic("after PRE_COPY_P2P");
	v2_go(&vf, V2_STOP_COPY);
	EXPECT_EQ(v2_drain(fd, &stream, 100), 0);
	v2_go(&vf, V2_RUNNING);
	expect_traffic("after");
	bytes_free(&stream);
}

TEST(pre_copied_and_moved, "a save begun in PRE_COPY is taken by v1, and the guest runs on there")
{
	struct bytes stream = {};
	int fd;

	v2_need_pre_copy(&vf);
	vf_open(&other, vf_second());
	boot();
	fd = v2_begin(&vf, V2_PRE_COPY);
	EXPECT_EQ(v2_drain(fd, &stream, 100), -ENOMSG);
	expect_traffic("in PRE_COPY");
	v2_go(&vf, V2_STOP_COPY);
	EXPECT_EQ(v2_drain(fd, &stream, 100), 0);
	way_load(&ways[BY_V1], &other, &stream);
	guest_move(&guest, &other);
	way_go(&ways[BY_V1], &other, TO_RUNNING);
	expect_traffic("after");
	bytes_free(&stream);
}
