/* SPDX-License-Identifier: GPL-2.0-only */
/* What the cases shared with userspace need of the kernel. */
#ifndef VFMIG_CASES_KUNIT_H
#define VFMIG_CASES_KUNIT_H

#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/printk.h>

#define case_alloc(size)	kvmalloc(size, GFP_KERNEL)
#define case_free(memory)	kvfree(memory)
#define case_note(fmt, ...)	pr_info("# " fmt "\n", ##__VA_ARGS__)

#endif /* VFMIG_CASES_KUNIT_H */
