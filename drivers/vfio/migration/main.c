// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a migratable device: probe, open, close, reset, remove.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vfio_pci_core.h>
#include <linux/vfmig_compat.h>

#include "backend.h"
#include "engine.h"
#include "frontend.h"
#include "window.h"

static unsigned long window = SZ_1M;
module_param(window, ulong, 0644);
MODULE_PARM_DESC(window, "Size of the data section of devices opened from now on, in bytes (4 KiB to 64 MiB, rounded up to pages; default 1 MiB)");

#define WINDOW_MAX	SZ_64M

static size_t vfmig_choose_window(const struct vfmig_backend_ops *ops)
{
	size_t least = VFMIG_STREAM_HEAD_MAX +
		       vfmig_record_len(ops->min_record);
	size_t size = READ_ONCE(window);

	return PAGE_ALIGN(clamp_t(size_t, size, least, WINDOW_MAX));
}

/**
 * vfmig_register - make a device migratable
 * @core: the device, after vfio_pci_core_init_dev() and before
 *	vfio_pci_core_register_device(); its mig_ops and migration_flags are set
 * @ops: its backend; kept, not copied
 * @backend: handed to each of @ops
 *
 * Says in one line of the log that the device can migrate, or why it cannot.
 *
 * Context: probe; may sleep.
 * Return: what the other calls take, or an ERR_PTR: -EINVAL where @ops lacks
 * something, -ENOMEM. To be undone by vfmig_unregister().
 */
struct vfmig_device *vfmig_register(struct vfio_pci_core_device *core,
				    const struct vfmig_backend_ops *ops,
				    void *backend)
{
	struct pci_dev *pdev = core->pdev;
	struct vfmig_device *vm;

	if (WARN_ON(!vfmig_backend_complete(ops))) {
		pci_err(pdev, "vfmig: cannot migrate: the backend is incomplete\n");
		return ERR_PTR(-EINVAL);
	}

	vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	if (!vm)
		return ERR_PTR(-ENOMEM);

	vm->core = core;
	vm->ops = ops;
	vm->backend = backend;
	vm->patience = msecs_to_jiffies(ops->timeout_ms ?: VFMIG_TIMEOUT_MS);
	vfmig_engine_init(vm);
	vfmig_feature_init(vm);
	vfmig_debugfs_add(vm);

	pci_info(pdev, "vfmig: can migrate: backend %s, stream version %u, v1 region with a window of %zu KiB, v2%s\n",
		 ops->name, ops->stream_version, vfmig_choose_window(ops) / SZ_1K,
		 VFMIG_MIGRATION_PRE_COPY ? " with pre-copy" : "");
	return vm;
}
EXPORT_SYMBOL_GPL(vfmig_register);

/**
 * vfmig_unregister - undo vfmig_register()
 * @vm: the device, closed
 *
 * Context: remove, after vfio_pci_core_unregister_device(), when no reset can
 * arrive any more; may sleep.
 */
void vfmig_unregister(struct vfmig_device *vm)
{
	vfmig_debugfs_remove(vm);
	/* An access of a data fd may be on its way out, with a reset to tell. */
	mutex_lock(&vm->lock);
	vfmig_engine_unlock(vm);
	vfmig_engine_put(vm);
}
EXPORT_SYMBOL_GPL(vfmig_unregister);

/**
 * vfmig_open - make a device that is being opened migratable by its user
 * @vm: the device
 *
 * Adds the migration region of v1; for v2 nothing has to be added. The device
 * is in RUNNING afterwards, as both protocols have it.
 *
 * Context: the driver's open_device(), after vfio_pci_core_enable() and before
 * vfio_pci_core_finish_enable(); may sleep.
 * Return: 0 or a negative errno. To be undone by vfmig_close().
 */
int vfmig_open(struct vfmig_device *vm)
{
	int ret;

	ret = vfmig_engine_lock(vm);
	if (ret)
		return ret;
	ret = vfmig_backend_open(vm);
	if (ret)
		goto out;
	vm->identity = kzalloc(sizeof(*vm->identity), GFP_KERNEL_ACCOUNT);
	if (!vm->identity) {
		ret = -ENOMEM;
		goto err_close;
	}
	ret = vfmig_backend_identify(vm);
	if (ret && ret != -EAGAIN)
		goto err_identity;
	vm->identity->is_whole = !ret;

	vm->window = vfmig_window_create(vfmig_choose_window(vm->ops));
	if (!vm->window) {
		ret = -ENOMEM;
		goto err_identity;
	}

	ret = vfmig_region_register(vm);
	if (ret)
		goto err_window;
	memset(&vm->stats, 0, sizeof(vm->stats));
	vm->entered = ktime_get();
out:
	if (ret)
		vfmig_fail(vm, ret, "could not open the device for migration");
	vfmig_engine_unlock(vm);
	return ret;

err_window:
	vfmig_window_put(vm->window);
	vm->window = NULL;
err_identity:
	kfree(vm->identity);
	vm->identity = NULL;
err_close:
	vfmig_backend_close(vm);
	goto out;
}
EXPORT_SYMBOL_GPL(vfmig_open);

/**
 * vfmig_close - the device is being closed, in whatever state
 * @vm: the device
 *
 * Ends what is under way and frees everything the user has caused. The reset
 * that vfio does next leaves the device as new.
 *
 * Context: the driver's close_device(), before vfio_pci_core_close_device();
 * may sleep.
 */
void vfmig_close(struct vfmig_device *vm)
{
	struct vfmig_identity *identity;
	struct vfmig_window *win;
	bool was_busy;

	/*
	 * To userspace a close is a reset. To the backend it is not: vfio resets the
	 * device only after it.
	 */
	WRITE_ONCE(vm->closing, true);
	was_busy = !mutex_trylock(&vm->lock);
	if (was_busy) {
		/* Whoever is at work through a data fd is to give up. */
		vfmig_engine_reset(vm);
		mutex_lock(&vm->lock);
	}
	win = vm->window;
	vm->window = NULL;
	identity = vm->identity;
	if (!was_busy)
		vfmig_engine_reset(vm);
	vm->identity = NULL;
	vfmig_engine_unlock(vm);

	/* Only now has the session ended. */
	mutex_lock(&vm->lock);
	vfmig_access_start_clock(vm);
	/* A user that was killed is to leave nothing behind either. */
	vm->undoing = true;
	vfmig_backend_close(vm);
	vm->undoing = false;
	WRITE_ONCE(vm->closing, false);
	vfmig_engine_unlock(vm);
	vfmig_window_put(win);
	kfree(identity);
}
EXPORT_SYMBOL_GPL(vfmig_close);

/**
 * vfmig_reset_prepare - the device is about to be reset, by whomever
 * @vm: the device, or NULL
 *
 * To be called from the reset_prepare handler of a driver whose reset_done handler
 * calls vfmig_reset_done(). Until then vfmig_bars_begin() waits.
 *
 * Context: process context, under any locks of vfio and the PCI core. Does not
 * wait.
 */
void vfmig_reset_prepare(struct vfmig_device *vm)
{
	if (vm)
		vfmig_bars_reset_begins(vm);
}
EXPORT_SYMBOL_GPL(vfmig_reset_prepare);

/**
 * vfmig_reset_done - the device has been reset, by whomever
 * @vm: the device, or NULL
 *
 * To be called from the reset_done handler of the driver: VFIO_DEVICE_RESET,
 * a hot reset, a function level reset through config space and sysfs all end
 * there.
 *
 * Context: process context, under any locks of vfio and the PCI core. Does not
 * wait: what a backend has under way sees vfmig_must_stop().
 */
void vfmig_reset_done(struct vfmig_device *vm)
{
	if (!vm)
		return;
	vfmig_engine_reset(vm);
	vfmig_bars_reset_ends(vm);
}
EXPORT_SYMBOL_GPL(vfmig_reset_done);

static int __init vfmig_init(void)
{
	vfmig_debugfs_init();
	return 0;
}
module_init(vfmig_init);

static void __exit vfmig_exit(void)
{
	vfmig_debugfs_exit();
}
module_exit(vfmig_exit);

MODULE_LICENSE("GPL");
MODULE_VERSION(VFMIG_VERSION);
MODULE_AUTHOR("The vfmig authors");
MODULE_DESCRIPTION("Live migration of passed-through PCI functions");
