// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping and starting a VF whose guest sends and receives, here and after a
 * move: nothing is lost, and nothing happens in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "igbvf_traffic.h"
#include "sysfs.h"

void before_open(void)
{
	move_begin();
}

/* Out of @from, stopped, into @to, which stays frozen. */
static int carry(struct vf *from, struct vf *to)
{
	struct bytes stream = {};
	int ret;

	vf_go(from, STATE_STOP_COPY);
	save_phase(from, &stream, TRAPPED_WHOLE);
	vf_go(to, STATE_RESUMING);
	ret = load_all(to, &stream);
	EXPECT_EQ(ret, 0, "%s", core_text(to->bdf, "last_error"));
	bytes_free(&stream);
	return ret;
}

static void move(void)
{
	vf_open(&other, vf_second());
	ASSERT_EQ(carry(&vf, &other), 0);
	guest_move(&guest, &other);
	vf_go(&other, STATE_RUNNING);
}

static const uint32_t registers[] = {
	IVAR0, IVAR_MISC, EIAC, EIAM, EITR0, EITR0 + 4, EITR0 + 8,
	RDBAL, RDBAH, RDLEN, SRRCTL, RDH, RDT, RXDCTL,
	TDBAL, TDBAH, TDLEN, TDH, TDT, TXDCTL, TDBAL + 0x38, TDBAL + 0x3c,
	RDBAL + QUEUE1, RDBAH + QUEUE1, RDLEN + QUEUE1, SRRCTL + QUEUE1,
	RDH + QUEUE1, RDT + QUEUE1, RXDCTL + QUEUE1,
	TDBAL + QUEUE1, TDBAH + QUEUE1, TDLEN + QUEUE1, TDH + QUEUE1,
	TDT + QUEUE1, TXDCTL + QUEUE1, 0xf0c,
};

#define NR_REGISTERS ARRAY_SIZE(registers)

static void read_registers(uint32_t *val)
{
	for (size_t i = 0; i < NR_REGISTERS; i++)
		val[i] = rd(&guest, registers[i]);
}

static void expect_registers(const uint32_t *val)
{
	for (size_t i = 0; i < NR_REGISTERS; i++)
		EXPECT_EQ(rd(&guest, registers[i]), val[i], "register %#x",
			  registers[i]);
}

TEST(still, "a stopped function does no DMA, raises no interrupt, moves no head")
{
	uint32_t head;
	unsigned int i;

	boot();
	expect_traffic("before");
	vf_go(&vf, STATE_STOP);
	forget_irqs();
	head = rd(&guest, RDH);
	EXPECT_EQ(rd(&guest, RXDCTL) & DCTL_ENABLE, 0);
	EXPECT_EQ(rd(&guest, TXDCTL) & DCTL_ENABLE, 0);
	for (i = 0; i < 5; i++)
		pf_send(guest.mac, -1, 100, i);
	EXPECT_EQ(rx_silent(&guest), true);
	EXPECT_EQ(rd(&guest, RDH), head);
	wr(&guest, EICS, 7);
	usleep(20000);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(irq_fired(&guest, i), false, "vector %u", i);
}

TEST(start_again, "a function that was stopped runs on as before, in every way it can be stopped")
{
	static const uint32_t ways[] = {
		STATE_STOP, STATE_STOP_COPY, STATE_RESUMING,
	};
	uint32_t before[NR_REGISTERS];

	boot();
	expect_traffic("before");
	read_registers(before);
	for (int i = 0; i < 3; i++) {
		vf_go(&vf, ways[i]);
		vf_go(&vf, STATE_RUNNING);
		expect_registers(before);
	}
	vf_go(&vf, STATE_PRE_COPY);
	expect_traffic("in pre-copy");
	vf_go(&vf, STATE_STOP_COPY);
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_RUNNING);
	expect_traffic("after");
}

TEST(kick, "the start raises every queue's vector and not the mailbox's")
{
	boot();
	vf_go(&vf, STATE_STOP);
	forget_irqs();
	vf_go(&vf, STATE_RUNNING);
	usleep(20000);
	EXPECT_EQ(irq_wait(&guest, 0), true);
	EXPECT_EQ(irq_wait(&guest, 1), true);
	EXPECT_EQ(irq_fired(&guest, 2), false);
}

TEST(moved, "registers, rings and traffic go on where they were on another function")
{
	uint32_t before[NR_REGISTERS];

	boot();
	wr(&guest, EITR0, 0x0124);
	wr(&guest, EITR0 + 4, 0x0248);
	expect_traffic("before");
	read_registers(before);
	move();
	usleep(20000);
	EXPECT_EQ(irq_wait(&guest, 0), true);
	EXPECT_EQ(irq_wait(&guest, 1), true);
	EXPECT_EQ(irq_fired(&guest, 2), false);
	expect_registers(before);
	expect_traffic("after");
	forget_irqs();
	pf_send(guest.mac, -1, 100, 1);
	usleep(20000);
	EXPECT_EQ(irq_wait(&guest, 1), true);
}

TEST(masks, "the vectors a guest uses are unmasked whatever it wrote to EIMS last")
{
	boot();
	expect_traffic("before");
	wr(&guest, EIMS, 2);
	move();
	forget_irqs();
	tx_post(&guest, 100);
	usleep(20000);
	EXPECT_EQ(irq_wait(&guest, 0), true);
}

TEST(second_queue, "the second queue is carried too, and its tails do not start it")
{
	uint32_t before[NR_REGISTERS];

	boot();
	wr(&guest, RDBAL + QUEUE1, 0x10002000);
	wr(&guest, RDBAH + QUEUE1, 1);
	wr(&guest, RDLEN + QUEUE1, 1024);
	wr(&guest, RDH + QUEUE1, 3);
	wr(&guest, RDT + QUEUE1, 9);
	wr(&guest, TDBAL + QUEUE1, 0x10003000);
	wr(&guest, TDLEN + QUEUE1, 512);
	wr(&guest, TDH + QUEUE1, 4);
	wr(&guest, TDT + QUEUE1, 7);
	read_registers(before);
	move();
	expect_registers(before);
	expect_traffic("after");
}

TEST(statistics, "statistics go on where they were, there and back again")
{
	uint32_t sent, got, bytes;
	struct vf *at = &vf, *next = &other;
	int i;

	boot();
	expect_traffic("before");
	sent = rd(&guest, VFGPTC);
	got = rd(&guest, VFGPRC);
	bytes = rd(&guest, VFGOTC);
	EXPECT_GT(sent, 0);

	vf_open(&other, vf_second());
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(carry(at, next), 0);
		EXPECT_EQ(vf_reset(at), 0);
		guest_move(&guest, next);
		vf_go(next, STATE_RUNNING);
		EXPECT_EQ(rd(&guest, VFGPTC), sent);
		EXPECT_EQ(rd(&guest, VFGPRC), got);
		EXPECT_EQ(rd(&guest, VFGOTC), bytes);
		expect_traffic("after");
		EXPECT_EQ(rd(&guest, VFGPTC), sent + 3);
		EXPECT_EQ(rd(&guest, VFGPRC), got + 3);
		EXPECT_EQ(rd(&guest, VFGOTC), bytes + 3 * 104);
		sent += 3;
		got += 3;
		bytes += 3 * 104;
		next = at;
		at = guest.vf;
	}
}

TEST(not_drained, "a transmit queue that does not drain fails the stop and runs on")
{
	guest_enter(&guest, &vf);
	/* Without a handshake the PF lets nothing out. */
	wr(&guest, CTRL, CTRL_RST);
	usleep(10000);
	rings_up(&guest);
	tx_post(&guest, 100);
	ASSERT_NE(rd(&guest, TDH), rd(&guest, TDT));

	EXPECT_EQ(vf_set_state(&vf, STATE_STOP), -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"),
			 "transmit queue 0 does not drain: head 0, tail 1"),
		  NULL, "%s", core_text(vf.bdf, "last_error"));
	EXPECT_EQ(rd(&guest, TXDCTL) & DCTL_ENABLE, DCTL_ENABLE);
	EXPECT_EQ(rd(&guest, RXDCTL) & DCTL_ENABLE, DCTL_ENABLE);
}

TEST(rubbish, "a guest's rubbish keeps its function from being saved, not from being stopped")
{
	boot();
	wr(&guest, RDT, RING_DESCS + 5);
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_RUNNING);
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP_COPY), -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "tail is beyond"),
		  NULL, "%s", core_text(vf.bdf, "last_error"));
	EXPECT_EQ(rd(&guest, RXDCTL) & DCTL_ENABLE, DCTL_ENABLE);
}

TEST(no_driver, "a function whose guest never had a driver moves and can be set up")
{
	vf_open(&other, vf_second());
	ASSERT_EQ(carry(&vf, &other), 0);
	vf_go(&other, STATE_RUNNING);
	guest_enter(&guest, &other);
	guest_boot(&guest);
	expect_traffic("after");
}

static uint16_t real_command(const char *bdf)
{
	uint16_t command = 0xffff;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, O_RDONLY);
	ASSERT_GT(fd, -1);
	ASSERT_EQ(pread(fd, &command, 2, 4), 2);
	close(fd);
	return command;
}

TEST(decode_off, "a function is carried with decoding off, which stays off")
{
	uint32_t before[NR_REGISTERS];
	uint16_t command, off = 0;

	boot();
	expect_traffic("before");
	read_registers(before);
	set_command(&guest, 0);
	command = real_command(vf.bdf);
	EXPECT_EQ(command & 6, 0);

	vf_open(&other, vf_second());
	ASSERT_EQ(pwrite(other.fd, &off, 2, VF_CONFIG + PCI_COMMAND), 2);
	ASSERT_EQ(real_command(other.bdf) & 6, 0);
	ASSERT_EQ(carry(&vf, &other), 0);
	EXPECT_EQ(real_command(vf.bdf), command);
	EXPECT_EQ(real_command(other.bdf) & 6, 0);
	/* A destination may run before anybody switches decoding on. */
	vf_go(&other, STATE_RUNNING);
	EXPECT_EQ(real_command(other.bdf) & 6, 0);
	guest_move(&guest, &other);
	expect_registers(before);
	expect_traffic("after");
}

static void *reset_by_admin(void *unused)
{
	(void)unused;
	EXPECT_EQ(sysfs_reset(vf.bdf), 0);
	return NULL;
}

/*
 * From the moment its registers are as new until the PCI core lets go of it the
 * function's command register is bare.
 */
static void stop_within_reset(void)
{
	pthread_t thread;

	ASSERT_EQ(pthread_create(&thread, NULL, reset_by_admin, NULL), 0);
	while (rd(&guest, RDLEN))
		;
	vf_set_state(&vf, STATE_STOP);
	pthread_join(thread, NULL);
	vf_go(&vf, STATE_RUNNING);
}

TEST(reset_restores, "a step within an administrator's reset does not undo what that restores")
{
	const uint16_t bits = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	boot();
	ASSERT_EQ(real_command(vf.bdf) & bits, bits);
	for (int i = 0; i < 3; i++) {
		stop_within_reset();
		EXPECT_EQ(real_command(vf.bdf) & bits, bits);
		guest_boot(&guest);
	}
}

TEST(reset_ends_stop, "nor does a step that begins within the reset and would outlast it")
{
	const uint16_t bits = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	uint32_t msg[2] = { MSG_LPE, 1600 };

	boot();
	/* It waits for the answer that does not come, until the reset is done. */
	pf_up(false);
	mailbox_post(&guest, msg, 2);
	/* The PF has taken the rings away. */
	wr(&guest, RDLEN, RING_DESCS * sizeof(struct desc));
	stop_within_reset();
	EXPECT_EQ(real_command(vf.bdf) & bits, bits);
	pf_up(true);
}

TEST(reset, "a reset within a save or a load leaves a function that can be set up")
{
	struct bytes stream = {};

	boot();
	expect_traffic("before");
	vf_go(&vf, STATE_STOP_COPY);
	save_chunk(&vf, &stream, TRAPPED_WHOLE);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	guest_boot(&guest);
	expect_traffic("after a reset of a source");

	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_bytes(&vf, stream.at, 200, TRAPPED_WHOLE), 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	guest_boot(&guest);
	expect_traffic("after a reset of a destination");
	bytes_free(&stream);
}

TEST(back_on_source, "after a completed move the source can be started again")
{
	uint32_t before[NR_REGISTERS];

	boot();
	expect_traffic("before");
	read_registers(before);
	vf_open(&other, vf_second());
	ASSERT_EQ(carry(&vf, &other), 0);
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_RUNNING);
	expect_registers(before);
	expect_traffic("after");
}

/*
 * The card of QEMU keeps a packet's beginning over a reset of the function and
 * drops the next packet with it. The end-to-end tests count on what clears it.
 */
TEST(half_packet, "a packet without an end costs the next user nothing, once the PF was reset")
{
	uint32_t sent;

	boot();
	tx_post_zeroes(&guest);
	ASSERT_EQ(rd(&guest, TDH), rd(&guest, TDT));
	ASSERT_EQ(vf_reset(&vf), 0);
	pf_up(false);
	pf_up(true);
	guest_boot(&guest);
	sent = rd(&guest, VFGPTC);
	expect_traffic("after a packet without an end");
	EXPECT_EQ(rd(&guest, VFGPTC) - sent, 3);
}
