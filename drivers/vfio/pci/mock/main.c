// SPDX-License-Identifier: GPL-2.0-only
/*
 * mock-vfio-pci - a variant driver with made-up state, for tests
 *
 * Takes any PCI function, but only by driver_override. What the function does
 * by itself goes on as with plain vfio-pci: only its state is made up.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfmig_compat.h>

#include "mock.h"

static struct mock_device *mock_from_vdev(struct vfio_device *vdev)
{
	return container_of(vdev, struct mock_device, core.vdev);
}

static struct mock_device *mock_from_pdev(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);

	return container_of(core, struct mock_device, core);
}

static int mock_open_device(struct vfio_device *vdev)
{
	struct mock_device *mock = mock_from_vdev(vdev);
	int ret;

	ret = vfio_pci_core_enable(&mock->core);
	if (ret)
		return ret;

	mock_opened(mock);
	ret = vfmig_open(mock->vm);
	if (ret) {
		mock_closed(mock);
		vfio_pci_core_disable(&mock->core);
		return ret;
	}

	vfio_pci_core_finish_enable(&mock->core);

	/*
	 * QEMU 10 fails a migration over a mapped MSI-X BAR whose rest is not
	 * a whole number of pages.
	 */
	if (mock->core.msix_bar < PCI_STD_NUM_BARS)
		mock->core.bar_mmap_supported[mock->core.msix_bar] = false;
	return 0;
}

static void mock_close_device(struct vfio_device *vdev)
{
	struct mock_device *mock = mock_from_vdev(vdev);

	vfmig_close(mock->vm);
	mock_closed(mock);
	vfio_pci_core_close_device(vdev);
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
	.init		= mock_init_device,
	.release	= mock_release_device,
	.open_device	= mock_open_device,
	.close_device	= mock_close_device,
	.ioctl		= vfio_pci_core_ioctl,
	.device_feature	= vfio_pci_core_ioctl_feature,
	.read		= vfio_pci_core_read,
	.write		= vfio_pci_core_write,
	.mmap		= vfio_pci_core_mmap,
	VFMIG_REGION_INFO_OPS(vfmig_pci_region_info)
	VFMIG_PCI_DEVICE_OPS
};

static int mock_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct mock_device *mock;
	int ret;

	mock = vfio_alloc_device(mock_device, core.vdev, &pdev->dev,
				 &mock_vfio_ops);
	if (IS_ERR(mock))
		return PTR_ERR(mock);

	dev_set_drvdata(&pdev->dev, &mock->core);

	mock->ops = mock_backend_ops;
	ret = mock_knobs_default(mock);
	if (ret)
		goto err_put;
	mock_power_on(mock);

	mock->vm = vfmig_register(&mock->core, &mock->ops, mock);
	if (IS_ERR(mock->vm)) {
		ret = PTR_ERR(mock->vm);
		goto err_put;
	}
	mock_debugfs_add(mock);

	ret = vfio_pci_core_register_device(&mock->core);
	if (ret)
		goto err_unregister;
	return 0;

err_unregister:
	mock_debugfs_remove(mock);
	vfmig_unregister(mock->vm);
err_put:
	vfio_put_device(&mock->core.vdev);
	return ret;
}

static void mock_remove(struct pci_dev *pdev)
{
	struct mock_device *mock = mock_from_pdev(pdev);

	vfio_pci_core_unregister_device(&mock->core);
	mock_debugfs_remove(mock);
	vfmig_unregister(mock->vm);
	vfio_put_device(&mock->core.vdev);
}

static void mock_reset_done(struct pci_dev *pdev)
{
	vfmig_reset_done(mock_from_pdev(pdev)->vm);
}

/*
 * No MODULE_DEVICE_TABLE: a wildcard alias would offer this driver to whatever
 * looks for one for a real device.
 */
static const struct pci_device_id mock_pci_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};

static const struct pci_error_handlers mock_err_handlers = {
	.error_detected	= vfio_pci_core_aer_err_detected,
	.reset_done	= mock_reset_done,
};

static struct pci_driver mock_pci_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= mock_pci_table,
	.probe			= mock_probe,
	.remove			= mock_remove,
	.err_handler		= &mock_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(mock_pci_driver);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The vfmig authors");
MODULE_DESCRIPTION("Mock VFIO PCI variant driver for testing migration");
