// SPDX-License-Identifier: GPL-2.0-only
/*
 * The record: what is not the state of a function is refused before the
 * function is touched, and what goes in comes out again.
 */
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "igbvf.h"
#include "stream.h"

static struct guest guest;
static struct bytes stream;
static struct parts parts;

void before_open(void)
{
	guest_leave(&guest);
	pf_set_mac(vf_first(), "52:54:00:76:66:00");
}

/* A stream of a guest that has done a bit of everything. */
static void take(void)
{
	uint32_t vlan[2] = { MSG_VLAN | MSG_ONE, 7 };
	uint32_t size[2] = { MSG_LPE, 1600 };

	guest_enter(&guest, &vf);
	guest_boot(&guest);
	mailbox_ask(&guest, vlan, 2);
	mailbox_ask(&guest, size, 2);
	tx_post(&guest, 100);

	bytes_free(&stream);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RUNNING);
	stream_split(&stream, &parts);
}

static uint8_t *record(unsigned int nr)
{
	return stream.at + parts.at[nr];
}

static void seal(unsigned int nr)
{
	uint8_t *rec = record(nr);

	put32(rec + RECORD_PAYLOAD_CRC,
	      ~crc32c(~0U, rec + RECORD_LEN, get32(rec + RECORD_PAYLOAD_LEN)));
	stream_seal_record(rec);
}

static uint32_t digest_of_registers(void)
{
	uint32_t digest = 0, reg;

	for (reg = IVAR0; reg <= IVAR_MISC; reg += 4)
		digest = digest * 31 + rd(&guest, reg);
	for (reg = RDBAL; reg < RDBAL + 0x200; reg += 4)
		/* RQDPC clears when read. */
		if ((reg & 0xff) != 0x30)
			digest = digest * 31 + rd(&guest, reg);
	for (reg = TDBAL; reg < TDBAL + 0x200; reg += 4)
		digest = digest * 31 + rd(&guest, reg);
	for (reg = VMBMEM; reg < VMBMEM + 64; reg += 4)
		digest = digest * 31 + rd(&guest, reg);
	return digest;
}

/* Refused with this error and this reason, and nothing has been touched. */
static void expect_error(int err, const char *what, const char *why)
{
	uint32_t before;

	vf_go(&vf, STATE_RESUMING);
	before = digest_of_registers();
	EXPECT_EQ(load_all(&vf, &stream), err, "%s", what);
	EXPECT_EQ(digest_of_registers(), before, "%s", what);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), why), NULL,
		  "%s: %s", what, core_text(vf.bdf, "last_error"));
	ASSERT_EQ(vf_reset(&vf), 0);
	guest_boot(&guest);
}

static void expect_refused(const char *what, const char *why)
{
	expect_error(-EINVAL, what, why);
}

static const struct damage {
	const char *what;
	const char *why;
	unsigned int at;
	uint32_t value;
} damages[] = {
	{ "size", "wrong size", 0, 1079 },
	{ "version", "another version", 4, 2 << 16 | 2 },
	{ "queues", "number of queues", 4, 3 << 16 | 1 },
	{ "flags", "unknown flag", 8, 0x80 },
	{ "mailbox", "mailbox", 12, 0x100 },
	{ "IVAR0", "reserved bit", 80, 0x8480 },
	{ "IVAR0 vector", "no vector", 80, 0x8380 },
	{ "IVAR_MISC", "reserved bit", 84, 0x8082 },
	{ "IVAR_MISC vector", "no vector", 84, 0x83 },
	{ "EIMS", "no vector", 88, 8 },
	{ "EIAC", "no vector", 92, 8 },
	{ "EIAM", "no vector", 96, 0x80000000 },
	{ "EITR", "rate", 108, 0x10000 },
	{ "RDBAL", "reserved bit", 152, 0x10001040 },
	{ "RDLEN odd", "reserved bit", 160, 1000 },
	{ "RDLEN huge", "reserved bit", 160, 0x100000 },
	{ "RDLEN short", "beyond its ring", 160, 128 },
	{ "RDH", "head is beyond", 172, RING_DESCS },
	{ "RDH wide", "reserved bit", 172, 0x10000 },
	{ "RDT", "tail is beyond", 176, RING_DESCS },
	{ "RXDCTL", "reserved bit", 180, 1 << 26 },
	{ "TDBAL", "reserved bit", 184, 0x10000001 },
	{ "TDLEN none", "without a ring", 192, 0 },
	{ "TDH", "head is beyond", 208, 4096 },
	{ "TDT", "not drained", 212, 5 },
	{ "TXDCTL", "reserved bit", 216, 0x80000000 },
	{ "second queue", "reserved bit", 228, 64 },
	{ "packet size", "largest packet", 288, 0x3f01 },
	{ "promiscuity", "promiscuous mode", 292, 6 },
	{ "last VLAN", "reserved bit", 296, 0x20007 },
	{ "last VLAN off", "disagree", 296, 7 },
	{ "VLANs", "more VLANs", 300 + 12, 0xffffffff },
	{ "multicast", "multicast", 812, 1 },
	{ "unicast", "unicast", 812, 33 << 16 },
	{ "unicast none", "unicast", 812, 1 << 16 },
	{ "hash", "out of range", 816, 1 },
	{ "address", "invalid MAC address", 876, 0x00005401 },
	{ "unicast left", "unicast", 1064, 1 },
	{ "end", "not 0", 1076, 1 },
};

TEST(damage, "each field out of its range is refused before the function is touched, and named")
{
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		take();
		put32(record(1) + RECORD_LEN + damages[i].at, damages[i].value);
		/* Ranges need another VLAN or so: not what is tested. */
		if (damages[i].at == 300 + 12)
			put32(record(1) + RECORD_LEN + 300 + 16, 0xffffffff);
		seal(1);
		expect_refused(damages[i].what, damages[i].why);
		guest_leave(&guest);
	}
}

TEST(bits, "whichever bit of a record is damaged on the way, its CRC refuses it")
{
	take();
	for (unsigned int bit = 0; bit < 8 * 1080; bit += 997) {
		uint8_t *byte = record(1) + RECORD_LEN + bit / 8;

		*byte ^= 1 << bit % 8;
		expect_refused("a bit", "");
		*byte ^= 1 << bit % 8;
	}
}

TEST(asked_in_vain, "requests of a guest that never shook hands are refused")
{
	take();
	/* The largest packet may outlive its handshake; VLANs may not. */
	put32(record(1) + RECORD_LEN + 8, 1 << 5 | 1 << 4);
	seal(1);
	expect_refused("requests", "without a handshake");
}

TEST(short_record, "a record of the wrong length is refused")
{
	take();
	put32(record(1) + RECORD_PAYLOAD_LEN, 1076);
	memset(record(1) + RECORD_LEN + 1076, 0, 4);
	seal(1);
	expect_refused("short", "wrong size");
}

/* Puts a copy of part @nr, with another type, before the last record. */
static void insert(unsigned int nr, uint16_t type, uint16_t flags)
{
	struct bytes more = {};
	uint8_t *end;

	bytes_add(&more, stream.at, parts.at[parts.nr - 1]);
	bytes_add(&more, record(nr), parts.at[nr + 1] - parts.at[nr]);
	bytes_add(&more, record(parts.nr - 1),
		  parts.at[parts.nr] - parts.at[parts.nr - 1]);
	bytes_free(&stream);
	stream = more;
	stream_split(&stream, &parts);

	put16(record(nr + 1) + RECORD_TYPE, type);
	put16(record(nr + 1) + RECORD_FLAGS, flags);
	put32(record(nr + 1) + RECORD_SEQ, nr);
	seal(nr + 1);
	end = record(parts.nr - 1);
	put32(end + RECORD_SEQ, nr + 1);
	put32(end + RECORD_LEN, nr + 1);
	put32(end + RECORD_LEN + 8, (nr + 1) * 1080);
	seal(parts.nr - 1);
}

TEST(twice, "a state that comes twice is refused")
{
	take();
	insert(1, 0x100, 0);
	expect_refused("twice", "twice");
}

TEST(unknown, "an unknown record is refused if it is mandatory, and skipped if it is optional")
{
	take();
	insert(1, 0x1ff, 0);
	expect_error(-EOPNOTSUPP, "unknown", "0x1ff");

	guest_leave(&guest);
	take();
	insert(1, 0x1ff, 1);
	vf_go(&vf, STATE_RESUMING);
	EXPECT_EQ(load_all(&vf, &stream), 0);
	vf_go(&vf, STATE_RUNNING);
}

TEST(stateless, "a stream without a state is refused")
{
	take();
	put16(record(1) + RECORD_TYPE, 0x1ff);
	put16(record(1) + RECORD_FLAGS, 1);
	seal(1);
	expect_refused("no state", "no state of the device");
}

TEST(facts, "a function with other vectors, another BAR or other queues is refused")
{
	uint8_t *fact;
	unsigned int i, nr;

	take();
	nr = get16(stream.at + HEAD_NR_FACTS);
	ASSERT_EQ(nr, 6);
	for (i = 0; i < nr; i++) {
		fact = stream.at + HEAD_LEN + i * FACT_LEN;
		put32(fact + FACT_VALUE, get32(fact + FACT_VALUE) + 1);
		stream_seal_head(stream.at);
		expect_refused("fact", "");
		put32(fact + FACT_VALUE, get32(fact + FACT_VALUE) - 1);
		stream_seal_head(stream.at);
	}
	memcpy(stream.at + HEAD_NAME, "mock\0", 5);
	stream_seal_head(stream.at);
	expect_refused("backend", "");
}

TEST(same_again, "what is loaded and saved again without running is the same, byte for byte")
{
	struct bytes again = {};

	take();
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &stream), 0);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &again, TRAPPED_WHOLE);
	ASSERT_EQ(again.len, stream.len);
	EXPECT_EQ(memcmp(again.at, stream.at, again.len), 0);
	bytes_free(&again);

	/* And the same is what its registers say after it ran. */
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &again, TRAPPED_WHOLE);
	ASSERT_EQ(again.len, stream.len);
	for (size_t i = 0; i < again.len; i++)
		if (parts.at[1] + RECORD_LEN <= i && i < parts.at[2])
			EXPECT_EQ(again.at[i], stream.at[i], "byte %zu",
				  i - parts.at[1] - RECORD_LEN);
	bytes_free(&again);
}

TEST(size, "the stream is small, and pre-copy has only its head to say")
{
	struct bytes head = {};

	take();
	EXPECT_LE(stream.len, 1500);
	tap_note("stream of %zu bytes", stream.len);
	vf_go(&vf, STATE_PRE_COPY);
	save_phase(&vf, &head, TRAPPED_WHOLE);
	EXPECT_LE(head.len, 400);
	vf_go(&vf, STATE_RUNNING);
	bytes_free(&head);
}
