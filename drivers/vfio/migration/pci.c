// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every variant driver does around its backend: probe, open, close, reset
 * and remove, in the order that vfio-pci and the core want. Plain functions: a
 * driver that has to do more calls them from its own, or does without.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>
#include <linux/vfmig.h>

static struct vfmig_pci_device *vfmig_pci_from_vdev(struct vfio_device *vdev)
{
	return container_of(vdev, struct vfmig_pci_device, core.vdev);
}

static struct vfmig_pci_device *vfmig_pci_from_pdev(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);

	return container_of(core, struct vfmig_pci_device, core);
}

/**
 * vfmig_pci_open_device - open a function, migratable if it can be
 * @vdev: the function
 *
 * For struct vfio_device_ops.
 *
 * Context: under vfio's dev_set lock; may sleep.
 * Return: 0 or a negative errno.
 */
int vfmig_pci_open_device(struct vfio_device *vdev)
{
	struct vfmig_pci_device *vpci = vfmig_pci_from_vdev(vdev);
	struct vfio_pci_core_device *core = &vpci->core;
	int ret;

	ret = vfio_pci_core_enable(core);
	if (ret)
		return ret;
	if (vpci->vm) {
		ret = vfmig_open(vpci->vm);
		if (ret) {
			vfio_pci_core_disable(core);
			return ret;
		}
	}
	vfio_pci_core_finish_enable(core);
	return 0;
}
EXPORT_SYMBOL_GPL(vfmig_pci_open_device);

/**
 * vfmig_pci_close_device - undo vfmig_pci_open_device()
 * @vdev: the function
 *
 * For struct vfio_device_ops.
 *
 * Context: under vfio's dev_set lock; may sleep.
 */
void vfmig_pci_close_device(struct vfio_device *vdev)
{
	struct vfmig_pci_device *vpci = vfmig_pci_from_vdev(vdev);

	if (vpci->vm)
		vfmig_close(vpci->vm);
	vfio_pci_core_close_device(vdev);
}
EXPORT_SYMBOL_GPL(vfmig_pci_close_device);

/**
 * vfmig_pci_probe - hand a function to vfio, migratable by a backend
 * @vpci: the function, from vfio_alloc_device(); put where this fails
 * @ops: the backend; NULL for a function to be served as vfio-pci would
 * @backend: handed to each of @ops
 *
 * Context: the driver's probe; may sleep.
 * Return: 0 or a negative errno. To be undone by vfmig_pci_remove().
 */
int vfmig_pci_probe(struct vfmig_pci_device *vpci,
		    const struct vfmig_backend_ops *ops, void *backend)
{
	struct vfmig_device *vm;
	int ret;

	dev_set_drvdata(&vpci->core.pdev->dev, &vpci->core);
	vfmig_pci_offer_dmabuf(&vpci->core);
	if (ops) {
		vm = vfmig_register(&vpci->core, ops, backend);
		if (IS_ERR(vm)) {
			ret = PTR_ERR(vm);
			goto err_put;
		}
		vpci->vm = vm;
	}
	ret = vfio_pci_core_register_device(&vpci->core);
	if (ret)
		goto err_unregister;
	return 0;

err_unregister:
	if (vpci->vm)
		vfmig_unregister(vpci->vm);
err_put:
	vfio_put_device(&vpci->core.vdev);
	return ret;
}
EXPORT_SYMBOL_GPL(vfmig_pci_probe);

/**
 * vfmig_pci_unregister - have nobody open a function any more
 * @pdev: the function
 *
 * The first half of vfmig_pci_remove(), for drivers that have something to do between.
 * Waits until nobody has the function open any more.
 *
 * Context: may sleep.
 */
void vfmig_pci_unregister(struct pci_dev *pdev)
{
	vfio_pci_core_unregister_device(&vfmig_pci_from_pdev(pdev)->core);
}
EXPORT_SYMBOL_GPL(vfmig_pci_unregister);

/**
 * vfmig_pci_free - free a function that nobody can open any more
 * @pdev: the function
 *
 * The second half of vfmig_pci_remove().
 *
 * Context: may sleep.
 */
void vfmig_pci_free(struct pci_dev *pdev)
{
	struct vfmig_pci_device *vpci = vfmig_pci_from_pdev(pdev);

	if (vpci->vm)
		vfmig_unregister(vpci->vm);
	vfio_put_device(&vpci->core.vdev);
}
EXPORT_SYMBOL_GPL(vfmig_pci_free);

/**
 * vfmig_pci_remove - undo vfmig_pci_probe()
 * @pdev: the function
 *
 * For struct pci_driver. Waits until nobody has the function open any more.
 *
 * Context: may sleep.
 */
void vfmig_pci_remove(struct pci_dev *pdev)
{
	vfmig_pci_unregister(pdev);
	vfmig_pci_free(pdev);
}
EXPORT_SYMBOL_GPL(vfmig_pci_remove);

/**
 * vfmig_pci_reset_prepare - a function is about to be reset, by whomever
 * @pdev: the function
 *
 * For struct pci_error_handlers; see vfmig_reset_prepare().
 *
 * Context: as that of vfmig_reset_prepare().
 */
void vfmig_pci_reset_prepare(struct pci_dev *pdev)
{
	vfmig_reset_prepare(vfmig_pci_from_pdev(pdev)->vm);
}
EXPORT_SYMBOL_GPL(vfmig_pci_reset_prepare);

/**
 * vfmig_pci_reset_done - a function was reset, by whomever
 * @pdev: the function
 *
 * For struct pci_error_handlers; see vfmig_reset_done().
 *
 * Context: as that of vfmig_reset_done().
 */
void vfmig_pci_reset_done(struct pci_dev *pdev)
{
	vfmig_reset_done(vfmig_pci_from_pdev(pdev)->vm);
}
EXPORT_SYMBOL_GPL(vfmig_pci_reset_done);

/* For a driver that has nothing to do at a reset but its backend's ->reset(). */
const struct pci_error_handlers vfmig_pci_err_handlers = {
	.error_detected	= vfio_pci_core_aer_err_detected,
	.reset_prepare	= vfmig_pci_reset_prepare,
	.reset_done	= vfmig_pci_reset_done,
};
EXPORT_SYMBOL_GPL(vfmig_pci_err_handlers);
