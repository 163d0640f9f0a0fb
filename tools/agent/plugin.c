// SPDX-License-Identifier: GPL-2.0-only
/* Loads a plugin and calls it. */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "plugin.h"

static const struct {
	const char *name;
	size_t offset;
} needed_ops[] = {
	{ "init", offsetof(VFIOMigrationPluginOps, init) },
	{ "save", offsetof(VFIOMigrationPluginOps, save) },
	{ "load", offsetof(VFIOMigrationPluginOps, load) },
	{ "update_pending", offsetof(VFIOMigrationPluginOps, update_pending) },
	{ "set_state", offsetof(VFIOMigrationPluginOps, set_state) },
	{ "get_state", offsetof(VFIOMigrationPluginOps, get_state) },
};

static const char *missing_op(const VFIOMigrationPluginOps *ops)
{
	void (*op)(void);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needed_ops); i++) {
		memcpy(&op, (const char *)ops + needed_ops[i].offset, sizeof(op));
		if (!op)
			return needed_ops[i].name;
	}
	return NULL;
}

static int check_version(struct plugin *plugin)
{
	VFIOLMPluginGetVersion get_version;
	int version;

	get_version = (VFIOLMPluginGetVersion)dlsym(plugin->module, VFIO_LM_PLUGIN_GET_VERSION);
	if (!get_version)
		return status_fail(plugin->status, -ENOEXEC,
				   "the plugin does not export " VFIO_LM_PLUGIN_GET_VERSION "()");
	status_enter(plugin->status, CALL_VERSION);
	version = get_version();
	status_leave(plugin->status);
	if (version != VFIO_LM_PLUGIN_API_VERSION)
		return status_fail(plugin->status, -EPROTONOSUPPORT,
				   "the plugin is of version %d of the interface, not %d",
				   version, VFIO_LM_PLUGIN_API_VERSION);
	return 0;
}

static int find_ops(struct plugin *plugin)
{
	VFIOLMPluginGetOps get_ops;
	const char *missing;

	get_ops = (VFIOLMPluginGetOps)dlsym(plugin->module, VFIO_LM_PLUGIN_GET_OPS);
	if (!get_ops)
		return status_fail(plugin->status, -ENOEXEC,
				   "the plugin does not export " VFIO_LM_PLUGIN_GET_OPS "()");
	status_enter(plugin->status, CALL_OPS);
	plugin->ops = get_ops();
	status_leave(plugin->status);
	if (!plugin->ops)
		return status_fail(plugin->status, -ENOEXEC,
				   VFIO_LM_PLUGIN_GET_OPS "() returned NULL");
	missing = missing_op(plugin->ops);
	if (missing)
		return status_fail(plugin->status, -ENOEXEC,
				   "the plugin has no operation %s()", missing);
	return 0;
}

int plugin_open(struct plugin *plugin, const char *path)
{
	if (access(path, R_OK))
		return status_fail(plugin->status, -errno,
				   "the plugin cannot be read by user %u, whom the worker runs as: %s",
				   geteuid(), strerror(errno));
	status_enter(plugin->status, CALL_DLOPEN);
	plugin->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	status_leave(plugin->status);
	if (!plugin->module)
		return status_fail(plugin->status, -ENOEXEC,
				   "the plugin cannot be loaded: %s", dlerror());
	return check_version(plugin) ?: find_ops(plugin);
}

static void forget(struct plugin_handle *handle)
{
	free(handle->devid);
	free(handle->arg);
	memset(handle, 0, sizeof(*handle));
}

int plugin_init(struct plugin_handle *handle, struct plugin *plugin)
{
	handle->plugin = plugin;
	handle->devid = strdup(plugin->devid);
	handle->arg = strdup(plugin->arg);
	if (!handle->devid || !handle->arg) {
		forget(handle);
		return status_fail(plugin->status, -ENOMEM, "no memory for a migration");
	}
	status_enter(plugin->status, CALL_INIT);
	handle->handle = plugin->ops->init(handle->devid, handle->arg);
	status_leave(plugin->status);
	if (!handle->handle) {
		forget(handle);
		return status_fail(plugin->status, -EIO, "init() returned NULL");
	}
	return 0;
}

/* After the call that was entered last. */
static int failed_unless(bool good, struct plugin_handle *handle, int result)
{
	struct status *status = handle->plugin->status;
	uint32_t call = atomic_load(&status->call);

	status_leave(status);
	if (good)
		return 0;
	return status_fail(status, -EIO, "%s returned %d", status_call_name(call), result);
}

static const VFIOMigrationPluginOps *enter(struct plugin_handle *handle, enum status_call call)
{
	status_enter(handle->plugin->status, call);
	return handle->plugin->ops;
}

int plugin_save(struct plugin_handle *handle, uint8_t *state, uint64_t len)
{
	int result = enter(handle, CALL_SAVE)->save(handle->handle, state, len);

	return failed_unless(!result, handle, result);
}

int plugin_load(struct plugin_handle *handle, uint8_t *state, uint64_t len)
{
	int result = enter(handle, CALL_LOAD)->load(handle->handle, state, len);

	/* Some return what they have loaded. */
	return failed_unless(result >= 0, handle, result);
}

int plugin_pending(struct plugin_handle *handle, uint64_t *bytes)
{
	int result;

	*bytes = 0;
	result = enter(handle, CALL_PENDING)->update_pending(handle->handle, bytes);
	return failed_unless(!result, handle, result);
}

int plugin_set_state(struct plugin_handle *handle, uint32_t state)
{
	int result = enter(handle, CALL_SET_STATE)->set_state(handle->handle, state);

	return failed_unless(!result, handle, result);
}

int plugin_get_state(struct plugin_handle *handle, uint32_t *state)
{
	int result;

	*state = 0;
	result = enter(handle, CALL_GET_STATE)->get_state(handle->handle, state);
	return failed_unless(!result, handle, result);
}

void plugin_cleanup(struct plugin_handle *handle)
{
	struct status *status = handle->plugin->status;

	if (handle->plugin->ops->cleanup) {
		status_enter(status, CALL_CLEANUP);
		handle->plugin->ops->cleanup(handle->handle);
		status_leave(status);
	}
	forget(handle);
}
