/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does memory look as if it were, or had been, the kernel's?
 */
#ifndef VFMIG_LEAK_H
#define VFMIG_LEAK_H

#include <stddef.h>

/* Where from @from on it does so, or NULL. */
const void *find_kernel_memory(const void *from, size_t len);

#endif /* VFMIG_LEAK_H */
