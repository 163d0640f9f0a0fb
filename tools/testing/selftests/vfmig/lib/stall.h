/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page of memory that keeps whoever touches it waiting, until it is let go.
 */
#ifndef VFMIG_STALL_H
#define VFMIG_STALL_H

#include <stdint.h>

/**
 * struct stall - such a page
 * @at: where it is
 * @fd: the userfaultfd that it is registered with
 */
struct stall {
	uint8_t *at;
	int fd;
};

/* Skips the test where the kernel has no userfaultfd. */
void stall_make(struct stall *stall);
/* Until somebody has touched it. */
void stall_await(struct stall *stall);
/* The page is there now, with zeros or with these bytes. */
void stall_let_go(struct stall *stall, const void *content);
void stall_end(struct stall *stall);

#endif /* VFMIG_STALL_H */
