// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses to the BARs by the driver itself, on a device whose power, decoding
 * and reset are in the hands of somebody else: the guest may have switched
 * decoding off, and QEMU restores PCI_COMMAND on a destination only after the
 * device's state is there.
 *
 * What is switched on here is switched off again bit by bit: a stretch of
 * accesses may last, and meanwhile a reset through sysfs restores PCI_COMMAND,
 * and vfio's interrupt handler changes it, under other locks than ours.
 */
#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/vfio_pci_core.h>

#include "device.h"

/*
 * The bits of PCI_COMMAND that the BARs need. A virtual function has none, and
 * its PF decides; but that of QEMU has it and cannot be reached without.
 */
static u16 vfmig_bars_bits(struct pci_dev *pdev)
{
	u16 bits = 0;
	int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		if (pci_resource_flags(pdev, i) & IORESOURCE_IO)
			bits |= PCI_COMMAND_IO;
		if (pci_resource_flags(pdev, i) & IORESOURCE_MEM)
			bits |= PCI_COMMAND_MEMORY;
	}
	return bits;
}

/* Against vfio's interrupt handler, which sets and clears a bit of its own. */
static u16 vfmig_bars_change(struct vfio_pci_core_device *core, u16 clear,
			     u16 set)
{
	struct pci_dev *pdev = core->pdev;
	unsigned long flags;
	u16 before;

	spin_lock_irqsave(&core->irqlock, flags);
	pci_read_config_word(pdev, PCI_COMMAND, &before);
	if (((before & ~clear) | set) != before)
		pci_write_config_word(pdev, PCI_COMMAND,
				      (before & ~clear) | set);
	spin_unlock_irqrestore(&core->irqlock, flags);
	return before;
}

/**
 * vfmig_bars_begin - make the BARs of a device accessible
 * @vm: the device
 *
 * Wakes the device, keeps resets through vfio and the guest's accesses to
 * config space out and switches decoding on. What the stretch does must be
 * bounded: it should ask vfmig_must_stop() where it waits.
 *
 * Context: under the engine lock; takes the memory_lock of vfio, to be released
 * by vfmig_bars_end().
 * Return: 0; -EHOSTDOWN where the guest has put the device into a low power
 * state; -ECANCELED where the device has been reset meanwhile; -EIO where it
 * does not respond; or the errno of runtime PM, which could not resume it.
 */
int vfmig_bars_begin(struct vfmig_device *vm)
{
	struct vfio_pci_core_device *core = vm->core;
	struct pci_dev *pdev = core->pdev;
	u16 bits, before;
	int ret;

	lockdep_assert_held(&vm->lock);

	ret = pm_runtime_resume_and_get(&pdev->dev);
	if (ret)
		return vfmig_fail(vm, ret,
				  "could not resume the device from runtime suspend");

	down_write(&core->memory_lock);
	if (vfmig_was_reset(vm)) {
		ret = -ECANCELED;
		goto out;
	}
	if (pdev->current_state != PCI_D0) {
		ret = -EHOSTDOWN;
		goto out;
	}
	if (pci_channel_offline(pdev) || !pci_device_is_present(pdev)) {
		ret = vfmig_fail(vm, -EIO,
				 "the device does not respond to config accesses, it was unplugged or is in an error state");
		goto out;
	}

	bits = vfmig_bars_bits(pdev);
	before = vfmig_bars_change(core, 0, bits);
	vm->switched_on = bits & ~before;
	return 0;
out:
	up_write(&core->memory_lock);
	pm_runtime_put(&pdev->dev);
	return ret;
}
EXPORT_SYMBOL_GPL(vfmig_bars_begin);

/**
 * vfmig_bars_end - undo vfmig_bars_begin()
 * @vm: the device
 *
 * Context: under the engine lock; releases the memory_lock of vfio.
 */
void vfmig_bars_end(struct vfmig_device *vm)
{
	struct vfio_pci_core_device *core = vm->core;

	lockdep_assert_held(&vm->lock);

	if (vm->switched_on)
		vfmig_bars_change(core, vm->switched_on, 0);
	vm->switched_on = 0;
	up_write(&core->memory_lock);
	pm_runtime_put(&core->pdev->dev);
}
EXPORT_SYMBOL_GPL(vfmig_bars_end);
