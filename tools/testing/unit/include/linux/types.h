/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pure files of the core need of the kernel, for userspace: they are
 * compiled into the tests as they stand.
 */
#ifndef VFMIG_UNIT_TYPES_H
#define VFMIG_UNIT_TYPES_H

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef uint16_t __le16;
typedef uint32_t __le32;
typedef uint64_t __le64;

#define __printf(a, b)	__attribute__((format(printf, a, b)))
#define __aligned(x)	__attribute__((aligned(x)))

#endif /* VFMIG_UNIT_TYPES_H */
