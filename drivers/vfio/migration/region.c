// SPDX-License-Identifier: GPL-2.0-only
/*
 * The v1 front end: the migration region.
 *
 *	0		struct vfio_device_migration_info, trapped
 *	 0	u32	device_state	read, write
 *	 4	u32	reserved	no access
 *	 8	u64	pending_bytes	read
 *	16	u64	data_offset	read
 *	24	u64	data_size	read, write
 *	32		hole		no access
 *	PAGE_SIZE	data section: the window, mapped or trapped
 *
 * A field is accessed at its own offset and width or not at all. Holds no
 * state: what an access means is the engine's and the session's affair.
 */
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

#include "engine.h"
#include "frontend.h"
#include "session.h"
#include "window.h"

#define FIELD(name)	offsetof(struct vfio_device_migration_info, name)

#define DATA_OFFSET	PAGE_SIZE

static_assert(FIELD(device_state) == 0);
static_assert(FIELD(pending_bytes) == 8);
static_assert(FIELD(data_offset) == 16);
static_assert(FIELD(data_size) == 24);
static_assert(sizeof(struct vfio_device_migration_info) == 32);
static_assert((int)VFMIG_STATE_STOP == VFIO_DEVICE_STATE_V1_STOP);
static_assert((int)VFMIG_STATE_RUNNING == VFIO_DEVICE_STATE_V1_RUNNING);
static_assert((int)VFMIG_STATE_STOP_COPY == VFIO_DEVICE_STATE_V1_SAVING);
static_assert((int)VFMIG_STATE_PRE_COPY ==
	      (VFIO_DEVICE_STATE_V1_RUNNING | VFIO_DEVICE_STATE_V1_SAVING));
static_assert((int)VFMIG_STATE_RESUMING == VFIO_DEVICE_STATE_V1_RESUMING);
static_assert((int)VFMIG_STATE_ERROR ==
	      (VFIO_DEVICE_STATE_V1_SAVING | VFIO_DEVICE_STATE_V1_RESUMING));

static int vfmig_read_pending(struct vfmig_device *vm, u64 *value)
{
	*value = 0;
	if (!vm->save)
		return 0;
	vfmig_save_retire(vm->save);
	return vfmig_save_pending(vm->save, value);
}

static int vfmig_read_offset(struct vfmig_device *vm, u64 *value)
{
	*value = DATA_OFFSET;
	return vm->save ? vfmig_save_stage(vm->save) : 0;
}

static int vfmig_read_size(struct vfmig_device *vm, u64 *value)
{
	*value = 0;
	return vm->save ? vfmig_save_offer(vm->save, value) : 0;
}

static int vfmig_write_size(struct vfmig_device *vm, u64 value)
{
	size_t size = vfmig_window_size(vm->window);

	if (!vm->load)
		return vfmig_fail(vm, -EINVAL,
				  "data_size was written in %s, the device takes data in resuming only",
				  vfmig_state_name(vm->state));
	if (value > size)
		return vfmig_fail(vm, -EINVAL,
				  "data_size is %llu, the data section has %zu bytes",
				  value, size);
	return vfmig_load_consume(vm->load, value);
}

static int vfmig_write_state(struct vfmig_device *vm, u64 value)
{
	int ret;

	if (value & ~(u64)VFIO_DEVICE_STATE_MASK)
		return vfmig_fail(vm, -EINVAL, "device_state %#llx has reserved bits set",
				  value);
	ret = vfmig_engine_set_state(vm, VFMIG_V1, value, vm->window);
	/* v1 calls a transition that was tried and has failed EFAULT. */
	return ret == -EIO ? -EFAULT : ret;
}

typedef int (*field_reader)(struct vfmig_device *vm, u64 *value);

static field_reader vfmig_reader_of(loff_t pos)
{
	switch (pos) {
	case FIELD(pending_bytes):
		return vfmig_read_pending;
	case FIELD(data_offset):
		return vfmig_read_offset;
	case FIELD(data_size):
		return vfmig_read_size;
	default:
		return NULL;
	}
}

static int vfmig_read_u64(struct vfmig_device *vm, field_reader read,
			  u64 *value)
{
	int ret = vfmig_engine_lock(vm);

	if (ret)
		return ret;
	ret = vfmig_engine_claim(vm, VFMIG_V1);
	if (!ret)
		ret = read(vm, value);
	vfmig_engine_unlock(vm);
	return ret;
}

static int vfmig_write_field(struct vfmig_device *vm, loff_t pos, u64 value)
{
	int ret = vfmig_engine_lock(vm);

	if (ret)
		return ret;
	ret = vfmig_engine_claim(vm, VFMIG_V1);
	if (ret)
		goto out;
	if (pos == FIELD(device_state))
		ret = vfmig_write_state(vm, value);
	else
		ret = vfmig_write_size(vm, value);
out:
	vfmig_engine_unlock(vm);
	return ret;
}

static int vfmig_field_read(struct vfmig_device *vm, char __user *buf,
			    size_t count, loff_t pos)
{
	field_reader read = vfmig_reader_of(pos);
	u32 state;
	u64 value;
	int ret;

	/* Waits for nobody: QEMU aborts the VM where this read fails. */
	if (pos == FIELD(device_state) && count == sizeof(state)) {
		state = vfmig_engine_state(vm) & VFIO_DEVICE_STATE_MASK;
		return copy_to_user(buf, &state, sizeof(state)) ? -EFAULT : 0;
	}
	/* An invalid offset is EINVAL, whichever protocol uses the device. */
	if (!read || count != sizeof(value))
		return -EINVAL;

	ret = vfmig_read_u64(vm, read, &value);
	if (ret)
		return ret;
	return copy_to_user(buf, &value, sizeof(value)) ? -EFAULT : 0;
}

static int vfmig_field_write(struct vfmig_device *vm, const char __user *buf,
			     size_t count, loff_t pos)
{
	u32 state;
	u64 size;

	if (pos == FIELD(device_state) && count == sizeof(state)) {
		if (copy_from_user(&state, buf, sizeof(state)))
			return -EFAULT;
		return vfmig_write_field(vm, pos, state);
	}
	if (pos == FIELD(data_size) && count == sizeof(size)) {
		if (copy_from_user(&size, buf, sizeof(size)))
			return -EFAULT;
		return vfmig_write_field(vm, pos, size);
	}
	return -EINVAL;
}

static struct vfmig_device *vfmig_region_device(struct vfio_pci_core_device *core,
						loff_t pos)
{
	unsigned int i = VFIO_PCI_OFFSET_TO_INDEX(pos) - VFIO_PCI_NUM_REGIONS;

	return core->region[i].data;
}

static ssize_t vfmig_region_rw(struct vfio_pci_core_device *core,
			       char __user *buf, size_t count, loff_t *ppos,
			       bool iswrite)
{
	struct vfmig_device *vm = vfmig_region_device(core, *ppos);
	loff_t pos = *ppos & VFIO_PCI_OFFSET_MASK;
	size_t size = vfmig_window_size(vm->window);
	int ret;

	if (pos < DATA_OFFSET) {
		ret = iswrite ? vfmig_field_write(vm, buf, count, pos) :
				vfmig_field_read(vm, buf, count, pos);
	} else {
		pos -= DATA_OFFSET;
		if (pos >= size || count > size - pos)
			return -EINVAL;
		atomic64_add(count, &vm->copied);
		ret = iswrite ? vfmig_window_write(vm->window, pos, buf, count) :
				vfmig_window_read(vm->window, pos, buf, count);
	}
	if (ret)
		return ret;
	*ppos += count;
	return count;
}

static int vfmig_region_mmap(struct vfio_pci_core_device *core,
			     struct vfio_pci_region *region,
			     struct vm_area_struct *vma)
{
	struct vfmig_device *vm = region->data;
	unsigned long first = vma->vm_pgoff &
			      (VFIO_PCI_OFFSET_MASK >> PAGE_SHIFT);

	if (first < DATA_OFFSET >> PAGE_SHIFT)
		return -EINVAL;
	return vfmig_window_mmap(vm->window, vma,
				 first - (DATA_OFFSET >> PAGE_SHIFT));
}

/*
 * Allocates nothing itself: Linux 6.1 forgets the capabilities before this one
 * where adding this one fails, unless vfio_info_add_capability() fails in it.
 */
static int vfmig_region_add_capability(struct vfio_pci_core_device *core,
				       struct vfio_pci_region *region,
				       struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	u64 room[(sizeof(*sparse) + sizeof(*sparse->areas)) / sizeof(u64)] = {};

	sparse = (void *)room;
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = 1;
	sparse->areas[0].offset = DATA_OFFSET;
	sparse->areas[0].size = region->size - DATA_OFFSET;
	return vfio_info_add_capability(caps, &sparse->header, sizeof(room));
}

/* The window outlives the region: vfmig_close() has freed it already. */
static void vfmig_region_release(struct vfio_pci_core_device *core,
				 struct vfio_pci_region *region)
{
}

static const struct vfio_pci_regops vfmig_region_ops = {
	.rw = vfmig_region_rw,
	.release = vfmig_region_release,
	.mmap = vfmig_region_mmap,
	.add_capability = vfmig_region_add_capability,
};

/**
 * vfmig_region_register - add the migration region to a device being opened
 * @vm: the device, with its window
 *
 * vfio frees its list of regions on close, so this is done on every open.
 *
 * Return: 0 or -ENOMEM.
 */
int vfmig_region_register(struct vfmig_device *vm)
{
	return vfio_pci_core_register_dev_region(vm->core,
			VFIO_REGION_TYPE_MIGRATION_DEPRECATED,
			VFIO_REGION_SUBTYPE_MIGRATION_DEPRECATED,
			&vfmig_region_ops,
			DATA_OFFSET + vfmig_window_size(vm->window),
			VFIO_REGION_INFO_FLAG_READ |
			VFIO_REGION_INFO_FLAG_WRITE |
			VFIO_REGION_INFO_FLAG_MMAP, vm);
}
