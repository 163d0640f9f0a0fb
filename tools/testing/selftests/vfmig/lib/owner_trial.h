/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A transfer over and over, each time with the next one of its commands in trouble.
 */
#ifndef VFMIG_OWNER_TRIAL_H
#define VFMIG_OWNER_TRIAL_H

#include "owner.h"
#include "ways.h"

/**
 * struct trial - where it is
 * @by: the protocol
 * @what: becomes of the command
 * @number: of the command in the transfer, from 0
 * @from: commands before the transfer
 * @at: commands before the one, when that has been sent
 * @opcode: of that
 * @name: of all that, for messages
 */
struct trial {
	const struct protocol *by;
	struct misbehaviour what;
	uint32_t number;
	uint32_t from;
	uint32_t at;
	uint16_t opcode;
	char name[96];
};

#define FOR_EACH_COMMAND(trial, by, what)				\
	for (trial_begin(trial, by, what); trial_goes_on(trial);	\
	     trial_next(trial))

void trial_begin(struct trial *trial, const struct protocol *by,
		 struct misbehaviour what);
bool trial_goes_on(struct trial *trial);
void trial_next(struct trial *trial);

/* For the test, before and after its transfer. */
void trial_arm(struct trial *trial);
/* False where the transfer had no such command any more, and was an ordinary one. */
bool trial_met(struct trial *trial);
/* Did the command come before the log had so many? */
bool trial_before(const struct trial *trial, uint32_t logged);
/* Nobody answers before the owner has been reset. */
bool trial_is_fatal(const struct trial *trial);
/* The reason that the operator reads names the command. */
void trial_expect_reason(const struct trial *trial);
/* The owner answers again, if it is dead, and the function runs then. */
void trial_revive(const struct trial *trial);
/* The function runs and migrates, and nothing is left. */
void trial_clean(struct trial *trial);

#endif /* VFMIG_OWNER_TRIAL_H */
