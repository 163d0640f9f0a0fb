/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IGB_DELAY_H
#define IGB_DELAY_H

#include <unistd.h>

static inline void usleep_range(unsigned long us, unsigned long most)
{
	(void)most;
	usleep(us);
}

#endif /* IGB_DELAY_H */
