// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <unistd.h>

#include "attack.h"
#include "attack_passage.h"
#include "v2.h"

#define MANY_CHUNKS	10000

struct passage passage_of(struct member *m, struct vf *vf, bool v2)
{
	return (struct passage){ .m = m, .vf = vf, .v2 = v2, .fd = NO_FD };
}

void passage_over(struct passage *p)
{
	if (p->fd != NO_FD)
		close(p->fd);
	p->fd = NO_FD;
}

int passage_go(struct passage *p, uint32_t state)
{
	static const uint32_t by_v2[] = {
		[STATE_STOP] = V2_STOP,
		[STATE_RUNNING] = V2_RUNNING,
		[STATE_STOP_COPY] = V2_STOP_COPY,
		[STATE_PRE_COPY] = V2_PRE_COPY,
		[STATE_RESUMING] = V2_RESUMING,
	};

	if (p->v2)
		return attack_order(p->m, p->vf, by_v2[state], &p->fd);
	return attack_write(p->m, p->vf, REG_DEVICE_STATE, &state,
			    sizeof(state));
}

static bool give_up(struct member *m, unsigned int one_in)
{
	return one_in && random_one_in(&m->random, one_in);
}

static int read64(struct passage *p, uint64_t at, uint64_t *value)
{
	return attack_read(p->m, p->vf, at, value, sizeof(*value));
}

/* Time for others to come in between. */
static void dawdle(struct member *m)
{
	if (random_one_in(&m->random, 4))
		usleep(random_below(&m->random, 300));
}

/* One chunk. Returns 0 with *@size of 0 where there is no more. */
static int take_chunk(struct passage *p, struct bytes *to, uint64_t *size)
{
	uint64_t offset = 0, pending = 0;
	struct member *m = p->m;
	void *chunk;
	int ret;

	*size = 0;
	ret = read64(p, REG_PENDING_BYTES, &pending);
	if (ret || !pending)
		return ret;
	dawdle(m);
	ret = read64(p, REG_DATA_OFFSET, &offset);
	dawdle(m);
	if (!ret)
		ret = read64(p, REG_DATA_SIZE, size);
	if (ret)
		return ret;
	dawdle(m);
	/* Nobody knows who has taken it meanwhile. */
	if (!*size)
		return -ENODATA;
	if (*size > p->vf->area_len || offset != p->vf->area) {
		crowd_find(m, "a chunk of %llu bytes at %#llx",
			   (unsigned long long)*size, (unsigned long long)offset);
		return -ERANGE;
	}
	chunk = malloc(*size);
	ret = chunk ? attack_read(m, p->vf, offset, chunk, *size) : -ENOMEM;
	if (!ret) {
		attack_judge_bytes(m, chunk, *size);
		bytes_add(to, chunk, *size);
	}
	free(chunk);
	return ret;
}

/* The same of v2: what one read brings. */
static int take_piece(struct passage *p, struct bytes *to, uint64_t *size)
{
	static const size_t rooms[] = { 97, 1000, 4096, 65536, AT_ONCE };
	size_t room = RANDOM_OF(&p->m->random, rooms);
	void *piece = malloc(room);
	ssize_t n;

	*size = 0;
	n = piece ? v2_read(p->fd, piece, room) : -ENOMEM;
	crowd_beat(p->m);
	dawdle(p->m);
	if (n > (ssize_t)room) {
		crowd_find(p->m, "%zd of %zu bytes are read", n, room);
		n = -ERANGE;
	}
	if (n > 0) {
		attack_judge_bytes(p->m, piece, n);
		bytes_add(to, piece, n);
		*size = n;
	}
	free(piece);
	/* Nothing more for now, in pre-copy. */
	return n < 0 && n != -ENOMSG ? n : 0;
}

int passage_take_phase(struct passage *p, struct bytes *to, unsigned int one_in)
{
	uint64_t size;
	int chunks, ret;

	for (chunks = 0; chunks < MANY_CHUNKS; chunks++) {
		if (give_up(p->m, one_in))
			return -ECANCELED;
		ret = p->v2 ? take_piece(p, to, &size) :
			      take_chunk(p, to, &size);
		if (ret || !size)
			return ret;
	}
	crowd_find(p->m, "a phase has more than %d chunks", MANY_CHUNKS);
	return -ELOOP;
}

static bool can_live(struct passage *p)
{
	struct vfio_device_feature_migration migration = {};

	if (!p->v2)
		return true;
	v2_feature(p->vf, VFIO_DEVICE_FEATURE_MIGRATION |
		   VFIO_DEVICE_FEATURE_GET, &migration, sizeof(migration));
	return migration.flags & VFIO_MIGRATION_PRE_COPY;
}

/* From RUNNING to STOP-COPY with all of it taken. */
int passage_take(struct passage *p, struct bytes *to, enum start start,
		 unsigned int one_in)
{
	int ret = 0;

	if (start == LIVE && can_live(p)) {
		ret = passage_go(p, STATE_PRE_COPY);
		if (!ret)
			ret = passage_take_phase(p, to, one_in);
	} else if (start != AT_ONCE_FROM_RUNNING) {
		ret = passage_go(p, STATE_STOP);
	}
	if (!ret && give_up(p->m, one_in))
		ret = -ECANCELED;
	if (!ret)
		ret = passage_go(p, STATE_STOP_COPY);
	if (!ret)
		ret = passage_take_phase(p, to, one_in);
	return ret;
}

static int put_chunk(struct passage *p, const uint8_t *from, uint64_t len)
{
	uint64_t offset = 0;
	int ret;

	ret = read64(p, REG_DATA_OFFSET, &offset);
	if (!ret)
		ret = attack_write(p->m, p->vf, offset, from, len);
	dawdle(p->m);
	if (!ret)
		ret = attack_write(p->m, p->vf, REG_DATA_SIZE, &len,
				   sizeof(len));
	return ret;
}

static int put_piece(struct passage *p, const uint8_t *from, size_t len)
{
	ssize_t n;

	for (; len; len -= n, from += n) {
		n = v2_write(p->fd, from, len);
		crowd_beat(p->m);
		if (n < 0)
			return n;
		if (!n || (size_t)n > len) {
			crowd_find(p->m, "%zd of %zu bytes are written", n, len);
			return -ERANGE;
		}
		dawdle(p->m);
	}
	return 0;
}

/* In RESUMING: the stream in pieces. */
int passage_put(struct passage *p, const uint8_t *from, size_t len,
		unsigned int one_in)
{
	uint64_t room = p->vf->area_len, n;
	int ret = 0;

	for (; len && !ret; len -= n, from += n) {
		if (give_up(p->m, one_in))
			return -ECANCELED;
		n = random_one_in(&p->m->random, 2) ?
		    room : 1 + random_below(&p->m->random, room);
		if (n > len)
			n = len;
		ret = p->v2 ? put_piece(p, from, n) : put_chunk(p, from, n);
	}
	return ret;
}
