// SPDX-License-Identifier: GPL-2.0-only
/*
 * LIST_QUERY and LIST_USE: the draft and virtio 1.4 give the same opcodes other
 * meanings, so it is found out which of them a device means before anything is
 * changed, and nothing is ever sent that LIST_USE did not name.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "owner.h"
#include "sysfs.h"
#include "v2.h"
#include "ways.h"

#define LISTS	((1ULL << ADM_LIST_QUERY) | (1ULL << ADM_LIST_USE))

static char driver[SYSFS_TEXT];
static struct bytes stream;

static void driver_off(void)
{
	ASSERT_EQ(device_put(vf_first(), "driver/unbind", vf_first()), 0);
}

static void driver_on(void)
{
	ASSERT_EQ(driver_bind(vf_first(), driver), 0);
}

/* One that was bound while its owner was not to be trusted does not migrate. */
static bool migrates(void)
{
	char path[SYSFS_PATH];

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfmig/%s", vf_first());
	return !access(path, F_OK);
}

void before_open(void)
{
	bytes_free(&stream);
	owner_begin();
	driver_keep(vf_first(), driver);
	if (migrates())
		return;
	driver_off();
	driver_on();
}

/* Nobody knows any more what the owner speaks; the log is empty. */
static void forget_owner(void)
{
	need_our_owner("finds out by itself");
	vf_close(&vf);
	driver_off();
	owner_reset_pf();
	EXPECT_EQ(owner_logged(), 0);
}

static void expect_opcodes(const uint16_t *opcodes, size_t nr)
{
	EXPECT_EQ(owner_logged(), nr);
	for (size_t i = 0; i < nr; i++)
		EXPECT_EQ(owner_log(i).opcode, opcodes[i], "command %zu", i);
}

TEST(asked_first, "for the first VF the owner is asked what it speaks: questions and LIST_USE only")
{
	static const uint16_t draft[] = {
		ADM_LIST_QUERY, ADM_LIST_QUERY, ADM_LIST_USE, CTX_MODE_GET,
	};
	static const uint16_t parts[] = {
		ADM_LIST_QUERY, ADM_LIST_QUERY, ADM_LIST_USE, ADM_LIST_USE,
		PARTS_CAP_ID_LIST_QUERY, PARTS_CAP_GET, PARTS_CAP_SET,
	};

	forget_owner();
	driver_on();
	if (owner_is_draft())
		expect_opcodes(draft, ARRAY_SIZE(draft));
	else
		expect_opcodes(parts, ARRAY_SIZE(parts));
	vf_open(&vf, vf_first());
	need_whole_transfer();
}

TEST(asked_once, "another VF has it not asked again; one after a reset of the PF has")
{
	uint32_t queries;

	forget_owner();
	driver_on();
	queries = owner_asked(ADM_LIST_QUERY);
	EXPECT_EQ(queries, 2);
	vf_rebind(vf_second());
	EXPECT_EQ(owner_asked(ADM_LIST_QUERY), queries);
	driver_off();
	owner_reset_pf();
	driver_on();
	EXPECT_EQ(owner_asked(ADM_LIST_QUERY), queries);
	vf_open(&vf, vf_first());
	need_whole_transfer();
}

/* The function is served, but does not migrate, and nobody has told it anything. */
static void expect_not_migrated(const char *what)
{
	const uint64_t harmless = LISTS | (owner_is_draft() ? 1 << CTX_MODE_GET : 0);
	uint64_t flags = 0;

	driver_on();
	EXPECT_EQ(migrates(), false, "%s", what);
	for (uint32_t i = 0; i < owner_logged(); i++)
		EXPECT_NE(harmless & 1ULL << owner_log(i).opcode, 0, "%s, %#x",
			  what, owner_log(i).opcode);
	ASSERT_EQ(vf_try_open(&vf, vf_first()), 0);
	EXPECT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(v2_feature(&vf, VFIO_DEVICE_FEATURE_GET |
			     VFIO_DEVICE_FEATURE_MIGRATION, &flags,
			     sizeof(flags)), -ENOTTY);
	vf_close(&vf);
	driver_off();
	owner_disarm();
	driver_on();
	vf_open(&vf, vf_first());
	need_whole_transfer();
}

TEST(other_list, "a device of neither standard is sent LIST_QUERY alone, and migrates nothing")
{
	static const uint32_t bytes[] = { 1, 2 };

	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		const struct misbehaviour other = {
			TROUBLE_BAD_BYTE, bytes[i], "another list",
		};

		forget_owner();
		owner_arm_any(other, ADM_LIST_QUERY, 0, 1);
		driver_on();
		EXPECT_EQ(owner_armed(), 0);
		EXPECT_EQ(owner_logged(), 2);
		driver_off();
		owner_arm_any(other, ADM_LIST_QUERY, 0, 1);
		expect_not_migrated(other.name);
	}
}

TEST(list_refused, "a device that refuses LIST_USE is sent nothing that needs it")
{
	const struct misbehaviour refuses = { TROUBLE_FAIL, REFUSED, "LIST_USE" };

	forget_owner();
	owner_arm_any(refuses, ADM_LIST_USE, 0, 1);
	driver_on();
	EXPECT_EQ(owner_armed(), 0);
	EXPECT_EQ(owner_logged(), 3);
	driver_off();
	owner_arm_any(refuses, ADM_LIST_USE, 0, 1);
	expect_not_migrated(refuses.name);
}

TEST(draft_proven, "what looks like the draft is proven by DEV_MODE_GET: one byte, which is a mode")
{
	static const struct misbehaviour no_modes[] = {
		{ TROUBLE_BAD_BYTE, 0, "no mode" },
		/* As one that has capabilities there. */
		{ TROUBLE_LONG, 7, "eight bytes" },
		{ TROUBLE_SHORT, 1, "no byte" },
		{ TROUBLE_FAIL, ADM_EINVAL | ADM_Q_INVALID_GROUP << 16, "not of this group" },
	};

	need_draft();
	for (size_t i = 0; i < ARRAY_SIZE(no_modes); i++) {
		forget_owner();
		owner_arm(no_modes[i], CTX_MODE_GET, 0, 1);
		expect_not_migrated(no_modes[i].name);
	}
}

TEST(parts_proven, "device parts are proven by their capability, and that there may be objects")
{
	static const struct {
		struct misbehaviour what;
		uint32_t opcode;
	} no_parts[] = {
		{ { TROUBLE_BAD_BYTE, 0, "not this capability" }, PARTS_CAP_ID_LIST_QUERY },
		{ { TROUBLE_SHORT, 8, "no capability" }, PARTS_CAP_ID_LIST_QUERY },
		{ { TROUBLE_SHORT, 2, "no objects" }, PARTS_CAP_GET },
		{ { TROUBLE_FAIL, REFUSED, "limit refused" }, PARTS_CAP_SET },
	};

	need_parts();
	for (size_t i = 0; i < ARRAY_SIZE(no_parts); i++) {
		forget_owner();
		owner_arm_any(no_parts[i].what, no_parts[i].opcode, 0, 1);
		driver_on();
		EXPECT_EQ(migrates(), false, "%s", no_parts[i].what.name);
		EXPECT_EQ(owner_armed(), 0, "%s", no_parts[i].what.name);
		EXPECT_EQ(owner_asked(PARTS_MODE_SET), 0, "%s",
			  no_parts[i].what.name);
		driver_off();
		driver_on();
		EXPECT_EQ(migrates(), true, "%s", no_parts[i].what.name);
		vf_open(&vf, vf_first());
		need_whole_transfer();
	}
}

static void transfers_of_all_kinds(void)
{
	for (int i = 0; i < NR_WAYS; i++) {
		const struct protocol *by = &ways[i];

		stream.len = 0;
		way_go(by, &vf, TO_STOP_COPY);
		by->piece(&vf, &stream);
		way_go(by, &vf, TO_RUNNING);
		way_need_whole_transfer(by);
		way_go(by, &vf, TO_RESUMING);
		ASSERT_EQ(vf_reset(&vf), 0);
	}
}

TEST(member, "a VF's commands are of its number, from 1")
{
	uint32_t from;

	vf_open(&other, vf_second());
	for (uint32_t number = MEMBER; number <= OTHER_MEMBER; number++) {
		from = owner_logged();
		vf_go(number == MEMBER ? &vf : &other, STATE_STOP);
		EXPECT_GT(owner_logged(), from);
		for (uint32_t i = from; i < owner_logged(); i++)
			EXPECT_EQ(owner_log(i).member, number);
		EXPECT_EQ(owner_mode(number), owner_frozen());
	}
}

TEST(only_needed, "no command is sent but those that are needed, and none is refused")
{
	const uint64_t named = owner_is_draft() ? CTX_OPCODES : PARTS_OPCODES_NEEDED;

	transfers_of_all_kinds();
	for (uint32_t opcode = 0; opcode < ARRAY_SIZE(owner_window->commands); opcode++)
		if (!((named | LISTS) & 1ULL << opcode))
			EXPECT_EQ(owner_asked(opcode), 0, "%#x", opcode);
	EXPECT_GT(owner_logged(), 0);
	/* The log keeps no more than 64. */
	for (uint32_t i = owner_logged() > 60 ? owner_logged() - 60 : 0; i < owner_logged(); i++)
		EXPECT_EQ(owner_log(i).status, ADM_OK, "%#x", owner_log(i).opcode);
}

/* 0x7 to 0x9, which this owner knows in the group self only: it is strict. */
#define OPCODES_OF_CAPS	0x380ULL

TEST(named, "LIST_USE names what is offered and needed, by groups")
{
	const char *text;
	char want[64];

	need_our_owner("does not say");
	text = owner_status();
	snprintf(want, sizeof(want), "vfs 0x%llx self 0x%llx",
		 owner_is_draft() ? CTX_OPCODES :
		 PARTS_OPCODES_NEEDED & ~OPCODES_OF_CAPS,
		 owner_is_draft() ? 0ULL : OPCODES_OF_CAPS);
	EXPECT_NE(strstr(text, want), NULL, "%s in %s", want, text);
}
