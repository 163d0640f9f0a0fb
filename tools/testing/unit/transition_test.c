// SPDX-License-Identifier: GPL-2.0-only
/* The table of states and the plan of an arc: spec, "device_state". */
#include <string.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/types.h>

#include "transition.c"
#include "cases.h"
#include "tests/transition_cases.h"

int main(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arc_cases); i++)
		ok(arc_case_holds(&arc_cases[i]), "%s to %s: %s",
		   vfmig_state_name(arc_cases[i].from),
		   vfmig_state_name(arc_cases[i].to), arc_cases[i].steps);
	ok(no_state_leads_anywhere(),
	   "what is no state leads nowhere, from nowhere");
	ok(every_plan_leads_where_it_says(),
	   "every step of a plan is due, in order, and all are there");
	return tap_end();
}
