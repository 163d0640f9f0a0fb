/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a virtual function, as it travels: one record, little endian.
 *
 *	   0	u32	size of all this
 *	   4	u16	version, 1
 *	   6	u16	number of queues, 2
 *	   8	u32	flags, IGBVF_STATE_*
 *	  12	u32	V2PMAILBOX: VFU, and what the guest has yet to read;
 *			REQ: the PF has not acknowledged the request in VMBMEM
 *	  16	u32[16]	VMBMEM
 *	  80	u32	IVAR0, IVAR_MISC, EIMS, EIAC, EIAM, PSRTYPE
 *	 104	u32[3]	EITR
 *	 116	u32[9]	statistics, as the guest reads them
 *	 152	u32[8]	a receive queue		IGBVF_RX_*	for queue 0,
 *	 184	u32[9]	a transmit queue	IGBVF_TX_*	for queue 1
 *	 288	u32	largest packet asked for
 *	 292	u32	promiscuity: first word of the last message
 *	 296	u32	the last VLAN: id, and bit 16 if it was switched on
 *	 300	u32[128] VLANs that are on, one bit each
 *	 812	u16	number of multicast addresses the guest said it has
 *	 814	u16	number of other unicast addresses
 *	 816	u16[30]	hashes of multicast addresses
 *	 876	u8[6]	address of the function, as the guest knows it
 *	 882	u8[32][6] other unicast addresses
 *	1074	u8[6]	0
 *
 * The first part is what registers hold, the second what the guest has asked
 * its PF for through the mailbox.
 */
#ifndef IGBVF_STATE_H
#define IGBVF_STATE_H

#include <linux/types.h>

#include "regs.h"

#define IGBVF_STATE_VERSION	1

/* The guest has shaken hands with its PF since the last reset. */
#define IGBVF_STATE_READY	BIT(0)
/* The link was up. */
#define IGBVF_STATE_LINK	BIT(1)
/* There is an address; without, the PF had none and the guest set none. */
#define IGBVF_STATE_MAC		BIT(2)
#define IGBVF_STATE_MULTICAST	BIT(3)
#define IGBVF_STATE_VLAN	BIT(4)
#define IGBVF_STATE_LPE		BIT(5)
#define IGBVF_STATE_PROMISC	BIT(6)
#define IGBVF_STATE_FLAGS	(BIT(7) - 1)

#define IGBVF_MBX_STATE		(IGBVF_MBX_REQ | IGBVF_MBX_VFU | IGBVF_MBX_R2C)

#define IGBVF_MAX_HASHES	30
#define IGBVF_MAX_UNICAST	32
/* The PF's filter has 32 entries; VLAN 0 is always there and takes none. */
#define IGBVF_MAX_VLANS		33
#define IGBVF_MAX_PACKET	0x3f00
/* A frame of 1500 bytes with a VLAN's tag: what a function without a wish has. */
#define IGBVF_PLAIN_PACKET	1522
#define IGBVF_VLAN_ID		0x0fff
#define IGBVF_VLAN_ON		BIT(16)

enum igbvf_stat {
	IGBVF_STAT_GPRC,
	IGBVF_STAT_GPTC,
	IGBVF_STAT_GORC,
	IGBVF_STAT_GOTC,
	IGBVF_STAT_MPRC,
	IGBVF_STAT_GPRLBC,
	IGBVF_STAT_GPTLBC,
	IGBVF_STAT_GORLBC,
	IGBVF_STAT_GOTLBC,
	IGBVF_NR_STATS,
};

/* The order in which the registers of a queue are written, too. */
enum igbvf_rx_reg {
	IGBVF_RX_BAL,
	IGBVF_RX_BAH,
	IGBVF_RX_LEN,
	IGBVF_RX_SRRCTL,
	IGBVF_RX_DCA,
	IGBVF_RX_HEAD,
	IGBVF_RX_TAIL,
	IGBVF_RX_DCTL,
	IGBVF_NR_RX,
};

enum igbvf_tx_reg {
	IGBVF_TX_BAL,
	IGBVF_TX_BAH,
	IGBVF_TX_LEN,
	IGBVF_TX_DCA,
	IGBVF_TX_WBAL,
	IGBVF_TX_WBAH,
	IGBVF_TX_HEAD,
	IGBVF_TX_TAIL,
	IGBVF_TX_DCTL,
	IGBVF_NR_TX,
};

struct igbvf_state_queue {
	__le32 rx[IGBVF_NR_RX];
	__le32 tx[IGBVF_NR_TX];
};

/* What the guest has asked its PF for. */
struct igbvf_asked {
	__le32 lpe;
	__le32 promisc;
	__le32 vlan_last;
	__le32 vlans[128];
	__le16 nr_multicast;
	__le16 nr_unicast;
	__le16 hashes[IGBVF_MAX_HASHES];
	u8 mac[6];
	u8 unicast[IGBVF_MAX_UNICAST][6];
	u8 zero[6];
};

struct igbvf_state {
	__le32 size;
	__le16 version;
	__le16 queues;
	__le32 flags;
	__le32 mailbox;
	__le32 vmbmem[IGBVF_VMBMEM_WORDS];
	__le32 ivar;
	__le32 ivar_misc;
	__le32 eims;
	__le32 eiac;
	__le32 eiam;
	__le32 psrtype;
	__le32 eitr[IGBVF_VECTORS];
	__le32 stats[IGBVF_NR_STATS];
	struct igbvf_state_queue queue[IGBVF_QUEUES];
	struct igbvf_asked asked;
};

/**
 * struct igbvf_reg - a register of a queue
 * @name: for messages
 * @offset: from the first register of the queue
 * @bits: those that are state; the others are reserved
 */
struct igbvf_reg {
	const char *name;
	u16 offset;
	u32 bits;
};

extern const struct igbvf_reg igbvf_rx_regs[IGBVF_NR_RX];
extern const struct igbvf_reg igbvf_tx_regs[IGBVF_NR_TX];

/**
 * struct igbvf_bad_field - the field for which a state is refused
 * @name: of the register or field, or NULL where the reason names it
 * @queue: of a queue's register, else -1
 * @value: what it holds
 */
struct igbvf_bad_field {
	const char *name;
	int queue;
	u32 value;
};

const char *igbvf_state_check(const void *buf, size_t len,
			      struct igbvf_bad_field *bad);

#endif /* IGBVF_STATE_H */
