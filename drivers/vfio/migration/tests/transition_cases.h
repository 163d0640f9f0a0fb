/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of states and the plan of every arc, as the documents draw them.
 *
 * Shared by the KUnit suite and by the program in userspace. Each of them
 * includes transition.c first and defines case_note() to say what was wrong.
 */
#ifndef VFMIG_TRANSITION_CASES_H
#define VFMIG_TRANSITION_CASES_H

struct arc_case {
	u32 from;
	u32 to;
	const char *steps;
};

#define REFUSED	"refused"
#define NOTHING	"nothing"

#define ARC(from, to, steps)						\
	{ VFMIG_STATE_##from, VFMIG_STATE_##to, steps }

/* All 25 arcs between the five states of v1, and then those of v2. */
static const struct arc_case arc_cases[] = {
	ARC(STOP, STOP, NOTHING),
	ARC(STOP, RUNNING, "thaw, run"),
	ARC(STOP, STOP_COPY, "start stop-and-copy"),
	ARC(STOP, PRE_COPY, "start pre-copy, thaw, run"),
	ARC(STOP, RESUMING, "start resuming"),

	ARC(RUNNING, STOP, "quiesce, freeze"),
	ARC(RUNNING, RUNNING, NOTHING),
	ARC(RUNNING, STOP_COPY, "quiesce, freeze, start stop-and-copy"),
	ARC(RUNNING, PRE_COPY, "start pre-copy"),
	ARC(RUNNING, RESUMING, "quiesce, freeze, start resuming"),

	ARC(STOP_COPY, STOP, "end saving"),
	ARC(STOP_COPY, RUNNING, "end saving, thaw, run"),
	ARC(STOP_COPY, STOP_COPY, NOTHING),
	ARC(STOP_COPY, PRE_COPY, REFUSED),
	ARC(STOP_COPY, RESUMING, REFUSED),

	ARC(PRE_COPY, STOP, "quiesce, freeze, end saving"),
	ARC(PRE_COPY, RUNNING, "end saving"),
	ARC(PRE_COPY, STOP_COPY, "quiesce, freeze, start stop-and-copy"),
	ARC(PRE_COPY, PRE_COPY, NOTHING),
	ARC(PRE_COPY, RESUMING, REFUSED),

	ARC(RESUMING, STOP, "leave resuming"),
	ARC(RESUMING, RUNNING, "leave resuming, thaw, run"),
	ARC(RESUMING, STOP_COPY, "leave resuming, start stop-and-copy"),
	ARC(RESUMING, PRE_COPY, "leave resuming, start pre-copy, thaw, run"),
	ARC(RESUMING, RESUMING, NOTHING),

	/* What v2 adds, each arc of it that has P2P at one end. */
	ARC(RUNNING, RUNNING_P2P, "quiesce"),
	ARC(RUNNING_P2P, RUNNING_P2P, NOTHING),
	ARC(RUNNING_P2P, RUNNING, "run"),
	ARC(RUNNING_P2P, STOP, "freeze"),
	ARC(RUNNING_P2P, PRE_COPY_P2P, "start pre-copy"),
	ARC(RUNNING_P2P, PRE_COPY, REFUSED),
	ARC(RUNNING_P2P, STOP_COPY, REFUSED),
	ARC(RUNNING_P2P, RESUMING, REFUSED),
	ARC(STOP, RUNNING_P2P, "thaw"),
	ARC(STOP, PRE_COPY_P2P, REFUSED),
	ARC(PRE_COPY, PRE_COPY_P2P, "quiesce"),
	ARC(PRE_COPY, RUNNING_P2P, REFUSED),
	ARC(PRE_COPY_P2P, PRE_COPY_P2P, NOTHING),
	ARC(PRE_COPY_P2P, PRE_COPY, "run"),
	ARC(PRE_COPY_P2P, STOP_COPY, "freeze, start stop-and-copy"),
	ARC(PRE_COPY_P2P, RUNNING_P2P, "end saving"),
	ARC(PRE_COPY_P2P, RUNNING, REFUSED),
	ARC(PRE_COPY_P2P, STOP, REFUSED),
	ARC(PRE_COPY_P2P, RESUMING, REFUSED),
	ARC(STOP_COPY, RUNNING_P2P, REFUSED),
	ARC(STOP_COPY, PRE_COPY_P2P, REFUSED),
	ARC(RESUMING, RUNNING_P2P, REFUSED),
	ARC(RESUMING, PRE_COPY_P2P, REFUSED),
};

#undef ARC

static void say_plan(u32 from, u32 to, char *words, size_t room)
{
	struct vfmig_plan plan;
	size_t len = 0;
	unsigned int i;

	if (vfmig_plan_arc(from, to, &plan)) {
		snprintf(words, room, REFUSED);
		return;
	}
	if (!plan.nr)
		snprintf(words, room, NOTHING);
	for (i = 0; i < plan.nr && len < room; i++)
		len += snprintf(words + len, room - len, "%s%s", i ? ", " : "",
				vfmig_step_name(plan.step[i]));
}

static bool arc_case_holds(const struct arc_case *arc)
{
	char words[128];

	say_plan(arc->from, arc->to, words, sizeof(words));
	if (!strcmp(words, arc->steps))
		return true;
	case_note("the plan is: %s", words);
	return false;
}

/* Values that are no state, or one that nothing but a reset leads out of. */
static const u32 no_states[] = {
	5, VFMIG_STATE_ERROR, 7, 8, 10, 12, 13, 15, 16, 17, 31, 32, 33, 64,
	BIT(8), BIT(16) | VFMIG_STATE_RUNNING, BIT(31),
	BIT(31) | VFMIG_STATE_RUNNING, ~0U,
};

static bool refused_both_ways(u32 a, u32 b)
{
	struct vfmig_plan plan;

	if (vfmig_plan_arc(a, b, &plan) == -EINVAL && !plan.nr &&
	    vfmig_plan_arc(b, a, &plan) == -EINVAL && !plan.nr)
		return true;
	case_note("between %#x and %#x", a, b);
	return false;
}

static bool no_state_leads_anywhere(void)
{
	bool good = true;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(no_states); i++) {
		for (j = 0; j <= VFMIG_STATE_RESUMING; j++)
			good &= refused_both_ways(no_states[i], j);
		for (j = 0; j < ARRAY_SIZE(no_states); j++)
			good &= refused_both_ways(no_states[i], no_states[j]);
	}
	return good;
}

/* What is true of a device on its way; a step must be due. */
struct way {
	bool quiet;
	bool frozen;
	bool saves;
	bool loads;
};

static struct way way_of(u32 state)
{
	return (struct way){
		.quiet	= !(state & VFMIG_STATE_RUNNING) ||
			  state & VFMIG_STATE_P2P,
		.frozen	= !(state & VFMIG_STATE_RUNNING),
		.saves	= state & VFMIG_STATE_STOP_COPY,
		.loads	= state & VFMIG_STATE_RESUMING,
	};
}

static bool walk_step(struct way *way, enum vfmig_step step, bool last)
{
	struct way was = *way;

	switch (step) {
	case VFMIG_STEP_LEAVE_RESUMING:
		way->loads = false;
		return was.loads;
	case VFMIG_STEP_QUIESCE:
		way->quiet = true;
		return !was.quiet;
	case VFMIG_STEP_FREEZE:
		way->frozen = true;
		return was.quiet && !was.frozen;
	case VFMIG_STEP_END_SAVING:
		way->saves = false;
		return was.saves;
	case VFMIG_STEP_PRE_COPY:
		way->saves = true;
		return !was.saves && !was.loads;
	case VFMIG_STEP_STOP_COPY:
		/* Could not be undone where a pre-copy went before. */
		way->saves = true;
		return was.frozen && !was.loads && last;
	case VFMIG_STEP_RESUMING:
		way->loads = true;
		return was.frozen && !was.saves;
	case VFMIG_STEP_THAW:
		way->frozen = false;
		return was.frozen && !was.loads;
	case VFMIG_STEP_RUN:
		way->quiet = false;
		return was.quiet && !was.frozen;
	case VFMIG_NR_STEPS:
		break;
	}
	return false;
}

static bool plan_leads(u32 from, u32 to)
{
	struct way way = way_of(from), there = way_of(to);
	struct vfmig_plan plan;
	unsigned int i;
	bool due = true;

	if (vfmig_plan_arc(from, to, &plan))
		return true;
	for (i = 0; i < plan.nr; i++) {
		due &= walk_step(&way, plan.step[i], i == plan.nr - 1);
		due &= !i || plan.step[i] > plan.step[i - 1];
	}
	return due && way.quiet == there.quiet && way.frozen == there.frozen &&
	       way.saves == there.saves && way.loads == there.loads;
}

static bool every_plan_leads_where_it_says(void)
{
	bool good = true;
	u32 from, to;

	for (from = 0; from < VFMIG_NR_STATES; from++) {
		for (to = 0; to < VFMIG_NR_STATES; to++) {
			if (plan_leads(from, to))
				continue;
			case_note("%s to %s", vfmig_state_name(from),
				  vfmig_state_name(to));
			good = false;
		}
	}
	return good;
}

#endif /* VFMIG_TRANSITION_CASES_H */
