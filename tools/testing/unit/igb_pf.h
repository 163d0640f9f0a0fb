/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An 82576 with igb, as far as a plugin sees them from the PF's side: registers, the
 * mailbox of each function, and what igb puts into filters for what it grants.
 */
#ifndef IGB_PF_H
#define IGB_PF_H

#include "../../agent/plugins/igb/igb.h"

#define PF_BAR_SIZE	0x20000
#define PF_VTCTRL	0x10000
#define PF_VTEIMS	0x10024
#define PF_VTEIMC	0x10028
#define PF_VTSTRIDE	0x100

static u32 pf_bar[PF_BAR_SIZE / 4];
/* An administrator's address for each function, which nobody may change; 0: none. */
static u8 pf_admin_mac[IGB_VFS][ETH_ALEN];
static bool pf_is_down, pf_is_gone;

static u32 *pf_reg(u32 at)
{
	return &pf_bar[at / 4];
}

/* A register of a function, by its own address. */
static u32 *vf_reg(unsigned int vf, u32 at)
{
	return pf_reg(igb_address(at, vf));
}

static void pf_set_rar(unsigned int rar, unsigned int vf, const u8 *mac)
{
	__le32 word[2] = {};

	memcpy(word, mac, ETH_ALEN);
	*pf_reg(IGB_RAL(rar)) = le32_to_cpu(word[0]);
	*pf_reg(IGB_RAH(rar)) = le32_to_cpu(word[1]) | IGB_RAH_VALID | IGB_RAH_POOL(vf);
}

static void pf_clear_rars(unsigned int vf, bool own)
{
	unsigned int i;
	bool is_own;

	for (i = 0; i < IGB_RARS; i++) {
		is_own = i == IGB_OWN_RAR(vf);
		if (*pf_reg(IGB_RAH(i)) & IGB_RAH_POOL(vf) && is_own == own)
			*pf_reg(IGB_RAH(i)) = 0;
	}
}

static bool pf_grants_address(unsigned int vf, u32 info, const u8 *mac)
{
	unsigned int i;

	if (is_valid_ether_addr(pf_admin_mac[vf]))
		return false;
	if (!info) {
		pf_set_rar(IGB_OWN_RAR(vf), vf, mac);
	} else if (info == IGBVF_MAC_CLEAR) {
		pf_clear_rars(vf, false);
	} else {
		for (i = 1; *pf_reg(IGB_RAH(i)) & IGB_RAH_VALID; i++)
			;
		pf_set_rar(i, vf, mac);
	}
	return true;
}

static void pf_grants_multicast(unsigned int vf, u32 nr)
{
	u32 i, hash;

	for (i = 0; i < nr; i++) {
		hash = *vf_reg(vf, IGBVF_VMBMEM + 4 + 2 * (i & ~1U)) >> 16 * (i & 1) & 0xffff;
		*pf_reg(IGB_MTA(hash / 32)) |= BIT(hash % 32);
	}
	*pf_reg(IGB_VMOLR(vf)) &= ~(u32)IGB_VMOLR_ROMPE;
	if (nr)
		*pf_reg(IGB_VMOLR(vf)) |= IGB_VMOLR_ROMPE;
}

static void pf_grants_vlan(unsigned int vf, bool on, u32 id)
{
	u32 *vlvf = pf_reg(IGB_VLVF(id % IGB_VLVFS));

	if (on)
		*vlvf |= IGB_VLVF_ENABLE | IGB_VLVF_POOL(vf) | id;
	else
		*vlvf &= ~(u32)IGB_VLVF_POOL(vf);
	*pf_reg(IGB_VMOLR(vf)) &= ~(u32)IGB_VMOLR_STRVLAN;
	if (id)
		*pf_reg(IGB_VMOLR(vf)) |= IGB_VMOLR_STRVLAN;
}

static bool pf_greets(unsigned int vf)
{
	*pf_reg(IGB_VFRE) |= BIT(vf);
	*pf_reg(IGB_VFTE) |= BIT(vf);
	if (!is_valid_ether_addr(pf_admin_mac[vf]))
		return false;
	pf_set_rar(IGB_OWN_RAR(vf), vf, pf_admin_mac[vf]);
	memcpy(vf_reg(vf, IGBVF_VMBMEM + 4), pf_admin_mac[vf], ETH_ALEN);
	return true;
}

static bool pf_grants(unsigned int vf, u32 msg)
{
	u32 *vmolr = pf_reg(IGB_VMOLR(vf));
	u32 *word = vf_reg(vf, IGBVF_VMBMEM + 4);
	u32 info = msg & IGBVF_MSG_INFO;

	switch (msg & IGBVF_MSG_TYPE) {
	case IGBVF_MSG_RESET:
		return pf_greets(vf);
	case IGBVF_MSG_MAC:
		return pf_grants_address(vf, info, (u8 *)word);
	case IGBVF_MSG_MULTICAST:
		pf_grants_multicast(vf, info >> IGBVF_MSG_INFO_SHIFT);
		return true;
	case IGBVF_MSG_VLAN:
		pf_grants_vlan(vf, info, *word);
		return true;
	case IGBVF_MSG_LPE:
		*vmolr = (*vmolr & ~(u32)IGB_VMOLR_RLPML) | *word | IGB_VMOLR_LPE;
		return true;
	case IGBVF_MSG_PROMISC:
		*vmolr |= IGB_VMOLR_MPME;
		return true;
	}
	return false;
}

static void pf_answers(unsigned int vf)
{
	u32 *message = vf_reg(vf, IGBVF_VMBMEM);

	if (pf_is_down)
		return;
	*message |= IGBVF_MSG_CTS | (pf_grants(vf, *message) ? IGBVF_MSG_ACK : IGBVF_MSG_NACK);
	*pf_reg(IGB_MBVFICR) &= ~(u32)BIT(vf);
	*vf_reg(vf, IGBVF_V2PMAILBOX) |= IGBVF_MBX_PFACK | IGBVF_MBX_PFSTS;
}

/* igb keeps unicast filters and the largest packet. */
static void pf_resets(unsigned int vf)
{
	unsigned int i;

	*pf_reg(IGB_VFRE) &= ~(u32)BIT(vf);
	*pf_reg(IGB_VFTE) &= ~(u32)BIT(vf);
	*pf_reg(IGB_VMOLR(vf)) &= IGB_VMOLR_RLPML | IGB_VMOLR_LPE;
	pf_clear_rars(vf, true);
	for (i = 0; i < IGB_VLVFS; i++)
		*pf_reg(IGB_VLVF(i)) &= ~(u32)IGB_VLVF_POOL(vf);
	for (i = 0; i < IGBVF_QUEUES; i++) {
		*vf_reg(vf, IGBVF_RX(i, IGBVF_DCTL)) &= ~(u32)IGBVF_DCTL_ENABLE;
		*vf_reg(vf, IGBVF_TX(i, IGBVF_DCTL)) &= ~(u32)IGBVF_DCTL_ENABLE;
	}
}

int igb_bar_open(const char *devid, const char *arg)
{
	return arg[0] - '0';
}

void igb_bar_close(void)
{
}

u32 igb_bar_read(u32 reg)
{
	u32 val = *pf_reg(reg);

	if (pf_is_gone)
		return ~0U;
	if (reg >= IGBVF_V2PMAILBOX && reg < IGBVF_V2PMAILBOX + 4 * IGB_VFS)
		*pf_reg(reg) &= ~(u32)IGBVF_MBX_R2C;
	return val;
}

static void pf_mailbox_write(unsigned int vf, u32 val)
{
	u32 *mailbox = vf_reg(vf, IGBVF_V2PMAILBOX);

	*mailbox = (*mailbox & ~(u32)IGBVF_MBX_VFU) | (val & IGBVF_MBX_VFU);
	if (!(val & IGBVF_MBX_REQ))
		return;
	*pf_reg(IGB_MBVFICR) |= BIT(vf);
	pf_answers(vf);
}

void igb_bar_write(u32 reg, u32 val)
{
	unsigned int vf;

	for (vf = 0; vf < IGB_VFS; vf++) {
		u32 *mailbox = vf_reg(vf, IGBVF_V2PMAILBOX);

		if (reg == IGB_P2VMAILBOX(vf)) {
			*mailbox |= val & IGB_P2VMAILBOX_STS ? IGBVF_MBX_PFSTS : 0;
			*mailbox |= val & IGB_P2VMAILBOX_ACK ? IGBVF_MBX_PFACK : 0;
		} else if (pf_reg(reg) == mailbox) {
			pf_mailbox_write(vf, val);
			return;
		} else if (reg == PF_VTCTRL + PF_VTSTRIDE * vf && val & IGBVF_CTRL_RST) {
			pf_resets(vf);
		} else if (reg == PF_VTEIMC + PF_VTSTRIDE * vf) {
			*pf_reg(PF_VTEIMS + PF_VTSTRIDE * vf) &= ~val;
		}
	}
	*pf_reg(reg) = val;
}

#endif /* IGB_PF_H */
