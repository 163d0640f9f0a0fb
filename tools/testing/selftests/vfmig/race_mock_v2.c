// SPDX-License-Identifier: GPL-2.0-only
/*
 * v2 held open where it calls the backend: each hop, and each read and write of
 * a data fd, while the device is reset, closed, unbound or its user killed.
 */
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "race.h"
#include "race_moment.h"
#include "sysfs.h"
#include "v2.h"

#define STATE_BYTES	"8192"

/* Calls of the backend that hops make and that can be held; more in pre-copy. */
#define HOLDS		5
#define HOLDS_PRE_COPY	11

static const struct hop {
	uint32_t from;
	uint32_t to;
} hops[] = {
	{ V2_RUNNING, V2_RUNNING_P2P },
	{ V2_RUNNING_P2P, V2_RUNNING },
	{ V2_RUNNING_P2P, V2_STOP },
	{ V2_STOP, V2_RUNNING_P2P },
	{ V2_STOP, V2_STOP_COPY },
	{ V2_STOP_COPY, V2_STOP },
	{ V2_STOP, V2_RESUMING },
	{ V2_RESUMING, V2_STOP },
	{ V2_RUNNING, V2_PRE_COPY },
	{ V2_PRE_COPY, V2_RUNNING },
	{ V2_RUNNING_P2P, V2_PRE_COPY_P2P },
	{ V2_PRE_COPY_P2P, V2_RUNNING_P2P },
	{ V2_PRE_COPY, V2_PRE_COPY_P2P },
	{ V2_PRE_COPY_P2P, V2_PRE_COPY },
	{ V2_PRE_COPY_P2P, V2_STOP_COPY },
};

/* What is held open, in the middle of which call; orders go to STOP_COPY. */
static const struct held {
	uint32_t state;
	int (*by)(struct access *access);
	const char *call;
	int ret;
} accesses[] = {
	{ V2_RUNNING, access_order, "quiesce", -EIO },
	{ V2_RUNNING, access_order, "freeze", -EIO },
	{ V2_RUNNING, access_order, "save_begin", -EIO },
	{ V2_STOP_COPY, access_read_fd, "save", -ECANCELED },
	{ V2_PRE_COPY, access_read_fd, "save", -ECANCELED },
	{ V2_RESUMING, access_write_fd, "load_begin", -ECANCELED },
	{ V2_RESUMING, access_write_fd, "load", -ECANCELED },
	{ V2_RESUMING, access_write_fd, "load_commit", -ECANCELED },
};

static struct bytes stream;
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
	moments_forget();
	bytes_free(&stream);
	param_set("mock_vfio_pci", "size", STATE_BYTES);
	hold_for_ever();
}

static void expect_forgotten(int fd, const char *what)
{
	EXPECT_EQ(v2_state(&vf), V2_RUNNING, "%s", what);
	EXPECT_EQ(mock_is(vf.bdf, "run", "running"), true, "%s", what);
	EXPECT_EQ(mock_is(vf.bdf, "session", "idle"), true, "%s", what);
	EXPECT_STREQ(core_owner(vf.bdf), "none");
	if (fd == NO_FD)
		return;
	v2_expect_ended(fd, what);
	v2_close(fd);
}

/* The hop stands in @call until @reset ends it. */
static void reset_in_hop(const struct hop *hop, const char *call,
			 const struct reset *reset)
{
	struct access order = {
		.by = access_order, .vf = &vf, .value = hop->to,
	};
	int fd = v2_enter(&vf, hop->from);

	hold_until(&order, call);
	EXPECT_EQ(order.done, false, "%s, %s", v2_name(hop->to), call);
	EXPECT_EQ(v2_state(&vf), hop->from, "%s", call);
	EXPECT_EQ(reset->now(&vf), 0, "%s", reset->name);
	access_join(&order);
	EXPECT_EQ(order.ret, -EIO, "%s to %s, %s, %s", v2_name(hop->from),
		  v2_name(hop->to), call, reset->name);
	EXPECT_EQ(order.fd, NO_FD);
	expect_forgotten(fd, call);
}

static unsigned int in_each_call(const struct hop *hop)
{
	struct calls calls;

	v2_enter(&vf, hop->from);
	mock_set(vf.bdf, "calls", "");
	v2_go(&vf, hop->to);
	calls_seen(&calls);
	v2_close_all();
	for (unsigned int i = 0; i < calls.nr; i++)
		for (unsigned int j = 0; j < nr_resets; j++)
			reset_in_hop(hop, calls.name[i], &resets[j]);
	return calls.nr;
}

TEST(each_hop, "a reset ends each step of each hop: EIO, RUNNING, and no fd")
{
	unsigned int held = 0;

	for (size_t i = 0; i < ARRAY_SIZE(hops); i++)
		if (v2_can(&vf, hops[i].from) && v2_can(&vf, hops[i].to))
			held += in_each_call(&hops[i]);
	EXPECT_EQ(held, v2_can(&vf, V2_PRE_COPY) ? HOLDS_PRE_COPY : HOLDS);
	v2_go_back(&vf);
	need_whole_transfer();
	v2_need_whole_transfer();
}

/* Leads the device to where the access can be made; false where it cannot be. */
static bool prepare(const struct held *held, struct access *access)
{
	if (!v2_can(&vf, held->state))
		return false;
	if (!stream.len)
		v2_save_stopped(&vf, &stream);
	v2_go_back(&vf);
	*access = (struct access){
		.by = held->by,
		.fd = v2_go(&vf, held->state),
		.stream = &stream,
		.vf = &vf,
		.value = V2_STOP_COPY,
	};
	return true;
}

static bool is_of_the_device(const struct held *held)
{
	return held->by == access_order;
}

TEST(reset, "any reset ends a read or write of a data fd that the backend keeps waiting")
{
	struct access access;

	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		const struct held *held = &accesses[i];

		for (unsigned int j = 0; j < nr_resets; j++) {
			if (!prepare(held, &access))
				continue;
			hold_until(&access, held->call);
			EXPECT_EQ(access.done, false, "%s", held->call);
			EXPECT_EQ(resets[j].now(&vf), 0, "%s", resets[j].name);
			access_join(&access);
			EXPECT_EQ(access.ret, held->ret, "%s, %s", held->call,
				  resets[j].name);
			expect_forgotten(access.fd, held->call);
			v2_need_whole_transfer();
		}
	}
}

static void reopen_as_new(const struct access *access, const char *when)
{
	if (access->fd != NO_FD)
		v2_expect_ended(access->fd, when);
	vf_open(&vf, vf_first());
	expect_as_new(when);
	if (access->fd == NO_FD)
		return;
	v2_expect_ended(access->fd, when);
	v2_close(access->fd);
}

/* A data fd does not hold the device, but an order is made on its file. */
TEST(closed, "a close ends the access of a data fd, but waits for an order")
{
	struct access access;
	struct vf closed;

	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		const struct held *held = &accesses[i];

		if (!prepare(held, &access))
			continue;
		closed = vf;
		access.vf = &closed;
		hold_until(&access, held->call);
		vf_close(&vf);
		if (is_of_the_device(held)) {
			EXPECT_EQ(access.done, false, "%s", held->call);
			EXPECT_EQ(is_open(vf_first()), true, "%s", held->call);
			ASSERT_EQ(sysfs_reset(vf_first()), 0);
		}
		access_join(&access);
		EXPECT_LE(access.ret, -1, "%s", held->call);
		await_closed(vf_first());
		reopen_as_new(&access, held->call);
	}
}

TEST(unbound, "unbinding goes on when the device is closed, whoever hangs in a data fd")
{
	struct access access;
	struct vf closed;
	int request;

	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		const struct held *held = &accesses[i];

		if (is_of_the_device(held) || !prepare(held, &access))
			continue;
		closed = vf;
		access.vf = &closed;
		request = request_fd(&vf);
		hold_until(&access, held->call);
		order_unbind(&unbind, vf_first());
		EXPECT_EQ(requested(request), true, "%s", held->call);
		EXPECT_EQ(order_done(&unbind), false, "%s", held->call);
		EXPECT_EQ(access.done, false, "%s", held->call);
		close(request);
		vf_close(&vf);
		ASSERT_EQ(order_wait(&unbind), 0, "%s", held->call);
		access_join(&access);
		EXPECT_LE(access.ret, -1, "%s", held->call);
		v2_expect_ended(access.fd, held->call);
		ASSERT_EQ(driver_bind(vf_first(), driver), 0);
		reopen_as_new(&access, held->call);
	}
}

static struct access victims;

static void act_victim(void)
{
	access_now(&victims);
}

TEST(killed, "SIGKILL ends an order, and a read or write of a data fd, at once")
{
	pid_t child;

	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		const struct held *held = &accesses[i];

		if (!prepare(held, &victims))
			continue;
		hold(held->call);
		child = child_start(act_victim);
		mock_await(vf.bdf, held->call);
		child_kill(child);
		EXPECT_NE(v2_state(&vf), V2_ERROR, "%s", held->call);
		ASSERT_EQ(vf_reset(&vf), 0);
		expect_forgotten(victims.fd, held->call);
		v2_need_whole_transfer();
	}
}
