// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vfio does for iommufd under its own locks, beside transfers and resets:
 * nothing waits for what it should not, and locks are taken in one order.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "asked.h"
#include "crowd.h"
#include "fixture.h"
#include "iommu.h"
#include "iommufd.h"
#include "race.h"
#include "race_moment.h"
#include "sysfs.h"
#include "v2.h"

#define ROUNDS	30

static void __attribute__((constructor)) by_iommufd(void)
{
	setenv("VFMIG_IOMMU", iommu_iommufd.name, 1);
}

void before_open(void)
{
	moments_forget();
}

/* A thread that does one thing until it is told to stop. */
struct worker {
	int (*act)(void);
	unsigned int worked;
	int odd;
	pthread_t thread;
};

static atomic_bool stop;
static struct bytes whole;

static void *work(void *arg)
{
	struct worker *worker = arg;
	int ret;

	while (!stop) {
		ret = worker->act();
		if (!ret)
			worker->worked++;
		else
			worker->odd = ret;
	}
	return NULL;
}

/* EBUSY from where the function is being reset. */
static int change_space(void)
{
	uint32_t pt = vf.ioas;
	int ret = iommufd_detach(vf.fd);

	ret = ret ?: iommufd_attach(vf.fd, &pt);
	return ret == -EBUSY ? 0 : ret;
}

static int reset(void)
{
	return vf_reset(&vf);
}

static int bind_in_vain(void)
{
	int fd = open(vf.node, O_RDWR | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = iommufd_bind(fd, vf.iommu);
	close(fd);
	return ret == -EINVAL ? 0 : ret ?: -EEXIST;
}

/* What a reset ends: no matter, and it may have been anywhere. */
static int transfer(void)
{
	if (vf_set_state(&vf, STATE_STOP_COPY) || try_save(&vf, NULL))
		vf_set_state(&vf, STATE_RUNNING);
	if (vf_set_state(&vf, STATE_RESUMING) || try_load(&vf, &whole))
		vf_reset(&vf);
	vf_set_state(&vf, STATE_RUNNING);
	try_transfer_v2(&vf, &whole);
	return 0;
}

TEST(all_at_once, "attaching, detaching, failing binds, resets and transfers at once: all go on")
{
	struct worker workers[] = {
		{ change_space }, { reset }, { bind_in_vain }, { transfer },
	};
	uint64_t end = now_ms() + part_of_time(25);
	uint32_t pt = vf.ioas;

	bytes_free(&whole);
	save_stopped(&vf, &whole);
	stop = false;
	for (size_t i = 0; i < ARRAY_SIZE(workers); i++)
		ASSERT_EQ(pthread_create(&workers[i].thread, NULL, work,
					 &workers[i]), 0);
	while (now_ms() < end)
		usleep(10000);
	stop = true;
	for (size_t i = 0; i < ARRAY_SIZE(workers); i++) {
		pthread_join(workers[i].thread, NULL);
		EXPECT_EQ(workers[i].odd, 0, "worker %zu", i);
		EXPECT_GT(workers[i].worked, 0, "worker %zu", i);
	}
	ASSERT_EQ(vf_reset(&vf), 0);
	ASSERT_EQ(iommufd_attach(vf.fd, &pt), 0);
	expect_as_new("all at once");
}

/* The device file's own locks are not held while the driver waits. */
TEST(beside_a_hang, "neither attaching nor another device's bind waits for a backend that hangs")
{
	struct access access = {
		.vf = &vf,
		.at = REG_DEVICE_STATE,
		.write = true,
		.value = STATE_STOP,
	};
	uint32_t pt;

	need_mock(vf_first());
	vf_close(&vf);
	hold_for_ever();
	vf_open(&vf, vf_first());
	hold_until(&access, "quiesce");
	ASSERT_EQ(iommufd_detach(vf.fd), 0);
	pt = vf.ioas;
	ASSERT_EQ(iommufd_attach(vf.fd, &pt), 0);
	vf_open(&other, vf_second());
	EXPECT_EQ(access.done, false);
	ASSERT_EQ(sysfs_reset(vf_first()), 0);
	access_join(&access);
	reopen();
	expect_as_new("held");
}

static void use_in_child(void)
{
	transfer();
	change_space();
}

TEST(killed, "a process that is killed anywhere in it leaves the device unbound and as new")
{
	pid_t child;

	bytes_free(&whole);
	save_stopped(&vf, &whole);
	for (int i = 0; i < ROUNDS / 3; i++) {
		child = child_repeat(use_in_child);
		vf_close(&vf);
		usleep(i * 7000);
		child_kill(child);
		await_closed(vf_first());
		vf_open(&vf, vf_first());
		expect_as_new("killed");
	}
}

static void open_and_bind(void)
{
	try_open_close(vf_first());
}

TEST(against_reset, "it can be bound and unbound while the administrator resets it")
{
	pid_t child;

	vf_close(&vf);
	child = child_repeat(open_and_bind);
	for (int i = 0; i < ROUNDS; i++)
		EXPECT_EQ(sysfs_reset(vf_first()), 0, "round %d", i);
	child_kill(child);
	await_closed(vf_first());
	vf_open(&vf, vf_first());
	expect_as_new("reset");
}
