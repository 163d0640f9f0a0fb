// SPDX-License-Identifier: GPL-2.0-only
/* Reads the configuration: the syntax is libinih's, what it means is here. */
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "config.h"
#include "name.h"
#include "number.h"

#define COMMON	"agent"

void config_init(struct config *config)
{
	memset(config, 0, sizeof(*config));
	config->limit_ms = WORKER_LIMIT_MS;
}

static void free_plan(struct worker_plan *plan)
{
	free((char *)plan->device);
	free((char *)plan->plugin);
	free((char *)plan->arg);
	free((char *)plan->facts.name);
	free((char *)plan->privileges.user);
	free((char *)plan->privileges.registers);
}

void config_free(struct config *config)
{
	while (config->nr_plans)
		free_plan(&config->plans[--config->nr_plans]);
}

static bool fits(char c, char pattern)
{
	switch (pattern) {
	case 'x':
		return c && strchr("0123456789abcdef", c);
	case '7':
		return c >= '0' && c <= '7';
	}
	return c == pattern;
}

/* dddd:bb:ss.f */
static bool is_address(const char *text)
{
	static const char pattern[] = "xxxx:xx:xx.7";
	size_t i;

	for (i = 0; pattern[i]; i++)
		if (!fits(text[i], pattern[i]))
			return false;
	return !text[i];
}

static struct worker_plan *plan_of(struct config *config, const char *device)
{
	struct worker_plan *plan;
	size_t i;

	for (i = 0; i < config->nr_plans; i++)
		if (!strcmp(config->plans[i].device, device))
			return &config->plans[i];
	if (config->nr_plans == CONFIG_MOST_DEVICES)
		return NULL;
	plan = &config->plans[config->nr_plans];
	*plan = (struct worker_plan) {
		.device = strdup(device), .most_bytes = WORKER_MOST_BYTES,
		.privileges.network = true,
	};
	if (!plan->device)
		return NULL;
	config->lines[config->nr_plans++] = config->line;
	return plan;
}

static const char *set_text(const char **text, const char *value)
{
	*text = strdup(value);
	return *text ? NULL : "there is no memory";
}

static const char *set_switch(bool *on, const char *value)
{
	if (strcmp(value, "yes") && strcmp(value, "no"))
		return "it is neither yes nor no";
	*on = !strcmp(value, "yes");
	return NULL;
}

static const char *set_number(uint64_t *number, const char *value)
{
	return number_read(value, number) ? NULL : "it is no number";
}

static const char *set_most_bytes(uint64_t *bytes, const char *value)
{
	if (set_number(bytes, value))
		return "it is no number";
	return *bytes <= WORKER_MOST_BYTES_MAX ? NULL : "the driver takes 64G";
}

static const char *set_time(uint64_t *ms, const char *value)
{
	if (!number_read(value, ms) || !*ms || *ms > INT_MAX)
		return "it is no time";
	return NULL;
}

static const char *set_address(const char **address, const char *value)
{
	return is_address(value) ? set_text(address, value) : "it is no address of a function";
}

static const char *set_name(const char **name, const char *value)
{
	if (!name_is_right(value))
		return "a name has 1 to 32 printable characters and no space";
	return set_text(name, value);
}

/* Of two the last one would hold, which may be in another piece of the section. */
static const char *set_once(uint32_t *set, const char *key)
{
	static const char *const settings[] = {
		"plugin", "arg", "name", "state-version", "most-bytes", "limit-ms", "user",
		"network", "registers",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(settings) && strcmp(settings[i], key); i++)
		;
	if (i == ARRAY_SIZE(settings))
		return "there is no such setting of a function";
	if (*set & 1U << i)
		return "it is set twice";
	*set |= 1U << i;
	return NULL;
}

static const char *set_of_function(struct worker_plan *plan, const char *key, const char *value)
{
	if (!strcmp(key, "plugin"))
		return *value == '/' ? set_text(&plan->plugin, value) : "it is no absolute path";
	if (!strcmp(key, "arg"))
		return set_text(&plan->arg, value);
	if (!strcmp(key, "name"))
		return set_name(&plan->facts.name, value);
	if (!strcmp(key, "state-version")) {
		plan->facts.has_state_version = true;
		return set_number(&plan->facts.state_version, value);
	}
	if (!strcmp(key, "most-bytes"))
		return set_most_bytes(&plan->most_bytes, value);
	if (!strcmp(key, "limit-ms"))
		return set_time(&plan->limit_ms, value);
	if (!strcmp(key, "user"))
		return set_text(&plan->privileges.user, value);
	if (!strcmp(key, "network"))
		return set_switch(&plan->privileges.network, value);
	if (!strcmp(key, "registers"))
		return set_address(&plan->privileges.registers, value);
	return NULL;
}

static const char *set_common(struct config *config, const char *key, const char *value)
{
	if (strcmp(key, "limit-ms"))
		return "there is no such setting of the agent";
	return set_time(&config->limit_ms, value);
}

/* The plan of a section that is not [agent], or NULL and what is bad. */
static struct worker_plan *open_section(struct config *config, const char *section,
					const char **bad)
{
	struct worker_plan *plan;

	*bad = "the section is not the address of a function, as 0000:01:10.0";
	if (!is_address(section))
		return NULL;
	plan = plan_of(config, section);
	*bad = plan ? NULL : "there are too many functions";
	return plan;
}

bool config_set(struct config *config, const char *section, const char *key,
		const char *value, char *why, size_t len)
{
	struct worker_plan *plan;
	const char *bad;

	if (!strcmp(section, COMMON)) {
		bad = set_common(config, key, value);
	} else {
		plan = open_section(config, section, &bad);
		if (plan)
			bad = set_once(&config->set[plan - config->plans], key) ?:
			      set_of_function(plan, key, value);
	}
	if (bad)
		snprintf(why, len, "[%.32s] %.32s = %.64s: %s", section, key, value, bad);
	return !bad;
}

static const char *missing(const struct worker_plan *plan)
{
	if (!plan->plugin)
		return "has no plugin";
	if (plan->privileges.user && plan->privileges.registers)
		return "has both a user and registers, which are root's";
	return NULL;
}

bool config_complete(struct config *config, char *why, size_t len)
{
	char where[CONFIG_PATH_LEN + 16] = "";
	size_t i;

	if (!config->nr_plans) {
		snprintf(why, len, "%s%sthere is no function to be an agent of",
			 config->path ?: "", config->path ? ": " : "");
		return false;
	}
	for (i = 0; i < config->nr_plans; i++) {
		struct worker_plan *plan = &config->plans[i];
		const char *bad = missing(plan);

		if (!plan->limit_ms)
			plan->limit_ms = config->limit_ms;
		if (!bad)
			continue;
		if (config->path)
			snprintf(where, sizeof(where), "%.*s:%d: ", CONFIG_PATH_LEN,
				 config->path, config->lines[i]);
		snprintf(why, len, "%s[%s] %s", where, plan->device, bad);
		return false;
	}
	return true;
}

struct reading {
	struct config *config;
	FILE *file;
	char *why;
	size_t len;
};

static int take(void *context, const char *section, const char *key, const char *value)
{
	struct reading *reading = context;

	/* Of a file with several errors the first is told. */
	return reading->why[0] ? 0 : config_set(reading->config, section, key, value ?: "",
						reading->why, reading->len);
}

/* One without a setting is not told of otherwise. */
static void see_section(struct reading *reading, const char *line)
{
	const char *bad = NULL;
	char section[32];

	if (sscanf(line, " [%31[^]\n]]", section) != 1 || !strcmp(section, COMMON))
		return;
	open_section(reading->config, section, &bad);
	if (bad)
		snprintf(reading->why, reading->len, "[%s]: %s", section, bad);
}

/* A line of the file. What does not fit would be taken for another one. */
static char *next_line(char *line, int len, void *context)
{
	struct reading *reading = context;

	if (reading->why[0] || !fgets(line, len, reading->file))
		return NULL;
	reading->config->line++;
	if (!strchr(line, '\n') && !feof(reading->file))
		snprintf(reading->why, reading->len, "a line has at most %d characters", len - 2);
	else
		see_section(reading, line);
	/* What is no setting has its number told. */
	return reading->why[0] ? memcpy(line, "?", 2) : line;
}

bool config_read(struct config *config, const char *path, char *why, size_t len)
{
	char bad[256] = "";
	struct reading reading = {
		.config = config, .file = fopen(path, "re"), .why = bad, .len = sizeof(bad),
	};
	int line;

	if (!reading.file) {
		snprintf(why, len, "%s: %s", path, strerror(errno));
		return false;
	}
	config->path = path;
	line = ini_parse_stream(next_line, &reading, take, &reading);
	fclose(reading.file);
	if (!line)
		return config_complete(config, why, len);
	if (line < 0)
		snprintf(why, len, "%s: there is no memory", path);
	else
		snprintf(why, len, "%s:%d: %s", path, line,
			 bad[0] ? bad : "it is neither a [section] nor a setting");
	return false;
}
