// SPDX-License-Identifier: GPL-2.0-only
/* A worker, seen by who starts and ends it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "deadline.h"
#include "worker.h"
#include "worker_fds.h"

#define NUMBER_LEN	24
#define WORKER_MOST_ARGS	20
/* So many take all that is in a pipe. */
#define PIPE_READS	64

/* What a worker is given, above the numbers where it will be. */
struct handover {
	int input, output, channel, status, deadline, replies, window;
};

static bool place_fds(struct handover from)
{
	int *fds = &from.input;
	int to[] = { 0, 1, WORKER_CHANNEL, WORKER_STATUS, WORKER_DEADLINE,
		     WORKER_REPLIES, WORKER_WINDOW };
	int nr = ARRAY_SIZE(to) - (from.window < 0), i;

	for (i = 0; i < nr; i++) {
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, WORKER_FDS_END);
		if (fds[i] < 0)
			return false;
	}
	for (i = 0; i < nr; i++)
		if (dup2(fds[i], to[i]) < 0)
			return false;
	return dup2(1, 2) >= 0 && !close_range(3 + nr - 2, ~0U, 0);
}

/* As a program finds them that a shell has started. */
static void default_signals(void)
{
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void forget_service_manager(void)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
}

/* The supervisor has more files than programs count on that call select(). */
static void default_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur <= FD_SETSIZE)
		return;
	files.rlim_cur = FD_SETSIZE;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* A setting that the worker is told, if there is one. */
static void add(char **argv, const char *option, const char *value)
{
	while (*argv)
		argv++;
	if (value) {
		argv[0] = (char *)option;
		argv[1] = (char *)value;
	}
}

static void add_number(char **argv, const char *option, uint64_t number, char text[NUMBER_LEN])
{
	snprintf(text, NUMBER_LEN, "%llu", (unsigned long long)number);
	add(argv, option, text);
}

__attribute__((noreturn))
static void become_worker(const struct worker_plan *plan, const struct privileges *privileges,
			  struct handover handover, struct status *status, pid_t parent)
{
	char version[NUMBER_LEN], most[NUMBER_LEN], limit[NUMBER_LEN], why[STATUS_WHY_LEN];
	char *argv[WORKER_MOST_ARGS] = { "vfmig-agent", "worker" };

	add(argv, "--device", plan->device);
	add(argv, "--plugin", plan->plugin);
	add(argv, "--arg", plan->arg ?: "");
	add(argv, "--name", plan->facts.name);
	if (plan->facts.has_state_version)
		add_number(argv, "--state-version", plan->facts.state_version, version);
	add_number(argv, "--most-bytes", plan->most_bytes, most);
	add_number(argv, "--limit-ms", plan->limit_ms, limit);
	/* What a plugin starts is to end with it; and a terminal would take what it types. */
	setsid();
	default_signals();
	forget_service_manager();
	default_limits();
	if (!place_fds(handover)) {
		status_fail(status, -errno, "a worker cannot be given its files: %s",
			    strerror(errno));
		_exit(EXIT_FAILURE);
	}
	if (!privileges_drop(privileges, why, sizeof(why))) {
		status_fail(status, -EPERM, "%s", why);
		_exit(EXIT_FAILURE);
	}
	/* After the change of user, which forgets it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		execv("/proc/self/exe", argv);
	status_fail(status, -errno, "a worker cannot be started: %s", strerror(errno));
	_exit(EXIT_FAILURE);
}

int worker_start(struct worker *worker, const struct worker_plan *plan, int channel,
		 int window_fd, char why[STATUS_WHY_LEN])
{
	struct handover handover = {
		.channel = channel, .replies = channel, .window = window_fd,
	};
	int output[2] = { -1, -1 }, err = -EINVAL;
	struct privileges privileges;
	pid_t parent = getpid();

	memset(worker, 0, sizeof(*worker));
	worker->output = -1;
	worker->deadline = -1;
	if (!privileges_of(&privileges, &plan->privileges, why, STATUS_WHY_LEN))
		return -EINVAL;
	handover.status = status_create(&worker->status);
	handover.input = open("/dev/null", O_RDWR | O_CLOEXEC);
	worker->deadline = deadline_create();
	if (handover.status < 0 || handover.input < 0 || worker->deadline < 0 ||
	    pipe2(output, O_CLOEXEC) || fcntl(output[0], F_SETFL, O_NONBLOCK))
		goto failed;
	handover.output = output[1];
	handover.deadline = worker->deadline;
	deadline_set(worker->deadline, WORKER_LOAD_MS);
	worker->pid = fork();
	if (worker->pid < 0)
		goto failed;
	if (!worker->pid)
		become_worker(plan, &privileges, handover, worker->status, parent);
	worker->output = output[0];
	output[0] = -1;
	err = 0;
failed:
	if (err) {
		err = -errno;
		snprintf(why, STATUS_WHY_LEN, "a worker cannot be started: %s", strerror(errno));
	}
	if (handover.status >= 0)
		close(handover.status);
	if (handover.input >= 0)
		close(handover.input);
	if (output[0] >= 0)
		close(output[0]);
	if (output[1] >= 0)
		close(output[1]);
	if (err)
		worker_forget(worker);
	return err;
}

int worker_output(struct worker *worker, text_line_fn each, void *context)
{
	char text[4096];
	ssize_t len;

	/* Once: one that never ends must not keep the caller from others. */
	len = read(worker->output, text, sizeof(text));
	if (len > 0) {
		text_add(&worker->lines, text, len, each, context);
		return 1;
	}
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	text_end(&worker->lines, each, context);
	return -1;
}

void worker_last_output(struct worker *worker, text_line_fn each, void *context)
{
	int most = PIPE_READS;

	while (worker->output >= 0 && most-- && worker_output(worker, each, context) > 0)
		;
	text_end(&worker->lines, each, context);
}

void worker_check_overdue(struct worker *worker)
{
	if (!deadline_is_over(worker->deadline))
		return;
	worker->overdue = true;
	worker_kill(worker);
}

uint64_t worker_request(const struct worker *worker)
{
	return atomic_load(&worker->status->request);
}

void worker_end(struct worker *worker)
{
	if (worker->pid > 0)
		kill(worker->pid, SIGTERM);
}

void worker_kill(struct worker *worker)
{
	if (worker->pid <= 0)
		return;
	/* It has no group yet where it has just been started. */
	kill(-worker->pid, SIGKILL);
	kill(worker->pid, SIGKILL);
}

void worker_verdict(const struct worker *worker, int wait_status, char *text, size_t len)
{
	uint32_t call = atomic_load(&worker->status->call);
	const char *in = status_call_name(call);
	char why[STATUS_WHY_LEN];
	int signal_nr;

	status_why(worker->status, why);
	if (worker->overdue) {
		snprintf(text, len, "%s did not return in time: the plugin was killed",
			 call == CALL_NONE ? "the worker" : in);
	} else if (WIFSIGNALED(wait_status)) {
		signal_nr = WTERMSIG(wait_status);
		snprintf(text, len, "the plugin was ended by SIG%s (%s) in %s",
			 sigabbrev_np(signal_nr) ?: "?", sigdescr_np(signal_nr) ?: "unknown", in);
	} else if (call != CALL_NONE && call != CALL_EXIT) {
		snprintf(text, len, "the plugin ended its process with status %d in %s",
			 WEXITSTATUS(wait_status), in);
	} else if (WEXITSTATUS(wait_status)) {
		snprintf(text, len, "%s", why[0] ? why : "the worker failed");
	} else {
		snprintf(text, len,
			 "the driver has let go of the agent: the kernel's log says why");
	}
}

void worker_forget(struct worker *worker)
{
	if (worker->output >= 0)
		close(worker->output);
	if (worker->deadline >= 0)
		close(worker->deadline);
	if (worker->status)
		status_unmap(worker->status);
	worker->output = -1;
	worker->deadline = -1;
	worker->status = NULL;
	worker->pid = 0;
}
