// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the guest asked its PF for is asked of the PF where it goes: what igb
 * has granted, refused, passed over or done by half, and what is left of it
 * after which reset. Judged by what frames arrive, not by what was said. The
 * table in Documentation/igbvf.rst names the test of each of its rows.
 */
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "igbvf_move.h"

static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x76, 0x66, 0x00 };
static const uint8_t own_mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
static const uint8_t second_mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x66 };
static const uint8_t no_mac[6];
static const uint8_t group[6] = { 0x01, 0x00, 0x5e, 0x01, 0x02, 0x03 };
static const uint8_t other_group[6] = { 0x01, 0x00, 0x5e, 0x04, 0x05, 0x06 };

void before_open(void)
{
	move_begin();
}

TEST(address, "an address the guest has chosen is the one it is reached by after a move")
{
	set_macs(NO_MAC, NO_MAC);
	boot();
	GRANTED(ask_address(MSG_MAC, own_mac));
	EXPECT_GT(hears(own_mac, -1, 100), 0);
	move();
	EXPECT_GT(hears(own_mac, -1, 100), 0);
	EXPECT_EQ(misses(mac, -1, 100), true);
}

TEST(unicast, "further unicast addresses are carried, and none is taken for the address")
{
	set_macs(NO_MAC, NO_MAC);
	boot();
	GRANTED(ask_address(MSG_MAC, own_mac));
	GRANTED(ask_address(MSG_MAC_ADD, second_mac));
	EXPECT_GT(hears(second_mac, -1, 100), 0);
	move();
	EXPECT_GT(hears(own_mac, -1, 100), 0);
	EXPECT_GT(hears(second_mac, -1, 100), 0);
}

/* A guest that may choose its address, and has one more. */
static void boot_with_second(void)
{
	set_macs(NO_MAC, NO_MAC);
	boot();
	GRANTED(ask_address(MSG_MAC_ADD, second_mac));
	EXPECT_GT(hears(second_mac, -1, 100), 0);
}

TEST(unicast_kept, "unicast addresses outlive a reset, the guest's or the user's, and are carried")
{
	boot_with_second();
	guest_boot(&guest);
	EXPECT_GT(hears(second_mac, -1, 100), 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	guest_boot(&guest);
	EXPECT_GT(hears(second_mac, -1, 100), 0);
	move();
	EXPECT_GT(hears(second_mac, -1, 100), 0);
}

TEST(unicast_in_reset, "so are those of a guest that is between its reset and its handshake")
{
	boot_with_second();
	wr(&guest, CTRL, CTRL_RST);
	move();
	guest_boot(&guest);
	EXPECT_GT(hears(second_mac, -1, 100), 0);
}

TEST(unicast_pf_reset, "unicast addresses that went with a reset of the PF do not come back")
{
	boot_with_second();
	pf_up(false);
	pf_up(true);
	guest_boot(&guest);
	EXPECT_EQ(misses(second_mac, -1, 100), true);
	move();
	EXPECT_EQ(saved_unicast(), 0);
	EXPECT_EQ(misses(second_mac, -1, 100), true);
}

TEST(unicast_cleared, "unicast addresses that the guest has cleared are not carried")
{
	boot_with_second();
	GRANTED(ask_address(MSG_MAC_CLEAR, second_mac));
	EXPECT_EQ(misses(second_mac, -1, 100), true);
	move();
	EXPECT_EQ(misses(second_mac, -1, 100), true);
}

TEST(unicast_not_cleared, "to clear them without an address, as Linux' igbvf does, clears nothing")
{
	boot_with_second();
	REFUSED(ask_address(MSG_MAC_CLEAR, no_mac));
	EXPECT_GT(hears(second_mac, -1, 100), 0);
	move();
	EXPECT_GT(hears(second_mac, -1, 100), 0);
}

TEST(unicast_twice, "an address added until the PF has no room is one address to carry")
{
	unsigned int i;

	boot_with_second();
	for (i = 0; i < 24; i++)
		if (ask_address(MSG_MAC_ADD, second_mac) & MSG_NACK)
			break;
	EXPECT_GT(24, i);
	save();
	EXPECT_EQ(saved_unicast(), 1);
	/* Both ends have one PF: what the source has taken comes free here. */
	guest_leave(&guest);
	vf_close(&vf);
	vf_open(&other, vf_second());
	vf_go(&other, STATE_RESUMING);
	ASSERT_EQ(load_all(&other, &stream), 0);
	go_on();
	EXPECT_GT(hears(second_mac, -1, 100), 0);
}

TEST(unicast_refused, "addresses that an administrator makes the PF refuse are not carried")
{
	boot();
	REFUSED(ask_address(MSG_MAC_ADD, second_mac));
	move();
	EXPECT_EQ(saved_unicast(), 0);
	EXPECT_GT(hears(mac, -1, 100), 0);
}

TEST(administrator, "an address that an administrator has set is not asked for")
{
	boot();
	EXPECT_NE(ask_address(MSG_MAC, mac) & MSG_NACK, 0);
	move();
	EXPECT_GT(hears(mac, -1, 100), 0);
}

TEST(wrong_address, "the load fails where an administrator has set another address")
{
	set_macs(MAC, OTHER_MAC);
	boot();
	save();
	EXPECT_EQ(load(), -EPERM);
	EXPECT_NE(strstr(core_text(other.bdf, "last_error"),
			 "refuses the guest's address " MAC), NULL, "%s",
		  core_text(other.bdf, "last_error"));
	ASSERT_EQ(vf_reset(&other), 0);
	guest_enter(&guest, &other);
	guest_boot(&guest);
	EXPECT_GT(hears(guest.mac, -1, 100), 0);
}

TEST(multicast, "multicast groups are carried")
{
	boot();
	EXPECT_EQ(misses(group, -1, 100), true);
	GRANTED(ask_group(group));
	EXPECT_GT(hears(group, -1, 100), 0);
	move();
	EXPECT_GT(hears(group, -1, 100), 0);
	EXPECT_EQ(misses(other_group, -1, 100), true);
}

TEST(vlans, "each VLAN that is on is carried, none that is off; tags are stripped as before")
{
	int stripped;

	boot();
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 9));
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 7));
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 100));
	GRANTED(ask1(MSG_VLAN, 9));
	stripped = hears(mac, 7, 100);
	EXPECT_EQ(stripped, 100);
	EXPECT_EQ(misses(mac, 9, 100), true);
	move();
	EXPECT_EQ(hears(mac, 7, 100), stripped);
	EXPECT_EQ(hears(mac, 100, 100), stripped);
	EXPECT_EQ(misses(mac, 9, 100), true);
	EXPECT_EQ(hears(mac, -1, 100), 100);
}

TEST(vlan_zero, "the VLAN message that decides on stripping is the last one after a move")
{
	boot();
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 7));
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 0));
	EXPECT_EQ(hears(mac, 7, 100), 104);
	move();
	EXPECT_EQ(hears(mac, 7, 100), 104);
}

TEST(vlan_zero_off, "VLAN 0 switched off is granted and does nothing, not even to tags")
{
	boot();
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 7));
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 0));
	GRANTED(ask1(MSG_VLAN, 0));
	EXPECT_EQ(hears(mac, 7, 100), 104);
	move();
	EXPECT_EQ(hears(mac, 7, 100), 104);
}

TEST(vlan_off, "a VLAN switched off after VLAN 0 was switched on has tags stripped again")
{
	boot();
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 7));
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 0));
	GRANTED(ask1(MSG_VLAN, 9));
	EXPECT_EQ(hears(mac, 7, 100), 100);
	move();
	EXPECT_EQ(hears(mac, 7, 100), 100);
}

TEST(vlan_full, "a PF that has no VLAN filter free takes a guest that has no VLAN on")
{
	uint32_t id;

	boot();
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 7));
	GRANTED(ask1(MSG_VLAN, 7));
	save();
	guest_leave(&guest);
	EXPECT_EQ(vf_reset(&vf), 0);
	boot();
	for (id = 100; id < 140; id++)
		if (ask1(MSG_VLAN | MSG_ONE, id) & MSG_NACK)
			break;
	EXPECT_GT(140, id);
	guest_leave(&guest);
	vf_open(&other, vf_second());
	vf_go(&other, STATE_RESUMING);
	EXPECT_EQ(load_all(&other, &stream), 0, "%s",
		  core_text(other.bdf, "last_error"));
	go_on();
	EXPECT_EQ(hears(mac, -1, 100), 100);
}

TEST(vlan_refused, "a VLAN that the PF refuses is not carried")
{
	set_vf(0, "vlan 5");
	boot();
	REFUSED(ask1(MSG_VLAN | MSG_ONE, 7));
	save();
	set_vf(0, "vlan 0");
	EXPECT_EQ(saved(AT_VLANS), 0);
	ASSERT_EQ(load(), 0);
	go_on();
	EXPECT_EQ(misses(mac, 7, 100), true);
	EXPECT_EQ(hears(mac, -1, 100), 100);
}

TEST(packet_size, "the largest packet outlives a reset, and is carried")
{
	pf_set_mtu(4000);
	boot();
	EXPECT_EQ(misses(mac, -1, 3000), true);
	GRANTED(ask1(MSG_LPE, 3100));
	EXPECT_EQ(hears(mac, -1, 3000), 3000);
	ASSERT_EQ(vf_reset(&vf), 0);
	ASSERT_EQ(mailbox_hello(&guest), true);
	rings_up(&guest);
	EXPECT_EQ(hears(mac, -1, 3000), 3000);
	move();
	EXPECT_EQ(hears(mac, -1, 3000), 3000);
	guest_leave(&guest);
	pf_set_mtu(1500);
}

/*
 * By the record: the emulated 82576 knows of the PF's setting and does nothing
 * with it.
 */
TEST(promiscuity, "multicast promiscuity is carried")
{
	boot();
	GRANTED(ask1(MSG_PROMISC | 2 << 16, 0));
	save();
	EXPECT_EQ(saved(AT_PROMISC), MSG_PROMISC | 2 << 16);
	ASSERT_EQ(load(), 0);
	go_on();
	bytes_free(&stream);
	vf_go(&other, STATE_STOP_COPY);
	save_phase(&other, &stream, TRAPPED_WHOLE);
	EXPECT_EQ(saved(AT_PROMISC), MSG_PROMISC | 2 << 16);
	vf_go(&other, STATE_RUNNING);
	/* The PF takes the reverse, too. */
	GRANTED(ask1(MSG_PROMISC, 0));
}

/* As DPDK asks. igb has done its part when it refuses the other. */
TEST(promiscuity_refused, "of a promiscuity that is refused the multicast part is carried")
{
	boot();
	REFUSED(ask1(MSG_PROMISC | 3 << 16, 0));
	save();
	EXPECT_EQ(saved(AT_PROMISC), MSG_PROMISC | 2 << 16);
	vf_go(&vf, STATE_RUNNING);
	REFUSED(ask1(MSG_PROMISC | 1 << 16, 0));
	move();
	EXPECT_EQ(saved(AT_PROMISC), MSG_PROMISC);
	EXPECT_EQ(hears(mac, -1, 100), 100);
}

TEST(unknown, "a message that is nearly a handshake is refused and nothing else")
{
	boot();
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 7));
	REFUSED(ask1(MSG_RESET | MSG_ONE, 0));
	REFUSED(ask1(7, 0));
	EXPECT_EQ(hears(mac, 7, 100), 100);
	move();
	EXPECT_EQ(hears(mac, 7, 100), 100);
}

/* The PF says that it has read before it lets go. */
static bool mailbox_is_free(void)
{
	unsigned int i;

	for (i = 0; i < 10000 && mailbox_bits(&guest) & MBX_PFU; i++)
		usleep(100);
	return i < 10000;
}

TEST(passed_over, "a request that looks like an answer is passed over, and not carried")
{
	uint32_t msg[2] = { MSG_ACK | MSG_VLAN | MSG_ONE, 7 };

	boot();
	mailbox_post(&guest, msg, 2);
	EXPECT_EQ(mailbox_wait(&guest, MBX_PFACK), true);
	EXPECT_EQ(mailbox_is_free(), true);
	GRANTED(ask1(MSG_LPE, 1522));
	EXPECT_EQ(misses(mac, 7, 100), true);
	move();
	EXPECT_EQ(saved(AT_VLANS), 0);
	EXPECT_EQ(misses(mac, 7, 100), true);
}

TEST(forgotten, "what was asked for before a reset of the function is not asked for again")
{
	boot();
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 7));
	GRANTED(ask_group(group));
	guest_boot(&guest);
	move();
	EXPECT_GT(hears(mac, -1, 100), 0);
	EXPECT_EQ(misses(mac, 7, 100), true);
	EXPECT_EQ(misses(group, -1, 100), true);
}

TEST(forgotten_by_reset, "nor is what was asked for before a reset by userspace")
{
	boot();
	GRANTED(ask1(MSG_VLAN | MSG_ONE, 7));
	save();
	EXPECT_EQ(saved(AT_FLAGS) & FLAG_READY, FLAG_READY);
	EXPECT_NE(saved(AT_VLANS), 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	save();
	EXPECT_EQ(saved(AT_FLAGS) & FLAG_READY, 0);
	EXPECT_EQ(saved(AT_VLANS), 0);
}
