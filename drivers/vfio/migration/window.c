// SPDX-License-Identifier: GPL-2.0-only
/*
 * The window: the pages of the data section, which kernel and user share.
 *
 * A page is allocated, zeroed, when it is first touched from either side, and
 * stays until the device is closed: an mmap taken in one state is good in every
 * other. What the user does with the pages at what time is the user's affair,
 * so nothing here is ordered against it and the fault path takes no lock.
 */
#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfmig_compat.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "window.h"

/* Pages that a fault maps at the most, and that it hands on at a time. */
#define FAULT_AROUND	512
#define BATCH		32

struct vfmig_window {
	struct kref ref;
	size_t size;
	/* The pages there are, by number; added to by anybody, never less. */
	struct xarray pages;
	atomic_t nr_pages;
	/* Where the first of them is in the device's file, in pages. */
	unsigned long pgoff;
	/* The kernel's view of the first @mapped bytes, under the engine lock. */
	void *va;
	size_t mapped;
};

/**
 * vfmig_window_create - make a window without a page
 * @size: bytes, a multiple of PAGE_SIZE
 *
 * Return: the window, to be let go by vfmig_window_put(), or NULL.
 */
struct vfmig_window *vfmig_window_create(size_t size)
{
	struct vfmig_window *win = kzalloc(sizeof(*win), GFP_KERNEL_ACCOUNT);

	if (!win)
		return NULL;
	kref_init(&win->ref);
	win->size = size;
	xa_init_flags(&win->pages, XA_FLAGS_ACCOUNT);
	return win;
}

static void vfmig_window_free(struct kref *ref)
{
	struct vfmig_window *win = container_of(ref, struct vfmig_window, ref);
	struct page *page;
	unsigned long i;

	vunmap(win->va);
	xa_for_each(&win->pages, i, page)
		put_page(page);
	xa_destroy(&win->pages);
	kfree(win);
}

/**
 * vfmig_window_get - hold on to a window
 * @win: the window; to be let go by vfmig_window_put()
 *
 * Return: @win.
 */
struct vfmig_window *vfmig_window_get(struct vfmig_window *win)
{
	kref_get(&win->ref);
	return win;
}
EXPORT_SYMBOL_GPL(vfmig_window_get);

/**
 * vfmig_window_put - let go of a window; the last one frees it and its pages
 * @win: the window, or NULL
 *
 * Context: may sleep. When the last one does, nobody has it mapped any more: a
 * mapping holds the device open.
 */
void vfmig_window_put(struct vfmig_window *win)
{
	if (win)
		kref_put(&win->ref, vfmig_window_free);
}
EXPORT_SYMBOL_GPL(vfmig_window_put);

/**
 * vfmig_window_size - the size of a window
 * @win: the window
 *
 * Return: bytes.
 */
size_t vfmig_window_size(const struct vfmig_window *win)
{
	return win->size;
}
EXPORT_SYMBOL_GPL(vfmig_window_size);

/**
 * vfmig_window_used - what the window costs
 * @win: the window
 *
 * Return: bytes of the pages allocated so far.
 */
size_t vfmig_window_used(const struct vfmig_window *win)
{
	return (size_t)atomic_read(&win->nr_pages) << PAGE_SHIFT;
}

static struct page *vfmig_window_get_page(struct vfmig_window *win,
					  unsigned long i)
{
	struct page *page = xa_load(&win->pages, i);
	struct page *new;

	if (page)
		return page;

	new = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!new)
		return NULL;

	page = xa_cmpxchg(&win->pages, i, NULL, new, GFP_KERNEL);
	if (page) {
		put_page(new);
		return xa_is_err(page) ? NULL : page;
	}
	atomic_inc(&win->nr_pages);
	return new;
}

/**
 * vfmig_window_map - the kernel's view of the window
 * @win: the window
 * @len: bytes from its start that are needed, at most its size
 *
 * Context: under the engine lock; the view before is gone.
 * Return: the address, or NULL where there is no memory.
 */
void *vfmig_window_map(struct vfmig_window *win, size_t len)
{
	unsigned long nr = PAGE_ALIGN(len) >> PAGE_SHIFT;
	struct page **pages;
	unsigned long i;
	void *va = NULL;

	if (WARN_ON_ONCE(len > win->size))
		return NULL;
	if (win->va && len <= win->mapped)
		return win->va;

	nr = max(nr, 1UL);
	pages = kvmalloc_array(nr, sizeof(*pages),
			       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!pages)
		return NULL;

	for (i = 0; i < nr; i++) {
		pages[i] = vfmig_window_get_page(win, i);
		if (!pages[i])
			goto out;
	}
	va = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	if (va) {
		vunmap(win->va);
		win->va = va;
		win->mapped = nr << PAGE_SHIFT;
	}
out:
	kvfree(pages);
	return va;
}

/* Those there are from the @i-th on, without a gap; returns their number. */
static unsigned long vfmig_window_collect_pages(struct vfmig_window *win,
						unsigned long i,
						unsigned long most,
						struct page **pages)
{
	unsigned long n;

	for (n = 0; n < most; n++) {
		pages[n] = xa_load(&win->pages, i + n);
		if (!pages[n])
			break;
	}
	return n;
}

/*
 * What was staged is there, and is about to be read to its end: so a fault
 * maps not only its page but those behind it, too. None is made for that.
 */
static vm_fault_t vfmig_window_fault_at(struct vfmig_window *win,
					struct vm_fault *vmf, unsigned long i)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long addr = vmf->address & PAGE_MASK;
	unsigned long most, n, rest;
	struct page *pages[BATCH];
	int ret;

	if (i >= win->size >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	if (!vfmig_window_get_page(win, i))
		return VM_FAULT_OOM;

	most = min((vma->vm_end - addr) >> PAGE_SHIFT,
		   (unsigned long)FAULT_AROUND);
	do {
		n = vfmig_window_collect_pages(win, i, min_t(unsigned long, most, BATCH),
					       pages);
		rest = n;
		ret = n ? vm_insert_pages(vma, addr, pages, &rest) : 0;
		i += n;
		addr += n << PAGE_SHIFT;
		most -= n;
	} while (!ret && n == BATCH && most);

	/* If it was not for the page itself it comes again. */
	return ret == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_NOPAGE;
}

static vm_fault_t vfmig_window_vm_fault(struct vm_fault *vmf)
{
	struct vfmig_window *win = vmf->vma->vm_private_data;

	return vfmig_window_fault_at(win, vmf, vmf->pgoff - READ_ONCE(win->pgoff));
}

static const struct vm_operations_struct vfmig_window_vm_ops = {
	.fault = vfmig_window_vm_fault,
};

/**
 * vfmig_window_fault - put a page of the window into a mapping of a backend's
 * @win: the window, held
 * @vmf: the fault; the mapping has VM_MIXEDMAP
 * @page: which page of the window belongs there
 *
 * The mapping does not hold the window, but only the pages that were put there.
 *
 * Return: what a fault handler returns; VM_FAULT_SIGBUS beyond the window's end.
 */
vm_fault_t vfmig_window_fault(struct vfmig_window *win, struct vm_fault *vmf,
			      unsigned long page)
{
	return vfmig_window_fault_at(win, vmf, page);
}
EXPORT_SYMBOL_GPL(vfmig_window_fault);

/**
 * vfmig_window_mmap - map a part of the window into a user's memory
 * @win: the window
 * @vma: where to
 * @first: number of the window's page that @vma starts with
 *
 * Return: 0, or -EINVAL where @vma would leave the window.
 */
int vfmig_window_mmap(struct vfmig_window *win, struct vm_area_struct *vma,
		      unsigned long first)
{
	unsigned long pages = win->size >> PAGE_SHIFT;

	if (first >= pages || vma_pages(vma) > pages - first)
		return -EINVAL;

	/*
	 * The same for each. vm_pgoff stays: by it vfio finds in the file what
	 * maps its BARs, to take it away, and must not find this.
	 */
	WRITE_ONCE(win->pgoff, vma->vm_pgoff - first);
	vma->vm_private_data = win;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP | VM_MIXEDMAP);
	vma->vm_ops = &vfmig_window_vm_ops;
	return 0;
}

/**
 * vfmig_window_offset - where in the window the kernel's view has something
 * @win: the window
 * @data: an address that the core has given to a backend
 *
 * Context: under the engine lock, in the call that was given it.
 * Return: bytes from the window's start.
 */
size_t vfmig_window_offset(const struct vfmig_window *win, const void *data)
{
	size_t offset = data - win->va;

	WARN_ON_ONCE(offset >= win->mapped);
	return offset;
}
EXPORT_SYMBOL_GPL(vfmig_window_offset);

/**
 * vfmig_window_read - read from the window as if it were mapped
 * @win: the window
 * @pos: where, in bytes
 * @buf: where to
 * @count: bytes; the caller has checked that they lie in the window
 *
 * A page that nobody has touched reads as zeros and stays without memory.
 *
 * Return: 0, or -EFAULT.
 */
int vfmig_window_read(struct vfmig_window *win, size_t pos,
		      char __user *buf, size_t count)
{
	while (count) {
		size_t in_page = offset_in_page(pos);
		size_t n = min_t(size_t, count, PAGE_SIZE - in_page);
		struct page *page = xa_load(&win->pages, pos >> PAGE_SHIFT);

		if (page ? copy_to_user(buf, page_address(page) + in_page, n) :
			   clear_user(buf, n))
			return -EFAULT;
		pos += n;
		buf += n;
		count -= n;
	}
	return 0;
}

/**
 * vfmig_window_write - write into the window as if it were mapped
 * @win: the window
 * @pos: where, in bytes
 * @buf: where from
 * @count: bytes; the caller has checked that they lie in the window
 *
 * Return: 0, -EFAULT or -ENOMEM; bytes before the fault are in place.
 */
int vfmig_window_write(struct vfmig_window *win, size_t pos,
		       const char __user *buf, size_t count)
{
	while (count) {
		size_t in_page = offset_in_page(pos);
		size_t n = min_t(size_t, count, PAGE_SIZE - in_page);
		struct page *page = vfmig_window_get_page(win, pos >> PAGE_SHIFT);

		if (!page)
			return -ENOMEM;
		if (copy_from_user(page_address(page) + in_page, buf, n))
			return -EFAULT;
		pos += n;
		buf += n;
		count -= n;
	}
	return 0;
}
