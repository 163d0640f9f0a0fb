// SPDX-License-Identifier: GPL-2.0-only
/*
 * BAR 0 as userspace sees it: page 0 is seen by the driver, the rest is not.
 *
 * In page 0 are CTRL, STATUS, the mailbox and the statistics: nothing that a
 * packet needs. Interrupts, tails and rings are in the pages behind it, which
 * userspace maps as ever.
 */
#include <linux/lockdep.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "igbvf.h"

/* The COMMAND of a virtual function may say nothing: then its PF decides. */
static bool igbvf_decodes(struct igbvf_device *vf)
{
	struct vfio_pci_core_device *core = &vf->vpci.core;
	struct pci_dev *pdev = core->pdev;
	u16 command = le16_to_cpu(*(__le16 *)&core->vconfig[PCI_COMMAND]);

	lockdep_assert_held(&core->memory_lock);
	return pdev->current_state == PCI_D0 &&
	       (pdev->no_command_memory || command & PCI_COMMAND_MEMORY);
}

static u32 igbvf_read_reg(struct igbvf_device *vf, u32 reg)
{
	unsigned int i;

	for (i = 0; i < IGBVF_NR_STATS; i++)
		if (reg == igbvf_stat_regs[i])
			return igbvf_rd32(vf, reg) + vf->guest->stat_offset[i];
	return igbvf_rd32(vf, reg);
}

/*
 * Registers are 32 bits wide; a narrower read is of a part of one. It clears
 * only what it returns.
 */
static u32 igbvf_guest_reads(struct igbvf_device *vf, u32 offset, u32 width)
{
	u32 shift = 8 * (offset & 3);
	u32 mask = GENMASK(8 * width - 1, 0) << shift;
	u32 reg = offset & ~3U;
	u32 val;

	lockdep_assert_held(&vf->lock);
	vf->page0_reads++;
	if (reg == IGBVF_V2PMAILBOX) {
		val = igbvf_mailbox_look(vf);
		vf->guest->mailbox.unread &= ~mask;
	} else {
		val = igbvf_read_reg(vf, reg);
	}
	return (val & mask) >> shift;
}

static void igbvf_guest_writes(struct igbvf_device *vf, u32 offset, u32 width,
			       u32 val)
{
	u32 reg = offset & ~3U;
	u32 bits = val << 8 * (offset & 3);

	lockdep_assert_held(&vf->lock);
	vf->page0_writes++;
	if (reg == IGBVF_CTRL && bits & IGBVF_CTRL_RST)
		igbvf_mailbox_forget(vf);
	if (reg == IGBVF_V2PMAILBOX && bits & IGBVF_MBX_REQ)
		igbvf_mailbox_request(vf);

	switch (width) {
	case 1:
		iowrite8(val, vf->regs + offset);
		return;
	case 2:
		iowrite16(val, vf->regs + offset);
		return;
	case 4:
		iowrite32(val, vf->regs + offset);
		return;
	}
}

static int igbvf_page0_access(struct igbvf_device *vf, u32 offset, u32 width,
			      u32 *val, bool write)
{
	int ret = 0;

	down_read(&vf->vpci.core.memory_lock);
	if (!igbvf_decodes(vf)) {
		ret = -EIO;
		goto out;
	}
	spin_lock(&vf->lock);
	if (write)
		igbvf_guest_writes(vf, offset, width, *val);
	else
		*val = igbvf_guest_reads(vf, offset, width);
	spin_unlock(&vf->lock);
out:
	up_read(&vf->vpci.core.memory_lock);
	return ret;
}

static u32 igbvf_access_width(u32 offset, size_t count)
{
	if (count >= 4 && !(offset & 3))
		return 4;
	return count >= 2 && !(offset & 1) ? 2 : 1;
}

/* Of @in and @out the one that @write says is the user's buffer. */
static ssize_t igbvf_page0_rw(struct igbvf_device *vf, const char __user *in,
			      char __user *out, size_t count, u32 offset,
			      bool write)
{
	struct device *dev = &vf->vpci.core.pdev->dev;
	size_t done = 0;
	__le32 raw;
	u32 width, val = 0;
	int ret;

	ret = pm_runtime_resume_and_get(dev);
	if (ret < 0)
		return -EIO;

	for (ret = 0; done < count; done += width) {
		width = igbvf_access_width(offset + done, count - done);
		raw = 0;
		if (write) {
			ret = -EFAULT;
			if (copy_from_user(&raw, in + done, width))
				break;
			val = le32_to_cpu(raw);
		}
		ret = igbvf_page0_access(vf, offset + done, width, &val, write);
		if (ret)
			break;
		if (!write) {
			raw = cpu_to_le32(val);
			ret = -EFAULT;
			if (copy_to_user(out + done, &raw, width))
				break;
			ret = 0;
		}
	}

	pm_runtime_put(dev);
	return ret ?: done;
}

/**
 * igbvf_in_page0 - does an access touch page 0 of a function we watch?
 * @vf: the function
 * @pos: where in the device's file
 * @count: bytes
 *
 * Return: how many of the bytes lie in page 0.
 */
size_t igbvf_in_page0(struct igbvf_device *vf, loff_t pos, size_t count)
{
	u64 offset = pos & VFIO_PCI_OFFSET_MASK;

	if (!vf->vpci.vm ||
	    VFIO_PCI_OFFSET_TO_INDEX(pos) != VFIO_PCI_BAR0_REGION_INDEX ||
	    offset >= IGBVF_PAGE0_SIZE)
		return 0;
	return min_t(u64, count, IGBVF_PAGE0_SIZE - offset);
}

/**
 * igbvf_read - vfio_pci_core_read(), but for page 0 of BAR 0
 * @vdev: the function
 * @buf: where to
 * @count: bytes
 * @ppos: where in the device's file; moved on
 *
 * For struct vfio_device_ops.
 *
 * Return: bytes read, or a negative errno.
 */
ssize_t igbvf_read(struct vfio_device *vdev, char __user *buf, size_t count,
		   loff_t *ppos)
{
	struct igbvf_device *vf = igbvf_from_vdev(vdev);
	size_t part = igbvf_in_page0(vf, *ppos, count);
	ssize_t ret;

	if (part) {
		ret = igbvf_page0_rw(vf, NULL, buf, part,
				     *ppos & VFIO_PCI_OFFSET_MASK, false);
		if (ret < 0)
			return ret;
		*ppos += part;
		if (part == count)
			return part;
	}
	ret = vfio_pci_core_read(vdev, buf + part, count - part, ppos);
	/* What is done of page 0 is done. */
	if (ret < 0)
		return part ?: ret;
	return ret + part;
}

/**
 * igbvf_write - vfio_pci_core_write(), but for page 0 of BAR 0
 * @vdev: the function
 * @buf: where from
 * @count: bytes
 * @ppos: where in the device's file; moved on
 *
 * For struct vfio_device_ops.
 *
 * Return: bytes written, or a negative errno.
 */
ssize_t igbvf_write(struct vfio_device *vdev, const char __user *buf,
		    size_t count, loff_t *ppos)
{
	struct igbvf_device *vf = igbvf_from_vdev(vdev);
	size_t part = igbvf_in_page0(vf, *ppos, count);
	ssize_t ret;

	if (part) {
		ret = igbvf_page0_rw(vf, buf, NULL, part,
				     *ppos & VFIO_PCI_OFFSET_MASK, true);
		if (ret < 0)
			return ret;
		*ppos += part;
		if (part == count)
			return part;
	}
	ret = vfio_pci_core_write(vdev, buf + part, count - part, ppos);
	/* What is done of page 0 is done. */
	if (ret < 0)
		return part ?: ret;
	return ret + part;
}

/**
 * igbvf_region_info - region info, with page 0 of BAR 0 not offered to be mapped
 * @vdev: the function
 * @info: what is asked and answered
 * @caps: gets the capabilities
 *
 * For VFMIG_REGION_INFO_OPS().
 *
 * Return: as vfmig_region_info().
 */
int igbvf_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
		      struct vfio_info_cap *caps)
{
	struct igbvf_device *vf = igbvf_from_vdev(vdev);

	if (!vf->vpci.vm)
		return vfmig_pci_region_info(vdev, info, caps);
	if (info->index == VFIO_PCI_BAR0_REGION_INDEX &&
	    vf->vpci.core.bar_mmap_supported[VFIO_PCI_BAR0_REGION_INDEX])
		return vfmig_bar_info(&vf->vpci.core, info, caps, IGBVF_PAGE0_SIZE);
	return vfmig_region_info(vdev, info, caps);
}

/**
 * igbvf_ioctl - vfio_pci_core_ioctl(), with igbvf_region_info()
 * @vdev: the function
 * @cmd: the command
 * @arg: its argument
 *
 * For struct vfio_device_ops.
 *
 * Return: what the command does.
 */
long igbvf_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct igbvf_device *vf = igbvf_from_vdev(vdev);

	if (cmd == VFIO_DEVICE_GET_REGION_INFO)
		return vfmig_region_info_ioctl(vdev, arg, igbvf_region_info);
	/*
	 * A write by eventfd would not be seen. Which page it goes to is read
	 * once more by vfio, so that it cannot be told here.
	 */
	if (vf->vpci.vm && cmd == VFIO_DEVICE_IOEVENTFD)
		return -EINVAL;
	return vfio_pci_core_ioctl(vdev, cmd, arg);
}
