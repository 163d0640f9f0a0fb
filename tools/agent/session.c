// SPDX-License-Identifier: GPL-2.0-only
/* The order of calls. */
#include <errno.h>
#include <stddef.h>
#include <linux/vfmig_agent.h>

#include "array.h"
#include "session.h"

#define RUNNING		VFMIG_AGENT_RUNNING
#define SAVING		VFMIG_AGENT_SAVING
#define RESUMING	VFMIG_AGENT_RESUMING
#define ALL_STATES	(RUNNING | SAVING | RESUMING)

/* What becomes of the plugin's own idea of the state, from one that was asked for to another. */
static const struct arc {
	bool begins;
	uint32_t from, to;
	uint32_t clear, set;
} arcs[] = {
	{ .begins = true, .to = RUNNING | SAVING, .set = SAVING },
	{ .begins = true, .to = 0, .clear = ALL_STATES },
	{ .begins = true, .to = RESUMING, .clear = ALL_STATES, .set = RESUMING },
	{ .from = 0, .to = SAVING, .clear = ALL_STATES, .set = SAVING },
	{ .from = 0, .to = RUNNING, .clear = ALL_STATES, .set = RUNNING },
	{ .from = 0, .to = 0, .clear = ALL_STATES },
	{ .from = RUNNING | SAVING, .to = SAVING, .clear = RUNNING, .set = SAVING },
	{ .from = RUNNING | SAVING, .to = RUNNING, .clear = SAVING, .set = RUNNING },
	{ .from = RUNNING | SAVING, .to = 0, .clear = RUNNING | SAVING },
	{ .from = SAVING, .to = RUNNING | SAVING, .set = RUNNING | SAVING },
	{ .from = SAVING, .to = RUNNING, .clear = SAVING | RESUMING, .set = RUNNING },
	{ .from = SAVING, .to = 0, .clear = SAVING },
	{ .from = RESUMING, .to = RUNNING, .clear = ALL_STATES, .set = RUNNING },
	{ .from = RESUMING, .to = 0, .clear = ALL_STATES },
};

static const struct arc *find_arc(bool begins, uint32_t from, uint32_t to)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(arcs); i++)
		if (arcs[i].begins == begins && arcs[i].to == to &&
		    (begins || arcs[i].from == from))
			return &arcs[i];
	return NULL;
}

static struct status *status_of(struct session *session)
{
	return session->plugin->status;
}

static bool ends(uint32_t state)
{
	return !(state & (SAVING | RESUMING));
}

/*
 * What an agent has died of is still under way for the device, which would not tell again
 * what it has told then.
 */
static int end_old_save(struct session *session, uint32_t *got)
{
	int err;

	if ((*got & (SAVING | RESUMING)) != SAVING)
		return 0;
	err = plugin_set_state(&session->handle, *got & ~SAVING);
	return err ?: plugin_get_state(&session->handle, got);
}

static int change_state(struct session *session, bool begins, uint32_t clear, uint32_t set)
{
	uint32_t got, state;
	int err;

	err = plugin_get_state(&session->handle, &got);
	if (!err && begins && set & SAVING)
		err = end_old_save(session, &got);
	if (err)
		return err;
	state = (got & ~clear) | set;
	if ((state & RESUMING) && (state & (RUNNING | SAVING)))
		return status_fail(status_of(session), -EINVAL,
				   "state %#x is invalid; get_state() said %#x", state, got);
	return plugin_set_state(&session->handle, state);
}

static void end(struct session *session)
{
	session->open = false;
	gather_drop(&session->gather);
	plugin_cleanup(&session->handle);
}

static int note(struct session *session, int err)
{
	if (err)
		session->failed = true;
	return err;
}

static int take_arc(struct session *session, const struct arc *arc)
{
	int err = note(session, change_state(session, arc->begins, arc->clear, arc->set));

	if (!err) {
		session->state = arc->to;
		session->unread = 0;
		session->whole = false;
	}
	return err;
}

static int begin_load(struct session *session, const struct arc *arc)
{
	uint32_t got;
	int err = take_arc(session, arc);

	if (!err)
		err = note(session, plugin_get_state(&session->handle, &got));
	if (!err)
		session->says_resuming = got & RESUMING;
	return err;
}

/* The plugin hears of a function that does not run in two steps, as always. */
static int begin_stopped_save(struct session *session, const struct arc *arc)
{
	int err = take_arc(session, arc);

	return err ?: take_arc(session, find_arc(false, RUNNING | SAVING, SAVING));
}

static int open_session(struct session *session)
{
	int err = plugin_init(&session->handle, session->plugin);

	if (err)
		return err;
	session->open = true;
	session->failed = false;
	session->whole = false;
	session->says_resuming = false;
	session->moved = 0;
	return 0;
}

/* A function that is to be stopped, or stays so, is not made to run: it may run elsewhere. */
static void undo_begin(struct session *session, uint32_t state)
{
	if (state & RUNNING) {
		session_abort(session);
		return;
	}
	change_state(session, false, SAVING | RESUMING, 0);
	end(session);
}

int session_begin(struct session *session, uint32_t state)
{
	const struct arc *arc = find_arc(true, 0, state == SAVING ? RUNNING | SAVING : state);
	int err;

	if (session->open)
		return status_fail(status_of(session), -EPROTO, "a migration is under way");
	if (!arc)
		return status_fail(status_of(session), -EPROTO,
				   "no migration begins with state %#x", state);
	err = open_session(session);
	if (err)
		return err;
	if (state == SAVING)
		err = begin_stopped_save(session, arc);
	else if (state == RESUMING)
		err = begin_load(session, arc);
	else
		err = take_arc(session, arc);
	if (err)
		undo_begin(session, state);
	return err;
}

static int check_open(struct session *session)
{
	if (!session->open)
		return status_fail(status_of(session), -EPROTO, "no migration is under way");
	return 0;
}

static int check_state(struct session *session, uint32_t bit, const char *request)
{
	int err = check_open(session);

	if (!err && session->failed)
		err = status_fail(status_of(session), -EPROTO,
				  "%s after the migration has failed", request);
	if (!err && !(session->state & bit))
		err = status_fail(status_of(session), -EPROTO, "%s in state %#x",
				  request, session->state);
	return err;
}

/* A load that is not whole must not run, and what has failed goes back to where it was. */
static int check_arc(struct session *session, const struct arc *arc, uint32_t state)
{
	bool half = session->failed || !session->whole;

	if (!arc)
		return status_fail(status_of(session), -EPROTO,
				   "state %#x cannot come after %#x", state, session->state);
	if (session->state == RESUMING && state == RUNNING && half)
		return status_fail(status_of(session), -EPROTO,
				   "the function cannot run: its state was not loaded");
	if (session->failed && !ends(state))
		return status_fail(status_of(session), -EPROTO,
				   "state %#x after the migration has failed", state);
	return 0;
}

int session_set_state(struct session *session, uint32_t state)
{
	const struct arc *arc = find_arc(false, session->state, state);
	int err = check_open(session);

	err = err ?: check_arc(session, arc, state);
	if (err)
		return err;
	err = take_arc(session, arc);
	if (ends(state))
		end(session);
	return err;
}

static int check_bytes(struct session *session, uint64_t bytes, const char *what)
{
	if (bytes > session->most_bytes - session->moved)
		return note(session, status_fail(status_of(session), -EFBIG,
				"%llu bytes %s after %llu are more than %llu",
				(unsigned long long)bytes, what,
				(unsigned long long)session->moved,
				(unsigned long long)session->most_bytes));
	return 0;
}

int session_pending(struct session *session, uint64_t *bytes)
{
	int err = check_state(session, SAVING, "PENDING");

	if (err)
		return err;
	err = note(session, plugin_pending(&session->handle, bytes));
	err = err ?: check_bytes(session, *bytes, "announced");
	session->unread = err ? 0 : *bytes;
	session->whole = !err && !*bytes && session->state == SAVING;
	return err;
}

static int check_piece(struct session *session, uint64_t len)
{
	if (!len || len > SESSION_PIECE_MAX)
		return status_fail(status_of(session), -EINVAL, "%llu bytes at once",
				   (unsigned long long)len);
	return 0;
}

int session_save(struct session *session, uint8_t *data, uint64_t len)
{
	int err = check_state(session, SAVING, "SAVE");

	err = err ?: check_piece(session, len);
	if (err)
		return err;
	if (len > session->unread)
		return status_fail(status_of(session), -EPROTO,
				   "SAVE of %llu bytes, %llu are announced",
				   (unsigned long long)len, (unsigned long long)session->unread);
	err = note(session, plugin_save(&session->handle, data, len));
	session->unread -= err ? session->unread : len;
	session->moved += err ? 0 : len;
	return err;
}

static int load_whole(struct session *session, uint8_t *data, uint64_t len)
{
	int err = note(session, plugin_load(&session->handle, data, len));

	session->moved += err ? 0 : len;
	return err;
}

static int load_part(struct session *session, uint8_t *data, uint64_t len, uint64_t whole)
{
	struct gather *gather = &session->gather;
	int err = 0;

	if (!gather_add(gather, data, len, whole))
		return note(session, status_fail(status_of(session), -ENOMEM,
						 "no memory for %llu bytes",
						 (unsigned long long)whole));
	if (!gather_is_whole(gather))
		return 0;
	err = load_whole(session, gather->whole, gather->len);
	gather_drop(gather);
	return err;
}

int session_load(struct session *session, uint8_t *data, uint64_t len, uint64_t at,
		 uint64_t whole)
{
	int err = check_state(session, RESUMING, "LOAD");

	err = err ?: check_piece(session, len);
	err = err ?: check_piece(session, whole);
	if (err)
		return err;
	if (session->whole || !gather_fits(&session->gather, len, at, whole))
		return status_fail(status_of(session), -EPROTO,
				   "LOAD of %llu bytes at %llu of %llu is not what comes next",
				   (unsigned long long)len, (unsigned long long)at,
				   (unsigned long long)whole);
	err = check_bytes(session, whole, "loaded");
	if (err)
		return err;
	return len == whole ? load_whole(session, data, len) :
			      load_part(session, data, len, whole);
}

int session_loaded(struct session *session)
{
	int err = check_state(session, RESUMING, "LOADED");
	uint32_t got;

	if (err)
		return err;
	if (session->gather.whole)
		return note(session, status_fail(status_of(session), -EPROTO,
						 "the last piece is not whole"));
	err = note(session, plugin_get_state(&session->handle, &got));
	if (err)
		return err;
	/* Others with RESUMING are v1's way to say that something is wrong. */
	if ((got & RESUMING ? got & (RUNNING | SAVING) : session->says_resuming))
		return note(session, status_fail(status_of(session), -EIO,
				"the state was not taken: get_state() said %#x", got));
	session->whole = true;
	return 0;
}

/* As an agent before this one may have left it. */
static int have_it_run(struct session *session)
{
	uint32_t got;
	int err = open_session(session);

	if (err)
		return err;
	err = plugin_get_state(&session->handle, &got);
	if (!err && (got & ALL_STATES) != RUNNING)
		err = plugin_set_state(&session->handle, (got & ~ALL_STATES) | RUNNING);
	end(session);
	return err;
}

int session_abort(struct session *session)
{
	int err;

	if (!session->open)
		return have_it_run(session);
	err = change_state(session, false, SAVING | RESUMING, RUNNING);
	end(session);
	/* What has failed may be the plugin's connection, and a new one may do. */
	return err ? have_it_run(session) : 0;
}

int session_leave(struct session *session)
{
	if (!session->open)
		return 0;
	if (session->state & RUNNING)
		return session_abort(session);
	/* What was loaded is the device's then. */
	if (session->state == RESUMING)
		return session_set_state(session, 0);
	end(session);
	return 0;
}
