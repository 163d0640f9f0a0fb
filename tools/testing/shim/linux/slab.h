/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_SLAB_H
#define VFMIG_SHIM_SLAB_H

/*
 * Memory of the machine. A test may have the next allocation but so many fail,
 * and malloc()'s own rules, which ASan knows, are the kernel's.
 */
#include <stdlib.h>
#include <linux/types.h>

#define GFP_KERNEL		0
#define GFP_KERNEL_ACCOUNT	0
#define __GFP_NOWARN		0

/* 1: the next allocation fails; 0: none does. */
extern unsigned int shim_alloc_fails;

static inline bool shim_alloc_must_fail(void)
{
	return shim_alloc_fails && !--shim_alloc_fails;
}

static inline void *kmalloc(size_t size, unsigned int gfp)
{
	return shim_alloc_must_fail() ? NULL : malloc(size);
}

static inline void *kvcalloc(size_t n, size_t size, unsigned int gfp)
{
	return shim_alloc_must_fail() ? NULL : calloc(n, size);
}

static inline void *kzalloc(size_t size, unsigned int gfp)
{
	return kvcalloc(1, size, gfp);
}

static inline void *kvmalloc(size_t size, unsigned int gfp)
{
	return kmalloc(size, gfp);
}

static inline void kfree(void *p)
{
	free(p);
}

static inline void kvfree(void *p)
{
	free(p);
}

#endif /* VFMIG_SHIM_SLAB_H */
