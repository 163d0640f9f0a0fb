// SPDX-License-Identifier: GPL-2.0-only
#include "bare.h"

struct counts counts;

void main(void)
{
	const char *why;

	serial_init();
	interrupt_init();
	tick_init();
	why = vf_init();
	if (why) {
		serial_complain(why);
		return;
	}
	serial_ready();
	for (;;) {
		while (vf_echo())
			;
		vf_check_counters();
		serial_answer();
		tick_wait();
	}
}
