/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_ERR_H
#define VFMIG_SHIM_ERR_H

#include <linux/errno.h>
#include <linux/types.h>

#define MAX_ERRNO	4095

static inline void *ERR_PTR(long err)
{
	return (void *)err;
}

static inline long PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool IS_ERR(const void *ptr)
{
	return (unsigned long)ptr >= (unsigned long)-MAX_ERRNO;
}

#endif /* VFMIG_SHIM_ERR_H */
