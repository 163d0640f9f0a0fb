// SPDX-License-Identifier: GPL-2.0-only
/*
 * One device, two protocols: whoever takes it out of RUNNING has it until it is
 * back there. The other one can look on.
 */
#include <string.h>

#include "fixture.h"
#include "v2.h"

static struct bytes stream;

void before_open(void)
{
	bytes_free(&stream);
}

static void expect_owner(const char *owner)
{
	EXPECT_STREQ(core_owner(vf.bdf), owner);
}

static void expect_reason(uint64_t errors, const char *owner)
{
	const char *text = core_text(vf.bdf, "last_error");

	EXPECT_GT(core_number(vf.bdf, "last_error", ""), errors);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), owner), NULL, "%s",
		  text);
}

TEST(nobody, "a device that runs is nobody's, whatever was read of it, and closed too")
{
	expect_owner("none");
	vf_state(&vf);
	v2_state(&vf);
	v2_flags(&vf);
	vf_pending(&vf);
	vf_data_offset(&vf);
	vf_data_size(&vf);
	expect_owner("none");
	vf_go(&vf, STATE_RUNNING);
	v2_go(&vf, V2_RUNNING);
	expect_owner("none");
	vf_close(&vf);
	EXPECT_STREQ(core_owner(vf_first()), "none");
}

static void expect_v1_refused(uint32_t state)
{
	static const uint32_t targets[] = {
		STATE_STOP, STATE_RUNNING, STATE_STOP_COPY, STATE_PRE_COPY,
		STATE_RESUMING,
	};
	uint64_t errors = core_number(vf.bdf, "last_error", "");
	uint32_t v1 = vf_state(&vf);
	uint64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		EXPECT_EQ(vf_set_state(&vf, targets[i]), -EBUSY, "%u in %s",
			  targets[i], v2_name(state));
		EXPECT_EQ(v2_state(&vf), state);
		EXPECT_EQ(vf_state(&vf), v1);
	}
	EXPECT_EQ(vf_read64(&vf, REG_PENDING_BYTES, &value), -EBUSY, "%s",
		  v2_name(state));
	EXPECT_EQ(vf_read64(&vf, REG_DATA_OFFSET, &value), -EBUSY, "%s",
		  v2_name(state));
	EXPECT_EQ(vf_read64(&vf, REG_DATA_SIZE, &value), -EBUSY, "%s",
		  v2_name(state));
	EXPECT_EQ(vf_put_data_size(&vf, 8), -EBUSY, "%s", v2_name(state));
	EXPECT_EQ(vf_put_data_size(&vf, 0), -EBUSY, "%s", v2_name(state));
	EXPECT_EQ(vf_read64(&vf, REG_DATA_OFFSET + 4, &value), -EINVAL, "%s",
		  v2_name(state));
	expect_reason(errors, "v2");
	expect_owner("v2");
}

TEST(v2_has_it, "in each state of v2 but RUNNING v1 gets EBUSY, and can read the state")
{
	for (uint32_t state = 0; state < V2_NR_STATES; state++) {
		if (!v2_can(&vf, state) || state == V2_RUNNING)
			continue;
		v2_go(&vf, state);
		expect_v1_refused(state);
		v2_go_back(&vf);
		expect_owner("none");
		v2_close_all();
	}
	need_whole_transfer();
}

static const uint32_t v1_states[] = {
	STATE_STOP, STATE_STOP_COPY, STATE_PRE_COPY, STATE_RESUMING,
};

static uint32_t as_v2_reads_it(uint32_t v1)
{
	switch (v1) {
	case STATE_STOP:
		return V2_STOP;
	case STATE_RUNNING:
		return V2_RUNNING;
	case STATE_STOP_COPY:
		return V2_STOP_COPY;
	case STATE_PRE_COPY:
		return V2_PRE_COPY;
	case STATE_RESUMING:
		return V2_RESUMING;
	}
	return V2_ERROR;
}

static void expect_v2_refused(uint32_t v1)
{
	uint64_t errors = core_number(vf.bdf, "last_error", "");
	int fd;

	for (uint32_t to = 0; to < V2_NR_STATES; to++) {
		if (!v2_can(&vf, to))
			continue;
		EXPECT_EQ(v2_set_state(&vf, to, &fd), -EBUSY, "%s in %u",
			  v2_name(to), v1);
		EXPECT_EQ(fd, NO_FD);
		EXPECT_EQ(vf_state(&vf), v1);
	}
	expect_reason(errors, "v1");
	expect_owner("v1");
}

TEST(v1_has_it, "in each state of v1 but RUNNING v2's state cannot be set, only read")
{
	uint32_t state;

	for (size_t i = 0; i < ARRAY_SIZE(v1_states); i++) {
		vf_go(&vf, v1_states[i]);
		expect_v2_refused(v1_states[i]);
		EXPECT_EQ(v2_get_state(&vf, &state), 0);
		/* A state that this kernel's v2 has no number for may differ. */
		if (v2_can(&vf, as_v2_reads_it(v1_states[i])))
			EXPECT_EQ(state, as_v2_reads_it(v1_states[i]), "%u",
				  v1_states[i]);
		vf_go(&vf, STATE_RUNNING);
		expect_owner("none");
	}
	v2_need_whole_transfer();
}

TEST(undisturbed_save, "a save by v2 is not disturbed by v1's attempts, nor the other way about")
{
	struct bytes again = {};
	uint64_t value;
	uint8_t some[70];
	int fd;

	v2_save_stopped(&vf, &stream);
	fd = v2_begin(&vf, V2_STOP_COPY);
	while (again.len < stream.len) {
		ssize_t n = v2_read(fd, some, sizeof(some));

		ASSERT_GT(n, 0);
		bytes_add(&again, some, n);
		EXPECT_EQ(vf_read64(&vf, REG_DATA_SIZE, &value), -EBUSY);
		EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), -EBUSY);
	}
	bytes_expect_same(&again, &stream, "through v2");
	v2_go(&vf, V2_RUNNING);

	bytes_free(&again);
	vf_go(&vf, STATE_STOP_COPY);
	while (vf_pending(&vf)) {
		EXPECT_EQ(v2_try(&vf, V2_RUNNING), -EBUSY);
		ASSERT_GT(save_chunk(&vf, &again, TRAPPED_WHOLE), 0);
		EXPECT_EQ(v2_try(&vf, V2_STOP_COPY), -EBUSY);
	}
	bytes_expect_same(&again, &stream, "through v1");
	bytes_free(&again);
}

TEST(undisturbed_load, "nor is a load")
{
	size_t half;
	int fd;

	v2_save_stopped(&vf, &stream);
	change_device();
	half = stream.len / 2;
	fd = v2_begin(&vf, V2_RESUMING);
	ASSERT_EQ(v2_fill(fd, stream.at, half, AT_ONCE), 0);
	EXPECT_EQ(vf_put_data_size(&vf, 8), -EBUSY);
	EXPECT_EQ(vf_set_state(&vf, STATE_RESUMING), -EBUSY);
	ASSERT_EQ(v2_fill(fd, stream.at + half, stream.len - half, AT_ONCE), 0);
	v2_go(&vf, V2_RUNNING);

	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_bytes(&vf, stream.at, half, TRAPPED_WHOLE), 0);
	EXPECT_EQ(v2_try(&vf, V2_RESUMING), -EBUSY);
	EXPECT_EQ(v2_try(&vf, V2_RUNNING), -EBUSY);
	ASSERT_EQ(load_bytes(&vf, stream.at + half, stream.len - half,
			     TRAPPED_WHOLE), 0);
	vf_go(&vf, STATE_RUNNING);
}

TEST(given_back, "RUNNING gives the device back, and the other may have it, as often as they like")
{
	for (int i = 0; i < 4; i++) {
		v2_go(&vf, V2_STOP);
		expect_owner("v2");
		v2_go(&vf, V2_RUNNING);
		expect_owner("none");
		vf_go(&vf, STATE_STOP);
		expect_owner("v1");
		vf_go(&vf, STATE_RUNNING);
		expect_owner("none");
		need_whole_transfer();
		v2_need_whole_transfer();
	}
}

TEST(reset_gives_back, "so does a reset, from either")
{
	v2_go(&vf, V2_STOP);
	ASSERT_EQ(vf_reset(&vf), 0);
	expect_owner("none");
	vf_go(&vf, STATE_STOP_COPY);
	expect_owner("v1");
	ASSERT_EQ(vf_reset(&vf), 0);
	expect_owner("none");
	v2_go(&vf, V2_STOP_COPY);
	expect_owner("v2");
}

TEST(close_gives_back, "and a close")
{
	v2_go(&vf, V2_STOP);
	reopen();
	expect_owner("none");
	vf_go(&vf, STATE_STOP);
	reopen();
	expect_owner("none");
	v2_need_whole_transfer();
}

TEST(refused_is_no_owner, "who was refused out of RUNNING has not got the device")
{
	EXPECT_EQ(v2_try(&vf, V2_ERROR), -EINVAL);
	EXPECT_EQ(v2_try(&vf, 77), -EINVAL);
	expect_owner("none");
	EXPECT_EQ(vf_set_state(&vf, 5), -EINVAL);
	expect_owner("none");
	if (is_mock(vf.bdf)) {
		mock_set(vf.bdf, "fault", "quiesce 1 5");
		EXPECT_EQ(v2_try(&vf, V2_STOP), -EIO);
		EXPECT_EQ(v2_state(&vf), V2_RUNNING);
		expect_owner("none");
		mock_set(vf.bdf, "fault", "quiesce 1 5");
		EXPECT_EQ(vf_set_state(&vf, STATE_STOP), -EFAULT);
		expect_owner("none");
	}
	vf_go(&vf, STATE_STOP);
	expect_owner("v1");
}

TEST(names, "debugfs tells the states of v2 by their names")
{
	static const char * const names[V2_NR_STATES] = {
		[V2_STOP] = "stop",
		[V2_RUNNING] = "running",
		[V2_STOP_COPY] = "stop-and-copy",
		[V2_RESUMING] = "resuming",
		[V2_RUNNING_P2P] = "running-p2p",
		[V2_PRE_COPY] = "pre-copy",
		[V2_PRE_COPY_P2P] = "pre-copy-p2p",
	};

	for (uint32_t state = 0; state < V2_NR_STATES; state++) {
		if (!v2_can(&vf, state))
			continue;
		v2_go_back(&vf);
		v2_go(&vf, state);
		EXPECT_STREQ(core_state(vf.bdf), names[state]);
	}
}
