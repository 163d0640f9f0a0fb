// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin that leaves everything to the device's SoC. arg is its IPv4 address and port,
 * IP:PORT. Each request is 16 bytes, in the byte order of both; what has no reply cannot
 * be known to have failed, so a state that was set is asked for again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vfio-migration-plugin.h"

/* v1 of VFIO's migration states; both are an error. */
#define SAVING		0x2
#define RESUMING	0x4

enum soc_request {
	SOC_UPDATE_PENDING = 1,
	SOC_SET_STATE = 2,
	SOC_GET_STATE = 3,
	/* size bytes are the answer, without a message. */
	SOC_SAVE = 4,
	/* size bytes follow the request. */
	SOC_LOAD = 5,
	SOC_REPLY = 6,
	SOC_FINISH = 7,
};

struct soc_message {
	uint32_t request;
	uint32_t size;
	uint64_t value;
};

struct soc {
	int socket;
	char *devid;
};

static int complain(struct soc *soc, const char *what)
{
	fprintf(stderr, "%s: the SoC %s: %s\n", soc->devid, what, strerror(errno));
	return -1;
}

/* What was sent in part the SoC waits for the rest of, and would take what comes next for it. */
static int hang_up(struct soc *soc, const char *what)
{
	complain(soc, what);
	shutdown(soc->socket, SHUT_RDWR);
	return -1;
}

static int send_all(struct soc *soc, const void *data, size_t len)
{
	ssize_t done;

	for (; len; len -= done, data = (const char *)data + done) {
		done = send(soc->socket, data, len, MSG_NOSIGNAL);
		if (done < 0)
			return hang_up(soc, "cannot be written to");
	}
	return 0;
}

static int receive_all(struct soc *soc, void *data, size_t len)
{
	ssize_t done;

	for (; len; len -= done, data = (char *)data + done) {
		done = recv(soc->socket, data, len, 0);
		if (!done)
			errno = ECONNRESET;
		if (done <= 0)
			return hang_up(soc, "does not answer");
	}
	return 0;
}

static int request(struct soc *soc, uint32_t type, uint32_t size, uint64_t value)
{
	struct soc_message message = { .request = type, .size = size, .value = value };

	return send_all(soc, &message, sizeof(message));
}

static int ask(struct soc *soc, uint32_t type, uint32_t size, struct soc_message *reply)
{
	if (request(soc, type, size, 0) || receive_all(soc, reply, sizeof(*reply)))
		return -1;
	if (reply->request == SOC_REPLY)
		return 0;
	fprintf(stderr, "%s: the SoC answered with message %u\n", soc->devid, reply->request);
	return -1;
}

/* 0: it is none. */
static int read_address(const char *arg, struct sockaddr_in *address)
{
	char ip[INET_ADDRSTRLEN], rest;
	unsigned int port;

	if (sscanf(arg, "%15[0-9.]:%5u%c", ip, &port, &rest) != 2 || !port || port > 65535)
		return 0;
	address->sin_family = AF_INET;
	address->sin_port = htons(port);
	return inet_pton(AF_INET, ip, &address->sin_addr) == 1;
}

static void *soc_init(char *devid, char *arg)
{
	struct sockaddr_in address = { 0 };
	struct soc *soc;
	int on = 1;

	if (!read_address(arg, &address)) {
		fprintf(stderr, "the argument has to be IP:PORT, not \"%s\"\n", arg);
		return NULL;
	}
	soc = calloc(1, sizeof(*soc));
	if (!soc)
		return NULL;
	soc->devid = devid;
	soc->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (soc->socket >= 0 &&
	    !connect(soc->socket, (struct sockaddr *)&address, sizeof(address)) &&
	    !setsockopt(soc->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		return soc;
	complain(soc, "cannot be reached");
	if (soc->socket >= 0)
		close(soc->socket);
	free(soc);
	return NULL;
}

static int soc_cleanup(void *handle)
{
	struct soc *soc = handle;

	request(soc, SOC_FINISH, 0, 0);
	close(soc->socket);
	free(soc);
	return 0;
}

static int soc_update_pending(void *handle, uint64_t *bytes)
{
	struct soc_message reply;

	if (ask(handle, SOC_UPDATE_PENDING, 0, &reply))
		return -1;
	*bytes = reply.value;
	return 0;
}

static int soc_get_state(void *handle, uint32_t *state)
{
	struct soc_message reply;
	struct soc *soc = handle;

	if (ask(soc, SOC_GET_STATE, 0, &reply))
		return -1;
	if (reply.value > UINT32_MAX) {
		fprintf(stderr, "%s: the SoC is in state %#llx, which is none\n", soc->devid,
			(unsigned long long)reply.value);
		return -1;
	}
	*state = reply.value;
	/* Handed on: who is told may want to set another one. */
	if ((*state & (SAVING | RESUMING)) == (SAVING | RESUMING))
		fprintf(stderr, "%s: the SoC has not taken what was loaded\n", soc->devid);
	return 0;
}

static int soc_set_state(void *handle, uint32_t state)
{
	struct soc *soc = handle;
	uint32_t got;

	if (request(soc, SOC_SET_STATE, sizeof(uint64_t), state) || soc_get_state(soc, &got))
		return -1;
	if (got == state)
		return 0;
	fprintf(stderr, "%s: the SoC is in state %#x, not %#x\n", soc->devid, got, state);
	return -1;
}

static int soc_save(void *handle, uint8_t *state, uint64_t len)
{
	struct soc *soc = handle;

	/* The bytes are the whole answer. */
	if (len > UINT32_MAX || request(soc, SOC_SAVE, len, 0))
		return -1;
	return receive_all(soc, state, len);
}

static int soc_load(void *handle, uint8_t *state, uint64_t len)
{
	struct soc *soc = handle;

	if (len > UINT32_MAX || request(soc, SOC_LOAD, len, 0))
		return -1;
	return send_all(soc, state, len);
}

int vfio_lm_get_plugin_version(void);
int vfio_lm_get_plugin_version(void)
{
	return VFIO_LM_PLUGIN_API_VERSION;
}

VFIOMigrationPluginOps *vfio_lm_get_plugin_ops(void);
VFIOMigrationPluginOps *vfio_lm_get_plugin_ops(void)
{
	static VFIOMigrationPluginOps ops = {
		.init = soc_init,
		.save = soc_save,
		.load = soc_load,
		.update_pending = soc_update_pending,
		.set_state = soc_set_state,
		.get_state = soc_get_state,
		.cleanup = soc_cleanup,
	};

	return &ops;
}
