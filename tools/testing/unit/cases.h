/* SPDX-License-Identifier: GPL-2.0-only */
/* What the cases shared with KUnit need of userspace. */
#ifndef VFMIG_UNIT_CASES_H
#define VFMIG_UNIT_CASES_H

#include <stdio.h>
#include <stdlib.h>
#include <linux/minmax.h>

#include "tap.h"

#define U32_MAX			UINT32_MAX
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define case_alloc(size)	malloc(size)
#define case_free(memory)	free(memory)
#define case_note(fmt, ...)	printf("# " fmt "\n", ##__VA_ARGS__)

#endif /* VFMIG_UNIT_CASES_H */
