// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function that an agent has left stopped: who has it run again, and when. As long as
 * the core holds it stopped nobody, since the guest may be running elsewhere.
 *
 * What is asked of an agent at its attach is counted when attach returns: nothing has to
 * be waited for to know that it was not asked.
 */
#include <errno.h>
#include <string.h>

#include "agent.h"
#include "fixture.h"
#include "sysfs.h"
#include "v2.h"
#include "ways.h"

#define SIZE	20000

static struct agent agent;
static struct bytes stream, again;
static uint64_t aborts_before;

void before_open(void)
{
	agent_free(&agent);
	bytes_free(&stream);
	bytes_free(&again);
}

static void begin(void)
{
	agent_init(&agent, vf.bdf, SIZE);
	agent_start_afresh(&agent);
}

/* With the function held stopped. */
static void have_another(void)
{
	aborts_before = core_number(agent.bdf, "agent", "abort");
	agent_stop(&agent);
	agent_start(&agent);
}

static void expect_aborts(unsigned int nr, const char *when)
{
	EXPECT_EQ(core_number(agent.bdf, "agent", "abort"), aborts_before + nr, "%s", when);
}

static void expect_held(const char *when)
{
	expect_aborts(0, when);
	EXPECT_EQ(agent.runs, false, "%s", when);
	EXPECT_NE(strstr(core_text(agent.bdf, "agent"), "stopped yes"), NULL, "%s", when);
	EXPECT_NE(strstr(core_text(agent.bdf, "agent"), "held yes"), NULL, "%s", when);
}

/* Told, and not waited for. */
static void expect_let_go(const char *when)
{
	expect_aborts(1, when);
	EXPECT_STREQ(agent_await(&agent, "abort"), "abort");
	EXPECT_EQ(agent.runs, true, "%s", when);
	EXPECT_NE(strstr(core_text(agent.bdf, "agent"), "stopped no"), NULL, "%s", when);
}

/* Told, and waited for. */
static void expect_runs(const char *when)
{
	EXPECT_EQ(agent.runs, true, "%s", when);
	expect_let_go(when);
}

/* What has failed before stays the last error: this fails nothing. */
static void expect_owed(void)
{
	EXPECT_NE(strstr(core_text(vf.bdf, "agent"), "held no"), NULL);
	EXPECT_NE(strstr(core_text(vf.bdf, "agent"), "stopped yes"), NULL);
	EXPECT_EQ(strstr(core_text(vf.bdf, "last_error"), "abort"), NULL, "%s",
		  core_text(vf.bdf, "last_error"));
	have_another();
	expect_let_go("attached");
}

static void save_and_have_another(const struct protocol *by)
{
	begin();
	way_stop_copy(by, &vf, &stream);
	have_another();
	expect_held("saved");
}

TEST_EACH(saved, "an agent of a function that was saved has it run when the core does, not before")
{
	save_and_have_another(by);
	way_go(by, &vf, TO_STOP);
	expect_held("stopped");
	way_go(by, &vf, TO_RUNNING);
	expect_runs("runs");
	way_need_whole_transfer(by);
}

TEST_EACH(refused, "where it cannot, the VM goes on, and the next agent has it run")
{
	save_and_have_another(by);
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_ABORT, 0);
	way_go(by, &vf, TO_RUNNING);
	expect_owed();
	way_need_whole_transfer(by);
}

TEST_EACH(refused_by_its_own, "so it is where the one that has saved it cannot")
{
	begin();
	way_stop_copy(by, &vf, &stream);
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_ABORT, 0);
	way_go(by, &vf, TO_RUNNING);
	expect_owed();
	way_need_whole_transfer(by);
}

TEST_EACH(dies_too, "where it dies of it, the function goes on, and the next agent has it run")
{
	save_and_have_another(by);
	agent_misbehave(&agent, AGENT_DIES, VFMIG_AGENT_ABORT, 0);
	way_go(by, &vf, TO_RUNNING);
	agent_stop(&agent);
	agent_start(&agent);
	EXPECT_STREQ(agent_await(&agent, "abort"), "abort");
	EXPECT_EQ(agent.runs, true);
	way_need_whole_transfer(by);
}

TEST_EACH(nobody, "where there is none, the next one has it run, at its attach")
{
	begin();
	way_stop_copy(by, &vf, &stream);
	agent_stop(&agent);
	way_go(by, &vf, TO_RUNNING);
	have_another();
	expect_let_go("attached");
	way_need_whole_transfer(by);
}

TEST_EACH(paused, "but not while the VM is paused again")
{
	begin();
	way_stop_copy(by, &vf, &stream);
	agent_stop(&agent);
	way_go(by, &vf, TO_RUNNING);
	way_go(by, &vf, TO_STOP);
	have_another();
	expect_held("paused");
	way_go(by, &vf, TO_RUNNING);
	expect_runs("goes on");
}

TEST_EACH(stopped_by_another, "what one agent has stopped with its VM another one saves")
{
	begin();
	way_go(by, &vf, TO_STOP);
	have_another();
	expect_held("stopped");
	way_stop_copy(by, &vf, &stream);
	EXPECT_STREQ(agent_await(&agent, "hello new:2 saves"), "hello new:2 saves");
	way_go(by, &vf, TO_RUNNING);
	expect_aborts(1, "runs");
}

static void expect_no_save(const struct protocol *by, const char *why)
{
	EXPECT_EQ(way_try(by, &vf, TO_STOP_COPY), by->step_failed);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "was not stopped with its VM"), NULL,
		  "%s", core_text(vf.bdf, "last_error"));
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), why), NULL, "%s",
		  core_text(vf.bdf, "last_error"));
}

static void expect_saved_once_it_ran(const struct protocol *by)
{
	EXPECT_EQ(way_in(by, &vf, TO_STOP), true);
	way_go(by, &vf, TO_RUNNING);
	way_stop_copy(by, &vf, &stream);
	EXPECT_GT(stream.len, SIZE);
}

TEST_EACH(stop_refused, "a VM is paused even if the agent cannot stop it, and is not saved then")
{
	begin();
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_SET_STATE, 0);
	way_go(by, &vf, TO_STOP);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "the SoC is away"), NULL);
	EXPECT_STREQ(agent_await(&agent, "hello new:0 abort"), "hello new:0 abort");
	expect_no_save(by, "the SoC is away");
	expect_saved_once_it_ran(by);
}

TEST_EACH(stop_and_run_refused, "nor where nobody knows whether it is stopped")
{
	begin();
	agent_misbehave(&agent, AGENT_DIES, VFMIG_AGENT_SET_STATE, 0);
	way_go(by, &vf, TO_STOP);
	agent_stop(&agent);
	agent_start(&agent);
	EXPECT_NE(strstr(core_text(vf.bdf, "agent"), "stopped yes"), NULL);
	expect_no_save(by, "its file was closed");
	expect_saved_once_it_ran(by);
}

TEST_EACH(stopped_alone, "nor where the agent has come after the VM was paused")
{
	begin();
	agent_stop(&agent);
	way_go(by, &vf, TO_STOP);
	agent_start(&agent);
	expect_no_save(by, "no agent was attached then");
	expect_saved_once_it_ran(by);
}

TEST_EACH(stopped_before_a_reset, "nor for having been stopped before it was reset")
{
	begin();
	way_go(by, &vf, TO_STOP);
	agent_stop(&agent);
	ASSERT_EQ(vf_reset(&vf), 0);
	way_go(by, &vf, TO_STOP);
	agent_start(&agent);
	expect_no_save(by, "no agent was attached then");
	expect_saved_once_it_ran(by);
}

TEST_EACH(told_otherwise, "nor where a stop is answered only when it is to run again")
{
	begin();
	way_stop_copy(by, &vf, &stream);
	way_go(by, &vf, TO_STOP);
	v2_close_all();
	agent_forget(&agent);
	/* It reads both before it answers one. */
	pthread_mutex_lock(&agent.lock);
	vf_close(&vf);
	vf_open(&vf, vf_first());
	pthread_mutex_unlock(&agent.lock);
	EXPECT_STREQ(agent_await(&agent, "set:0 abort"), "set:0 abort");
	EXPECT_EQ(agent.runs, true);
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_SET_STATE, 0);
	way_go(by, &vf, TO_STOP);
	expect_no_save(by, "the SoC is away");
	expect_saved_once_it_ran(by);
}

/* A step that fails would have QEMU reset the function, and the guest lose it. */
static void expect_save_fails(const struct protocol *by, const char *why)
{
	way_go(by, &vf, TO_STOP_COPY);
	EXPECT_NE(by->drain(&vf, &stream), 0);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), why), NULL, "%s",
		  core_text(vf.bdf, "last_error"));
}

TEST_EACH(not_stopped, "where it is not stopped in pre-copy its VM is, and the save fails")
{
	begin();
	way_pre_copy(by, &vf, &stream);
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_SET_STATE, 0);
	expect_save_fails(by, "the SoC is away");
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(agent.runs, true);
	way_need_whole_transfer(by);
}

TEST_EACH(not_stopped_by_the_dead, "so it is where its agent dies of it")
{
	begin();
	way_pre_copy(by, &vf, &stream);
	agent_misbehave(&agent, AGENT_DIES, VFMIG_AGENT_SET_STATE, 0);
	expect_save_fails(by, "its file was closed");
	have_another();
	expect_aborts(0, "stopped");
	way_go(by, &vf, TO_RUNNING);
	expect_runs("goes on");
	way_need_whole_transfer(by);
}

TEST(not_stopped_then, "a VM that is paused then is not saved before it ran")
{
	begin();
	way_pre_copy(&ways[BY_V1], &vf, &stream);
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_SET_STATE, 0);
	way_go(&ways[BY_V1], &vf, TO_STOP);
	expect_no_save(&ways[BY_V1], "the SoC is away");
	expect_saved_once_it_ran(&ways[BY_V1]);
}

TEST_EACH(not_rolled_back, "a save that has failed is not gone on with, which could fail")
{
	begin();
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_PENDING, 0);
	by->need_pre_copy(&vf);
	way_go(by, &vf, TO_PRE_COPY);
	EXPECT_NE(by->drain(&vf, &stream), 0);
	/* That it is stopped goes well, and what would come next does not. */
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_SET_STATE, 1);
	EXPECT_EQ(way_try(by, &vf, TO_STOP_COPY), by->step_failed);
	EXPECT_EQ(way_in(by, &vf, IN_ERROR), false);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(agent.runs, true);
	agent_misbehave(&agent, AGENT_DOES_WELL, 0, 0);
	way_need_whole_transfer(by);
}

TEST(p2p_refused, "where pre-copy cannot go on the VM does, and the save has failed")
{
	int fd;

	begin();
	v2_need_pre_copy(&vf);
	fd = v2_begin(&vf, V2_PRE_COPY);
	v2_go(&vf, V2_PRE_COPY_P2P);
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_SET_STATE, 0);
	v2_go(&vf, V2_PRE_COPY);
	EXPECT_STREQ(agent_await(&agent, "hello new:3 set:2 set:3 abort"),
		     "hello new:3 set:2 set:3 abort");
	EXPECT_NE(v2_drain(fd, &stream, AT_ONCE), -ENOMSG);
	EXPECT_EQ(v2_state(&vf), V2_PRE_COPY);
	v2_go(&vf, V2_RUNNING);
	way_need_whole_transfer(&ways[BY_V2]);
}

TEST_EACH(saved_again, "what is held another agent saves as it is, without having it run")
{
	save_and_have_another(by);
	way_go(by, &vf, TO_STOP);
	way_stop_copy(by, &vf, &again);
	EXPECT_STREQ(agent_await(&agent, "hello new:2 saves"), "hello new:2 saves");
	expect_held("saved again");
	bytes_expect_same(&again, &stream, by->name);
}

TEST_EACH(not_saved_again, "nor where it refuses to")
{
	save_and_have_another(by);
	way_go(by, &vf, TO_STOP);
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_SET_STATE, 0);
	EXPECT_EQ(way_try(by, &vf, TO_STOP_COPY), by->step_failed);
	expect_aborts(0, "refused");
	way_stop_copy(by, &vf, &again);
	expect_aborts(0, "saved again");
	bytes_expect_same(&again, &stream, by->name);
}

TEST_EACH(left, "a function that has left is held until it has another user")
{
	save_and_have_another(by);
	v2_close_all();
	vf_close(&vf);
	expect_held("closed");
	ASSERT_EQ(sysfs_reset(vf_first()), 0);
	expect_held("reset by the administrator");
	agent_stop(&agent);
	agent_start(&agent);
	expect_held("closed, and a third agent");
	vf_open(&vf, vf_first());
	expect_let_go("opened");
}

TEST_EACH(left_and_not_again, "so it is where it was to be saved once more, in vain")
{
	save_and_have_another(by);
	way_go(by, &vf, TO_STOP);
	way_go(by, &vf, TO_STOP_COPY);
	v2_close_all();
	vf_close(&vf);
	EXPECT_STREQ(agent_await(&agent, "hello new:2 set:0"), "hello new:2 set:0");
	expect_held("closed");
	agent_forget(&agent);
	vf_open(&vf, vf_first());
	expect_let_go("opened");
}

TEST_EACH(closed, "one whose state is not whole is let go by the close")
{
	begin();
	way_go(by, &vf, TO_STOP_COPY);
	have_another();
	expect_held("stopped");
	v2_close_all();
	vf_close(&vf);
	expect_let_go("closed");
}

TEST_EACH(reset, "so it is by a reset")
{
	save_and_have_another(by);
	v2_close_all();
	ASSERT_EQ(vf_reset(&vf), 0);
	expect_let_go("reset");
}

static void begin_load(const struct protocol *by, size_t but)
{
	begin();
	way_save(by, &vf, &stream);
	agent_forget(&agent);
	way_go(by, &vf, TO_RESUMING);
	ASSERT_EQ(by->fill(&vf, stream.at, stream.len - but), 0);
}

TEST_EACH(loaded, "what was loaded is held until the guest runs there")
{
	begin_load(by, 0);
	have_another();
	expect_held("loaded");
	way_go(by, &vf, TO_STOP);
	expect_held("stopped");
	way_go(by, &vf, TO_RUNNING);
	expect_runs("runs");
}

TEST_EACH(loaded_refused, "where it cannot have it run, the guest does not: try again")
{
	begin_load(by, 0);
	have_another();
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_ABORT, 0);
	EXPECT_EQ(way_try(by, &vf, TO_RUNNING), by->step_failed);
	EXPECT_EQ(way_in(by, &vf, TO_RUNNING), false);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "was asked to abort, and says -"), NULL);
	EXPECT_NE(strstr(core_text(vf.bdf, "agent"), "held yes"), NULL);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(agent.runs, true);
}

TEST_EACH(half_loaded, "so is what is loaded in part, until it is reset")
{
	begin_load(by, 8);
	have_another();
	expect_held("in part");
	v2_close_all();
	ASSERT_EQ(vf_reset(&vf), 0);
	expect_let_go("reset");
}

TEST_EACH(load_refused, "what is loaded and refused does not run before it is reset")
{
	static const char heard[] = "hello new:0 set:0 hello new:4 loads loaded set:0";

	begin_load(by, 8);
	aborts_before = core_number(agent.bdf, "agent", "abort");
	agent_misbehave(&agent, AGENT_REFUSES, VFMIG_AGENT_LOADED, 0);
	EXPECT_NE(by->fill(&vf, stream.at + stream.len - 8, 8), 0);
	EXPECT_STREQ(agent_await(&agent, heard), heard);
	expect_held("refused");
	v2_close_all();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_STREQ(agent_await(&agent, "hello new:0 set:0 hello new:4 loads loaded set:0 abort"),
		     "hello new:0 set:0 hello new:4 loads loaded set:0 abort");
	EXPECT_EQ(agent.runs, true);
}

TEST_EACH(half_loaded_and_closed, "nor what is loaded in part, before it has another user")
{
	static const char heard[] = "hello new:0 set:0 hello new:4 loads set:0";

	begin_load(by, 8);
	aborts_before = core_number(agent.bdf, "agent", "abort");
	v2_close_all();
	vf_close(&vf);
	EXPECT_STREQ(agent_await(&agent, heard), heard);
	expect_held("closed");
	have_another();
	expect_held("closed, and another agent");
	vf_open(&vf, vf_first());
	expect_let_go("opened");
}

TEST_EACH(never_run, "what was loaded and never ran has left with the close")
{
	static const char heard[] = "hello new:0 set:0 hello new:4 loads loaded set:0";

	begin_load(by, 0);
	v2_close_all();
	vf_close(&vf);
	EXPECT_STREQ(agent_await(&agent, heard), heard);
	EXPECT_EQ(agent.runs, false);
	have_another();
	expect_held("closed");
	vf_open(&vf, vf_first());
	expect_let_go("opened");
}

TEST_EACH(unbound, "one that has left runs again before its driver lets go of it")
{
	static const char heard[] = "hello new:0 set:2 saves set:0 abort";

	begin();
	way_stop_copy(by, &vf, &stream);
	way_go(by, &vf, TO_STOP);
	v2_close_all();
	vf_close(&vf);
	vf_rebind(vf_first());
	EXPECT_STREQ(agent_heard(&agent), heard);
	EXPECT_EQ(agent.runs, true);
}

TEST_EACH(unbound_alone, "where there is no agent, it does once it is bound again and has one")
{
	begin();
	way_stop_copy(by, &vf, &stream);
	way_go(by, &vf, TO_STOP);
	v2_close_all();
	vf_close(&vf);
	agent_stop(&agent);
	vf_rebind(vf_first());
	EXPECT_NE(strstr(core_text(agent.bdf, "agent"), "stopped yes"), NULL);
	agent_start(&agent);
	EXPECT_STREQ(agent_await(&agent, "abort"), "abort");
	EXPECT_EQ(agent.runs, true);
	agent_stop(&agent);
	vf_rebind(vf_first());
	EXPECT_NE(strstr(core_text(agent.bdf, "agent"), "stopped no"), NULL);
}
