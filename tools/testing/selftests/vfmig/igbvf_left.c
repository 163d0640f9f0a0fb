// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is asked of a PF is taken back: a load begins without what a former
 * guest has left there, and neither a load that fails nor a user that goes
 * leaves anything for the next one.
 */
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "igbvf_move.h"

static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x76, 0x66, 0x00 };
static const uint8_t other_mac[6] = { 0x52, 0x54, 0x00, 0x76, 0x66, 0x01 };
static const uint8_t own_mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
static const uint8_t second_mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x66 };
static const uint8_t third_mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x77 };

void before_open(void)
{
	move_begin();
	set_macs(NO_MAC, NO_MAC);
}

/* The stream of a guest that has left its VF. */
static void take_plain_stream(void)
{
	GRANTED(ask_address(MSG_MAC, own_mac));
	save();
	guest_leave(&guest);
	vf_close(&vf);
	vf_open(&other, vf_second());
}

/* Of one with a second address. */
static void take_stream(void)
{
	boot();
	GRANTED(ask_address(MSG_MAC_ADD, second_mac));
	take_plain_stream();
}

static int load_again(void)
{
	vf_go(&other, STATE_RESUMING);
	return load_all(&other, &stream);
}

/* The next guest of the second VF; by another user if @anew. */
static void next_guest(bool anew)
{
	guest_leave(&guest);
	if (anew) {
		vf_close(&other);
		vf_open(&other, vf_second());
	} else {
		ASSERT_EQ(vf_reset(&other), 0);
	}
	boot_on(&other);
}

TEST(loads, "a PF does not run out of filters by loads, however many")
{
	unsigned int i;

	take_stream();
	for (i = 0; i < 24; i++) {
		ASSERT_EQ(load_again(), 0, "load %u: %s", i,
			  core_text(other.bdf, "last_error"));
		ASSERT_EQ(vf_reset(&other), 0);
	}
	ASSERT_EQ(load_again(), 0);
	go_on();
	EXPECT_GT(hears(own_mac, -1, 100), 0);
	EXPECT_GT(hears(second_mac, -1, 100), 0);
}

TEST(failed, "a load that fails leaves nothing of its guest, for whoever comes next")
{
	boot();
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 7));
	GRANTED(ask_address(MSG_MAC_ADD, second_mac));
	take_plain_stream();
	set_vf(1, "vlan 5");
	EXPECT_EQ(load_again(), -EPERM);
	set_vf(1, "vlan 0");
	next_guest(false);
	EXPECT_EQ(misses(second_mac, -1, 100), true);
	EXPECT_EQ(misses(own_mac, -1, 100), true);
}

TEST(closed, "a guest that was loaded and has gone leaves nothing to the next user")
{
	take_stream();
	ASSERT_EQ(load_again(), 0);
	go_on();
	EXPECT_GT(hears(second_mac, -1, 100), 0);
	next_guest(true);
	EXPECT_EQ(misses(second_mac, -1, 100), true);
	EXPECT_EQ(misses(own_mac, -1, 100), true);
}

TEST(closed_unloaded, "nor does one that has asked for all of it itself")
{
	vf_open(&other, vf_second());
	boot_on(&other);
	GRANTED(ask_address(MSG_MAC_ADD, second_mac));
	EXPECT_GT(hears(second_mac, -1, 100), 0);
	next_guest(true);
	EXPECT_EQ(misses(second_mac, -1, 100), true);
}

TEST(closed_at_once, "nor one that has not waited for the answer")
{
	uint32_t msg[3] = { MSG_MAC_ADD };

	memcpy(&msg[1], second_mac, 6);
	vf_open(&other, vf_second());
	boot_on(&other);
	mailbox_post(&guest, msg, 3);
	next_guest(true);
	EXPECT_EQ(misses(second_mac, -1, 100), true);
}

TEST(former, "a guest that is loaded does not hear what its function's former guest has asked for")
{
	boot();
	take_plain_stream();
	boot_on(&other);
	GRANTED(ask_address(MSG_MAC_ADD, third_mac));
	EXPECT_GT(hears(third_mac, -1, 100), 0);
	guest_leave(&guest);
	ASSERT_EQ(vf_reset(&other), 0);
	ASSERT_EQ(load_again(), 0);
	go_on();
	/* There is one memory, and the former guest has used it. */
	rings_up(&guest);
	EXPECT_GT(hears(own_mac, -1, 100), 0);
	EXPECT_EQ(misses(third_mac, -1, 100), true);
}

TEST(former_silent, "neither does one that has not shaken hands yet")
{
	guest_enter(&guest, &vf);
	save();
	guest_leave(&guest);
	vf_open(&other, vf_second());
	boot_on(&other);
	GRANTED(ask_address(MSG_MAC_ADD, third_mac));
	guest_leave(&guest);
	ASSERT_EQ(vf_reset(&other), 0);
	ASSERT_EQ(load_again(), 0);
	go_on();
	guest_boot(&guest);
	EXPECT_EQ(misses(third_mac, -1, 100), true);
}

/* Rings without a word about the largest packet. */
static void boot_modestly(struct vf *on)
{
	guest_enter(&guest, on);
	ASSERT_EQ(mailbox_hello(&guest), true);
	rings_up(&guest);
}

TEST(packet_size, "a guest that never asked has not the largest packet of a former guest")
{
	set_macs(MAC, MAC);
	pf_set_mtu(4000);
	boot_modestly(&vf);
	save();
	guest_leave(&guest);
	vf_open(&other, vf_second());
	boot_on(&other);
	GRANTED(ask1(MSG_LPE, 3100));
	EXPECT_EQ(hears(mac, -1, 3000), 3000);
	guest_leave(&guest);
	ASSERT_EQ(vf_reset(&other), 0);
	ASSERT_EQ(load_again(), 0);
	go_on();
	rings_up(&guest);
	EXPECT_EQ(misses(mac, -1, 3000), true);
	EXPECT_EQ(hears(mac, -1, 1500), 1500);

	GRANTED(ask1(MSG_LPE, 3100));
	guest_leave(&guest);
	vf_close(&other);
	vf_open(&other, vf_second());
	boot_modestly(&other);
	EXPECT_EQ(misses(mac, -1, 3000), true);
	guest_leave(&guest);
	pf_set_mtu(1500);
}

/* igb of a trusted VF takes another address over the administrator's. */
TEST(trusted, "an administrator's address that a load has overridden is there for the next guest")
{
	take_stream();
	set_macs(NO_MAC, OTHER_MAC);
	set_vf(1, "trust on");
	EXPECT_EQ(load_again(), 0);
	go_on();
	EXPECT_GT(hears(own_mac, -1, 100), 0);
	next_guest(true);
	EXPECT_EQ(memcmp(guest.mac, other_mac, 6), 0);
	EXPECT_GT(hears(other_mac, -1, 100), 0);
	EXPECT_EQ(misses(own_mac, -1, 100), true);
	set_vf(1, "trust off");
}

/* What igb has room for, as a guest on the first VF finds out. */
static unsigned int free_filters(void)
{
	unsigned int n = 0;

	vf_open(&vf, vf_first());
	boot();
	while (n < 24 && ask_address(MSG_MAC_ADD, third_mac) & MSG_ACK)
		n++;
	guest_leave(&guest);
	vf_close(&vf);
	return n;
}

TEST(pf_down, "what a PF that is down keeps is taken back when the next user comes")
{
	unsigned int n;

	take_stream();
	n = free_filters();
	EXPECT_GT(n, 0);
	ASSERT_EQ(load_again(), 0);
	EXPECT_EQ(free_filters(), n - 1);
	pf_up(false);
	vf_close(&other);
	pf_up(true);
	EXPECT_EQ(free_filters(), n - 1);
	vf_open(&other, vf_second());
	EXPECT_EQ(free_filters(), n);
}
