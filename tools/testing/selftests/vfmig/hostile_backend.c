// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend that fails, dawdles and hangs at random, and users who are killed
 * while it does: nobody is kept longer than the limit, nor at all once killed.
 *
 * VFMIG_SECONDS and VFMIG_SEED as in hostile_region.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asked.h"
#include "attack.h"
#include "stacks.h"
#include "usable.h"
#include "v2.h"

#define LIMIT_MS	400
#define FOR_EVER_MS	180000
/* What an emulated machine under load may add. */
#define SLACK_MS	30000
#define USERS		4
/*
 * An access waits for those of all others, each of which may take its limit,
 * and once more for what has to be undone; and not always in turn.
 */
#define HANG_MS		(2 * USERS * 2 * LIMIT_MS + SLACK_MS)
#define MAX_WAITERS	5

void before_open(void)
{
	need_mock(vf_first());
	mock_set_limit(LIMIT_MS);
}

/* The knobs as they were, then the device as new. */
static void need_peace(void)
{
	mock_set(vf_first(), "fault", "none");
	close_both();
	mock_restore();
	need_usable();
}

static const struct share users[] = {
	{ &attack_save, 4, MUST_WORK },
	{ &attack_load, 4, MUST_WORK },
	{ &attack_damage, 1 },
	{ &attack_save_v2, 4, MUST_WORK },
	{ &attack_load_v2, 4, MUST_WORK },
	{ &attack_damage_v2, 1 },
	{ &attack_write_state, 2 },
	{ &attack_v2_set, 2 },
	{ &attack_fd_read, 2 },
	{ &attack_fd_write, 2 },
	{ &attack_fd_poll, 1 },
	{ &attack_read_state, 4, MUST_WORK },
	{ &attack_v2_get, 2, MUST_WORK },
	{ &attack_read_fields, 4, MUST_WORK },
	{ &attack_write_section, 1, MUST_WORK },
	{ &attack_reset, 2, MUST_WORK },
	{ &attack_debugfs, 1 },
	{}
};

/* The only one to reset the device, which would end what hangs, ... */
static const struct share loader[] = {
	{ &attack_load, 2, MUST_WORK },
	{ &attack_load_v2, 2, MUST_WORK },
	{ &attack_recover, 1, MUST_WORK },
	{}
};

/* ... and those who would wait for ever. */
static const struct share patient_users[] = {
	{ &attack_save, 2, MUST_WORK },
	{ &attack_save_v2, 2, MUST_WORK },
	{ &attack_write_state, 2 },
	{ &attack_v2_set, 1 },
	{ &attack_fd_read, 1 },
	{ &attack_fd_poll, 1 },
	{ &attack_read_state, 4, MUST_WORK },
	{ &attack_v2_get, 2, MUST_WORK },
	{ &attack_read_fields, 4, MUST_WORK },
	{ &attack_write_section, 1, MUST_WORK },
	{}
};

static const struct share troublemaker[] = {
	{ &attack_turn_knob, 3, MUST_WORK },
	{ &attack_set_fault, 3, MUST_WORK },
	{ &attack_clear_faults, 1, MUST_WORK },
	{}
};

static void misbehave(const char *name, uint64_t number, struct band first,
		      struct band second)
{
	uint64_t ms = part_of_time(35);
	struct crowd_plan plan = {
		.name = name,
		.enter = attack_enter,
		.seed = random_of(asked_seed(), number, 0).state,
		.hang_ms = HANG_MS,
		.kill_ms = LIMIT_MS + SLACK_MS,
		.error_is_fine = true,
		.bands = { { troublemaker, 1, 1, false }, first, second },
	};
	struct crowd *crowd;

	announce(name, ms);
	attack_remember_knobs();
	attack_take_streams();
	crowd = crowd_gather(&plan);
	crowd_start(crowd);
	crowd_watch_all(crowd, ms);
	crowd_stop(crowd, false);
	crowd_judge(crowd);
	attack_drop_streams();
	need_peace();
}

TEST(limits, "while a backend misbehaves nobody waits for longer than the limits say")
{
	misbehave("limits", 10, (struct band){ loader, 1, 1, false },
		  (struct band){ patient_users, 1, USERS - 1, false });
}

TEST(at_random, "nor does anybody where resets and SIGKILL come in between")
{
	misbehave("at_random", 11, (struct band){ users, 2, USERS / 2, true },
		  (struct band){});
}

/* From @from, what makes the backend be called; by v2, states of v2. */
static const struct victim {
	const char *call;
	uint32_t from;
	uint32_t to;
	bool v2;
} victims[] = {
	{ "quiesce", STATE_RUNNING, STATE_STOP },
	{ "freeze", STATE_RUNNING, STATE_STOP_COPY },
	{ "thaw", STATE_STOP, STATE_RUNNING },
	{ "run", STATE_STOP_COPY, STATE_RUNNING },
	{ "save_begin", STATE_RUNNING, STATE_STOP_COPY },
	{ "save_begin", STATE_RUNNING, STATE_PRE_COPY },
	{ "save", STATE_STOP_COPY },
	{ "save", STATE_PRE_COPY },
	{ "load_begin", STATE_RESUMING },
	{ "load", STATE_RESUMING },
	{ "load_commit", STATE_RESUMING },
	{ "identity" },
	{ "quiesce", V2_RUNNING, V2_STOP_COPY, true },
	{ "freeze", V2_RUNNING, V2_STOP_COPY, true },
	{ "save_begin", V2_RUNNING, V2_STOP_COPY, true },
	{ "thaw", V2_STOP, V2_RUNNING, true },
	{ "run", V2_STOP, V2_RUNNING, true },
	{ "save", V2_STOP_COPY, .v2 = true },
	{ "save", V2_PRE_COPY, .v2 = true },
	{ "load_begin", V2_RESUMING, .v2 = true },
	{ "load", V2_RESUMING, .v2 = true },
	{ "load_commit", V2_RESUMING, .v2 = true },
};

/* That of the victim, if it has one. */
static int data_fd;

static void be_victim_of_v2(const struct victim *victim,
			    const struct bytes *stream)
{
	uint8_t room[4096];
	int fd;

	if (victim->to)
		v2_order(&vf, victim->to, &fd);
	else if (victim->from == V2_RESUMING)
		v2_write(data_fd, stream->at, stream->len);
	else
		v2_read(data_fd, room, sizeof(room));
	_exit(1);
}

/* Only what a process may do that is about to be killed: no ASSERT. */
static void be_victim(const struct victim *victim, const struct bytes *stream)
{
	uint64_t value;

	if (victim->v2)
		be_victim_of_v2(victim, stream);
	else if (!victim->from && !victim->to)
		vf_open_device(&vf);
	else if (victim->from == STATE_RESUMING)
		vf_put_data_size(&vf, stream->len);
	else if (!victim->to && victim->from != STATE_RUNNING)
		vf_read64(&vf, REG_DATA_OFFSET, &value);
	else
		vf_set_state(&vf, victim->to);
	_exit(1);
}

static void be_waiter(unsigned int which, const struct victim *victim,
		      const struct bytes *stream)
{
	uint64_t value;
	int fd;

	switch (which % MAX_WAITERS) {
	case 0:
		vf_read64(&vf, REG_PENDING_BYTES, &value);
		break;
	case 1:
		vf_set_state(&vf, STATE_STOP);
		break;
	case 2:
		vf_put_data_size(&vf, 1);
		break;
	case 3:
		v2_order(&vf, V2_STOP, &fd);
		break;
	case 4:
		if (victim->v2 && !victim->to)
			be_victim_of_v2(victim, stream);
		vf_read64(&vf, REG_DATA_SIZE, &value);
		break;
	}
	_exit(1);
}

static void expect_killed(pid_t child, const char *call, const char *who)
{
	uint64_t end = now_ms() + SLACK_MS;
	int status = 0;
	pid_t gone;

	kill(child, SIGKILL);
	while (!(gone = waitpid(child, &status, WNOHANG)) && now_ms() < end)
		usleep(1000);
	if (!gone)
		print_stacks(child);
	ASSERT_EQ(gone, child, "%s at %s", who, call);
	EXPECT_EQ(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, true,
		  "%s at %s ended by itself: %#x", who, call, status);
}

/* Where the call can be had from. */
static void lead_there(const struct victim *victim, const struct bytes *stream)
{
	data_fd = NO_FD;
	reopen();
	if (victim->v2)
		data_fd = v2_go(&vf, victim->from);
	else if (victim->from == STATE_RESUMING ||
		 victim->from == STATE_STOP_COPY ||
		 victim->from == STATE_STOP || victim->from == STATE_PRE_COPY)
		vf_go(&vf, victim->from);
	ASSERT_EQ(vf_write(&vf, vf.area, stream->at, stream->len), 0);
}

static void kill_one(const struct victim *victim, const struct bytes *stream,
		     struct random *random)
{
	unsigned int i, waiters = random_below(random, MAX_WAITERS + 1);
	bool opens = !victim->from && !victim->to;
	pid_t child, waiter[MAX_WAITERS];
	char fault[32];

	lead_there(victim, stream);
	if (opens) {
		close(vf.fd);
		waiters = 0;
	}
	snprintf(fault, sizeof(fault), "%s 1 hang", victim->call);
	mock_set(vf.bdf, "fault", fault);
	mock_set(vf.bdf, "calls", "");

	child = fork();
	ASSERT_GT(child, -1);
	if (!child)
		be_victim(victim, stream);
	mock_await(vf.bdf, victim->call);
	for (i = 0; i < waiters; i++) {
		waiter[i] = fork();
		ASSERT_GT(waiter[i], -1);
		if (!waiter[i])
			be_waiter(i, victim, stream);
	}
	/* Time to come to wait; those who do not are killed all the same. */
	usleep(random_below(random, 20000));
	for (i = 0; i < waiters; i++)
		expect_killed(waiter[i], victim->call, "who waits");
	if (!opens)
		EXPECT_NE(vf_state(&vf), STATE_ERROR, "%s", victim->call);
	expect_killed(child, victim->call, "who is in it");
	if (opens)
		vf.fd = -1;
	else
		EXPECT_NE(vf_state(&vf), STATE_ERROR, "%s", victim->call);
	v2_close_all();
}

TEST(killed, "SIGKILL ends who is in a call that hangs for ever, and who waits for it")
{
	struct random random = random_of(asked_seed(), 12, 0);
	uint64_t ms = part_of_time(30), end = now_ms() + ms;
	struct bytes stream = {};
	unsigned int kills = 0;
	bool pre_copy;

	announce("killed", ms);
	vf_close(&vf);
	mock_set_limit(FOR_EVER_MS);
	vf_open(&vf, vf_first());
	save_stopped(&vf, &stream);
	pre_copy = v2_can(&vf, V2_PRE_COPY);
	for (; kills < ARRAY_SIZE(victims) || now_ms() < end; kills++) {
		const struct victim *victim;

		victim = &victims[kills % ARRAY_SIZE(victims)];
		if (victim->v2 && victim->from == V2_PRE_COPY && !pre_copy)
			continue;
		kill_one(victim, &stream, &random);
		if (random_one_in(&random, 8)) {
			reopen();
			need_whole_transfer();
		}
	}
	tap_note("%u killed", kills);
	bytes_free(&stream);
	need_peace();
}
