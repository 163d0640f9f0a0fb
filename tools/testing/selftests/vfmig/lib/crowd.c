// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crowd_inside.h"
#include "tap.h"

#define NOBODY		(~0U)

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

const struct crowd_plan *crowd_plan(const struct member *m)
{
	return &m->crowd->plan;
}

bool crowd_over(const struct member *m)
{
	return crowd_get(&m->crowd->over);
}

void crowd_note(struct crowd *crowd, const char *text)
{
	unsigned int n = crowd_add(&crowd->findings, 1) - 1;

	if (n < CROWD_MAX_FINDINGS)
		snprintf(crowd->finding[n], sizeof(crowd->finding[n]), "%s",
			 text);
}

void crowd_find(struct member *m, const char *fmt, ...)
{
	char what[120], text[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	snprintf(text, sizeof(text), "member %u, action %llu, %s: %s", m->id,
		 (unsigned long long)m->actions, m->doing, what);
	crowd_note(m->crowd, text);
}

void crowd_beat(struct member *m)
{
	uint64_t now = now_ms();
	uint64_t since = crowd_get(&m->since_ms);

	if (since && now - since > m->slowest_ms)
		m->slowest_ms = now - since;
	crowd_put(&m->since_ms, now);
}

static struct tally *tally_of(struct crowd *crowd, const struct attack *attack)
{
	unsigned int i;

	for (i = 0; i < crowd->nr_tallies; i++)
		if (crowd->tally[i].attack == attack)
			return &crowd->tally[i];
	ASSERT_LE(i + 1, CROWD_MAX_ATTACKS);
	crowd->nr_tallies++;
	crowd->tally[i].attack = attack;
	return &crowd->tally[i];
}

unsigned long crowd_tried(struct crowd *crowd, const struct attack *attack)
{
	return tally_of(crowd, attack)->tried;
}

unsigned long crowd_worked(struct crowd *crowd, const struct attack *attack)
{
	return tally_of(crowd, attack)->worked;
}

/*
 * Each thing once for a start, or what is rare might never be tried; and not
 * all members the same.
 */
static const struct share *choose(struct member *m, const struct share *shares)
{
	unsigned int n, sum = 0, left;

	for (n = 0; shares[n].attack; n++)
		sum += shares[n].weight;
	left = random_below(&m->random, sum);
	if (m->actions <= n)
		return &shares[(m->actions + m->id * 7) % n];
	for (n = 0; left >= shares[n].weight; n++)
		left -= shares[n].weight;
	return &shares[n];
}

static void act(struct member *m, const struct share *shares)
{
	const struct attack *attack;
	struct tally *tally;

	m->actions++;
	m->random = random_of(m->crowd->plan.seed, m->id, m->actions);
	attack = choose(m, shares)->attack;
	tally = tally_of(m->crowd, attack);
	m->doing = attack->name;
	crowd_beat(m);
	crowd_add(&tally->tried, 1);
	if (attack->act(m))
		crowd_add(&tally->worked, 1);
	crowd_beat(m);
	crowd_put(&m->since_ms, 0);
}

static void *member_thread(void *arg)
{
	struct member *m = arg;
	struct crowd *crowd = m->crowd;
	unsigned int i = 0;

	m->pid = getpid();
	m->tid = gettid();
	while (i + 1 < crowd->nr_processes &&
	       crowd->process[i + 1].first_member <= m->id)
		i++;
	while (!crowd_over(m))
		act(m, crowd->process[i].band->shares);
	return NULL;
}

void crowd_be_process(struct crowd *crowd, struct process *process)
{
	struct member *first = &crowd->member[process->first_member];
	pthread_t thread[CROWD_MAX_MEMBERS];
	unsigned int i;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (crowd->plan.enter)
		crowd->plan.enter();
	for (i = 0; i < process->band->threads; i++)
		if (pthread_create(&thread[i], NULL, member_thread, first + i))
			_exit(1);
	while (i--)
		pthread_join(thread[i], NULL);
	_exit(0);
}

bool crowd_fork(struct member *m, void (*child)(struct member *m))
{
	unsigned int patience_us = random_below(&m->random, 20000);
	bool killed = random_one_in(&m->random, 2);
	pid_t pid = fork();

	if (pid < 0)
		return false;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		child(m);
		_exit(0);
	}
	if (killed) {
		usleep(patience_us);
		kill(pid, SIGKILL);
	}
	return waitpid(pid, NULL, 0) == pid;
}

/* Once there, its numbers go on from one crowd_start() to the next. */
struct crowd *crowd_gather(const struct crowd_plan *plan)
{
	struct crowd *crowd = mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct band *band;
	const struct share *share;
	struct process *process;
	unsigned int i, j;

	ASSERT_NE(crowd, MAP_FAILED);
	crowd->plan = *plan;
	crowd->fate = random_of(plan->seed, NOBODY, 0);
	for (band = crowd->plan.bands; band->shares; band++) {
		for (share = band->shares; share->attack; share++)
			tally_of(crowd, share->attack)->must_work =
				share->outcome == MUST_WORK;
		for (i = 0; i < band->processes; i++) {
			ASSERT_LE(crowd->nr_processes + 1, CROWD_MAX_PROCESSES);
			process = &crowd->process[crowd->nr_processes++];
			process->band = band;
			process->first_member = crowd->nr_members;
			for (j = 0; j < band->threads; j++) {
				ASSERT_LE(crowd->nr_members + 1,
					  CROWD_MAX_MEMBERS);
				crowd->member[crowd->nr_members] =
					(struct member){
						.crowd = crowd,
						.id = crowd->nr_members,
					};
				crowd->nr_members++;
			}
		}
	}
	return crowd;
}

/* What has found something need not go on. */
bool crowd_had_all(struct crowd *crowd)
{
	const struct tally *tally = crowd->tally;
	unsigned int i;

	if (crowd_get(&crowd->findings))
		return true;
	for (i = 0; i < crowd->nr_tallies; i++, tally++)
		if (!crowd_get(&tally->tried) ||
		    (tally->must_work && !crowd_get(&tally->worked)))
			return false;
	return true;
}

void crowd_judge(struct crowd *crowd)
{
	uint64_t slowest = 0;
	unsigned int i;

	for (i = 0; i < crowd->nr_members; i++)
		if (crowd->member[i].slowest_ms > slowest)
			slowest = crowd->member[i].slowest_ms;
	tap_note("%s: %lu processes of %u kinds, %lu killed; the slowest access took %llu ms",
		 crowd->plan.name, crowd->forks, crowd->nr_processes,
		 crowd->kills, (unsigned long long)slowest);

	for (i = 0; i < crowd->nr_tallies; i++) {
		const struct tally *tally = &crowd->tally[i];

		tap_note("  %-16s %8lu, of these successful %8lu",
			 tally->attack->name, tally->tried, tally->worked);
		EXPECT_GT(tally->tried, 0, "%s", tally->attack->name);
		if (tally->must_work)
			EXPECT_GT(tally->worked, 0, "%s", tally->attack->name);
	}
	for (i = 0; i < crowd->findings && i < CROWD_MAX_FINDINGS; i++)
		tap_note("found: %s", crowd->finding[i]);
	EXPECT_EQ(crowd->findings, 0);
	munmap(crowd, sizeof(*crowd));
}
