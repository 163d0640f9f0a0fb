// SPDX-License-Identifier: GPL-2.0-only
/*
 * An owner that misbehaves, in each of the ways that there are, at each command of
 * a save: the save fails with the reason or says what it should, in bounded time,
 * and the guest runs on without a reset.
 */
#include "fixture.h"
#include "owner_trial.h"
#include "v2.h"

static struct bytes plain, stream;
/* What the guest has set, and goes on with. */
static uint32_t guests_register;

/**
 * struct outcome - of a save, and of going back to RUNNING
 * @saved: 0, or what the save has failed with
 * @saved_at: commands when it was over
 * @back: 0, or what the first attempt to go back has failed with
 */
struct outcome {
	int saved;
	uint32_t saved_at;
	int back;
};

void before_open(void)
{
	bytes_free(&plain);
	bytes_free(&stream);
	owner_begin();
}

static struct outcome save(struct trial *trial)
{
	const struct protocol *by = trial->by;
	struct outcome outcome = {};

	stream.len = 0;
	change_register(&vf);
	guests_register = owner_vf_register();
	trial_arm(trial);
	outcome.saved = way_try(by, &vf, TO_STOP_COPY);
	if (!outcome.saved)
		outcome.saved = by->drain(&vf, &stream);
	outcome.saved_at = owner_logged();
	if (!way_in(by, &vf, TO_RUNNING))
		outcome.back = way_try(by, &vf, TO_RUNNING);
	return outcome;
}

/* Without a reset, as it was; what was refused once can be asked for again. */
static void expect_runs_on(const struct trial *trial, const struct outcome *outcome)
{
	if (outcome->back)
		EXPECT_EQ(way_try(trial->by, &vf, TO_RUNNING), 0, "%s",
			  trial->name);
	EXPECT_EQ(way_in(trial->by, &vf, TO_RUNNING), true, "%s", trial->name);
	trial_revive(trial);
	EXPECT_EQ(owner_vf_register(), guests_register, "%s", trial->name);
}

/* @judge is told whether the command was one of the save's, and not of the way back. */
static void sweep(const struct protocol *by, struct misbehaviour what,
		  void (*judge)(const struct trial *trial,
				const struct outcome *outcome, bool of_save))
{
	struct outcome outcome;
	struct trial trial;

	FOR_EACH_COMMAND(&trial, by, what) {
		outcome = save(&trial);
		if (!trial_met(&trial))
			continue;
		judge(&trial, &outcome, trial_before(&trial, outcome.saved_at));
		trial_clean(&trial);
	}
}

/* Asked for the user: where there is no answer, a guess will do. */
static bool may_be_for_the_user(const struct trial *trial)
{
	return trial->by == &ways[BY_V2] && trial->opcode == owner_opcode(ASK_SIZE);
}

static void refused(const struct trial *trial, const struct outcome *outcome,
		    bool of_save)
{
	if (of_save && !may_be_for_the_user(trial)) {
		EXPECT_NE(outcome->saved, 0, "%s", trial->name);
		trial_expect_reason(trial);
	}
	expect_runs_on(trial, outcome);
}

TEST_EACH(fails,
	  "a refused command ends the save, with the reason; the function runs on and can be saved")
{
	sweep(by, (struct misbehaviour) { TROUBLE_FAIL, REFUSED, "EINVAL" }, refused);
}

TEST_EACH(unknown_status, "so does a status that no standard knows")
{
	sweep(by, (struct misbehaviour) { TROUBLE_FAIL, 77, "77" }, refused);
}

/* What virtio-pci does not look at, and what is asked for again. */
static bool may_be_overlooked(const struct trial *trial)
{
	uint32_t get = owner_opcode(ASK_READ);

	if (!owner_is_ours())
		return trial->what.what == TROUBLE_SHORT || trial->opcode != get;
	/* And of a size, the bytes that are missing were 0. */
	return trial->what.what == TROUBLE_SHORT && !owner_is_draft() &&
	       (trial->opcode == get || trial->opcode == owner_opcode(ASK_SIZE));
}

/* What was said is what is said without trouble. */
static void expect_plain(const struct trial *trial)
{
	plain.len = 0;
	way_save(trial->by, &vf, &plain);
	bytes_expect_same(&stream, &plain, trial->name);
}

static void wrong_length(const struct trial *trial, const struct outcome *outcome,
			 bool of_save)
{
	if (of_save && !may_be_for_the_user(trial) && !may_be_overlooked(trial))
		EXPECT_NE(outcome->saved, 0, "%s", trial->name);
	expect_runs_on(trial, outcome);
	if (!outcome->saved)
		expect_plain(trial);
}

TEST_EACH(too_short,
	  "an answer that is too short fails it, or is asked for again; none is taken for whole")
{
	sweep(by, (struct misbehaviour) { TROUBLE_SHORT, 1, "short" }, wrong_length);
}

TEST_EACH(too_long, "one that says that it is longer than its room fails it")
{
	sweep(by, (struct misbehaviour) { TROUBLE_LONG, 1 << 22, "long" }, wrong_length);
}

/* What is said is a state or is refused: there is no third. */
static void load_or_refuse(const struct trial *trial)
{
	const struct protocol *by = trial->by;

	way_go(by, &vf, TO_RESUMING);
	if (by->fill(&vf, stream.at, stream.len) ||
	    way_try(by, &vf, TO_RUNNING)) {
		EXPECT_EQ(owner_runs(), false, "%s", trial->name);
		ASSERT_EQ(vf_reset(&vf), 0);
	}
	EXPECT_EQ(owner_runs(), true, "%s", trial->name);
}

static void wrong(const struct trial *trial, const struct outcome *outcome,
		  bool of_save)
{
	(void)of_save;
	expect_runs_on(trial, outcome);
	if (!outcome->saved)
		load_or_refuse(trial);
}

TEST_EACH(wrong_byte,
	  "a wrong byte is found at either end, or is a state; the function runs on")
{
	/* Of the first field's or part's head, and of its value. */
	static const uint32_t at[] = { 0, 2, 9, 13, 15, 16, 23 };

	for (size_t i = 0; i < ARRAY_SIZE(at); i++)
		sweep(by, (struct misbehaviour) { TROUBLE_BAD_BYTE, at[i], "wrong byte" },
		      wrong);
}

static void harmless(const struct trial *trial, const struct outcome *outcome,
		     bool of_save)
{
	(void)of_save;
	EXPECT_EQ(outcome->saved, 0, "%s", trial->name);
	EXPECT_EQ(outcome->back, 0, "%s", trial->name);
	way_load(trial->by, &vf, &stream);
	way_go(trial->by, &vf, TO_RUNNING);
	/* What has grown has grown. */
	owner_begin();
}

TEST_EACH(grows, "a state that grows at any moment is saved")
{
	sweep(by, (struct misbehaviour) { TROUBLE_GROWS, 5000, "grows" }, harmless);
}

TEST_EACH(late, "an answer that is late is waited for")
{
	sweep(by, (struct misbehaviour) { TROUBLE_LATE, 50, "late" }, harmless);
}

static void fatal(const struct trial *trial, const struct outcome *outcome,
		  bool of_save)
{
	if (of_save)
		EXPECT_NE(outcome->saved, 0, "%s", trial->name);
	EXPECT_EQ(outcome->back, 0, "%s", trial->name);
	expect_runs_on(trial, outcome);
}

/* Each by one of the protocols, since they take long and are the backend's. */
static void sweep_deaths(const struct protocol *by, struct misbehaviour what)
{
	need_our_owner("waits for ever");
	owner_limit(SHORT_LIMIT_MS);
	sweep(by, what, fatal);
}

TEST(never_answered, "a command that is not answered fails it in the end; the guest runs on")
{
	sweep_deaths(&ways[BY_V1], (struct misbehaviour) { TROUBLE_NEVER, 0, "never" });
}

TEST(answer_lost, "so does one that was carried out, but is not answered")
{
	sweep_deaths(&ways[BY_V2], (struct misbehaviour) { TROUBLE_LOST, 0, "lost" });
}

TEST(needs_reset, "an owner that gives up in the middle fails it at once")
{
	sweep_deaths(&ways[BY_V2], (struct misbehaviour) { TROUBLE_NEEDS_RESET, 0, "needs reset" });
}

TEST(gone, "so does one that is gone")
{
	sweep_deaths(&ways[BY_V1], (struct misbehaviour) { TROUBLE_GONE, 0, "gone" });
}
