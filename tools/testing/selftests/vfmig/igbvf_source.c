// SPDX-License-Identifier: GPL-2.0-only
/*
 * A source that means harm, or a guest that does: the CRCs are right, and what
 * it wants is still for IOMMU, PF and administrator of the destination to grant.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "igbvf_traffic.h"
#include "kmsg.h"
#include "stream.h"

/* Where things are in the record, see state.h. */
enum {
	AT_RDBAL = 152,
	AT_RDLEN = 160,
	AT_ADDRESS = 876,
};

/* A fact's rule, and the one that is the easiest to keep. */
#define FACT_RULE	2
#define AT_LEAST	1

/* Nothing is mapped there, see lib/igbvf.c. */
#define NOT_MAPPED	0x40000000U

static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x76, 0x66, 0x00 };
static const uint8_t own_mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };

static struct bytes stream;
static struct parts parts;

/* VFs are numbered as they are addressed. */
static void port_vlan(int number, int vlan)
{
	char command[64];

	snprintf(command, sizeof(command), "ip link set eth0 vf %d vlan %d",
		 number, vlan);
	ASSERT_EQ(system(command), 0, "%s", command);
}

void before_open(void)
{
	move_begin();
	port_vlan(1, 0);
}

static void save(void)
{
	bytes_free(&stream);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	stream_split(&stream, &parts);
	guest_leave(&guest);
	ASSERT_EQ(vf_reset(&vf), 0);
}

static int load(void)
{
	vf_open(&other, vf_second());
	vf_go(&other, STATE_RESUMING);
	return load_all(&other, &stream);
}

static uint8_t *field(unsigned int at)
{
	return stream.at + parts.at[1] + RECORD_LEN + at;
}

static void seal(void)
{
	uint8_t *rec = stream.at + parts.at[1];

	put32(rec + RECORD_PAYLOAD_CRC,
	      ~crc32c(~0U, rec + RECORD_LEN, get32(rec + RECORD_PAYLOAD_LEN)));
	stream_seal_record(rec);
}

static void expect_reason(const char *why)
{
	const char *said = core_text(other.bdf, "last_error");

	EXPECT_NE(strstr(said, why), NULL, "%s", said);
}

/* The device has not suffered: the next guest finds it as ever. */
static void need_usable_function(void)
{
	uint16_t tag = 0;

	ASSERT_EQ(vf_reset(&other), 0);
	guest_enter(&guest, &other);
	guest_boot(&guest);
	pf_send(mac, -1, 100, 77);
	ASSERT_EQ(rx_wait(&guest, &tag), 100);
	ASSERT_EQ(tag, 77);
}

TEST(facts, "a source whose facts ask for nothing has its record checked as any other")
{
	unsigned int i, nr;

	boot();
	save();
	nr = get16(stream.at + HEAD_NR_FACTS);
	for (i = 0; i < nr; i++) {
		uint8_t *fact = stream.at + HEAD_LEN + i * FACT_LEN;

		put16(fact + FACT_RULE, AT_LEAST);
		put32(fact + FACT_VALUE, 0);
		put32(fact + FACT_VALUE + 4, 0);
	}
	stream_seal_head(stream.at);
	put32(field(AT_RDLEN), 0x100000);
	seal();
	EXPECT_EQ(load(), -EINVAL);
	expect_reason("reserved bit");
	need_usable_function();
}

TEST(rings, "rings that lie where the user has mapped nothing end at the IOMMU")
{
	char address[16];
	int kmsg;

	boot();
	save();
	put32(field(AT_RDBAL), NOT_MAPPED);
	seal();
	ASSERT_EQ(load(), 0);
	guest_move(&guest, &other);
	kmsg = kmsg_from_now();
	vf_go(&other, STATE_RUNNING);
	pf_send(mac, -1, 100, 1);
	snprintf(address, sizeof(address), "%#x", NOT_MAPPED);
	EXPECT_EQ(kmsg_await(kmsg, "DMAR", address), true);
	close(kmsg);
	guest_leave(&guest);
	need_usable_function();
}

TEST(vlan, "a VLAN that the destination's administrator has not given is not to be had by a move")
{
	uint32_t vlan[2] = { MSG_VLAN | MSG_ONE, 7 };

	boot();
	ASSERT_EQ(mailbox_ask(&guest, vlan, 2) & MSG_ACK, MSG_ACK);
	save();
	port_vlan(1, 5);
	EXPECT_EQ(load(), -EPERM);
	expect_reason("refuses the guest's VLAN");
	port_vlan(1, 0);
	need_usable_function();
}

/* The guest writes over its PF's refusal before anybody has looked at it. */
static void forge_grant(const uint8_t *address)
{
	uint32_t msg[3] = { MSG_MAC };
	int tries;

	memcpy(&msg[1], address, 6);
	mailbox_post(&guest, msg, 3);
	for (tries = 0; tries < 10000; tries++) {
		if (rd(&guest, VMBMEM) & MSG_NACK)
			break;
		usleep(100);
	}
	ASSERT_EQ(rd(&guest, VMBMEM) & MSG_NACK, MSG_NACK);
	wr(&guest, VMBMEM, MSG_MAC | MSG_ACK);
	ASSERT_EQ(mailbox_wait(&guest, MBX_PFSTS), true);
}

TEST(forged_grant, "a guest that forges what its PF has granted is refused by the next PF")
{
	boot();
	forge_grant(own_mac);
	save();
	/* It is believed, or the test is in vain. */
	ASSERT_EQ(memcmp(field(AT_ADDRESS), own_mac, 6), 0);
	EXPECT_EQ(load(), -EPERM);
	expect_reason("refuses the guest's address");
	need_usable_function();
}
