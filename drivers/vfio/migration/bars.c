// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses to the BARs by the driver itself, on a device whose power, decoding
 * and reset are in the hands of somebody else: the guest may have switched
 * decoding off, and QEMU restores PCI_COMMAND on a destination only after the
 * device's state is there.
 *
 * What is switched on here is switched off again bit by bit, because vfio's
 * interrupt handler changes PCI_COMMAND meanwhile. A reset through sysfs comes at
 * any time, too, and waits for nobody: the PCI core clears PCI_COMMAND, and
 * restores what it was. So a reset switches off first what was switched on here,
 * and while one is under way nothing is switched on.
 */
#include <linux/export.h>
#include <linux/lockdep.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/vfio_pci_core.h>
#include <linux/wait.h>

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

static u16 vfmig_bars_change(struct pci_dev *pdev, u16 clear, u16 set)
{
	u16 before, after;

	pci_read_config_word(pdev, PCI_COMMAND, &before);
	after = (before & ~clear) | set;
	if (after != before)
		pci_write_config_word(pdev, PCI_COMMAND, after);
	return after & ~before;
}

/* False where a reset is under way. */
static bool vfmig_bars_switch_on(struct vfmig_device *vm)
{
	struct vfio_pci_core_device *core = vm->core;
	unsigned long flags;
	bool may;

	spin_lock_irqsave(&core->irqlock, flags);
	may = !vm->resetting;
	if (may)
		vm->switched_on = vfmig_bars_change(core->pdev, 0,
						    vfmig_bars_bits(core->pdev));
	spin_unlock_irqrestore(&core->irqlock, flags);
	return may;
}

static void vfmig_bars_switch_off(struct vfmig_device *vm)
{
	lockdep_assert_held(&vm->core->irqlock);

	if (vm->switched_on)
		vfmig_bars_change(vm->core->pdev, vm->switched_on, 0);
	vm->switched_on = 0;
}

/**
 * vfmig_bars_reset_begins - the device is about to be reset
 * @vm: the device
 *
 * Context: before the PCI core saves PCI_COMMAND; process context, any locks of
 * vfio and the PCI core.
 */
void vfmig_bars_reset_begins(struct vfmig_device *vm)
{
	unsigned long flags;

	spin_lock_irqsave(&vm->core->irqlock, flags);
	WRITE_ONCE(vm->resetting, true);
	vfmig_bars_switch_off(vm);
	spin_unlock_irqrestore(&vm->core->irqlock, flags);
}

/**
 * vfmig_bars_reset_ends - the device has been reset, and the engine knows
 * @vm: the device
 *
 * Context: after the PCI core has restored PCI_COMMAND; as the beginning.
 */
void vfmig_bars_reset_ends(struct vfmig_device *vm)
{
	unsigned long flags;

	spin_lock_irqsave(&vm->core->irqlock, flags);
	WRITE_ONCE(vm->resetting, false);
	spin_unlock_irqrestore(&vm->core->irqlock, flags);
	wake_up_all(&vm->wait);
}

/* Outside of the memory_lock, which a reset may hold until its end. */
static int vfmig_bars_await_reset(struct vfmig_device *vm)
{
	int ret;

	while (READ_ONCE(vm->resetting)) {
		ret = vfmig_must_stop(vm);
		if (ret)
			return ret;
		wait_event_timeout(vm->wait, !READ_ONCE(vm->resetting), HZ / 10);
	}
	return 0;
}

/* -EAGAIN where a reset has begun meanwhile. */
static int vfmig_bars_check(struct vfmig_device *vm)
{
	struct pci_dev *pdev = vm->core->pdev;

	if (vfmig_was_reset(vm))
		return -ECANCELED;
	if (pdev->current_state != PCI_D0)
		return -EHOSTDOWN;
	if (pci_channel_offline(pdev) || !pci_device_is_present(pdev))
		return vfmig_fail(vm, -EIO,
				  "the device does not respond to config accesses, it was unplugged or is in an error state");
	return vfmig_bars_switch_on(vm) ? 0 : -EAGAIN;
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
 * does not respond; what vfmig_must_stop() says while a reset is under way; or
 * the errno of runtime PM, which could not resume the device.
 */
int vfmig_bars_begin(struct vfmig_device *vm)
{
	struct device *dev = &vm->core->pdev->dev;
	int ret;

	lockdep_assert_held(&vm->lock);

	ret = pm_runtime_resume_and_get(dev);
	if (ret)
		return vfmig_fail(vm, ret,
				  "could not resume the device from runtime suspend");

	do {
		ret = vfmig_bars_await_reset(vm);
		if (ret)
			goto err_put;
		down_write(&vm->core->memory_lock);
		ret = vfmig_bars_check(vm);
		if (!ret)
			return 0;
		up_write(&vm->core->memory_lock);
	} while (ret == -EAGAIN);
err_put:
	pm_runtime_put(dev);
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
	unsigned long flags;

	lockdep_assert_held(&vm->lock);

	spin_lock_irqsave(&core->irqlock, flags);
	vfmig_bars_switch_off(vm);
	spin_unlock_irqrestore(&core->irqlock, flags);
	up_write(&core->memory_lock);
	pm_runtime_put(&core->pdev->dev);
}
EXPORT_SYMBOL_GPL(vfmig_bars_end);
