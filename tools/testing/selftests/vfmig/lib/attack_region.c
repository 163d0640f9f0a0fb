// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "attack.h"
#include "leak.h"

#define ARCH_PAGE	4096

static const size_t widths[] = {
	1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 24, 32, 64, 100, 1000, 4096, 5000,
};

static const uint64_t fields[] = {
	REG_PENDING_BYTES, REG_DATA_OFFSET, REG_DATA_SIZE,
};

struct vf *attack_target(struct member *m)
{
	return other.bdf && random_one_in(&m->random, 4) ? &other : &vf;
}

bool attack_excused(struct member *m, int ret)
{
	return ret && crowd_plan(m)->fds_go;
}

int attack_read(struct member *m, struct vf *vf, uint64_t at, void *buf,
		size_t len)
{
	int ret = vf_read(vf, at, buf, len);

	crowd_beat(m);
	return ret;
}

int attack_write(struct member *m, struct vf *vf, uint64_t at, const void *buf,
		 size_t len)
{
	int ret = vf_write(vf, at, buf, len);

	crowd_beat(m);
	return ret;
}

void attack_judge_state(struct member *m, uint32_t state)
{
	if (state <= STATE_RESUMING)
		return;
	if (state == STATE_ERROR && crowd_plan(m)->error_is_fine)
		return;
	crowd_find(m, "device_state reads %#x", state);
}

void attack_judge_bytes(struct member *m, const void *from, size_t len)
{
	const uint8_t *at = find_kernel_memory(from, len);
	uint64_t word;

	if (!at)
		return;
	memcpy(&word, at, sizeof(word));
	crowd_find(m, "the section reads like memory of the kernel: %#llx",
		   (unsigned long long)word);
}

static bool is_field(uint64_t at, size_t len)
{
	if (at == REG_DEVICE_STATE)
		return len == sizeof(uint32_t);
	return len == sizeof(uint64_t) &&
	       (at == REG_PENDING_BYTES || at == REG_DATA_OFFSET ||
		at == REG_DATA_SIZE);
}

/* Where a register is, often, but of another width; never one of them. */
static void pick_hole(struct member *m, struct vf *vf, uint64_t *at, size_t *len)
{
	struct random *r = &m->random;

	do {
		const uint64_t places[] = {
			RANDOM_OF(r, fields), random_below(r, REG_END + 8),
			random_below(r, vf->area),
		};

		*at = RANDOM_OF(r, places);
		*len = RANDOM_OF(r, widths);
	} while (is_field(*at, *len));
}

bool attack_untouched(const void *from, size_t len)
{
	const uint8_t *at = from;

	while (len--)
		if (*at++ != CANARY)
			return false;
	return true;
}

static bool read_holes(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint8_t buf[8192];
	uint64_t at;
	size_t len;
	int ret;

	pick_hole(m, vf, &at, &len);
	memset(buf, CANARY, len);
	ret = attack_read(m, vf, at, buf, len);
	if (ret != -EINVAL && !attack_excused(m, ret))
		crowd_find(m, "read of %zu bytes at %#llx: %d", len,
			   (unsigned long long)at, ret);
	if (!attack_untouched(buf, len))
		crowd_find(m, "read of %zu bytes at %#llx changed the buffer",
			   len, (unsigned long long)at);
	return ret == -EINVAL;
}

const struct attack attack_read_holes = { "read_holes", read_holes };

static bool write_holes(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint8_t buf[8192];
	uint64_t at;
	size_t len;
	int ret;

	if (random_one_in(&m->random, 4)) {
		at = random_one_in(&m->random, 2) ? REG_PENDING_BYTES :
						    REG_DATA_OFFSET;
		len = sizeof(uint64_t);
	} else {
		pick_hole(m, vf, &at, &len);
	}
	random_fill(&m->random, buf, len);
	ret = attack_write(m, vf, at, buf, len);
	if (ret != -EINVAL && !attack_excused(m, ret))
		crowd_find(m, "write of %zu bytes at %#llx: %d", len,
			   (unsigned long long)at, ret);
	return ret == -EINVAL;
}

const struct attack attack_write_holes = { "write_holes", write_holes };

static bool read_state(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint32_t state = ~0U;
	int ret;

	ret = attack_read(m, vf, REG_DEVICE_STATE, &state, sizeof(state));
	if (!ret)
		attack_judge_state(m, state);
	else if (!attack_excused(m, ret))
		crowd_find(m, "device_state cannot be read: %d", ret);
	return !ret;
}

const struct attack attack_read_state = { "read_state", read_state };

static void judge_field(struct member *m, struct vf *vf, uint64_t at,
			uint64_t value)
{
	if (at == REG_DATA_OFFSET && value != vf->area)
		crowd_find(m, "data_offset reads %#llx",
			   (unsigned long long)value);
	if (at == REG_DATA_SIZE && value > vf->area_len)
		crowd_find(m, "data_size reads %#llx",
			   (unsigned long long)value);
}

static bool read_fields(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint64_t at = RANDOM_OF(&m->random, fields);
	uint64_t value = 0;
	int ret = attack_read(m, vf, at, &value, sizeof(value));

	if (!ret)
		judge_field(m, vf, at, value);
	return !ret;
}

const struct attack attack_read_fields = { "read_fields", read_fields };

static bool write_size(struct member *m)
{
	struct vf *vf = attack_target(m);
	const uint64_t sizes[] = {
		0, 1, random_below(&m->random, 4096),
		random_below(&m->random, 2 * vf->area_len), vf->area_len,
		vf->area_len + 1, 1ULL << 32, ~0ULL,
	};
	uint64_t size = RANDOM_OF(&m->random, sizes);
	uint32_t state = STATE_RESUMING;
	int ret;

	if (random_one_in(&m->random, 2))
		attack_write(m, vf, REG_DEVICE_STATE, &state, sizeof(state));
	ret = attack_write(m, vf, REG_DATA_SIZE, &size, sizeof(size));
	if (size > vf->area_len && ret != -EINVAL && ret != -EBUSY &&
	    !attack_excused(m, ret))
		crowd_find(m, "data_size of %#llx: %d",
			   (unsigned long long)size, ret);
	return !ret;
}

const struct attack attack_write_size = { "write_size", write_size };

/*
 * The table's answers, EFAULT for what was tried and has failed, and EBUSY while
 * somebody has the device by v2.
 */
static bool write_state(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint32_t state = random_one_in(&m->random, 4) ?
			 random_next(&m->random) : random_below(&m->random, 8);
	int ret = attack_write(m, vf, REG_DEVICE_STATE, &state, sizeof(state));

	if (attack_excused(m, ret) || ret == -EBUSY)
		return false;
	if (state > STATE_RESUMING && ret != -EINVAL)
		crowd_find(m, "device_state of %#x: %d", state, ret);
	else if (ret && ret != -EINVAL && ret != -EFAULT)
		crowd_find(m, "device_state of %#x: %d", state, ret);
	return !ret;
}

const struct attack attack_write_state = { "write_state", write_state };

/* Where it may be, and now and then where it may not. */
static void pick_stretch(struct member *m, struct vf *vf, uint64_t *at,
			 size_t *len)
{
	struct random *r = &m->random;

	*len = RANDOM_OF(r, widths);
	if (random_one_in(r, 4))
		*at = vf->size - random_below(r, 2 * *len);
	else if (random_one_in(r, 64))
		*at = vf->size + random_below(r, 1ULL << 36);
	else if (random_one_in(r, 2))
		*at = vf->area + random_below(r, ARCH_PAGE);
	else
		*at = vf->area + random_below(r, vf->area_len);
	if (*at < vf->area)
		*at = vf->area;
}

static void judge_stretch(struct member *m, struct vf *vf, uint64_t at,
			  size_t len, int ret)
{
	bool inside = at <= vf->size && len <= vf->size - at;
	int want = inside ? 0 : -EINVAL;

	if (ret == want || attack_excused(m, ret))
		return;
	crowd_find(m, "%zu bytes of the section at %#llx: %d", len,
		   (unsigned long long)at, ret);
}

static bool read_section(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint8_t buf[8192];
	uint64_t at;
	size_t len;
	int ret;

	pick_stretch(m, vf, &at, &len);
	ret = attack_read(m, vf, at, buf, len);
	judge_stretch(m, vf, at, len, ret);
	if (!ret)
		attack_judge_bytes(m, buf, len);
	return !ret;
}

const struct attack attack_read_section = { "read_section", read_section };

static bool write_section(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint8_t buf[8192];
	uint64_t at;
	size_t len;
	int ret;

	pick_stretch(m, vf, &at, &len);
	random_fill(&m->random, buf, len);
	ret = attack_write(m, vf, at, buf, len);
	judge_stretch(m, vf, at, len, ret);
	return !ret;
}

const struct attack attack_write_section = { "write_section", write_section };
