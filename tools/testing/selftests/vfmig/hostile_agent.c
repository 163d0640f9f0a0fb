// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile agents beside hostile users of their functions: whatever either does, nothing
 * but migrations is harmed, and afterwards a good agent and a good user get along.
 *
 * VFMIG_SECONDS says for how long, 60 if it does not; VFMIG_SEED what they do.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"
#include "asked.h"
#include "attack.h"
#include "leak.h"
#include "usable.h"

#define HANG_MS		60000
#define KILL_MS		30000
#define WINDOW		((size_t)1 << 20)
#define SIZE		20000

/* The channel that the threads of a process share, and tear from each other. */
static int channel = -1;
static struct agent good[2];

void before_open(void)
{
	if (!is_oob(vf_first()))
		SKIP("%s is not bound to oob-vfio-pci", vf_first());
	agent_free(&good[0]);
	agent_free(&good[1]);
}

static int channel_get(void)
{
	return __atomic_load_n(&channel, __ATOMIC_ACQUIRE);
}

static bool act_attach(struct member *m)
{
	struct vfmig_agent_attach attach;
	int ret, before;

	ret = agent_try_attach(attack_target(m)->bdf, &attach);
	if (ret == -EBUSY)
		return true;
	if (ret) {
		crowd_find(m, "attach: %s", strerror(-ret));
		return false;
	}
	fcntl(attach.fd, F_SETFL, O_NONBLOCK);
	before = __atomic_exchange_n(&channel, attach.fd, __ATOMIC_ACQ_REL);
	if (before >= 0)
		close(before);
	return true;
}

static bool act_read(struct member *m)
{
	struct vfmig_agent_request request;
	ssize_t n = read(channel_get(), &request, sizeof(request));

	if (n >= 0 && n != (ssize_t)sizeof(request))
		crowd_find(m, "read %zd bytes", n);
	if (n == (ssize_t)sizeof(request) && find_kernel_memory(&request, sizeof(request)))
		crowd_find(m, "a request shows the kernel's memory");
	return n > 0;
}

/* Well, so that the users come further; wrong in one field now and then. */
static void answer(struct member *m, const struct vfmig_agent_request *request,
		   struct vfmig_agent_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
	reply->id = request->id;
	switch (request->type) {
	case VFMIG_AGENT_HELLO:
		strcpy(reply->hello.name, "hostile");
		reply->hello.transfer_max = 1 + random_below(&m->random, VFMIG_AGENT_TRANSFER_MAX);
		break;
	case VFMIG_AGENT_PENDING:
		reply->arg[0] = random_below(&m->random, 3) ? random_below(&m->random, 100000) : 0;
		break;
	case VFMIG_AGENT_SAVE:
		reply->arg[0] = request->arg[1];
		break;
	}
	if (random_one_in(&m->random, 8)) {
		reply->status = -EIO;
		memset(&reply->arg, 0, sizeof(reply->arg));
	}
	if (random_one_in(&m->random, 16))
		random_fill(&m->random, (uint8_t *)reply +
			    random_below(&m->random, sizeof(*reply) - 8), 8);
}

static bool act_serve(struct member *m)
{
	struct pollfd pollfd = { .fd = channel_get(), .events = POLLIN };
	struct vfmig_agent_request request;
	struct vfmig_agent_reply reply;

	if (poll(&pollfd, 1, 20) != 1)
		return false;
	if (read(pollfd.fd, &request, sizeof(request)) != sizeof(request))
		return false;
	answer(m, &request, &reply);
	return write(pollfd.fd, &reply, sizeof(reply)) > 0;
}

static bool act_rubbish(struct member *m)
{
	struct vfmig_agent_reply reply;

	random_fill(&m->random, &reply, sizeof(reply));
	if (random_one_in(&m->random, 2))
		reply.id = random_below(&m->random, 20);
	return write(channel_get(), &reply, random_one_in(&m->random, 4) ?
		     random_below(&m->random, sizeof(reply)) : sizeof(reply)) > 0;
}

/* What it sees is its own, zeros or a stream: never the kernel's. */
static bool act_map(struct member *m)
{
	uint8_t some[4096];
	size_t at = random_below(&m->random, WINDOW / 4096) * 4096;
	uint8_t *map = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED,
			    channel_get(), 0);
	bool seen;

	if (map == MAP_FAILED)
		return false;
	seen = attack_guarded_copy(some, map + at, sizeof(some));
	if (seen && find_kernel_memory(some, sizeof(some)))
		crowd_find(m, "the window shows the kernel's memory at %zu", at);
	random_fill(&m->random, some, sizeof(some));
	seen = attack_guarded_copy(map + at, some, sizeof(some));
	/* Some are kept, for as long as the process lives. */
	if (!random_one_in(&m->random, 16))
		munmap(map, WINDOW);
	return seen;
}

static bool act_poll(struct member *m)
{
	struct pollfd pollfd = { .fd = channel_get(), .events = POLLIN | POLLOUT };

	(void)m;
	return poll(&pollfd, 1, 5) == 1;
}

static bool act_close(struct member *m)
{
	int before = __atomic_exchange_n(&channel, -1, __ATOMIC_ACQ_REL);

	(void)m;
	if (before < 0)
		return false;
	close(before);
	return true;
}

static const struct attack attack_attach = { "attach", act_attach };
static const struct attack attack_read_channel = { "read_channel", act_read };
static const struct attack attack_serve = { "serve", act_serve };
static const struct attack attack_answer_rubbish = { "answer_rubbish", act_rubbish };
static const struct attack attack_map_window = { "map_window", act_map };
static const struct attack attack_poll_channel = { "poll_channel", act_poll };
static const struct attack attack_close_channel = { "close_channel", act_close };

static const struct share hostile_agents[] = {
	{ &attack_attach, 8, MUST_WORK },
	{ &attack_serve, 60, MUST_WORK },
	{ &attack_read_channel, 1 },
	{ &attack_answer_rubbish, 2 },
	{ &attack_map_window, 8, MUST_WORK },
	{ &attack_poll_channel, 2 },
	{ &attack_close_channel, 1, MUST_WORK },
	{}
};

static const struct share users[] = {
	{ &attack_save, 4 },
	{ &attack_load, 4 },
	{ &attack_save_v2, 4 },
	{ &attack_load_v2, 4 },
	{ &attack_write_state, 8, MUST_WORK },
	{ &attack_read_fields, 8, MUST_WORK },
	{ &attack_write_size, 4 },
	{ &attack_map, 4, MUST_WORK },
	{ &attack_look, 8, MUST_WORK },
	{ &attack_scribble, 8, MUST_WORK },
	{ &attack_v2_set, 8, MUST_WORK },
	{ &attack_fd_read, 4 },
	{ &attack_fd_write, 4 },
	{ &attack_fd_poll, 4 },
	{ &attack_debugfs, 1, MUST_WORK },
	{}
};

static const struct share resetters[] = {
	{ &attack_reset, 1, MUST_WORK },
	{ &attack_flr, 1, MUST_WORK },
	{}
};

static void good_agents(void)
{
	agent_init(&good[0], vf_first(), SIZE);
	agent_init(&good[1], vf_second(), SIZE);
	agent_start(&good[0]);
	agent_start(&good[1]);
}

static void let_loose(const char *name, uint64_t number, const struct share *others,
		      unsigned int percent)
{
	struct crowd_plan plan = {
		.name = name,
		.enter = attack_enter,
		.seed = random_of(asked_seed(), number, 0).state,
		.hang_ms = HANG_MS,
		.kill_ms = KILL_MS,
		.error_is_fine = true,
		.bands = {
			{ hostile_agents, 2, 2, true },
			{ users, 1, 3, true },
		},
	};
	uint64_t ms = part_of_time(percent);
	struct crowd *crowd;

	if (others)
		plan.bands[2] = (struct band){ others, 1, 1, true };
	announce(name, ms);
	good_agents();
	open_both();
	attack_take_streams();
	agent_stop(&good[0]);
	agent_stop(&good[1]);
	crowd = crowd_gather(&plan);
	crowd_start(crowd);
	crowd_watch_all(crowd, ms);
	crowd_stop(crowd, true);
	crowd_judge(crowd);
	attack_drop_streams();
	close_both();
	agent_start(&good[0]);
	agent_start(&good[1]);
	need_usable();
}

TEST(storm, "agents that answer what they like, die, and write to the window: only migrations fail")
{
	let_loose("storm of agents", 1, NULL, 60);
}

TEST(resets, "nor is more harmed where the functions are reset at any moment")
{
	let_loose("agents and resets", 2, resetters, 40);
}
