// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "agent.h"
#include "attack.h"
#include "knob.h"
#include "stream.h"
#include "attack_passage.h"

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
	attack_open_slots();
}

void attack_drop_streams(void)
{
	bytes_free(&streams[0]);
	bytes_free(&streams[1]);
	attack_close_slots();
}

const struct bytes *attack_stream(const struct vf *vf)
{
	return &streams[vf == &other];
}

/* Where a load has gone wrong only a reset leads out. */
static void leave(struct passage *p)
{
	if (random_one_in(&p->m->random, 2))
		attack_reset_device(p->m, p->vf);
	passage_go(p, STATE_RUNNING);
}

static bool save_by(struct member *m, bool v2)
{
	struct passage p = passage_of(m, attack_target(m), v2);
	struct bytes stream = {};
	int ret;

	passage_go(&p, STATE_RUNNING);
	ret = passage_take(&p, &stream, random_below(&m->random, 3), RARELY);
	if (!random_one_in(&m->random, 3))
		passage_go(&p, STATE_RUNNING);
	passage_over(&p);
	bytes_free(&stream);
	return !ret;
}

static bool save(struct member *m)
{
	return save_by(m, false);
}

const struct attack attack_save = { "save", save };

static bool save_v2(struct member *m)
{
	return save_by(m, true);
}

const struct attack attack_save_v2 = { "save_v2", save_v2 };

/* Its own stream, or the other device's, of another size. */
static bool load_by(struct member *m, bool v2)
{
	struct passage p = passage_of(m, attack_target(m), v2);
	const struct bytes *from = attack_stream(random_one_in(&m->random, 2) ?
						 p.vf : &other);
	int ret;

	if (!from->len)
		from = &streams[0];
	ret = passage_go(&p, STATE_RESUMING);
	if (!ret)
		ret = passage_put(&p, from->at, from->len, RARELY);
	if (!ret)
		ret = passage_go(&p, STATE_RUNNING);
	if (ret && !random_one_in(&m->random, 3))
		leave(&p);
	passage_over(&p);
	return !ret;
}

static bool load(struct member *m)
{
	return load_by(m, false);
}

const struct attack attack_load = { "load", load };

static bool load_v2(struct member *m)
{
	return load_by(m, true);
}

const struct attack attack_load_v2 = { "load_v2", load_v2 };

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

static bool damage_by(struct member *m, bool v2)
{
	struct passage p = passage_of(m, attack_target(m), v2);
	const struct bytes *from = attack_stream(p.vf);
	struct bytes bad = {};
	bool refused;
	int ret;

	bytes_add(&bad, from->at, from->len);
	bad.len = damage_bytes(m, bad.at, bad.len);
	ret = passage_go(&p, STATE_RESUMING);
	if (!ret)
		ret = passage_put(&p, bad.at, bad.len, NEVER);
	refused = ret == -EINVAL;
	leave(&p);
	passage_over(&p);
	bytes_free(&bad);
	return refused;
}

static bool damage(struct member *m)
{
	return damage_by(m, false);
}

const struct attack attack_damage = { "damage", damage };

static bool damage_v2(struct member *m)
{
	return damage_by(m, true);
}

const struct attack attack_damage_v2 = { "damage_v2", damage_v2 };

static void expect_same(struct member *m, const struct bytes *got,
			const struct bytes *want)
{
	if (got->len != want->len || memcmp(got->at, want->at, got->len))
		crowd_find(m, "other bytes came out (%zu) than went in (%zu)",
			   got->len, want->len);
}

static int move_to(struct passage *from, struct passage *to)
{
	enum start start = random_below(&from->m->random, 3);
	struct bytes stream = {}, again = {};
	int ret;

	ret = passage_take(from, &stream, start, NEVER);
	if (!ret)
		ret = passage_go(from, STATE_STOP);
	if (!ret)
		ret = passage_go(to, STATE_RESUMING);
	if (!ret)
		ret = passage_put(to, stream.at, stream.len, NEVER);
	if (!ret)
		ret = passage_go(to, STATE_STOP_COPY);
	if (!ret)
		ret = passage_take_phase(to, &again, NEVER);
	/* What was sent live has been sent more than once. */
	if (!ret && start != LIVE)
		expect_same(from->m, &again, &stream);
	if (!ret)
		ret = passage_go(to, STATE_RUNNING);
	if (!ret)
		ret = passage_go(from, STATE_RUNNING);
	bytes_free(&stream);
	bytes_free(&again);
	return ret;
}

/*
 * All of it, from one to the other, by whatever protocols: it is for those who
 * harm nobody.
 */
static bool move_state(struct member *m)
{
	struct vf *first = attack_target(m);
	struct vf *second = first == &vf && other.bdf ? &other : &vf;
	struct passage from, to;
	int ret;

	from = passage_of(m, first, random_one_in(&m->random, 2));
	to = passage_of(m, second, random_one_in(&m->random, 2));
	ret = move_to(&from, &to);
	if (ret)
		crowd_find(m, "a transfer from v%d to v%d has failed: %d",
			   1 + from.v2, 1 + to.v2, ret);
	passage_over(&from);
	passage_over(&to);
	return !ret;
}

const struct attack attack_move_state = { "move_state", move_state };

/*
 * A head that was torn may tell of more facts than it has. Then all of a short
 * stream is taken for facts, and more are awaited.
 */
static bool may_be_awaited(const struct bytes *stream)
{
	return stream->len < HEAD_MAX &&
	       strstr(core_text(vf.bdf, "last_error"), "is incomplete");
}

/* By the core, or by the agent, which alone knows what the bytes of a record are. */
static bool is_refusal(int ret)
{
	return ret == -EINVAL || (ret == -EREMOTEIO && is_oob(vf.bdf));
}

static bool refuse(struct member *m)
{
	if (attack_reset_device(m, &vf))
		crowd_find(m, "after a refused load no reset");
	return false;
}

/*
 * Others write to the section meanwhile, so it is taken whole or refused; and
 * then, while nobody does, it comes out as it went in.
 */
static bool load_torn(struct member *m)
{
	const struct bytes *stream = attack_stream(&vf);
	struct passage p = passage_of(m, &vf, false);
	struct bytes again = {};
	int ret;

	ret = passage_go(&p, STATE_RESUMING);
	if (!ret)
		ret = passage_put(&p, stream->at, stream->len, NEVER);
	if (ret) {
		if (!is_refusal(ret))
			crowd_find(m, "a load was refused with %d", ret);
		return refuse(m);
	}

	attack_truce(true);
	ret = passage_go(&p, STATE_STOP_COPY);
	if (ret && may_be_awaited(stream)) {
		attack_truce(false);
		return refuse(m);
	}
	if (!ret)
		ret = passage_take_phase(&p, &again, NEVER);
	attack_truce(false);
	if (ret)
		crowd_find(m, "what was loaded cannot be saved: %d: %s", ret,
			   core_text(vf.bdf, "last_error"));
	else
		expect_same(m, &again, stream);
	if (passage_go(&p, STATE_RUNNING))
		crowd_find(m, "what was loaded cannot run: %s",
			   core_text(vf.bdf, "last_error"));
	bytes_free(&again);
	return !ret;
}

const struct attack attack_load_torn = { "load_torn", load_torn };
