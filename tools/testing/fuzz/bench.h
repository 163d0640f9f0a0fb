/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's load and save as they stand, with a device that is a backend in
 * memory: what of the core's engine and window they need is here.
 */
#ifndef VFMIG_FUZZ_BENCH_H
#define VFMIG_FUZZ_BENCH_H

#include <linux/slab.h>
#include <linux/vfio_pci_core.h>

#include "device.h"
#include "fuzz.h"

/* An 82576 virtual function, as the seeds come from. */
struct bench {
	struct vfmig_device vm;
	struct vfio_pci_core_device core;
	struct pci_dev pdev;
	struct vfmig_identity identity;
};

/**
 * struct loaded - how a load went
 * @ret: what the last access returned
 * @whole: the stream is in the device
 * @committed: the device was told to take it, whatever came then
 */
struct loaded {
	int ret;
	bool whole;
	bool committed;
};

struct stretch {
	u8 *at;
	size_t len;
};

void bench_init(struct bench *bench, const struct vfmig_backend_ops *ops,
		void *backend);
void bench_exit(struct bench *bench);
int bench_stop(struct bench *bench);
int bench_run(struct bench *bench);
struct loaded bench_load(struct bench *bench, const struct input *in, bool cut);
int bench_save(struct bench *bench, bool pre_copy, size_t window,
	       struct stretch *stream);

#endif /* VFMIG_FUZZ_BENCH_H */
