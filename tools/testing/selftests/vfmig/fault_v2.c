// SPDX-License-Identifier: GPL-2.0-only
/*
 * v2 where memory is short: a state that cannot be set leaves one on the way, a
 * read or write that fails has taken nothing and can be tried again.
 */
#include <errno.h>
#include <string.h>

#include "fault.h"
#include "fixture.h"
#include "v2.h"

#define PLACES	400
/* No divisor of anything: headers and payloads are cut wherever it falls. */
#define PIECE	3001

static struct bytes want, got;

void before_open(void)
{
	fault_prepare_save(&got);
	bytes_free(&want);
}

/* There, whatever has become of the first attempt, and with an fd if one is due. */
static int go_patiently(uint32_t to, int *fd, int *err)
{
	int ret = v2_set_state(&vf, to, fd);
	uint32_t at;

	if (!ret)
		return 0;
	*err = *err ? *err : ret;
	ret = v2_get_state(&vf, &at);
	/* The answer was lost, and with it the fd. */
	if (!ret && at == to)
		ret = to == V2_RESUMING ? vf_reset(&vf) :
					  v2_set_state(&vf, V2_STOP, fd);
	return ret ? ret : v2_set_state(&vf, to, fd);
}

static void try_arc(uint32_t from, uint32_t to)
{
	struct sweep sweep = SWEEP("SET_STATE", PLACES);
	int fd, ret;

	while (sweep_next(&sweep)) {
		v2_close_all();
		v2_enter(&vf, from);
		sweep_arm(&sweep);
		ret = v2_set_state(&vf, to, &fd);
		sweep_disarm(&sweep, ret);
		v2_expect_agreement("after a fault");
		if (!ret)
			EXPECT_EQ(v2_state(&vf), to);
		if (ret && v2_state(&vf) != to)
			v2_go(&vf, to);
		v2_expect_agreement("in the end");
	}
	sweep_done(&sweep, 2);
	EXPECT_GT(sweep.felt, 1);
}

TEST(each_arc, "a state that cannot be set: never ERROR, and from where it is there is a way on")
{
	for (uint32_t from = 0; from < V2_NR_STATES; from++) {
		for (uint32_t to = 0; to < V2_NR_STATES; to++) {
			if (from == to || !v2_can(&vf, from) || !v2_can(&vf, to))
				continue;
			if (from == V2_STOP_COPY &&
			    (to == V2_PRE_COPY || to == V2_PRE_COPY_P2P))
				continue;
			try_arc(from, to);
		}
	}
	v2_close_all();
	v2_go_back(&vf);
	v2_need_whole_transfer();
}

static int read_patiently(int fd, int *err)
{
	uint8_t buf[PIECE];
	int faults = 0;
	ssize_t n;

	for (;;) {
		n = v2_read(fd, buf, sizeof(buf));
		if (!n || (n < 0 && faults++))
			return n;
		if (n < 0) {
			*err = *err ? *err : n;
			continue;
		}
		memcpy(got.at + got.len, buf, n);
		got.len += n;
	}
}

static int save_patiently(int *err)
{
	int fd, ret = go_patiently(V2_STOP_COPY, &fd, err);

	if (!ret)
		ret = read_patiently(fd, err);
	if (!ret)
		ret = go_patiently(V2_RUNNING, &fd, err);
	return ret;
}

static void sweep_save(const char *path, bool pages)
{
	struct sweep sweep = SWEEP(path, PLACES);
	int err, ret;

	fault_pages(pages);
	while (sweep_next(&sweep)) {
		v2_close_all();
		got.len = 0;
		err = 0;
		sweep_arm(&sweep);
		ret = save_patiently(&err);
		sweep_disarm(&sweep, err);
		ASSERT_EQ(ret, 0, "place %u", sweep.nth);
		bytes_expect_same(&got, &want, path);
	}
	sweep_done(&sweep, 10);
	EXPECT_GT(sweep.felt, 5);
}

TEST(save, "any access fails once: the stream has every byte, once")
{
	v2_save_stopped(&vf, &want);
	sweep_save("save by v2", false);
	sweep_save("save by v2, pages wanting", true);
	v2_close_all();
	v2_need_whole_transfer();
}

/* -ENOMEM after a load has begun to eat a record ends it: the caller looks. */
static int write_patiently(int fd, int *err)
{
	int faults = 0;
	size_t at, len;
	ssize_t n;

	for (at = 0; at < want.len; at += n) {
		len = want.len - at < PIECE ? want.len - at : PIECE;
		n = v2_write(fd, want.at + at, len);
		if (n >= 0)
			continue;
		if (faults++)
			return n;
		*err = *err ? *err : n;
		n = 0;
	}
	return 0;
}

static void expect_loaded(void)
{
	int fd;

	fd = v2_begin(&vf, V2_STOP_COPY);
	got.len = 0;
	ASSERT_EQ(v2_drain(fd, &got, AT_ONCE), 0);
	bytes_expect_same(&got, &want, "loaded");
}

TEST(load, "any access fails once: the load goes on, or it has cost nothing and a new one succeeds")
{
	struct sweep sweep = SWEEP("load by v2", PLACES);
	unsigned int ended = 0;
	int fd, err, ret;

	v2_save_stopped(&vf, &want);
	while (sweep_next(&sweep)) {
		v2_close_all();
		change_device();
		err = 0;
		sweep_arm(&sweep);
		ret = go_patiently(V2_RESUMING, &fd, &err);
		if (!ret)
			ret = write_patiently(fd, &err);
		sweep_disarm(&sweep, err);
		if (ret) {
			ended++;
			EXPECT_EQ(ret, -EINVAL, "place %u", sweep.nth);
			EXPECT_EQ(v2_state(&vf), V2_RESUMING);
			EXPECT_EQ(v2_try(&vf, V2_STOP), -EINVAL);
			ASSERT_EQ(vf_reset(&vf), 0);
			v2_load(&vf, &want);
		}
		expect_loaded();
	}
	tap_note("%u loads ended", ended);
	sweep_done(&sweep, 10);
	EXPECT_GT(sweep.felt, 5);
}

TEST(famine, "without any memory a transfer can be ended and the device started")
{
	static const uint32_t states[] = {
		V2_STOP_COPY, V2_RESUMING, V2_STOP, V2_RUNNING_P2P,
		V2_PRE_COPY, V2_PRE_COPY_P2P,
	};
	uint32_t state;
	int ret, read;

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (!v2_can(&vf, states[i]))
			continue;
		v2_enter(&vf, states[i]);
		famine_begin(FAMINE);
		read = v2_get_state(&vf, &state);
		ret = v2_try(&vf, V2_RUNNING);
		famine_end();
		EXPECT_EQ(read, 0, "%s", v2_name(states[i]));
		EXPECT_EQ(state, states[i]);
		EXPECT_EQ(ret, 0, "%s", v2_name(states[i]));
		v2_expect_agreement("in a famine");
		v2_close_all();
	}
	v2_need_whole_transfer();
}
