// SPDX-License-Identifier: GPL-2.0-only
/*
 * An agent's plugin in this process, without an agent, a kernel or a function: its own
 * part of what a migration by way of it costs. As there, each piece is in a window before
 * it is in the stream.
 */
#include <dlfcn.h>
#include <string.h>

#include <linux/vfmig_agent.h>

#include "bench.h"
#include "hosted.h"
#include "mover.h"
#include "place.h"
#include "vfio-migration-plugin.h"

static VFIOMigrationPluginOps *ops;
/* A plugin may write to both. */
static char no_device[] = { "0000:00:00.0" };
static char *argument;
static void *handle;

void plugin_open(const char *path, const char *arg)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	VFIOLMPluginGetOps get_ops;

	ASSERT_NE(plugin, NULL, "%s", dlerror());
	get_ops = (VFIOLMPluginGetOps)dlsym(plugin, VFIO_LM_PLUGIN_GET_OPS);
	ASSERT_NE((void *)get_ops, NULL, "%s", path);
	ops = get_ops();
	argument = strdup(arg);
}

static void set_state(uint32_t state)
{
	uint32_t before;

	ASSERT_EQ(ops->get_state(handle, &before), 0);
	ASSERT_EQ(ops->set_state(handle, state), 0);
}

static void begin(uint32_t state)
{
	handle = ops->init(no_device, argument);
	ASSERT_NE(handle, NULL);
	set_state(state);
}

static void begin_save(struct haul *haul)
{
	(void)haul;
	begin(VFMIG_AGENT_RUNNING | VFMIG_AGENT_SAVING);
	set_state(VFMIG_AGENT_SAVING);
}

static void begin_load(struct haul *haul)
{
	(void)haul;
	begin(VFMIG_AGENT_RESUMING);
}

static void end(struct haul *haul)
{
	(void)haul;
	set_state(VFMIG_AGENT_RUNNING);
	if (ops->cleanup)
		ops->cleanup(handle);
}

static size_t piece_of(uint64_t left)
{
	return left < VFMIG_AGENT_TRANSFER_MAX ? left : VFMIG_AGENT_TRANSFER_MAX;
}

static void save(struct haul *haul)
{
	uint64_t pending;
	size_t n;

	haul->len = 0;
	for (;;) {
		ASSERT_EQ(ops->update_pending(handle, &pending), 0);
		n = piece_of(pending);
		if (!n)
			break;
		ASSERT_LE(haul->len + n, haul->room);
		ASSERT_EQ(ops->save(handle, haul->bounce, n), 0);
		copy(haul->stream + haul->len, haul->bounce, n);
		haul->len += n;
	}
}

static void load(struct haul *haul)
{
	size_t done, n;

	for (done = 0; done < haul->len; done += n) {
		n = piece_of(haul->len - done);
		copy(haul->bounce, haul->stream + done, n);
		ASSERT_GT(ops->load(handle, haul->bounce, n), -1);
	}
}

const struct mover mover_plugin = {
	.name = "plugin",
	.prepare_save = begin_save,
	.prepare_load = begin_load,
	.save = save,
	.load = load,
	.end = end,
	.limit = true,
};
