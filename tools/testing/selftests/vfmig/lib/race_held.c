// SPDX-License-Identifier: GPL-2.0-only
#include "fixture.h"
#include "race_held.h"
#include "v2.h"

#define V1	(&ways[BY_V1])
#define V2	(&ways[BY_V2])

const struct held held_accesses[] = {
	{ V1, TO_RUNNING, NULL, REG_DEVICE_STATE, true, "quiesce", -EFAULT },
	{ V1, TO_RUNNING, NULL, REG_DEVICE_STATE, true, "freeze", -EFAULT },
	{ V1, TO_RUNNING, NULL, REG_DEVICE_STATE, true, "save_begin", -EFAULT },
	{ V1, TO_STOP_COPY, NULL, REG_DATA_OFFSET, false, "save", -ECANCELED },
	{ V1, TO_STOP_COPY, NULL, REG_DATA_SIZE, false, "save", -ECANCELED },
	{ V1, TO_PRE_COPY, NULL, REG_DATA_OFFSET, false, "save", -ECANCELED },
	{ V1, TO_PRE_COPY, NULL, REG_DATA_SIZE, false, "save", -ECANCELED },
	{ V1, TO_RESUMING, NULL, REG_DATA_SIZE, true, "load_begin", -ECANCELED },
	{ V1, TO_RESUMING, NULL, REG_DATA_SIZE, true, "load", -ECANCELED },
	{ V1, TO_RESUMING, NULL, REG_DATA_SIZE, true, "load_commit", -ECANCELED },
	{ V2, TO_RUNNING, access_order, 0, true, "quiesce", -EIO },
	{ V2, TO_RUNNING, access_order, 0, true, "freeze", -EIO },
	{ V2, TO_RUNNING, access_order, 0, true, "save_begin", -EIO },
	{ V2, TO_STOP_COPY, access_read_fd, 0, false, "save", -ECANCELED },
	{ V2, TO_PRE_COPY, access_read_fd, 0, false, "save", -ECANCELED },
	{ V2, TO_RESUMING, access_write_fd, 0, true, "load_begin", -ECANCELED },
	{ V2, TO_RESUMING, access_write_fd, 0, true, "load", -ECANCELED },
	{ V2, TO_RESUMING, access_write_fd, 0, true, "load_commit", -ECANCELED },
};

const unsigned int nr_held_accesses = ARRAY_SIZE(held_accesses);

/* Of this very device. */
static struct bytes stream;

void held_before_open(void)
{
	need_mock(vf_first());
	bytes_free(&stream);
	hold_for_ever();
	mock_setn(vf_first(), "size", HELD_STATE_BYTES);
}

bool held_by_device(const struct held *held)
{
	return !held->access || held->access == access_order;
}

bool held_prepare(const struct held *held, struct access *access)
{
	bool loads = held->from == TO_RESUMING;

	if (held->by == V2 && !v2_can(&vf, V2->place[held->from]))
		return false;
	if (!stream.len)
		way_save(held->by, &vf, &stream);
	way_go(held->by, &vf, held->from);
	*access = (struct access){
		.by = held->access,
		.fd = held_by_device(held) ? NO_FD : way_fd(),
		.stream = &stream,
		.vf = &vf,
		.at = held->at,
		.value = loads ? stream.len : held->by->place[TO_STOP_COPY],
		.write = held->write,
	};
	if (held->by == V1 && loads)
		ASSERT_EQ(vf_write(&vf, vf.area, stream.at, stream.len), 0);
	return true;
}

void held_expect_ended(const struct access *access, const char *when)
{
	if (access->fd == NO_FD)
		return;
	v2_expect_ended(access->fd, when);
	v2_close(access->fd);
}
