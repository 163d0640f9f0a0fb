// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"

#define MANY_CHUNKS	10000
/* One step in so many is where a transfer is given up. */
#define RARELY		12
#define NEVER		0

/* Saved in peace from each of the devices. */
static struct bytes streams[2];

void attack_take_streams(void)
{
	save_stopped(&vf, &streams[0]);
	if (other.bdf)
		save_stopped(&other, &streams[1]);
}

void attack_drop_streams(void)
{
	bytes_free(&streams[0]);
	bytes_free(&streams[1]);
}

const struct bytes *attack_stream(const struct vf *vf)
{
	return &streams[vf == &other];
}

static bool give_up(struct member *m, unsigned int one_in)
{
	return one_in && random_one_in(&m->random, one_in);
}

static int go(struct member *m, struct vf *vf, uint32_t state)
{
	return attack_write(m, vf, REG_DEVICE_STATE, &state, sizeof(state));
}

static int read64(struct member *m, struct vf *vf, uint64_t at, uint64_t *value)
{
	return attack_read(m, vf, at, value, sizeof(*value));
}

/* Time for others to come in between. */
static void dawdle(struct member *m)
{
	if (random_one_in(&m->random, 4))
		usleep(random_below(&m->random, 300));
}

/* One chunk. Returns 0 with *@size of 0 where there is no more. */
static int take_chunk(struct member *m, struct vf *vf, struct bytes *to,
		      uint64_t *size)
{
	uint64_t offset = 0, pending = 0;
	void *chunk;
	int ret;

	*size = 0;
	ret = read64(m, vf, REG_PENDING_BYTES, &pending);
	if (ret || !pending)
		return ret;
	dawdle(m);
	ret = read64(m, vf, REG_DATA_OFFSET, &offset);
	dawdle(m);
	if (!ret)
		ret = read64(m, vf, REG_DATA_SIZE, size);
	if (ret)
		return ret;
	dawdle(m);
	/* Nobody knows who has taken it meanwhile. */
	if (!*size)
		return -ENODATA;
	if (*size > vf->area_len || offset != vf->area) {
		crowd_find(m, "a chunk of %llu bytes at %#llx",
			   (unsigned long long)*size, (unsigned long long)offset);
		return -ERANGE;
	}
	chunk = malloc(*size);
	ret = chunk ? attack_read(m, vf, offset, chunk, *size) : -ENOMEM;
	if (!ret) {
		attack_judge_bytes(m, chunk, *size);
		bytes_add(to, chunk, *size);
	}
	free(chunk);
	return ret;
}

static int take_phase(struct member *m, struct vf *vf, struct bytes *to,
		      unsigned int one_in)
{
	uint64_t size;
	int chunks, ret;

	for (chunks = 0; chunks < MANY_CHUNKS; chunks++) {
		if (give_up(m, one_in))
			return -ECANCELED;
		ret = take_chunk(m, vf, to, &size);
		if (ret || !size)
			return ret;
	}
	crowd_find(m, "a phase has more than %d chunks", MANY_CHUNKS);
	return -ELOOP;
}

/* How a save begins. */
enum start { LIVE, PAUSED, AT_ONCE };

/* From RUNNING to STOP-COPY with all of it taken. */
static int take_state(struct member *m, struct vf *vf, struct bytes *to,
		      enum start start, unsigned int one_in)
{
	int ret = 0;

	if (start == LIVE) {
		ret = go(m, vf, STATE_PRE_COPY);
		if (!ret)
			ret = take_phase(m, vf, to, one_in);
	} else if (start == PAUSED) {
		ret = go(m, vf, STATE_STOP);
	}
	if (!ret && give_up(m, one_in))
		ret = -ECANCELED;
	if (!ret)
		ret = go(m, vf, STATE_STOP_COPY);
	if (!ret)
		ret = take_phase(m, vf, to, one_in);
	return ret;
}

/* In RESUMING: the stream in pieces, trapped. */
static int put_state(struct member *m, struct vf *vf, const uint8_t *from,
		     size_t len, unsigned int one_in)
{
	uint64_t offset = 0, n;
	int ret = 0;

	while (len && !ret) {
		if (give_up(m, one_in))
			return -ECANCELED;
		n = random_one_in(&m->random, 2) ?
		    vf->area_len : 1 + random_below(&m->random, vf->area_len);
		if (n > len)
			n = len;
		ret = read64(m, vf, REG_DATA_OFFSET, &offset);
		if (!ret)
			ret = attack_write(m, vf, offset, from, n);
		dawdle(m);
		if (!ret)
			ret = attack_write(m, vf, REG_DATA_SIZE, &n, sizeof(n));
		from += n;
		len -= n;
	}
	return ret;
}

/* Where a load has gone wrong only a reset leads out. */
static void leave(struct member *m, struct vf *vf)
{
	if (random_one_in(&m->random, 2))
		attack_reset_device(m, vf);
	go(m, vf, STATE_RUNNING);
}

static bool save(struct member *m)
{
	struct vf *vf = attack_target(m);
	struct bytes stream = {};
	int ret;

	go(m, vf, STATE_RUNNING);
	ret = take_state(m, vf, &stream, random_below(&m->random, 3), RARELY);
	if (!give_up(m, 3))
		go(m, vf, STATE_RUNNING);
	bytes_free(&stream);
	return !ret;
}

const struct attack attack_save = { "save", save };

/* Its own stream, or the other device's, of another size. */
static bool load(struct member *m)
{
	struct vf *vf = attack_target(m);
	const struct bytes *from = attack_stream(random_one_in(&m->random, 2) ?
						 vf : &other);
	int ret;

	if (!from->len)
		from = &streams[0];
	ret = go(m, vf, STATE_RESUMING);
	if (!ret)
		ret = put_state(m, vf, from->at, from->len, RARELY);
	if (!ret)
		ret = go(m, vf, STATE_RUNNING);
	if (ret && !give_up(m, 3))
		leave(m, vf);
	return !ret;
}

const struct attack attack_load = { "load", load };

/* A bit, a word, a stretch, or the end. */
static size_t damage_bytes(struct member *m, uint8_t *bytes, size_t len)
{
	size_t at = random_below(&m->random, len);
	size_t n = 1 + random_below(&m->random, 64);

	if (random_one_in(&m->random, 2))
		at %= 256;
	if (at >= len)
		at = len - 1;
	if (n > len - at)
		n = len - at;
	switch (random_below(&m->random, 4)) {
	case 0:
		bytes[at] ^= 1 << random_below(&m->random, 8);
		return len;
	case 1:
		random_fill(&m->random, bytes + at, n);
		return len;
	case 2:
		memset(bytes + at, random_one_in(&m->random, 2) ? 0xff : 0, n);
		return len;
	default:
		return at;
	}
}

static bool damage(struct member *m)
{
	struct vf *vf = attack_target(m);
	const struct bytes *from = attack_stream(vf);
	struct bytes bad = {};
	bool refused;
	int ret;

	bytes_add(&bad, from->at, from->len);
	bad.len = damage_bytes(m, bad.at, bad.len);
	ret = go(m, vf, STATE_RESUMING);
	if (!ret)
		ret = put_state(m, vf, bad.at, bad.len, NEVER);
	refused = ret == -EINVAL;
	leave(m, vf);
	bytes_free(&bad);
	return refused;
}

const struct attack attack_damage = { "damage", damage };

static void expect_same(struct member *m, const struct bytes *got,
			const struct bytes *want)
{
	if (got->len != want->len || memcmp(got->at, want->at, got->len))
		crowd_find(m, "other bytes came out (%zu) than went in (%zu)",
			   got->len, want->len);
}

static int move_to(struct member *m, struct vf *from, struct vf *to)
{
	enum start start = random_below(&m->random, 3);
	struct bytes stream = {}, again = {};
	int ret;

	ret = take_state(m, from, &stream, start, NEVER);
	if (!ret)
		ret = go(m, from, STATE_STOP);
	if (!ret)
		ret = go(m, to, STATE_RESUMING);
	if (!ret)
		ret = put_state(m, to, stream.at, stream.len, NEVER);
	if (!ret)
		ret = go(m, to, STATE_STOP_COPY);
	if (!ret)
		ret = take_phase(m, to, &again, NEVER);
	/* What was sent live has been sent more than once. */
	if (!ret && start != LIVE)
		expect_same(m, &again, &stream);
	if (!ret)
		ret = go(m, to, STATE_RUNNING);
	if (!ret)
		ret = go(m, from, STATE_RUNNING);
	bytes_free(&stream);
	bytes_free(&again);
	return ret;
}

/* All of it, from one to the other: it is for those who harm nobody. */
static bool move_state(struct member *m)
{
	struct vf *from = attack_target(m);
	struct vf *to = from == &vf && other.bdf ? &other : &vf;
	int ret = move_to(m, from, to);

	if (ret)
		crowd_find(m, "a transfer has failed: %d", ret);
	return !ret;
}

const struct attack attack_move_state = { "move_state", move_state };

/*
 * Others write to the section meanwhile, so it is taken whole or refused; and
 * then, while nobody does, it comes out as it went in.
 */
static bool load_torn(struct member *m)
{
	const struct bytes *stream = attack_stream(&vf);
	struct bytes again = {};
	int ret;

	ret = go(m, &vf, STATE_RESUMING);
	if (!ret)
		ret = put_state(m, &vf, stream->at, stream->len, NEVER);
	if (ret) {
		if (ret != -EINVAL)
			crowd_find(m, "a load was refused with %d", ret);
		if (attack_reset_device(m, &vf))
			crowd_find(m, "after a refused load no reset");
		return false;
	}

	attack_truce(true);
	ret = go(m, &vf, STATE_STOP_COPY);
	if (!ret)
		ret = take_phase(m, &vf, &again, NEVER);
	attack_truce(false);
	if (ret)
		crowd_find(m, "what was loaded cannot be saved: %d", ret);
	else
		expect_same(m, &again, stream);
	if (go(m, &vf, STATE_RUNNING))
		crowd_find(m, "what was loaded cannot run");
	bytes_free(&again);
	return !ret;
}

const struct attack attack_load_torn = { "load_torn", load_torn };
