// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend: in which order a function is stopped, carried and started.
 *
 * There is nothing to say in pre-copy: the state is one small record, and all
 * of it changes until the function stands still.
 *
 * The state is read in ->freeze() and written in ->load_commit(): it is small
 * enough to be kept aside.
 */
#include <linux/pci.h>

#include "igbvf.h"

#define IGBVF_RECORD_STATE	VFMIG_RECORD_BACKEND

/* Once given a meaning, they keep it. */
#define IGBVF_FACT_VECTORS	(VFMIG_FACT_BACKEND + 0)
#define IGBVF_FACT_BAR0		(VFMIG_FACT_BACKEND + 1)
#define IGBVF_FACT_QUEUES	(VFMIG_FACT_BACKEND + 2)

static int igbvf_identity(void *backend, struct vfmig_fact *facts,
			  unsigned int max)
{
	struct igbvf_device *vf = backend;
	struct pci_dev *pdev = vf->vpci.core.pdev;
	const struct vfmig_fact all[] = {
		{ IGBVF_FACT_VECTORS, VFMIG_FACT_EQUAL,
		  max(pci_msix_vec_count(pdev), 0), "MSI-X vectors" },
		{ IGBVF_FACT_BAR0, VFMIG_FACT_EQUAL,
		  pci_resource_len(pdev, 0), "size of BAR 0" },
		{ IGBVF_FACT_QUEUES, VFMIG_FACT_EQUAL, IGBVF_QUEUES,
		  "queues" },
	};

	if (max < ARRAY_SIZE(all))
		return -ENOSPC;
	memcpy(facts, all, sizeof(all));
	return ARRAY_SIZE(all);
}

static int igbvf_quiesce(void *backend)
{
	struct igbvf_device *vf = backend;

	return igbvf_stop(vf);
}

static int igbvf_run(void *backend)
{
	struct igbvf_device *vf = backend;

	return igbvf_start(vf);
}

static int igbvf_freeze(void *backend)
{
	struct igbvf_device *vf = backend;

	return igbvf_read_state(vf, &vf->guest->state);
}

static int igbvf_check(struct igbvf_device *vf, const void *state, size_t len)
{
	struct igbvf_bad_field bad;
	const char *why = igbvf_state_check(state, len, &bad);

	if (!why)
		return 0;
	if (!bad.name)
		return vfmig_fail(vf->vpci.vm, -EINVAL, "%s", why);
	if (bad.queue < 0)
		return vfmig_fail(vf->vpci.vm, -EINVAL, "%s is %#x: %s",
				  bad.name, bad.value, why);
	return vfmig_fail(vf->vpci.vm, -EINVAL, "%s of queue %d is %#x: %s",
			  bad.name, bad.queue, bad.value, why);
}

static int igbvf_save_begin(void *backend, enum vfmig_phase phase)
{
	struct igbvf_device *vf = backend;
	bool lost;
	int ret;

	ret = igbvf_exposure_check(vf);
	if (ret)
		return ret;
	if (phase == VFMIG_PRE_COPY)
		return 0;

	ret = igbvf_check(vf, &vf->guest->state, sizeof(vf->guest->state));
	if (ret)
		return vfmig_fail(vf->vpci.vm, ret,
				  "the guest has programmed an invalid configuration");

	spin_lock(&vf->lock);
	lost = vf->guest->mailbox.lost;
	spin_unlock(&vf->lock);
	if (lost)
		return vfmig_fail(vf->vpci.vm, -E2BIG,
				  "the guest has more than %u further unicast addresses, the most that can be migrated",
				  IGBVF_MAX_UNICAST);
	return 0;
}

static int igbvf_save(void *backend, struct vfmig_record *rec)
{
	struct igbvf_device *vf = backend;

	rec->type = IGBVF_RECORD_STATE;
	rec->len = sizeof(vf->guest->state);
	memcpy(rec->data, &vf->guest->state, sizeof(vf->guest->state));
	return 0;
}

static int igbvf_load(void *backend, const struct vfmig_record *rec)
{
	struct igbvf_device *vf = backend;
	int ret;

	if (rec->type != IGBVF_RECORD_STATE)
		return -EOPNOTSUPP;
	ret = igbvf_check(vf, rec->data, rec->len);
	if (ret)
		return ret;

	memcpy(&vf->guest->incoming, rec->data, sizeof(vf->guest->incoming));
	return 0;
}

/* What was loaded is now what the guest has done here. */
static int igbvf_adopt(struct igbvf_device *vf, unsigned int resets)
{
	const struct igbvf_state *state = &vf->guest->incoming;
	struct igbvf_mailbox *mbx = &vf->guest->mailbox;
	u32 mailbox = le32_to_cpu(state->mailbox);
	unsigned int i;

	spin_lock(&vf->lock);
	if (vf->resets != resets) {
		spin_unlock(&vf->lock);
		return -ECANCELED;
	}

	memset(mbx, 0, sizeof(*mbx));
	mbx->flags = le32_to_cpu(state->flags) & ~(u32)IGBVF_STATE_LINK;
	mbx->asked = state->asked;
	mbx->unread = mailbox & IGBVF_MBX_R2C;
	mbx->pending = mailbox & IGBVF_MBX_REQ;
	for (i = 0; i < IGBVF_VMBMEM_WORDS; i++)
		mbx->request[i] = le32_to_cpu(state->vmbmem[i]);
	for (i = 0; i < IGBVF_NR_STATS; i++)
		vf->guest->stat_offset[i] = le32_to_cpu(state->stats[i]) -
				     igbvf_rd32(vf, igbvf_stat_regs[i]);
	spin_unlock(&vf->lock);

	igbvf_plan_run(&vf->run, state);
	vf->guest->state = *state;
	return 0;
}

static int igbvf_load_commit(void *backend)
{
	struct igbvf_device *vf = backend;
	unsigned int resets;
	int ret;

	/* From here on nothing is left of what it was. */
	spin_lock(&vf->lock);
	resets = vf->resets;
	memset(&vf->guest->mailbox, 0, sizeof(vf->guest->mailbox));
	spin_unlock(&vf->lock);
	memset(&vf->run, 0, sizeof(vf->run));

	ret = igbvf_pf_restore(vf, &vf->guest->incoming);
	if (!ret)
		ret = igbvf_write_state(vf, &vf->guest->incoming);
	if (!ret)
		ret = igbvf_pf_leave(vf, &vf->guest->incoming);
	if (!ret)
		ret = igbvf_adopt(vf, resets);
	/* Who comes next here is not to get this guest's frames. */
	if (ret)
		igbvf_pf_take_back(vf);
	return ret;
}

/**
 * igbvf_forget - the function was reset: nothing of the guest is left in it
 * @vf: the function
 *
 * To be called when the reset happens: a backend's ->reset() may come late,
 * after the guest has begun to ask its PF anew. What the PF keeps over a reset is
 * not forgotten: see igbvf_mailbox_forget().
 */
void igbvf_forget(struct igbvf_device *vf)
{
	struct igbvf_guest *guest;

	spin_lock(&vf->lock);
	guest = vf->guest;
	if (guest) {
		igbvf_mailbox_forget(vf);
		guest->mailbox.unread = 0;
		memset(guest->stat_offset, 0, sizeof(guest->stat_offset));
		igbvf_exposure_reset_ends(vf);
	}
	vf->resets++;
	spin_unlock(&vf->lock);
}

const struct vfmig_backend_ops igbvf_backend_ops = {
	.name		= "igbvf",
	.stream_version	= IGBVF_STATE_VERSION,
	.min_record	= sizeof(struct igbvf_state),
	.needs_bars	= true,
	.open		= igbvf_open,
	.close		= igbvf_close,
	.identity	= igbvf_identity,
	.quiesce	= igbvf_quiesce,
	.run		= igbvf_run,
	.freeze		= igbvf_freeze,
	.save_begin	= igbvf_save_begin,
	.save		= igbvf_save,
	.load		= igbvf_load,
	.load_commit	= igbvf_load_commit,
};
