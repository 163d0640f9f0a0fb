/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A migration as a plugin sees it: the calls that the channel's requests are, in the
 * order that plugins may count on. What does not fit into it is refused without a call.
 */
#ifndef VFMIG_AGENT_SESSION_H
#define VFMIG_AGENT_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "gather.h"
#include "plugin.h"

/* Plugins are never asked for more at once. */
#define SESSION_PIECE_MAX	(1024 * 1024)

struct session {
	struct plugin *plugin;
	/* Bytes that a plugin may announce, and move in one migration. */
	uint64_t most_bytes;

	bool open;
	/* A call has failed: all that may follow is its end. */
	bool failed;
	/* All was saved, or all was loaded. */
	bool whole;
	/* get_state() has said so after it was set: some plugins never do. */
	bool says_resuming;
	/* As it was asked for; the plugin may have bits of its own. */
	uint32_t state;
	struct plugin_handle handle;
	/* Of what the plugin has announced. */
	uint64_t unread;
	uint64_t moved;
	/* Of what one save() has made, what came of it. */
	struct gather gather;
};

/*
 * All return 0 or a negative errno, with the reason in the status page: -EIO, the plugin
 * failed; -EPROTO, it is not the time for this; -EINVAL, it cannot be; -EFBIG, more than
 * most_bytes.
 */

/*
 * A migration begins, or a pause: state 0. If this fails, there is none, and what was stopped
 * is stopped.
 */
int session_begin(struct session *session, uint32_t state);
/*
 * Without SAVING and RESUMING the migration is over, whether or not the plugin can: only
 * where it is not the time for it, it is not.
 */
int session_set_state(struct session *session, uint32_t state);
int session_pending(struct session *session, uint64_t *bytes);
/* All of it, or it fails. */
int session_save(struct session *session, uint8_t *data, uint64_t len);
/* They are the bytes from at on of a whole that one session_save() has made. */
int session_load(struct session *session, uint8_t *data, uint64_t len, uint64_t at,
		 uint64_t whole);
/* Nothing more comes; does the plugin say that it has taken it? */
int session_loaded(struct session *session);
/* The function runs on and the migration, if there is one, is over, whatever this returns. */
int session_abort(struct session *session);
/*
 * Nobody will say how it ends. An abort, but for a function that was to be stopped: its VM
 * is, or runs elsewhere. It stays so, and the driver has the next agent have it run.
 */
int session_leave(struct session *session);

#endif /* VFMIG_AGENT_SESSION_H */
