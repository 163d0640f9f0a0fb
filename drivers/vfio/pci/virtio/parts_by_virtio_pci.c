// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands for device parts, by the kernel's virtio-pci that the owner is bound to:
 * from Linux 6.13 on, where it is there.
 *
 * It waits for an answer for as long as the device takes, and cannot be told to stop.
 * What a device's status was it does not say, only an errno.
 */
#include "admvf.h"

#if defined(VFMIG_HAVE_VIRTIO_PCI_ADMIN) && IS_REACHABLE(CONFIG_VIRTIO_PCI)

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/virtio_pci_admin.h>
#include <linux/vmalloc.h>

static struct pci_dev *admvf_pdev(struct admvf *vf)
{
	return vf->vpci.core.pdev;
}

/*
 * virtio-pci returns whatever status the device gives, negated; some of these are errnos
 * that mean something to the core.
 */
static int admvf_kernel_result(struct admvf *vf, const char *command, int ret)
{
	if (!ret)
		return 0;
	if (ret == -ENODEV)
		admvf_say(vf, ret,
			  "%s: the owner %s is not bound to virtio-pci any more, bind it again",
			  command, pci_name(pci_physfn(admvf_pdev(vf))));
	else
		admvf_say(vf, ret, "%s: virtio-pci of the owner %s has returned %d",
			  command, pci_name(pci_physfn(admvf_pdev(vf))), ret);
	switch (ret) {
	case -ENXIO:
	case -EIO:
	case -EAGAIN:
	case -ENOMEM:
	case -EBUSY:
	case -EEXIST:
	case -ENODEV:
	case -EINVAL:
	case -ENOSPC:
		return ret;
	default:
		return -EREMOTEIO;
	}
}

static int admvf_kernel_mode(struct admvf *vf, u8 flags)
{
	return admvf_kernel_result(vf, "DEV_MODE_SET",
				   virtio_pci_admin_mode_set(admvf_pdev(vf), flags));
}

static int admvf_kernel_create(struct admvf *vf, enum parts_obj_type type,
			       u32 *id)
{
	int ret = virtio_pci_admin_obj_create(admvf_pdev(vf),
					      PARTS_OBJ_DEV_PARTS, type, id);

	return admvf_kernel_result(vf, "RESOURCE_OBJ_CREATE", ret);
}

static int admvf_kernel_destroy(struct admvf *vf, u32 id)
{
	int ret = virtio_pci_admin_obj_destroy(admvf_pdev(vf),
					       PARTS_OBJ_DEV_PARTS, id);

	return admvf_kernel_result(vf, "RESOURCE_OBJ_DESTROY", ret);
}

static int admvf_kernel_size(struct admvf *vf, u32 id, u32 *size)
{
	int ret = virtio_pci_admin_dev_parts_metadata_get(admvf_pdev(vf),
							  PARTS_OBJ_DEV_PARTS,
							  id, PARTS_SIZE, size);

	return admvf_kernel_result(vf, "DEV_PARTS_METADATA_GET", ret);
}

static struct page *admvf_page(void *at)
{
	return is_vmalloc_addr(at) ? vmalloc_to_page(at) : virt_to_page(at);
}

/* A list of the pages behind memory of any kind. */
static int admvf_scatter(struct sg_table *table, void *at, u32 len)
{
	unsigned int offset = offset_in_page(at);
	unsigned int nr = DIV_ROUND_UP(offset + len, PAGE_SIZE), i;
	struct page **pages;
	int ret;

	pages = kvcalloc(nr, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		pages[i] = admvf_page(at - offset + i * PAGE_SIZE);
	ret = sg_alloc_table_from_pages(table, pages, nr, offset, len,
					GFP_KERNEL_ACCOUNT);
	kvfree(pages);
	return ret;
}

/*
 * Before 6.15.3 the length has the 8 bytes of the device's status in it, too, which
 * are nowhere.
 */
static u32 admvf_kernel_true_len(const void *set, u32 len, u32 room)
{
	const u32 status = sizeof(struct adm_status);

	if (len > room)
		return len - room == status ? room : len;
	if (len > status && admvf_parts_whole(set, len - status) == len - status)
		return len - status;
	return len;
}

static int admvf_kernel_read(struct admvf *vf, u32 id, void *to, u32 room,
			     u32 *len)
{
	struct sg_table table;
	int ret;

	ret = admvf_scatter(&table, to, room);
	if (ret)
		return ret;
	ret = virtio_pci_admin_dev_parts_get(admvf_pdev(vf), PARTS_OBJ_DEV_PARTS,
					     id, PARTS_ALL, table.sgl, len);
	sg_free_table(&table);
	if (!ret)
		*len = admvf_kernel_true_len(to, *len, room);
	return admvf_kernel_result(vf, "DEV_PARTS_GET", ret);
}

static int admvf_kernel_write(struct admvf *vf, void *message, u32 len)
{
	struct sg_table table;
	int ret;

	ret = admvf_scatter(&table, message, sizeof(struct parts_obj) + len);
	if (ret)
		return ret;
	ret = virtio_pci_admin_dev_parts_set(admvf_pdev(vf), table.sgl);
	sg_free_table(&table);
	return admvf_kernel_result(vf, "DEV_PARTS_SET", ret);
}

static const struct admvf_parts_by admvf_parts_by_kernel = {
	.mode		= admvf_kernel_mode,
	.create		= admvf_kernel_create,
	.destroy	= admvf_kernel_destroy,
	.size		= admvf_kernel_size,
	.get		= admvf_kernel_read,
	.put		= admvf_kernel_write,
};

/**
 * admvf_parts_by_virtio_pci - can the kernel be asked?
 * @vf: the function
 *
 * Return: how, or NULL.
 */
const struct admvf_parts_by *admvf_parts_by_virtio_pci(struct admvf *vf)
{
	return virtio_pci_admin_has_dev_parts(admvf_pdev(vf)) ?
	       &admvf_parts_by_kernel : NULL;
}

#else

const struct admvf_parts_by *admvf_parts_by_virtio_pci(struct admvf *vf)
{
	return NULL;
}

#endif
