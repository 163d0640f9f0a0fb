// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin as somebody might have written it in 2022 who knew QEMU's proposal and nothing
 * else: it has one global handle, keeps and takes apart the strings that it is given, leaves
 * the work to a thread, returns what it has loaded, and has no cleanup(). It complains of
 * whatever it could not count on there.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef OWN_STRUCT
#include <stdint.h>

typedef struct VFIOMigrationPluginOps {
	void *(*init)(char *devid, char *arg);
	int (*save)(void *handle, uint8_t *state, uint64_t len);
	int (*load)(void *handle, uint8_t *state, uint64_t len);
	int (*update_pending)(void *handle, uint64_t *pending_bytes);
	int (*set_state)(void *handle, uint32_t value);
	int (*get_state)(void *handle, uint32_t *value);
	int (*cleanup)(void *handle);
} VFIOMigrationPluginOps;

#define VFIO_LM_PLUGIN_API_VERSION	0
#else
#include "vfio-migration-plugin.h"
#endif

#define STATE_LEN	(1024 * 1024 + 3)

static struct {
	char *devid, *host, *port;
	uint32_t state;
	uint64_t pending;
	pthread_t caller, worker;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	uint8_t *work;
	uint64_t len;
	/* Of the state that is loaded, one a call. */
	uint64_t sizes[4], nr_sizes;
	int saves, stop;
} server;

static uint64_t was_saved[4];
static int nr_was_saved;

static void complain_unless(int good, const char *what)
{
	if (!good)
		printf("wrong: %s\n", what);
}

static void *work(void *context)
{
	(void)context;
	pthread_mutex_lock(&server.lock);
	while (!server.stop) {
		if (server.work) {
			memset(server.work, 0x42, server.len);
			server.work = NULL;
			pthread_cond_broadcast(&server.wake);
		}
		pthread_cond_wait(&server.wake, &server.lock);
	}
	pthread_mutex_unlock(&server.lock);
	return NULL;
}

static void check_call(void *handle)
{
	complain_unless(handle == &server, "another handle");
	complain_unless(pthread_equal(pthread_self(), server.caller), "another thread");
	complain_unless(!strcmp(server.devid, "0000/01/10.0"), "the device's address has gone");
	complain_unless(!strcmp(server.host, "192.0.2.1"), "the argument has gone");
}

static void *plugin_init(char *devid, char *arg)
{
	static int started, told;

	server.caller = pthread_self();
	server.devid = devid;
	devid[4] = '/';
	devid[7] = '/';
	server.host = strtok(arg, ":");
	server.port = strtok(NULL, ":");
	server.state = 1;
	server.pending = STATE_LEN;
	server.nr_sizes = 0;
	if (!told++)
		printf("%s %s %s\n", devid, server.host, server.port);
	if (!started++) {
		pthread_mutex_init(&server.lock, NULL);
		pthread_cond_init(&server.wake, NULL);
		if (pthread_create(&server.worker, NULL, work, NULL))
			exit(1);
	}
	return &server;
}

static int plugin_save(void *handle, uint8_t *state, uint64_t len)
{
	check_call(handle);
	complain_unless(len && len <= 1024 * 1024, "a piece of another size");
	complain_unless(len <= server.pending, "more than is pending");
	pthread_mutex_lock(&server.lock);
	server.work = state;
	server.len = len;
	pthread_cond_broadcast(&server.wake);
	while (server.work)
		pthread_cond_wait(&server.wake, &server.lock);
	pthread_mutex_unlock(&server.lock);
	server.pending -= len;
	if (nr_was_saved < 4)
		was_saved[nr_was_saved++] = len;
	return 0;
}

static int plugin_load(void *handle, uint8_t *state, uint64_t len)
{
	uint64_t i;

	check_call(handle);
	complain_unless(server.state == 4, "a load in another state");
	complain_unless(server.nr_sizes < 4 && len == was_saved[server.nr_sizes++],
			"other pieces than were saved");
	for (i = 0; i < len && state[i] == 0x42; i++)
		;
	complain_unless(i == len, "other bytes than were saved");
	return len;
}

static int plugin_update_pending(void *handle, uint64_t *pending)
{
	check_call(handle);
	*pending = server.pending;
	return 0;
}

static int plugin_set_state(void *handle, uint32_t state)
{
	check_call(handle);
	complain_unless(!(state & 4) || state == 4, "a state that cannot be");
	server.state = state;
	return 0;
}

static int plugin_get_state(void *handle, uint32_t *state)
{
	check_call(handle);
	*state = server.state;
	return 0;
}

int vfio_lm_get_plugin_version(void);
int vfio_lm_get_plugin_version(void)
{
	return VFIO_LM_PLUGIN_API_VERSION;
}

static VFIOMigrationPluginOps ops = {
	plugin_init, plugin_save, plugin_load, plugin_update_pending,
	plugin_set_state, plugin_get_state, NULL,
};

VFIOMigrationPluginOps *vfio_lm_get_plugin_ops(void);
VFIOMigrationPluginOps *vfio_lm_get_plugin_ops(void)
{
	return &ops;
}
