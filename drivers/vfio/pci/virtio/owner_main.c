// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-adm-owner - drives the PF of a virtio device for its VFs' migration
 *
 * Where the kernel's virtio-pci cannot do that. It has no table of devices, so it
 * takes a PF only where driver_override says so, and never one from virtio-pci by
 * itself. The PF is nothing but the owner of its VFs then: no disk, no network
 * interface.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/slab.h>

#include "owner_priv.h"

static struct adm_owner *adm_owner_alloc(struct pci_dev *pdev)
{
	struct adm_owner *owner = kzalloc(sizeof(*owner), GFP_KERNEL);

	if (!owner)
		return NULL;
	kref_init(&owner->kref);
	INIT_LIST_HEAD(&owner->entry);
	init_rwsem(&owner->life);
	mutex_init(&owner->setup_lock);
	ida_init(&owner->objects);
	adm_queue_init(&owner->queue);
	owner->pdev = pci_dev_get(pdev);
	owner->mdev.pci_dev = pdev;
	return owner;
}

static int adm_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct adm_owner *owner;
	int ret;

	if (!pdev->is_physfn) {
		pci_err(pdev, "is no PF with VFs: virtio-adm-owner has nothing to do for it\n");
		return -ENODEV;
	}
	owner = adm_owner_alloc(pdev);
	if (!owner)
		return -ENOMEM;
	ret = pci_enable_device(pdev);
	if (ret)
		goto err_put;
	ret = vp_modern_probe(&owner->mdev);
	if (ret) {
		pci_err(pdev, "is no modern virtio device (%d)\n", ret);
		goto err_disable;
	}
	ret = adm_device_up(owner);
	if (ret)
		goto err_remove;

	pci_set_drvdata(pdev, owner);
	adm_debugfs_add(owner);
	adm_owners_add(owner);
	return 0;

err_remove:
	vp_modern_remove(&owner->mdev);
err_disable:
	pci_disable_device(pdev);
err_put:
	kref_put(&owner->kref, adm_owner_release);
	return ret;
}

/* All members fail from here on. Waits for them to notice, which is short. */
static void adm_stop(struct adm_owner *owner, const char *why)
{
	adm_queue_give_up(owner, -ENODEV, "%s", why);
	adm_device_down(owner);
}

/*
 * The VFs go with their owner, as with virtio-pci: the PF may be about to be removed.
 * The users of VFs are asked for them, and waited for. No command waits that long, and
 * none is with the device any more when its VFs are disabled.
 */
static void adm_remove(struct pci_dev *pdev)
{
	struct adm_owner *owner = pci_get_drvdata(pdev);

	adm_owners_remove(owner);
	adm_stop(owner, "the PF was unbound from its driver");
	adm_debugfs_remove(owner);
	if (pci_num_vf(pdev))
		pci_disable_sriov(pdev);
	vp_modern_remove(&owner->mdev);
	pci_disable_device(pdev);
	kref_put(&owner->kref, adm_owner_release);
}

static void adm_shutdown(struct pci_dev *pdev)
{
	adm_stop(pci_get_drvdata(pdev), "the host is shut down");
}

static int adm_sriov_configure(struct pci_dev *pdev, int nr)
{
	struct adm_owner *owner = pci_get_drvdata(pdev);
	int ret;

	if (!nr) {
		pci_disable_sriov(pdev);
		return 0;
	}
	ret = adm_device_recover(owner);
	if (ret) {
		pci_err(pdev, "no VFs: the administration queue is dead (%d)\n",
			ret);
		return ret;
	}
	ret = pci_enable_sriov(pdev, nr);
	return ret ?: nr;
}

static void adm_reset_prepare(struct pci_dev *pdev)
{
	adm_stop(pci_get_drvdata(pdev), "the PF was reset");
}

static void adm_reset_done(struct pci_dev *pdev)
{
	/* It says why it fails; the owner stays dead then. */
	adm_device_up(pci_get_drvdata(pdev));
}

static pci_ers_result_t adm_error_detected(struct pci_dev *pdev,
					   pci_channel_state_t state)
{
	if (state == pci_channel_io_normal)
		return PCI_ERS_RESULT_CAN_RECOVER;
	adm_stop(pci_get_drvdata(pdev), "the bus has reported an error of the PF");
	return state == pci_channel_io_perm_failure ?
		PCI_ERS_RESULT_DISCONNECT : PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t adm_slot_reset(struct pci_dev *pdev)
{
	pci_restore_state(pdev);
	return adm_device_up(pci_get_drvdata(pdev)) ?
		PCI_ERS_RESULT_DISCONNECT : PCI_ERS_RESULT_RECOVERED;
}

static const struct pci_error_handlers adm_err_handlers = {
	.error_detected	= adm_error_detected,
	.slot_reset	= adm_slot_reset,
	.reset_prepare	= adm_reset_prepare,
	.reset_done	= adm_reset_done,
};

static int adm_suspend(struct device *dev)
{
	adm_stop(dev_get_drvdata(dev), "the host was suspended");
	return 0;
}

static int adm_resume(struct device *dev)
{
	return adm_device_up(dev_get_drvdata(dev));
}

static DEFINE_SIMPLE_DEV_PM_OPS(adm_pm_ops, adm_suspend, adm_resume);

static struct pci_driver adm_pci_driver = {
	.name			= KBUILD_MODNAME,
	.probe			= adm_probe,
	.remove			= adm_remove,
	.shutdown		= adm_shutdown,
	.sriov_configure	= adm_sriov_configure,
	.err_handler		= &adm_err_handlers,
	.driver.pm		= pm_sleep_ptr(&adm_pm_ops),
};

static int __init adm_init(void)
{
	int ret;

	adm_debugfs_init();
	ret = pci_register_driver(&adm_pci_driver);
	if (ret)
		adm_debugfs_exit();
	return ret;
}
module_init(adm_init);

static void __exit adm_exit(void)
{
	pci_unregister_driver(&adm_pci_driver);
	adm_debugfs_exit();
}
module_exit(adm_exit);

MODULE_LICENSE("GPL");
MODULE_VERSION(VFMIG_VERSION);
MODULE_AUTHOR("The vfmig authors");
MODULE_DESCRIPTION("Owner of virtio VFs, for their migration by its administration queue");
