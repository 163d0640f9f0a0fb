// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend: in which order a function is stopped, carried and started.
 *
 * There is nothing to say in pre-copy: the state is one small record, and all
 * of it changes until the function stands still.
 *
 * A function that its guest has put into D3 does no DMA and has no registers:
 * it is as good as stopped, but cannot be saved.
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
	struct pci_dev *pdev = vf->core.pdev;
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
	struct vfmig_mmio mmio;
	int ret;

	ret = vfmig_mmio_begin(vf->vm, &mmio);
	if (ret)
		return ret == -EHOSTDOWN ? 0 : ret;
	ret = igbvf_stop(vf);
	vf->stopped = !ret;
	vfmig_mmio_end(vf->vm, &mmio);
	return ret;
}

static int igbvf_run(void *backend)
{
	struct igbvf_device *vf = backend;
	struct vfmig_mmio mmio;
	int ret;

	if (!vf->stopped)
		return 0;

	ret = vfmig_mmio_begin(vf->vm, &mmio);
	if (ret == -EHOSTDOWN) {
		/* Whoever put it there has to set it up again. */
		vf->stopped = false;
		return 0;
	}
	if (ret)
		return ret;
	ret = igbvf_start(vf);
	if (!ret)
		vf->stopped = false;
	vfmig_mmio_end(vf->vm, &mmio);
	return ret;
}

static int igbvf_freeze(void *backend)
{
	struct igbvf_device *vf = backend;
	struct vfmig_mmio mmio;
	int ret;

	vf->frozen = false;
	ret = vfmig_mmio_begin(vf->vm, &mmio);
	if (ret)
		return ret == -EHOSTDOWN ? 0 : ret;

	/* It was in D3 when it was to be quiesced. */
	if (!vf->stopped) {
		ret = igbvf_stop(vf);
		vf->stopped = !ret;
	}
	if (!ret)
		ret = igbvf_read_state(vf, &vf->guest->state);
	vf->frozen = !ret;
	vfmig_mmio_end(vf->vm, &mmio);
	return ret;
}

static int igbvf_thaw(void *backend)
{
	struct igbvf_device *vf = backend;

	vf->frozen = false;
	return 0;
}

static int igbvf_save_begin(void *backend, enum vfmig_phase phase)
{
	struct igbvf_device *vf = backend;
	const char *why;
	bool lost;
	int ret;

	vf->said = phase == VFMIG_PRE_COPY;
	if (vf->said)
		return 0;

	if (!vf->frozen) {
		ret = igbvf_freeze(vf);
		if (ret)
			return ret;
	}
	if (!vf->frozen)
		return vfmig_fail(vf->vm, -EHOSTDOWN,
				  "the function is in a low power state");

	why = igbvf_state_check(&vf->guest->state, sizeof(vf->guest->state));
	if (why)
		return vfmig_fail(vf->vm, -EINVAL,
				  "the guest has set up rubbish: %s", why);

	spin_lock(&vf->lock);
	lost = vf->guest->mailbox.lost;
	spin_unlock(&vf->lock);
	if (lost)
		return vfmig_fail(vf->vm, -E2BIG,
				  "the guest has more than %u unicast addresses",
				  IGBVF_MAX_UNICAST);
	return 0;
}

static u64 igbvf_save_left(void *backend)
{
	struct igbvf_device *vf = backend;

	return vf->said ? 0 : sizeof(vf->guest->state);
}

static int igbvf_save(void *backend, struct vfmig_record *rec)
{
	struct igbvf_device *vf = backend;

	rec->len = 0;
	if (vf->said)
		return 0;
	rec->type = IGBVF_RECORD_STATE;
	rec->flags = 0;
	rec->len = sizeof(vf->guest->state);
	memcpy(rec->data, &vf->guest->state, sizeof(vf->guest->state));
	vf->said = true;
	return 0;
}

static void igbvf_save_end(void *backend)
{
}

static int igbvf_load_begin(void *backend)
{
	struct igbvf_device *vf = backend;

	vf->arrived = false;
	return 0;
}

static int igbvf_load(void *backend, const struct vfmig_record *rec)
{
	struct igbvf_device *vf = backend;
	const char *why;

	if (rec->type != IGBVF_RECORD_STATE)
		return -EOPNOTSUPP;
	if (vf->arrived)
		return vfmig_fail(vf->vm, -EINVAL, "the state comes twice");
	why = igbvf_state_check(rec->data, rec->len);
	if (why)
		return vfmig_fail(vf->vm, -EINVAL, "%s", why);

	memcpy(&vf->guest->incoming, rec->data, sizeof(vf->guest->incoming));
	vf->arrived = true;
	return 0;
}

/* What was loaded is now what the guest has done here. */
static int adopt(struct igbvf_device *vf, unsigned int resets)
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
	vf->stopped = true;
	vf->guest->state = *state;
	vf->frozen = true;
	return 0;
}

static int igbvf_load_commit(void *backend)
{
	struct igbvf_device *vf = backend;
	struct vfmig_mmio mmio;
	unsigned int resets;
	int ret;

	if (!vf->arrived)
		return vfmig_fail(vf->vm, -EINVAL,
				  "the stream is without a state");

	ret = vfmig_mmio_begin(vf->vm, &mmio);
	if (ret)
		return ret;

	/* From here on nothing is left of what it was. */
	spin_lock(&vf->lock);
	resets = vf->resets;
	spin_unlock(&vf->lock);
	vf->frozen = false;
	memset(&vf->run, 0, sizeof(vf->run));

	ret = igbvf_pf_restore(vf, &vf->guest->incoming);
	if (!ret)
		ret = igbvf_write_state(vf, &vf->guest->incoming);
	if (!ret)
		ret = igbvf_pf_leave(vf, &vf->guest->incoming);
	if (!ret)
		ret = adopt(vf, resets);
	vfmig_mmio_end(vf->vm, &mmio);
	return ret;
}

static void igbvf_load_end(void *backend)
{
	struct igbvf_device *vf = backend;

	vf->arrived = false;
}

/*
 * What the guest asked of its PF is not forgotten here but when the reset
 * happens, in igbvf_forget(): this may come late, after the guest has begun to
 * ask anew.
 */
static void igbvf_reset(void *backend)
{
	struct igbvf_device *vf = backend;

	vf->stopped = false;
	vf->frozen = false;
	vf->arrived = false;
}

/**
 * igbvf_forget - the function was reset: nothing of the guest is left in it
 * @vf: the function
 */
void igbvf_forget(struct igbvf_device *vf)
{
	struct igbvf_guest *guest;

	spin_lock(&vf->lock);
	guest = vf->guest;
	if (guest) {
		memset(&guest->mailbox, 0, sizeof(guest->mailbox));
		memset(guest->stat_offset, 0, sizeof(guest->stat_offset));
	}
	vf->resets++;
	spin_unlock(&vf->lock);
}

const struct vfmig_backend_ops igbvf_backend_ops = {
	.name		= "igbvf",
	.stream_version	= IGBVF_STATE_VERSION,
	.min_record	= sizeof(struct igbvf_state),
	.identity	= igbvf_identity,
	.quiesce	= igbvf_quiesce,
	.run		= igbvf_run,
	.freeze		= igbvf_freeze,
	.thaw		= igbvf_thaw,
	.save_begin	= igbvf_save_begin,
	.save_left	= igbvf_save_left,
	.save		= igbvf_save,
	.save_end	= igbvf_save_end,
	.load_begin	= igbvf_load_begin,
	.load		= igbvf_load,
	.load_commit	= igbvf_load_commit,
	.load_end	= igbvf_load_end,
	.reset		= igbvf_reset,
};
