// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"

static const struct {
	const char *name;
	const char *value[5];
} knobs[] = {
	{ "size", { "8", "4096", "24576", "65536", "65536" } },
	{ "seed", { "0", "1", "2", "3", "18446744073709551615" } },
	{ "record", { "8", "512", "4096", "4096", "1048560" } },
	{ "rounds", { "0", "1", "2", "2", "5" } },
	{ "dirty_permille", { "0", "1", "100", "100", "1000" } },
	{ "slow_record_us", { "0", "0", "100", "5000", "2000000" } },
	{ "slow_step_us", { "0", "0", "100", "50000", "2000000" } },
	{ "no_crc", { "0", "1", "0", "1", "0" } },
	{ "extra_optional", { "0", "1", "0", "1", "0" } },
	{ "extra_mandatory", { "0", "0", "0", "1", "0" } },
	{ "overstate", { "0", "1", "0", "1", "0" } },
};

static const char * const calls[] = {
	"quiesce", "run", "freeze", "thaw", "save_begin", "save", "save",
	"load_begin", "load", "load", "load_commit",
};

static bool tell(const char *file, const char *text)
{
	char path[PATH_MAX];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfmig/%s/mock/%s",
		 vf.bdf, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text));
	close(fd);
	return done == (ssize_t)strlen(text);
}

void attack_remember_knobs(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(knobs); i++)
		mock_setn(vf.bdf, knobs[i].name,
			  mock_number(vf.bdf, knobs[i].name, ""));
}

static bool turn_knob(struct member *m)
{
	unsigned int i = random_below(&m->random, ARRAY_SIZE(knobs));

	usleep(random_below(&m->random, 30000));
	return tell(knobs[i].name, RANDOM_OF(&m->random, knobs[i].value));
}

const struct attack attack_turn_knob = { "turn_knob", turn_knob };

/* The next call, or one of those after it, fails or hangs; perhaps all do. */
static bool set_fault(struct member *m)
{
	bool hangs = random_one_in(&m->random, 3);
	char text[64];

	usleep(random_below(&m->random, 50000));
	snprintf(text, sizeof(text), "%s %u %s%s", RANDOM_OF(&m->random, calls),
		 1 + (unsigned int)random_below(&m->random, 4),
		 hangs ? "hang" : "5",
		 random_one_in(&m->random, 8) ? " always" : "");
	return tell("fault", text);
}

const struct attack attack_set_fault = { "set_fault", set_fault };

/* So that something works now and then. */
static bool clear_faults(struct member *m)
{
	bool done = tell("fault", "none") && tell("slow_record_us", "0") &&
		    tell("slow_step_us", "0") && tell("extra_mandatory", "0");

	usleep(random_below(&m->random, 500000));
	return done;
}

const struct attack attack_clear_faults = { "clear_faults", clear_faults };
