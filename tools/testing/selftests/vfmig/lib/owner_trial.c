// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "owner_trial.h"
#include "v2.h"

/* More than a transfer of one record has. */
#define MANY_COMMANDS	40

static bool over;

void trial_begin(struct trial *trial, const struct protocol *by,
		 struct misbehaviour what)
{
	*trial = (struct trial) { .by = by, .what = what };
	over = false;
}

bool trial_goes_on(struct trial *trial)
{
	ASSERT_LE(trial->number, MANY_COMMANDS);
	if (over)
		ASSERT_GT(trial->number, 1, "no command was met");
	return !over;
}

void trial_next(struct trial *trial)
{
	trial->number++;
}

void trial_arm(struct trial *trial)
{
	snprintf(trial->name, sizeof(trial->name), "%s, %s, command %u",
		 trial->by->name, trial->what.name, trial->number);
	trial->from = owner_logged();
	owner_arm(trial->what, VIRTIO_TROUBLE_ANY, trial->number, 1);
}

/* An owner that was reset is asked for more than the VF's commands. */
static void find_met(struct trial *trial)
{
	uint32_t end = owner_logged(), number = 0;

	ASSERT_LE(end - trial->from, VIRTIO_TROUBLE_LOGGED, "%s", trial->name);
	for (trial->at = trial->from; trial->at < end; trial->at++)
		if (owner_log(trial->at).member == MEMBER &&
		    number++ == trial->number)
			break;
	ASSERT_LE(trial->at + 1, end, "%s", trial->name);
	trial->opcode = owner_log(trial->at).opcode;
}

bool trial_met(struct trial *trial)
{
	if (owner_armed()) {
		owner_disarm();
		over = true;
		return false;
	}
	find_met(trial);
	snprintf(trial->name, sizeof(trial->name), "%s, %s, command %u (%#x)",
		 trial->by->name, trial->what.name, trial->number,
		 trial->opcode);
	return true;
}

bool trial_before(const struct trial *trial, uint32_t logged)
{
	return trial->at < logged;
}

bool trial_is_fatal(const struct trial *trial)
{
	switch (trial->what.what) {
	case TROUBLE_NEVER:
	case TROUBLE_LOST:
	case TROUBLE_NEEDS_RESET:
	case TROUBLE_GONE:
		return true;
	default:
		return false;
	}
}

void trial_expect_reason(const struct trial *trial)
{
	const char *why = core_text(vf.bdf, "last_error");
	char number[16];

	/* virtio-pci says no more than an errno. */
	if (owner_is_ours())
		snprintf(number, sizeof(number), "(%#x)", trial->opcode);
	else
		snprintf(number, sizeof(number), "the owner");
	EXPECT_NE(strstr(why, number), NULL, "%s: %s", trial->name, why);
}

static bool may_leave_an_object(const struct trial *trial)
{
	return !owner_is_draft() && (trial->opcode == PARTS_OBJ_CREATE ||
				     trial->opcode == PARTS_OBJ_DESTROY);
}

void trial_revive(const struct trial *trial)
{
	owner_disarm();
	if (trial_is_fatal(trial))
		owner_revive();
	owner_await_running(trial->name);
}

void trial_clean(struct trial *trial)
{
	v2_close_all();
	EXPECT_EQ(owner_runs(), true, "%s", trial->name);
	way_need_whole_transfer(trial->by);
	EXPECT_EQ(owner_runs(), true, "%s", trial->name);
	v2_close_all();
	if (!owner_objects())
		return;
	/* The device has made one that it did not own up to. */
	EXPECT_EQ(may_leave_an_object(trial), true, "%s", trial->name);
	EXPECT_EQ(owner_objects(), 1, "%s", trial->name);
	owner_forget_objects();
}
