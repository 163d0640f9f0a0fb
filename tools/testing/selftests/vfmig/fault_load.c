// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads where memory is short. An access that fails before a byte is taken can
 * be tried again. One that fails later ends the load, and costs the device
 * nothing: it is as it was, a reset leads to RUNNING, and then a load succeeds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "fault.h"
#include "fixture.h"
#include "igbvf.h"
#include "stream.h"

#define PLACES	400
#define SIZE	20000
#define RECORD	4096
/* No divisor of anything: headers and payloads are cut wherever it falls. */
#define PIECE	900

static struct guest guest;
static struct bytes stream;

void before_open(void)
{
	const char *bdf = vf_first();

	fault_need();
	guest_leave(&guest);
	if (is_igbvf(bdf))
		pf_set_mac(bdf, "52:54:00:76:66:00");
	if (!is_mock(bdf))
		return;
	mock_setn(bdf, "seed", 1);
	mock_setn(bdf, "size", SIZE);
	mock_setn(bdf, "record", RECORD);
	/* A record that is skipped, and one that only fills a chunk. */
	mock_setn(bdf, "extra_optional", 1);
	mock_setn(bdf, "overstate", 1);
}

/* A state worth loading. */
static void take(void)
{
	bytes_free(&stream);
	if (is_igbvf(vf.bdf)) {
		guest_enter(&guest, &vf);
		guest_boot(&guest);
	}
	save_stopped(&vf, &stream);
}

static int load_patiently(int *err)
{
	uint64_t offset, n;
	size_t at;
	int ret = try_state(&vf, STATE_RESUMING, err);

	for (at = 0; !ret && at < stream.len; at += n) {
		n = stream.len - at < PIECE ? stream.len - at : PIECE;
		ret = try_read(&vf, REG_DATA_OFFSET, &offset, 8, err);
		if (!ret)
			ret = try_write(&vf, offset, stream.at + at, n, err);
		if (!ret)
			ret = try_write(&vf, REG_DATA_SIZE, &n, 8, err);
	}
	return ret;
}

/* In RESUMING, with the state that the stream says. */
static void expect_loaded(const struct sweep *sweep)
{
	struct bytes again = {};

	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &again, TRAPPED_WHOLE);
	ASSERT_EQ(again.len, stream.len, "place %u", sweep->nth);
	EXPECT_EQ(memcmp(again.at, stream.at, again.len), 0, "place %u",
		  sweep->nth);
	vf_go(&vf, STATE_RUNNING);
	bytes_free(&again);
}

static void expect_ended(const struct sweep *sweep, const char *digest)
{
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "failed already"),
		  NULL, "place %u", sweep->nth);
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING, "place %u", sweep->nth);
	EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), -EFAULT, "place %u",
		  sweep->nth);
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING, "place %u", sweep->nth);
	if (is_mock(vf.bdf))
		EXPECT_EQ(mock_is(vf.bdf, "digest", digest), true, "place %u",
			  sweep->nth);
}

static void note_digest(char *digest, size_t room)
{
	const char *at;

	digest[0] = '\0';
	if (!is_mock(vf.bdf))
		return;
	at = strstr(mock_text(vf.bdf, "state"), "digest ");
	ASSERT_NE(at, NULL);
	strncat(digest, at + strlen("digest "), room - 1);
}

/* How many faults have ended the load. */
static unsigned int sweep_load(struct sweep *sweep)
{
	unsigned int ended = 0;
	char digest[32];
	int err, ret;

	while (sweep_next(sweep)) {
		change_device();
		note_digest(digest, sizeof(digest));
		err = 0;
		sweep_arm(sweep);
		ret = load_patiently(&err);
		sweep_disarm(sweep, err);
		if (ret) {
			EXPECT_EQ(ret, -EINVAL, "place %u", sweep->nth);
			EXPECT_EQ(err, -ENOMEM, "place %u", sweep->nth);
			expect_ended(sweep, digest);
			ended++;
			ASSERT_EQ(vf_reset(&vf), 0);
			vf_go(&vf, STATE_RESUMING);
			ASSERT_EQ(load_all(&vf, &stream), 0);
		}
		expect_loaded(sweep);
	}
	return ended;
}

/* What an agent takes from the window itself needs no memory. */
static unsigned int least(void)
{
	if (is_oob(vf.bdf))
		return 5;
	return is_virtio(vf.bdf) ? 8 : 10;
}

TEST(load, "any access fails once: the load goes on, or it has cost nothing and a new one succeeds")
{
	unsigned int ended = 0;
	struct sweep sweep;

	take();
	/* One place ends it: a record without room. It may be stepped over. */
	for (int pass = 0; !ended && pass < PASSES; pass++) {
		sweep = (struct sweep)SWEEP("load", PLACES);
		ended = sweep_load(&sweep);
		sweep_done(&sweep, least());
		EXPECT_GT(sweep.felt, is_virtio(vf.bdf) ? 4 : 5);
	}
	EXPECT_GT(ended, 0);
	tap_note("load: %u faults ended it", ended);
}

TEST(famine_first, "without any memory a load takes not a byte; with it, it is the same load")
{
	struct sweep sweep = SWEEP("famine", 1);
	uint64_t all;
	int ret;

	take();
	all = stream.len;
	/* Opened anew, so that the kernel has yet to map its window. */
	guest_leave(&guest);
	reopen();
	change_device();
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(section_write(&vf, vf_data_offset(&vf), stream.at, all,
				TRAPPED_WHOLE), 0);
	famine_begin(FAMINE);
	ret = vf_put_data_size(&vf, all);
	famine_end();
	EXPECT_EQ(ret, -ENOMEM);
	EXPECT_EQ(vf_state(&vf), STATE_RESUMING);
	ASSERT_EQ(vf_put_data_size(&vf, all), 0);
	expect_loaded(&sweep);
}

/* The first bytes come in good times, the PIECE after them in bad ones. */
static int load_into_famine(size_t good)
{
	uint64_t n = stream.len - good < PIECE ? stream.len - good : PIECE;
	int ret;

	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_bytes(&vf, stream.at, good, TRAPPED_WHOLE), 0);
	ASSERT_EQ(section_write(&vf, vf_data_offset(&vf), stream.at + good, n,
				TRAPPED_WHOLE), 0);
	famine_begin(FAMINE);
	ret = vf_put_data_size(&vf, n);
	famine_end();
	if (ret)
		EXPECT_EQ(vf_put_data_size(&vf, n), -EINVAL, "at %zu", good);
	return ret;
}

TEST(famine_later, "memory that runs out within a stream ends the load, and no more than that")
{
	struct sweep sweep = SWEEP("famine", 1);
	unsigned int i, ended = 0;
	struct parts parts;
	char digest[32];
	size_t good;
	int ret;

	take();
	stream_split(&stream, &parts);
	for (i = 0; i < parts.nr; i++) {
		/* Within a part: it has begun, and so has the load. */
		good = parts.at[i] + 8;
		change_device();
		note_digest(digest, sizeof(digest));
		ret = load_into_famine(good);
		if (ret) {
			EXPECT_EQ(ret, -ENOMEM, "at %zu", good);
			expect_ended(&sweep, digest);
			ended++;
		}
		ASSERT_EQ(vf_reset(&vf), 0);
	}
	EXPECT_GT(ended, 0);
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &stream), 0);
	expect_loaded(&sweep);
	tap_note("of %u parts %u needed memory", parts.nr, ended);
}
