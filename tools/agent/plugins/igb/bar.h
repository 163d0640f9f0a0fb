/* SPDX-License-Identifier: GPL-2.0-only */
/* The PF's registers. Apart from igb.h: the system's headers do not go with its own. */
#ifndef IGB_BAR_H
#define IGB_BAR_H

#include <stdint.h>

#define IGB_VFS		8
/* What the registers that are used take of the PF's BAR 0. */
#define IGB_BAR0_MIN	0x11800

int igb_bar_open(const char *devid, const char *arg);
void igb_bar_close(void);
uint32_t igb_bar_read(uint32_t reg);
void igb_bar_write(uint32_t reg, uint32_t val);

#endif /* IGB_BAR_H */
