// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds out what an owner can do, when its first member is asked for: the standard
 * knows no members without VFs. Only questions and LIST_USE are sent before the
 * design is proven; they change nothing for any VF.
 */
#include <linux/pci.h>

#include "adm_answer.h"
#include "owner_priv.h"

#define ADM_FIRST_BITS	sizeof(__le64)

/* An owner under examination. */
struct adm_exam {
	struct adm_owner *owner;
	u64 member;
	struct adm_setup setup;
	u64 sriov, self;		/* lists of commands */
};

/* It says that there is no such thing, not that it is busy. */
static bool adm_cannot(const struct adm_request *request)
{
	return request->status == ADM_ENXIO ||
	       (request->status == ADM_EINVAL &&
		request->qualifier != ADM_Q_NORESOURCE &&
		request->qualifier != ADM_Q_TRYAGAIN);
}

/* -EPERM if the device cannot do this, and nothing is wrong with it. */
static int adm_ask(struct adm_exam *exam, u64 member,
		   struct adm_request *request)
{
	int ret = adm_owner_execute(exam->owner, &exam->setup, member, request);

	if (request->status == ADM_OK)
		return ret;
	pci_dbg(exam->owner->pdev, "%s (0x%x) of group %u: status %s, qualifier %s\n",
		adm_opcode_name(exam->setup.design, request->opcode),
		request->opcode, request->group,
		adm_status_name(request->status),
		adm_qualifier_name(request->qualifier));
	return adm_cannot(request) ? -EPERM : ret;
}

/* A group or a list that the device does not know has nothing in it. */
static int adm_list_query(struct adm_exam *exam, u16 opcode, u16 group,
			  u64 *list)
{
	__le64 first = 0;
	struct adm_request request = {
		.opcode = opcode,
		.group = group,
		.result = &first,
		.result_room = ADM_FIRST_BITS,
	};
	int ret = adm_ask(exam, 0, &request);

	*list = ret ? 0 : adm_list_first(&first, request.result_len);
	return ret == -EPERM ? 0 : ret;
}

static int adm_list_name(struct adm_exam *exam, u16 group)
{
	u64 use = adm_list_use(exam->setup.design, group, exam->sriov,
			       exam->self);
	__le64 list = cpu_to_le64(use);
	struct adm_request request = {
		.opcode = ADM_LIST_USE,
		.group = group,
		.data = &list,
		.data_len = sizeof(list),
	};
	int ret;

	if (!use)
		return 0;
	ret = adm_ask(exam, 0, &request);
	if (!ret)
		exam->setup.use[group] = use;
	return ret;
}

static int adm_find_parts_cap(struct adm_exam *exam)
{
	u64 caps;
	int ret = adm_list_query(exam, PARTS_CAP_ID_LIST_QUERY, ADM_GROUP_SELF,
				 &caps);

	if (ret)
		return ret;
	return caps & BIT_ULL(PARTS_CAP_DEV_PARTS) ? 0 : -EPERM;
}

static int adm_get_parts_limit(struct adm_exam *exam)
{
	struct parts_cap_id id = { .id = cpu_to_le16(PARTS_CAP_DEV_PARTS) };
	struct parts_cap cap = {};
	struct adm_request request = {
		.opcode = PARTS_CAP_GET,
		.group = ADM_GROUP_SELF,
		.data = &id,
		.data_len = sizeof(id),
		.result = &cap,
		.result_room = sizeof(cap),
	};
	int ret = adm_ask(exam, 0, &request);

	if (ret)
		return ret;
	exam->setup.limit = adm_parts_limit(&cap, request.result_len);
	return exam->setup.limit ? 0 : -EPERM;
}

static int adm_set_parts_limit(struct adm_exam *exam)
{
	struct {
		struct parts_cap_id id;
		struct parts_cap cap;
	} __packed data = {
		.id.id = cpu_to_le16(PARTS_CAP_DEV_PARTS),
		.cap.get_limit = exam->setup.limit,
		.cap.set_limit = exam->setup.limit,
	};
	struct adm_request request = {
		.opcode = PARTS_CAP_SET,
		.group = ADM_GROUP_SELF,
		.data = &data,
		.data_len = sizeof(data),
	};

	return adm_ask(exam, 0, &request);
}

static int adm_prove_parts(struct adm_exam *exam)
{
	int ret = adm_list_name(exam, ADM_GROUP_SELF);

	if (!ret)
		ret = adm_find_parts_cap(exam);
	if (!ret)
		ret = adm_get_parts_limit(exam);
	if (!ret)
		ret = adm_set_parts_limit(exam);
	return ret;
}

/* Room for more than a mode, so that a list of capabilities is not cut to one. */
static int adm_prove_draft(struct adm_exam *exam)
{
	__le64 mode = 0;
	struct adm_request request = {
		.opcode = CTX_MODE_GET,
		.group = ADM_GROUP_SRIOV,
		.result = &mode,
		.result_room = sizeof(mode),
	};
	int ret = adm_ask(exam, exam->member, &request);

	if (ret)
		return ret;
	return adm_is_mode(&mode, request.result_len) ? 0 : -EPERM;
}

static int adm_examine(struct adm_exam *exam)
{
	int ret;

	ret = adm_list_query(exam, ADM_LIST_QUERY, ADM_GROUP_SRIOV, &exam->sriov);
	if (!ret)
		ret = adm_list_query(exam, ADM_LIST_QUERY, ADM_GROUP_SELF, &exam->self);
	if (ret)
		return ret;

	exam->setup.design = adm_list_design(exam->sriov, exam->self);
	ret = adm_list_name(exam, ADM_GROUP_SRIOV);
	if (!ret && exam->setup.design == ADM_DESIGN_PARTS)
		ret = adm_prove_parts(exam);
	else if (!ret && exam->setup.design == ADM_DESIGN_DRAFT)
		ret = adm_prove_draft(exam);
	if (ret == -EPERM) {
		exam->setup.design = ADM_DESIGN_NONE;
		ret = 0;
	}
	return ret;
}

static void adm_report(const struct adm_exam *exam)
{
	if (exam->setup.design == ADM_DESIGN_NONE)
		pci_warn(exam->owner->pdev,
			 "cannot migrate VFs: of the commands offered for VFs (0x%llx) and for itself (0x%llx) it proves to have neither the draft's device contexts (0x%llx) nor virtio 1.4's device parts (0x%llx)\n",
			 exam->sriov, exam->self, CTX_OPCODES,
			 PARTS_OPCODES_NEEDED);
	else
		pci_info(exam->owner->pdev, "migrates VFs by %s\n",
			 adm_design_name(exam->setup.design));
}

/**
 * adm_owner_setup - what can be done with an owner
 * @owner: of the member
 * @member: a VF's number, from 1; the VF exists
 * @setup: gets it; its design is none if the owner can migrate nothing
 *
 * Return: 0, or a negative errno if the owner is dead or does not answer well.
 */
int adm_owner_setup(struct adm_owner *owner, u64 member,
		    struct adm_setup *setup)
{
	struct adm_exam exam = { .owner = owner, .member = member };
	bool known;
	int ret;

	ret = adm_device_recover(owner);
	if (ret)
		return ret;
	down_read(&owner->life);
	exam.setup.generation = owner->generation;
	up_read(&owner->life);

	mutex_lock(&owner->setup_lock);
	known = owner->setup.generation == exam.setup.generation;
	if (known && owner->setup.design != ADM_DESIGN_NONE) {
		*setup = owner->setup;
	} else {
		ret = adm_examine(&exam);
		if (!ret) {
			/* Once, and not again for each of its VFs. */
			if (!known || exam.setup.design != ADM_DESIGN_NONE)
				adm_report(&exam);
			owner->setup = exam.setup;
			*setup = exam.setup;
		}
	}
	mutex_unlock(&owner->setup_lock);
	return ret;
}
