// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio-adm-vfio-pci - probe, open, reset and vfio_device_ops; the backends do
 * the rest
 *
 * A function whose owner cannot be asked is served as vfio-pci would.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "admvf.h"

static struct admvf *admvf_from_vdev(struct vfio_device *vdev)
{
	return container_of(vdev, struct admvf, vpci.core.vdev);
}

/* A reset that userspace has asked for is over when the function runs. */
static long admvf_ioctl(struct vfio_device *vdev, unsigned int cmd,
			unsigned long arg)
{
	long ret = vfmig_ioctl(vdev, cmd, arg);

	admvf_settle_now(admvf_from_vdev(vdev));
	return ret;
}

/* So is one that the guest has asked for, in config space. */
static ssize_t admvf_write(struct vfio_device *vdev, const char __user *buf,
			   size_t count, loff_t *ppos)
{
	ssize_t ret = vfio_pci_core_write(vdev, buf, count, ppos);

	admvf_settle_now(admvf_from_vdev(vdev));
	return ret;
}

static void admvf_close_device(struct vfio_device *vdev)
{
	struct admvf *vf = admvf_from_vdev(vdev);

	vfmig_pci_close_device(vdev);
	if (vf->design)
		admvf_closed(vf);
}

static int admvf_init(struct vfio_device *vdev)
{
	admvf_due_init(admvf_from_vdev(vdev));
	return vfio_pci_core_init_dev(vdev);
}

static void admvf_release(struct vfio_device *vdev)
{
	struct admvf *vf = admvf_from_vdev(vdev);

	admvf_stop_works(vf);
	admvf_drop_owner(vf);
	mutex_destroy(&vf->lock);
	vfio_pci_core_release_dev(vdev);
}

static const struct vfio_device_ops admvf_vfio_ops = {
	.name		= KBUILD_MODNAME,
	.init		= admvf_init,
	.release	= admvf_release,
	.open_device	= vfmig_pci_open_device,
	.close_device	= admvf_close_device,
	.ioctl		= admvf_ioctl,
	.device_feature	= vfio_pci_core_ioctl_feature,
	.read		= vfio_pci_core_read,
	.write		= admvf_write,
	.mmap		= vfio_pci_core_mmap,
	VFMIG_REGION_INFO_OPS(vfmig_region_info)
	VFMIG_PCI_DEVICE_OPS
};

/* NULL, and why, where its owner speaks neither. */
static const struct admvf_design *admvf_choose(struct admvf *vf,
					       const char **why)
{
	struct adm_member *owner;

	owner = virtio_adm_member_get(vf->vpci.core.pdev);
	if (IS_ERR(owner)) {
		vf->parts.by = admvf_parts_by_virtio_pci(vf);
		*why = PTR_ERR(owner) == -ENODEV ?
		       "its owner has no driver that can be asked; bind the PF, then this VF" :
		       "its owner's driver could not ask it, see the log; then bind this VF";
		return vf->parts.by ? &admvf_parts_design : NULL;
	}
	vf->owner = owner;
	switch (virtio_adm_member_design(owner)) {
	case ADM_DESIGN_DRAFT:
		return &admvf_ctx_design;
	case ADM_DESIGN_PARTS:
		vf->parts.by = &admvf_parts_by_owner;
		return &admvf_parts_design;
	case ADM_DESIGN_NONE:
		break;
	}
	*why = "its owner has neither device contexts nor device parts";
	return NULL;
}

static int admvf_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const char *why = "it is no virtual function";
	struct admvf *vf;

	vf = vfio_alloc_device(admvf, vpci.core.vdev, &pdev->dev,
			       &admvf_vfio_ops);
	if (IS_ERR(vf))
		return PTR_ERR(vf);

	if (pdev->is_virtfn)
		vf->design = admvf_choose(vf, &why);
	if (!vf->design)
		pci_info(pdev, "vfmig: cannot migrate: %s\n", why);
	return vfmig_pci_probe(&vf->vpci, vf->design ? vf->design->ops : NULL,
			       vf);
}

static void admvf_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = pci_get_drvdata(pdev);
	struct admvf *vf = admvf_from_vdev(&core->vdev);

	vfio_pci_core_unregister_device(core);
	if (vf->design)
		admvf_reset_closed(vf);
	if (vf->vpci.vm)
		vfmig_unregister(vf->vpci.vm);
	vfio_put_device(&core->vdev);
}

static const struct pci_device_id admvf_pci_table[] = {
	/* Network and block, as virtio 1.0 has them */
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_REDHAT_QUMRANET, 0x1041) },
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_REDHAT_QUMRANET, 0x1042) },
	{}
};
MODULE_DEVICE_TABLE(pci, admvf_pci_table);

static struct pci_driver admvf_pci_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= admvf_pci_table,
	.probe			= admvf_probe,
	.remove			= admvf_remove,
	.err_handler		= &vfmig_pci_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(admvf_pci_driver);

MODULE_LICENSE("GPL");
MODULE_VERSION(VFMIG_VERSION);
MODULE_AUTHOR("The vfmig authors");
MODULE_DESCRIPTION("VFIO PCI variant driver for virtio functions, migratable through their owner");
