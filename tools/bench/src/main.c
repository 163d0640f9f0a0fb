// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfmig-bench: figures of VFs bound to mock-vfio-pci, as rows of JSON; "owned", if
 * it is asked for, of two virtio VFs of an emulated owner, bound to any driver; and
 * "agent" of a function bound to oob-vfio-pci that has an agent.
 *
 *	vfmig-bench [OPTION VALUE...] DEVICE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static struct options options = {
	.driver = "",
	.sizes = { 6, { 4 * KIB, 64 * KIB, MIB, 16 * MIB, 256 * MIB, GIB } },
	.windows = { 3, { 64 * KIB, MIB, 16 * MIB } },
	.repetitions = 5,
	.cycles = 500,
	.trapped_most = MIB,
	.socket_most = 256 * MIB,
	.scale_size = 64 * MIB,
	.precopy_size = GIB,
};

static const struct figure {
	const char *name;
	void (*measure)(const struct options *options);
	bool on_request;
} figures[] = {
	{ "throughput", measure_throughput },
	{ "cost", measure_cost },
	{ "latency", measure_latency },
	{ "scale", measure_scale },
	{ "precopy", measure_precopy },
	{ "memory", measure_memory },
	{ "owned", measure_owned, .on_request = true },
	{ "agent", measure_agent, .on_request = true },
};

static uint64_t bytes_of(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	switch (*end) {
	case 'K':
		return value * KIB;
	case 'M':
		return value * MIB;
	case 'G':
		return value * GIB;
	default:
		return value;
	}
}

static void list_of(struct list *list, char *text)
{
	char *word;

	list->nr = 0;
	for (word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		ASSERT_LE(list->nr + 1, MAX_LIST);
		list->at[list->nr++] = bytes_of(word);
	}
}

static const char *wanted;

static bool take_option(const char *name, char *value)
{
	if (!strcmp(name, "--sizes"))
		list_of(&options.sizes, value);
	else if (!strcmp(name, "--windows"))
		list_of(&options.windows, value);
	else if (!strcmp(name, "--repetitions"))
		options.repetitions = bytes_of(value);
	else if (!strcmp(name, "--cycles"))
		options.cycles = bytes_of(value);
	else if (!strcmp(name, "--trapped-most"))
		options.trapped_most = bytes_of(value);
	else if (!strcmp(name, "--socket-most"))
		options.socket_most = bytes_of(value);
	else if (!strcmp(name, "--scale-size"))
		options.scale_size = bytes_of(value);
	else if (!strcmp(name, "--precopy-size"))
		options.precopy_size = bytes_of(value);
	else if (!strcmp(name, "--driver"))
		options.driver = value;
	else if (!strcmp(name, "--turn"))
		options.turn = bytes_of(value);
	else if (!strcmp(name, "--plugin"))
		options.plugin = value;
	else if (!strcmp(name, "--arg"))
		options.arg = value;
	else if (!strcmp(name, "--figures"))
		wanted = value;
	else
		return false;
	return true;
}

static bool is_wanted(const struct figure *figure)
{
	const char *name = figure->name;
	size_t len = strlen(name);
	const char *at = wanted;

	for (; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (!strncmp(at, name, len) && (!at[len] || at[len] == ','))
			return true;
	return !wanted && !figure->on_request;
}

int main(int argc, char **argv)
{
	unsigned int i;
	int arg;

	for (arg = 1; arg + 1 < argc && argv[arg][0] == '-'; arg += 2) {
		if (!take_option(argv[arg], argv[arg + 1])) {
			fprintf(stderr, "no option %s\n", argv[arg]);
			return 2;
		}
	}
	for (; arg < argc && options.nr_devices < MAX_LIST; arg++)
		options.devices[options.nr_devices++] = argv[arg];
	if (!options.nr_devices) {
		fprintf(stderr, "no device\n");
		return 2;
	}

	for (i = 0; i < ARRAY_SIZE(figures); i++) {
		if (!is_wanted(&figures[i]))
			continue;
		fprintf(stderr, "measuring %s\n", figures[i].name);
		figures[i].measure(&options);
	}
	return 0;
}
