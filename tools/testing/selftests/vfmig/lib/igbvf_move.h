/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest on the first VF that asks its PF for things, and goes on with the
 * second one. Two VFs of one PF: what is left at the PF of the first is seen by
 * the second.
 */
#ifndef VFMIG_IGBVF_MOVE_H
#define VFMIG_IGBVF_MOVE_H

#include "igbvf_traffic.h"
#include "stream.h"

#define OTHER_MAC	"52:54:00:76:66:01"
#define NO_MAC		"00:00:00:00:00:00"

#define MSG_MAC_CLEAR	(MSG_MAC | 1 << 16)
#define MSG_MAC_ADD	(MSG_MAC | 2 << 16)

#define GRANTED(answer) EXPECT_EQ((answer) & (MSG_ACK | MSG_NACK), MSG_ACK)
#define REFUSED(answer) EXPECT_EQ((answer) & (MSG_ACK | MSG_NACK), MSG_NACK)

/* Where things are in the record, see state.h. */
enum {
	AT_FLAGS = 8,
	AT_PROMISC = 292,
	AT_VLANS = 300,
	AT_NUMBERS = 812,

	FLAG_READY = 1,
};

extern struct bytes stream;

void set_vf(unsigned int number, const char *what);

void save_from(struct vf *from);
void save(void);
uint32_t saved(unsigned int at);
unsigned int saved_unicast(void);
int load(void);
void go_on(void);
void move(void);

uint32_t ask1(uint32_t word, uint32_t value);
uint32_t ask_address(uint32_t word, const uint8_t *address);
uint32_t ask_group(const uint8_t *address);
int hears(const uint8_t *dest, int vlan, size_t len);
bool misses(const uint8_t *dest, int vlan, size_t len);

#endif /* VFMIG_IGBVF_MOVE_H */
