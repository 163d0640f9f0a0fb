/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver of a VF asks of the driver of its owner, virtio-adm-owner:
 * commands of the administration queue, for one member. All of it may sleep, for
 * a bounded time, so no call is made with a spinlock held.
 */
#ifndef VIRTIO_ADM_OWNER_H
#define VIRTIO_ADM_OWNER_H

#include <linux/types.h>

struct adm_member;
struct pci_dev;

/* Of @data and of @result each: the largest set of device parts, and heads. */
#define ADM_DATA_MAX		((128U << 20) + (64U << 10))

enum adm_design {
	ADM_DESIGN_NONE,	/* neither of them, or no VF can be asked */
	ADM_DESIGN_DRAFT,
	ADM_DESIGN_PARTS,
};

/*
 * @opcode, @data, @data_len: of the command; the data are in kernel memory of any
 *	kind, vmalloc()ed too, and may be none
 * @group: ADM_GROUP_SRIOV, or ADM_GROUP_SELF for the owner itself
 * @result, @result_room: where the result goes, in memory of any kind; or none
 * @result_len: bytes that the device has written there
 * @output, @status, @qualifier: of the device's answer
 */
struct adm_request {
	u16 opcode;
	u16 group;
	const void *data;
	u32 data_len;
	void *result;
	u32 result_room;

	u32 result_len;
	u32 output;
	u16 status;
	u16 qualifier;
};

/*
 * A member is of the owner as it was found: once that was reset, removed or does
 * not answer any more, the member is dead for good, and its calls fail at once.
 * Whoever then wants to go on puts it and gets another, which is cheap: before a
 * migration begins, not in the middle of one.
 */
struct adm_member *virtio_adm_member_get(struct pci_dev *vf);
void virtio_adm_member_put(struct adm_member *member);
bool virtio_adm_member_is_alive(struct adm_member *member);
enum adm_design virtio_adm_member_design(struct adm_member *member);
int virtio_adm_execute(struct adm_member *member, struct adm_request *request);
void virtio_adm_describe(struct adm_member *member,
			 const struct adm_request *request, int error,
			 char *text, size_t size);

/* Ids of 1.4's objects, one range for all members of an owner. */
int virtio_adm_object_id_get(struct adm_member *member);
void virtio_adm_object_id_put(struct adm_member *member, int id);

#endif
