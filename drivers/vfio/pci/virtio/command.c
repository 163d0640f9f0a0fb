// SPDX-License-Identifier: GPL-2.0-only
/*
 * A command to the owner, by virtio-adm-owner, and words for one that fails.
 */
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/pci.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "admvf.h"

/**
 * admvf_ask - one command for this function
 * @vf: the function
 * @request: the command, of the group of the members; filled with the answer
 *
 * Return: 0, or a negative errno; admvf_fail() has the words.
 */
int admvf_ask(struct admvf *vf, struct adm_request *request)
{
	int ret;

	lockdep_assert_held(&vf->lock);
	request->group = ADM_GROUP_SRIOV;
	ret = virtio_adm_execute(vf->owner, request);
	if (ret)
		virtio_adm_describe(vf->owner, request, ret, vf->why, sizeof(vf->why));
	vf->refused = request->status != ADM_OK;
	/* To the core that would say that a record is unknown. */
	return ret == -EOPNOTSUPP ? -EREMOTEIO : ret;
}

/**
 * admvf_say - have words for what is wrong, other than a refused command
 * @vf: the function
 * @err: what it is
 * @fmt: the words; admvf_fail() has them
 *
 * Return: @err.
 */
int admvf_say(struct admvf *vf, int err, const char *fmt, ...)
{
	va_list args;

	lockdep_assert_held(&vf->lock);
	va_start(args, fmt);
	vscnprintf(vf->why, sizeof(vf->why), fmt, args);
	va_end(args);
	vf->refused = false;
	return err;
}

/**
 * admvf_fail - give the reason for which a command has failed
 * @vf: the function
 * @err: what the command returned
 * @fmt: what it was for
 *
 * Context: from a backend's call.
 * Return: @err.
 */
int admvf_fail(struct admvf *vf, int err, const char *fmt, ...)
{
	char what[64];
	va_list args;

	lockdep_assert_held(&vf->lock);
	va_start(args, fmt);
	vscnprintf(what, sizeof(what), fmt, args);
	va_end(args);

	if (err == -ENOMEM && !vf->refused)
		return vfmig_fail(vf->vpci.vm, err, "%s", what);
	return vfmig_fail(vf->vpci.vm, err, "%s: %s", what, vf->why);
}

/**
 * admvf_must_stop - must what takes several commands be given up?
 * @vf: the function
 *
 * Return: 0 to go on, or what vfmig_must_stop() says.
 */
int admvf_must_stop(struct admvf *vf)
{
	int ret;

	lockdep_assert_held(&vf->lock);
	if (vf->in_work)
		return 0;
	ret = vfmig_must_stop(vf->vpci.vm);
	if (ret)
		admvf_say(vf, ret, "the time limit is over, or the function was reset");
	return ret;
}

/**
 * admvf_find_owner - have an owner that can be asked
 * @vf: the function
 *
 * The one there was is dead once it has been reset or has not answered. A new one
 * knows nothing of what was begun with it.
 *
 * Return: 0, or the errno of why there is none.
 */
int admvf_find_owner(struct admvf *vf)
{
	enum adm_design before;
	struct adm_member *owner;

	lockdep_assert_held(&vf->lock);
	if (!vf->owner || virtio_adm_member_is_alive(vf->owner))
		return 0;

	owner = virtio_adm_member_get(vf->vpci.core.pdev);
	if (IS_ERR(owner))
		return admvf_say(vf, PTR_ERR(owner),
				 "the owner %s cannot be asked (%pe), see its messages in the log",
				 pci_name(pci_physfn(vf->vpci.core.pdev)), owner);
	before = virtio_adm_member_design(vf->owner);
	if (virtio_adm_member_design(owner) != before) {
		virtio_adm_member_put(owner);
		return admvf_say(vf, -ENODEV,
				 "the owner %s has other commands than before, bind this VF again",
				 pci_name(pci_physfn(vf->vpci.core.pdev)));
	}
	virtio_adm_member_put(vf->owner);
	vf->owner = owner;
	vf->unsure = true;
	vf->design->lost(vf);
	return 0;
}

/**
 * admvf_owner_is_dead - will nothing be answered before the owner was reset?
 * @vf: the function
 *
 * Return: true where it will not.
 */
bool admvf_owner_is_dead(struct admvf *vf)
{
	return vf->owner && !virtio_adm_member_is_alive(vf->owner);
}

/**
 * admvf_drop_owner - the function is no longer driven
 * @vf: the function
 */
void admvf_drop_owner(struct admvf *vf)
{
	if (vf->owner)
		virtio_adm_member_put(vf->owner);
	vf->owner = NULL;
}

/**
 * admvf_vectors_fact - a fact of any function, whatever its owner speaks
 * @vf: the function
 * @fact: filled
 *
 * Return: 1.
 */
unsigned int admvf_vectors_fact(struct admvf *vf, struct vfmig_fact *fact)
{
	int vectors = pci_msix_vec_count(vf->vpci.core.pdev);

	*fact = (struct vfmig_fact) {
		ADMVF_FACT_VECTORS, VFMIG_FACT_EQUAL, max(vectors, 0),
		"MSI-X vectors",
	};
	return 1;
}
