// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window that an agent maps: the very pages of the VMM, of this open of the function
 * alone, for as long as a migration lasts.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "fixture.h"
#include "v2.h"
#include "ways.h"

#define SIZE	20000

static struct agent agent;
static struct bytes stream;
/* A mapping of the agent's that it does not undo. */
static uint8_t *kept;
static size_t kept_len;

static void drop_kept(void)
{
	if (kept)
		munmap(kept, kept_len);
	kept = NULL;
}

void before_open(void)
{
	drop_kept();
	agent_free(&agent);
	bytes_free(&stream);
}

static void begin(void)
{
	agent_init(&agent, vf_first(), SIZE);
	agent_start_afresh(&agent);
}

static void keep(void)
{
	kept_len = vf.area_len;
	kept = mmap(NULL, kept_len, PROT_READ | PROT_WRITE, MAP_SHARED, agent.fd, 0);
	ASSERT_EQ(kept != MAP_FAILED, true);
}

/* The kernel reads it for a pipe: there where it can be read, and no signal. */
static bool is_there(const uint8_t *at)
{
	int pipes[2];
	bool there;

	ASSERT_EQ(pipe(pipes), 0);
	there = write(pipes[1], at, 1) == 1;
	close(pipes[0]);
	close(pipes[1]);
	return there;
}

static bool is_zero(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i])
			return false;
	return true;
}

TEST(same_pages, "what an agent writes is what the VMM reads, and the other way round")
{
	begin();
	vf_map(&vf);
	vf_go(&vf, STATE_PRE_COPY);
	keep();
	for (size_t at = 0; at < vf.area_len; at += 4096 + 8) {
		kept[at] = 0xa5;
		EXPECT_EQ(vf.map[at], 0xa5, "%zu", at);
		vf.map[at] = 0x5a;
		EXPECT_EQ(kept[at], 0x5a, "%zu", at);
	}
}

TEST(new_pages, "each open of a function has a new window of zeros, with nothing of the one before")
{
	begin();
	vf_map(&vf);
	memset(vf.map, 0x77, vf.area_len);
	vf_unmap(&vf);
	reopen();
	vf_go(&vf, STATE_PRE_COPY);
	keep();
	EXPECT_EQ(is_zero(kept, kept_len), true);
}

TEST(own_pages, "a migration by v2 has a window of its own, of zeros, which is not the VMM's")
{
	begin();
	v2_need_pre_copy(&vf);
	vf_map(&vf);
	memset(vf.map, 0x77, vf.area_len);
	v2_begin(&vf, V2_PRE_COPY);
	keep();
	EXPECT_EQ(is_zero(kept, kept_len), true);
	kept[0] = 1;
	EXPECT_EQ(vf.map[0], 0x77);
}

/* Of records of 1 MiB, in a window that has room for all of them. */
#define LARGE	((size_t)3 * 1024 * 1024 + 12344)

static void begin_large(void)
{
	param_set("vfmig", "window", "4194304");
	reopen();
	vf_map(&vf);
	agent_init(&agent, vf_first(), LARGE);
	agent_start_afresh(&agent);
}

static uint64_t copied(void)
{
	return core_number(vf.bdf, "copied", "");
}

static void expect_whole_records(uint64_t loaded_before)
{
	EXPECT_EQ(agent.cut, 0);
	EXPECT_EQ(agent.largest, VFMIG_AGENT_TRANSFER_MAX);
	EXPECT_EQ(core_number(vf.bdf, "agent", "loaded"), loaded_before + LARGE);
}

TEST(never_copied, "by v1 the kernel copies no byte, and what one SAVE has made is one LOAD")
{
	uint64_t before, loaded;

	begin_large();
	before = copied();
	loaded = core_number(vf.bdf, "agent", "loaded");
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, MAPPED);
	vf_go(&vf, STATE_RUNNING);
	agent_change(&agent, 3);
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_bytes(&vf, stream.at, stream.len, MAPPED), 0);
	vf_go(&vf, STATE_RUNNING);
	EXPECT_EQ(copied(), before);
	expect_whole_records(loaded);
}

TEST(copied_once, "by v2 it copies each byte once in each direction, and likewise")
{
	uint64_t before, loaded;
	int fd;

	begin_large();
	before = copied();
	loaded = core_number(vf.bdf, "agent", "loaded");
	v2_save_stopped(&vf, &stream);
	EXPECT_EQ(copied(), before + stream.len);
	fd = v2_begin(&vf, V2_RESUMING);
	ASSERT_EQ(v2_fill(fd, stream.at, stream.len, stream.len), 0);
	EXPECT_EQ(copied(), before + 2 * stream.len);
	v2_go(&vf, V2_RUNNING);
	expect_whole_records(loaded);
}

TEST(whole_by_v2, "so it is by v2 with the buffer of 1 MiB that QEMU has")
{
	int fd;

	agent_init(&agent, vf_first(), LARGE);
	agent_start_afresh(&agent);
	v2_save_stopped(&vf, &stream);
	fd = v2_begin(&vf, V2_RESUMING);
	ASSERT_EQ(v2_fill(fd, stream.at, stream.len, vf.area_len), 0);
	v2_go(&vf, V2_RUNNING);
	EXPECT_EQ(agent.cut, 0);
	EXPECT_EQ(vf.area_len, AT_ONCE);
}

TEST_EACH(taken_away, "with the migration the window goes from an agent that keeps it mapped")
{
	begin();
	way_stop_copy(by, &vf, &stream);
	keep();
	EXPECT_EQ(is_there(kept), true);
	way_go(by, &vf, TO_RUNNING);
	EXPECT_EQ(is_there(kept), false);
	EXPECT_EQ(is_there(kept + kept_len - 1), false);
}

TEST_EACH(taken_by_reset, "so it does with a reset, and with a close")
{
	begin();
	way_stop_copy(by, &vf, &stream);
	keep();
	EXPECT_EQ(is_there(kept), true);
	v2_close_all();
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(is_there(kept), false);
	drop_kept();
	way_stop_copy(by, &vf, &stream);
	keep();
	EXPECT_EQ(is_there(kept), true);
	v2_close_all();
	vf_close(&vf);
	EXPECT_EQ(is_there(kept), false);
}

TEST(taken_from_the_dead, "and from one that is detached, whoever has the next one's window")
{
	struct vfmig_agent_reply nonsense = {};
	int copy;

	begin();
	vf_go(&vf, STATE_PRE_COPY);
	keep();
	EXPECT_EQ(is_there(kept), true);
	copy = dup(agent.fd);
	EXPECT_EQ(write(copy, &nonsense, sizeof(nonsense)), -1);
	EXPECT_EQ(errno, EPROTO);
	EXPECT_EQ(is_there(kept), false);
	agent_stop(&agent);
	agent_start(&agent);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_PRE_COPY);
	EXPECT_EQ(is_there(kept), false);
	close(copy);
}

TEST(scribbled, "an agent that writes while the VMM reads harms the stream alone")
{
	begin();
	vf_map(&vf);
	vf_go(&vf, STATE_STOP_COPY);
	keep();
	vf_data_offset(&vf);
	memset(kept, 0xff, kept_len);
	save_phase(&vf, &stream, MAPPED);
	EXPECT_EQ(vf_state(&vf), STATE_STOP_COPY);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_RESUMING);
	EXPECT_NE(load_all(&vf, &stream), 0);
	ASSERT_EQ(vf_reset(&vf), 0);
	need_whole_transfer();
}

TEST(forked, "a child of an agent has none of its mappings")
{
	pid_t child;
	int status;

	begin();
	vf_go(&vf, STATE_PRE_COPY);
	keep();
	child = fork();
	if (!child)
		_exit(is_there(kept));
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
}
