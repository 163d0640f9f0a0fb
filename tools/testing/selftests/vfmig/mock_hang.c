// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend that hangs: the access ends with its time limit, a reset ends it at
 * once, and whoever waits for it can be killed.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

#define LIMIT_MS	600
/* For what is slow, but not as slow as that. */
#define LONG_LIMIT_MS	5000
/* What an emulated machine under load may add; less than the default limit. */
#define SLACK_MS	9000
#define FOR_EVER_MS	600000

static void set_limit(unsigned int ms)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", ms);
	param_set("mock_vfio_pci", "timeout_ms", text);
	vf_rebind(vf_first());
}

void before_open(void)
{
	need_mock(vf_first());
	set_limit(LIMIT_MS);
}

/* Bound anew, it has its knobs from the parameters: all is put back. */
static void limit_now(unsigned int ms)
{
	vf_close(&vf);
	set_limit(ms);
	vf_open(&vf, vf_first());
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void expect_in_time(long start, const char *what)
{
	long took = now_ms() - start;

	EXPECT_LE(took, LIMIT_MS + SLACK_MS, "%s", what);
	EXPECT_LE(LIMIT_MS / 2, took, "%s", what);
}

TEST(steps, "a step that hangs fails with EFAULT within the limit, and is undone")
{
	static const struct {
		uint32_t from, to;
		const char *fault;
	} hangs[] = {
		{ STATE_RUNNING, STATE_STOP, "quiesce 1 hang" },
		{ STATE_RUNNING, STATE_STOP, "freeze 1 hang" },
		{ STATE_RUNNING, STATE_STOP_COPY, "save_begin 1 hang" },
		{ STATE_RUNNING, STATE_PRE_COPY, "save_begin 1 hang" },
		{ STATE_STOP, STATE_RUNNING, "thaw 1 hang" },
		{ STATE_STOP, STATE_RUNNING, "run 1 hang" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(hangs); i++) {
		long start;

		vf_go(&vf, STATE_RUNNING);
		vf_go(&vf, hangs[i].from);
		mock_set(vf.bdf, "fault", hangs[i].fault);
		start = now_ms();
		EXPECT_EQ(vf_set_state(&vf, hangs[i].to), -EFAULT, "%s",
			  hangs[i].fault);
		expect_in_time(start, hangs[i].fault);
		EXPECT_EQ(vf_state(&vf), hangs[i].from, "%s", hangs[i].fault);
	}
	vf_go(&vf, STATE_RUNNING);
	need_whole_transfer();
}

TEST(undo, "an undo that hangs has a limit of its own, and ends in ERROR")
{
	long start;

	mock_set(vf.bdf, "fault", "freeze 1 5");
	mock_set(vf.bdf, "fault", "run 1 hang");
	start = now_ms();
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP), -EFAULT);
	expect_in_time(start, "run");
	EXPECT_EQ(vf_state(&vf), STATE_ERROR);
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
}

TEST(undo_in_time, "the time that a step has used up is not taken from its undo")
{
	limit_now(LONG_LIMIT_MS);
	mock_setn(vf.bdf, "slow_step_us", LONG_LIMIT_MS * 1000 / 10);
	mock_set(vf.bdf, "fault", "freeze 1 hang");
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP), -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
}

TEST(records, "a record that hangs fails its access within the limit")
{
	struct bytes stream = {};
	uint64_t value;
	long start;

	save_stopped(&vf, &stream);
	mock_set(vf.bdf, "fault", "save 1 hang");
	vf_go(&vf, STATE_STOP_COPY);
	start = now_ms();
	EXPECT_NE(vf_read64(&vf, REG_DATA_OFFSET, &value), 0);
	expect_in_time(start, "save");
	vf_go(&vf, STATE_RUNNING);

	vf_go(&vf, STATE_RESUMING);
	mock_set(vf.bdf, "fault", "load 1 hang");
	start = now_ms();
	EXPECT_NE(load_all(&vf, &stream), 0);
	expect_in_time(start, "load");
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING);
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
	bytes_free(&stream);
}

TEST(slow_is_not_hung, "a slow device whose steps are within the limit works")
{
	limit_now(LONG_LIMIT_MS);
	mock_setn(vf.bdf, "slow_step_us", 20000);
	mock_setn(vf.bdf, "slow_record_us", 2000);
	need_whole_transfer();
}

/* A chunk is short rather than late: each access has the limit to itself. */
TEST(slow_records, "records that together take longer than the limit come in several chunks")
{
	struct bytes stream = {};
	int chunks = 0;

	limit_now(LONG_LIMIT_MS);
	mock_setn(vf.bdf, "slow_record_us", LONG_LIMIT_MS * 1000 / 10);
	vf_go(&vf, STATE_STOP_COPY);
	while (vf_pending(&vf)) {
		ASSERT_GT(save_chunk(&vf, &stream, TRAPPED_WHOLE), 0);
		chunks++;
	}
	EXPECT_GT(chunks, 1);
	bytes_free(&stream);
}

struct caller {
	uint32_t to;
	int ret;
};

static void *set_state_thread(void *arg)
{
	struct caller *caller = arg;

	caller->ret = vf_set_state(&vf, caller->to);
	return NULL;
}

TEST(reset_ends_it, "a reset ends a step that hangs, and does not wait for it")
{
	struct caller caller = { .to = STATE_STOP };
	pthread_t thread;
	long start;

	limit_now(FOR_EVER_MS);
	mock_set(vf.bdf, "fault", "freeze 1 hang");
	mock_set(vf.bdf, "calls", "");
	pthread_create(&thread, NULL, set_state_thread, &caller);
	mock_await(vf.bdf, "freeze");
	start = now_ms();
	EXPECT_EQ(vf_reset(&vf), 0);
	pthread_join(thread, NULL);
	EXPECT_LE(now_ms() - start, SLACK_MS);
	EXPECT_EQ(caller.ret, -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	need_whole_transfer();
}

TEST(killed, "SIGKILL ends a caller whose step hangs; the device can be opened and used again")
{
	int status = 0;
	pid_t child;
	long start;

	limit_now(FOR_EVER_MS);
	mock_set(vf.bdf, "fault", "quiesce 1 hang");
	mock_set(vf.bdf, "calls", "");
	child = fork();
	ASSERT_GT(child, -1);
	if (!child) {
		vf_set_state(&vf, STATE_STOP);
		_exit(1);
	}
	mock_await(vf.bdf, "quiesce");
	kill(child, SIGKILL);
	start = now_ms();
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_LE(now_ms() - start, SLACK_MS);
	EXPECT_EQ(WIFSIGNALED(status), true);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	reopen();
	need_whole_transfer();
}
