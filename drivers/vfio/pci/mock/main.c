// SPDX-License-Identifier: GPL-2.0-only
/*
 * mock-vfio-pci - a variant driver with made-up state, for tests
 *
 * Takes any PCI function, but only by driver_override. What the function does
 * by itself goes on as with plain vfio-pci: only its state is made up.
 */
#include <linux/module.h>
#include <linux/pci.h>

#include "mock.h"

static struct mock_device *mock_from_vdev(struct vfio_device *vdev)
{
	return container_of(vdev, struct mock_device, vpci.core.vdev);
}

static int mock_init_device(struct vfio_device *vdev)
{
	struct mock_device *mock = mock_from_vdev(vdev);
	int ret;

	spin_lock_init(&mock->lock);
	mock->content.generation = kvcalloc(MOCK_MAX_BLOCKS, sizeof(u32),
					    GFP_KERNEL);
	mock->dirty = bitmap_zalloc(MOCK_MAX_BLOCKS, GFP_KERNEL);
	mock->page = (void *)get_zeroed_page(GFP_KERNEL);
	ret = -ENOMEM;
	if (!mock->content.generation || !mock->dirty || !mock->page)
		goto err_free;

	ret = vfio_pci_core_init_dev(vdev);
	if (ret)
		goto err_free;
	return 0;

err_free:
	free_page((unsigned long)mock->page);
	bitmap_free(mock->dirty);
	kvfree(mock->content.generation);
	return ret;
}

static void mock_release_device(struct vfio_device *vdev)
{
	struct mock_device *mock = mock_from_vdev(vdev);

	free_page((unsigned long)mock->page);
	bitmap_free(mock->dirty);
	kvfree(mock->content.generation);
	vfio_pci_core_release_dev(vdev);
}

static const struct vfio_device_ops mock_vfio_ops = {
	.name		= KBUILD_MODNAME,
	VFMIG_PCI_OPS(mock_init_device, mock_release_device)
};

static int mock_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct mock_device *mock;
	int ret;

	mock = vfio_alloc_device(mock_device, vpci.core.vdev, &pdev->dev,
				 &mock_vfio_ops);
	if (IS_ERR(mock))
		return PTR_ERR(mock);

	mock->ops = mock_backend_ops;
	ret = mock_knobs_default(mock);
	if (ret) {
		vfio_put_device(&mock->vpci.core.vdev);
		return ret;
	}
	mock_power_on(mock);

	ret = vfmig_pci_probe(&mock->vpci, &mock->ops, mock);
	if (ret)
		return ret;
	mock_debugfs_add(mock);
	return 0;
}

/*
 * No MODULE_DEVICE_TABLE: a wildcard alias would offer this driver to whatever
 * looks for one for a real device.
 */
static const struct pci_device_id mock_pci_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};

static struct pci_driver mock_pci_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= mock_pci_table,
	.probe			= mock_probe,
	.remove			= vfmig_pci_remove,
	.err_handler		= &vfmig_pci_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(mock_pci_driver);

MODULE_LICENSE("GPL");
MODULE_VERSION(VFMIG_VERSION);
MODULE_AUTHOR("The vfmig authors");
MODULE_DESCRIPTION("Mock VFIO PCI variant driver for testing migration");
