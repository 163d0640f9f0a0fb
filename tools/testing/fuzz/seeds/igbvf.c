// SPDX-License-Identifier: GPL-2.0-only
/* What igbvf-vfio-pci says of guests that have done more and more. */
#include <string.h>

#include "fixture.h"
#include "igbvf.h"
#include "seeds.h"
#include "stream.h"

static struct guest guest;

void before_open(void)
{
	guest_leave(&guest);
	pf_set_mac(vf_first(), "52:54:00:76:66:00");
}

static void take(const char *name)
{
	struct bytes stream = {};
	struct parts parts;
	uint8_t *record;

	vf_go(&vf, STATE_PRE_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RUNNING);

	stream_split(&stream, &parts);
	record = stream.at + parts.at[1];
	keep("stream", name, stream.at, stream.len);
	keep("igbvf", name, record + RECORD_LEN,
	     get32(record + RECORD_PAYLOAD_LEN));
	bytes_free(&stream);
}

TEST(seeds, "a stream of a function after each thing its guest does")
{
	uint32_t vlan[2] = { MSG_VLAN | MSG_ONE, 7 };
	uint32_t multicast[3] = { MSG_MULTICAST | 3 * MSG_ONE, 0x123 | 0xabc << 16,
				  0xfff };
	uint32_t unicast[3] = { MSG_MAC | 2 * MSG_ONE, 0x76005452, 0x0999 };
	uint32_t promisc[1] = { MSG_PROMISC | 2 * MSG_ONE };

	guest_enter(&guest, &vf);
	take("igbvf-reset");
	ASSERT_EQ(mailbox_hello(&guest), true);
	take("igbvf-hello");
	guest_boot(&guest);
	take("igbvf-booted");
	tx_post(&guest, 100);
	take("igbvf-sent");
	ASSERT_EQ(mailbox_ask(&guest, vlan, 2) & MSG_ACK, MSG_ACK);
	ASSERT_EQ(mailbox_ask(&guest, multicast, 3) & MSG_ACK, MSG_ACK);
	mailbox_ask(&guest, unicast, 3);
	mailbox_ask(&guest, promisc, 1);
	take("igbvf-asked");
	mailbox_post(&guest, vlan, 2);
	take("igbvf-mailbox");
}
