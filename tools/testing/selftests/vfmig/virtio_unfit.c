// SPDX-License-Identifier: GPL-2.0-only
/*
 * DEV_CTX_FIELDS_QUERY, or the part DEV_FEATURES: what both ends have is compared
 * while the guest still runs at the source, and nothing is written to one that does
 * not fit.
 */
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "config.h"
#include "fixture.h"
#include "owner.h"
#include "stream.h"
#include "virtio_blk.h"
#include "ways.h"

/* In the answer: the first field's or part's type, its length, and the features. */
#define TYPE_AT		0
#define LENGTH_AT	offsetof(struct ctx_field, length)
#define FEATURES_AT	sizeof(struct parts_head)
/* Of which nobody offers any. */
#define HIGH_FEATURES_AT	(FEATURES_AT + sizeof(__le64) - 1)

/* Facts of the backends, as their formats have them. */
#define FACT(n)		(0x100 + (n))
#define FACT_LENGTH	FACT(16)
#define CTX_NAMED	16
/* What the emulated owner has of them; behind these comes CTX_EXTRA. */
#define CTX_KNOWN	(CTX_DEV_CONFIG - CTX_DEV_FEATURES + 1)
/* Bytes of that. */
#define EXTRA		16

static struct bytes stream;

void before_open(void)
{
	bytes_free(&stream);
	owner_begin();
	owner_put(&owner_window->extra, 0);
}

/* Opens a device that says something else of itself than it is. */
static void open_another(struct vf *device, const char *bdf, uint32_t at)
{
	const struct misbehaviour another = { TROUBLE_BAD_BYTE, at, "another" };

	vf_close(device);
	owner_arm_any(another, owner_is_draft() ? CTX_FIELDS_QUERY : PARTS_GET, 0, 1);
	vf_open(device, bdf);
	EXPECT_EQ(owner_armed(), 0);
}

static void expect_refused(const struct protocol *by, const char *words)
{
	uint32_t written = owner_asked(owner_opcode(ASK_WRITE));

	way_go(by, &other, TO_RESUMING);
	EXPECT_EQ(by->fill(&other, stream.at, stream.len), -EINVAL);
	EXPECT_NE(strstr(core_text(other.bdf, "last_error"), words), NULL, "%s in %s",
		  words, core_text(other.bdf, "last_error"));
	EXPECT_EQ(owner_asked(owner_opcode(ASK_WRITE)), written);
	ASSERT_EQ(vf_reset(&other), 0);
}

/* The source, in pre-copy, has not stopped and goes on. */
static void expect_refused_in_pre_copy(const struct protocol *by, const char *words)
{
	uint32_t stopped = owner_asked(owner_opcode(ASK_MODE));

	way_pre_copy(by, &vf, &stream);
	/* The second VF's are counted, too. */
	EXPECT_EQ(owner_asked(owner_opcode(ASK_MODE)), stopped);
	expect_refused(by, words);
	EXPECT_EQ(owner_runs(), true);
	EXPECT_EQ(way_in(by, &vf, TO_PRE_COPY), true);
	way_go(by, &vf, TO_RUNNING);
	way_need_whole_transfer(by);
}

TEST_EACH(lacks_in_pre_copy,
	  "a destination that lacks something is refused in pre-copy, before the guest stops")
{
	open_another(&other, vf_second(), owner_is_draft() ? TYPE_AT : FEATURES_AT);
	expect_refused_in_pre_copy(by, owner_is_draft() ? "length of context field 0x100" :
							  "features 0 to 63");
}

TEST_EACH(lacks, "without pre-copy, by the first bytes of the stream")
{
	open_another(&other, vf_second(), owner_is_draft() ? TYPE_AT : FEATURES_AT);
	way_save(by, &vf, &stream);
	expect_refused(by, owner_is_draft() ? "length of context field 0x100" :
					      "features 0 to 63");
}

TEST_EACH(shorter, "so is one whose field is shorter than the source's")
{
	need_draft();
	open_another(&vf, vf_first(), LENGTH_AT);
	vf_open(&other, vf_second());
	way_save(by, &vf, &stream);
	expect_refused(by, "length of context field 0x100");
}

TEST_EACH(has_more, "one that has more will do")
{
	open_another(&other, vf_second(), owner_is_draft() ? LENGTH_AT :
							     HIGH_FEATURES_AT);
	way_save(by, &vf, &stream);
	way_load(by, &other, &stream);
	way_go(by, &other, TO_RUNNING);
}

TEST_EACH(same, "and so will one that is the same")
{
	vf_open(&other, vf_second());
	way_save(by, &vf, &stream);
	way_load(by, &other, &stream);
	way_go(by, &other, TO_RUNNING);
	EXPECT_EQ(owner_mode(OTHER_MEMBER), CTX_ACTIVE);
}

static uint64_t fact(uint16_t id)
{
	unsigned int nr = get16(stream.at + HEAD_NR_FACTS);
	const uint8_t *at = stream.at + HEAD_LEN;

	for (unsigned int i = 0; i < nr; i++, at += FACT_LEN)
		if (get16(at) == id)
			return get32(at + FACT_VALUE) |
			       (uint64_t)get32(at + FACT_VALUE + 4) << 32;
	ASSERT_EQ(id, 0, "none among %u", nr);
	return 0;
}

static unsigned int vectors(void)
{
	uint64_t at = VF_CONFIG + config_capability(&vf, PCI_CAP_ID_MSIX) + PCI_MSIX_FLAGS;
	uint16_t flags = 0;

	ASSERT_EQ(pread(vf.fd, &flags, sizeof(flags), at), sizeof(flags));
	return (flags & PCI_MSIX_FLAGS_QSIZE) + 1;
}

TEST(told, "each fact of the identity is what the device says of itself")
{
	save_stopped(&vf, &stream);
	EXPECT_GT(vectors(), 1);
	EXPECT_EQ(fact(FACT(0)), vectors());
	if (owner_is_draft()) {
		EXPECT_EQ(fact(FACT(1)), (1 << CTX_KNOWN) - 1);
		EXPECT_EQ(fact(FACT_LENGTH), sizeof(__le64));
		EXPECT_EQ(fact(FACT_LENGTH + CTX_COMMON_CONFIG - CTX_DEV_FEATURES),
			  sizeof(struct ctx_common));
		for (unsigned int i = 0; i < CTX_NAMED; i++)
			EXPECT_EQ(fact(FACT_LENGTH + i) > 0, i < CTX_KNOWN, "field %u", i);
		return;
	}
	EXPECT_EQ(fact(FACT(1)), blk_features(&vf));
	EXPECT_EQ(fact(FACT(2)), 0);
	/* All of them but the first, which is optional. */
	EXPECT_EQ(fact(FACT(3)), (2 << (PART_VQ_NOTIFY_CFG - PART_DEV_FEATURES)) - 2);
	EXPECT_EQ(fact(FACT(4)), 0);
	EXPECT_EQ(fact(FACT(5)), blk_queues(&vf));
}

TEST_EACH(other_fields, "a destination that lacks a field without a fact of its own is refused")
{
	need_draft();
	owner_put(&owner_window->extra, EXTRA);
	reopen();
	open_another(&other, vf_second(), CTX_KNOWN * sizeof(struct ctx_field));
	way_save(by, &vf, &stream);
	expect_refused(by, "digest of the other context field types");
}

TEST(not_anothers, "what a device did not write, but says so, is 0 and no other VF's answer")
{
	const struct misbehaviour more = { TROUBLE_LONG, sizeof(struct ctx_field), "more" };
	static const struct ctx_field zero;

	need_draft();
	need_our_owner("has memory of its own for each answer");
	vf_open(&other, vf_second());
	/* Addresses are where another field would be. */
	blk_map(&other);
	blk_begin(&other);
	save_stopped(&other, &stream);
	EXPECT_EQ(fact(FACT(2)), 0);
	vf_close(&vf);
	stream.len = 0;
	owner_arm(more, CTX_FIELDS_QUERY, 0, 1);
	vf_open(&vf, vf_first());
	EXPECT_EQ(owner_armed(), 0);
	save_stopped(&vf, &stream);
	EXPECT_EQ(fact(FACT(2)), (uint32_t)~crc32c(~0U, &zero, sizeof(zero)));
}

TEST(not_told, "a device whose list of fields cannot be is not migrated at all")
{
	static const struct misbehaviour wrong[] = {
		{ TROUBLE_SHORT, 1, "a torn field" },
		{ TROUBLE_BAD_BYTE, 2, "reserved bytes" },
		{ TROUBLE_FAIL, REFUSED, "refused" },
	};

	need_draft();
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		vf_close(&vf);
		owner_arm(wrong[i], CTX_FIELDS_QUERY, 0, 1);
		EXPECT_NE(vf_try_open(&vf, vf_first()), 0, "%s", wrong[i].name);
		EXPECT_EQ(owner_armed(), 0, "%s", wrong[i].name);
		vf_close(&vf);
	}
	vf_open(&vf, vf_first());
	need_whole_transfer();
}
