/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two at once: an access that is held open while something else happens to
 * its device, and threads and processes that meet on purpose.
 */
#ifndef VFMIG_RACE_H
#define VFMIG_RACE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "transfer.h"

/* Longer than anything takes that is not stuck. */
#define NEVER_STUCK_S	60

/**
 * struct access - an access, made by a thread
 * @by: makes it, where it is not one of the region
 * @fd: the data fd that it is made through, or that has come of it
 * @stream: what is written through that
 * @vf: of which device
 * @at: which register
 * @value: what is written there, in as many bytes as the register has; or the
 *	state of v2 that is asked for
 * @write: written, not read
 * @ret: what came of it
 * @done: it has returned
 */
struct access {
	int (*by)(struct access *access);
	int fd;
	const struct bytes *stream;
	struct vf *vf;
	uint64_t at;
	uint64_t value;
	bool write;
	int ret;
	atomic_bool done;
	pthread_t thread;
};

/* For @by. */
int access_order(struct access *access);
int access_read_fd(struct access *access);
int access_write_fd(struct access *access);

int access_now(struct access *access);
void access_start(struct access *access);
void access_join(struct access *access);

/* An access is held open by the mock: the call it makes hangs. */
void hold_for_ever(void);
void hold(const char *call);
void hold_until(struct access *access, const char *call);

#define MAX_CALLS	8

/* The calls of the backend that can be held, in their order. */
struct calls {
	unsigned int nr;
	char name[MAX_CALLS][16];
};

/* Those that the mock has seen since its file calls was cleared. */
void calls_seen(struct calls *calls);

long now_us(void);
void wait_until_us(long when);

/* The ways to reset a device, each for itself. */
struct reset {
	const char *name;
	int (*now)(struct vf *vf);
};

enum { RESET_BY_USER, RESET_BY_ADMINISTRATOR, RESET_BY_GUEST };

extern const struct reset resets[];
extern const unsigned int nr_resets;

/* vfio asks its user to let go of the device. */
int request_fd(struct vf *vf);
bool requested(int fd);

/* The last user is gone, and the device closed. */
bool is_open(const char *bdf);
void await_closed(const char *bdf);

/* A process that does something once, or over and over, until it is killed. */
pid_t child_start(void (*act)(void));
pid_t child_repeat(void (*act)(void));
void child_kill(pid_t child);

/* A transfer that may meet with anything; they fail no test. */
int try_save(struct vf *vf, struct bytes *to);
int try_load(struct vf *vf, const struct bytes *from);
/* The same from RUNNING and, where nothing is met, back. */
int try_save_live(struct vf *vf);
int try_load_whole(struct vf *vf, const struct bytes *from);
int try_transfer_v2(struct vf *vf, const struct bytes *from);
int try_open_close(const char *bdf);

#endif /* VFMIG_RACE_H */
