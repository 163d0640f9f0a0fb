// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest has asked its PF for. The messages were not seen; but igb has put all
 * that it granted into registers, and from these it is told.
 *
 * Where they do not tell, more is taken rather than less: the table of multicast
 * hashes is one for all functions, so that a function has the frames of all, here as
 * there; of more hashes than a message holds, all multicast is asked for.
 */
#include "igb.h"

static void igb_get_mac(u8 *mac, unsigned int rar)
{
	__le32 word[2] = {
		cpu_to_le32(igb_bar_read(IGB_RAL(rar))),
		cpu_to_le32(igb_bar_read(IGB_RAH(rar))),
	};

	memcpy(mac, word, ETH_ALEN);
}

static u32 igb_read_addresses(unsigned int vf, struct igbvf_asked *asked)
{
	u32 flags = 0, rah;
	unsigned int i, nr = 0;
	u8 mac[ETH_ALEN];

	for (i = 0; i < IGB_RARS; i++) {
		rah = igb_bar_read(IGB_RAH(i));
		igb_get_mac(mac, i);
		if (!(rah & IGB_RAH_VALID) || !(rah & IGB_RAH_POOL(vf)) ||
		    !is_valid_ether_addr(mac))
			continue;
		if (i == IGB_OWN_RAR(vf)) {
			memcpy(asked->mac, mac, ETH_ALEN);
			flags = IGBVF_STATE_MAC;
		} else {
			memcpy(asked->unicast[nr++], mac, ETH_ALEN);
		}
	}
	asked->nr_unicast = cpu_to_le16(nr);
	return flags;
}

/* False where there are more than a message holds. */
static bool igb_read_hashes(struct igbvf_asked *asked)
{
	unsigned int i, bit, nr = 0;
	u32 word;

	for (i = 0; i < IGB_MTA_WORDS; i++) {
		word = igb_bar_read(IGB_MTA(i));
		for (bit = 0; bit < 32; bit++) {
			if (!(word & BIT(bit)))
				continue;
			if (nr == IGBVF_MAX_HASHES)
				return false;
			asked->hashes[nr++] = cpu_to_le16(32 * i + bit);
		}
	}
	asked->nr_multicast = cpu_to_le16(nr);
	return true;
}

static u32 igb_read_multicast(u32 vmolr, struct igbvf_asked *asked)
{
	if (!(vmolr & (IGB_VMOLR_MPME | IGB_VMOLR_ROMPE)))
		return 0;
	if (!(vmolr & IGB_VMOLR_MPME) && igb_read_hashes(asked))
		return IGBVF_STATE_MULTICAST;
	memset(asked->hashes, 0, sizeof(asked->hashes));
	asked->promisc = cpu_to_le32(IGBVF_MSG_PROMISC | IGBVF_PROMISC_MULTICAST);
	return IGBVF_STATE_PROMISC;
}

static void igb_vlan_on(struct igbvf_asked *asked, u32 id)
{
	asked->vlans[id / 32] |= cpu_to_le32(BIT(id % 32));
	asked->vlan_last = cpu_to_le32(id | IGBVF_VLAN_ON);
}

/*
 * VLAN 0 is on with every function. A guest that asked for it last has its tags; one
 * that has none, and no VLAN, has switched its last one off, whichever that was.
 */
static u32 igb_read_vlans(unsigned int vf, u32 vmolr, struct igbvf_asked *asked)
{
	bool any = false;
	unsigned int i;
	u32 vlvf, id;

	/* The administrator's VLAN: then igb grants a guest none. */
	if (igb_bar_read(IGB_VMVIR(vf)) & IGB_VMVIR_DEFAULT)
		return 0;
	for (i = 0; i < IGB_VLVFS; i++) {
		vlvf = igb_bar_read(IGB_VLVF(i));
		id = vlvf & IGBVF_VLAN_ID;
		if (!(vlvf & IGB_VLVF_ENABLE) || !(vlvf & IGB_VLVF_POOL(vf)) || !id)
			continue;
		igb_vlan_on(asked, id);
		any = true;
	}
	if (!any && !(vmolr & IGB_VMOLR_STRVLAN))
		return 0;
	if (any && !(vmolr & IGB_VMOLR_STRVLAN))
		igb_vlan_on(asked, 0);
	if (!any)
		asked->vlan_last = cpu_to_le32(1);
	return IGBVF_STATE_VLAN;
}

static bool igb_is_ready(unsigned int vf)
{
	return igb_bar_read(IGB_VFRE) & igb_bar_read(IGB_VFTE) & BIT(vf);
}

/* Returns flags, IGBVF_STATE_*. */
u32 igb_read_asked(unsigned int vf, struct igbvf_asked *asked)
{
	u32 vmolr = igb_bar_read(IGB_VMOLR(vf));
	u32 flags;

	memset(asked, 0, sizeof(*asked));
	flags = igb_read_addresses(vf, asked);
	if (igb_is_ready(vf)) {
		flags |= IGBVF_STATE_READY;
		flags |= igb_read_multicast(vmolr, asked);
		flags |= igb_read_vlans(vf, vmolr, asked);
	} else {
		/* It has to be asked for with the next handshake. */
		eth_zero_addr(asked->mac);
		flags = 0;
	}
	if (vmolr & IGB_VMOLR_LPE) {
		asked->lpe = cpu_to_le32(min_t(u32, vmolr & IGB_VMOLR_RLPML, IGBVF_MAX_PACKET));
		flags |= IGBVF_STATE_LPE;
	}
	return flags;
}
