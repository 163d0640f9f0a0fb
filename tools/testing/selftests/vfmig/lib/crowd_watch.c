// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crowd_inside.h"
#include "stacks.h"
#include "tap.h"

#define POLL_MS		20
/* One of the mortals is killed as often, more or less. */
#define KILL_EVERY_MS	300
#define PATIENCE_MS	300000

static void start_process(struct crowd *crowd, struct process *process)
{
	unsigned int i;
	pid_t pid;

	process->killed_ms = 0;
	for (i = 0; i < process->band->threads; i++)
		crowd->member[process->first_member + i].since_ms = 0;
	pid = fork();
	ASSERT_GT(pid, -1, "%s", strerror(errno));
	if (!pid)
		crowd_be_process(crowd, process);
	setpgid(pid, pid);
	process->pid = pid;
	crowd->forks++;
}

void crowd_start(struct crowd *crowd)
{
	unsigned int i;

	/* What a killed process has forked comes to us, to be waited for. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	crowd_put(&crowd->over, false);
	for (i = 0; i < crowd->nr_processes; i++)
		start_process(crowd, &crowd->process[i]);
}

static void judge_end(struct crowd *crowd, struct process *process, int status)
{
	char text[120];

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
	    process->killed_ms)
		return;
	snprintf(text, sizeof(text), "a process has died with status %#x",
		 status);
	crowd_note(crowd, text);
}

/* Returns whether there is anybody left. */
static bool reap(struct crowd *crowd)
{
	unsigned int i;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < crowd->nr_processes; i++) {
			if (crowd->process[i].pid != pid)
				continue;
			judge_end(crowd, &crowd->process[i], status);
			crowd->process[i].pid = 0;
			if (!crowd_get(&crowd->over))
				start_process(crowd, &crowd->process[i]);
		}
	}
	return !pid;
}

static void kill_process(struct crowd *crowd, struct process *process)
{
	if (!process->pid || process->killed_ms)
		return;
	process->killed_ms = now_ms();
	kill(-process->pid, SIGKILL);
	crowd->kills++;
}

static void look_for_undead(struct crowd *crowd)
{
	struct process *process = crowd->process;
	unsigned int i;
	char text[120];

	for (i = 0; i < crowd->nr_processes; i++, process++) {
		if (!process->pid || !process->killed_ms || process->given_up ||
		    now_ms() - process->killed_ms < crowd->plan.kill_ms)
			continue;
		process->given_up = true;
		snprintf(text, sizeof(text),
			 "process %d is there %llu ms after SIGKILL",
			 process->pid, (unsigned long long)crowd->plan.kill_ms);
		crowd_note(crowd, text);
		print_stacks(process->pid);
	}
}

static void look_for_hung(struct crowd *crowd)
{
	unsigned int i, j;

	for (i = 0; i < crowd->nr_processes; i++) {
		struct process *process = &crowd->process[i];

		if (process->killed_ms)
			continue;
		for (j = 0; j < process->band->threads; j++) {
			struct member *m;
			uint64_t since;

			m = &crowd->member[process->first_member + j];
			since = crowd_get(&m->since_ms);
			if (!since || now_ms() - since < crowd->plan.hang_ms)
				continue;
			crowd_find(m, "thread %d hangs for %llu ms", m->tid,
				   (unsigned long long)crowd->plan.hang_ms);
			print_stacks(process->pid);
			kill_process(crowd, process);
			break;
		}
	}
}

/* Returns whether there is anybody left. */
static bool look(struct crowd *crowd)
{
	bool some = reap(crowd);

	look_for_hung(crowd);
	look_for_undead(crowd);
	usleep(POLL_MS * 1000);
	return some;
}

void crowd_watch(struct crowd *crowd, uint64_t ms)
{
	uint64_t end = now_ms() + ms;
	struct process *process;

	while (now_ms() < end) {
		look(crowd);
		if (!random_one_in(&crowd->fate, KILL_EVERY_MS / POLL_MS))
			continue;
		process = &crowd->process[random_below(&crowd->fate,
						       crowd->nr_processes)];
		if (process->band->mortal)
			kill_process(crowd, process);
	}
}

/*
 * On a busy machine longer, until each thing was tried, and has worked if it
 * must.
 */
void crowd_watch_all(struct crowd *crowd, uint64_t ms)
{
	uint64_t end = now_ms() + PATIENCE_MS;

	crowd_watch(crowd, ms);
	while (!crowd_had_all(crowd) && now_ms() < end)
		crowd_watch(crowd, 1000);
}

/* Kills them all, or waits for each to be through with what it does. */
void crowd_stop(struct crowd *crowd, bool kill_all)
{
	uint64_t killed = 0;
	unsigned int i;

	crowd_put(&crowd->over, true);
	for (i = 0; kill_all && i < crowd->nr_processes; i++)
		kill_process(crowd, &crowd->process[i]);

	while (look(crowd)) {
		/* Orphans, too, and what was forked while it was killed. */
		for (i = 0; kill_all && i < crowd->nr_processes; i++)
			if (crowd->process[i].pid)
				kill(-crowd->process[i].pid, SIGKILL);
		for (i = 0; i < crowd->nr_processes; i++)
			if (crowd->process[i].given_up && !killed)
				killed = now_ms();
		if (killed && now_ms() - killed > crowd->plan.kill_ms)
			break;
	}
}
