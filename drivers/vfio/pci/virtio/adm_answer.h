/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the answers of an owner's administration queue mean. Nothing here talks to
 * a device, so it is compiled into userspace tests, too.
 */
#ifndef VIRTIO_ADM_ANSWER_H
#define VIRTIO_ADM_ANSWER_H

#include <linux/types.h>

#include "adm.h"
#include "owner.h"

/* Times that a command is repeated that may succeed if it is. */
#define ADM_RETRIES		8
/* Where the same status may say as well that the result does not fit. */
#define ADM_RETRIES_OF_ROOM	2

#define ADM_OPCODES_OF_CAPS	0x380ULL	/* 0x7 to 0x9, of the group self */

int adm_answer_read(const struct adm_status *answer, u32 used,
		    struct adm_request *request);
int adm_answer_errno(u16 status, u16 qualifier);
unsigned int adm_answer_retries(enum adm_design design,
				const struct adm_request *request);

u64 adm_list_first(const void *list, u32 len);
enum adm_design adm_list_design(u64 sriov, u64 self);
u64 adm_list_use(enum adm_design design, u16 group, u64 sriov, u64 self);
bool adm_is_mode(const void *result, u32 len);
u8 adm_parts_limit(const void *result, u32 len);

const char *adm_status_name(u16 status);
const char *adm_qualifier_name(u16 qualifier);
const char *adm_error_name(int error);
const char *adm_opcode_name(enum adm_design design, u16 opcode);
const char *adm_design_name(enum adm_design design);

#endif
