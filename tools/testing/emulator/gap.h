/* SPDX-License-Identifier: GPL-2.0-only */
/* What widen.c, in QEMU, and cross_modify.c, in the VM, have in common. */
#ifndef GAP_H
#define GAP_H

/* Of a page; the gap is widened for stores into it, and for no other. */
#define GAP_ADDRESS	0x100000000000UL
#define GAP_SIZE	4096UL

#endif
