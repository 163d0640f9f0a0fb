// SPDX-License-Identifier: GPL-2.0-only
/*
 * The owner as a virtio device: features, interrupts, the place of its
 * administration queue, reset.
 */
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/pci.h>
#include <linux/vfmig_compat.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "owner_priv.h"

#define ADM_RESET_POLL_US	1000
#define ADM_RESET_US		(1000 * 1000)
#define ADM_RECOVERY_PAUSE	HZ
#define ADM_CONFIG_VECTOR	0
/* What a register reads as that nobody answers for. */
#define ADM_STATUS_GONE		0xff

/* After the fields that every kernel's headers know. */
#define ADM_COMMON_QUEUE_INDEX	60	/* le16 index, le16 number */
#define ADM_COMMON_END		64

struct adm_feature {
	unsigned int bit;
	const char *name;
};

static const struct adm_feature adm_needed[] = {
	{ VIRTIO_F_VERSION_1,	"VIRTIO_F_VERSION_1" },
	{ VIRTIO_F_SR_IOV,	"VIRTIO_F_SR_IOV" },
	{ VIRTIO_F_ADMIN_VQ,	"VIRTIO_F_ADMIN_VQ" },
};

/* Of the platform's two the DMA API takes care. */
static const u64 adm_taken_if_offered = BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) |
					BIT_ULL(VIRTIO_F_ORDER_PLATFORM) |
					BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC);

/*
 * Without VIRTIO_F_ACCESS_PLATFORM a device takes addresses as they are in memory, which
 * are no addresses of the DMA API where an IOMMU translates.
 */
static bool adm_can_translate(struct adm_owner *owner, u64 offered)
{
	struct device *dev = &owner->pdev->dev;

	return offered & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) ||
	       !device_iommu_mapped(dev);
}

static int adm_set_features(struct adm_owner *owner)
{
	struct virtio_pci_modern_device *mdev = &owner->mdev;
	u64 offered = vp_modern_get_features(mdev);
	u64 features = offered & adm_taken_if_offered;
	unsigned int i;

	if (!adm_can_translate(owner, offered)) {
		pci_err(owner->pdev,
			"the device is behind an IOMMU and does not offer VIRTIO_F_ACCESS_PLATFORM (feature %u)\n",
			VIRTIO_F_ACCESS_PLATFORM);
		return -EOPNOTSUPP;
	}
	for (i = 0; i < ARRAY_SIZE(adm_needed); i++) {
		if (!(offered & BIT_ULL(adm_needed[i].bit))) {
			pci_err(owner->pdev,
				"the device does not offer %s (feature %u): it cannot migrate its VFs\n",
				adm_needed[i].name, adm_needed[i].bit);
			return -EOPNOTSUPP;
		}
		features |= BIT_ULL(adm_needed[i].bit);
	}
	vp_modern_set_features(mdev, features);
	vp_modern_set_status(mdev, vp_modern_get_status(mdev) |
				   VIRTIO_CONFIG_S_FEATURES_OK);
	if (vp_modern_get_status(mdev) & VIRTIO_CONFIG_S_FEATURES_OK)
		return 0;
	pci_err(owner->pdev, "the device refuses its own features 0x%llx\n",
		features);
	return -EOPNOTSUPP;
}

/* Of the common configuration's capability, 0 if there is none in a BAR. */
static int adm_find_common(struct pci_dev *pdev, u8 *bar)
{
	int pos;
	u8 type;

	for (pos = pci_find_capability(pdev, PCI_CAP_ID_VNDR); pos;
	     pos = pci_find_next_capability(pdev, pos, PCI_CAP_ID_VNDR)) {
		pci_read_config_byte(pdev, pos + VIRTIO_PCI_CAP_CFG_TYPE, &type);
		pci_read_config_byte(pdev, pos + VIRTIO_PCI_CAP_BAR, bar);
		if (type == VIRTIO_PCI_CAP_COMMON_CFG &&
		    *bar < PCI_STD_NUM_BARS)
			return pos;
	}
	return 0;
}

/*
 * Mapped apart: kernels that know nothing of this queue map the common
 * configuration without these fields.
 */
static int adm_find_queue(struct adm_owner *owner, u16 *index)
{
	struct pci_dev *pdev = owner->pdev;
	u32 offset = 0, length = 0;
	void __iomem *field;
	u16 number, queues;
	int pos;
	u8 bar;

	pos = adm_find_common(pdev, &bar);
	if (pos) {
		pci_read_config_dword(pdev, pos + VIRTIO_PCI_CAP_OFFSET, &offset);
		pci_read_config_dword(pdev, pos + VIRTIO_PCI_CAP_LENGTH, &length);
	}
	if (length < ADM_COMMON_END || offset > U32_MAX - ADM_COMMON_END) {
		pci_err(pdev,
			"the common configuration has %u bytes, an administration queue needs %u\n",
			length, ADM_COMMON_END);
		return -EINVAL;
	}
	field = pci_iomap_range(pdev, bar, offset + ADM_COMMON_QUEUE_INDEX,
				ADM_COMMON_END - ADM_COMMON_QUEUE_INDEX);
	if (!field)
		return -ENOMEM;
	*index = ioread16(field);
	number = ioread16(field + sizeof(__le16));
	pci_iounmap(pdev, field);
	queues = vp_modern_get_num_queues(&owner->mdev);
	if (!number || *index < queues) {
		pci_err(pdev, "the device has %u administration queues, the first is number %u, and %u other queues\n",
			number, *index, queues);
		return -EINVAL;
	}
	return 0;
}

/**
 * adm_device_is_dead - has the device given up? Then the queue is given up, too
 * @owner: to be looked at, in any context
 *
 * Return: true if so.
 */
bool adm_device_is_dead(struct adm_owner *owner)
{
	u8 status = vp_modern_get_status(&owner->mdev);

	if (status == ADM_STATUS_GONE)
		adm_queue_give_up(owner, -EIO, "the device is gone: its status reads 0xff");
	else if (status & VIRTIO_CONFIG_S_NEEDS_RESET)
		adm_queue_give_up(owner, -EIO,
				  "the device needs a reset: its status is 0x%02x",
				  status);
	else if (!(status & VIRTIO_CONFIG_S_DRIVER_OK))
		adm_queue_give_up(owner, -EIO,
				  "the device was reset by somebody else: its status is 0x%02x",
				  status);
	else
		return false;
	return true;
}

/**
 * adm_device_look - notice what has become of a device that was sent nothing
 * @owner: to be looked at
 *
 * One that has died, or was reset behind its driver's back, never answers.
 *
 * Context: with the owner's life held.
 */
void adm_device_look(struct adm_owner *owner)
{
	lockdep_assert_held(&owner->life);
	if (owner->up && !READ_ONCE(owner->queue.dead))
		adm_device_is_dead(owner);
}

static irqreturn_t adm_queue_interrupt(int irq, void *data)
{
	return adm_queue_answers(data) ? IRQ_HANDLED : IRQ_NONE;
}

/* Alone on its vector it is for changes; else answers come here, too. */
static irqreturn_t adm_config_interrupt(int irq, void *data)
{
	struct adm_owner *owner = data;

	if (!adm_device_is_dead(owner) && owner->vectors == 1)
		adm_queue_answers(owner);
	return IRQ_HANDLED;
}

static void adm_interrupts_down(struct adm_owner *owner)
{
	while (owner->requested)
		pci_free_irq(owner->pdev, --owner->requested, owner);
	if (owner->vectors)
		pci_free_irq_vectors(owner->pdev);
	owner->vectors = 0;
}

static int adm_interrupts_up(struct adm_owner *owner)
{
	struct pci_dev *pdev = owner->pdev;
	int ret;

	ret = pci_alloc_irq_vectors(pdev, 1, 2, PCI_IRQ_MSIX);
	if (ret < 0) {
		pci_err(pdev, "no MSI-X vector (%d), which the administration queue needs\n",
			ret);
		return ret;
	}
	owner->vectors = ret;
	ret = pci_request_irq(pdev, ADM_CONFIG_VECTOR, adm_config_interrupt,
			      NULL, owner, "%s-config", pci_name(pdev));
	if (ret)
		return ret;
	owner->requested++;
	if (owner->vectors > 1) {
		ret = pci_request_irq(pdev, owner->vectors - 1,
				      adm_queue_interrupt, NULL, owner,
				      "%s-admin", pci_name(pdev));
		if (ret)
			return ret;
		owner->requested++;
	}
	if (vp_modern_config_vector(&owner->mdev, ADM_CONFIG_VECTOR) ==
	    ADM_CONFIG_VECTOR)
		return 0;
	pci_err(pdev, "the device does not take MSI-X vector %u\n",
		ADM_CONFIG_VECTOR);
	return -EBUSY;
}

/* After this the device touches no memory of the host any more. */
static int adm_reset(struct adm_owner *owner)
{
	u8 status;
	int ret;

	vp_modern_set_status(&owner->mdev, 0);
	ret = read_poll_timeout(vp_modern_get_status, status, !status,
				ADM_RESET_POLL_US, ADM_RESET_US, false,
				&owner->mdev);
	if (ret)
		pci_clear_master(owner->pdev);
	return ret;
}

/* Memory that the device may still write to is nobody else's any more. */
static void adm_tear_down(struct adm_owner *owner)
{
	bool was_reset = !adm_reset(owner);
	size_t lost;

	adm_interrupts_down(owner);
	lost = adm_queue_down(owner, was_reset);
	if (!was_reset)
		pci_warn(owner->pdev,
			 "the device does not reset itself, its status is 0x%02x: it is kept from DMA, and %zu bytes that it was given are not used again\n",
			 vp_modern_get_status(&owner->mdev), lost);
}

static void adm_go_down(struct adm_owner *owner)
{
	lockdep_assert_held_write(&owner->life);
	if (owner->up)
		adm_tear_down(owner);
	ida_destroy(&owner->objects);
	owner->up = false;
}

/**
 * adm_device_down - reset the device and free what it has used
 * @owner: whose queue is dead
 *
 * Waits for those who are in a command, which have been woken up.
 */
void adm_device_down(struct adm_owner *owner)
{
	down_write(&owner->life);
	adm_go_down(owner);
	up_write(&owner->life);
}

static int adm_bring_up(struct adm_owner *owner)
{
	struct virtio_pci_modern_device *mdev = &owner->mdev;
	u16 index;
	int ret;

	vp_modern_set_status(mdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	vp_modern_set_status(mdev, VIRTIO_CONFIG_S_ACKNOWLEDGE |
				   VIRTIO_CONFIG_S_DRIVER);
	ret = adm_set_features(owner);
	if (!ret)
		ret = adm_find_queue(owner, &index);
	if (!ret)
		ret = adm_interrupts_up(owner);
	if (!ret)
		ret = adm_queue_up(owner, index, owner->vectors - 1);
	if (ret)
		return ret;
	vp_modern_set_status(mdev, vp_modern_get_status(mdev) |
				   VIRTIO_CONFIG_S_DRIVER_OK);
	return 0;
}

static int adm_begin_anew(struct adm_owner *owner)
{
	int ret = adm_reset(owner);

	/* Once, however often it is tried. */
	if (ret && !owner->next_recovery)
		pci_err(owner->pdev,
			"the device does not reset itself: its status is 0x%02x after %u ms\n",
			vp_modern_get_status(&owner->mdev), ADM_RESET_US / 1000);
	return ret;
}

static int adm_go_up(struct adm_owner *owner)
{
	int ret;

	lockdep_assert_held_write(&owner->life);
	ret = adm_begin_anew(owner);
	if (ret)
		return ret;
	pci_set_master(owner->pdev);
	ret = adm_bring_up(owner);
	if (ret) {
		vp_modern_set_status(&owner->mdev, VIRTIO_CONFIG_S_FAILED);
		adm_tear_down(owner);
		return ret;
	}
	/* For a reset of the slot, after an error of the bus. */
	pci_save_state(owner->pdev);
	owner->generation++;
	owner->up = true;
	adm_queue_revive(owner);
	return 0;
}

/**
 * adm_device_up - reset the device and make its administration queue usable
 * @owner: whose device is enabled and not up
 *
 * Return: 0, or a negative errno and the reason has been logged.
 */
int adm_device_up(struct adm_owner *owner)
{
	int ret;

	down_write(&owner->life);
	ret = adm_go_up(owner);
	up_write(&owner->life);
	return ret;
}

/* Before it is reset, what the device was given is not to be lost: it may come back. */
static int adm_recover(struct adm_owner *owner)
{
	int ret = owner->up ? adm_begin_anew(owner) : 0;

	if (ret)
		return ret;
	adm_go_down(owner);
	return adm_go_up(owner);
}

/**
 * adm_device_recover - have a queue that answers, if need be by a reset
 * @owner: bound; whoever has been reset, suspended or unbound does not recover
 *
 * It is the virtio device that is reset, by its status register, not the PCI function:
 * the VFs stay as they are. What has failed is not tried again for a second.
 *
 * Context: may sleep, a second for the device's reset.
 * Return: 0, or the errno that the queue is dead of.
 */
int adm_device_recover(struct adm_owner *owner)
{
	struct adm_queue *queue = &owner->queue;
	int ret;

	down_read(&owner->life);
	adm_device_look(owner);
	ret = READ_ONCE(queue->dead);
	up_read(&owner->life);
	if (!ret)
		return 0;
	down_write(&owner->life);
	ret = READ_ONCE(queue->dead);
	if (!ret || ret == -ENODEV ||
	    (owner->next_recovery &&
	     time_before(jiffies, owner->next_recovery)))
		goto out;
	if (!adm_recover(owner)) {
		owner->next_recovery = 0;
		queue->recoveries++;
		pci_info(owner->pdev, "the administration queue has recovered\n");
		ret = 0;
	} else {
		owner->next_recovery = jiffies + ADM_RECOVERY_PAUSE;
	}
out:
	up_write(&owner->life);
	return ret;
}
