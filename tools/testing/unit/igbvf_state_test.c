// SPDX-License-Identifier: GPL-2.0-only
/* The record of a VF: every field has its range, and rubbish is refused. */
#include <stdlib.h>
#include <string.h>

#include "igbvf/state.c"
#include "tap.h"

#define RANDOM_RECORDS	20000

static struct igbvf_bad_field bad;

static struct igbvf_state valid(void)
{
	struct igbvf_state s = {
		.size = cpu_to_le32(sizeof(s)),
		.version = cpu_to_le16(IGBVF_STATE_VERSION),
		.queues = cpu_to_le16(IGBVF_QUEUES),
		.flags = cpu_to_le32(IGBVF_STATE_READY | IGBVF_STATE_LINK |
				     IGBVF_STATE_MAC | IGBVF_STATE_MULTICAST |
				     IGBVF_STATE_VLAN | IGBVF_STATE_LPE |
				     IGBVF_STATE_PROMISC),
		.ivar = cpu_to_le32(0x8180),
		.ivar_misc = cpu_to_le32(0x82),
		.eims = cpu_to_le32(7),
		.asked = {
			.lpe = cpu_to_le32(1522),
			.promisc = cpu_to_le32(IGBVF_MSG_PROMISC),
			.vlan_last = cpu_to_le32(7 | IGBVF_VLAN_ON),
			.vlans = { cpu_to_le32(BIT(7)) },
			.nr_multicast = cpu_to_le16(1),
			.nr_unicast = cpu_to_le16(1),
			.hashes = { cpu_to_le16(0xfff) },
			.mac = { 0x52, 0x54, 0, 1, 2, 3 },
			.unicast = { { 0x52, 0x54, 0, 1, 2, 4 } },
		},
	};
	__le32 *rx = s.queue[0].rx, *tx = s.queue[0].tx;

	rx[IGBVF_RX_LEN] = cpu_to_le32(4096);
	tx[IGBVF_TX_LEN] = cpu_to_le32(4096);
	rx[IGBVF_RX_HEAD] = cpu_to_le32(255);
	rx[IGBVF_RX_TAIL] = cpu_to_le32(254);
	tx[IGBVF_TX_HEAD] = cpu_to_le32(3);
	tx[IGBVF_TX_TAIL] = cpu_to_le32(3);
	rx[IGBVF_RX_DCTL] = cpu_to_le32(IGBVF_DCTL_ENABLE);
	tx[IGBVF_TX_DCTL] = cpu_to_le32(IGBVF_DCTL_ENABLE);
	return s;
}

/* Refused, and for the reason that was meant. */
static void refused(const struct igbvf_state *s, const char *reason,
		    const char *rule)
{
	const char *why = igbvf_state_check(s, sizeof(*s), &bad);

	ok(why && strstr(why, reason), "%s (%s)", rule, why ?: "taken");
}

#define REFUSED(field, val, reason) do {				\
	struct igbvf_state s = valid();					\
									\
	s.field = val;							\
	refused(&s, reason, #field " = " #val);				\
} while (0)

static void the_frame_must_fit(void)
{
	struct igbvf_state s = valid();
	const char *why = igbvf_state_check(&s, sizeof(s), &bad);

	ok(!why, "what a guest may have set up is taken (%s)", why ?: "fine");
	ok(igbvf_state_check(&s, sizeof(s) - 1, &bad), "a shorter record");
	REFUSED(size, cpu_to_le32(sizeof(s) - 4), "size");
	REFUSED(version, cpu_to_le16(2), "version");
	REFUSED(queues, cpu_to_le16(1), "queues");
	REFUSED(flags, cpu_to_le32(BIT(7)), "flag");
	REFUSED(mailbox, cpu_to_le32(IGBVF_MBX_PFU), "reserved");
}

static void interrupts_must_exist(void)
{
	REFUSED(ivar, cpu_to_le32(0x83), "no vector");
	REFUSED(ivar, cpu_to_le32(0x84), "reserved");
	REFUSED(ivar_misc, cpu_to_le32(0x83), "no vector");
	REFUSED(eims, cpu_to_le32(8), "no vector");
	REFUSED(eitr[2], cpu_to_le32(0x10000), "reserved");
}

static void rings_must_hold_their_heads(void)
{
	REFUSED(queue[0].rx[IGBVF_RX_LEN], cpu_to_le32(4096 + 16), "reserved");
	REFUSED(queue[0].rx[IGBVF_RX_BAL], cpu_to_le32(64), "reserved");
	REFUSED(queue[0].rx[IGBVF_RX_HEAD], cpu_to_le32(256), "head");
	REFUSED(queue[0].rx[IGBVF_RX_TAIL], cpu_to_le32(256), "tail");
	REFUSED(queue[0].rx[IGBVF_RX_LEN], 0, "without a ring");
	REFUSED(queue[0].tx[IGBVF_TX_HEAD], cpu_to_le32(4), "drained");
	REFUSED(queue[1].tx[IGBVF_TX_DCTL], cpu_to_le32(BIT(31)), "reserved");
	ok(bad.name && !strcmp(bad.name, "TXDCTL") && bad.queue == 1 &&
	   bad.value == BIT(31), "its register, its queue and its value are named");
}

static void a_queue_may_run_without_a_ring(void)
{
	struct igbvf_state s = valid();

	s.queue[1].rx[IGBVF_RX_DCTL] = cpu_to_le32(IGBVF_DCTL_ENABLE);
	ok(!igbvf_state_check(&s, sizeof(s), &bad), "a queue as a reset leaves it");
	s.queue[1].rx[IGBVF_RX_TAIL] = cpu_to_le32(1);
	refused(&s, "without a ring", "its tail is not 0");
}

static void requests_must_be_possible(void)
{
	REFUSED(flags, cpu_to_le32(IGBVF_STATE_LPE | IGBVF_STATE_VLAN),
		"handshake");
	REFUSED(asked.lpe, cpu_to_le32(IGBVF_MAX_PACKET + 1), "packet");
	REFUSED(asked.promisc, cpu_to_le32(IGBVF_MSG_VLAN), "promiscuous mode");
	REFUSED(asked.vlan_last, cpu_to_le32(8 | IGBVF_VLAN_ON), "last VLAN");
	REFUSED(asked.vlan_last, cpu_to_le32(BIT(17)), "last VLAN");
	REFUSED(asked.mac[0], 1, "address");
	REFUSED(asked.nr_multicast, cpu_to_le16(256), "multicast");
	REFUSED(asked.nr_multicast, 0, "multicast");
	REFUSED(asked.nr_unicast, cpu_to_le16(IGBVF_MAX_UNICAST + 1), "too many");
	REFUSED(asked.nr_unicast, 0, "unicast");
	REFUSED(asked.zero[5], 1, "the end");
}

/* As valid(), but for a flag: what it is about must not be there then. */
static struct igbvf_state without(u32 flag)
{
	struct igbvf_state s = valid();

	s.flags &= ~cpu_to_le32(flag);
	return s;
}

static void requests_must_have_their_flags(void)
{
	struct igbvf_state s = without(IGBVF_STATE_VLAN);

	refused(&s, "VLANs without", "a last VLAN without the flag");
	s.asked.vlan_last = 0;
	refused(&s, "VLANs without", "VLANs without the flag");
	memset(s.asked.vlans, 0, sizeof(s.asked.vlans));
	ok(!igbvf_state_check(&s, sizeof(s), &bad), "neither, without the flag");

	s = without(IGBVF_STATE_MULTICAST);
	refused(&s, "number of multicast", "multicast addresses without the flag");
	s = without(IGBVF_STATE_MAC);
	refused(&s, "invalid MAC address", "an address without the flag");
	s = without(IGBVF_STATE_LPE);
	refused(&s, "largest packet", "a packet size without the flag");
	s = without(IGBVF_STATE_PROMISC);
	refused(&s, "promiscuous mode", "promiscuity without the flag");

	memset(&s.asked, 0, sizeof(s.asked));
	s.flags = cpu_to_le32(IGBVF_STATE_LINK);
	ok(!igbvf_state_check(&s, sizeof(s), &bad), "nothing asked, no handshake");
	s.flags = cpu_to_le32(IGBVF_STATE_MULTICAST);
	refused(&s, "handshake", "a flag of a request, no handshake");

	s.flags = cpu_to_le32(IGBVF_STATE_LPE);
	s.asked.lpe = cpu_to_le32(3000);
	s.asked.nr_unicast = cpu_to_le16(1);
	s.asked.unicast[0][0] = 2;
	ok(!igbvf_state_check(&s, sizeof(s), &bad), "what outlives a reset, no handshake");
	s.asked.promisc = cpu_to_le32(IGBVF_MSG_PROMISC);
	refused(&s, "promiscuous mode", "what does not outlive it, no handshake");
}

static void vlans_must_have_filters(void)
{
	struct igbvf_state s = valid();

	s.asked.vlans[1] = cpu_to_le32(~0U);
	ok(!igbvf_state_check(&s, sizeof(s), &bad), "as many VLANs as a PF has");
	s.asked.vlans[2] = cpu_to_le32(1);
	refused(&s, "more VLANs", "one VLAN more");
}

/* Reads out of bounds and undefined shifts are the sanitizers' to find. */
static void rubbish_does_no_harm(void)
{
	unsigned int i, n, taken = 0;
	bool all_random;
	struct igbvf_state s;

	srand(82576);
	for (n = 0; n < RANDOM_RECORDS; n++) {
		s = valid();
		all_random = n & 1;
		for (i = 16; i < sizeof(s); i++)
			if (all_random || !(rand() % 64))
				((u8 *)&s)[i] = rand();
		taken += !igbvf_state_check(&s, sizeof(s), &bad) && all_random;
	}
	ok(!taken, "%d records with random bytes do no harm; no random one is taken",
	   RANDOM_RECORDS);
}

int main(void)
{
	the_frame_must_fit();
	interrupts_must_exist();
	rings_must_hold_their_heads();
	a_queue_may_run_without_a_ring();
	requests_must_be_possible();
	requests_must_have_their_flags();
	vlans_must_have_filters();
	rubbish_does_no_harm();
	return tap_end();
}
