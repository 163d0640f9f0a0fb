/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernels that vfmig is built for have and others have not. Nothing
 * else in the tree asks which kernel it is.
 */
#ifndef VFMIG_COMPAT_H
#define VFMIG_COMPAT_H

#include <linux/vfio.h>

/* Linux 6.2: pre-copy in v2, and its size of the stop-and-copy phase. */
#ifdef VFIO_MIGRATION_PRE_COPY
#define VFMIG_HAVE_PRE_COPY	1
#else
#define VFMIG_HAVE_PRE_COPY	0
#endif

#ifdef VFIO_DEVICE_FEATURE_MIG_DATA_SIZE
#define VFMIG_HAVE_DATA_SIZE	1
#else
#define VFMIG_HAVE_DATA_SIZE	0
#endif

#endif /* VFMIG_COMPAT_H */
