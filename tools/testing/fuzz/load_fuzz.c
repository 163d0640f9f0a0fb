// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stream on its way into a device: the core's load hands it to the mock's
 * backend. However it is cut it has the same effect, and no effect where it is
 * refused. What was taken can be saved, and taken again.
 */
#include <string.h>

#include "mock/mock.h"
#include "bench.h"
#include "oracle.h"

static struct mock_device mock;
static struct bench bench;

/* A device as after a reset, with a state no stream is likely to bring. */
static void mock_init(void)
{
	memset(&mock, 0, sizeof(mock));
	shim_alloc_fails = 0;
	mock.content.generation = kvcalloc(MOCK_MAX_BLOCKS, sizeof(u32),
					   GFP_KERNEL);
	mock.dirty = bitmap_zalloc(MOCK_MAX_BLOCKS, GFP_KERNEL);
	must(mock.content.generation && mock.dirty);
	mock.knobs = (struct mock_knobs) {
		.size = 64,
		.seed = 0xfeed,
		.record = 64,
		.rounds = 2,
		.dirty_permille = 300,
		.fact_at_least = 1,
		.fact_superset = 1,
	};
	bench_init(&bench, &mock_backend_ops, &mock);
	mock.vpci.vm = &bench.vm;
}

static void mock_exit(void)
{
	bench_exit(&bench);
	if (mock.trouble.violations)
		fprintf(stderr, "%s\n", mock.trouble.complaint[0]);
	must(!mock.trouble.violations);
	kvfree(mock.content.generation);
	bitmap_free(mock.dirty);
}

static u64 state(void)
{
	return mock_content_digest(&mock.content);
}

static struct loaded load(const struct input *in, bool cut, u64 *digest)
{
	struct loaded loaded;
	u64 before = state();

	must(!bench_stop(&bench));
	loaded = bench_load(&bench, in, cut);
	*digest = state();
	must(loaded.committed || *digest == before);
	must(!bench_run(&bench));
	must(*digest == state());
	return loaded;
}

/* What a load knows how to take, whatever the knobs. */
static void turn_knobs(const struct input *in)
{
	mock.knobs.record = 8 + 8 * (in->cut[2] % 64);
	mock.knobs.rounds = in->cut[3] % 4;
	mock.knobs.dirty_permille = in->cut[4] % 3 * 500;
	mock.knobs.no_crc = in->cut[5] & 1;
	mock.knobs.overstate = in->cut[5] >> 1 & 1;
	mock.knobs.extra_optional = in->cut[5] >> 2 & 1;
}

/* From now on the device is another, until it is told what it was. */
static void save_and_load(const struct input *in)
{
	struct stretch stream;
	struct input again = *in;
	u64 saved, digest;

	turn_knobs(in);
	must(!bench_save(&bench, in->cut[0] & 1, 4096 * (1 + in->cut[1] % 3),
			 &stream));
	must(!bench_run(&bench));
	must(judge_stream(stream.at, stream.len).verdict == VERDICT_WHOLE);
	saved = state();

	mock_backend_ops.reset(&mock);
	must(saved != state());
	again.bytes = stream.at;
	again.len = stream.len;
	again.fault = 0;
	must(load(&again, true, &digest).whole);
	must(digest == saved);
	free(stream.at);
}

/* Of bulk, only bytes are known. */
static bool is_known(u16 type, u16 flags)
{
	return type == MOCK_RECORD_BYTES ||
	       (type == MOCK_RECORD_SHAPE && !(flags & VFMIG_RECORD_NO_CRC));
}

/*
 * Whether a whole stream, the last that begins in there, is one for a mock: a
 * shape, and nothing unknown.
 */
static bool is_for_mock(const struct input *in, size_t head)
{
	size_t at = head + VFMIG_STREAM_HEAD_LEN;
	unsigned int shapes = 0;
	u16 type, flags;

	at += in->bytes[head + 10] * VFMIG_STREAM_FACT_LEN;
	while (at < in->len) {
		type = in->bytes[at] | in->bytes[at + 1] << 8;
		flags = in->bytes[at + 2];
		shapes += type == MOCK_RECORD_SHAPE && is_known(type, flags);
		if (type >= VFMIG_RECORD_BACKEND && !is_known(type, flags) &&
		    !(flags & VFMIG_RECORD_OPTIONAL))
			return false;
		at += vfmig_record_len(in->bytes[at + 8] |
				       in->bytes[at + 9] << 8 |
				       in->bytes[at + 10] << 16);
	}
	return shapes == 1;
}

int fuzz_one(const u8 *data, size_t size)
{
	struct loaded whole, cut;
	u64 whole_digest, digest;
	struct opinion opinion;
	struct input in;

	if (!input_split(&in, data, size))
		return 0;

	mock_init();
	whole = load(&in, false, &whole_digest);
	mock_backend_ops.reset(&mock);
	cut = load(&in, true, &digest);
	opinion = judge_stream(in.bytes, in.len);
	/* What comes after an end is refused, or not, by where it was cut. */
	if (!in.fault && !opinion.after_end) {
		must(whole.ret == cut.ret);
		must(whole.whole == cut.whole);
		must(!whole.whole || whole_digest == digest);
	}
	must(!cut.whole || (opinion.verdict == VERDICT_WHOLE &&
			    is_for_mock(&in, opinion.head)));
	/* What comes in one piece is judged before the device is touched. */
	must((opinion.verdict != VERDICT_WRONG && !opinion.after_end) ||
	     !whole.committed);
	must(opinion.verdict != VERDICT_WRONG || cut.ret || in.fault);
	if (cut.whole)
		save_and_load(&in);
	mock_exit();
	return 0;
}
