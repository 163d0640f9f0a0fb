// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, where the kernel has it: about what a
 * STOP_COPY will have to say, asked before there is one.
 */
#include "fixture.h"
#include "v2.h"

static struct bytes stream;

void before_open(void)
{
	bytes_free(&stream);
}

/* What a user reserves time for: not too little, and not many times too much. */
static void expect_about(uint64_t size, uint64_t read)
{
	tap_note("said %llu, read %llu", (unsigned long long)size,
		 (unsigned long long)read);
	EXPECT_LE(read, size + size / 8 + 1024);
	EXPECT_LE(size, read + read / 2 + 65536);
}

TEST(before, "asked of a running device it is about what the STOP_COPY then says")
{
	static const uint64_t sizes[] = { 8, 4096, 100000, 1 << 20 };
	uint64_t size;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (is_mock(vf.bdf)) {
			mock_setn(vf.bdf, "size", sizes[i]);
			ASSERT_EQ(vf_reset(&vf), 0);
		}
		size = v2_need_data_size(&vf);
		EXPECT_GT(size, 0);
		bytes_free(&stream);
		v2_save_stopped(&vf, &stream);
		expect_about(size, stream.len);
	}
}

TEST(headers, "the headers of records count: many small ones make a difference")
{
	uint64_t size;
	int fd;

	if (!is_mock(vf.bdf))
		SKIP("only mock has records of any size");
	v2_need_pre_copy(&vf);
	v2_need_data_size(&vf);
	mock_setn(vf.bdf, "size", 1 << 20);
	mock_setn(vf.bdf, "record", 64);
	mock_setn(vf.bdf, "dirty_permille", 500);
	ASSERT_EQ(vf_reset(&vf), 0);
	fd = v2_begin(&vf, V2_PRE_COPY);
	ASSERT_EQ(v2_drain(fd, &stream, AT_ONCE), -ENOMSG);
	size = v2_need_data_size(&vf);
	bytes_free(&stream);
	v2_go(&vf, V2_STOP_COPY);
	ASSERT_EQ(v2_drain(fd, &stream, AT_ONCE), 0);
	tap_note("said %llu, read %zu", (unsigned long long)size, stream.len);
	EXPECT_LE(stream.len, size + size / 10);
	EXPECT_LE(size, stream.len + stream.len / 10);
}

TEST(each_state, "it can be asked in every state, and changes nothing")
{
	for (uint32_t state = 0; state < V2_NR_STATES; state++) {
		uint64_t bytes;

		if (!v2_can(&vf, state))
			continue;
		v2_need_data_size(&vf);
		v2_go_back(&vf);
		v2_go(&vf, state);
		EXPECT_EQ(v2_data_size(&vf, &bytes), 0, "%s", v2_name(state));
		EXPECT_EQ(v2_state(&vf), state);
		v2_close_all();
	}
	v2_go_back(&vf);
	v2_need_whole_transfer();
}

TEST(takes_nothing, "asked in the middle of a save it takes no byte from it")
{
	struct bytes again = {};
	uint8_t some[100];
	ssize_t n;
	int fd;

	v2_need_data_size(&vf);
	v2_save_stopped(&vf, &stream);
	fd = v2_begin(&vf, V2_STOP_COPY);
	while ((n = v2_read(fd, some, sizeof(some))) > 0) {
		bytes_add(&again, some, n);
		v2_need_data_size(&vf);
	}
	EXPECT_EQ(n, 0);
	bytes_expect_same(&again, &stream, "asked all the time");
	bytes_free(&again);
}

TEST(v1_save, "it can be asked while v1 has the device, and disturbs nothing")
{
	struct bytes again = {};
	uint64_t bytes;

	v2_need_data_size(&vf);
	save_stopped(&vf, &stream);
	vf_go(&vf, STATE_STOP_COPY);
	while (vf_pending(&vf)) {
		v2_data_size(&vf, &bytes);
		ASSERT_GT(save_chunk(&vf, &again, TRAPPED_WHOLE), 0);
	}
	bytes_expect_same(&again, &stream, "asked all the time");
	bytes_free(&again);
}

TEST(get_only, "it can be read and not set; a short argsz is refused")
{
	uint64_t data[2] = {};
	uint32_t size = VFIO_DEVICE_FEATURE_MIG_DATA_SIZE;

	v2_need_data_size(&vf);
	EXPECT_EQ(v2_feature(&vf, size | VFIO_DEVICE_FEATURE_PROBE, data, 0), 0);
	EXPECT_EQ(v2_feature(&vf, size | VFIO_DEVICE_FEATURE_SET, data, 8),
		  -EINVAL);
	EXPECT_EQ(v2_feature(&vf, size | VFIO_DEVICE_FEATURE_GET, data, 7),
		  -EINVAL);
	EXPECT_EQ(v2_feature(&vf, size | VFIO_DEVICE_FEATURE_GET, data, 16), 0);
}
