// SPDX-License-Identifier: GPL-2.0-only
/*
 * An agent where memory is short, and copies do not get through: what fails has not
 * happened, and can be tried again.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"
#include "fault.h"
#include "fixture.h"

#define PLACES	200

static int fd = -1;
static struct agent agent;

void before_open(void)
{
	fault_need();
	if (!is_oob(vf_first()))
		SKIP("%s is not bound to oob-vfio-pci", vf_first());
	if (fd >= 0)
		close(fd);
	fd = -1;
	agent_free(&agent);
}

TEST(attach, "an attach that fails leaves the function without an agent, and nothing behind")
{
	struct sweep sweep = SWEEP("attach", PLACES);
	struct vfmig_agent_attach attach;
	int ret;

	while (sweep_next(&sweep)) {
		sweep_arm(&sweep);
		ret = agent_try_attach(vf.bdf, &attach);
		sweep_disarm(&sweep, ret);
		if (ret) {
			EXPECT_NE(ret, -EBUSY, "place %u", sweep.nth);
			ASSERT_EQ(agent_try_attach(vf.bdf, &attach), 0, "place %u", sweep.nth);
		}
		close(attach.fd);
	}
	sweep_done(&sweep, 5);
}

static void *go(void *ret)
{
	*(int *)ret = vf_set_state(&vf, STATE_PRE_COPY);
	return NULL;
}

/* One request, read and answered under faults; the next ones without. */
static int serve_first(struct sweep *sweep)
{
	struct vfmig_agent_request request = { .id = 1, .type = VFMIG_AGENT_HELLO };
	struct vfmig_agent_reply reply = {
		.id = 1,
		.hello = { .name = "faults", .transfer_max = 4096 },
	};
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int err = 0;

	poll(&pollfd, 1, 60000);
	sweep_arm(sweep);
	if (read(fd, &request, sizeof(request)) < 0)
		err = -errno;
	if (write(fd, &reply, sizeof(reply)) < 0) {
		err = -errno;
		if (write(fd, &reply, sizeof(reply)) < 0)
			err = -EIO;
	}
	sweep_disarm(sweep, err);
	return err == -EIO ? err : 0;
}

static void serve_second(void)
{
	struct vfmig_agent_reply reply = {};
	struct vfmig_agent_request request;

	ASSERT_EQ(read(fd, &request, sizeof(request)), (ssize_t)sizeof(request));
	reply.id = request.id;
	ASSERT_EQ(write(fd, &reply, sizeof(reply)), (ssize_t)sizeof(reply));
}

TEST(channel, "a request not copied counts as read, an answer not copied can be repeated")
{
	struct sweep sweep = SWEEP("request and answer", PLACES);
	struct vfmig_agent_attach attach;
	pthread_t user;
	int ret;

	while (sweep_next(&sweep)) {
		ASSERT_EQ(agent_try_attach(vf.bdf, &attach), 0);
		fd = attach.fd;
		ASSERT_EQ(pthread_create(&user, NULL, go, &ret), 0);
		EXPECT_EQ(serve_first(&sweep), 0, "place %u", sweep.nth);
		serve_second();
		pthread_join(user, NULL);
		EXPECT_EQ(ret, 0, "place %u", sweep.nth);
		vf_go(&vf, STATE_RUNNING);
		close(fd);
		fd = -1;
	}
	sweep_done(&sweep, 2);
}

TEST(window, "a mapping that fails can be made again, and shows the window")
{
	struct sweep sweep = SWEEP("mapping", PLACES);
	uint8_t *map;

	agent_init(&agent, vf.bdf, 1000);
	agent_start(&agent);
	vf_go(&vf, STATE_PRE_COPY);
	while (sweep_next(&sweep)) {
		sweep_arm(&sweep);
		map = mmap(NULL, vf.area_len, PROT_READ | PROT_WRITE, MAP_SHARED, agent.fd, 0);
		sweep_disarm(&sweep, map == MAP_FAILED ? -errno : 0);
		if (map == MAP_FAILED)
			map = mmap(NULL, vf.area_len, PROT_READ | PROT_WRITE, MAP_SHARED,
				   agent.fd, 0);
		ASSERT_EQ(map != MAP_FAILED, true, "place %u", sweep.nth);
		map[vf.area_len - 1] = 1;
		munmap(map, vf.area_len);
	}
	sweep_done(&sweep, 1);
	vf_go(&vf, STATE_RUNNING);
}
