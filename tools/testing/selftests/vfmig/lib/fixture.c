// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/serial_reg.h>
#include <linux/vfio.h>

#include "agent.h"
#include "fixture.h"
#include "igbvf_guest.h"
#include "iommu.h"
#include "sysfs.h"
#include "v2.h"

struct vf vf;
struct vf other;

void __attribute__((weak)) before_open(void)
{
}

void test_setup(void)
{
	iommu_need();
	before_open();
	vf_open(&vf, vf_first());
	ASSERT_EQ(vf_state(&vf), STATE_RUNNING);
}

void test_teardown(void)
{
	v2_close_all();
	vf_close(&vf);
	vf_close(&other);
	mock_restore();
	mock_judge(vf_first());
	mock_judge(getenv("VFMIG_DEV2"));
}

void reopen(void)
{
	vf_close(&vf);
	vf_open(&vf, vf_first());
	ASSERT_EQ(vf_state(&vf), STATE_RUNNING);
}

bool is_virtio(const char *bdf)
{
	char driver[SYSFS_TEXT];

	driver_name(bdf, driver);
	return !strcmp(driver, "virtio_adm_vfio_pci");
}

/*
 * In BAR 0, one that a load sets and that has no effect without a guest. After a
 * reset BARs are not decoded. What an agent saves is the agent's to change.
 */
void change_register(struct vf *vf)
{
	static const struct {
		const char *driver;
		off_t at;
		ssize_t len;
		uint16_t command;
	} registers[] = {
		{ "igbvf_vfio_pci", RDBAL, 4, PCI_COMMAND_MEMORY },
		{ "sample_vfio_pci", UART_SCR, 1, PCI_COMMAND_IO },
		/* device_feature_select */
		{ "virtio_adm_vfio_pci", 0, 4, PCI_COMMAND_MEMORY },
	};
	char driver[SYSFS_TEXT];
	bool known = is_mock(vf->bdf);

	if (is_oob(vf->bdf)) {
		agent_tell_outer(vf->bdf, "change");
		return;
	}
	driver_name(vf->bdf, driver);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		ssize_t len = registers[i].len;
		off_t at = registers[i].at;
		uint32_t value = 0;

		if (strcmp(driver, registers[i].driver))
			continue;
		known = true;
		ASSERT_EQ(pwrite(vf->fd, &registers[i].command, 2,
				 VF_CONFIG + PCI_COMMAND), 2);
		ASSERT_EQ(pread(vf->fd, &value, len, at), len);
		value ^= 0x5a5a5a80;
		ASSERT_EQ(pwrite(vf->fd, &value, len, at), len);
	}
	ASSERT_EQ(known, true);
}

/*
 * A device in another state than the one whose stream was taken: or a load that
 * does nothing would pass. Leaves it as after a reset, but for a register.
 */
void change_device(void)
{
	if (is_mock(vf.bdf))
		mock_setn(vf.bdf, "seed", 2);
	ASSERT_EQ(vf_reset(&vf), 0);
	change_register(&vf);
}

/* The device can still, or again, give its state away and take it back. */
void need_whole_transfer(void)
{
	struct bytes stream = {};

	save_stopped(&vf, &stream);
	vf_go(&vf, STATE_RESUMING);
	ASSERT_EQ(load_all(&vf, &stream), 0);
	vf_go(&vf, STATE_RUNNING);
	bytes_free(&stream);
}
