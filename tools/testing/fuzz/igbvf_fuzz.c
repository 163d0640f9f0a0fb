// SPDX-License-Identifier: GPL-2.0-only
/*
 * The record of a virtual function, through the core's load into a model of
 * the device and out of it again: what is refused never reaches the device,
 * what is taken comes out as it went in.
 */
#include <string.h>

#include "igbvf/igbvf.h"
#include "bench.h"
#include "igbvf_model.h"

#define MAX_RECORD	4096
#define RECORD_STATE	VFMIG_RECORD_BACKEND

/* What is done to the stream around the record; mostly nothing. */
enum trick {
	TRICK_TWICE = 0xc0,
	TRICK_NONE_AT_ALL,
	TRICK_UNKNOWN_OPTIONAL,
	TRICK_UNKNOWN_MANDATORY,
};

static struct igbvf_device vf;
static struct igbvf_guest guest;
static struct bench bench;
static struct igbvf_bad_field bad;

static void add(struct stretch *stream, struct vfmig_writer *writer, u16 type,
		u16 flags, const struct input *in)
{
	struct vfmig_record rec = {
		.type = type,
		.flags = flags,
		.len = in->len,
	};
	u8 *at = stream->at + stream->len;

	memcpy(at + VFMIG_STREAM_RECORD_LEN, in->bytes, in->len);
	stream->len += vfmig_seal_record(writer, at, &rec);
}

static struct stretch make_stream(const struct input *in)
{
	struct stretch stream = { .at = malloc(4 * MAX_RECORD) };
	struct vfmig_writer writer = {};
	u8 trick = in->cut[5];

	must(stream.at);
	vfmig_put_head(stream.at, &bench.identity);
	stream.len = vfmig_head_len(&bench.identity);
	if (trick == TRICK_UNKNOWN_OPTIONAL)
		add(&stream, &writer, RECORD_STATE + 1, VFMIG_RECORD_OPTIONAL, in);
	if (trick == TRICK_UNKNOWN_MANDATORY)
		add(&stream, &writer, RECORD_STATE + 1, 0, in);
	if (trick != TRICK_NONE_AT_ALL)
		add(&stream, &writer, RECORD_STATE, 0, in);
	if (trick == TRICK_TWICE)
		add(&stream, &writer, RECORD_STATE, 0, in);
	stream.len += vfmig_put_end(&writer, stream.at + stream.len);
	return stream;
}

static bool is_tricked(const struct input *in)
{
	u8 trick = in->cut[5];

	return trick == TRICK_TWICE || trick == TRICK_NONE_AT_ALL ||
	       trick == TRICK_UNKNOWN_MANDATORY;
}

static void vf_init(const struct input *in, bool link)
{
	memset(&vf, 0, sizeof(vf));
	memset(&guest, 0, sizeof(guest));
	vf.guest = &guest;
	vf.regs = model_reset(in, link);
	bench_init(&bench, &igbvf_backend_ops, &vf);
	vf.vpci.vm = &bench.vm;
	vf.vpci.core = bench.core;
}

static struct loaded load(const struct input *in)
{
	struct stretch stream = make_stream(in);
	struct input bytes = *in;
	struct loaded loaded;

	bytes.bytes = stream.at;
	bytes.len = stream.len;
	must(!bench_stop(&bench));
	loaded = bench_load(&bench, &bytes, true);
	free(stream.at);
	return loaded;
}

static u32 word(const u8 *state, unsigned int at)
{
	return state[at] | state[at + 1] << 8 | state[at + 2] << 16 |
	       (u32)state[at + 3] << 24;
}

/* A queue of registers at @at; a head counts only where it is enabled. */
static void queue_in_range(const u8 *state, unsigned int at, unsigned int head,
			   unsigned int dctl)
{
	u32 descs = word(state, at + 8) / 16;

	must(word(state, at) % 128 == 0);
	must(word(state, at + 8) < 1 << 20 && word(state, at + 8) % 128 == 0);
	if (!(word(state, at + dctl) & 1 << 25))
		return;
	must(word(state, at + head) <= descs - !!descs);
	must(word(state, at + head + 4) <= descs - !!descs);
}

/* A second opinion, from the offsets that state.h gives. */
static void must_be_in_range(const u8 *state)
{
	unsigned int i, vlans = 0;

	must(word(state, 0) == 1080 && word(state, 4) == (2 << 16 | 1));
	must(word(state, 8) < 1 << 7);
	must(!(word(state, 12) & ~0xb5U));
	for (i = 80; i < 88; i++)
		must(!(state[i] & 0x7c) && (state[i] & 0x83) != 0x83);
	for (i = 88; i < 100; i += 4)
		must(word(state, i) < 8);
	for (i = 104; i < 116; i += 4)
		must(word(state, i) < 1 << 16);
	for (i = 152; i < 288; i += 68) {
		queue_in_range(state, i, 20, 28);
		queue_in_range(state, i + 32, 24, 32);
	}
	must(word(state, 288) <= 0x3f00);
	for (i = 300; i < 812; i += 4)
		vlans += __builtin_popcount(word(state, i));
	must(vlans <= 33);
	must(word(state, 812) % 65536 < 256 && word(state, 812) >> 16 <= 32);
	for (i = 816; i < 876; i += 2)
		must(state[i + 1] < 16);
	for (i = 876; i < 1074; i += 6)
		must(!(state[i] & 1));
	for (i = 1074; i < 1080; i++)
		must(!state[i]);
}

/* A request of the guest that was on its way may have changed much. */
static void save(const struct igbvf_state *state)
{
	bool request = le32_to_cpu(state->mailbox) & IGBVF_MBX_REQ;
	struct stretch stream;
	const u8 *record;
	int ret;

	ret = bench_save(&bench, false, 4096, &stream);
	must(!ret || request);
	if (!ret) {
		record = stream.at + vfmig_head_len(&bench.identity) +
			 VFMIG_STREAM_RECORD_LEN;
		must(!igbvf_state_check(record, sizeof(*state), &bad));
		must(request || !memcmp(record, state, sizeof(*state)));
	}
	free(stream.at);
}

int fuzz_one(const u8 *data, size_t size)
{
	struct igbvf_state *state;
	struct loaded loaded;
	struct input in;
	const char *why;

	if (!input_split(&in, data, size) || !in.len || in.len > MAX_RECORD)
		return 0;
	state = malloc(in.len);
	must(state);
	memcpy(state, in.bytes, in.len);
	why = igbvf_state_check(state, in.len, &bad);
	must(!why || *why);
	if (!why)
		must_be_in_range((u8 *)state);

	vf_init(&in, !why && le32_to_cpu(state->flags) & IGBVF_STATE_LINK);
	loaded = load(&in);
	if (why || is_tricked(&in))
		must(loaded.ret);
	else if (!in.fault && model_agreed())
		must(loaded.whole);
	must(!why || !loaded.committed || in.cut[5] == TRICK_NONE_AT_ALL);
	if (loaded.whole) {
		must(!bench_run(&bench));
		save(state);
	}
	free(state);
	return 0;
}
