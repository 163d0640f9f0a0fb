// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile user of both protocols, or a crowd of them: whatever is done to the
 * region and to data fds at once, by threads and by processes that fork and die,
 * harms nothing but the transfer of those who do it.
 *
 * VFMIG_SECONDS says for how long, 60 if it does not; VFMIG_SEED what they do.
 */
#include <unistd.h>

#include "asked.h"
#include "attack.h"
#include "usable.h"

#define HANG_MS		60000
#define KILL_MS		30000
/* Rounds in which each thing has come to its turn. */
#define MANY		300

static const struct share mover[] = {
	{ &attack_move_state, 1, MUST_WORK },
	{}
};

static const struct share onlookers[] = {
	{ &attack_read_holes, 4, MUST_WORK },
	{ &attack_write_holes, 4, MUST_WORK },
	{ &attack_read_state, 4, MUST_WORK },
	{ &attack_read_section, 4, MUST_WORK },
	{ &attack_map_refused, 2, MUST_WORK },
	{ &attack_map, 3, MUST_WORK },
	{ &attack_unmap, 2, MUST_WORK },
	{ &attack_move, 2, MUST_WORK },
	{ &attack_protect, 2, MUST_WORK },
	{ &attack_advise, 2, MUST_WORK },
	{ &attack_look, 4, MUST_WORK },
	{ &attack_pin, 1 },
	{ &attack_unpin, 1 },
	{ &attack_region_info, 2, MUST_WORK },
	{ &attack_other_info, 1, MUST_WORK },
	{ &attack_feature, 1, MUST_WORK },
	{ &attack_v2_get, 4, MUST_WORK },
	{ &attack_fd_dead, 8, MUST_WORK },
	{ &attack_read_config, 1, MUST_WORK },
	{ &attack_read_bar, 1 },
	{ &attack_second_fd, 1, MUST_WORK },
	{ &attack_debugfs, 1, MUST_WORK },
	{}
};

static const struct share torn_loader[] = {
	{ &attack_load_torn, 1, MUST_WORK },
	{}
};

static const struct share tearers[] = {
	{ &attack_tear, 8, MUST_WORK },
	{ &attack_read_section, 1, MUST_WORK },
	{ &attack_read_state, 1, MUST_WORK },
	{}
};

static const struct share everything[] = {
	{ &attack_read_holes, 4, MUST_WORK },
	{ &attack_write_holes, 4, MUST_WORK },
	{ &attack_read_state, 8, MUST_WORK },
	{ &attack_read_fields, 8, MUST_WORK },
	{ &attack_write_size, 8 },
	{ &attack_write_state, 8, MUST_WORK },
	{ &attack_read_section, 4, MUST_WORK },
	{ &attack_write_section, 4, MUST_WORK },
	{ &attack_vectors, 4, MUST_WORK },
	{ &attack_bad_buffers, 8, MUST_WORK },
	{ &attack_file_calls, 2, MUST_WORK },
	{ &attack_map_refused, 2, MUST_WORK },
	{ &attack_map, 8, MUST_WORK },
	{ &attack_unmap, 4, MUST_WORK },
	{ &attack_move, 4, MUST_WORK },
	{ &attack_protect, 4, MUST_WORK },
	{ &attack_advise, 4, MUST_WORK },
	{ &attack_look, 8, MUST_WORK },
	{ &attack_scribble, 8, MUST_WORK },
	{ &attack_pin, 2 },
	{ &attack_unpin, 2 },
	{ &attack_read_config, 2, MUST_WORK },
	{ &attack_write_config, 2, MUST_WORK },
	{ &attack_decoding, 4, MUST_WORK },
	{ &attack_read_bar, 4, MUST_WORK },
	{ &attack_write_bar, 4, MUST_WORK },
	{ &attack_poke_bar, 4, MUST_WORK },
	{ &attack_interrupts, 2, MUST_WORK },
	{ &attack_region_info, 2, MUST_WORK },
	{ &attack_other_info, 1, MUST_WORK },
	{ &attack_feature, 1, MUST_WORK },
	{ &attack_low_power, 1 },
	{ &attack_rubbish, 4, MUST_WORK },
	{ &attack_ioeventfd, 1 },
	{ &attack_space, 4 },
	{ &attack_debugfs, 1, MUST_WORK },
	{ &attack_fork, 2, MUST_WORK },
	{ &attack_second_fd, 1, MUST_WORK },
	{ &attack_leave, 1, MUST_WORK },
	{ &attack_v2_set, 12, MUST_WORK },
	{ &attack_v2_get, 4, MUST_WORK },
	{ &attack_v2_odd_order, 4, MUST_WORK },
	{ &attack_fd_read, 12, MUST_WORK },
	{ &attack_fd_write, 12, MUST_WORK },
	{ &attack_fd_session, 16, MUST_WORK },
	{ &attack_fd_feed, 8 },
	{ &attack_fd_bad_buffers, 8, MUST_WORK },
	{ &attack_fd_poll, 4, MUST_WORK },
	{ &attack_fd_info, 4 },
	{ &attack_fd_calls, 4, MUST_WORK },
	{ &attack_fd_close, 2, MUST_WORK },
	{ &attack_fd_dup, 2, MUST_WORK },
	{ &attack_fd_dead, 2, MUST_WORK },
	{}
};

static const struct share transfers[] = {
	{ &attack_save, 4 },
	{ &attack_load, 4 },
	{ &attack_damage, 2 },
	{ &attack_save_v2, 4 },
	{ &attack_load_v2, 4 },
	{ &attack_damage_v2, 2 },
	{ &attack_write_state, 1 },
	{}
};

static const struct share resetters[] = {
	{ &attack_reset, 1, MUST_WORK },
	{ &attack_flr, 1, MUST_WORK },
	{}
};

static const struct share closers[] = {
	{ &attack_close, 1 },
	{ &attack_second_fd, 1 },
	{ &attack_save, 2 },
	{ &attack_load, 2 },
	{ &attack_save_v2, 2 },
	{ &attack_load_v2, 2 },
	{ &attack_read_fields, 2 },
	{ &attack_write_state, 2 },
	{ &attack_v2_set, 2 },
	{ &attack_fd_read, 2 },
	{ &attack_fd_write, 2 },
	{ &attack_fd_poll, 1 },
	{ &attack_fd_close, 1 },
	{ &attack_map, 2 },
	{ &attack_look, 2 },
	{ &attack_pin, 1 },
	{ &attack_fork, 1 },
	{}
};

static struct crowd_plan plan_of(const char *name, uint64_t number)
{
	return (struct crowd_plan){
		.name = name,
		.enter = attack_enter,
		.seed = random_of(asked_seed(), number, 0).state,
		.hang_ms = HANG_MS,
		.kill_ms = KILL_MS,
		.error_is_fine = !is_mock(vf_first()),
	};
}

/* Long enough for two calls of the backend to meet, if they could. */
static void slow_down(void)
{
	if (!is_mock(vf_first()))
		return;
	mock_setn(vf_first(), "slow_step_us", 500);
	mock_setn(vf_first(), "slow_record_us", 200);
}

static struct crowd *let_loose(struct crowd_plan *plan, uint64_t ms)
{
	struct crowd *crowd;

	announce(plan->name, ms);
	open_both();
	attack_take_streams();
	crowd = crowd_gather(plan);
	crowd_start(crowd);
	crowd_watch_all(crowd, ms);
	return crowd;
}

TEST(beside, "who has no part in a transfer, and dies while it is made, does it no harm")
{
	struct crowd_plan plan = plan_of("beside", 1);
	struct crowd *crowd;

	/* Many chunks, so that there is much to be disturbed. */
	param_set("vfmig", "window", "8192");
	plan.bands[0] = (struct band){ mover, 1, 1, false };
	plan.bands[1] = (struct band){ onlookers, 2, 2, true };
	crowd = let_loose(&plan, part_of_time(20));
	crowd_stop(crowd, false);
	crowd_judge(crowd);
	attack_drop_streams();
	need_usable();
}

static unsigned long refused(struct crowd *crowd)
{
	return crowd_tried(crowd, &attack_load_torn) -
	       crowd_worked(crowd, &attack_load_torn);
}

TEST(torn, "a section that changes while it is parsed is taken whole or is refused")
{
	struct crowd_plan plan = plan_of("torn", 2);
	struct crowd *crowd;
	int tries;

	attack_prepare_truce();
	plan.bands[0] = (struct band){ torn_loader, 1, 1, false };
	plan.bands[1] = (struct band){ tearers, 2, 1, false };
	crowd = let_loose(&plan, part_of_time(15));
	/* One may be under way. */
	for (tries = 0; tries < 100 && refused(crowd) < 2; tries++)
		crowd_watch(crowd, 1000);
	crowd_stop(crowd, false);
	EXPECT_GT(refused(crowd), 0);
	crowd_judge(crowd);
	attack_drop_streams();
	need_usable();
}

TEST(storm, "all at once: nothing hangs, lies or gives the kernel away, and the killed are gone")
{
	struct crowd_plan plan = plan_of("storm", 3);
	struct crowd *crowd;

	slow_down();
	plan.bands[0] = (struct band){ everything, 2, 3, true };
	plan.bands[1] = (struct band){ transfers, 1, 2, true };
	crowd = let_loose(&plan, part_of_time(25));
	crowd_stop(crowd, true);
	crowd_judge(crowd);
	attack_drop_streams();
	need_usable();
}

TEST(resets, "nor does it where the devices are reset at any moment")
{
	struct crowd_plan plan = plan_of("resets", 4);
	struct crowd *crowd;

	slow_down();
	plan.bands[0] = (struct band){ everything, 1, 3, true };
	plan.bands[1] = (struct band){ transfers, 1, 2, true };
	plan.bands[2] = (struct band){ resetters, 1, 1, true };
	crowd = let_loose(&plan, part_of_time(15));
	crowd_stop(crowd, true);
	crowd_judge(crowd);
	attack_drop_streams();
	need_usable();
}

/*
 * Those who stay hold the only files there are of the devices. Not of their
 * containers: Linux 6.1 closes one without a lock (vfio_iommu_type1_notify()),
 * while another process takes its last group out.
 */
static void come_and_go(struct crowd *crowd, struct random *random)
{
	static const char * const windows[] = {
		"4096", "16384", "100000", "1048576",
	};
	int files[2];

	param_set("vfmig", "window", RANDOM_OF(random, windows));
	open_both();
	need_new();
	files[0] = dup(vf.iommu);
	files[1] = dup(other.iommu);
	ASSERT_GT(files[0], -1);
	ASSERT_GT(files[1], -1);
	crowd_start(crowd);
	close_both();
	crowd_watch(crowd, 100 + random_below(random, 900));
	crowd_stop(crowd, random_one_in(random, 2));
	close(files[0]);
	close(files[1]);
}

TEST(closed, "a close at any moment, by whoever is the last one, leaves devices as new")
{
	struct crowd_plan plan = plan_of("closed", 5);
	uint64_t ms = part_of_time(25), end = now_ms() + ms;
	struct random random = random_of(plan.seed, 0, 0);
	unsigned int rounds = 0;
	struct crowd *crowd;

	announce(plan.name, ms);
	open_both();
	attack_take_streams();
	plan.fds_go = true;
	plan.bands[0] = (struct band){ everything, 1, 2, false };
	plan.bands[1] = (struct band){ closers, 1, 3, false };
	crowd = crowd_gather(&plan);
	for (; now_ms() < end || (!crowd_had_all(crowd) && rounds < MANY);
	     rounds++)
		come_and_go(crowd, &random);
	tap_note("%u rounds", rounds);
	EXPECT_GT(rounds, 1);
	crowd_judge(crowd);
	attack_drop_streams();
	need_usable();
}
