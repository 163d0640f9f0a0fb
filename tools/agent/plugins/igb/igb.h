/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * igb.so: a virtual function of the 82576, saved and loaded by way of its PF's
 * registers, where each of the function's own has a second address.
 *
 * How that is done is what drivers/vfio/pci/igbvf knows: its files are compiled into
 * the plugin as they stand. They are here what they are there, but for:
 *
 *	address.c	a register of the function is one of the PF's
 *	bar.c		the PF's registers, mapped
 *	asked.c		what the guest has asked its PF for, told from what the PF has set
 *	mailbox.c	what of an exchange only the PF's side tells, and gives back
 *	kernel.c	what the driver's files call of the kernel
 *	plugin.c	the calls of a plugin, and their order
 *
 * One function a process, as everywhere: an agent has a process for each.
 */
#ifndef IGB_PLUGIN_H
#define IGB_PLUGIN_H

#include "../../../../drivers/vfio/pci/igbvf/igbvf.h"
#include "bar.h"

/* The PF's registers that are used beside those that are a function's. */
#define IGB_P2VMAILBOX(vf)	(0x0c00 + 4 * (vf))
#define IGB_P2VMAILBOX_STS	BIT(0)
#define IGB_P2VMAILBOX_ACK	BIT(1)
/* Requests that the PF has not taken, a bit for each function. */
#define IGB_MBVFICR		0x0c80
/* Functions that may receive, and send. */
#define IGB_VFRE		0x0c8c
#define IGB_VFTE		0x0c90
#define IGB_VMVIR(vf)		(0x3700 + 4 * (vf))
#define IGB_VMVIR_DEFAULT	BIT(30)
#define IGB_MTA(i)		(0x5200 + 4 * (i))
#define IGB_MTA_WORDS		128
#define IGB_RAL(i)		((i) < 16 ? 0x5400 + 8 * (i) : 0x54e0 + 8 * ((i) - 16))
#define IGB_RAH(i)		(IGB_RAL(i) + 4)
#define IGB_RAH_POOL(vf)	BIT(18 + (vf))
#define IGB_RAH_VALID		BIT(31)
#define IGB_RARS		24
/* igb has a function's own address there. */
#define IGB_OWN_RAR(vf)		(IGB_RARS - 1 - (vf))
#define IGB_VMOLR(vf)		(0x5ad0 + 4 * (vf))
#define IGB_VMOLR_RLPML		0x3fff
#define IGB_VMOLR_LPE		BIT(16)
#define IGB_VMOLR_ROMPE		BIT(25)
#define IGB_VMOLR_MPME		BIT(28)
#define IGB_VMOLR_STRVLAN	BIT(30)
#define IGB_VLVF(i)		(0x5d00 + 4 * (i))
#define IGB_VLVF_POOL(vf)	BIT(12 + (vf))
#define IGB_VLVF_ENABLE		BIT(31)
#define IGB_VLVFS		32

/* address.c */
extern u8 igb_function_regs[IGBVF_BAR0_MIN];
u32 igb_address(u32 reg, unsigned int vf);
void igb_address_of(unsigned int vf);

/* asked.c */
u32 igb_read_asked(unsigned int vf, struct igbvf_asked *asked);

/* mailbox.c */
void igb_note_request(unsigned int vf, struct igbvf_mailbox *mbx);
void igb_give_back(unsigned int vf, struct igbvf_mailbox *mbx);

/* kernel.c */
void igb_complain_as(const char *devid);

#endif /* IGB_PLUGIN_H */
