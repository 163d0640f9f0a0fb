// SPDX-License-Identifier: GPL-2.0-only
/* What an agent has been asked, and what it may answer. */
#include <stdlib.h>
#include <string.h>

#include "oob/reply.c"
#include "tap.h"

#define RANDOM_REPLIES	200000

static struct oob_queue queue;

static struct oob_asked *ask(u32 type, u64 bytes)
{
	struct vfmig_agent_request request = { .type = type, .arg[1] = bytes };
	struct oob_asked *asked;

	memset(&queue, 0, sizeof(queue));
	asked = oob_queue_add(&queue, &request, OOB_WAITED);
	asked->is_read = true;
	return asked;
}

static bool is_right(const struct vfmig_agent_reply *reply)
{
	return !oob_reply_fault(&queue, oob_queue_find(&queue, reply->id), reply);
}

static struct vfmig_agent_reply hello(void)
{
	return (struct vfmig_agent_reply) {
		.id = 1,
		.hello = { .name = "a-plugin", .state_version = 3, .transfer_max = 1 },
	};
}

static void ids_are_those_of_requests(void)
{
	struct oob_asked *asked = ask(VFMIG_AGENT_ABORT, 0);
	struct vfmig_agent_reply reply = { .id = 1 };

	ok(is_right(&reply), "the reply to what was asked");
	reply.id = 0;
	ok(!is_right(&reply), "0 is no id");
	reply.id = 2;
	ok(!is_right(&reply), "nor is one that was not given");
	reply.id = ~0ULL;
	ok(!is_right(&reply), "nor the last one there is");
	reply.id = 1;
	asked->is_read = false;
	ok(!is_right(&reply), "nobody answers what was not read");
	asked->is_read = true;
	oob_queue_drop(&queue, asked);
	ok(!is_right(&reply), "nor twice");
}

static void late_ones_are_checked_too(void)
{
	struct oob_asked *asked = ask(VFMIG_AGENT_PENDING, 0);
	struct vfmig_agent_reply reply = { .id = 1, .arg[0] = 5 };

	asked->fate = OOB_FORGOTTEN;
	ok(is_right(&reply), "an answer may be late");
	reply.arg[1] = 1;
	ok(!is_right(&reply), "but not wrong");
}

static void a_status_is_an_errno(void)
{
	static const struct {
		s32 status;
		bool right;
	} rules[] = {
		{ 0, true }, { -1, true }, { -4095, true }, { -4096, false },
		{ 1, false }, { 0x7fffffff, false }, { (s32)0x80000000, false },
	};
	struct vfmig_agent_reply reply = { .id = 1 };
	unsigned int i;

	ask(VFMIG_AGENT_LOADED, 0);
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		reply.status = rules[i].status;
		ok(is_right(&reply) == rules[i].right, "status %d", rules[i].status);
	}
}

static void what_is_reserved_is_0(void)
{
	static const u32 words[] = {
		[VFMIG_AGENT_HELLO] = 6, [VFMIG_AGENT_SET_STATE] = 0,
		[VFMIG_AGENT_PENDING] = 1, [VFMIG_AGENT_SAVE] = 1,
		[VFMIG_AGENT_LOAD] = 0, [VFMIG_AGENT_LOADED] = 0,
		[VFMIG_AGENT_ABORT] = 0,
	};
	struct vfmig_agent_reply reply;
	unsigned int type, i, wrong = 0;

	for (type = VFMIG_AGENT_HELLO; type <= VFMIG_AGENT_ABORT; type++) {
		for (i = words[type]; i < 6; i++) {
			ask(type, 0);
			reply = (struct vfmig_agent_reply) { .id = 1 };
			wrong += !is_right(&reply);
			reply.arg[i] = 1ULL << 63;
			wrong += is_right(&reply);
		}
		for (i = 0; i < 6; i++) {
			ask(type, 0);
			reply = (struct vfmig_agent_reply) { .id = 1, .status = -EIO };
			wrong += !is_right(&reply);
			reply.arg[i] = 1;
			wrong += is_right(&reply);
		}
	}
	ok(!wrong, "words without a meaning are 0, and all are with a status");
	reply = (struct vfmig_agent_reply) { .id = 1, .reserved = 1 };
	ok(!is_right(&reply), "so is what is reserved");
}

static void a_name_is_one_word(void)
{
	struct vfmig_agent_reply reply = hello();

	ask(VFMIG_AGENT_HELLO, 0);
	ok(is_right(&reply), "a name");
	memset(reply.hello.name, 'x', sizeof(reply.hello.name));
	ok(is_right(&reply), "of all 32 bytes");
	memset(reply.hello.name, 0, sizeof(reply.hello.name));
	ok(!is_right(&reply), "of none");
	strcpy(reply.hello.name, "a plugin");
	ok(!is_right(&reply), "of two words");
	strcpy(reply.hello.name, "a\x7fplugin");
	ok(!is_right(&reply), "not printable");
	reply = hello();
	reply.hello.name[31] = 'x';
	ok(!is_right(&reply), "with something behind its end");
}

static void it_takes_something_at_once(void)
{
	struct vfmig_agent_reply reply = hello();

	ask(VFMIG_AGENT_HELLO, 0);
	reply.hello.transfer_max = VFMIG_AGENT_TRANSFER_MAX;
	ok(is_right(&reply), "1 MiB at once");
	reply.hello.transfer_max++;
	ok(!is_right(&reply), "not more");
	reply.hello.transfer_max = 0;
	ok(!is_right(&reply), "nor nothing");
}

static void numbers_are_bounded(void)
{
	struct vfmig_agent_reply reply = { .id = 1, .arg[0] = VFMIG_AGENT_STATE_MAX };

	ask(VFMIG_AGENT_PENDING, 0);
	ok(is_right(&reply), "64 GiB are pending");
	reply.arg[0]++;
	ok(!is_right(&reply), "not more");
	ask(VFMIG_AGENT_SAVE, 4096);
	reply.arg[0] = 4096;
	ok(is_right(&reply), "as many bytes as it was asked for");
	reply.arg[0] = 4097;
	ok(!is_right(&reply), "not more");
	reply.arg[0] = 4095;
	ok(!is_right(&reply), "nor less");
}

static void a_reason_is_text(void)
{
	struct vfmig_agent_reply reply = { .id = 1, .status = -EIO };

	ask(VFMIG_AGENT_LOAD, 0);
	strcpy(reply.reason, "the SoC at 10.0.0.1 is away ~");
	ok(is_right(&reply), "a sentence");
	memset(reply.reason, 'x', sizeof(reply.reason));
	ok(is_right(&reply), "of all 64 bytes");
	reply.reason[5] = '\n';
	ok(!is_right(&reply), "of two lines");
	reply.reason[5] = (char)0xc3;
	ok(!is_right(&reply), "not ASCII");
	reply.reason[5] = '\0';
	ok(!is_right(&reply), "with something behind its end");
	memset(reply.reason, 0, sizeof(reply.reason));
	strcpy(reply.reason, "well");
	reply.status = 0;
	ok(!is_right(&reply), "a success has none");
}

static void a_queue_ends(void)
{
	struct vfmig_agent_request request = { .type = VFMIG_AGENT_ABORT };
	unsigned int i;

	memset(&queue, 0, sizeof(queue));
	for (i = 0; i < OOB_MAX_ASKED; i++)
		if (!oob_queue_add(&queue, &request, OOB_POSTED))
			break;
	ok(i == OOB_MAX_ASKED && !oob_queue_add(&queue, &request, OOB_POSTED),
	   "so many replies may be owed");
	ok(oob_queue_unread(&queue)->request.id == 1, "they are read in their order");
	queue.asked[0].is_read = true;
	ok(oob_queue_unread(&queue)->request.id == 2, "one after the other");
	oob_queue_drop(&queue, oob_queue_find(&queue, 5));
	ok(!oob_queue_find(&queue, 5) && queue.asked[4].request.id == 6 &&
	   queue.nr == OOB_MAX_ASKED - 1, "and answered in any");
	ok(oob_queue_has(&queue, OOB_POSTED) && !oob_queue_has(&queue, OOB_WAITED),
	   "of each it is known who waits");
	ok(oob_queue_posted(&queue, VFMIG_AGENT_ABORT) &&
	   !oob_queue_posted(&queue, VFMIG_AGENT_SET_STATE), "and what was posted");
	ok(oob_queue_add(&queue, &request, OOB_WAITED)->request.id == OOB_MAX_ASKED + 1,
	   "no id comes twice");
}

static void nothing_of_the_kernels_is_needed(void)
{
	struct vfmig_agent_reply reply;
	unsigned int i, b;

	srand(14);
	for (i = 0; i < RANDOM_REPLIES; i++) {
		ask(1 + rand() % VFMIG_AGENT_ABORT, rand() % 4096);
		for (b = 0; b < sizeof(reply); b++)
			((u8 *)&reply)[b] = rand() % 4 ? 0 : rand();
		reply.id = rand() % 3;
		is_right(&reply);
	}
	ok(true, "%d random replies", RANDOM_REPLIES);
}

int main(void)
{
	ids_are_those_of_requests();
	late_ones_are_checked_too();
	a_status_is_an_errno();
	what_is_reserved_is_0();
	a_name_is_one_word();
	it_takes_something_at_once();
	numbers_are_bounded();
	a_reason_is_text();
	a_queue_ends();
	nothing_of_the_kernels_is_needed();
	return tap_end();
}
