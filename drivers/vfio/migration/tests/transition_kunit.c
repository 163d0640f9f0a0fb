// SPDX-License-Identifier: GPL-2.0-only
/* The table of states and the plan of every arc. */
#include "../transition.c"
#include "cases_kunit.h"
#include "transition_cases.h"

static void name_arc(const struct arc_case *arc, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s to %s: %s",
		 vfmig_state_name(arc->from), vfmig_state_name(arc->to),
		 arc->steps);
}

KUNIT_ARRAY_PARAM(arc, arc_cases, name_arc);

static void every_arc(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, arc_case_holds(test->param_value));
}

static void what_is_no_state_leads_nowhere(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, no_state_leads_anywhere());
}

static void every_step_is_due(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, every_plan_leads_where_it_says());
}

static struct kunit_case transition_tests[] = {
	KUNIT_CASE_PARAM(every_arc, arc_gen_params),
	KUNIT_CASE(what_is_no_state_leads_nowhere),
	KUNIT_CASE(every_step_is_due),
	{}
};

static struct kunit_suite transition_suite = {
	.name = "vfmig_transition",
	.test_cases = transition_tests,
};

kunit_test_suites(&transition_suite);
