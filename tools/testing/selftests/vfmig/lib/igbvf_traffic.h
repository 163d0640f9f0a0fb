/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest that most tests of igbvf have: on the first VF, and of one address
 * on either, so that frames find it where it goes.
 */
#ifndef VFMIG_IGBVF_TRAFFIC_H
#define VFMIG_IGBVF_TRAFFIC_H

#include "igbvf.h"

#define MAC		"52:54:00:76:66:00"

extern struct guest guest;

/* For before_open(). */
void move_begin(void);
void set_macs(const char *first, const char *second);

void boot(void);
void boot_on(struct vf *vf);
/* It sends, and hears what is sent to it. */
void expect_traffic(const char *when);
void forget_irqs(void);

#endif /* VFMIG_IGBVF_TRAFFIC_H */
