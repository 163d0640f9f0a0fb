// SPDX-License-Identifier: GPL-2.0-only
/* The stream: what is written is read, and what is damaged is refused. */
#include "stream.c"
#include "stream_writer.c"
#include "identity.c"
#include "cases.h"
#include "tests/stream_bulk_cases.h"
#include "tests/stream_cases.h"
#include "tests/stream_damage_cases.h"
#include "tests/stream_edge_cases.h"

int main(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stream_cases); i++)
		ok(stream_cases[i].holds(), "%s", stream_cases[i].rule);
	for (i = 0; i < ARRAY_SIZE(bulk_cases); i++)
		ok(bulk_cases[i].holds(), "%s", bulk_cases[i].rule);
	for (i = 0; i < ARRAY_SIZE(edge_cases); i++)
		ok(edge_cases[i].holds(), "%s", edge_cases[i].rule);
	for (i = 0; i < ARRAY_SIZE(damage_cases); i++)
		ok(damage_case_holds(&damage_cases[i]), "%s",
		   damage_cases[i].rule);
	for (i = 0; i < ARRAY_SIZE(fit_cases); i++)
		ok(fit_case_holds(&fit_cases[i]), "identity: %s",
		   fit_cases[i].rule);
	return tap_end();
}
