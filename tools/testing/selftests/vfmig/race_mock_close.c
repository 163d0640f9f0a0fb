// SPDX-License-Identifier: GPL-2.0-only
/*
 * An access of either protocol that hangs in the backend while its file is
 * closed, its process is killed, its driver is unbound or its modules are to go:
 * what was made on the device keeps that open until it ends, what was made on a
 * data fd ends with the device; and the next user finds it as new.
 */
#include <unistd.h>

#include "fixture.h"
#include "race_held.h"
#include "race_moment.h"
#include "sysfs.h"
#include "v2.h"

static struct order unbind;
static char driver[SYSFS_TEXT];

void before_open(void)
{
	order_wait(&unbind);
	driver_keep(vf_first(), driver);
	held_before_open();
}

/* By what has happened, and not by the next transfer. */
static void expect_fd_ended(const struct access *access, const char *when)
{
	if (access->fd != NO_FD)
		v2_expect_ended(access->fd, when);
}

static void reopen_as_new(const struct access *access, const char *when)
{
	await_closed(vf_first());
	expect_fd_ended(access, when);
	vf_open(&vf, vf_first());
	expect_as_new(when);
	held_expect_ended(access, when);
}

static void expect_in_use(const char *call)
{
	EXPECT_EQ(is_open(vf_first()), true, "%s", call);
	EXPECT_EQ(module_unload(driver), -EWOULDBLOCK, "%s", call);
	EXPECT_EQ(module_unload("vfmig"), -EWOULDBLOCK, "%s", call);
}

/*
 * A thread in an access of the device is the last that has the file. No error is
 * wrong that ends it; which, race_mock_reset knows.
 */
static void close_in(const struct held *held)
{
	struct access access;
	struct vf closed;

	if (!held_prepare(held, &access))
		return;
	closed = vf;
	access.vf = &closed;
	hold_until(&access, held->call);
	vf_close(&vf);
	if (held_by_device(held)) {
		EXPECT_EQ(access.done, false, "%s", held->call);
		expect_in_use(held->call);
		ASSERT_EQ(sysfs_reset(vf_first()), 0);
	}
	access_join(&access);
	EXPECT_LE(access.ret, -1, "%s", held->call);
	reopen_as_new(&access, held->call);
}

TEST(closed, "a close ends an access by data fd; one by the device it waits for, as do the modules")
{
	for (size_t i = 0; i < nr_held_accesses; i++)
		close_in(&held_accesses[i]);
}

static struct access in_progress;

static void act_in_child(void)
{
	access_now(&in_progress);
}

static pid_t child_in(const struct held *held)
{
	pid_t child;

	hold(held->call);
	child = child_start(act_in_child);
	mock_await(vf_first(), held->call);
	return child;
}

/* The child is the last that has the device: the parent has closed its own. */
static pid_t child_alone_in(const struct held *held)
{
	static struct vf closed;
	pid_t child;

	closed = vf;
	in_progress.vf = &closed;
	child = child_in(held);
	vf_close(&vf);
	expect_in_use(held->call);
	return child;
}

TEST(killed, "SIGKILL ends any access at once, and not in ERROR")
{
	for (size_t i = 0; i < nr_held_accesses; i++) {
		const struct held *held = &held_accesses[i];

		if (!held_prepare(held, &in_progress))
			continue;
		child_kill(child_in(held));
		EXPECT_EQ(way_in(held->by, &vf, IN_ERROR), false, "%s",
			  held->call);
		ASSERT_EQ(vf_reset(&vf), 0);
		expect_fd_ended(&in_progress, held->call);
		expect_as_new(held->call);
		held_expect_ended(&in_progress, held->call);
	}
}

TEST(killed_alone, "and the device is closed with the process")
{
	for (size_t i = 0; i < nr_held_accesses; i++) {
		const struct held *held = &held_accesses[i];

		if (!held_by_device(held) || !held_prepare(held, &in_progress))
			continue;
		child_kill(child_alone_in(held));
		reopen_as_new(&in_progress, held->call);
	}
}

static void begin_unbinding(int request, const char *call)
{
	order_unbind(&unbind, vf_first());
	EXPECT_EQ(requested(request), true, "%s", call);
	EXPECT_EQ(order_done(&unbind), false, "%s", call);
	close(request);
}

static void expect_unbound(const struct access *access, const char *call)
{
	ASSERT_EQ(order_wait(&unbind), 0, "%s", call);
	expect_fd_ended(access, call);
	ASSERT_EQ(driver_bind(vf_first(), driver), 0);
	reopen_as_new(access, call);
}

/*
 * The child must not be the last that has the container: Linux 6.1 closes one
 * without a lock (vfio_iommu_type1_notify()), while the unbinding takes its last
 * group out and frees what it looks at.
 */
static void unbind_under_child(const struct held *held)
{
	int request = request_fd(&vf);
	int iommu = dup(vf.iommu);
	pid_t child;

	ASSERT_GT(iommu, -1);
	child = child_alone_in(held);
	begin_unbinding(request, held->call);
	child_kill(child);
	ASSERT_EQ(order_wait(&unbind), 0, "%s", held->call);
	close(iommu);
	expect_unbound(&in_progress, held->call);
}

static void unbind_under_fd(const struct held *held)
{
	static struct vf closed;
	int request = request_fd(&vf);
	struct access *access = &in_progress;

	closed = vf;
	access->vf = &closed;
	hold_until(access, held->call);
	begin_unbinding(request, held->call);
	EXPECT_EQ(access->done, false, "%s", held->call);
	vf_close(&vf);
	ASSERT_EQ(order_wait(&unbind), 0, "%s", held->call);
	access_join(access);
	EXPECT_LE(access->ret, -1, "%s", held->call);
	expect_unbound(access, held->call);
}

TEST(unbound, "unbinding goes on when who hangs in the device is killed; a data fd is no matter")
{
	for (size_t i = 0; i < nr_held_accesses; i++) {
		const struct held *held = &held_accesses[i];

		if (!held_prepare(held, &in_progress))
			continue;
		if (held_by_device(held))
			unbind_under_child(held);
		else
			unbind_under_fd(held);
	}
}
