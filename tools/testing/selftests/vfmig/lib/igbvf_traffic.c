// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "fixture.h"
#include "igbvf_traffic.h"

struct guest guest;

void set_macs(const char *first, const char *second)
{
	pf_set_mac(vf_first(), first);
	if (getenv("VFMIG_DEV2"))
		pf_set_mac(getenv("VFMIG_DEV2"), second);
}

void move_begin(void)
{
	guest_leave(&guest);
	pf_up(true);
	set_macs(MAC, MAC);
}

void boot_on(struct vf *vf)
{
	guest_enter(&guest, vf);
	guest_boot(&guest);
}

void boot(void)
{
	boot_on(&vf);
}

void expect_traffic(const char *when)
{
	uint16_t tag = 0;

	for (unsigned int i = 1; i <= 3; i++) {
		tx_post(&guest, 100);
		EXPECT_EQ(tx_sent(&guest), true, "%s", when);
		pf_send(guest.mac, -1, 100, i);
		EXPECT_EQ(rx_wait(&guest, &tag), 100, "%s", when);
		EXPECT_EQ(tag, i, "%s", when);
	}
}

void forget_irqs(void)
{
	for (unsigned int i = 0; i < 3; i++)
		irq_fired(&guest, i);
}
