/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What guests' drivers of an 82576 virtual function share: registers by short
 * names, out of the one map that the variant driver has; and descriptors.
 */
#ifndef IGBVF_GUEST_H
#define IGBVF_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "igbvf/regs.h"

#define RING_DESCS	64
/* What frames of the tests are recognised by. */
#define FRAME_TYPE	0x88b5

enum {
	CTRL = IGBVF_CTRL,
	STATUS = IGBVF_STATUS,
	VMBMEM = IGBVF_VMBMEM,
	V2PMAILBOX = IGBVF_V2PMAILBOX,
	VFGPRC = IGBVF_VFGPRC,
	VFGPTC = IGBVF_VFGPTC,
	VFGOTC = IGBVF_VFGOTC,
	EICS = IGBVF_EICS,
	EIMS = IGBVF_EIMS,
	EIMC = IGBVF_EIMC,
	EIAC = IGBVF_EIAC,
	EIAM = IGBVF_EIAM,
	EITR0 = IGBVF_EITR(0),
	IVAR0 = IGBVF_IVAR0,
	IVAR_MISC = IGBVF_IVAR_MISC,
	RDBAL = IGBVF_RX(0, IGBVF_BAL),
	RDBAH = IGBVF_RX(0, IGBVF_BAH),
	RDLEN = IGBVF_RX(0, IGBVF_LEN),
	SRRCTL = IGBVF_RX(0, IGBVF_SRRCTL),
	RDH = IGBVF_RX(0, IGBVF_HEAD),
	RDT = IGBVF_RX(0, IGBVF_TAIL),
	RXDCTL = IGBVF_RX(0, IGBVF_DCTL),
	TDBAL = IGBVF_TX(0, IGBVF_BAL),
	TDBAH = IGBVF_TX(0, IGBVF_BAH),
	TDLEN = IGBVF_TX(0, IGBVF_LEN),
	TDH = IGBVF_TX(0, IGBVF_HEAD),
	TDT = IGBVF_TX(0, IGBVF_TAIL),
	TXDCTL = IGBVF_TX(0, IGBVF_DCTL),
	/* The same of the second queue. */
	QUEUE1 = IGBVF_RX(1, 0) - IGBVF_RX(0, 0),

	CTRL_RST = IGBVF_CTRL_RST,
	DCTL_ENABLE = IGBVF_DCTL_ENABLE,

	MBX_REQ = IGBVF_MBX_REQ,
	MBX_ACK = IGBVF_MBX_ACK,
	MBX_VFU = IGBVF_MBX_VFU,
	MBX_PFU = IGBVF_MBX_PFU,
	MBX_PFSTS = IGBVF_MBX_PFSTS,
	MBX_PFACK = IGBVF_MBX_PFACK,

	MSG_RESET = IGBVF_MSG_RESET,
	MSG_MAC = IGBVF_MSG_MAC,
	MSG_MULTICAST = IGBVF_MSG_MULTICAST,
	MSG_VLAN = IGBVF_MSG_VLAN,
	MSG_LPE = IGBVF_MSG_LPE,
	MSG_PROMISC = IGBVF_MSG_PROMISC,
	MSG_ONE = 1 << IGBVF_MSG_INFO_SHIFT,
	MSG_NACK = IGBVF_MSG_NACK,
};

#define MSG_ACK		((uint32_t)IGBVF_MSG_ACK)

/* Advanced descriptors, one buffer; dropped where there is none. */
#define SRRCTL_OF(size)	(1U << 31 | 1 << 25 | (size) >> 10)
/* Written back one by one. */
#define RXDCTL_ENABLE	(DCTL_ENABLE | 1 << 16)

struct desc {
	uint64_t address;
	uint32_t info;
	uint32_t status;
};

/* The device has written this part of a descriptor back. */
static inline bool desc_done(const uint32_t *part)
{
	return __atomic_load_n(part, __ATOMIC_ACQUIRE) & 1;
}

static inline void desc_receive(struct desc *desc, uint64_t buffer)
{
	desc->info = 0;
	desc->status = 0;
	desc->address = buffer;
}

static inline void desc_transmit(struct desc *desc, uint64_t frame, uint32_t len)
{
	desc->address = frame;
	desc->status = len << 14;
	/* Advanced data: whole packet, CRC, report. */
	desc->info = 0x2b300000 | len;
}

#endif /* IGBVF_GUEST_H */
