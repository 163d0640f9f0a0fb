// SPDX-License-Identifier: GPL-2.0-only
#include "fixture.h"
#include "v2.h"
#include "ways.h"

/* Of no power of two, and larger than some windows. */
#define PIECE	9001

static void v1_stop(struct vf *vf)
{
	vf_go(vf, STATE_STOP);
}

static void v1_save(struct vf *vf, struct bytes *to)
{
	vf_go(vf, STATE_STOP_COPY);
	save_phase(vf, to, TRAPPED_WHOLE);
	vf_go(vf, STATE_STOP);
}

static void v1_load(struct vf *vf, const struct bytes *from)
{
	vf_go(vf, STATE_RESUMING);
	ASSERT_EQ(load_all(vf, from), 0);
	vf_go(vf, STATE_STOP);
}

static void v1_run(struct vf *vf)
{
	vf_go(vf, STATE_RUNNING);
}

static void v2_stop(struct vf *vf)
{
	v2_go(vf, V2_STOP);
}

static void v2_save(struct vf *vf, struct bytes *to)
{
	int fd = v2_begin(vf, V2_STOP_COPY);

	ASSERT_EQ(v2_drain(fd, to, PIECE), 0);
	v2_go(vf, V2_STOP);
	v2_close(fd);
}

static void v2_load_it(struct vf *vf, const struct bytes *from)
{
	int fd = v2_begin(vf, V2_RESUMING);

	ASSERT_EQ(v2_fill(fd, from->at, from->len, PIECE), 0);
	v2_go(vf, V2_STOP);
	v2_close(fd);
}

static void v2_run(struct vf *vf)
{
	v2_go(vf, V2_RUNNING);
}

const struct protocol ways[] = {
	{ "v1", v1_stop, v1_save, v1_load, v1_run },
	{ "v2", v2_stop, v2_save, v2_load_it, v2_run },
};

const unsigned int nr_ways = ARRAY_SIZE(ways);

/* As after a reset, and never twice the same where that can be had. */
static void make_blank(struct vf *vf)
{
	static unsigned int seed = 1000;

	if (is_mock(vf->bdf))
		mock_setn(vf->bdf, "seed", seed++);
	ASSERT_EQ(vf_reset(vf), 0);
}

void move_and_compare(struct vf *from, struct vf *to,
		      const struct protocol *out, const struct protocol *in,
		      const char *what)
{
	struct bytes stream = {}, again = {};

	out->stop(from);
	out->save(from, &stream);
	out->run(from);

	make_blank(to);
	in->load(to, &stream);
	in->save(to, &again);
	in->run(to);
	/* Cut elsewhere where the windows differ, but of one state. */
	if (to->area_len == from->area_len)
		bytes_expect_same(&again, &stream, what);

	/* And back, as the other side would have said it. */
	make_blank(from);
	out->load(from, &again);
	bytes_free(&again);
	out->save(from, &again);
	out->run(from);
	bytes_expect_same(&again, &stream, what);
	bytes_free(&stream);
	bytes_free(&again);
}
