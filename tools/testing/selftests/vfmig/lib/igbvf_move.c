// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "igbvf_move.h"

struct bytes stream;

/* As an administrator does. VFs are numbered as they are addressed. */
void set_vf(unsigned int number, const char *what)
{
	char command[64];

	snprintf(command, sizeof(command), "ip link set eth0 vf %u %s", number,
		 what);
	ASSERT_EQ(system(command), 0, "%s", command);
}

void save_from(struct vf *from)
{
	bytes_free(&stream);
	vf_go(from, STATE_STOP_COPY);
	save_phase(from, &stream, TRAPPED_WHOLE);
}

void save(void)
{
	save_from(&vf);
}

uint32_t saved(unsigned int at)
{
	struct parts parts;

	stream_split(&stream, &parts);
	return get32(stream.at + parts.at[1] + RECORD_LEN + at);
}

unsigned int saved_unicast(void)
{
	return saved(AT_NUMBERS) >> 16;
}

/* The source is reset, so that nothing reaches the guest by its old way. */
int load(void)
{
	guest_leave(&guest);
	EXPECT_EQ(vf_reset(&vf), 0);
	vf_open(&other, vf_second());
	vf_go(&other, STATE_RESUMING);
	return load_all(&other, &stream);
}

void go_on(void)
{
	guest_move(&guest, &other);
	vf_go(&other, STATE_RUNNING);
}

void move(void)
{
	save();
	ASSERT_EQ(load(), 0);
	go_on();
}

uint32_t ask1(uint32_t word, uint32_t value)
{
	uint32_t msg[2] = { word, value };

	return mailbox_ask(&guest, msg, 2);
}

uint32_t ask_address(uint32_t word, const uint8_t *address)
{
	uint32_t msg[3] = { word };

	memcpy(&msg[1], address, 6);
	return mailbox_ask(&guest, msg, 3);
}

uint32_t ask_group(const uint8_t *address)
{
	uint32_t msg[16] = { MSG_MULTICAST | MSG_ONE };

	msg[1] = (address[4] >> 4 | address[5] << 4) & 0xfff;
	return mailbox_ask(&guest, msg, 16);
}

static uint16_t serial;

/* The length of what has arrived of a frame of the PF, or 0. */
int hears(const uint8_t *dest, int vlan, size_t len)
{
	uint16_t tag = 0;

	pf_send(dest, vlan, len, ++serial);
	len = rx_wait(&guest, &tag);
	return tag == serial ? (int)len : 0;
}

/* Without waiting for what does not come: the next one, to everybody, does. */
bool misses(const uint8_t *dest, int vlan, size_t len)
{
	static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint16_t tag = 0;

	pf_send(dest, vlan, len, ++serial);
	pf_send(everybody, -1, 100, ++serial);
	return rx_wait(&guest, &tag) == 100 && tag == serial;
}
