// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that sleeps while nobody uses it, and is woken by whoever does.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "config.h"
#include "fixture.h"
#include "race.h"
#include "race_moment.h"
#include "sysfs.h"
#include "v2.h"

#define ROUNDS		10
/* How often something else happens to a device while it is used. */
#define TOGGLES		30

void before_open(void)
{
	moments_forget();
}

static void await_power(const char *status, const char *when)
{
	long end = now_us() + NEVER_STUCK_S * 1000000L;
	char now[SYSFS_TEXT];

	for (;;) {
		ASSERT_EQ(device_get(vf_first(), "power/runtime_status", now),
			  0);
		if (!strcmp(now, status))
			return;
		ASSERT_LE(now_us(), end, "%s, not %s, %s", now, status, when);
		usleep(1000);
	}
}

TEST(closed, "a device is suspended at whatever moment it is closed; then it works")
{
	moments_prepare();
	for (unsigned int i = 0; i < nr_few_moments; i++) {
		few_moments[i].enter();
		await_power("active", few_moments[i].name);
		vf_close(&vf);
		await_power("suspended", few_moments[i].name);
		vf_open(&vf, vf_first());
		expect_as_new(few_moments[i].name);
	}
}

TEST(reset_asleep, "a suspended device can be reset, and is suspended again")
{
	uint64_t resets;

	vf_close(&vf);
	await_power("suspended", "closed");
	resets = core_number(vf_first(), "resets", "");
	ASSERT_EQ(sysfs_reset(vf_first()), 0);
	await_power("suspended", "reset");
	EXPECT_EQ(core_number(vf_first(), "resets", ""), resets + 1);
	vf_open(&vf, vf_first());
	expect_as_new("reset");
}

/* Wakes it for good, and lets it sleep, again and again. */
static void toggle_control(void)
{
	device_put(vf_first(), "power/control", "on");
	device_put(vf_first(), "power/control", "auto");
}

/* vfio opens nothing that it cannot reset, as while its power is decided on. */
static void expect_opened_or_busy(int ret, int round)
{
	if (ret != -EAGAIN)
		EXPECT_EQ(ret, 0, "round %d", round);
}

TEST(against_open, "a device may be woken and let go to sleep while it is opened and closed")
{
	pid_t child;

	vf_close(&vf);
	child = child_repeat(toggle_control);
	for (int i = 0; i < ROUNDS; i++)
		expect_opened_or_busy(try_open_close(vf_first()), i);
	child_kill(child);
	ASSERT_EQ(device_put(vf_first(), "power/control", "auto"), 0);
	await_power("suspended", "closed");
	vf_open(&vf, vf_first());
	expect_as_new("opened again");
}

static int feature(uint32_t which)
{
	struct vfio_device_feature feature = {
		.argsz = sizeof(feature),
		.flags = VFIO_DEVICE_FEATURE_SET | which,
	};

	return ioctl(vf.fd, VFIO_DEVICE_FEATURE, &feature);
}

/* As QEMU does it for a guest that has put its function to sleep. */
TEST(idle, "a device that its user lets sleep wakes for an access, and sleeps again")
{
	ASSERT_EQ(feature(VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY), 0);
	await_power("suspended", "idle");
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	need_whole_transfer();
	await_power("suspended", "transferred");
	vf_go(&vf, STATE_PRE_COPY);
	vf_data_offset(&vf);
	await_power("suspended", "in pre-copy");
	vf_go(&vf, STATE_STOP_COPY);
	await_power("suspended", "in stop-and-copy");
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	ASSERT_EQ(feature(VFIO_DEVICE_FEATURE_LOW_POWER_EXIT), 0);
	await_power("active", "exit");
	expect_as_new("awake");
}

/* A data fd is not the device's: reading it wakes nobody but for the driver. */
TEST(idle_v2, "so it does for v2, be it for a state or for bytes of a data fd")
{
	struct bytes stream = {};
	int fd;

	ASSERT_EQ(feature(VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY), 0);
	await_power("suspended", "idle");
	EXPECT_EQ(v2_state(&vf), V2_RUNNING);
	await_power("suspended", "asked");
	fd = v2_begin(&vf, V2_STOP_COPY);
	await_power("suspended", "in stop-and-copy");
	ASSERT_EQ(v2_drain(fd, &stream, 100), 0);
	fd = v2_begin(&vf, V2_RESUMING);
	await_power("suspended", "in a load");
	ASSERT_EQ(v2_fill(fd, stream.at, stream.len, 100), 0);
	await_power("suspended", "loaded");
	v2_go(&vf, V2_RUNNING);
	ASSERT_EQ(feature(VFIO_DEVICE_FEATURE_LOW_POWER_EXIT), 0);
	await_power("active", "exit");
	bytes_free(&stream);
	expect_as_new("awake");
}

TEST(closed_asleep, "it may be closed asleep, in the middle of a transfer")
{
	vf_go(&vf, STATE_STOP_COPY);
	vf_data_offset(&vf);
	ASSERT_EQ(feature(VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY), 0);
	await_power("suspended", "idle");
	reopen();
	expect_as_new("opened again");
}

/* Of a child: so long as it has done too little, its parent goes on. */
static struct {
	atomic_uint nr;
} *toggles;

static void count_toggles(void)
{
	if (!toggles)
		toggles = mmap(NULL, sizeof(*toggles), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(toggles, MAP_FAILED);
	toggles->nr = 0;
}

static void doze(void)
{
	feature(VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
	usleep(200);
	feature(VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
	toggles->nr++;
}

TEST(against_transfer, "falling asleep and waking at any point of a transfer is not seen in it")
{
	pid_t child;

	count_toggles();
	child = child_repeat(doze);
	while (toggles->nr < TOGGLES) {
		need_whole_transfer();
		v2_need_whole_transfer();
	}
	child_kill(child);
	feature(VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
	await_power("active", "exit");
	expect_as_new("awake");
}

static uint64_t power_register(void)
{
	uint8_t at = config_capability(&vf, PCI_CAP_ID_PM);

	if (!at)
		SKIP("%s has no power management capability", vf.bdf);
	return VF_CONFIG + at + PCI_PM_CTRL;
}

static uint64_t power_at;

static void toggle_d3(void)
{
	uint16_t state = 3;

	if (pwrite(vf.fd, &state, sizeof(state), power_at) != 2)
		_exit(EXIT_FAILURE);
	/* Or its next write would take the lock before anybody else can. */
	usleep(200);
	state = 0;
	if (pwrite(vf.fd, &state, sizeof(state), power_at) != 2)
		_exit(EXIT_FAILURE);
	toggles->nr++;
}

/* No load: what is there is a PF, whose registers mean something else. */
TEST(d3, "a guest may put its function into D3 and back at any point of a stop and a start")
{
	uint16_t awake = 0;
	pid_t child;

	power_at = power_register();
	count_toggles();
	child = child_repeat(toggle_d3);
	while (toggles->nr < TOGGLES) {
		EXPECT_EQ(vf_set_state(&vf, STATE_STOP), 0);
		EXPECT_EQ(vf_set_state(&vf, STATE_RUNNING), 0);
	}
	child_kill(child);
	ASSERT_EQ(pwrite(vf.fd, &awake, sizeof(awake), power_at), 2);
	vf_go(&vf, STATE_RUNNING);
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_RUNNING);
}
