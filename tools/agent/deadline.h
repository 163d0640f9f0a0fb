/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time that a worker has for what it does: a timer that it sets itself, so that
 * nobody has to look after those that do nothing, and that its parent waits for.
 */
#ifndef VFMIG_AGENT_DEADLINE_H
#define VFMIG_AGENT_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

/* An fd, readable once the time is over; or a negative errno. */
int deadline_create(void);
/* From now on; 0: there is none. */
void deadline_set(int deadline, uint64_t ms);
/* Told once. */
bool deadline_is_over(int deadline);

#endif /* VFMIG_AGENT_DEADLINE_H */
