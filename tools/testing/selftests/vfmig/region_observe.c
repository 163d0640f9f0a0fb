// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operator can watch: the tracepoints and the files in debugfs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

/* An instance of its own, so that nobody else's events are in it. */
#define TRACE "/sys/kernel/tracing/instances/vfmig-test"

static struct bytes stream;
static char trace[1 << 16];

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

static void read_trace(void)
{
	int fd = open(TRACE "/trace", O_RDONLY);
	size_t have = 0;
	ssize_t n;

	ASSERT_NE(fd, -1);
	while ((n = read(fd, trace + have, sizeof(trace) - 1 - have)) > 0)
		have += n;
	trace[have] = '\0';
	close(fd);
}

static void start_trace(void)
{
	if (access(TRACE, F_OK) && mkdir(TRACE, 0700))
		SKIP("no tracefs");
	ASSERT_EQ(write_file(TRACE "/trace", "\n"), 0);
	ASSERT_EQ(write_file(TRACE "/events/vfmig/enable", "1"), 0);
}

/* Is there a line with the event, the device and these words? */
static bool traced(const char *event, const char *words)
{
	char what[64], *line, *rest = strdup(trace), *all = rest;
	bool found = false;

	snprintf(what, sizeof(what), " %s: %s ", event, vf.bdf);
	while (!found && (line = strsep(&rest, "\n")))
		found = strstr(line, what) && strstr(line, words);
	free(all);
	if (!found)
		tap_note("not seen: %s%s", what, words);
	return found;
}

void before_open(void)
{
	bytes_free(&stream);
}

TEST(states, "tracepoint vfmig_state: from, to, result and duration of each change")
{
	start_trace();
	vf_go(&vf, STATE_PRE_COPY);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RUNNING);
	read_trace();
	EXPECT_EQ(traced("vfmig_state", "from=1 to=3 ret=0 ns="), true);
	EXPECT_EQ(traced("vfmig_state", "from=3 to=2 ret=0 ns="), true);
	EXPECT_EQ(traced("vfmig_state", "from=2 to=1 ret=0 ns="), true);
}

TEST(data, "tracepoints vfmig_chunk and vfmig_record, either way")
{
	save_stopped(&vf, &stream);
	start_trace();
	vf_go(&vf, STATE_STOP_COPY);
	bytes_free(&stream);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &stream), 0);
	read_trace();
	EXPECT_EQ(traced("vfmig_chunk", "save size="), true);
	EXPECT_EQ(traced("vfmig_record", "save type=0x100 seq=0 len="), true);
	EXPECT_EQ(traced("vfmig_chunk", "load size="), true);
	EXPECT_EQ(traced("vfmig_record", "load type=0x100 seq=0 len="), true);
}

TEST(failures, "tracepoint vfmig_error and the file last_error say why")
{
	static const char rubbish[64] = "this is no stream";

	start_trace();
	vf_go(&vf, STATE_RESUMING);
	ASSERT_NE(load_bytes(&vf, rubbish, sizeof(rubbish), TRAPPED_WHOLE), 0);
	read_trace();
	EXPECT_EQ(traced("vfmig_error", "not a vfmig stream"), true);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "not a vfmig stream"),
		  NULL);
	ASSERT_EQ(vf_reset(&vf), 0);
}

TEST(resets, "tracepoint vfmig_reset: the state it ended")
{
	start_trace();
	vf_go(&vf, STATE_STOP_COPY);
	ASSERT_EQ(vf_reset(&vf), 0);
	read_trace();
	EXPECT_EQ(traced("vfmig_reset", "from=2"), true);
}

TEST(files, "debugfs: state, and who has led there; bytes, chunks and time of the last transfer")
{
	const char *text;

	EXPECT_STREQ(core_owner(vf.bdf), "none");
	EXPECT_STREQ(core_state(vf.bdf), "running");
	vf_go(&vf, STATE_STOP_COPY);
	EXPECT_STREQ(core_owner(vf.bdf), "v1");
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	EXPECT_STREQ(core_state(vf.bdf), "stop-and-copy");
	vf_go(&vf, STATE_RUNNING);
	EXPECT_STREQ(core_owner(vf.bdf), "none");

	text = core_text(vf.bdf, "last_transfer");
	EXPECT_NE(strstr(text, "stop-and-copy"), NULL);
	EXPECT_NE(strstr(text, "quiesce"), NULL);
	EXPECT_EQ(core_number(vf.bdf, "last_transfer", "stop-and-copy"),
		  stream.len);

	vf_close(&vf);
	EXPECT_STREQ(core_owner(vf_first()), "none");
	vf_open(&vf, vf_first());
}

TEST(next_transfer, "debugfs: a save begun out of a load has the load's time not among its own")
{
	const char *text, *load;

	vf_go(&vf, STATE_RESUMING);
	vf_go(&vf, STATE_PRE_COPY);
	vf_go(&vf, STATE_STOP_COPY);
	vf_go(&vf, STATE_RUNNING);
	text = core_text(vf.bdf, "last_transfer");
	load = strstr(text, "resuming");
	/* But to leave resuming is one of its steps. */
	EXPECT_EQ(load && load < strstr(text, " step "), false, "%s", text);
	EXPECT_NE(strstr(text, "pre-copy"), NULL);
}
