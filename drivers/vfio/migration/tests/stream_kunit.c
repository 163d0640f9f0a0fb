// SPDX-License-Identifier: GPL-2.0-only
/* The stream: what is written is read, and what is damaged is refused. */
#include "../stream.c"
#include "../stream_writer.c"
#include "../identity.c"
#include "cases_kunit.h"
#include "stream_bulk_cases.h"
#include "stream_cases.h"
#include "stream_damage_cases.h"
#include "stream_edge_cases.h"

#define NAME_BY_RULE(what)						\
	static void name_##what(const struct what##_case *c, char *name) \
	{								\
		strscpy(name, c->rule, KUNIT_PARAM_DESC_SIZE);		\
	}

NAME_BY_RULE(stream)
NAME_BY_RULE(damage)
NAME_BY_RULE(fit)

KUNIT_ARRAY_PARAM(stream, stream_cases, name_stream);
KUNIT_ARRAY_PARAM(bulk, bulk_cases, name_stream);
KUNIT_ARRAY_PARAM(edge, edge_cases, name_stream);
KUNIT_ARRAY_PARAM(damage, damage_cases, name_damage);
KUNIT_ARRAY_PARAM(fit, fit_cases, name_fit);

static void written_and_read(struct kunit *test)
{
	const struct stream_case *c = test->param_value;

	KUNIT_EXPECT_TRUE(test, c->holds());
}

static void at_the_edges(struct kunit *test)
{
	const struct stream_case *c = test->param_value;

	KUNIT_EXPECT_TRUE(test, c->holds());
}

static void in_pieces(struct kunit *test)
{
	const struct stream_case *c = test->param_value;

	KUNIT_EXPECT_TRUE(test, c->holds());
}

static void damaged_field(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, damage_case_holds(test->param_value));
}

static void identity(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, fit_case_holds(test->param_value));
}

static struct kunit_case stream_tests[] = {
	KUNIT_CASE_PARAM(written_and_read, stream_gen_params),
	KUNIT_CASE_PARAM(at_the_edges, edge_gen_params),
	KUNIT_CASE_PARAM(in_pieces, bulk_gen_params),
	KUNIT_CASE_PARAM(damaged_field, damage_gen_params),
	KUNIT_CASE_PARAM(identity, fit_gen_params),
	{}
};

static struct kunit_suite stream_suite = {
	.name = "vfmig_stream",
	.test_cases = stream_tests,
};

kunit_test_suites(&stream_suite);
