// SPDX-License-Identifier: GPL-2.0-only
/*
 * The v2 front end: VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE and what goes with it.
 *
 * vfio knows which arcs lead from one state of v2 to another; each of them is
 * one arc of the engine. Where one fails the device stays at the end of the one
 * before, and userspace sees that when it asks.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/vfio.h>
#include <linux/vfmig_compat.h>
#include <linux/vfio_pci_core.h>

#include "datafd.h"
#include "engine.h"
#include "frontend.h"
#include "session.h"

static struct vfmig_device *vfmig_device_of(struct vfio_device *vdev)
{
	return container_of(vdev->mig_ops, struct vfmig_device, mig_ops);
}

/* By what v2 calls them. */
static const enum vfmig_state states[] = {
	[VFIO_DEVICE_STATE_ERROR]	= VFMIG_STATE_ERROR,
	[VFIO_DEVICE_STATE_STOP]	= VFMIG_STATE_STOP,
	[VFIO_DEVICE_STATE_RUNNING]	= VFMIG_STATE_RUNNING,
	[VFIO_DEVICE_STATE_STOP_COPY]	= VFMIG_STATE_STOP_COPY,
	[VFIO_DEVICE_STATE_RESUMING]	= VFMIG_STATE_RESUMING,
	[VFIO_DEVICE_STATE_RUNNING_P2P]	= VFMIG_STATE_RUNNING_P2P,
	[VFIO_DEVICE_STATE_PRE_COPY]	= VFMIG_STATE_PRE_COPY,
	[VFIO_DEVICE_STATE_PRE_COPY_P2P] = VFMIG_STATE_PRE_COPY_P2P,
};

static enum vfio_device_mig_state vfmig_to_v2(enum vfmig_state state)
{
	enum vfio_device_mig_state v2;

	/* v1 has it there; to v2 without a word for it the device runs. */
	if (!VFMIG_MIGRATION_PRE_COPY && state == VFMIG_STATE_PRE_COPY)
		return VFIO_DEVICE_STATE_RUNNING;

	for (v2 = 0; v2 < ARRAY_SIZE(states); v2++)
		if (states[v2] == state)
			return v2;
	return VFIO_DEVICE_STATE_ERROR;
}

static bool vfmig_starts_saving(enum vfmig_state from, enum vfmig_state to)
{
	return ~from & to & VFMIG_STATE_STOP_COPY;
}

/*
 * By v2 RESUMING is left with a whole stream, or by a reset. By v1 also without
 * a byte: then there was no load.
 */
static int vfmig_may_leave(struct vfmig_device *vm)
{
	if (vm->state != VFMIG_STATE_RESUMING || vfmig_load_whole(vm->load))
		return 0;
	return vfmig_fail(vm, -EINVAL,
			  "could not leave resuming: the device's data is missing, incomplete or was refused, reset the device to abort");
}

/* One arc; returns the file that comes with the new state, if one does. */
static struct file *vfmig_take_hop(struct vfmig_device *vm, enum vfmig_state to)
{
	bool resuming = to == VFMIG_STATE_RESUMING;
	struct file *file = NULL;
	int ret;

	ret = vfmig_may_leave(vm);
	if (ret)
		return ERR_PTR(ret);

	if (resuming || vfmig_starts_saving(vm->state, to)) {
		file = vfmig_datafd_new(vm, resuming);
		if (IS_ERR(file)) {
			vfmig_fail(vm, PTR_ERR(file), "could not create the data_fd");
			return file;
		}
	}

	ret = vfmig_engine_set_state(vm, VFMIG_V2, to,
				     file ? vfmig_datafd_window(file) : NULL);
	if (ret) {
		if (file)
			fput(file);
		return ERR_PTR(ret);
	}
	if (file)
		vfmig_datafd_begin(vm, file);
	return file;
}

static struct file *vfmig_walk(struct vfio_device *vdev,
			       struct vfmig_device *vm,
			       enum vfio_device_mig_state to)
{
	enum vfio_device_mig_state at = vfmig_to_v2(vm->state), next;
	struct file *file = NULL;
	int ret;

	ret = vfmig_engine_claim(vm, VFMIG_V2);
	if (ret)
		return ERR_PTR(ret);
	/* vfio warns where it is asked for a way out of ERROR. */
	if (at == VFIO_DEVICE_STATE_ERROR)
		return ERR_PTR(vfmig_fail(vm, -EINVAL,
					  "the device is in the ERROR state, reset it"));

	/* An arc that comes with a file is the last one. */
	while (at != to && !file) {
		ret = vfio_mig_get_next_state(vdev, at, to, &next);
		if (ret)
			return ERR_PTR(vfmig_fail(vm, ret,
						  "no transition leads from %s to device_state %u",
						  vfmig_state_name(states[at]), to));
		file = vfmig_take_hop(vm, states[next]);
		at = next;
	}
	return file;
}

static struct file *vfmig_set_state(struct vfio_device *vdev,
				    enum vfio_device_mig_state to)
{
	struct vfmig_device *vm = vfmig_device_of(vdev);
	struct file *file;
	int ret = vfmig_engine_lock(vm);

	if (ret)
		return ERR_PTR(ret);
	file = vfmig_walk(vdev, vm, to);
	vfmig_engine_unlock(vm);
	return file;
}

static int vfmig_get_state(struct vfio_device *vdev,
			   enum vfio_device_mig_state *state)
{
	*state = vfmig_to_v2(vfmig_engine_state(vfmig_device_of(vdev)));
	return 0;
}

static int __maybe_unused
vfmig_get_data_size(struct vfio_device *vdev, unsigned long *stop_copy_length)
{
	struct vfmig_device *vm = vfmig_device_of(vdev);
	int ret = vfmig_engine_lock(vm);

	if (ret)
		return ret;
	ret = vfmig_engine_claim(vm, VFMIG_V2);
	if (!ret)
		*stop_copy_length = vfmig_save_last_size(vm);
	vfmig_engine_unlock(vm);
	return ret;
}

/**
 * vfmig_feature_init - make a device migratable by v2
 * @vm: the device, not yet known to vfio
 *
 * Any backend can quiesce without freezing, and may have nothing to say in
 * pre-copy: so each device has what v2 calls P2P and PRE_COPY.
 */
void vfmig_feature_init(struct vfmig_device *vm)
{
	struct vfio_device *vdev = &vm->core->vdev;

	vm->mig_ops = (struct vfio_migration_ops) {
		.migration_set_state = vfmig_set_state,
		.migration_get_state = vfmig_get_state,
		VFMIG_DATA_SIZE_OPS(vfmig_get_data_size)
	};
	vdev->mig_ops = &vm->mig_ops;
	vdev->migration_flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
				VFMIG_MIGRATION_PRE_COPY;
}
