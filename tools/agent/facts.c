// SPDX-License-Identifier: GPL-2.0-only
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "facts.h"
#include "name.h"

typedef const char *(*name_fn)(void);
typedef uint64_t (*state_version_fn)(void);

static const char *name_by(struct plugin *plugin, name_fn fn)
{
	const char *name;

	status_enter(plugin->status, CALL_FACTS);
	name = fn();
	status_leave(plugin->status);
	return name ?: "";
}

static int take_name(struct plugin *plugin, const char *path, const char *instead, char *taken)
{
	name_fn fn = (name_fn)dlsym(plugin->module, "vfmig_plugin_name");
	char by_file[VFMIG_AGENT_NAME_LEN + 1];
	const char *name = instead;

	name_of_file(path, by_file);
	if (!name)
		name = fn ? name_by(plugin, fn) : by_file;
	if (!name_is_right(name))
		return status_fail(plugin->status, -EINVAL,
				   "a plugin's name has 1 to %d printable characters and no space",
				   VFMIG_AGENT_NAME_LEN);
	memcpy(taken, name, strlen(name));
	return 0;
}

static uint64_t state_version_of(struct plugin *plugin, const struct facts *instead)
{
	state_version_fn fn;
	uint64_t version;

	if (instead->has_state_version)
		return instead->state_version;
	fn = (state_version_fn)dlsym(plugin->module, "vfmig_plugin_state_version");
	if (!fn)
		return 0;
	status_enter(plugin->status, CALL_FACTS);
	version = fn();
	status_leave(plugin->status);
	return version;
}

int facts_of(struct plugin *plugin, const char *path, const struct facts *instead,
	     struct vfmig_agent_hello *hello)
{
	memset(hello, 0, sizeof(*hello));
	hello->state_version = state_version_of(plugin, instead);
	hello->transfer_max = VFMIG_AGENT_TRANSFER_MAX;
	return take_name(plugin, path, instead->name, hello->name);
}
