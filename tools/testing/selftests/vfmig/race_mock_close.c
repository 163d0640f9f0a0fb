// SPDX-License-Identifier: GPL-2.0-only
/*
 * An access that hangs in the backend while its file is closed, its process is
 * killed, its driver is unbound or its modules are to go: each waits for the
 * access to end, and the next user finds the device as new.
 */
#include <unistd.h>

#include "fixture.h"
#include "race.h"
#include "race_moment.h"
#include "sysfs.h"

#define STATE_BYTES	"8192"

static struct order unbind;
static char driver[SYSFS_TEXT];

void before_open(void)
{
	order_wait(&unbind);
	if (!driver[0])
		driver_name(vf_first(), driver);
	else
		driver_bind(vf_first(), driver);
	need_mock(vf_first());
	param_set("mock_vfio_pci", "size", STATE_BYTES);
	hold_for_ever();
}

static void reopen_as_new(const char *when)
{
	vf_open(&vf, vf_first());
	expect_as_new(when);
}

/* Its registers, and calls of the backend where it can be held. */
static const struct {
	uint32_t state;
	uint64_t at;
	bool write;
	const char *call;
} accesses[] = {
	{ STATE_RUNNING, REG_DEVICE_STATE, true, "quiesce" },
	{ STATE_RUNNING, REG_DEVICE_STATE, true, "freeze" },
	{ STATE_RUNNING, REG_DEVICE_STATE, true, "save_begin" },
	{ STATE_STOP_COPY, REG_DATA_OFFSET, false, "save" },
	{ STATE_STOP_COPY, REG_DATA_SIZE, false, "save" },
	{ STATE_RESUMING, REG_DATA_SIZE, true, "load_begin" },
	{ STATE_RESUMING, REG_DATA_SIZE, true, "load" },
	{ STATE_RESUMING, REG_DATA_SIZE, true, "load_commit" },
};

static void prepare(size_t i, struct access *access, const struct bytes *stream)
{
	*access = (struct access){
		.vf = &vf,
		.at = accesses[i].at,
		.write = accesses[i].write,
		.value = accesses[i].at == REG_DEVICE_STATE ? STATE_STOP_COPY :
							      stream->len,
	};
	vf_go(&vf, accesses[i].state);
	if (accesses[i].state == STATE_RESUMING)
		ASSERT_EQ(vf_write(&vf, vf.area, stream->at, stream->len), 0);
}

static void expect_in_use(const char *call)
{
	EXPECT_EQ(is_open(vf_first()), true, "%s", call);
	EXPECT_EQ(module_unload(driver), -EWOULDBLOCK, "%s", call);
	EXPECT_EQ(module_unload("vfmig"), -EWOULDBLOCK, "%s", call);
}

/*
 * The thread in the access is the last that has the file. No error is wrong
 * that ends it; which, race_mock_reset knows.
 */
TEST(outlived, "until an access has returned the device is in use, and its modules too")
{
	struct bytes stream = {};
	struct access access;
	struct vf closed;

	save_stopped(&vf, &stream);
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		prepare(i, &access, &stream);
		closed = vf;
		access.vf = &closed;
		hold_until(&access, accesses[i].call);
		vf_close(&vf);
		EXPECT_EQ(access.done, false, "%s", accesses[i].call);
		expect_in_use(accesses[i].call);
		ASSERT_EQ(sysfs_reset(vf_first()), 0);
		access_join(&access);
		EXPECT_NE(access.ret, 0, "%s", accesses[i].call);
		await_closed(vf_first());
		reopen_as_new(accesses[i].call);
	}
	bytes_free(&stream);
}

static struct access held;

static void act_held(void)
{
	access_now(&held);
}

/* It is the last that has the device: the parent has closed its own. */
static pid_t child_in_access(size_t i, const struct bytes *stream)
{
	static struct vf closed;
	pid_t child;

	prepare(i, &held, stream);
	closed = vf;
	held.vf = &closed;
	hold(accesses[i].call);
	child = child_start(act_held);
	mock_await(vf_first(), accesses[i].call);
	vf_close(&vf);
	expect_in_use(accesses[i].call);
	return child;
}

TEST(killed, "SIGKILL ends any access at once, and the device is closed with the process")
{
	struct bytes stream = {};

	save_stopped(&vf, &stream);
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		child_kill(child_in_access(i, &stream));
		await_closed(vf_first());
		reopen_as_new(accesses[i].call);
	}
	bytes_free(&stream);
}

/*
 * The child must not be the last that has the container: Linux 6.1 closes one
 * without a lock (vfio_iommu_type1_notify()), while the unbinding takes its last
 * group out and frees what it looks at.
 */
TEST(unbound, "unbinding goes on when the user is killed in an access that hangs")
{
	struct bytes stream = {};
	int request, iommu;
	pid_t child;

	save_stopped(&vf, &stream);
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		request = request_fd(&vf);
		iommu = dup(vf.iommu);
		ASSERT_GT(iommu, -1);
		child = child_in_access(i, &stream);
		order_unbind(&unbind, vf_first());
		EXPECT_EQ(requested(request), true, "%s", accesses[i].call);
		EXPECT_EQ(order_done(&unbind), false, "%s", accesses[i].call);
		close(request);
		child_kill(child);
		ASSERT_EQ(order_wait(&unbind), 0);
		close(iommu);
		ASSERT_EQ(driver_bind(vf_first(), driver), 0);
		reopen_as_new(accesses[i].call);
	}
	bytes_free(&stream);
}
