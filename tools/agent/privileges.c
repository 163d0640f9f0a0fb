// SPDX-License-Identifier: GPL-2.0-only
/* Who a worker is, and what it cannot do any more. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges.h"
#include "registers.h"

#define DEFAULT_USER	"nobody"
/* Whose the files are by which registers are mapped. */
#define REGISTERS_USER	"root"

/* By getpwnam(3) that is nothing, or any of these. */
static bool is_missing(int err)
{
	return !err || err == ENOENT || err == ESRCH || err == EBADF || err == EPERM;
}

bool privileges_of(struct privileges *privileges, const struct privileges_plan *plan,
		   char *why, size_t len)
{
	const char *user = plan->user;
	const struct passwd *entry;

	memset(privileges, 0, sizeof(*privileges));
	privileges->network = plan->network;
	privileges->registers = plan->registers;
	if (!user && !plan->registers && geteuid())
		return true;
	user = user ?: plan->registers ? REGISTERS_USER : DEFAULT_USER;
	errno = 0;
	entry = getpwnam(user);
	if (!entry) {
		if (is_missing(errno))
			snprintf(why, len, "there is no user \"%s\"", user);
		else
			snprintf(why, len, "user \"%s\" cannot be looked up: %s", user,
				 strerror(errno));
		return false;
	}
	if (!entry->pw_uid && !plan->registers) {
		snprintf(why, len, "no plugin is run as the superuser, whom \"%s\" is", user);
		return false;
	}
	privileges->change_user = true;
	privileges->uid = entry->pw_uid;
	privileges->gid = entry->pw_gid;
	return true;
}

/* Where root is needed for that, a namespace of users of its own does. */
static bool leave_network(void)
{
	return !unshare(CLONE_NEWNET) || !unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

/* What is in that of the superuser's session can be read by whoever has it, as any user. */
static bool leave_keyring(void)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0)
		return true;
	/* Else it cannot be asked for, and no plugin can ask for a key. */
	return errno != EDQUOT && errno != ENOMEM;
}

static bool change_user(uid_t uid, gid_t gid)
{
	return !setgroups(0, NULL) && !setresgid(gid, gid, gid) && !setresuid(uid, uid, uid);
}

/* A superuser who stays one keeps them otherwise. */
static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { };

	return !prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) &&
	       !syscall(SYS_capset, &header, none);
}

bool privileges_drop(const struct privileges *privileges, char *why, size_t len)
{
	const char *what = NULL;

	if (privileges->registers && !registers_only(privileges->registers))
		what = "be left with the registers of a function";
	else if (!privileges->network && !leave_network())
		what = "leave the network";
	else if (privileges->change_user && !leave_keyring())
		what = "leave the keyring of the session";
	else if (privileges->change_user && !change_user(privileges->uid, privileges->gid))
		what = "become the user of the plugin";
	/* Before the next program is begun: the superuser's would have all of them again. */
	else if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		what = "give up new privileges";
	else if (privileges->change_user && !drop_capabilities())
		what = "give up its capabilities";
	if (!what)
		return true;
	snprintf(why, len, "a worker cannot %s: %s", what, strerror(errno));
	return false;
}
