// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who becomes the agent of a function, and until when.
 */
#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"
#include "fixture.h"
#include "sysfs.h"

/* Natural alignment: the same on 32 and on 64 bits. */
static_assert(sizeof(struct vfmig_agent_attach) == 64, "attach");
static_assert(sizeof(struct vfmig_agent_request) == 64, "request");
static_assert(sizeof(struct vfmig_agent_hello) == 48, "hello");
static_assert(sizeof(struct vfmig_agent_reply) == 128, "reply");
static_assert(offsetof(struct vfmig_agent_attach, generation) % 8 == 0, "generation");
static_assert(offsetof(struct vfmig_agent_attach, reserved) % 8 == 0, "reserved");
static_assert(offsetof(struct vfmig_agent_request, arg) % 8 == 0, "request's words");
static_assert(offsetof(struct vfmig_agent_hello, state_version) % 8 == 0, "version");
static_assert(offsetof(struct vfmig_agent_reply, arg) % 8 == 0, "reply's words");

#define OPENINGS	200

static int fd = -1;

void before_open(void)
{
	if (fd >= 0)
		close(fd);
	fd = -1;
}

static uint64_t attach(void)
{
	struct vfmig_agent_attach attach;

	ASSERT_EQ(agent_try_attach(vf_first(), &attach), 0);
	fd = attach.fd;
	EXPECT_EQ(attach.version, VFMIG_AGENT_VERSION);
	return attach.generation;
}

static void expect_dead(const char *when)
{
	struct vfmig_agent_request request;
	struct vfmig_agent_reply reply = { .id = 1 };
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	EXPECT_EQ(read(fd, &request, sizeof(request)), -1, "%s", when);
	EXPECT_EQ(errno, ENODEV, "%s", when);
	EXPECT_EQ(write(fd, &reply, sizeof(reply)), -1, "%s", when);
	EXPECT_EQ(errno, ENODEV, "%s", when);
	EXPECT_EQ(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED, true, "%s", when);
	EXPECT_EQ(errno, ENODEV, "%s", when);
	ASSERT_EQ(poll(&pollfd, 1, 0), 1, "%s", when);
	EXPECT_EQ(pollfd.revents & POLLHUP, POLLHUP, "%s", when);
}

TEST(one, "a function has one agent: another is told EBUSY until the first has closed")
{
	struct vfmig_agent_attach again;
	uint64_t generation = attach();

	EXPECT_EQ(agent_try_attach(vf_first(), &again), -EBUSY);
	close(fd);
	EXPECT_EQ(attach(), generation + 1);
	EXPECT_EQ(core_number(vf_first(), "agent", "agent"), generation + 1);
}

TEST(each, "each function has an agent of its own, whether or not it is open")
{
	struct vfmig_agent_attach second;

	attach();
	ASSERT_EQ(agent_try_attach(vf_second(), &second), 0);
	close(second.fd);
}

TEST(last_close, "an agent ends with the last close of its channel, not with the first")
{
	struct vfmig_agent_attach again;
	int copy;

	attach();
	copy = dup(fd);
	close(fd);
	fd = copy;
	EXPECT_EQ(agent_try_attach(vf_first(), &again), -EBUSY);
}

TEST(on_exec, "the channel is closed at an exec")
{
	attach();
	EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

TEST(whose, "no agent is attached to what is not bound to oob-vfio-pci, or is no address")
{
	static const char * const others[] = {
		"", "0000", "0000:00:00.0", "ffff:ff:1f.7", "0000:01:20.0", "0000:01:10.8",
		"0000:100:10.0", "0000:00:00.0 ", "/../0000:00:0",
	};
	struct vfmig_agent_attach attach;
	unsigned int domain, bus, slot, function;
	char alias[VFMIG_AGENT_DEVICE_LEN];
	int fields;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		EXPECT_EQ(agent_try_attach(others[i], &attach), -ENODEV, "\"%s\"", others[i]);
	/* The right one, but for bits that no address has. */
	fields = sscanf(vf_first(), "%x:%x:%x.%u", &domain, &bus, &slot, &function);
	ASSERT_EQ(fields, 4);
	snprintf(alias, sizeof(alias), "%04x:%02x:%02x.%u", domain, bus, slot + 0x20, function);
	EXPECT_EQ(agent_try_attach(alias, &attach), -ENODEV, "%s", alias);
	snprintf(alias, sizeof(alias), "%04x:%02x:%02x.%u", domain, bus, slot, function + 8);
	EXPECT_EQ(agent_try_attach(alias, &attach), -ENODEV, "%s", alias);
	/* The right one, and something behind it. */
	snprintf(attach.device, sizeof(attach.device), "%s ", vf_first());
	EXPECT_EQ(agent_ioctl(&attach), -ENODEV);
	snprintf(attach.device, sizeof(attach.device), "%s.0", vf_first());
	EXPECT_EQ(agent_ioctl(&attach), -ENODEV);
	memset(attach.device, '0', sizeof(attach.device));
	EXPECT_EQ(agent_ioctl(&attach), -ENODEV);
}

TEST(versions, "the version is one that both sides know, or it is EPROTONOSUPPORT")
{
	static const struct {
		unsigned int min, max;
		int ret;
	} ranges[] = {
		{ 0, 0, -EPROTONOSUPPORT },
		{ VFMIG_AGENT_VERSION + 1, ~0U, -EPROTONOSUPPORT },
		{ VFMIG_AGENT_VERSION, 0, -EINVAL },
		{ 0, ~0U, 0 },
		{ VFMIG_AGENT_VERSION, VFMIG_AGENT_VERSION, 0 },
	};
	struct vfmig_agent_attach attach = { .argsz = sizeof(attach) };
	int ret;

	strcpy(attach.device, vf_first());
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		attach.min_version = ranges[i].min;
		attach.max_version = ranges[i].max;
		ret = agent_ioctl(&attach);
		EXPECT_EQ(ret, ranges[i].ret, "%u to %u", ranges[i].min, ranges[i].max);
		if (!ret)
			close(attach.fd);
	}
}

static int attach_with(unsigned int argsz, unsigned int flags, uint64_t reserved)
{
	struct vfmig_agent_attach attach = {
		.argsz = argsz,
		.flags = flags,
		.max_version = VFMIG_AGENT_VERSION,
		.reserved = reserved,
	};
	int ret;

	strcpy(attach.device, vf_first());
	ret = agent_ioctl(&attach);
	if (!ret)
		close(attach.fd);
	return ret;
}

TEST(fields, "reserved fields are 0, the structure is whole; what is longer is of later versions")
{
	const unsigned int size = sizeof(struct vfmig_agent_attach);

	EXPECT_EQ(attach_with(size - 1, 0, 0), -EINVAL);
	EXPECT_EQ(attach_with(0, 0, 0), -EINVAL);
	EXPECT_EQ(attach_with(size, 1, 0), -EINVAL);
	EXPECT_EQ(attach_with(size, 1U << 31, 0), -EINVAL);
	EXPECT_EQ(attach_with(size, 0, 1), -EINVAL);
	EXPECT_EQ(attach_with(size, 0, 1ULL << 63), -EINVAL);
	EXPECT_EQ(attach_with(size + 8, 0, 0), 0);
	EXPECT_EQ(attach_with(size, 0, 0), 0);
}

/* Of the first that are free: the node's own is one of them for a while. */
static int second_free_fd(void)
{
	int first = open("/dev/null", O_RDONLY), second = open("/dev/null", O_RDONLY);

	close(first);
	close(second);
	return second;
}

TEST(no_fd_leaks, "an attach whose answer cannot be given has not happened")
{
	struct vfmig_agent_attach *attach = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
						 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int before = second_free_fd();

	*attach = (struct vfmig_agent_attach){
		.argsz = sizeof(*attach), .max_version = VFMIG_AGENT_VERSION,
	};
	strcpy(attach->device, vf_first());
	ASSERT_EQ(mprotect(attach, 4096, PROT_READ), 0);
	EXPECT_EQ(agent_ioctl(attach), -EFAULT);
	munmap(attach, 4096);
	EXPECT_EQ(agent_ioctl((void *)1), -EFAULT);
	EXPECT_EQ(second_free_fd(), before);
	attach_with(sizeof(*attach), 0, 0);
}

TEST(other_calls, "another ioctl of the node is ENOTTY")
{
	int control = open(AGENT_NODE, O_RDWR);

	ASSERT_GT(control, -1);
	EXPECT_EQ(ioctl(control, VFMIG_AGENT_ATTACH + 1, 0), -1);
	EXPECT_EQ(errno, ENOTTY);
	close(control);
}

TEST(unbound, "with its driver a function loses its agent: the channel is dead, and says so")
{
	uint64_t generation;

	attach();
	vf_close(&vf);
	vf_rebind(vf_first());
	expect_dead("unbound");
	close(fd);
	generation = attach();
	EXPECT_EQ(generation, 1);
}

TEST(module, "the module stays as long as an agent has a channel")
{
	attach();
	vf_close(&vf);
	EXPECT_EQ(module_unload("oob_vfio_pci"), -EAGAIN);
	close(fd);
	fd = -1;
}

TEST(privilege, "the node is root's alone")
{
	struct stat stat;

	ASSERT_EQ(lstat(AGENT_NODE, &stat), 0);
	EXPECT_EQ(stat.st_mode & 07777, 0600);
	EXPECT_EQ(stat.st_uid, 0);
}

static atomic_bool enough;

static void *attach_again_and_again(void *unused)
{
	struct vfmig_agent_attach attach;

	(void)unused;
	while (!atomic_load(&enough)) {
		EXPECT_EQ(agent_try_attach(vf_first(), &attach), 0);
		close(attach.fd);
	}
	return NULL;
}

TEST(beside_open, "a function can be opened at any moment that its agents come and go")
{
	pthread_t thread;
	int ret = 0;

	atomic_store(&enough, false);
	ASSERT_EQ(pthread_create(&thread, NULL, attach_again_and_again, NULL), 0);
	for (unsigned int i = 0; !ret && i < OPENINGS; i++) {
		vf_close(&vf);
		ret = vf_try_open(&vf, vf_first());
	}
	atomic_store(&enough, true);
	pthread_join(thread, NULL);
	EXPECT_EQ(ret, 0);
}
