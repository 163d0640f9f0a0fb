/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What its members and its watcher know of a crowd.
 */
#ifndef VFMIG_CROWD_INSIDE_H
#define VFMIG_CROWD_INSIDE_H

#include "crowd.h"

struct tally {
	const struct attack *attack;
	bool must_work;
	unsigned long tried;
	unsigned long worked;
};

struct process {
	const struct band *band;
	unsigned int first_member;
	pid_t pid;
	uint64_t killed_ms;
	bool given_up;
};

/* Lies in memory that all its processes share. */
struct crowd {
	struct crowd_plan plan;
	bool over;
	unsigned int nr_members;
	struct member member[CROWD_MAX_MEMBERS];
	unsigned int nr_processes;
	struct process process[CROWD_MAX_PROCESSES];
	unsigned int nr_tallies;
	struct tally tally[CROWD_MAX_ATTACKS];
	unsigned int findings;
	char finding[CROWD_MAX_FINDINGS][200];
	unsigned long kills;
	unsigned long forks;
	struct random fate;
};

/* For what is written by one process and read by another. */
#define crowd_add(to, n) __atomic_add_fetch(to, n, __ATOMIC_RELAXED)
#define crowd_get(from) __atomic_load_n(from, __ATOMIC_ACQUIRE)
#define crowd_put(to, value) __atomic_store_n(to, value, __ATOMIC_RELEASE)

void crowd_note(struct crowd *crowd, const char *text);
void crowd_be_process(struct crowd *crowd, struct process *process);

#endif /* VFMIG_CROWD_INSIDE_H */
