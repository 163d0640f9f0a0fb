// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of states, as VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE walks it. Which
 * hops there are on a way, and ERROR: mock_order.c, mock_error.c.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fixture.h"
#include "v2.h"

static bool saves(uint32_t state)
{
	return state == V2_STOP_COPY || state == V2_PRE_COPY ||
	       state == V2_PRE_COPY_P2P;
}

static bool pre_copies(uint32_t state)
{
	return state == V2_PRE_COPY || state == V2_PRE_COPY_P2P;
}

/* A save that has come to its last part does not go back. */
static bool allowed(uint32_t from, uint32_t to)
{
	return v2_can(&vf, to) && !(from == V2_STOP_COPY && pre_copies(to));
}

/* A transfer begins, which is not the one that is under way. */
static bool begins(uint32_t from, uint32_t to)
{
	if (from == to || (pre_copies(from) && saves(to)))
		return false;
	return saves(to) || to == V2_RESUMING;
}

static void start_from(uint32_t state)
{
	v2_close_all();
	v2_enter(&vf, state);
}

static void try_arc(uint32_t from, uint32_t to)
{
	bool may = allowed(from, to);
	int fd;

	start_from(from);
	EXPECT_EQ(v2_set_state(&vf, to, &fd), may ? 0 : -EINVAL, "%s to %s",
		  v2_name(from), v2_name(to));
	EXPECT_EQ(v2_state(&vf), may ? to : from, "%s to %s", v2_name(from),
		  v2_name(to));
	EXPECT_EQ(fd != NO_FD, may && begins(from, to), "%s to %s",
		  v2_name(from), v2_name(to));
}

TEST(all_pairs, "every pair of states: there, with an fd if a transfer begins, or EINVAL")
{
	for (uint32_t from = 0; from < V2_NR_STATES; from++)
		for (uint32_t to = 0; v2_can(&vf, from) && to < V2_NR_STATES; to++)
			try_arc(from, to);
	v2_close_all();
	v2_go_back(&vf);
	v2_need_whole_transfer();
}

static bool kernel_is_since(int major, int minor)
{
	struct utsname name;
	long here;
	char *end;

	ASSERT_EQ(uname(&name), 0);
	here = strtol(name.release, &end, 10);
	ASSERT_EQ(*end, '.', "%s", name.release);
	return here > major ||
	       (here == major && strtol(end + 1, NULL, 10) >= minor);
}

TEST(states_there_are, "STOP_COPY and P2P always, PRE_COPY since 6.2, and no state else")
{
	uint64_t known = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
			 VFIO_MIGRATION_PRE_COPY;

	EXPECT_EQ(v2_flags(&vf) & ~known, 0);
	EXPECT_EQ(v2_can(&vf, V2_STOP_COPY), true);
	EXPECT_EQ(v2_can(&vf, V2_RUNNING_P2P), true);
	EXPECT_EQ(v2_can(&vf, V2_PRE_COPY), kernel_is_since(6, 2));
	for (uint32_t to = 0; to < V2_NR_STATES; to++) {
		EXPECT_EQ(v2_try(&vf, to), v2_can(&vf, to) ? 0 : -EINVAL, "%s",
			  v2_name(to));
		v2_go_back(&vf);
	}
	tap_note("flags %#llx", (unsigned long long)v2_flags(&vf));
}

TEST(no_states, "a number that is no state is refused from everywhere, and nothing has happened")
{
	static const uint32_t numbers[] = {
		8, 9, 255, 256 + V2_STOP, 1U << 16 | V2_STOP,
		1U << 31 | V2_STOP, ~0U, ~0U - 1,
	};

	for (uint32_t from = 0; from < V2_NR_STATES; from++)
		for (size_t i = 0; v2_can(&vf, from) && i < ARRAY_SIZE(numbers); i++)
			try_arc(from, numbers[i]);
}

TEST(same_again, "setting the current state again succeeds, does nothing and hands out no fd")
{
	int fd;

	for (uint32_t state = 0; state < V2_NR_STATES; state++) {
		if (!v2_can(&vf, state))
			continue;
		start_from(state);
		if (is_mock(vf.bdf))
			mock_set(vf.bdf, "calls", "");
		for (int i = 0; i < 3; i++) {
			EXPECT_EQ(v2_set_state(&vf, state, &fd), 0, "%s",
				  v2_name(state));
			EXPECT_EQ(fd, NO_FD, "%s", v2_name(state));
			EXPECT_EQ(v2_state(&vf), state);
		}
		if (is_mock(vf.bdf))
			EXPECT_STREQ(mock_text(vf.bdf, "calls"), "");
	}
}

TEST(as_v1_reads_it, "v1's device_state says the same: stop, running, saving, resuming")
{
	static const uint32_t as_v1[V2_NR_STATES] = {
		[V2_STOP] = STATE_STOP,
		[V2_RUNNING] = STATE_RUNNING,
		[V2_STOP_COPY] = STATE_STOP_COPY,
		[V2_RESUMING] = STATE_RESUMING,
		[V2_RUNNING_P2P] = STATE_RUNNING,
		[V2_PRE_COPY] = STATE_PRE_COPY,
		[V2_PRE_COPY_P2P] = STATE_PRE_COPY,
	};

	for (uint32_t state = 0; state < V2_NR_STATES; state++) {
		if (!v2_can(&vf, state))
			continue;
		start_from(state);
		EXPECT_EQ(vf_state(&vf), as_v1[state], "%s", v2_name(state));
	}
}

static void try_feature(uint32_t flags, size_t len, int want)
{
	uint64_t data[4] = { V2_STOP };

	EXPECT_EQ(v2_feature(&vf, flags, data, len), want, "%#x, %zu bytes",
		  flags, len);
	EXPECT_EQ(v2_state(&vf), V2_RUNNING, "%#x, %zu bytes", flags, len);
}

TEST(features, "PROBE, GET and SET as each feature has them; a short argsz is refused")
{
	uint32_t flags = VFIO_DEVICE_FEATURE_MIGRATION;
	uint32_t state = VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE;
	uint32_t probe = VFIO_DEVICE_FEATURE_PROBE;
	uint32_t get = VFIO_DEVICE_FEATURE_GET;
	uint32_t set = VFIO_DEVICE_FEATURE_SET;

	try_feature(flags | probe, 0, 0);
	try_feature(flags | probe | get, 0, 0);
	try_feature(flags | probe | set, 0, -EINVAL);
	try_feature(flags | set, 8, -EINVAL);
	try_feature(flags | get, 7, -EINVAL);
	try_feature(flags | get, 24, 0);
	try_feature(flags, 8, -EINVAL);

	try_feature(state | probe, 0, 0);
	try_feature(state | probe | get, 0, 0);
	try_feature(state | probe | set, 0, 0);
	try_feature(state | set, 7, -EINVAL);
	try_feature(state | set, 4, -EINVAL);
	try_feature(state | get, 0, -EINVAL);
	try_feature(state | get, 24, 0);
	try_feature(state, 8, -EINVAL);
	try_feature(state | get | set, 8, -EINVAL);
}

static rlim_t no_more_fds(void)
{
	struct rlimit limit;
	rlim_t before;
	int fd = dup(vf.fd);

	ASSERT_GT(fd, -1);
	close(fd);
	ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	before = limit.rlim_cur;
	limit.rlim_cur = fd;
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	return before;
}

static void fds_again(rlim_t before)
{
	struct rlimit limit;

	ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = before;
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void expect_way_back(uint32_t state)
{
	EXPECT_EQ(v2_state(&vf), state);
	v2_go_back(&vf);
	v2_need_whole_transfer();
}

TEST(no_fd_left, "where there is no fd left the call fails, and a way leads back to RUNNING")
{
	static const uint32_t states[] = { V2_STOP_COPY, V2_RESUMING, V2_PRE_COPY };
	rlim_t before;
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (!v2_can(&vf, states[i]))
			continue;
		before = no_more_fds();
		ret = v2_try(&vf, states[i]);
		fds_again(before);
		EXPECT_EQ(ret, -EMFILE, "%s", v2_name(states[i]));
		expect_way_back(states[i]);
	}
}

TEST(answer_lost, "where the answer cannot be written the call fails and hands out no fd")
{
	struct {
		struct vfio_device_feature feature;
		struct vfio_device_feature_mig_state state;
	} *arg;
	int fd;

	arg = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(arg, MAP_FAILED);
	arg->feature.argsz = sizeof(*arg);
	arg->feature.flags = VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE |
			     VFIO_DEVICE_FEATURE_SET;
	arg->state.device_state = V2_STOP_COPY;
	ASSERT_EQ(mprotect(arg, getpagesize(), PROT_READ), 0);

	fd = dup(vf.fd);
	close(fd);
	EXPECT_EQ(ioctl(vf.fd, VFIO_DEVICE_FEATURE, arg), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(fcntl(fd, F_GETFD), -1);
	expect_way_back(V2_STOP_COPY);
	munmap(arg, getpagesize());
}

static void expect_config_space(uint32_t state)
{
	uint64_t line = VF_CONFIG + PCI_INTERRUPT_LINE;
	uint8_t was, now, put;
	uint16_t vendor = 0;

	EXPECT_EQ(pread(vf.fd, &vendor, 2, VF_CONFIG + PCI_VENDOR_ID), 2);
	EXPECT_EQ(vendor != 0 && vendor != 0xffff, true, "%s", v2_name(state));
	ASSERT_EQ(pread(vf.fd, &was, 1, line), 1);
	put = was ^ 1;
	EXPECT_EQ(pwrite(vf.fd, &put, 1, line), 1, "%s", v2_name(state));
	ASSERT_EQ(pread(vf.fd, &now, 1, line), 1);
	EXPECT_EQ(now, put, "%s", v2_name(state));
}

static void set_up_msix(void)
{
	struct vfio_irq_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_MSIX_IRQ_INDEX,
	};

	ASSERT_EQ(ioctl(vf.fd, VFIO_DEVICE_GET_IRQ_INFO, &info), 0);
	if (info.count)
		vf_irq_end(&vf, info.index, vf_irq_fd(&vf, info.index));
}

TEST(answers, "config space and MSI-X can be set up in each state, and that changes no state")
{
	for (uint32_t state = 0; state < V2_NR_STATES; state++) {
		if (!v2_can(&vf, state))
			continue;
		start_from(state);
		expect_config_space(state);
		set_up_msix();
		EXPECT_EQ(v2_state(&vf), state);
	}
	v2_close_all();
	v2_go_back(&vf);
	v2_need_whole_transfer();
}

TEST(round_the_states, "a device that was stopped in whatever way can be started again")
{
	static const uint32_t walk[] = {
		V2_STOP, V2_RUNNING, V2_RUNNING_P2P, V2_STOP, V2_STOP_COPY,
		V2_STOP, V2_PRE_COPY, V2_STOP, V2_RESUMING, V2_STOP,
		V2_RUNNING_P2P, V2_RUNNING, V2_PRE_COPY, V2_PRE_COPY_P2P,
		V2_STOP_COPY, V2_RESUMING, V2_STOP_COPY, V2_RUNNING_P2P,
		V2_RESUMING, V2_PRE_COPY_P2P, V2_PRE_COPY, V2_RUNNING_P2P,
		V2_PRE_COPY, V2_RESUMING, V2_PRE_COPY, V2_RUNNING,
	};

	struct bytes stream = {};
	int fd;

	v2_save_stopped(&vf, &stream);
	for (size_t i = 0; i < ARRAY_SIZE(walk); i++) {
		if (!v2_can(&vf, walk[i]))
			continue;
		fd = v2_go(&vf, walk[i]);
		if (walk[i] == V2_RESUMING)
			ASSERT_EQ(v2_fill(fd, stream.at, stream.len, AT_ONCE), 0);
	}
	bytes_free(&stream);
	v2_close_all();
	v2_need_whole_transfer();
}
