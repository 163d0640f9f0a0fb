// SPDX-License-Identifier: GPL-2.0-only
/* What mock-vfio-pci says, with its knobs in many positions. */
#include <string.h>

#include "fixture.h"
#include "seeds.h"

static struct setting {
	const char *name;
	bool pre_copy;
	struct {
		const char *knob;
		uint64_t value;
	} turn[5];
} settings[] = {
	{ "tiny", false, { { "size", 8 } } },
	{ "one-record", false, { { "size", 512 } } },
	{ "many-records", false, { { "size", 512 }, { "record", 24 } } },
	{ "no-crc", false, { { "size", 256 }, { "record", 64 },
			     { "no_crc", 1 } } },
	{ "unknown-optional", false, { { "size", 64 },
				       { "extra_optional", 1 } } },
	{ "unknown-mandatory", false, { { "size", 64 }, { "extra_optional", 1 },
					{ "extra_mandatory", 1 } } },
	{ "facts", false, { { "size", 64 }, { "fact_equal", ~0ULL },
			    { "fact_at_least", 1ULL << 40 },
			    { "fact_superset", 0xf0f0 } } },
	{ "blocks", false, { { "size", 5000 }, { "record", 4000 } } },
	{ "rounds", true, { { "size", 128 }, { "record", 64 },
			    { "rounds", 3 }, { "dirty_permille", 1000 } } },
	{ "blocks-and-rounds", true, { { "size", 5000 }, { "record", 4096 },
				       { "rounds", 2 },
				       { "dirty_permille", 400 } } },
	{ "silent", true, { { "size", 128 }, { "rounds", 0 } } },
	{ "pads", true, { { "size", 128 }, { "rounds", 1 },
			  { "overstate", 1 } } },
};

void before_open(void)
{
	need_mock(vf_first());
}

static void take(const struct setting *setting)
{
	struct bytes stream = {};

	for (size_t i = 0; i < ARRAY_SIZE(setting->turn); i++)
		if (setting->turn[i].knob)
			mock_setn(vf.bdf, setting->turn[i].knob,
				  setting->turn[i].value);
	reopen();
	if (setting->pre_copy) {
		vf_go(&vf, STATE_PRE_COPY);
		save_phase(&vf, &stream, TRAPPED_WHOLE);
	}
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RUNNING);

	keep("stream", setting->name, stream.at, stream.len);
	bytes_free(&stream);
	mock_restore();
}

TEST(seeds, "a stream of each setting of the knobs")
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		take(&settings[i]);
}
