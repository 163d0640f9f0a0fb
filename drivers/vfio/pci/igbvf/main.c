// SPDX-License-Identifier: GPL-2.0-only
/*
 * igbvf-vfio-pci - probe, reset and vfio_device_ops; the backend does the rest
 *
 * A function that cannot be made migratable is served as plain vfio-pci would.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/seq_file.h>

#include "igbvf.h"

static struct igbvf_device *igbvf_from_pdev(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);

	return container_of(core, struct igbvf_device, vpci.core);
}

static const struct vfio_device_ops igbvf_vfio_ops = {
	.name		= KBUILD_MODNAME,
	.init		= vfio_pci_core_init_dev,
	.release	= vfio_pci_core_release_dev,
	.open_device	= vfmig_pci_open_device,
	.close_device	= vfmig_pci_close_device,
	.ioctl		= igbvf_ioctl,
	.device_feature	= vfio_pci_core_ioctl_feature,
	.read		= igbvf_read,
	.write		= igbvf_write,
	.mmap		= igbvf_mmap,
	VFMIG_REGION_INFO_OPS(igbvf_region_info)
	VFMIG_PCI_DEVICE_OPS
};

static const char *igbvf_why_not(struct pci_dev *pdev)
{
	if (PAGE_SIZE > IGBVF_PAGE0_SIZE)
		return "the kernel's pages are larger than page 0 of BAR 0 (4 KiB)";
	if (!(pci_resource_flags(pdev, 0) & IORESOURCE_MEM) ||
	    pci_resource_len(pdev, 0) < IGBVF_BAR0_MIN)
		return "BAR 0 is no memory BAR of 16 KiB or more";
	return NULL;
}

static int igbvf_page0_show(struct seq_file *s, void *unused)
{
	struct igbvf_device *vf = s->private;
	unsigned long mappings = 0;
	bool unseen = false;

	spin_lock(&vf->lock);
	if (vf->guest) {
		mappings = vf->guest->exposure.mappings;
		unseen = vf->guest->exposure.unseen;
	}
	spin_unlock(&vf->lock);
	seq_printf(s, "reads %llu writes %llu messages %llu mappings %lu unseen %d\n",
		   vf->page0_reads, vf->page0_writes, vf->messages, mappings,
		   unseen);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(igbvf_page0);

static int igbvf_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const struct vfmig_backend_ops *ops = &igbvf_backend_ops;
	const char *why = igbvf_why_not(pdev);
	struct igbvf_device *vf;
	int ret;

	vf = vfio_alloc_device(igbvf_device, vpci.core.vdev, &pdev->dev,
			       &igbvf_vfio_ops);
	if (IS_ERR(vf))
		return PTR_ERR(vf);

	spin_lock_init(&vf->lock);
	igbvf_offer_dmabuf(vf);
	if (why) {
		pci_info(pdev, "vfmig: cannot migrate: %s\n", why);
		ops = NULL;
	}
	ret = vfmig_pci_probe(&vf->vpci, ops, vf);
	if (!ret && ops)
		debugfs_create_file("page0", 0400, vfmig_debugfs(vf->vpci.vm),
				    vf, &igbvf_page0_fops);
	return ret;
}

static void igbvf_reset_prepare(struct pci_dev *pdev)
{
	struct igbvf_device *vf = igbvf_from_pdev(pdev);

	if (!vf->vpci.vm)
		return;
	igbvf_exposure_reset_begins(vf);
	vfmig_reset_prepare(vf->vpci.vm);
}

static void igbvf_reset_done(struct pci_dev *pdev)
{
	struct igbvf_device *vf = igbvf_from_pdev(pdev);

	if (!vf->vpci.vm)
		return;
	igbvf_forget(vf);
	vfmig_reset_done(vf->vpci.vm);
}

static const struct pci_device_id igbvf_pci_table[] = {
	/* 82576 Virtual Function */
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_INTEL, 0x10ca) },
	{}
};
MODULE_DEVICE_TABLE(pci, igbvf_pci_table);

static const struct pci_error_handlers igbvf_err_handlers = {
	.error_detected	= vfio_pci_core_aer_err_detected,
	.reset_prepare	= igbvf_reset_prepare,
	.reset_done	= igbvf_reset_done,
};

static struct pci_driver igbvf_pci_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= igbvf_pci_table,
	.probe			= igbvf_probe,
	.remove			= vfmig_pci_remove,
	.err_handler		= &igbvf_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(igbvf_pci_driver);

MODULE_LICENSE("GPL");
MODULE_VERSION(VFMIG_VERSION);
MODULE_AUTHOR("The vfmig authors");
MODULE_DESCRIPTION("VFIO PCI variant driver for migratable 82576 virtual functions");
