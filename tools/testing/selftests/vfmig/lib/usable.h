/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whatever has been done to the devices: closed and opened they are as good as
 * new. Leaves both open.
 */
#ifndef VFMIG_USABLE_H
#define VFMIG_USABLE_H

void open_both(void);
void close_both(void);
void need_new(void);
void need_usable(void);

#endif /* VFMIG_USABLE_H */
