// SPDX-License-Identifier: GPL-2.0-only
/*
 * oob-vfio-pci - a variant driver for functions without a migration interface, whose
 * state an agent in userspace saves and restores
 *
 * Takes any PCI function, but only by driver_override.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/xarray.h>

#include "oob.h"

static unsigned int oob_timeout_ms = 10000;
module_param_named(timeout_ms, oob_timeout_ms, uint, 0644);
MODULE_PARM_DESC(timeout_ms, "Milliseconds that an agent has for what one access of userspace needs, from 100 to 60000, before it is detached; of functions bound from then on (10000)");

static struct pci_driver oob_pci_driver;

/* Functions that were unbound with what an agent has left stopped, by their address. */
static DEFINE_XARRAY(oob_left_stopped);

static const struct vfio_device_ops oob_vfio_ops = {
	.name		= KBUILD_MODNAME,
	VFMIG_PCI_OPS(vfio_pci_core_init_dev, vfio_pci_core_release_dev)
};

static unsigned long oob_address(struct pci_dev *pdev)
{
	return (unsigned long)pci_domain_nr(pdev->bus) << 16 | pci_dev_id(pdev);
}

/* It does not know any more, but whoever binds it again is to have it run. */
static void oob_leave_stopped(struct oob_device *device)
{
	struct pci_dev *pdev = device->vpci.core.pdev;

	pci_warn(pdev, "vfmig: an agent has left the function stopped: bind it to %s again, with an agent that has it run\n",
		 KBUILD_MODNAME);
	xa_store(&oob_left_stopped, oob_address(pdev), xa_mk_value(1), GFP_KERNEL);
}

static int oob_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct oob_device *device;
	int ret;

	device = vfio_alloc_device(oob_device, vpci.core.vdev, &pdev->dev,
				   &oob_vfio_ops);
	if (IS_ERR(device))
		return PTR_ERR(device);
	device->ops = oob_backend_ops;
	device->ops.timeout_ms = clamp(READ_ONCE(oob_timeout_ms), 100U, 60000U);
	device->known.may_be_stopped = xa_load(&oob_left_stopped, oob_address(pdev));
	ret = vfmig_pci_probe(&device->vpci, &device->ops, device);
	if (ret)
		return ret;
	xa_erase(&oob_left_stopped, oob_address(pdev));
	oob_debugfs_add(device);
	oob_bound_add(device);
	return 0;
}

/* Another driver is to find a function that runs, and no one but its agent can see to it. */
static void oob_remove(struct pci_dev *pdev)
{
	struct oob_device *device = container_of(pci_get_drvdata(pdev),
						 struct oob_device, vpci.core);
	struct oob_agent *agent;

	vfmig_pci_unregister(pdev);
	oob_bound_remove(device);
	oob_let_go(device);
	agent = oob_agent_of(device);
	if (agent) {
		oob_agent_drain(agent, device->ops.timeout_ms);
		oob_agent_detach(agent, "the function is unbound");
	}
	oob_agent_put(agent);
	if (oob_may_be_stopped(device))
		oob_leave_stopped(device);
	vfmig_pci_free(pdev);
}

/*
 * No MODULE_DEVICE_TABLE: a wildcard alias would offer this driver to whatever
 * looks for one for a real device.
 */
static const struct pci_device_id oob_pci_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};

static struct pci_driver oob_pci_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= oob_pci_table,
	.probe			= oob_probe,
	.remove			= oob_remove,
	.err_handler		= &vfmig_pci_err_handlers,
	.driver_managed_dma	= true,
};

static int __init oob_init(void)
{
	int ret = oob_channel_init();

	if (ret)
		return ret;
	ret = pci_register_driver(&oob_pci_driver);
	if (ret)
		oob_channel_exit();
	return ret;
}
module_init(oob_init);

static void __exit oob_exit(void)
{
	pci_unregister_driver(&oob_pci_driver);
	oob_channel_exit();
	xa_destroy(&oob_left_stopped);
}
module_exit(oob_exit);

MODULE_LICENSE("GPL");
MODULE_VERSION(VFMIG_VERSION);
MODULE_AUTHOR("The vfmig authors");
MODULE_DESCRIPTION("VFIO PCI variant driver for functions that an agent in userspace migrates");
