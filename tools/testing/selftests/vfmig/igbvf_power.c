// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function that its guest has put into D3.
 *
 * Needs one with a power management capability, which the emulated VF has not:
 * check gives it the PF, of which the driver touches no register in D3.
 */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "fixture.h"

static uint8_t power_capability(void)
{
	uint8_t at = config_capability(&vf, PCI_CAP_ID_PM);

	if (!at)
		SKIP("%s has no power management capability", vf.bdf);
	return at;
}

static void set_power(uint16_t state)
{
	uint8_t at = power_capability() + PCI_PM_CTRL;
	uint16_t now;

	ASSERT_EQ(pwrite(vf.fd, &state, sizeof(state), VF_CONFIG + at), 2);
	ASSERT_EQ(pread(vf.fd, &now, sizeof(now), VF_CONFIG + at), 2);
	ASSERT_EQ(now & PCI_PM_CTRL_STATE_MASK, state);
}

static void expect_reason(const char *reason)
{
	const char *said = core_text(vf.bdf, "last_error");

	tap_note("%s", said);
	EXPECT_NE(strstr(said, reason), NULL);
}

TEST(stops, "in D3 a function does no DMA: it can be stopped and started")
{
	set_power(3);
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_RUNNING);
	set_power(0);
}

TEST(cannot_be_saved, "in D3 it cannot be saved: refused with the reason, it is where it was")
{
	set_power(3);
	vf_go(&vf, STATE_PRE_COPY);
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP_COPY), -EFAULT);
	expect_reason("low power state");
	EXPECT_EQ(vf_state(&vf), STATE_PRE_COPY);
	vf_go(&vf, STATE_RUNNING);
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP_COPY), -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	vf_go(&vf, STATE_STOP);
	EXPECT_EQ(vf_set_state(&vf, STATE_STOP_COPY), -EFAULT);
	EXPECT_EQ(vf_state(&vf), STATE_STOP);
	vf_go(&vf, STATE_RUNNING);
	set_power(0);
}

TEST(reset, "a reset leads out of D3 as out of anything")
{
	set_power(3);
	vf_go(&vf, STATE_STOP);
	ASSERT_EQ(vf_reset(&vf), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
}
