/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the pure files of the core need of the kernel, for userspace: they are
 * compiled into the tests as they stand.
 */
#ifndef VFMIG_SHIM_TYPES_H
#define VFMIG_SHIM_TYPES_H

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/bug.h>
#include <linux/compiler.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int32_t s32;
typedef long long s64;
typedef uint8_t __u8;
typedef uint32_t __u32;
typedef int32_t __s32;
typedef u64 __u64;
typedef uint16_t __le16;
typedef uint32_t __le32;
typedef u64 __le64;
typedef u64 dma_addr_t;
typedef u32 vm_fault_t;
typedef struct { s64 counter; } atomic64_t;

#define __printf(a, b)	__attribute__((format(printf, a, b)))
#define __aligned(x)	__attribute__((aligned(x)))

#endif /* VFMIG_SHIM_TYPES_H */
