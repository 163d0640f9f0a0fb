/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The accesses of both protocols that call the backend, to be held open there.
 */
#ifndef VFMIG_RACE_HELD_H
#define VFMIG_RACE_HELD_H

#include "race.h"
#include "ways.h"

/* As few as the records of a transfer allow, since there are many of them. */
#define HELD_STATE_BYTES	8192

/**
 * struct held - such an access; one that sets a state goes to STOP_COPY
 * @by: the protocol
 * @from: where the device is
 * @access: makes it through the device or a data fd; NULL: through the region
 * @at: of the region's registers, which
 * @write: written, not read
 * @call: in the middle of which call it is held
 * @ret: what comes of it when a reset ends it
 */
struct held {
	const struct protocol *by;
	enum place from;
	int (*access)(struct access *access);
	uint64_t at;
	bool write;
	const char *call;
	int ret;
};

extern const struct held held_accesses[];
extern const unsigned int nr_held_accesses;

/* For the device, closed: the mock holds for as long as it takes. */
void held_before_open(void);
/* It is made on the device's file, which it so keeps open. */
bool held_by_device(const struct held *held);
/* From RUNNING to where it can be made; false where the kernel has it not. */
bool held_prepare(const struct held *held, struct access *access);
/* The data fd, if it was made on one, has ended. */
void held_expect_ended(const struct access *access, const char *when);

#endif /* VFMIG_RACE_HELD_H */
