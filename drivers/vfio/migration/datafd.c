// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file through which a user of v2 reads a save or writes a load.
 *
 * It has a session for as long as the device is in a state with data, and is
 * dead from then on; its owner may keep it for longer than there is a device.
 * So it holds what it needs, and knows by the number of its session whether it
 * is alive. Bytes go through a window as they do in v1, one of its own:
 * nobody maps it, and what a dead file still does is seen by nobody.
 *
 * The engine's lock is not held while memory of the user is touched: who makes
 * that take for ever keeps nobody but itself waiting.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfmig_compat.h>

#include "datafd.h"
#include "engine.h"
#include "session.h"
#include "window.h"

struct vfmig_datafd {
	struct vfmig_device *vm;
	struct vfmig_window *window;
	/*
	 * Keeps reads apart from reads, and writes from writes, so that each
	 * gets its bytes in one piece. Outside of the engine's lock.
	 */
	struct mutex lock;
	/* The session it is for, 0 before that. */
	unsigned long session;
};

/* What is dead stays so; what is alive does under the engine's lock only. */
static bool vfmig_datafd_alive(const struct vfmig_datafd *fd)
{
	return READ_ONCE(fd->vm->session) == READ_ONCE(fd->session);
}

/*
 * Begins an access of a session that is alive. A dead file does not wait for
 * the engine's lock: whoever has the device now may hold it for long.
 */
static int vfmig_datafd_enter(struct vfmig_datafd *fd)
{
	struct vfmig_device *vm = fd->vm;
	int ret;

	if (!vfmig_datafd_alive(fd))
		return -ENODEV;
	ret = vfmig_engine_lock(vm);
	if (ret)
		return ret;
	if (vfmig_datafd_alive(fd) && !vfmig_was_reset(vm))
		return 0;
	vfmig_engine_unlock(vm);
	return -ENODEV;
}

static void vfmig_datafd_leave(struct vfmig_datafd *fd)
{
	vfmig_engine_unlock(fd->vm);
}

static bool vfmig_datafd_in_pre_copy(const struct vfmig_device *vm)
{
	return vm->state == VFMIG_STATE_PRE_COPY ||
	       vm->state == VFMIG_STATE_PRE_COPY_P2P;
}

static int vfmig_datafd_peek(struct vfmig_datafd *fd, size_t *pos, size_t *len)
{
	int ret = vfmig_datafd_enter(fd);

	if (ret)
		return ret;
	ret = vfmig_save_peek(fd->vm->save, pos, len);
	if (!ret && !*len && vfmig_datafd_in_pre_copy(fd->vm))
		ret = -ENOMSG;
	vfmig_datafd_leave(fd);
	return ret;
}

static int vfmig_datafd_take(struct vfmig_datafd *fd, size_t len)
{
	int ret = vfmig_datafd_enter(fd);

	if (ret)
		return ret;
	vfmig_save_take(fd->vm->save, len);
	vfmig_datafd_leave(fd);
	return 0;
}

/* Returns bytes, all from one chunk; 0 at the end of the stream. */
static ssize_t vfmig_datafd_read_some(struct vfmig_datafd *fd, char __user *buf,
				      size_t count)
{
	size_t pos, len;
	int ret;

	ret = vfmig_datafd_peek(fd, &pos, &len);
	if (ret || !len)
		return ret;
	len = min(len, count);
	atomic64_add(len, &fd->vm->copied);
	if (vfmig_window_read(fd->window, pos, buf, len))
		return -EFAULT;
	return vfmig_datafd_take(fd, len) ?: len;
}

static ssize_t vfmig_datafd_read(struct file *file, char __user *buf,
				 size_t count, loff_t *ppos)
{
	struct vfmig_datafd *fd = file->private_data;
	size_t done = 0;
	ssize_t n = 0;

	if (mutex_lock_interruptible(&fd->lock))
		return -ERESTARTSYS;
	while (done < count) {
		n = vfmig_datafd_read_some(fd, buf + done, count - done);
		if (n <= 0)
			break;
		done += n;
		if (signal_pending(current))
			break;
	}
	mutex_unlock(&fd->lock);
	return done ?: n;
}

static int vfmig_datafd_consume(struct vfmig_datafd *fd, size_t bytes,
				bool *again)
{
	int ret = vfmig_datafd_enter(fd);

	*again = false;
	if (ret)
		return ret;
	ret = vfmig_load_consume(fd->vm->load, bytes);
	*again = !vfmig_load_failed(fd->vm->load);
	vfmig_datafd_leave(fd);
	return ret;
}

static ssize_t vfmig_datafd_write_all(struct vfmig_datafd *fd,
				      const char __user *buf, size_t count)
{
	size_t size = vfmig_window_size(fd->window);
	size_t done = 0, len;
	bool again;
	int ret;

	while (done < count) {
		len = min(count - done, size);
		atomic64_add(len, &fd->vm->copied);
		ret = vfmig_window_write(fd->window, 0, buf + done, len);
		if (ret)
			return done ?: ret;
		ret = vfmig_datafd_consume(fd, len, &again);
		/* What has been taken is of no use where this is refused. */
		if (ret)
			return again && done ? done : ret;
		done += len;
		if (signal_pending(current))
			break;
	}
	return done;
}

static ssize_t vfmig_datafd_write(struct file *file, const char __user *buf,
				  size_t count, loff_t *ppos)
{
	struct vfmig_datafd *fd = file->private_data;
	ssize_t ret;

	if (mutex_lock_interruptible(&fd->lock))
		return -ERESTARTSYS;
	ret = vfmig_datafd_write_all(fd, buf, count);
	mutex_unlock(&fd->lock);
	return ret;
}

/* Would a read return at once with something, if only with an end? */
static __poll_t vfmig_datafd_readable(struct vfmig_datafd *fd)
{
	u64 pending = 0;
	int ret = vfmig_datafd_enter(fd);

	if (ret)
		return ret == -ENODEV ? EPOLLHUP | EPOLLERR : 0;
	ret = vfmig_save_pending(fd->vm->save, &pending);
	if (!ret && !pending && vfmig_datafd_in_pre_copy(fd->vm))
		ret = -ENOMSG;
	vfmig_datafd_leave(fd);
	return ret == -ENOMSG ? 0 : EPOLLIN | EPOLLRDNORM;
}

static __poll_t vfmig_datafd_poll_read(struct file *file,
				       struct poll_table_struct *table)
{
	struct vfmig_datafd *fd = file->private_data;

	poll_wait(file, &fd->vm->wait, table);
	return vfmig_datafd_readable(fd);
}

static __poll_t vfmig_datafd_poll_write(struct file *file,
					struct poll_table_struct *table)
{
	struct vfmig_datafd *fd = file->private_data;

	poll_wait(file, &fd->vm->wait, table);
	if (!vfmig_datafd_alive(fd))
		return EPOLLHUP | EPOLLERR;
	return EPOLLOUT | EPOLLWRNORM;
}

static int vfmig_datafd_precopy_info(struct vfmig_datafd *fd,
				     struct vfio_precopy_info *info)
{
	struct vfmig_device *vm = fd->vm;
	u64 initial, dirty;
	int ret = vfmig_datafd_enter(fd);

	if (ret)
		return ret;
	ret = -EINVAL;
	if (vfmig_datafd_in_pre_copy(vm))
		ret = vfmig_save_split(vm->save, &initial, &dirty);
	vfmig_datafd_leave(fd);
	if (ret)
		return ret;

	/* Nothing begins anew here, so there is never a flag to set. */
	info->flags = 0;
	info->initial_bytes = initial;
	info->dirty_bytes = dirty;
	return 0;
}

static long vfmig_datafd_ioctl(struct file *file, unsigned int cmd,
			       unsigned long arg)
{
	unsigned long minsz = offsetofend(struct vfio_precopy_info,
					  dirty_bytes);
	void __user *user = (void __user *)arg;
	struct vfio_precopy_info info;
	int ret;

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(&info, user, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	ret = vfmig_datafd_precopy_info(file->private_data, &info);
	if (ret)
		return ret;
	return copy_to_user(user, &info, minsz) ? -EFAULT : 0;
}

static int vfmig_datafd_release(struct inode *inode, struct file *file)
{
	struct vfmig_datafd *fd = file->private_data;

	vfmig_window_put(fd->window);
	vfmig_engine_put(fd->vm);
	mutex_destroy(&fd->lock);
	kfree(fd);
	return 0;
}

static const struct file_operations vfmig_save_fops = {
	.owner		= THIS_MODULE,
	.read		= vfmig_datafd_read,
	.poll		= vfmig_datafd_poll_read,
	.unlocked_ioctl	= vfmig_datafd_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.release	= vfmig_datafd_release,
};

static const struct file_operations vfmig_load_fops = {
	.owner		= THIS_MODULE,
	.write		= vfmig_datafd_write,
	.poll		= vfmig_datafd_poll_write,
	.release	= vfmig_datafd_release,
};

/**
 * vfmig_datafd_new - make a file for a session that is about to begin
 * @vm: the device, open
 * @resuming: true to write a load, false to read a save
 *
 * Until vfmig_datafd_begin() it is dead.
 *
 * Context: under the engine lock.
 * Return: the file, or an ERR_PTR.
 */
struct file *vfmig_datafd_new(struct vfmig_device *vm, bool resuming)
{
	struct vfmig_datafd *fd;
	struct file *file;

	lockdep_assert_held(&vm->lock);

	fd = kzalloc(sizeof(*fd), GFP_KERNEL_ACCOUNT);
	if (!fd)
		return ERR_PTR(-ENOMEM);
	/* As large as the other: the stream has the same chunks. */
	fd->window = vfmig_window_create(vfmig_window_size(vm->window));
	if (!fd->window) {
		kfree(fd);
		return ERR_PTR(-ENOMEM);
	}
	mutex_init(&fd->lock);

	if (resuming)
		file = anon_inode_getfile("vfmig-load", &vfmig_load_fops, fd,
					  O_WRONLY);
	else
		file = anon_inode_getfile("vfmig-save", &vfmig_save_fops, fd,
					  O_RDONLY);
	if (IS_ERR(file)) {
		mutex_destroy(&fd->lock);
		vfmig_window_put(fd->window);
		kfree(fd);
		return file;
	}
	stream_open(file_inode(file), file);

	vfmig_engine_get(vm);
	fd->vm = vm;
	return file;
}

/**
 * vfmig_datafd_window - the window that a file's session goes through
 * @file: from vfmig_datafd_new()
 *
 * Return: the window; the file holds it.
 */
struct vfmig_window *vfmig_datafd_window(const struct file *file)
{
	const struct vfmig_datafd *fd = file->private_data;

	return fd->window;
}

/**
 * vfmig_datafd_begin - the session of a file has begun
 * @vm: the device
 * @file: from vfmig_datafd_new()
 *
 * Context: under the engine lock.
 */
void vfmig_datafd_begin(struct vfmig_device *vm, struct file *file)
{
	struct vfmig_datafd *fd = file->private_data;

	lockdep_assert_held(&vm->lock);
	WRITE_ONCE(fd->session, vm->session);
}
