// SPDX-License-Identifier: GPL-2.0-only
/*
 * An owner that misbehaves, in each of the ways that there are, at each command of
 * a load: the state is in the device as a whole, or the load fails with the reason
 * and nothing of it is; in bounded time, and the function is usable after a reset.
 */
#include "fixture.h"
#include "owner_trial.h"
#include "v2.h"

static struct bytes stream;
static uint32_t loaded_register;

/**
 * struct outcome - of a load
 * @loaded: 0, or what the load has failed with
 * @loaded_at: commands when the stream was in
 * @left: 0, or what leaving RESUMING has failed with
 */
struct outcome {
	int loaded;
	uint32_t loaded_at;
	int left;
};

void before_open(void)
{
	bytes_free(&stream);
	owner_begin();
}

static void take_stream(const struct protocol *by)
{
	change_register(&vf);
	loaded_register = owner_vf_register();
	ASSERT_NE(loaded_register, 0);
	way_save(by, &vf, &stream);
}

/* Of a function as after a reset. */
static struct outcome load(struct trial *trial)
{
	const struct protocol *by = trial->by;
	struct outcome outcome = {};

	ASSERT_EQ(vf_reset(&vf), 0);
	ASSERT_EQ(owner_vf_register(), 0);
	trial_arm(trial);
	outcome.loaded = way_try(by, &vf, TO_RESUMING);
	if (!outcome.loaded)
		outcome.loaded = by->fill(&vf, stream.at, stream.len);
	outcome.loaded_at = owner_logged();
	if (!outcome.loaded)
		outcome.left = way_try(by, &vf, TO_RUNNING);
	return outcome;
}

/*
 * All of it is in the device, or after the reset that is due then, nothing. What the
 * owner could not be told before it died it is told as soon as it is back.
 */
static void expect_whole_or_nothing(const struct trial *trial,
				    const struct outcome *outcome)
{
	bool loaded = !outcome->loaded && !outcome->left;

	if (!loaded)
		ASSERT_EQ(vf_reset(&vf), 0, "%s", trial->name);
	trial_revive(trial);
	ASSERT_EQ(way_in(trial->by, &vf, TO_RUNNING), true, "%s", trial->name);
	EXPECT_EQ(owner_vf_register(), loaded ? loaded_register : 0, "%s",
		  trial->name);
}

static void sweep(const struct protocol *by, struct misbehaviour what,
		  void (*judge)(const struct trial *trial,
				const struct outcome *outcome))
{
	struct outcome outcome;
	struct trial trial;

	take_stream(by);
	FOR_EACH_COMMAND(&trial, by, what) {
		outcome = load(&trial);
		if (!trial_met(&trial))
			continue;
		judge(&trial, &outcome);
		expect_whole_or_nothing(&trial, &outcome);
		trial_clean(&trial);
	}
}

/* The state is in the device when its object goes. */
static bool is_too_late_to_fail(const struct trial *trial)
{
	return trial->opcode == PARTS_OBJ_DESTROY && !owner_is_draft();
}

static void refused(const struct trial *trial, const struct outcome *outcome)
{
	if (is_too_late_to_fail(trial)) {
		EXPECT_EQ(outcome->loaded, 0, "%s", trial->name);
	} else if (trial_before(trial, outcome->loaded_at)) {
		EXPECT_NE(outcome->loaded, 0, "%s", trial->name);
		trial_expect_reason(trial);
	} else {
		EXPECT_NE(outcome->left, 0, "%s", trial->name);
	}
}

TEST_EACH(fails,
	  "a refused command ends the load, with the reason, and nothing of it is in the device")
{
	sweep(by, (struct misbehaviour) { TROUBLE_FAIL, REFUSED, "EINVAL" }, refused);
}

TEST_EACH(unknown_status, "so does a status that no standard knows")
{
	sweep(by, (struct misbehaviour) { TROUBLE_FAIL, 77, "77" }, refused);
}

static void wrong_length(const struct trial *trial, const struct outcome *outcome)
{
	if (owner_is_ours() && !is_too_late_to_fail(trial))
		EXPECT_NE(outcome->loaded ?: outcome->left, 0, "%s", trial->name);
}

TEST_EACH(too_short,
	  "an answer that is too short fails it, though the device has done what it was told")
{
	sweep(by, (struct misbehaviour) { TROUBLE_SHORT, 1, "short" }, wrong_length);
}

TEST_EACH(too_long, "so does one that is longer than its room")
{
	sweep(by, (struct misbehaviour) { TROUBLE_LONG, 1 << 22, "long" }, wrong_length);
}

static void harmless(const struct trial *trial, const struct outcome *outcome)
{
	EXPECT_EQ(outcome->loaded, 0, "%s", trial->name);
	EXPECT_EQ(outcome->left, 0, "%s", trial->name);
}

TEST_EACH(wrong_byte, "a wrong byte of a result is of none that a load waits for")
{
	sweep(by, (struct misbehaviour) { TROUBLE_BAD_BYTE, 0, "wrong byte" }, harmless);
}

TEST_EACH(grows, "a state that grows meanwhile is nothing to a load")
{
	sweep(by, (struct misbehaviour) { TROUBLE_GROWS, 5000, "grows" }, harmless);
}

TEST_EACH(late, "an answer that is late is waited for")
{
	sweep(by, (struct misbehaviour) { TROUBLE_LATE, 50, "late" }, harmless);
}

/* One of what comes last may be caught up with when the owner is back. */
static void fatal(const struct trial *trial, const struct outcome *outcome)
{
	if (trial_before(trial, outcome->loaded_at) && !is_too_late_to_fail(trial))
		EXPECT_NE(outcome->loaded, 0, "%s", trial->name);
}

/* Each by one of the protocols, since they take long and are the backend's. */
static void sweep_deaths(const struct protocol *by, struct misbehaviour what)
{
	need_our_owner("waits for ever");
	owner_limit(SHORT_LIMIT_MS);
	sweep(by, what, fatal);
}

TEST(never_answered, "a command that is not answered fails it when its time is over")
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
