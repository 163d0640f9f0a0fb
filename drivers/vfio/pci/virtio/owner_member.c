// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the driver of a VF calls. A member keeps its owner's memory, not its
 * device: a PF can be unbound at any time, and waits for no VF's driver.
 */
#include <linux/export.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "adm_answer.h"
#include "owner_priv.h"

static DEFINE_MUTEX(adm_owners_lock);
static LIST_HEAD(adm_owners);

/**
 * adm_owner_release - the last reference to an owner is gone
 * @kref: of the owner, which is unbound
 */
void adm_owner_release(struct kref *kref)
{
	struct adm_owner *owner = container_of(kref, struct adm_owner, kref);

	pci_dev_put(owner->pdev);
	mutex_destroy(&owner->setup_lock);
	kfree(owner);
}

/**
 * adm_owners_add - let VFs find their owner
 * @owner: that is up
 */
void adm_owners_add(struct adm_owner *owner)
{
	mutex_lock(&adm_owners_lock);
	list_add(&owner->entry, &adm_owners);
	mutex_unlock(&adm_owners_lock);
}

/**
 * adm_owners_remove - no VF finds this owner any more
 * @owner: to be unbound
 */
void adm_owners_remove(struct adm_owner *owner)
{
	mutex_lock(&adm_owners_lock);
	list_del_init(&owner->entry);
	mutex_unlock(&adm_owners_lock);
}

static struct adm_owner *adm_owner_get(struct pci_dev *pf)
{
	struct adm_owner *owner, *found = NULL;

	mutex_lock(&adm_owners_lock);
	list_for_each_entry(owner, &adm_owners, entry) {
		if (owner->pdev != pf)
			continue;
		kref_get(&owner->kref);
		owner->members++;
		found = owner;
		break;
	}
	mutex_unlock(&adm_owners_lock);
	return found;
}

static void adm_owner_put(struct adm_owner *owner)
{
	mutex_lock(&adm_owners_lock);
	owner->members--;
	mutex_unlock(&adm_owners_lock);
	kref_put(&owner->kref, adm_owner_release);
}

/**
 * virtio_adm_member_get - become a member of the owner of a VF
 * @vf: the VF, which exists as long as the member does
 *
 * Asks the owner what it can do, unless it has been asked since its last reset. One whose
 * queue was given up is reset for that.
 *
 * Context: may sleep, for some time limits of commands.
 * Return: the member, to be put; -ENODEV if the PF is not bound to virtio-adm-owner
 * (or @vf is no VF); -ENOMEM; or what the owner is dead of.
 */
struct adm_member *virtio_adm_member_get(struct pci_dev *vf)
{
	struct adm_member *member;
	int ret;

	if (!vf->is_virtfn)
		return ERR_PTR(-ENODEV);
	member = kzalloc(sizeof(*member), GFP_KERNEL_ACCOUNT);
	if (!member)
		return ERR_PTR(-ENOMEM);
	member->id = pci_iov_vf_id(vf) + 1;
	member->owner = adm_owner_get(pci_physfn(vf));
	if (!member->owner) {
		kfree(member);
		return ERR_PTR(-ENODEV);
	}
	ret = adm_owner_setup(member->owner, member->id, &member->setup);
	if (ret) {
		virtio_adm_member_put(member);
		return ERR_PTR(ret);
	}
	return member;
}
EXPORT_SYMBOL_GPL(virtio_adm_member_get);

/**
 * virtio_adm_member_put - give a member back
 * @member: of virtio_adm_member_get()
 *
 * Sends nothing: what is to be undone at the device, the caller has undone.
 */
void virtio_adm_member_put(struct adm_member *member)
{
	adm_owner_put(member->owner);
	kfree(member);
}
EXPORT_SYMBOL_GPL(virtio_adm_member_put);

/* With the owner's life held. */
static bool adm_member_is_current(const struct adm_member *member)
{
	const struct adm_owner *owner = member->owner;

	lockdep_assert_held(&owner->life);
	return owner->up && owner->generation == member->setup.generation &&
	       !READ_ONCE(owner->queue.dead);
}

/**
 * virtio_adm_member_is_alive - would a command be sent?
 * @member: to be asked about
 *
 * Return: false if the owner is gone, was reset or has ceased to answer: then it
 * stays so for this member.
 */
bool virtio_adm_member_is_alive(struct adm_member *member)
{
	bool alive;

	down_read(&member->owner->life);
	adm_device_look(member->owner);
	alive = adm_member_is_current(member);
	up_read(&member->owner->life);
	return alive;
}
EXPORT_SYMBOL_GPL(virtio_adm_member_is_alive);

/**
 * virtio_adm_member_design - whose commands the owner understands
 * @member: to be asked about
 *
 * Return: the design, as it was when @member was got.
 */
enum adm_design virtio_adm_member_design(struct adm_member *member)
{
	return member->setup.design;
}
EXPORT_SYMBOL_GPL(virtio_adm_member_design);

/**
 * virtio_adm_execute - send a command for a member and wait for its answer
 * @member: of the VF
 * @request: what to send, and what was answered
 *
 * Takes at most twice the time limit of a command, waiting for a place in the queue
 * and repetitions that the device asks for included. Nothing is left waiting if
 * the owner dies meanwhile.
 *
 * Return: 0; what the device's status means; -EOPNOTSUPP, and nothing is sent, if
 * LIST_USE has not named the command; -E2BIG, likewise, if it is larger than
 * ADM_DATA_MAX; -EPROTO for an answer that cannot be true; -EBUSY if others' commands
 * leave no room; -ENOMEM; -ETIMEDOUT, -EIO or -ENODEV if the owner is dead.
 */
int virtio_adm_execute(struct adm_member *member, struct adm_request *request)
{
	const struct adm_setup *setup = &member->setup;
	u64 id = request->group == ADM_GROUP_SRIOV ? member->id : 0;

	might_sleep();
	if (request->group >= ARRAY_SIZE(setup->use) || request->opcode > 63 ||
	    !(setup->use[request->group] & BIT_ULL(request->opcode)))
		return -EOPNOTSUPP;
	if (request->data_len > ADM_DATA_MAX ||
	    request->result_room > ADM_DATA_MAX)
		return -E2BIG;
	return adm_owner_execute(member->owner, setup, id, request);
}
EXPORT_SYMBOL_GPL(virtio_adm_execute);

/**
 * virtio_adm_describe - why a command has failed, in words
 * @member: of the VF
 * @request: of virtio_adm_execute()
 * @error: what that returned
 * @text: gets "DEV_MODE_SET (0x8): EINVAL, INVALID_FIELD", or what the owner is
 *	dead of
 * @size: of @text
 */
void virtio_adm_describe(struct adm_member *member,
			 const struct adm_request *request, int error,
			 char *text, size_t size)
{
	const char *name = adm_opcode_name(member->setup.design, request->opcode);
	struct adm_queue *queue = &member->owner->queue;

	if (request->status != ADM_OK) {
		scnprintf(text, size, "%s (0x%x): %s, %s", name, request->opcode,
			  adm_status_name(request->status),
			  adm_qualifier_name(request->qualifier));
		return;
	}
	spin_lock_irq(&queue->lock);
	if (queue->dead)
		scnprintf(text, size, "%s (0x%x): %s", name, request->opcode,
			  queue->why);
	else
		scnprintf(text, size, "%s (0x%x) %s (%d)", name,
			  request->opcode, adm_error_name(error), error);
	spin_unlock_irq(&queue->lock);
}
EXPORT_SYMBOL_GPL(virtio_adm_describe);

/**
 * virtio_adm_object_id_get - take an id for one of 1.4's objects
 * @member: that will create the object
 *
 * Return: the id; -ENOSPC if the owner's other members have as many objects as it
 * allows; -ENODEV if it is dead; -ENOMEM.
 */
int virtio_adm_object_id_get(struct adm_member *member)
{
	struct adm_owner *owner = member->owner;
	int ret = -ENODEV;

	down_read(&owner->life);
	if (adm_member_is_current(member))
		ret = ida_alloc_max(&owner->objects, member->setup.limit - 1,
				    GFP_KERNEL);
	up_read(&owner->life);
	return ret;
}
EXPORT_SYMBOL_GPL(virtio_adm_object_id_get);

/**
 * virtio_adm_object_id_put - give an id back
 * @member: that has it
 * @id: of an object that was destroyed or never created
 *
 * An id whose object the device keeps, since it did not destroy it, is better not
 * given back while the owner lives: creating another with it would fail.
 */
void virtio_adm_object_id_put(struct adm_member *member, int id)
{
	struct adm_owner *owner = member->owner;

	down_read(&owner->life);
	/* After a reset the ids are others'. */
	if (owner->up && owner->generation == member->setup.generation)
		ida_free(&owner->objects, id);
	up_read(&owner->life);
}
EXPORT_SYMBOL_GPL(virtio_adm_object_id_put);
