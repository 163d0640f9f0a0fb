/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The moments of a transfer at which something may happen to a device.
 */
#ifndef VFMIG_RACE_MOMENT_H
#define VFMIG_RACE_MOMENT_H

#include "fixture.h"

/**
 * struct moment - a device in the middle of something
 * @name: for messages
 * @enter: leads the device, in RUNNING, there
 */
struct moment {
	const char *name;
	void (*enter)(void);
};

extern const struct moment moments[];
extern const unsigned int nr_moments;

/* One for each kind of work that is under way, for what takes long. */
extern const struct moment few_moments[];
extern const unsigned int nr_few_moments;

void moments_prepare(void);
void moment_enter(const char *name);
void moments_forget(void);
void expect_as_new(const char *when);

#endif /* VFMIG_RACE_MOMENT_H */
