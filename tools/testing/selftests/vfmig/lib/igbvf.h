/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's driver for an 82576 virtual function, as small as can be: rings of
 * its own, the mailbox, and its PF at the other end of the wire.
 *
 * The memory is one and the same for every VF it is given to, and is found at
 * the same addresses: so a guest that goes to another VF finds its RAM there.
 */
#ifndef VFMIG_IGBVF_H
#define VFMIG_IGBVF_H

#include <stdbool.h>
#include <stdint.h>

#include "igbvf_guest.h"
#include "vf.h"

#define BUFFER_SIZE	4096

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/**
 * struct guest - what a guest's driver remembers
 * @vf: the VF it drives
 * @bar: pages 1 to 3 of BAR 0, as if page 0 came before them
 * @mac: its address
 * @seen: bits of V2PMAILBOX that reading it has cleared
 * @tx: the next descriptor to be filled
 * @rx: the next descriptor to be looked at
 * @irq: eventfds of the vectors
 */
struct guest {
	struct vf *vf;
	uint8_t *bar;
	uint8_t mac[6];
	uint32_t seen;
	unsigned int tx;
	unsigned int rx;
	int irq[3];
};

/* Bound to igbvf-vfio-pci. */
bool is_igbvf(const char *bdf);
void pf_set_mac(const char *bdf, const char *mac);
void pf_up(bool up);
void pf_set_mtu(unsigned int mtu);
void pf_send(const uint8_t *dest, int vlan, size_t len, uint16_t tag);

void guest_enter(struct guest *g, struct vf *vf);
void guest_leave(struct guest *g);
void guest_move(struct guest *g, struct vf *to);
void guest_boot(struct guest *g);

uint32_t rd(struct guest *g, uint32_t reg);
void wr(struct guest *g, uint32_t reg, uint32_t val);
void set_command(struct guest *g, uint16_t command);

uint32_t mailbox_bits(struct guest *g);
void mailbox_take(struct guest *g);
void mailbox_post(struct guest *g, const uint32_t *msg, unsigned int n);
bool mailbox_wait(struct guest *g, uint32_t bit);
void mailbox_fetch(struct guest *g, uint32_t *msg, unsigned int n);
uint32_t mailbox_ask(struct guest *g, const uint32_t *msg, unsigned int n);
void mailbox_try(struct guest *g, const uint32_t *msg, unsigned int n);
bool mailbox_hello(struct guest *g);

void rings_up(struct guest *g);
void tx_post(struct guest *g, size_t len);
void tx_post_zeroes(struct guest *g);
bool tx_sent(struct guest *g);
int rx_next(struct guest *g, uint16_t *tag);
int rx_wait(struct guest *g, uint16_t *tag);
bool rx_silent(struct guest *g);
bool irq_fired(struct guest *g, unsigned int vector);
bool irq_wait(struct guest *g, unsigned int vector);

#endif /* VFMIG_IGBVF_H */
