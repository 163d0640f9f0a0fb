// SPDX-License-Identifier: GPL-2.0-only
/* The table of states and the plan of an arc: spec, "device_state". */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/types.h>

#include "../../../drivers/vfio/migration/transition.c"
#include "tap.h"

/* Rows: from; columns: to 000 001 010 011 100. As the spec draws it. */
static const char table[5][6] = {
	"=yyyy",	/* STOP */
	"y=yyy",	/* RUNNING */
	"yy=nn",	/* STOP_COPY */
	"yyy=n",	/* PRE_COPY */
	"yyyy=",	/* RESUMING */
};

static char verdict(u32 from, u32 to)
{
	struct vfmig_plan plan;

	if (vfmig_plan_arc(from, to, &plan))
		return 'n';
	return plan.nr ? 'y' : '=';
}

static void every_arc_of_the_table(void)
{
	u32 from, to;

	for (from = 0; from < 5; from++)
		for (to = 0; to < 5; to++)
			ok(verdict(from, to) == table[from][to],
			   "table: %u to %u is '%c'", from, to,
			   table[from][to]);
}

static void every_other_value_is_refused(void)
{
	static const u32 wild[] = { 5, 6, 7, 8, 9, 31, 1U << 31, ~0U };
	bool refused = true;
	unsigned int i;
	u32 known;

	for (i = 0; i < sizeof(wild) / sizeof(*wild); i++) {
		for (known = 0; known < 8; known++) {
			refused &= verdict(known, wild[i]) == 'n';
			refused &= verdict(wild[i], known) == 'n';
		}
	}
	ok(refused, "invalid states and reserved bits lead nowhere, from nowhere");
}

static bool runs_in(u32 state)
{
	return state & 1;
}

static bool saves_in(u32 state)
{
	return state & 2;
}

static bool loads_in(u32 state)
{
	return state & 4;
}

/* Takes a plan on a model of the device: each step must be due. */
static bool plan_leads(u32 from, u32 to)
{
	bool run = runs_in(from), frozen = !run, quiet = !run;
	bool save = saves_in(from), load = loads_in(from);
	struct vfmig_plan plan;
	bool due = true;
	unsigned int i;

	if (vfmig_plan_arc(from, to, &plan))
		return true;
	for (i = 0; i < plan.nr; i++) {
		if (i && plan.step[i] <= plan.step[i - 1])
			return false;
		switch (plan.step[i]) {
		case VFMIG_STEP_LEAVE_RESUMING:
			due &= load;
			load = false;
			break;
		case VFMIG_STEP_QUIESCE:
			due &= !quiet;
			quiet = true;
			break;
		case VFMIG_STEP_FREEZE:
			due &= quiet && !frozen;
			frozen = true;
			break;
		case VFMIG_STEP_END_SAVING:
			due &= save;
			save = false;
			break;
		case VFMIG_STEP_PRE_COPY:
			due &= !save && !load;
			save = true;
			break;
		case VFMIG_STEP_STOP_COPY:
			/* Cannot be undone where a pre-copy went before. */
			due &= frozen && !load && i == plan.nr - 1;
			save = true;
			break;
		case VFMIG_STEP_RESUMING:
			due &= frozen && !save;
			load = true;
			break;
		case VFMIG_STEP_THAW:
			due &= frozen && !load;
			frozen = false;
			break;
		case VFMIG_STEP_RUN:
			due &= quiet && !frozen;
			quiet = false;
			break;
		default:
			due = false;
		}
	}
	return due && quiet == !runs_in(to) && frozen == !runs_in(to) &&
	       save == saves_in(to) && load == loads_in(to);
}

static void every_plan_leads_where_it_says(void)
{
	u32 from, to;

	for (from = 0; from < 5; from++)
		for (to = 0; to < 5; to++)
			ok(plan_leads(from, to),
			   "plan: %s to %s: every step due, in order, complete",
			   vfmig_state_name(from), vfmig_state_name(to));
}

int main(void)
{
	every_arc_of_the_table();
	every_other_value_is_refused();
	every_plan_leads_where_it_says();
	return tap_end();
}
