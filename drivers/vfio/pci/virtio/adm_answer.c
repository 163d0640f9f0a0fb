// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the answers of an owner's administration queue: what a status means, which
 * of the two designs a list of commands is of, what may be used of it.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "adm_answer.h"

/* What a migration needs of the members' group, the capabilities aside. */
#define PARTS_OPCODES_OF_MEMBERS (PARTS_OPCODES_NEEDED & ~ADM_OPCODES_OF_CAPS)

/**
 * adm_answer_read - take a device's answer apart
 * @answer: what it wrote first
 * @used: how many bytes it says that it has written, the result's included
 * @request: gets what was answered
 *
 * Return: 0; what the status means; -EPROTO, and nothing is taken, if the device
 * cannot have written as many bytes as it says.
 */
int adm_answer_read(const struct adm_status *answer, u32 used,
		    struct adm_request *request)
{
	request->result_len = 0;
	request->output = 0;
	request->status = 0;
	request->qualifier = 0;
	if (used < sizeof(*answer) ||
	    used - sizeof(*answer) > request->result_room)
		return -EPROTO;

	request->status = le16_to_cpu(answer->status);
	request->qualifier = le16_to_cpu(answer->qualifier);
	if (request->status == ADM_OK) {
		request->result_len = used - sizeof(*answer);
		request->output = le32_to_cpu(answer->output);
	}
	return adm_answer_errno(request->status, request->qualifier);
}

/* EINVAL says next to nothing without its qualifier. */
static int adm_invalid_errno(u16 qualifier)
{
	switch (qualifier) {
	case ADM_Q_INVALID_COMMAND:
	case ADM_Q_INVALID_OPCODE:
	case ADM_Q_INVALID_GROUP:
		return -EOPNOTSUPP;
	case ADM_Q_INVALID_MEMBER:
		return -ENODEV;
	case ADM_Q_NORESOURCE:
	case ADM_Q_TRYAGAIN:
		return -EAGAIN;
	default:
		return -EINVAL;
	}
}

/**
 * adm_answer_errno - what a device's answer is in the kernel's terms
 * @status: of the answer
 * @qualifier: of the answer
 *
 * Return: 0 or a negative errno; -EREMOTEIO for a status that no standard knows.
 */
int adm_answer_errno(u16 status, u16 qualifier)
{
	switch (status) {
	case ADM_OK:
		return 0;
	case ADM_ENXIO:
		return -ENXIO;
	case ADM_EAGAIN:
		return -EAGAIN;
	case ADM_ENOMEM:
		return -ENOMEM;
	case ADM_EBUSY:
		return -EBUSY;
	case ADM_EEXIST:
		return -EEXIST;
	case ADM_EINVAL:
		return adm_invalid_errno(qualifier);
	case ADM_ENOSPC:
		return -ENOSPC;
	default:
		return -EREMOTEIO;
	}
}

static bool adm_asks_for_room(enum adm_design design, u16 opcode)
{
	return design == ADM_DESIGN_PARTS &&
	       (opcode == PARTS_METADATA_GET || opcode == PARTS_GET);
}

/**
 * adm_answer_retries - how often a command is worth another try
 * @design: whose command it is
 * @request: with the answer
 *
 * Return: times in all, 0 if the answer is final.
 */
unsigned int adm_answer_retries(enum adm_design design,
				const struct adm_request *request)
{
	if (request->status == ADM_OK)
		return 0;
	/* It may be the room for the result that is too small, and stays so. */
	if (request->status == ADM_ENOMEM &&
	    adm_asks_for_room(design, request->opcode))
		return ADM_RETRIES_OF_ROOM;
	if (request->qualifier == ADM_Q_NORESOURCE ||
	    request->qualifier == ADM_Q_TRYAGAIN)
		return ADM_RETRIES;
	switch (request->status) {
	case ADM_EAGAIN:
	case ADM_EBUSY:
	case ADM_ENOMEM:
		return ADM_RETRIES;
	default:
		return 0;
	}
}

/**
 * adm_list_first - the first 64 bits of a list of commands or capabilities
 * @list: result of LIST_QUERY or of CAP_ID_LIST_QUERY
 * @len: its bytes; what is missing is 0
 *
 * Return: the bits. No opcode and no capability that is used here is beyond them.
 */
u64 adm_list_first(const void *list, u32 len)
{
	__le64 bits = 0;

	memcpy(&bits, list, min_t(size_t, len, sizeof(bits)));
	return le64_to_cpu(bits);
}

static bool adm_has(u64 list, u64 needed)
{
	return (list & needed) == needed;
}

/**
 * adm_list_design - which design two lists look like
 * @sriov: commands offered for members
 * @self: commands offered for the owner itself, 0 if it does not know that group
 *
 * The draft's opcodes are those of 1.4's capabilities and objects, so a device
 * of 1.4 without parts looks like the draft: only CTX_MODE_GET can tell, see
 * adm_is_mode(). But the draft has no group for the owner itself.
 *
 * Return: the design, to be proven if it is the draft.
 */
enum adm_design adm_list_design(u64 sriov, u64 self)
{
	if (sriov & PARTS_OPCODES) {
		/* Devices that were made for Linux 6.13 list all in one group. */
		bool caps = adm_has(self | sriov, ADM_OPCODES_OF_CAPS);

		return caps && adm_has(sriov, PARTS_OPCODES_OF_MEMBERS) ?
			ADM_DESIGN_PARTS : ADM_DESIGN_NONE;
	}
	if (adm_has(sriov, CTX_OPCODES) && !(self & ADM_OPCODES_OF_CAPS))
		return ADM_DESIGN_DRAFT;
	return ADM_DESIGN_NONE;
}

/**
 * adm_list_use - what LIST_USE is to name
 * @design: of adm_list_design()
 * @group: whose list it is
 * @sriov: commands offered for members
 * @self: commands offered for the owner itself
 *
 * Return: commands, all of them offered for @group; 0 if that list is not sent.
 */
u64 adm_list_use(enum adm_design design, u16 group, u64 sriov, u64 self)
{
	if (design == ADM_DESIGN_DRAFT && group == ADM_GROUP_SRIOV)
		return sriov & CTX_OPCODES;
	if (design == ADM_DESIGN_PARTS && group == ADM_GROUP_SRIOV)
		return sriov & PARTS_OPCODES_NEEDED;
	if (design == ADM_DESIGN_PARTS && group == ADM_GROUP_SELF)
		return self & ADM_OPCODES_OF_CAPS;
	return 0;
}

/**
 * adm_is_mode - is this the draft's answer to CTX_MODE_GET?
 * @result: of the command, sent with room for 8 bytes
 * @len: bytes that the device has written; a list of capabilities has 8
 *
 * Return: true for one byte that is a mode.
 */
bool adm_is_mode(const void *result, u32 len)
{
	return len == 1 && *(const u8 *)result <= CTX_FREEZE;
}

/**
 * adm_parts_limit - objects that may exist at once
 * @result: of PARTS_CAP_GET for device parts
 * @len: its bytes; what is missing is 0
 *
 * Objects to get and to set share one range of ids, so the smaller limit counts.
 *
 * Return: their number.
 */
u8 adm_parts_limit(const void *result, u32 len)
{
	struct parts_cap cap = {};

	memcpy(&cap, result, min_t(size_t, len, sizeof(cap)));
	return cap.get_limit < cap.set_limit ? cap.get_limit : cap.set_limit;
}

static const char *adm_name(const char * const *names, size_t nr, u16 value)
{
	return value < nr && names[value] ? names[value] : "unknown";
}

/**
 * adm_status_name - a status for a message
 * @status: of an answer
 *
 * Return: its name.
 */
const char *adm_status_name(u16 status)
{
	static const char * const names[] = {
		[ADM_OK]	= "OK",
		[ADM_ENXIO]	= "ENXIO",
		[ADM_EAGAIN]	= "EAGAIN",
		[ADM_ENOMEM]	= "ENOMEM",
		[ADM_EBUSY]	= "EBUSY",
		[ADM_EEXIST]	= "EEXIST",
		[ADM_EINVAL]	= "EINVAL",
		[ADM_ENOSPC]	= "ENOSPC",
	};

	return adm_name(names, ARRAY_SIZE(names), status);
}

/**
 * adm_qualifier_name - a qualifier for a message
 * @qualifier: of an answer
 *
 * Return: its name.
 */
const char *adm_qualifier_name(u16 qualifier)
{
	static const char * const names[] = {
		[ADM_Q_OK]		= "OK",
		[ADM_Q_INVALID_COMMAND]	= "INVALID_COMMAND",
		[ADM_Q_INVALID_OPCODE]	= "INVALID_OPCODE",
		[ADM_Q_INVALID_FIELD]	= "INVALID_FIELD",
		[ADM_Q_INVALID_GROUP]	= "INVALID_GROUP",
		[ADM_Q_INVALID_MEMBER]	= "INVALID_MEMBER",
		[ADM_Q_NORESOURCE]	= "NORESOURCE",
		[ADM_Q_TRYAGAIN]	= "TRYAGAIN",
	};

	return adm_name(names, ARRAY_SIZE(names), qualifier);
}

/**
 * adm_error_name - why a command has no answer, for a message
 * @error: a negative errno that is not what the device has answered
 *
 * Return: the reason, in words.
 */
const char *adm_error_name(int error)
{
	switch (error) {
	case -EOPNOTSUPP:
		return "is not among the commands that the device offers for migration";
	case -E2BIG:
		return "has more data than can be sent at once";
	case -EPROTO:
		return "was answered with an impossible length";
	case -EBUSY:
		return "found no place in the queue, the device is slow";
	case -ENOMEM:
		return "needs more memory of the host than there is";
	case -ENODEV:
		return "has no owner any more, its PF was reset or unbound";
	default:
		return "failed";
	}
}

/**
 * adm_opcode_name - a command for a message
 * @design: whose command it is; none, while that is being found out
 * @opcode: its opcode
 *
 * Return: its name in that design's text.
 */
const char *adm_opcode_name(enum adm_design design, u16 opcode)
{
	static const char * const draft[] = {
		[CTX_MODE_GET]		= "DEV_MODE_GET",
		[CTX_MODE_SET]		= "DEV_MODE_SET",
		[CTX_SIZE_GET]		= "DEV_CTX_SIZE_GET",
		[CTX_READ]		= "DEV_CTX_READ",
		[CTX_WRITE]		= "DEV_CTX_WRITE",
		[CTX_FIELDS_QUERY]	= "DEV_CTX_FIELDS_QUERY",
		[CTX_DISCARD]		= "DEV_CTX_DISCARD",
	};
	static const char * const parts[] = {
		[PARTS_CAP_ID_LIST_QUERY] = "CAP_ID_LIST_QUERY",
		[PARTS_CAP_GET]		= "DEVICE_CAP_GET",
		[PARTS_CAP_SET]		= "DRIVER_CAP_SET",
		[PARTS_OBJ_CREATE]	= "RESOURCE_OBJ_CREATE",
		[PARTS_OBJ_MODIFY]	= "RESOURCE_OBJ_MODIFY",
		[PARTS_OBJ_QUERY]	= "RESOURCE_OBJ_QUERY",
		[PARTS_OBJ_DESTROY]	= "RESOURCE_OBJ_DESTROY",
		[PARTS_METADATA_GET]	= "DEV_PARTS_METADATA_GET",
		[PARTS_GET]		= "DEV_PARTS_GET",
		[PARTS_SET]		= "DEV_PARTS_SET",
		[PARTS_MODE_SET]	= "DEV_MODE_SET",
	};

	if (opcode == ADM_LIST_QUERY)
		return "LIST_QUERY";
	if (opcode == ADM_LIST_USE)
		return "LIST_USE";
	if (design == ADM_DESIGN_DRAFT)
		return adm_name(draft, ARRAY_SIZE(draft), opcode);
	if (design == ADM_DESIGN_PARTS)
		return adm_name(parts, ARRAY_SIZE(parts), opcode);
	return "unknown";
}

/**
 * adm_design_name - a design for a message
 * @design: the design
 *
 * Return: its name.
 */
const char *adm_design_name(enum adm_design design)
{
	switch (design) {
	case ADM_DESIGN_DRAFT:
		return "the draft's device contexts";
	case ADM_DESIGN_PARTS:
		return "virtio 1.4's device parts";
	default:
		return "none";
	}
}
