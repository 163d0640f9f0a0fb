// SPDX-License-Identifier: GPL-2.0-only
/*
 * EAGAIN, EBUSY and ENOMEM, and the qualifiers NORESOURCE and TRYAGAIN: the command
 * is tried again, so often and no more. Any other answer is final.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "owner.h"
#include "ways.h"

#define STATUS(status, qualifier) \
	{ TROUBLE_FAIL, (status) | (qualifier) << 16, #status ", " #qualifier }

static const struct misbehaviour may_pass[] = {
	STATUS(ADM_EAGAIN, ADM_Q_OK),
	STATUS(ADM_EBUSY, ADM_Q_OK),
	STATUS(ADM_ENOMEM, ADM_Q_OK),
	STATUS(ADM_EINVAL, ADM_Q_NORESOURCE),
	STATUS(ADM_EINVAL, ADM_Q_TRYAGAIN),
	STATUS(ADM_EAGAIN, ADM_Q_TRYAGAIN),
};

static struct bytes stream;

void before_open(void)
{
	bytes_free(&stream);
	owner_begin();
}

static void need_retries(void)
{
	need_our_owner("tries nothing again");
}

static void pass_by(const struct protocol *by, struct misbehaviour what,
		    enum asked asked)
{
	owner_arm(what, owner_opcode(asked), 0, 2);
	stream.len = 0;
	way_save(by, &vf, &stream);
	way_load(by, &vf, &stream);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_armed(), 0, "%s, %#x", what.name, owner_opcode(asked));
	EXPECT_EQ(owner_runs(), true, "%s, %#x", what.name, owner_opcode(asked));
}

TEST_EACH(passes, "a status that may pass is tried again, of whichever command")
{
	need_retries();
	for (size_t i = 0; i < ARRAY_SIZE(may_pass); i++)
		for (unsigned int asked = 0; asked < NR_ASKED; asked++)
			pass_by(by, may_pass[i], asked);
}

static void expect_reason(uint32_t opcode, const char *words)
{
	const char *why = core_text(vf.bdf, "last_error");
	char number[16];

	snprintf(number, sizeof(number), "(%#x)", opcode);
	EXPECT_NE(strstr(why, number), NULL, "%s: %s", number, why);
	EXPECT_NE(strstr(why, words), NULL, "%s: %s", words, why);
}

static void stay(const struct protocol *by, struct misbehaviour what,
		 enum asked asked, const char *words)
{
	uint32_t opcode = owner_opcode(asked), before = owner_asked(opcode);
	int ret;

	owner_arm(what, opcode, 0, ~0U);
	ret = way_try(by, &vf, TO_STOP_COPY);
	ret = ret ?: by->drain(&vf, &stream);
	EXPECT_NE(ret, 0, "%s, %#x", what.name, opcode);
	/* Each attempt of the driver's is so many of the owner's. */
	EXPECT_GT(owner_asked(opcode) - before, 1, "%s, %#x", what.name, opcode);
	EXPECT_LE(owner_asked(opcode) - before, 3 * (1 + RETRIES), "%s, %#x",
		  what.name, opcode);
	expect_reason(opcode, words);
	owner_disarm();
	if (!way_in(by, &vf, TO_RUNNING))
		way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(owner_runs(), true);
	way_need_whole_transfer(by);
}

TEST_EACH(stays, "one that stays fails the save in the end, with the reason; the guest runs on")
{
	need_retries();
	for (size_t i = 0; i < ARRAY_SIZE(may_pass); i++) {
		const char *words = strchr(may_pass[i].name, '_') + 1;
		char status[16];

		snprintf(status, sizeof(status), "%.*s",
			 (int)strcspn(words, ","), words);
		stay(by, may_pass[i], ASK_MODE, status);
		stay(by, may_pass[i], ASK_READ, status);
	}
}

TEST(bounded, "it is tried so often, and no more")
{
	uint32_t opcode, before;

	need_retries();
	opcode = owner_opcode(ASK_MODE);
	before = owner_asked(opcode);
	owner_arm(may_pass[0], opcode, 0, ~0U);
	EXPECT_NE(vf_set_state(&vf, STATE_STOP), 0);
	owner_disarm();
	/* The last one undoes, and a machine that is slow makes fewer of each. */
	EXPECT_GT(owner_asked(opcode) - before, 2);
	EXPECT_LE(owner_asked(opcode) - before, 2 * (1 + RETRIES));
	if (vf_state(&vf) != STATE_RUNNING)
		ASSERT_EQ(vf_reset(&vf), 0);
	owner_await_running("given up");
	need_whole_transfer();
}

TEST(final, "any other status is not tried again")
{
	static const struct misbehaviour answers[] = {
		STATUS(ADM_EINVAL, ADM_Q_OK),
		STATUS(ADM_EINVAL, ADM_Q_INVALID_COMMAND),
		STATUS(ADM_EINVAL, ADM_Q_INVALID_OPCODE),
		STATUS(ADM_EINVAL, ADM_Q_INVALID_FIELD),
		STATUS(ADM_EINVAL, ADM_Q_INVALID_GROUP),
		STATUS(ADM_EINVAL, ADM_Q_INVALID_MEMBER),
		STATUS(ADM_ENXIO, ADM_Q_OK),
		STATUS(ADM_ENOSPC, ADM_Q_OK),
		STATUS(ADM_EEXIST, ADM_Q_OK),
		STATUS(77, ADM_Q_OK),
	};
	uint32_t opcode = owner_opcode(ASK_MODE), before;

	need_our_owner("does not return from ENOSPC");
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		before = owner_asked(opcode);
		owner_arm(answers[i], opcode, 0, 1);
		EXPECT_NE(vf_set_state(&vf, STATE_STOP), 0, "%s", answers[i].name);
		EXPECT_EQ(owner_asked(opcode), before + 1, "%s", answers[i].name);
		EXPECT_EQ(vf_state(&vf), STATE_RUNNING, "%s", answers[i].name);
		EXPECT_EQ(owner_runs(), true, "%s", answers[i].name);
	}
	need_whole_transfer();
}
