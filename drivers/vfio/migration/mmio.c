// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stretch of register accesses by the driver itself, on a device whose
 * power, memory decoding and reset are in the hands of somebody else: the
 * guest may have switched decoding off, and QEMU restores PCI_COMMAND on a
 * destination only after the device's state is there.
 */
#include <linux/export.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/vfio_pci_core.h>

#include "device.h"

/**
 * vfmig_mmio_begin - make the BARs of a device accessible
 * @vm: the device
 * @mmio: remembers how it was before
 *
 * Wakes the device, keeps resets and the guest's accesses to config space out
 * and switches memory decoding on. What the stretch does must be bounded: it
 * should ask vfmig_must_stop() where it waits.
 *
 * Context: from a backend's call, under the engine lock; takes the
 * memory_lock of vfio, to be released by vfmig_mmio_end().
 * Return: 0; -EHOSTDOWN where the guest has put the device into a low power
 * state; -ECANCELED where the device has been reset meanwhile; or what waking
 * it said.
 */
int vfmig_mmio_begin(struct vfmig_device *vm, struct vfmig_mmio *mmio)
{
	struct vfio_pci_core_device *core = vm->core;
	struct pci_dev *pdev = core->pdev;
	int ret;

	lockdep_assert_held(&vm->lock);

	ret = pm_runtime_resume_and_get(&pdev->dev);
	if (ret)
		return ret;

	down_write(&core->memory_lock);
	if (READ_ONCE(vm->reset_pending)) {
		ret = -ECANCELED;
		goto out;
	}
	if (pdev->current_state != PCI_D0) {
		ret = -EHOSTDOWN;
		goto out;
	}

	pci_read_config_word(pdev, PCI_COMMAND, &mmio->command);
	if (!(mmio->command & PCI_COMMAND_MEMORY))
		pci_write_config_word(pdev, PCI_COMMAND,
				      mmio->command | PCI_COMMAND_MEMORY);
	return 0;
out:
	up_write(&core->memory_lock);
	pm_runtime_put(&pdev->dev);
	return ret;
}
EXPORT_SYMBOL_GPL(vfmig_mmio_begin);

/**
 * vfmig_mmio_end - undo vfmig_mmio_begin()
 * @vm: the device
 * @mmio: as vfmig_mmio_begin() left it
 *
 * Context: under the engine lock; releases the memory_lock of vfio.
 */
void vfmig_mmio_end(struct vfmig_device *vm, struct vfmig_mmio *mmio)
{
	struct vfio_pci_core_device *core = vm->core;
	struct pci_dev *pdev = core->pdev;

	if (!(mmio->command & PCI_COMMAND_MEMORY))
		pci_write_config_word(pdev, PCI_COMMAND, mmio->command);
	up_write(&core->memory_lock);
	pm_runtime_put(&pdev->dev);
}
EXPORT_SYMBOL_GPL(vfmig_mmio_end);
