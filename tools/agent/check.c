// SPDX-License-Identifier: GPL-2.0-only
/* Would a plugin do? Moves a state out of it and back, as the driver would. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "check_worker.h"
#include "name.h"
#include "number.h"
#include "piece.h"
#include "session.h"

#define RUNNING		VFMIG_AGENT_RUNNING
#define SAVING		VFMIG_AGENT_SAVING
#define RESUMING	VFMIG_AGENT_RESUMING
#define BEGINS		(VFMIG_AGENT_NEW | VFMIG_AGENT_WINDOW)

/* A state that never comes to its end while the function is stopped. */
#define MOST_ROUNDS	10000

enum { USAGE = 2 };

/* What was saved, with its pieces: a plugin may count on being given the same ones. */
struct state {
	int file;
	uint64_t bytes;
	uint32_t *pieces;
	size_t nr_pieces;
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static bool fail(struct check_worker *check, const char *why)
{
	snprintf(check->why, sizeof(check->why), "%s", why);
	worker_kill(&check->worker);
	return false;
}

static bool set_state(struct check_worker *check, uint32_t state, uint32_t flags)
{
	struct vfmig_agent_request request = {
		.type = VFMIG_AGENT_SET_STATE, .flags = flags, .arg[0] = state,
		.arg[1] = flags & VFMIG_AGENT_WINDOW ? check->window_len : 0,
	};
	struct vfmig_agent_reply reply;

	return check_ask(check, &request, &reply);
}

static bool keep(struct state *state, const uint8_t *data, uint32_t len)
{
	uint32_t *pieces = realloc(state->pieces, (state->nr_pieces + 1) * sizeof(*pieces));

	if (!pieces)
		return false;
	state->pieces = pieces;
	state->pieces[state->nr_pieces++] = len;
	state->bytes += len;
	return write(state->file, data, len) == (ssize_t)len;
}

/* What the plugin announces is read to its end. */
static bool save_block(struct check_worker *check, struct state *state, uint64_t *announced)
{
	struct vfmig_agent_request request = { .type = VFMIG_AGENT_PENDING };
	struct vfmig_agent_reply reply;
	uint64_t left, len;

	if (!check_ask(check, &request, &reply))
		return false;
	*announced = reply.arg[0];
	request = (struct vfmig_agent_request) { .type = VFMIG_AGENT_SAVE };
	for (left = *announced; left; left -= len) {
		len = left < check->window_len ? left : check->window_len;
		request.arg[PIECE_LEN] = len;
		/* Not 0: bytes that a plugin forgets to write are to be seen. */
		memset(check->window, 0xa5, len);
		if (!check_ask(check, &request, &reply))
			return false;
		if (!keep(state, check->window, len))
			return fail(check, "there is no room to keep what was saved");
	}
	return true;
}

static bool save(struct check_worker *check, struct state *state)
{
	uint64_t announced;
	unsigned int rounds;

	if (!set_state(check, RUNNING | SAVING, BEGINS) ||
	    !save_block(check, state, &announced) || !set_state(check, SAVING, 0))
		return false;
	for (rounds = 0; rounds < MOST_ROUNDS; rounds++) {
		if (!save_block(check, state, &announced))
			return false;
		if (!announced)
			return set_state(check, 0, 0);
	}
	return fail(check, "update_pending() does not come to 0 although the function is stopped");
}

/* As it was saved, or in two parts, as the driver may have it. */
static bool load_piece(struct check_worker *check, struct state *state, uint64_t whole,
		       bool parted)
{
	uint64_t len = parted ? whole - whole / 2 : whole, at;
	struct vfmig_agent_request request = { .type = VFMIG_AGENT_LOAD };
	struct vfmig_agent_reply reply;

	if (read(state->file, check->window, whole) != (ssize_t)whole)
		return fail(check, "what was saved cannot be read again");
	for (at = 0; at < whole; at += len, len = whole - at) {
		request.arg[PIECE_OFFSET] = at;
		request.arg[PIECE_LEN] = len;
		request.arg[PIECE_AT] = at;
		request.arg[PIECE_WHOLE] = whole;
		if (!check_ask(check, &request, &reply))
			return false;
	}
	return true;
}

static bool ask_for(struct check_worker *check, uint32_t type)
{
	struct vfmig_agent_request request = { .type = type };
	struct vfmig_agent_reply reply;

	return check_ask(check, &request, &reply);
}

static bool load(struct check_worker *check, struct state *state)
{
	size_t i;

	if (!set_state(check, RESUMING, BEGINS))
		return false;
	lseek(state->file, 0, SEEK_SET);
	for (i = 0; i < state->nr_pieces; i++)
		if (!load_piece(check, state, state->pieces[i], i % 2))
			return false;
	return ask_for(check, VFMIG_AGENT_LOADED) && set_state(check, RUNNING, 0);
}

/* A migration that is given up half way. */
static bool cancel(struct check_worker *check, uint32_t state)
{
	return set_state(check, state, BEGINS) && ask_for(check, VFMIG_AGENT_ABORT);
}

/* A VM that is paused goes on, or is saved. */
static bool stop(struct check_worker *check, bool saves)
{
	struct vfmig_agent_request request = { .type = VFMIG_AGENT_PENDING };
	struct vfmig_agent_reply reply;

	if (!set_state(check, 0, VFMIG_AGENT_NEW))
		return false;
	if (saves && (!set_state(check, SAVING, VFMIG_AGENT_WINDOW) ||
		      !check_ask(check, &request, &reply)))
		return false;
	if (saves && !reply.arg[0])
		return fail(check, "a function that was stopped before it is saved has no state");
	return ask_for(check, VFMIG_AGENT_ABORT);
}

static bool rehearse(struct check_worker *check, struct state *state)
{
	struct vfmig_agent_request request = { .type = VFMIG_AGENT_HELLO };
	struct vfmig_agent_reply reply;
	double began;

	if (!check_ask(check, &request, &reply))
		return false;
	printf("loaded as \"%.*s\", state version %llu\n", VFMIG_AGENT_NAME_LEN,
	       reply.hello.name, (unsigned long long)reply.hello.state_version);
	began = seconds();
	if (!save(check, state))
		return false;
	printf("saved %llu bytes in %zu pieces in %.3f s\n", (unsigned long long)state->bytes,
	       state->nr_pieces, seconds() - began);
	began = seconds();
	if (!load(check, state))
		return false;
	printf("loaded them in %.3f s\n", seconds() - began);
	if (!cancel(check, RUNNING | SAVING) || !cancel(check, RESUMING))
		return false;
	printf("cancelled a save and a load\n");
	if (!stop(check, false) || !stop(check, true))
		return false;
	printf("stopped the function, and saved it then\n");
	return true;
}

static int run(const struct worker_plan *plan)
{
	struct state state = { .file = memfd_create("state", MFD_CLOEXEC) };
	struct check_worker check;
	bool good;

	good = check_worker_start(&check, plan);
	if (good) {
		good = rehearse(&check, &state);
		if (check.worker.pid) {
			char why[CHECK_WHY_LEN];

			memcpy(why, check.why, sizeof(why));
			if (!check_worker_end(&check))
				good = false;
			if (why[0])
				memcpy(check.why, why, sizeof(why));
		}
	}
	free(state.pieces);
	close(state.file);
	if (good)
		printf("%s would do\n", plan->plugin);
	else
		printf("%s would not do: %s\n", plan->plugin, check.why);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int refuse(const char *what, const char *value)
{
	fprintf(stderr, "vfmig-agent check: %s%s\n"
		"Usage: vfmig-agent check --plugin FILE [--arg TEXT] [--device ADDRESS] [--name NAME]\n"
		"         [--limit MS] [--most-bytes N] [--user NAME | --registers ADDRESS]\n"
		"         [--no-network]\n"
		"Exits with 0: the plugin would do; 1: it would not, and why; 2: wrong usage.\n",
		what, value);
	return USAGE;
}

enum { PLUGIN, ARG, DEVICE, NAME, LIMIT, MOST_BYTES, USER, REGISTERS, NO_NETWORK };

static const struct option options[] = {
	{ "plugin", required_argument, NULL, PLUGIN },
	{ "arg", required_argument, NULL, ARG },
	{ "device", required_argument, NULL, DEVICE },
	{ "name", required_argument, NULL, NAME },
	{ "limit", required_argument, NULL, LIMIT },
	{ "most-bytes", required_argument, NULL, MOST_BYTES },
	{ "user", required_argument, NULL, USER },
	{ "registers", required_argument, NULL, REGISTERS },
	{ "no-network", no_argument, NULL, NO_NETWORK },
	{ }
};

int check_main(int argc, char **argv)
{
	struct worker_plan plan = {
		.device = "0000:00:00.0", .arg = "", .privileges.network = true,
		.most_bytes = WORKER_MOST_BYTES, .limit_ms = WORKER_LIMIT_MS,
	};
	char path[PATH_MAX];
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (option) {
		case PLUGIN:
			plan.plugin = optarg;
			break;
		case ARG:
			plan.arg = optarg;
			break;
		case DEVICE:
			plan.device = optarg;
			break;
		case NAME:
			plan.facts.name = optarg;
			break;
		case USER:
			plan.privileges.user = optarg;
			break;
		case REGISTERS:
			plan.privileges.registers = optarg;
			break;
		case NO_NETWORK:
			plan.privileges.network = false;
			break;
		case LIMIT:
			if (!number_read(optarg, &plan.limit_ms) || !plan.limit_ms ||
			    plan.limit_ms > INT_MAX / 2)
				return refuse("no time in ms: ", optarg);
			break;
		case MOST_BYTES:
			if (!number_read(optarg, &plan.most_bytes))
				return refuse("no number of bytes: ", optarg);
			break;
		default:
			return refuse("it takes these options", "");
		}
	}
	if (optind != argc)
		return refuse("not an option: ", argv[optind]);
	if (!plan.plugin)
		return refuse("--plugin is missing", "");
	if (plan.facts.name && !name_is_right(plan.facts.name))
		return refuse("a name has 1 to 32 printable characters and no space, unlike ",
			      plan.facts.name);
	/* Without a directory it would be looked for among the system's libraries. */
	if (!realpath(plan.plugin, path)) {
		printf("%s would not do: %s\n", plan.plugin, strerror(errno));
		return EXIT_FAILURE;
	}
	plan.plugin = path;
	setvbuf(stdout, NULL, _IOLBF, 0);
	return run(&plan);
}
