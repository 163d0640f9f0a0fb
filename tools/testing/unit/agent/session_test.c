// SPDX-License-Identifier: GPL-2.0-only
/* What a session refuses, and that it refuses it without a call. */
#include <errno.h>
#include <string.h>
#include <linux/vfmig_agent.h>

#include "array.h"
#include "name.h"
#include "number.h"
#include "session.h"
#include "tap.h"
#include "text.h"
#include "uevent.h"

#define RUNNING		VFMIG_AGENT_RUNNING
#define SAVING		VFMIG_AGENT_SAVING
#define RESUMING	VFMIG_AGENT_RESUMING
#define MIB		(1024 * 1024)

static struct {
	int calls, cleanups;
	uint32_t state, first_set, last_set;
	uint64_t pending, largest;
	int save_result, set_result;
	/* The set_state() that fails, from 1 on. */
	int bad_set;
	/* The handles that have lost their connection, from the first one on. */
	int inits, lost;
	int sets;
	/* Where the last ones came from, and the first of them. */
	uint8_t *moved_from, moved[8];
	/* get_state() says what it likes. */
	bool says_nothing;
} fake;

static uint8_t data[4 * MIB];

static void *fake_init(char *devid, char *arg)
{
	(void)devid;
	(void)arg;
	fake.calls++;
	fake.inits++;
	return &fake;
}

static int fake_move(void *handle, uint8_t *bytes, uint64_t len)
{
	(void)handle;
	fake.calls++;
	fake.moved_from = bytes;
	memcpy(fake.moved, bytes, len < sizeof(fake.moved) ? len : sizeof(fake.moved));
	if (len > fake.largest)
		fake.largest = len;
	return fake.save_result;
}

static int fake_pending(void *handle, uint64_t *bytes)
{
	(void)handle;
	fake.calls++;
	*bytes = fake.pending;
	return 0;
}

static int fake_set_state(void *handle, uint32_t state)
{
	(void)handle;
	fake.calls++;
	if (!fake.sets++)
		fake.first_set = state;
	fake.last_set = state;
	if (fake.sets == fake.bad_set)
		return -1;
	fake.state = state;
	return fake.set_result;
}

static int fake_get_state(void *handle, uint32_t *state)
{
	(void)handle;
	fake.calls++;
	*state = fake.says_nothing ? RUNNING : fake.state;
	return fake.inits <= fake.lost ? -1 : 0;
}

static int fake_cleanup(void *handle)
{
	(void)handle;
	fake.calls++;
	fake.cleanups++;
	return 0;
}

static const VFIOMigrationPluginOps fake_ops = {
	.init = fake_init, .save = fake_move, .load = fake_move,
	.update_pending = fake_pending, .set_state = fake_set_state,
	.get_state = fake_get_state, .cleanup = fake_cleanup,
};

static struct status status;
static struct plugin plugin = { .status = &status, .ops = &fake_ops, .devid = "d", .arg = "" };
static struct session session;

static int load(uint64_t len)
{
	return session_load(&session, data, len, 0, len);
}

static void anew(void)
{
	if (session.open)
		session_abort(&session);
	memset(&fake, 0, sizeof(fake));
	memcpy(data, "12345678", 8);
	fake.state = RUNNING;
	fake.pending = 3 * MIB;
	memset(&session, 0, sizeof(session));
	session.plugin = &plugin;
	session.most_bytes = 8 * MIB;
}

/* Refused with that, and the plugin does not hear of it. */
#define REFUSED(expression, errno_wanted, rule) do {		\
	int before = fake.calls, result = (expression);		\
								\
	ok(result == -(errno_wanted) && fake.calls == before,	\
	   "%s (%d)", rule, result);				\
} while (0)

static void nothing_before_init(void)
{
	uint64_t bytes;

	anew();
	REFUSED(session_set_state(&session, SAVING), EPROTO, "a state before a migration");
	REFUSED(session_pending(&session, &bytes), EPROTO, "pending before a migration");
	REFUSED(session_save(&session, data, 1), EPROTO, "a save before a migration");
	REFUSED(load(1), EPROTO, "a load before a migration");
	REFUSED(session_begin(&session, RUNNING), EPROTO, "none begins by running");
	REFUSED(session_begin(&session, SAVING | RESUMING), EPROTO, "not by both");
}

static void stopped_with_its_vm(void)
{
	uint64_t bytes;

	anew();
	ok(!session_begin(&session, 0) && fake.inits == 1 && !fake.last_set && session.open,
	   "one begins by a stop");
	REFUSED(session_pending(&session, &bytes), EPROTO, "nothing is saved of it yet");
	REFUSED(session_set_state(&session, RESUMING), EPROTO, "nor loaded");
	REFUSED(session_begin(&session, 0), EPROTO, "nor stopped again");
	ok(!session_set_state(&session, SAVING) && fake.last_set == SAVING && fake.inits == 1 &&
	   !session_pending(&session, &bytes) && bytes == fake.pending,
	   "the same one goes on to save");
	anew();
	ok(!session_begin(&session, 0) && !session_abort(&session) && fake.last_set == RUNNING &&
	   fake.cleanups == 1, "or has it run again");
	anew();
	ok(!session_begin(&session, 0) && !session_set_state(&session, 0) && !fake.last_set &&
	   fake.cleanups == 1 && !session.open, "or leaves it stopped");
}

static void nothing_after_cleanup(void)
{
	uint64_t bytes;

	anew();
	ok(!session_begin(&session, RUNNING | SAVING) && !session_set_state(&session, SAVING) &&
	   !session_set_state(&session, 0) && fake.cleanups == 1, "the end of a save cleans up");
	REFUSED(session_pending(&session, &bytes), EPROTO, "pending after a migration");
	REFUSED(session_set_state(&session, RUNNING), EPROTO, "a state after a migration");
	ok(!session_begin(&session, RESUMING), "another one may begin");
	REFUSED(session_begin(&session, RESUMING), EPROTO, "but not within one");
}

static void each_in_its_state(void)
{
	uint64_t bytes;

	anew();
	ok(!session_begin(&session, RESUMING), "a load begins");
	REFUSED(session_pending(&session, &bytes), EPROTO, "pending in a load");
	REFUSED(session_save(&session, data, 0), EPROTO, "a save in a load");
	REFUSED(session_set_state(&session, SAVING), EPROTO, "saving in a load");
	REFUSED(load(0), EINVAL, "a load of nothing");
	REFUSED(load(MIB + 1), EINVAL, "more than 1 MiB at once");
	session.most_bytes = MIB;
	ok(!load(MIB), "a load of as much as a migration may have");
	REFUSED(load(1), EFBIG, "and of one byte more");
	anew();
	ok(!session_begin(&session, SAVING) && fake.last_set == SAVING,
	   "a save of a function that is stopped begins");
	REFUSED(load(1), EPROTO, "a load in a save");
	REFUSED(session_set_state(&session, RESUMING), EPROTO, "resuming in a save");
}

static void only_what_is_announced(void)
{
	uint64_t bytes;

	anew();
	session_begin(&session, RUNNING | SAVING);
	REFUSED(session_save(&session, data, 1), EPROTO, "a save of what is not announced");
	ok(!session_pending(&session, &bytes) && bytes == 3 * MIB, "3 MiB are announced");
	REFUSED(session_save(&session, data, MIB + 1), EINVAL, "a save of more than 1 MiB");
	ok(!session_save(&session, data, MIB) && !session_save(&session, data, MIB) &&
	   fake.largest == MIB, "saves of 1 MiB");
	ok(!session_save(&session, data, 5), "a save of less than is left");
	REFUSED(session_save(&session, data, MIB), EPROTO, "a save of more than is left");
	ok(!session_save(&session, data, MIB - 5), "a save of what is left");
	session_set_state(&session, SAVING);
	fake.pending = 6 * MIB;
	ok(session_pending(&session, &bytes) == -EFBIG, "the limit is one of all rounds");
	REFUSED(session_save(&session, data, 1), EPROTO, "nothing follows what has failed");
}

static void a_failure_ends_in_an_abort(void)
{
	uint64_t bytes;

	anew();
	session_begin(&session, RUNNING | SAVING);
	session_pending(&session, &bytes);
	fake.save_result = 1;
	ok(session_save(&session, data, 1) == -EIO, "a save fails");
	REFUSED(session_pending(&session, &bytes), EPROTO, "then there is no pending");
	REFUSED(session_set_state(&session, SAVING), EPROTO, "nor a state");
	fake.state |= 0x100;
	ok(!session_abort(&session) && fake.last_set == (RUNNING | 0x100) &&
	   fake.cleanups == 1, "the abort sets RUNNING, keeps foreign bits, and cleans up");
	anew();
	session_begin(&session, RUNNING | SAVING);
	session_pending(&session, &bytes);
	fake.save_result = 1;
	session_save(&session, data, 1);
	ok(!session_set_state(&session, RUNNING) && fake.last_set == RUNNING && !session.open,
	   "a save that has failed can also end with RUNNING");
}

static void an_old_save(void)
{
	anew();
	fake.state = RUNNING | SAVING | 0x100;
	ok(!session_begin(&session, RUNNING | SAVING) && fake.first_set == (RUNNING | 0x100) &&
	   fake.sets == 2 && fake.last_set == (RUNNING | SAVING | 0x100),
	   "a save that an agent has died of is ended before another one begins");
	anew();
	fake.state = SAVING;
	ok(!session_begin(&session, SAVING) && !fake.first_set && fake.last_set == SAVING,
	   "so is one of a stopped function");
}

static void a_lost_connection(void)
{
	anew();
	session_begin(&session, SAVING);
	fake.lost = 1;
	ok(!session_abort(&session) && fake.last_set == RUNNING && fake.inits == 2 &&
	   fake.cleanups == 2, "an abort that fails is tried once more, by a new handle");
	anew();
	session_begin(&session, SAVING);
	fake.lost = 3;
	ok(session_abort(&session) == -EIO && fake.inits == 2 && fake.cleanups == 2,
	   "and not again");
}

static void each_has_its_end(void)
{
	static const uint32_t from[] = { RUNNING | SAVING, SAVING, RESUMING };
	size_t i, to;

	for (i = 0; i < ARRAY_SIZE(from); i++)
		for (to = 0; to <= RUNNING; to++) {
			anew();
			ok(!session_begin(&session, from[i]) &&
			   (from[i] != RESUMING || !session_loaded(&session)) &&
			   !session_set_state(&session, to) && fake.last_set == to &&
			   fake.cleanups == 1 && !session.open, "%#x ends with %zu", from[i], to);
		}
	anew();
	session_begin(&session, SAVING);
	fake.set_result = 1;
	ok(session_set_state(&session, RUNNING) == -EIO && fake.cleanups == 1 && !session.open,
	   "and ends if the plugin cannot, too");
}

static void aborts_outside(void)
{
	anew();
	fake.state = SAVING | 0x100;
	ok(!session_abort(&session) && fake.last_set == (RUNNING | 0x100) && fake.cleanups == 1,
	   "an abort before a migration has a function run that was left stopped");
	anew();
	fake.last_set = 77;
	ok(!session_abort(&session) && fake.last_set == 77 && fake.cleanups == 1,
	   "it leaves alone one that runs");
	anew();
	fake.state = 0;
	fake.set_result = 1;
	ok(session_abort(&session) == -EIO && fake.cleanups == 1, "it may fail");
}

static void leaves(void)
{
	uint64_t bytes;

	anew();
	fake.state = RUNNING;
	session_begin(&session, RUNNING | SAVING);
	session_leave(&session);
	ok(fake.last_set == RUNNING && fake.cleanups == 1,
	   "a save that is left in pre-copy is aborted");
	anew();
	session_begin(&session, SAVING);
	session_leave(&session);
	ok(fake.last_set == SAVING && fake.cleanups == 1 && !session.open,
	   "half a save of a stopped function keeps it so");
	anew();
	session_begin(&session, 0);
	session_leave(&session);
	ok(!fake.last_set && fake.cleanups == 1 && !session.open,
	   "a function that was stopped with its VM stays so");
	anew();
	session_begin(&session, SAVING);
	fake.pending = 0;
	session_pending(&session, &bytes);
	session_leave(&session);
	ok(fake.last_set == SAVING && fake.cleanups == 1 && !session.open,
	   "a function whose state is complete elsewhere is not run here");
	anew();
	session_begin(&session, RESUMING);
	load(1);
	session_leave(&session);
	ok(!fake.last_set && fake.cleanups == 1 && !session.open,
	   "one with half of a state stays stopped");
	anew();
	session_begin(&session, RESUMING);
	load(1);
	session_loaded(&session);
	session_leave(&session);
	ok(!fake.last_set && fake.cleanups == 1 && !session.open,
	   "a whole one is kept, and the function stays stopped");
	anew();
	REFUSED((session_leave(&session), 0), 0, "nothing is left where nothing is under way");
}

static void loads_in_parts(void)
{
	anew();
	session_begin(&session, RESUMING);
	REFUSED(session_load(&session, data, 3, 1, 4), EPROTO, "a load that begins in the middle");
	REFUSED(session_load(&session, data, 5, 0, 4), EPROTO, "one of more than the whole");
	REFUSED(session_load(&session, data, 1, UINT64_MAX, 4), EPROTO, "one about 2^64");
	REFUSED(session_load(&session, data, 3, 0, 5), 0, "a part alone");
	REFUSED(session_load(&session, data, 1, 3, 6), EPROTO, "a part of another whole");
	REFUSED(session_load(&session, data, 2, 2, 5), EPROTO, "a part again");
	ok(!session_load(&session, data + 3, 2, 3, 5) && fake.largest == 5 &&
	   !memcmp(fake.moved, data, 5), "the plugin is given the whole");
	ok(!load(7) && fake.moved_from == data, "what comes whole is not copied");
	session_load(&session, data, 3, 0, 5);
	REFUSED(session_loaded(&session), EPROTO, "a load that ends within a whole");
	REFUSED(session_set_state(&session, RUNNING), EPROTO, "that does not run");
	ok(!session_abort(&session) && fake.last_set == RUNNING, "it can be aborted");
}

static void loaded_is_asked(void)
{
	anew();
	session_begin(&session, RESUMING);
	load(1);
	REFUSED(session_set_state(&session, RUNNING), EPROTO, "it does not run before it is asked");
	ok(!session_loaded(&session), "the state was taken");
	REFUSED(load(1), EPROTO, "nothing comes after that");
	anew();
	session_begin(&session, RESUMING);
	load(1);
	fake.state = SAVING | RESUMING;
	ok(session_loaded(&session) == -EIO, "v1's error state is a failure");
	REFUSED(session_set_state(&session, RUNNING), EPROTO, "that does not run");
	ok(!session_abort(&session) && fake.last_set == RUNNING, "it can be aborted");
	anew();
	session_begin(&session, RESUMING);
	fake.state = RUNNING;
	ok(session_loaded(&session) == -EIO, "so is that it is not resuming any more");
	anew();
	fake.says_nothing = true;
	session_begin(&session, RESUMING);
	ok(!session_loaded(&session), "unless the plugin has never said that it was");
}

static void a_begin_that_fails_leaves_nothing(void)
{
	anew();
	fake.state = RESUMING;
	ok(session_begin(&session, RUNNING | SAVING) == -EINVAL && !session.open,
	   "a save cannot begin in RESUMING");
	ok(fake.last_set == RUNNING && fake.cleanups == 1, "what was begun is aborted");
	anew();
	fake.bad_set = 2;
	ok(session_begin(&session, SAVING) == -EIO && fake.last_set == RUNNING,
	   "a function that has run does so");
	anew();
	fake.state = 0x100;
	fake.bad_set = 2;
	ok(session_begin(&session, SAVING) == -EIO && fake.state == 0x100 && fake.cleanups == 1 &&
	   !session.open, "one that was stopped does not run when its save does not begin");
	anew();
	fake.state = 0;
	fake.lost = 1;
	ok(session_begin(&session, SAVING) == -EIO && !fake.sets && fake.cleanups == 1,
	   "nor where it cannot be told that it was");
	anew();
	fake.set_result = 1;
	ok(session_begin(&session, RESUMING) == -EIO && !session.open &&
	   !(fake.last_set & RUNNING) && fake.cleanups == 1, "nor is a function without its state");
}

static void numbers(void)
{
	uint64_t n;

	ok(number_read("0", &n) && !n, "0 is a number");
	ok(number_read("0x10", &n) && n == 16, "0x10 is one");
	ok(number_read("3M", &n) && n == 3 * MIB, "3M is one");
	ok(number_read("18446744073709551615", &n) && n == UINT64_MAX, "2^64 - 1 is one");
	ok(!number_read("18446744073709551616", &n), "2^64 is none");
	ok(!number_read("17179869184G", &n), "2^34 G is none");
	ok(!number_read("-1", &n) && !number_read("", &n) && !number_read("1x", &n) &&
	   !number_read(" 1", &n), "neither are others");
}

static void plugins_have_names(void)
{
	char name[VFMIG_AGENT_NAME_LEN + 1], other[VFMIG_AGENT_NAME_LEN + 1];

	name_of_file("/a.so/b/soc.so", name);
	ok(!strcmp(name, "soc"), "a plugin is called as its file (%s)", name);
	name_of_file("libnvme-offload-a.so.1", name);
	ok(!strcmp(name, "libnvme-offload-a"), "without what is behind .so (%s)", name);
	name_of_file("a-plugin-for-quite-a-new-device-of-one-kind.so", name);
	name_of_file("a-plugin-for-quite-a-new-device-of-another.so", other);
	ok(strlen(name) == VFMIG_AGENT_NAME_LEN && strcmp(name, other),
	   "long ones differ (%s, %s)", name, other);
	name_of_file("my plug\303\244.so", name);
	ok(!strcmp(name, "my_plug__"), "none has what a name has not (%s)", name);
	ok(!name_is_right("") && !name_is_right("a b") && !name_is_right("\303\244") &&
	   !name_is_right("a-name-that-is-longer-than-it-can") &&
	   name_is_right("a-name-that-is-as-long-as-it-can"), "names are judged alike");
}

static char seen[4096];

static void see(void *context, const char *line)
{
	(void)context;
	strcat(strcat(seen, line), "|");
}

static void lines(void)
{
	static char longest[TEXT_LINE_MAX + 3];
	struct text_lines text = { .len = 0 };

	text_add(&text, "a\nb", 3, see, NULL);
	text_add(&text, "c\n\n\033[1m\n", 8, see, NULL);
	text_add(&text, "end", 3, see, NULL);
	text_end(&text, see, NULL);
	text_end(&text, see, NULL);
	ok(!strcmp(seen, "a|bc|?[1m|end|"), "lines come whole, and printable (%s)", seen);
	seen[0] = '\0';
	text_add(&text, "\233A \302\233B \303\204\342\202\254\n", 13, see, NULL);
	ok(!strcmp(seen, "?A \302?B \303\204\342\202\254|"), "nor those of 8 bits");
	seen[0] = '\0';
	memset(longest, 'x', sizeof(longest));
	text_add(&text, longest, sizeof(longest), see, NULL);
	text_end(&text, see, NULL);
	ok(strlen(seen) == sizeof(longest) + 2, "a long one is cut");
}

static void uevents(void)
{
	static const char bind[] =
		"bind@/d\0ACTION=bind\0SUBSYSTEM=pci\0PCI_SLOT_NAME=0000:01:10.0";
	static const char unbind[] =
		"unbind@/d\0ACTION=unbind\0SUBSYSTEM=pci\0PCI_SLOT_NAME=0000:01:10.0";
	static const char add[] = "add@/m\0ACTION=add\0SUBSYSTEM=misc\0DEVNAME=vfmig-agent";
	static const char usb[] = "bind@/d\0ACTION=bind\0SUBSYSTEM=usb";
	const char *device = "";

	ok(uevent_read(bind, sizeof(bind), &device) && !strcmp(device, "0000:01:10.0"),
	   "a function that is bound is seen");
	ok(uevent_read(add, sizeof(add), &device) && !device, "so is the driver's way in");
	ok(!uevent_read(unbind, sizeof(unbind), &device) && !uevent_read(usb, sizeof(usb), &device),
	   "others are not");
	ok(!uevent_read(bind, sizeof(bind) - 1, &device) && !uevent_read("", 0, &device) &&
	   !uevent_read("x", 1, &device), "nor is half a message");
}

static void reasons(void)
{
	char cut[8];

	text_cut(cut, sizeof(cut), "a\303\244\nlonger");
	ok(!memcmp(cut, "a???lon", 8), "a reason is cut to printable ASCII (%s)", cut);
	text_cut(cut, sizeof(cut), "a");
	ok(!memcmp(cut, "a\0\0\0\0\0\0", 8), "behind it are zeroes");
}

int main(void)
{
	nothing_before_init();
	stopped_with_its_vm();
	nothing_after_cleanup();
	each_in_its_state();
	only_what_is_announced();
	a_failure_ends_in_an_abort();
	an_old_save();
	a_lost_connection();
	a_begin_that_fails_leaves_nothing();
	each_has_its_end();
	aborts_outside();
	leaves();
	loads_in_parts();
	loaded_is_asked();
	numbers();
	plugins_have_names();
	lines();
	uevents();
	reasons();
	return tap_end();
}
