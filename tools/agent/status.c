// SPDX-License-Identifier: GPL-2.0-only
/* The parent does not believe it: a plugin may write to it. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array.h"
#include "status.h"
#include "text.h"

struct status *status_map(int fd)
{
	void *page = mmap(NULL, sizeof(struct status), PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, 0);

	return page == MAP_FAILED ? NULL : page;
}

void status_unmap(struct status *status)
{
	munmap(status, sizeof(*status));
}

int status_create(struct status **status)
{
	/* Sealed: a worker that could shrink it would kill who reads it. */
	int fd = memfd_create("vfmig-agent", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int err;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, sizeof(struct status)) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		goto failed;
	*status = status_map(fd);
	if (*status)
		return fd;
failed:
	err = -errno;
	close(fd);
	return err;
}

void status_begin(struct status *status, uint64_t request)
{
	atomic_store(&status->why_set, 0);
	atomic_store(&status->request, request);
}

void status_end(struct status *status)
{
	atomic_store(&status->request, 0);
}

void status_enter(struct status *status, enum status_call call)
{
	atomic_store(&status->call, call);
}

void status_leave(struct status *status)
{
	atomic_store(&status->call, CALL_NONE);
}

int status_fail(struct status *status, int err, const char *fmt, ...)
{
	char why[STATUS_WHY_LEN];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	fprintf(stderr, "worker: %s\n", why);
	if (!atomic_load(&status->why_set)) {
		memcpy(status->why, why, sizeof(why));
		atomic_store(&status->why_set, 1);
	}
	return err;
}

const char *status_call_name(uint32_t call)
{
	static const char *const names[] = {
		[CALL_NONE] = "no call",
		[CALL_DLOPEN] = "the loading of the plugin",
		[CALL_VERSION] = "vfio_lm_get_plugin_version()",
		[CALL_OPS] = "vfio_lm_get_plugin_ops()",
		[CALL_FACTS] = "a function that says what the plugin is",
		[CALL_INIT] = "init()",
		[CALL_SAVE] = "save()",
		[CALL_LOAD] = "load()",
		[CALL_PENDING] = "update_pending()",
		[CALL_SET_STATE] = "set_state()",
		[CALL_GET_STATE] = "get_state()",
		[CALL_CLEANUP] = "cleanup()",
		[CALL_EXIT] = "its exit handlers",
	};

	return call < ARRAY_SIZE(names) ? names[call] : "a call unknown";
}

void status_why(const struct status *status, char why[STATUS_WHY_LEN])
{
	why[0] = '\0';
	if (!atomic_load(&status->why_set))
		return;
	memcpy(why, status->why, STATUS_WHY_LEN);
	why[STATUS_WHY_LEN - 1] = '\0';
	text_make_printable(why, strlen(why));
}
