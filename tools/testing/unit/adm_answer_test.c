// SPDX-License-Identifier: GPL-2.0-only
/* An owner's answers: what they mean, and which design its commands are of. */
#include <stdlib.h>
#include <string.h>

#include "virtio/adm_answer.c"
#include "tap.h"

#define SELF_CAPS	ADM_OPCODES_OF_CAPS
#define ADM_BIT(opcode)	(1ULL << (opcode))
#define RANDOM_ANSWERS	100000

static struct adm_status answer(u16 status, u16 qualifier, u32 output)
{
	return (struct adm_status) {
		.status = cpu_to_le16(status),
		.qualifier = cpu_to_le16(qualifier),
		.output = cpu_to_le32(output),
	};
}

static int read_answer(struct adm_request *request, u16 status, u16 qualifier,
		       u32 used)
{
	struct adm_status a = answer(status, qualifier, 77);

	return adm_answer_read(&a, used, request);
}

static void the_length_must_be_possible(void)
{
	struct adm_request request = { .result_room = 16, .result_len = 5 };

	ok(read_answer(&request, 0, 0, 8) == 0 && request.result_len == 0,
	   "8 bytes are an answer without a result");
	ok(request.output == 77, "the command-specific output is taken");
	ok(read_answer(&request, 0, 0, 24) == 0 && request.result_len == 16,
	   "a result may fill the room");
	ok(read_answer(&request, 0, 0, 25) == -EPROTO && request.result_len == 0,
	   "it cannot be larger than that");
	ok(read_answer(&request, 0, 0, 7) == -EPROTO, "a status has 8 bytes");
	ok(read_answer(&request, 0, 0, 0) == -EPROTO, "nothing is no answer");
	ok(read_answer(&request, 0, 0, ~0U) == -EPROTO, "4 GiB are none");
	ok(read_answer(&request, ADM_EINVAL, 0, 4) == -EPROTO &&
	   request.status == ADM_OK, "a status that was not written is not taken");
}

static void a_refusal_has_no_result(void)
{
	struct adm_request request = { .result_room = 16 };

	ok(read_answer(&request, ADM_EINVAL, ADM_Q_INVALID_FIELD, 24) == -EINVAL,
	   "a refusal is an error");
	ok(request.status == ADM_EINVAL &&
	   request.qualifier == ADM_Q_INVALID_FIELD, "it is told in full");
	ok(!request.result_len && !request.output, "it has no result");
}

static void each_status_has_an_errno(void)
{
	static const struct {
		u16 status, qualifier;
		int error;
	} rules[] = {
		{ ADM_OK, ADM_Q_OK, 0 },
		{ ADM_OK, ADM_Q_INVALID_FIELD, 0 },
		{ ADM_ENXIO, ADM_Q_OK, -ENXIO },
		{ ADM_EAGAIN, ADM_Q_OK, -EAGAIN },
		{ ADM_ENOMEM, ADM_Q_OK, -ENOMEM },
		{ ADM_EBUSY, ADM_Q_OK, -EBUSY },
		{ ADM_EEXIST, ADM_Q_OK, -EEXIST },
		{ ADM_ENOSPC, ADM_Q_OK, -ENOSPC },
		{ ADM_EINVAL, ADM_Q_OK, -EINVAL },
		{ ADM_EINVAL, ADM_Q_INVALID_COMMAND, -EOPNOTSUPP },
		{ ADM_EINVAL, ADM_Q_INVALID_OPCODE, -EOPNOTSUPP },
		{ ADM_EINVAL, ADM_Q_INVALID_FIELD, -EINVAL },
		{ ADM_EINVAL, ADM_Q_INVALID_GROUP, -EOPNOTSUPP },
		{ ADM_EINVAL, ADM_Q_INVALID_MEMBER, -ENODEV },
		{ ADM_EINVAL, ADM_Q_NORESOURCE, -EAGAIN },
		{ ADM_EINVAL, ADM_Q_TRYAGAIN, -EAGAIN },
		{ ADM_EINVAL, 99, -EINVAL },
		{ 1, ADM_Q_OK, -EREMOTEIO },
		{ 0xffff, 0xffff, -EREMOTEIO },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		ok(adm_answer_errno(rules[i].status, rules[i].qualifier) ==
		   rules[i].error, "status %u (%s), qualifier %u (%s): %d",
		   rules[i].status, adm_status_name(rules[i].status),
		   rules[i].qualifier, adm_qualifier_name(rules[i].qualifier),
		   rules[i].error);
}

static unsigned int retries(enum adm_design design, u16 opcode, u16 status,
			    u16 qualifier)
{
	struct adm_request request = {
		.opcode = opcode, .status = status, .qualifier = qualifier,
	};

	return adm_answer_retries(design, &request);
}

static void what_may_pass_is_tried_again(void)
{
	const enum adm_design draft = ADM_DESIGN_DRAFT, parts = ADM_DESIGN_PARTS;

	ok(retries(draft, CTX_READ, ADM_EAGAIN, 0) == ADM_RETRIES, "EAGAIN");
	ok(retries(draft, CTX_READ, ADM_EBUSY, 0) == ADM_RETRIES, "EBUSY");
	ok(retries(draft, CTX_READ, ADM_ENOMEM, 0) == ADM_RETRIES, "ENOMEM");
	ok(retries(draft, CTX_READ, ADM_EINVAL, ADM_Q_NORESOURCE) == ADM_RETRIES,
	   "NORESOURCE, whatever the status");
	ok(retries(draft, CTX_READ, ADM_EINVAL, ADM_Q_TRYAGAIN) == ADM_RETRIES,
	   "TRYAGAIN, whatever the status");
	ok(!retries(draft, CTX_READ, ADM_OK, ADM_Q_TRYAGAIN),
	   "success is final, whatever the qualifier");
	ok(!retries(draft, CTX_READ, ADM_EINVAL, ADM_Q_INVALID_FIELD), "EINVAL is final");
	ok(!retries(draft, CTX_READ, ADM_ENOSPC, 0), "ENOSPC is final");
	ok(!retries(parts, PARTS_OBJ_DESTROY, ADM_ENXIO, 0), "ENXIO is final");
	ok(retries(parts, PARTS_GET, ADM_ENOMEM, 0) == ADM_RETRIES_OF_ROOM,
	   "a result that may not fit does not hold up for long");
	ok(retries(parts, PARTS_GET, ADM_ENOMEM, ADM_Q_NORESOURCE) ==
	   ADM_RETRIES_OF_ROOM, "whatever the qualifier");
	ok(retries(parts, PARTS_GET, ADM_EINVAL, ADM_Q_NORESOURCE) == ADM_RETRIES,
	   "unless the status is another");
	ok(retries(parts, PARTS_METADATA_GET, ADM_ENOMEM, 0) == ADM_RETRIES_OF_ROOM,
	   "nor does a list of heads");
	ok(retries(parts, PARTS_SET, ADM_ENOMEM, 0) == ADM_RETRIES,
	   "what has no result does");
}

static void a_list_may_have_any_length(void)
{
	const __le64 two[] = { cpu_to_le64(0x3e783), cpu_to_le64(~0ULL) };

	ok(adm_list_first(two, 16) == 0x3e783, "what is beyond 64 bits is left out");
	ok(adm_list_first(two, 8) == 0x3e783, "8 bytes");
	ok(adm_list_first(two, 2) == 0xe783, "what is missing is 0");
	ok(adm_list_first(two, 0) == 0, "a list of nothing");
}

static void the_lists_tell_the_design(void)
{
	const u64 both = ADM_BIT(0) | ADM_BIT(1);
	const u64 parts = both | (PARTS_OPCODES_NEEDED & ~SELF_CAPS);

	ok(adm_list_design(both | CTX_OPCODES, 0) == ADM_DESIGN_DRAFT,
	   "the draft: 0x7 to 0xd, and no group for the owner itself");
	ok(adm_list_design(both | CTX_OPCODES, both) == ADM_DESIGN_DRAFT,
	   "or one without capabilities");
	ok(adm_list_design(both | CTX_OPCODES, SELF_CAPS) == ADM_DESIGN_NONE,
	   "1.4 without parts is not the draft, though 0x7 to 0xd are there");
	ok(adm_list_design(both | (CTX_OPCODES & ~ADM_BIT(CTX_DISCARD)), 0) ==
	   ADM_DESIGN_NONE, "the draft without DISCARD is not enough");
	ok(adm_list_design(parts, SELF_CAPS) == ADM_DESIGN_PARTS,
	   "1.4: capabilities for the owner, objects and parts for VFs");
	ok(adm_list_design(parts | SELF_CAPS, 0) == ADM_DESIGN_PARTS,
	   "1.4 as Linux 6.13 wants it, all in one list");
	ok(adm_list_design(parts, 0) == ADM_DESIGN_NONE,
	   "parts without capabilities are not enough");
	ok(adm_list_design(CTX_OPCODES | ADM_BIT(PARTS_MODE_SET), 0) ==
	   ADM_DESIGN_NONE, "one command of 1.4, and it is not the draft");
	ok(adm_list_design(0, 0) == ADM_DESIGN_NONE, "no list, no design");
}

static void only_what_was_offered_is_used(void)
{
	const u64 all = ~0ULL;
	u64 offered;
	int i;

	ok(adm_list_use(ADM_DESIGN_DRAFT, ADM_GROUP_SRIOV, all, all) == CTX_OPCODES,
	   "the draft uses its seven");
	ok(!adm_list_use(ADM_DESIGN_DRAFT, ADM_GROUP_SELF, all, all),
	   "and nothing of the owner itself");
	ok(adm_list_use(ADM_DESIGN_PARTS, ADM_GROUP_SRIOV, all, all) ==
	   PARTS_OPCODES_NEEDED, "1.4 uses what a migration needs");
	ok(adm_list_use(ADM_DESIGN_PARTS, ADM_GROUP_SELF, all, all) == SELF_CAPS,
	   "and the capabilities");
	ok(!adm_list_use(ADM_DESIGN_NONE, ADM_GROUP_SRIOV, all, all),
	   "no design uses nothing");
	srand(13);
	for (i = 0; i < RANDOM_ANSWERS; i++) {
		offered = (u64)rand() << 8 ^ rand();
		if (adm_list_use(i % 3, i & 1, offered, offered) & ~offered)
			break;
	}
	ok(i == RANDOM_ANSWERS, "%d random lists: nothing but what was offered", i);
}

static void a_mode_is_one_byte(void)
{
	const u8 modes[] = { CTX_ACTIVE, CTX_STOP, CTX_FREEZE, 3, 0xff };
	const __le64 caps = cpu_to_le64(1);

	ok(adm_is_mode(&modes[0], 1), "Active");
	ok(adm_is_mode(&modes[1], 1), "Stop");
	ok(adm_is_mode(&modes[2], 1), "Freeze");
	ok(!adm_is_mode(&modes[3], 1), "3 is no mode");
	ok(!adm_is_mode(&modes[4], 1), "0xff is no mode");
	ok(!adm_is_mode(&caps, 8), "a list of capabilities is no mode");
	ok(!adm_is_mode(&caps, 0), "nothing is no mode");
}

static void the_smaller_limit_counts(void)
{
	const struct parts_cap more_get = { 7, 3 }, more_set = { 2, 255 };

	ok(adm_parts_limit(&more_get, 2) == 3, "of set");
	ok(adm_parts_limit(&more_set, 2) == 2, "of get");
	ok(adm_parts_limit(&more_set, 1) == 0, "a limit that is missing is 0");
	ok(adm_parts_limit(&more_set, 0) == 0, "so are both");
}

static void names_never_lack(void)
{
	unsigned int i, unnamed = 0;

	for (i = 0; i <= 0xffff; i++) {
		unnamed += !adm_status_name(i) || !adm_qualifier_name(i) ||
			   !adm_opcode_name(i % 4, i) || !adm_design_name(i % 5);
	}
	ok(!unnamed, "every number has a name, or is unknown");
	ok(strcmp(adm_error_name(-EPROTO), adm_error_name(-EIO)) != 0,
	   "an answer that cannot be is named as such");
	ok(!strcmp(adm_opcode_name(ADM_DESIGN_DRAFT, 0xd), "DEV_CTX_DISCARD") &&
	   !strcmp(adm_opcode_name(ADM_DESIGN_PARTS, 0xd), "RESOURCE_OBJ_DESTROY"),
	   "0xd is called what it is in each design");
}

int main(void)
{
	the_length_must_be_possible();
	a_refusal_has_no_result();
	each_status_has_an_errno();
	what_may_pass_is_tried_again();
	a_list_may_have_any_length();
	the_lists_tell_the_design();
	only_what_was_offered_is_used();
	a_mode_is_one_byte();
	the_smaller_limit_counts();
	names_never_lack();
	return tap_end();
}
