// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of a backend: what is done where it has no such call, and what the
 * core does around each so that no backend has to.
 *
 * A device that its guest has put into a low power state does no DMA and has no
 * registers: it is quiet, but cannot be saved or loaded. It may wake up, and
 * fall asleep again, between any two calls. So the core keeps in mind what the
 * backend has really done: @quiesced and @frozen of struct vfmig_device lag
 * behind the state the user has asked for while the device is asleep, and what
 * is missing is done when it is needed.
 *
 * All of this runs under the engine's lock.
 */
#include <linux/bug.h>
#include <linux/lockdep.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "backend.h"
#include "device.h"
#include "stream.h"

/**
 * vfmig_backend_complete - has a backend all that it must have?
 * @ops: the backend
 *
 * Return: true where it has.
 */
bool vfmig_backend_complete(const struct vfmig_backend_ops *ops)
{
	return ops->name && strlen(ops->name) < VFMIG_STREAM_NAME_LEN &&
	       ops->min_record && ops->min_record <= VFMIG_RECORD_MAX &&
	       ops->bulk_head <= VFMIG_BULK_HEAD_MAX &&
	       !ops->open == !ops->close &&
	       ops->quiesce && ops->run && ops->freeze &&
	       ops->save && ops->load && ops->load_commit;
}

/**
 * vfmig_backend_open - call ->open(), if there is one
 * @vm: the device
 *
 * Context: this and all that follow are under the engine lock.
 * Return: 0 or the backend's errno.
 */
int vfmig_backend_open(struct vfmig_device *vm)
{
	lockdep_assert_held(&vm->lock);
	return vm->ops->open ? vm->ops->open(vm->backend) : 0;
}

/**
 * vfmig_backend_close - call ->close(), if there is one
 * @vm: the device
 */
void vfmig_backend_close(struct vfmig_device *vm)
{
	lockdep_assert_held(&vm->lock);
	if (vm->ops->close)
		vm->ops->close(vm->backend);
}

static void vfmig_add_fact(struct vfmig_identity *id, u16 which, u64 value,
			   const char *name)
{
	id->facts[id->nr_facts++] = (struct vfmig_fact) {
		.id = which,
		.rule = VFMIG_FACT_EQUAL,
		.value = value,
		.name = name,
	};
}

/* Those of ->identity(), if there is one. */
static int vfmig_add_own_facts(struct vfmig_device *vm)
{
	struct vfmig_identity *id = vm->identity;
	unsigned int max = VFMIG_MAX_FACTS - id->nr_facts;
	int more = 0;

	if (vm->ops->identity)
		more = vm->ops->identity(vm->backend, id->facts + id->nr_facts,
					 max);
	if (more < 0)
		return more;
	if (WARN_ON_ONCE(more > max))
		return -EINVAL;
	id->nr_facts += more;
	return 0;
}

/**
 * vfmig_backend_identify - have the facts of a device
 * @vm: the device, open; with a save or a load of the backend's begun where they
 *	could not be told when it was opened
 *
 * Does nothing where they were told when it was opened. Who tells them late tells
 * them in each session, and may tell others each time.
 *
 * Return: 0, or the backend's errno; -EAGAIN where it cannot tell yet.
 */
int vfmig_backend_identify(struct vfmig_device *vm)
{
	struct pci_dev *pdev = vm->core->pdev;
	struct vfmig_identity *id = vm->identity;

	lockdep_assert_held(&vm->lock);
	if (id->is_whole)
		return 0;
	strscpy(id->backend, vm->ops->name, sizeof(id->backend));
	id->version = vm->ops->stream_version;
	id->nr_facts = 0;
	vfmig_add_fact(id, VFMIG_FACT_VENDOR, pdev->vendor, "vendor");
	vfmig_add_fact(id, VFMIG_FACT_DEVICE, pdev->device, "device");
	vfmig_add_fact(id, VFMIG_FACT_REVISION, pdev->revision, "revision");
	return vfmig_add_own_facts(vm);
}

/* A call that touches the device; -EHOSTDOWN where it is asleep. */
static int vfmig_backend_touch(struct vfmig_device *vm,
			       int (*call)(void *backend))
{
	int ret;

	lockdep_assert_held(&vm->lock);

	if (!vm->ops->needs_bars)
		return call(vm->backend);

	ret = vfmig_bars_begin(vm);
	if (ret)
		return ret;
	ret = call(vm->backend);
	vfmig_bars_end(vm);
	return ret;
}

/**
 * vfmig_backend_quiesce - no more DMA and no more interrupts
 * @vm: the device, running
 *
 * Return: 0, also where the device is asleep; or the backend's errno, and it
 * runs.
 */
int vfmig_backend_quiesce(struct vfmig_device *vm)
{
	int ret = vfmig_backend_touch(vm, vm->ops->quiesce);

	if (ret == -EHOSTDOWN)
		return 0;
	vm->quiesced = !ret;
	return ret;
}

/**
 * vfmig_backend_run - undo vfmig_backend_quiesce()
 * @vm: the device, quiesced
 *
 * What has fallen asleep since has to be set up again by whoever wakes it.
 *
 * Return: 0, or the backend's errno, and it is quiesced.
 */
int vfmig_backend_run(struct vfmig_device *vm)
{
	int ret;

	if (!vm->quiesced)
		return 0;
	ret = vfmig_backend_touch(vm, vm->ops->run);
	if (ret && ret != -EHOSTDOWN)
		return ret;
	vm->quiesced = false;
	return 0;
}

/**
 * vfmig_backend_freeze - from here on the device's state stays as it is
 * @vm: the device, quiesced
 *
 * Return: 0, also where the device is asleep; or the backend's errno, and it is
 * quiesced.
 */
int vfmig_backend_freeze(struct vfmig_device *vm)
{
	int ret;

	vm->frozen = false;
	/* It was asleep when it was to be quiesced. */
	if (!vm->quiesced) {
		ret = vfmig_backend_quiesce(vm);
		if (ret || !vm->quiesced)
			return ret;
	}
	ret = vfmig_backend_touch(vm, vm->ops->freeze);
	if (ret == -EHOSTDOWN)
		return 0;
	vm->frozen = !ret;
	return ret;
}

/**
 * vfmig_backend_thaw - undo vfmig_backend_freeze()
 * @vm: the device, frozen
 *
 * Return: 0, or the backend's errno, and it is frozen.
 */
int vfmig_backend_thaw(struct vfmig_device *vm)
{
	int ret;

	if (vm->frozen && vm->ops->thaw) {
		ret = vfmig_backend_touch(vm, vm->ops->thaw);
		if (ret && ret != -EHOSTDOWN)
			return ret;
	}
	vm->frozen = false;
	return 0;
}

/*
 * What was put off because the device was asleep cannot be put off any more;
 * -EHOSTDOWN where it still is.
 */
static int vfmig_backend_catch_up(struct vfmig_device *vm)
{
	int ret;

	if (vm->frozen)
		return 0;
	ret = vfmig_backend_freeze(vm);
	if (ret || vm->frozen)
		return ret;
	return -EHOSTDOWN;
}

/**
 * vfmig_backend_one_record - is the state of a device one record?
 * @vm: the device
 *
 * Return: true where the backend does not say how much is left.
 */
bool vfmig_backend_one_record(const struct vfmig_device *vm)
{
	return !vm->ops->save_left;
}

/*
 * Of a busy device. To whoever reads or writes a data fd it would mean that nothing is
 * wrong.
 */
static int vfmig_backend_errno(int err)
{
	return err == -EAGAIN ? -EBUSY : err;
}

/**
 * vfmig_backend_save_begin - begin a save, or its last phase
 * @vm: the device, frozen for VFMIG_STOP_COPY
 * @phase: the phase
 * @win: the window that the save goes through
 *
 * Return: 0, -EHOSTDOWN where a device that is to be frozen is asleep, or the
 * backend's errno.
 */
int vfmig_backend_save_begin(struct vfmig_device *vm, enum vfmig_phase phase,
			     struct vfmig_window *win)
{
	int ret;

	lockdep_assert_held(&vm->lock);

	if (phase == VFMIG_STOP_COPY) {
		ret = vfmig_backend_catch_up(vm);
		if (ret)
			return ret;
	}
	vm->beginning = win;
	ret = vm->ops->save_begin ? vm->ops->save_begin(vm->backend, phase) : 0;
	vm->beginning = NULL;
	if (ret)
		return vfmig_backend_errno(ret);
	if (vm->save)
		return 0;
	ret = vfmig_backend_identify(vm);
	if (ret)
		vfmig_backend_save_end(vm);
	return vfmig_backend_errno(ret);
}

/**
 * vfmig_backend_save_left - call ->save_left()
 * @vm: the device, in a save; not one of vfmig_backend_one_record()
 *
 * Return: bytes of payload left in this phase.
 */
u64 vfmig_backend_save_left(struct vfmig_device *vm)
{
	lockdep_assert_held(&vm->lock);
	return vm->ops->save_left(vm->backend);
}

/**
 * vfmig_backend_save - call ->save()
 * @vm: the device, in a save
 * @rec: the record to be filled
 *
 * Return: 0 or the backend's errno.
 */
int vfmig_backend_save(struct vfmig_device *vm, struct vfmig_record *rec)
{
	lockdep_assert_held(&vm->lock);
	return vfmig_backend_errno(vm->ops->save(vm->backend, rec));
}

/**
 * vfmig_backend_save_size - call ->save_size(); min_record without one
 * @vm: the device
 *
 * Return: bytes of payload of a stop-and-copy begun now; an estimate.
 */
u64 vfmig_backend_save_size(struct vfmig_device *vm)
{
	lockdep_assert_held(&vm->lock);
	if (!vm->ops->save_size)
		return vm->ops->min_record;
	return vm->ops->save_size(vm->backend);
}

/**
 * vfmig_backend_save_end - call ->save_end(), if there is one
 * @vm: the device
 */
void vfmig_backend_save_end(struct vfmig_device *vm)
{
	lockdep_assert_held(&vm->lock);
	if (vm->ops->save_end)
		vm->ops->save_end(vm->backend);
}

/**
 * vfmig_backend_load_begin - call ->load_begin(), if there is one
 * @vm: the device, frozen
 * @win: the window that the load goes through
 *
 * Return: 0 or the backend's errno.
 */
int vfmig_backend_load_begin(struct vfmig_device *vm, struct vfmig_window *win)
{
	int ret;

	lockdep_assert_held(&vm->lock);
	vm->beginning = win;
	ret = vm->ops->load_begin ? vm->ops->load_begin(vm->backend) : 0;
	vm->beginning = NULL;
	if (ret)
		return vfmig_backend_errno(ret);
	ret = vfmig_backend_identify(vm);
	if (ret)
		vfmig_backend_load_end(vm);
	return vfmig_backend_errno(ret);
}

/**
 * vfmig_backend_load - call ->load()
 * @vm: the device, in a load
 * @rec: a record whose CRC holds
 *
 * Return: 0 or the backend's errno.
 */
int vfmig_backend_load(struct vfmig_device *vm, const struct vfmig_record *rec)
{
	lockdep_assert_held(&vm->lock);
	return vfmig_backend_errno(vm->ops->load(vm->backend, rec));
}

/**
 * vfmig_backend_load_piece - call ->load_piece(); only of a backend that has it
 * @vm: the device, in a load
 * @rec: the record without a CRC
 * @piece: the next bytes of its payload
 *
 * Return: 0 or the backend's errno.
 */
int vfmig_backend_load_piece(struct vfmig_device *vm,
			     const struct vfmig_record *rec,
			     const struct vfmig_piece *piece)
{
	lockdep_assert_held(&vm->lock);
	return vfmig_backend_errno(vm->ops->load_piece(vm->backend, rec, piece));
}

/**
 * vfmig_backend_load_commit - put what was loaded into the device
 * @vm: the device, in RESUMING
 *
 * Return: 0; or the errno of what has failed, -EHOSTDOWN where the device is
 * asleep.
 */
int vfmig_backend_load_commit(struct vfmig_device *vm)
{
	int ret = vfmig_backend_catch_up(vm);

	if (ret)
		return ret;
	return vfmig_backend_errno(vfmig_backend_touch(vm, vm->ops->load_commit));
}

/**
 * vfmig_backend_load_end - call ->load_end(), if there is one
 * @vm: the device
 */
void vfmig_backend_load_end(struct vfmig_device *vm)
{
	lockdep_assert_held(&vm->lock);
	if (vm->ops->load_end)
		vm->ops->load_end(vm->backend);
}

/**
 * vfmig_backend_reset - forget what the backend has done; tell it if it was a reset
 * @vm: the device; no session is under way
 */
void vfmig_backend_reset(struct vfmig_device *vm)
{
	lockdep_assert_held(&vm->lock);
	vm->quiesced = false;
	vm->frozen = false;
	/* A device that is closed is reset later, and its guest may have left it running. */
	if (vm->ops->reset && !READ_ONCE(vm->closing))
		vm->ops->reset(vm->backend);
}
