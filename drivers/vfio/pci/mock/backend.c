// SPDX-License-Identifier: GPL-2.0-only
/*
 * mock-vfio-pci - the backend: identity, run control, reset
 */
#include <linux/string.h>

#include "mock.h"

#define MOCK_FACT_EQUAL		(VFMIG_FACT_BACKEND + 0)
#define MOCK_FACT_AT_LEAST	(VFMIG_FACT_BACKEND + 1)
#define MOCK_FACT_SUPERSET	(VFMIG_FACT_BACKEND + 2)

/* What a function is like after a reset. Called with mock->lock held. */
static void mock_power_on_locked(struct mock_device *mock)
{
	struct mock_content *content = &mock->content;

	mock->run = MOCK_RUNNING;
	mock->session = MOCK_IDLE;
	mock->left = 0;
	mock->changed = false;
	content->seed = mock->knobs.seed;
	content->size = mock->knobs.size;
	content->block_shift = mock_block_shift(content->size);
	memset(content->generation, 0, MOCK_MAX_BLOCKS * sizeof(u32));
	bitmap_zero(mock->dirty, MOCK_MAX_BLOCKS);
}

void mock_power_on(struct mock_device *mock)
{
	spin_lock(&mock->lock);
	mock_power_on_locked(mock);
	spin_unlock(&mock->lock);
}

/* vfio has just enabled the function, and so reset it. */
static int mock_open(void *backend)
{
	struct mock_device *mock = backend;

	mock_calls_clear(mock, NULL);
	spin_lock(&mock->lock);
	mock->identity = mock->knobs;
	mock->opened = true;
	mock_power_on_locked(mock);
	spin_unlock(&mock->lock);
	return 0;
}

static void mock_close(void *backend)
{
	struct mock_device *mock = backend;

	spin_lock(&mock->lock);
	mock_expect(mock, mock->session == MOCK_IDLE,
		    "close ends what is begun");
	mock->opened = false;
	spin_unlock(&mock->lock);
}

static int mock_identity(void *backend, struct vfmig_fact *facts,
			 unsigned int max)
{
	struct mock_device *mock = backend;
	const struct vfmig_fact own[] = {
		{ MOCK_FACT_EQUAL, VFMIG_FACT_EQUAL,
		  mock->identity.fact_equal, "equal" },
		{ MOCK_FACT_AT_LEAST, VFMIG_FACT_AT_LEAST,
		  mock->identity.fact_at_least, "at_least" },
		{ MOCK_FACT_SUPERSET, VFMIG_FACT_SUPERSET,
		  mock->identity.fact_superset, "superset" },
	};
	int ret;

	mock_enter(mock, MOCK_IDENTITY);
	mock_expect_now(mock, mock->opened, "identity of an open device");
	mock_expect_now(mock, max >= ARRAY_SIZE(own), "room for the facts");
	ret = mock_trouble(mock, MOCK_IDENTITY);
	if (!ret) {
		memcpy(facts, own, sizeof(own));
		ret = ARRAY_SIZE(own);
	}
	return mock_leave(mock, MOCK_IDENTITY, 0, ret);
}

static int mock_step(struct mock_device *mock, enum mock_call call,
		     enum mock_run_state from, enum mock_run_state to,
		     const char *rule)
{
	int ret;

	mock_enter(mock, call);
	mock_expect_now(mock, mock->opened, "a step of an open device");
	mock_expect_now(mock, mock->run == from, rule);
	mock_expect_now(mock, !mock_loading(mock), "no step during a load");
	ret = mock_trouble(mock, call);
	if (!ret)
		mock->run = to;
	return mock_leave(mock, call, 0, ret);
}

static int mock_quiesce(void *backend)
{
	struct mock_device *mock = backend;
	int ret;

	ret = mock_step(mock, MOCK_QUIESCE, MOCK_RUNNING, MOCK_QUIESCED,
			"quiesce of a running device");
	if (!ret && mock->session == MOCK_SAVING_PRE_COPY)
		mock_dirty_some(mock);
	return ret;
}

static int mock_run(void *backend)
{
	int ret;

	ret = mock_step(backend, MOCK_RUN, MOCK_QUIESCED, MOCK_RUNNING,
			"run of a quiesced device");
	if (!ret)
		mock_next_round(backend);
	return ret;
}

static int mock_freeze(void *backend)
{
	return mock_step(backend, MOCK_FREEZE, MOCK_QUIESCED, MOCK_FROZEN,
			 "freeze of a quiesced device");
}

static int mock_thaw(void *backend)
{
	return mock_step(backend, MOCK_THAW, MOCK_FROZEN, MOCK_QUIESCED,
			 "thaw of a frozen device");
}

static void mock_reset(void *backend)
{
	struct mock_device *mock = backend;

	mock_enter(mock, MOCK_RESET);
	spin_lock(&mock->lock);
	mock_expect(mock, mock->session == MOCK_IDLE,
		    "reset ends what is begun");
	mock_power_on_locked(mock);
	spin_unlock(&mock->lock);
	mock_leave(mock, MOCK_RESET, 0, 0);
}

const struct vfmig_backend_ops mock_backend_ops = {
	.name		= "mock",
	.stream_version	= 1,
	.min_record	= MOCK_MIN_RECORD,
	.bulk_head	= sizeof(struct mock_bytes),
	.open		= mock_open,
	.close		= mock_close,
	.identity	= mock_identity,
	.quiesce	= mock_quiesce,
	.run		= mock_run,
	.freeze		= mock_freeze,
	.thaw		= mock_thaw,
	.save_begin	= mock_save_begin,
	.save_left	= mock_save_left,
	.save		= mock_save,
	.save_size	= mock_save_size,
	.save_end	= mock_save_end,
	.load_begin	= mock_load_begin,
	.load		= mock_load,
	.load_piece	= mock_load_piece,
	.load_commit	= mock_load_commit,
	.load_end	= mock_load_end,
	.reset		= mock_reset,
};
