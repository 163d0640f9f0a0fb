/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of the 82576's virtual function, BAR 0, as far as they are used
 * here. Written to the Intel 82576EB Gigabit Ethernet Controller Datasheet.
 */
#ifndef IGBVF_REGS_H
#define IGBVF_REGS_H

#include <linux/bits.h>

/* From here on a page is the guest's alone: interrupts, then queues. */
#define IGBVF_PAGE0_SIZE	0x1000
/* What the registers below take of the BAR. */
#define IGBVF_BAR0_MIN		0x4000

#define IGBVF_QUEUES		2
#define IGBVF_VECTORS		3
#define IGBVF_ALL_VECTORS	(BIT(IGBVF_VECTORS) - 1)
#define IGBVF_DESC_SIZE		16

/* Page 0 */
#define IGBVF_CTRL		0x0000
#define IGBVF_CTRL_RST		BIT(26)
#define IGBVF_STATUS		0x0008
#define IGBVF_STATUS_LU		BIT(1)
#define IGBVF_VMBMEM		0x0800
#define IGBVF_VMBMEM_WORDS	16
#define IGBVF_V2PMAILBOX	0x0c40
#define IGBVF_PSRTYPE		0x0f0c
#define IGBVF_VFGPRC		0x0f10
#define IGBVF_VFGPTC		0x0f14
#define IGBVF_VFGORC		0x0f18
#define IGBVF_VFGOTC		0x0f34
#define IGBVF_VFMPRC		0x0f3c
#define IGBVF_VFGPRLBC		0x0f40
#define IGBVF_VFGPTLBC		0x0f44
#define IGBVF_VFGORLBC		0x0f48
#define IGBVF_VFGOTLBC		0x0f50

/* V2PMAILBOX; the bits in R2C are cleared by whoever reads them */
#define IGBVF_MBX_REQ		BIT(0)
#define IGBVF_MBX_ACK		BIT(1)
#define IGBVF_MBX_VFU		BIT(2)
#define IGBVF_MBX_PFU		BIT(3)
#define IGBVF_MBX_PFSTS		BIT(4)
#define IGBVF_MBX_PFACK		BIT(5)
#define IGBVF_MBX_RSTI		BIT(6)
#define IGBVF_MBX_RSTD		BIT(7)
#define IGBVF_MBX_R2C		(IGBVF_MBX_PFSTS | IGBVF_MBX_PFACK | \
				 IGBVF_MBX_RSTD)

/* The first word of a message: what drivers of PF and VF agree on */
#define IGBVF_MSG_TYPE		0x0000ffff
#define IGBVF_MSG_INFO		0x00ff0000
#define IGBVF_MSG_INFO_SHIFT	16
/* In an answer: the PF has listened. A NACK without it is of no message. */
#define IGBVF_MSG_CTS		BIT(29)
#define IGBVF_MSG_NACK		BIT(30)
#define IGBVF_MSG_ACK		BIT(31)

#define IGBVF_MSG_RESET		0x01
#define IGBVF_MSG_MAC		0x02
#define IGBVF_MSG_MULTICAST	0x03
#define IGBVF_MSG_VLAN		0x04
#define IGBVF_MSG_LPE		0x05
#define IGBVF_MSG_PROMISC	0x06

/* IGBVF_MSG_MAC with a sub-command is not about the function's own address */
#define IGBVF_MAC_CLEAR		0x00010000
#define IGBVF_MAC_ADD		0x00020000
#define IGBVF_PROMISC_MULTICAST	0x00020000

/* Page 1 */
#define IGBVF_EICS		0x1520
#define IGBVF_EIMS		0x1524
#define IGBVF_EIMC		0x1528
#define IGBVF_EIAC		0x152c
#define IGBVF_EIAM		0x1530
#define IGBVF_EITR(n)		(0x1680 + 4 * (n))
#define IGBVF_IVAR0		0x1700
#define IGBVF_IVAR_MISC		0x1740
#define IGBVF_IVAR_VALID	BIT(7)
#define IGBVF_IVAR_VECTOR	0x03

/* Pages 2 and 3 */
#define IGBVF_RX(queue, reg)	(0x2800 + 0x100 * (queue) + (reg))
#define IGBVF_TX(queue, reg)	(0x3800 + 0x100 * (queue) + (reg))

#define IGBVF_BAL		0x00
#define IGBVF_BAH		0x04
#define IGBVF_LEN		0x08
#define IGBVF_SRRCTL		0x0c	/* receive only */
#define IGBVF_HEAD		0x10
#define IGBVF_DCA		0x14
#define IGBVF_TAIL		0x18
#define IGBVF_DCTL		0x28
#define IGBVF_WBAL		0x38	/* transmit only */
#define IGBVF_WBAH		0x3c	/* transmit only */

#define IGBVF_DCTL_ENABLE	BIT(25)

#endif /* IGBVF_REGS_H */
