/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_LINUX_WAIT_H
#define SHIM_LINUX_WAIT_H
struct wait_queue_head {
	int nobody;
};

#define wait_queue_head_t struct wait_queue_head
#endif
