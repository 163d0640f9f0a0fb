// SPDX-License-Identifier: GPL-2.0-only
/*
 * An exchange that is cut by a stop. Only the PF's side tells whether a request was
 * taken; and only it can set again what reading V2PMAILBOX has cleared.
 */
#include <stdio.h>

#include "igb.h"

/* Before anything reads V2PMAILBOX. */
void igb_note_request(unsigned int vf, struct igbvf_mailbox *mbx)
{
	unsigned int i;

	memset(mbx, 0, sizeof(*mbx));
	mbx->pending = igb_bar_read(IGB_MBVFICR) & BIT(vf);
	for (i = 0; i < IGBVF_VMBMEM_WORDS; i++)
		mbx->request[i] = igb_bar_read(IGBVF_VMBMEM + 4 * (IGBVF_VMBMEM_WORDS * vf + i));
}

/* What the guest has yet to see. With it comes its interrupt, which may be one too many. */
void igb_give_back(unsigned int vf, struct igbvf_mailbox *mbx)
{
	u32 val = 0;

	if (mbx->unread & IGBVF_MBX_PFSTS)
		val |= IGB_P2VMAILBOX_STS;
	if (mbx->unread & IGBVF_MBX_PFACK)
		val |= IGB_P2VMAILBOX_ACK;
	if (val)
		igb_bar_write(IGB_P2VMAILBOX(vf), val);
	/* The PF has one bit for that, which resets all of its functions' drivers. */
	if (mbx->unread & IGBVF_MBX_RSTD)
		fprintf(stderr, "the guest does not learn that its PF has been reset\n");
	mbx->unread = 0;
}
