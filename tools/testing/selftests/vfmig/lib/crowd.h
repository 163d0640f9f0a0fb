/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many at once: processes with threads, each of which does one random thing
 * after another; some are killed in the middle of it, and someone watches.
 *
 * What the n-th action of a member is, and what it does, follows from the seed,
 * the member's number and n, whatever the others do and whatever it got before.
 *
 * A member must not ASSERT: it has no test to leave. It says what it finds by
 * crowd_find(); all that is found fails the test in crowd_judge().
 */
#ifndef VFMIG_CROWD_H
#define VFMIG_CROWD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "random.h"

#define CROWD_MAX_MEMBERS	32
#define CROWD_MAX_BANDS		5
#define CROWD_MAX_PROCESSES	16
#define CROWD_MAX_ATTACKS	80
#define CROWD_MAX_FINDINGS	16

struct crowd;

/**
 * struct member - one thread
 * @crowd: what it belongs to
 * @id: its number
 * @random: what the action under way draws from
 * @actions: how many it has begun
 * @doing: the action under way
 * @since_ms: when its last sign of life was, 0 between two actions
 * @slowest_ms: the longest it was without one
 * @pid: of its process
 * @tid: its own
 */
struct member {
	struct crowd *crowd;
	unsigned int id;
	struct random random;
	uint64_t actions;
	const char *doing;
	uint64_t since_ms;
	uint64_t slowest_ms;
	pid_t pid;
	pid_t tid;
};

/* A kind of action. It returns whether it got what it wanted. */
struct attack {
	const char *name;
	bool (*act)(struct member *m);
};

/* How often a band does what; MUST_WORK where nothing may keep it from it. */
struct share {
	const struct attack *attack;
	unsigned int weight;
	enum { MAY_FAIL, MUST_WORK } outcome;
};

/**
 * struct band - processes of one kind
 * @shares: what they do; ends with an empty one
 * @processes: their number
 * @threads: of each
 * @mortal: killed at random, and replaced
 */
struct band {
	const struct share *shares;
	unsigned int processes;
	unsigned int threads;
	bool mortal;
};

/**
 * struct crowd_plan - what a crowd is to be
 * @name: for messages
 * @bands: ends with an empty one
 * @enter: optional; what each process does first
 * @seed: of all its random numbers
 * @hang_ms: nothing takes longer, or the crowd has found something
 * @kill_ms: nobody who was killed is there any longer
 * @fds_go: fds are closed under the members' feet
 * @error_is_fine: the device may be in ERROR
 */
struct crowd_plan {
	const char *name;
	struct band bands[CROWD_MAX_BANDS];
	void (*enter)(void);
	uint64_t seed;
	uint64_t hang_ms;
	uint64_t kill_ms;
	bool fds_go;
	bool error_is_fine;
};

uint64_t now_ms(void);

struct crowd *crowd_gather(const struct crowd_plan *plan);
void crowd_start(struct crowd *crowd);
void crowd_watch(struct crowd *crowd, uint64_t ms);
void crowd_watch_all(struct crowd *crowd, uint64_t ms);
bool crowd_had_all(struct crowd *crowd);
void crowd_stop(struct crowd *crowd, bool kill_all);
void crowd_judge(struct crowd *crowd);
unsigned long crowd_tried(struct crowd *crowd, const struct attack *attack);
unsigned long crowd_worked(struct crowd *crowd, const struct attack *attack);

/* For members. */
const struct crowd_plan *crowd_plan(const struct member *m);
void crowd_beat(struct member *m);
void crowd_find(struct member *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool crowd_over(const struct member *m);

/* A copy of this process that does as it likes and is gone when this returns. */
bool crowd_fork(struct member *m, void (*child)(struct member *m));

#endif /* VFMIG_CROWD_H */
