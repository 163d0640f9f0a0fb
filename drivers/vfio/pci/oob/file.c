// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of an agent: see <linux/vfmig_agent.h>. It outlives its function's driver,
 * and is of no use then.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "oob.h"

static int oob_file_next(struct file *file, struct vfmig_agent_request *request)
{
	struct oob_agent *agent = file->private_data;
	int ret;

	for (;;) {
		ret = oob_agent_take_request(agent, request);
		if (ret != -EAGAIN || file->f_flags & O_NONBLOCK)
			return ret;
		ret = wait_event_interruptible(agent->readers,
					       oob_agent_has_request(agent));
		if (ret)
			return ret;
	}
}

static ssize_t oob_file_read(struct file *file, char __user *buf, size_t count,
			     loff_t *pos)
{
	struct vfmig_agent_request request;
	int ret;

	if (count < sizeof(request))
		return -EINVAL;
	ret = oob_file_next(file, &request);
	if (ret)
		return ret;
	/* It counts as read: who gives a bad address never answers it. */
	return copy_to_user(buf, &request, sizeof(request)) ? -EFAULT :
							      sizeof(request);
}

static ssize_t oob_file_write(struct file *file, const char __user *buf,
			      size_t count, loff_t *pos)
{
	struct vfmig_agent_reply reply;
	int ret;

	if (count != sizeof(reply))
		return -EINVAL;
	if (copy_from_user(&reply, buf, sizeof(reply)))
		return -EFAULT;
	ret = oob_agent_put_reply(file->private_data, &reply);
	return ret ?: sizeof(reply);
}

static __poll_t oob_file_poll(struct file *file, poll_table *wait)
{
	struct oob_agent *agent = file->private_data;
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &agent->readers, wait);
	if (oob_agent_is_detached(agent))
		return EPOLLHUP | EPOLLERR;
	if (oob_agent_has_request(agent))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

static int oob_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	return oob_map(file->private_data, vma);
}

static int oob_file_release(struct inode *inode, struct file *file)
{
	struct oob_agent *agent = file->private_data;

	oob_agent_detach(agent, "its file was closed");
	oob_agent_put(agent);
	return 0;
}

static const struct file_operations oob_file_fops = {
	.owner		= THIS_MODULE,
	.read		= oob_file_read,
	.write		= oob_file_write,
	.poll		= oob_file_poll,
	.mmap		= oob_file_mmap,
	.release	= oob_file_release,
};

/**
 * oob_file_new - make the file of an agent
 * @agent: the agent; the file has the caller's reference
 *
 * Return: the file, or an ERR_PTR.
 */
struct file *oob_file_new(struct oob_agent *agent)
{
	struct file *file;

	file = anon_inode_getfile("[vfmig-agent]", &oob_file_fops, agent, O_RDWR);
	if (IS_ERR(file))
		return file;
	stream_open(file_inode(file), file);
	/* By this its mappings are found, and nobody else's. */
	file->f_mapping = agent->control->f_mapping;
	return file;
}
