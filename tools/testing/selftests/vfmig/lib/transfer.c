// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "transfer.h"

/* More chunks than any test has: a save that never ends is a failure. */
#define MANY_CHUNKS	1000000

void bytes_add(struct bytes *bytes, const void *from, size_t len)
{
	if (bytes->len + len > bytes->room) {
		bytes->room = (bytes->len + len) * 2;
		bytes->at = realloc(bytes->at, bytes->room);
		ASSERT_NE(bytes->at, NULL);
	}
	memcpy(bytes->at + bytes->len, from, len);
	bytes->len += len;
}

void bytes_free(struct bytes *bytes)
{
	free(bytes->at);
	*bytes = (struct bytes){};
}

/* FNV-1a: to tell streams apart in a message, and no more. */
uint64_t bytes_digest(const struct bytes *bytes)
{
	uint64_t digest = 0xcbf29ce484222325ULL;
	size_t i;

	for (i = 0; i < bytes->len; i++)
		digest = (digest ^ bytes->at[i]) * 0x100000001b3ULL;
	return digest;
}

static size_t step(size_t len, struct way way)
{
	return len < way.width ? len : way.width;
}

int section_read(struct vf *vf, uint64_t at, void *to, size_t len, struct way way)
{
	size_t n;
	int ret = 0;

	if (!way.width) {
		memcpy(to, vf->map + (at - vf->area), len);
		return 0;
	}
	for (; len && !ret; len -= n, at += n, to = (char *)to + n) {
		n = step(len, way);
		ret = vf_read(vf, at, to, n);
	}
	return ret;
}

int section_write(struct vf *vf, uint64_t at, const void *from, size_t len,
		  struct way way)
{
	size_t n;
	int ret = 0;

	if (!way.width) {
		memcpy(vf->map + (at - vf->area), from, len);
		return 0;
	}
	for (; len && !ret; len -= n, at += n, from = (const char *)from + n) {
		n = step(len, way);
		ret = vf_write(vf, at, from, n);
	}
	return ret;
}

/* data_offset, data_size, copy. Sets *@len to the size. */
static int drain_chunk(struct vf *vf, struct bytes *to, struct way way, size_t *len)
{
	uint64_t offset = 0, size = 0;
	void *chunk;
	int ret;

	ret = vf_read64(vf, REG_DATA_OFFSET, &offset);
	if (!ret)
		ret = vf_read64(vf, REG_DATA_SIZE, &size);
	*len = size;
	if (ret)
		return ret;

	ASSERT_EQ(offset % getpagesize(), 0);
	ASSERT_NE(offset, 0);
	ASSERT_LE(offset + size, vf->size);
	ASSERT_LE(size, vf->area + vf->area_len - offset);
	if (!size)
		return 0;

	chunk = malloc(size);
	ASSERT_NE(chunk, NULL);
	ASSERT_EQ(section_read(vf, offset, chunk, size, way), 0);
	bytes_add(to, chunk, size);
	free(chunk);
	return 0;
}

/* Returns the size. */
size_t save_chunk(struct vf *vf, struct bytes *to, struct way way)
{
	size_t len;

	ASSERT_EQ(drain_chunk(vf, to, way, &len), 0);
	return len;
}

/* Until nothing is pending; a chunk is never empty before that. */
int drain_phase(struct vf *vf, struct bytes *to, struct way way)
{
	uint64_t left = 0;
	int chunks = 0;
	size_t len;
	int ret;

	for (;;) {
		ret = vf_read64(vf, REG_PENDING_BYTES, &left);
		if (ret || !left)
			return ret;
		ret = drain_chunk(vf, to, way, &len);
		if (ret)
			return ret;
		ASSERT_GT(len, 0);
		ASSERT_LE(++chunks, MANY_CHUNKS);
	}
}

void save_phase(struct vf *vf, struct bytes *to, struct way way)
{
	ASSERT_EQ(drain_phase(vf, to, way), 0);
}

/* A stream of a stopped device, which then runs again. */
void save_stopped(struct vf *vf, struct bytes *to)
{
	vf_go(vf, STATE_STOP_COPY);
	save_phase(vf, to, TRAPPED_WHOLE);
	vf_go(vf, STATE_RUNNING);
}

/* In RESUMING: data_offset, copy, data_size, as often as it takes. */
int load_bytes(struct vf *vf, const void *from, size_t len, struct way way)
{
	uint64_t offset;
	size_t n;
	int ret = 0;

	while (len && !ret) {
		offset = vf_data_offset(vf);
		ASSERT_EQ(offset % getpagesize(), 0);
		n = vf->size - offset;
		if (way.piece && n > way.piece)
			n = way.piece;
		if (n > len)
			n = len;
		ret = section_write(vf, offset, from, n, way);
		if (!ret)
			ret = vf_put_data_size(vf, n);
		from = (const char *)from + n;
		len -= n;
	}
	return ret;
}

int load_all(struct vf *vf, const struct bytes *from)
{
	return load_bytes(vf, from->at, from->len, TRAPPED_WHOLE);
}
