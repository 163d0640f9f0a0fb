// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vfmig-agent: see <linux/vfmig_agent.h>.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>

#include "oob.h"

static struct oob_device *oob_bound_lock_named(const char *address)
{
	unsigned int domain, bus, slot, function;
	int end = 0;

	if (strnlen(address, VFMIG_AGENT_DEVICE_LEN) == VFMIG_AGENT_DEVICE_LEN ||
	    sscanf(address, "%x:%x:%x.%x%n", &domain, &bus, &slot, &function,
		   &end) != 4 || address[end] || bus > 0xff || slot > 0x1f ||
	    function > 7)
		return NULL;
	return oob_bound_lock_at(domain, bus, PCI_DEVFN(slot, function));
}

static int oob_open_channel(struct oob_device *device, struct file *control,
			    struct vfmig_agent_attach *attach, struct file **file)
{
	struct oob_agent *agent = oob_agent_attach(device, control);

	if (IS_ERR(agent))
		return PTR_ERR(agent);
	attach->generation = agent->generation;
	*file = oob_file_new(agent);
	if (IS_ERR(*file)) {
		oob_agent_detach(agent, "it could not be given a file");
		oob_agent_put(agent);
		return PTR_ERR(*file);
	}
	return 0;
}

static int oob_attach(struct file *control, struct vfmig_agent_attach *attach,
		      struct file **file)
{
	struct oob_device *device;
	int ret;

	if (attach->min_version > VFMIG_AGENT_VERSION ||
	    attach->max_version < VFMIG_AGENT_VERSION)
		return -EPROTONOSUPPORT;
	attach->version = VFMIG_AGENT_VERSION;
	device = oob_bound_lock_named(attach->device);
	if (!device)
		return -ENODEV;
	ret = oob_open_channel(device, control, attach, file);
	oob_bound_unlock();
	return ret;
}

static long oob_ioctl(struct file *control, unsigned int cmd, unsigned long arg)
{
	struct vfmig_agent_attach attach;
	void __user *user = (void __user *)arg;
	struct file *file;
	int fd, ret;

	if (cmd != VFMIG_AGENT_ATTACH)
		return -ENOTTY;
	if (copy_from_user(&attach, user, sizeof(attach)))
		return -EFAULT;
	if (attach.argsz < sizeof(attach) || attach.flags || attach.reserved ||
	    attach.min_version > attach.max_version)
		return -EINVAL;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	attach.fd = fd;
	ret = oob_attach(control, &attach, &file);
	if (ret)
		goto err_fd;
	if (copy_to_user(user, &attach, sizeof(attach))) {
		ret = -EFAULT;
		goto err_file;
	}
	fd_install(fd, file);
	return 0;

err_file:
	fput(file);
err_fd:
	put_unused_fd(fd);
	return ret;
}

static const struct file_operations oob_control_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= oob_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.llseek		= noop_llseek,
};

static struct miscdevice oob_control = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "vfmig-agent",
	.fops	= &oob_control_fops,
	.mode	= 0600,
};

/**
 * oob_channel_init - have /dev/vfmig-agent
 *
 * Return: 0 or a negative errno.
 */
int oob_channel_init(void)
{
	return misc_register(&oob_control);
}

/**
 * oob_channel_exit - have it no more
 */
void oob_channel_exit(void)
{
	misc_deregister(&oob_control);
}
