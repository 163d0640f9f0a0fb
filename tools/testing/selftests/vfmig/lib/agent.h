/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An agent of a function that is bound to oob-vfio-pci: a thread that does what it is
 * asked, in memory, or misbehaves where it was told to.
 *
 * What it was asked is kept as words: "hello new:3 saves set:2 saves abort". A number is
 * a state, "saves" is any number of PENDING and SAVE, "loads" of LOAD.
 */
#ifndef VFMIG_AGENT_H
#define VFMIG_AGENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/vfmig_agent.h>

#define AGENT_HEARD	1024
#define AGENT_NODE	"/dev/vfmig-agent"

/* What it does instead of answering one request as it should. */
enum agent_trouble {
	AGENT_DOES_WELL,
	AGENT_DIES,
	AGENT_HANGS,
	AGENT_REFUSES,
	AGENT_ANSWERS_TWICE,
	/* Before the next one, after whoever waited has given up. */
	AGENT_ANSWERS_LATE,
	AGENT_ANSWERS_ANOTHER,
	AGENT_ANSWERS_POSITIVE,
	AGENT_ANSWERS_NO_ERRNO,
	AGENT_FILLS_RESERVED,
	AGENT_FILLS_WORDS,
	AGENT_EXPLAINS_SUCCESS,
	AGENT_EXPLAINS_IN_BYTES,
	/* In the words that mean something, where there are any. */
	AGENT_SAYS_TOO_MUCH,
	AGENT_SAYS_TOO_LITTLE,
	NR_AGENT_TROUBLES,
};

/**
 * struct agent - one
 * @bdf: of its function
 * @fd: its channel
 * @generation: as attach has told
 * @name: of its plugin
 * @version: of its states
 * @transfer_max: bytes at once
 * @state: what the function is; ends with its checksum and its size
 * @size: bytes of it
 * @pre_copy: bytes of it that are said in pre-copy, too
 * @mode: as it was told last
 * @runs: the function does
 * @trouble: what it does
 * @at: to the request of this type
 * @after: so many were answered well
 * @trouble_ret: what the write() has returned that was wrong, or its -errno
 * @met: that has happened
 * @cut: LOADs that had not all bytes of a SAVE
 * @largest: bytes of the largest SAVE or LOAD
 * @window: the mapping of the session
 * @piece_end: bytes that have come of what one SAVE has made, and are not all
 */
struct agent {
	const char *bdf;
	int fd;
	uint64_t generation;
	char name[VFMIG_AGENT_NAME_LEN];
	uint64_t version;
	uint64_t transfer_max;
	uint8_t *state;
	size_t size;
	size_t pre_copy;
	uint32_t mode;
	bool runs;

	enum agent_trouble trouble;
	uint32_t at;
	unsigned int after;
	int trouble_ret;
	bool met;
	unsigned int cut;
	size_t largest;

	uint8_t *window;
	size_t window_len;
	uint64_t piece_end;
	uint8_t *incoming;
	size_t got, room;
	size_t said, announced;
	char heard[AGENT_HEARD];
	struct vfmig_agent_reply late;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int stop;
	bool started;
	bool ended;
};

/* 0 or -errno; for agents that are not struct agent as well. */
int agent_ioctl(struct vfmig_agent_attach *attach);
int agent_try_attach(const char *bdf, struct vfmig_agent_attach *attach);

/* Not attached yet: what is not said otherwise from here on is the default. */
void agent_init(struct agent *agent, const char *bdf, size_t size);
/* Begins the thread; 0 or -errno. */
int agent_try_start(struct agent *agent);
void agent_start(struct agent *agent);
/* The same, and what it hears is of this test alone. */
void agent_start_afresh(struct agent *agent);
/* Ends the thread and closes the channel; once more does nothing. */
void agent_stop(struct agent *agent);
void agent_free(struct agent *agent);

/* Its one answer, as it should be. */
void agent_answer(struct agent *agent, const struct vfmig_agent_request *request,
		  struct vfmig_agent_reply *reply);
void agent_forget_window(struct agent *agent);
void agent_change(struct agent *agent, unsigned int seed);
bool agent_same_state(struct agent *one, struct agent *other);

void agent_misbehave(struct agent *agent, enum agent_trouble trouble, uint32_t at,
		     unsigned int after);
/* 0 or -errno of what agent_misbehave() has made of one answer. */
int agent_trouble_ret(struct agent *agent);

/* Since it was begun, or since this was called. */
void agent_forget(struct agent *agent);
const char *agent_heard(struct agent *agent);
/* Until it has heard this, something else, or all that it was sent; what it has heard then. */
const char *agent_await(struct agent *agent, const char *words);
void agent_await_trouble(struct agent *agent);
void agent_await_end(struct agent *agent);

/* Of the programs that know of no agent: the one that run.sh has begun. */
void agent_need_outer(const char *bdf);
void agent_tell_outer(const char *bdf, const char *command);
bool is_oob(const char *bdf);

#define AGENT_SOCKET	"vfmig-agent-of-tests"

#endif /* VFMIG_AGENT_H */
