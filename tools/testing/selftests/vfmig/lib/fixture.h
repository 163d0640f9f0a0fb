/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every program has: the first device, opened anew for each test, and
 * closed, judged and with its knobs put back after it.
 */
#ifndef VFMIG_FIXTURE_H
#define VFMIG_FIXTURE_H

#include <errno.h>

#include "knob.h"
#include "tap.h"
#include "transfer.h"
#include "vf.h"

extern struct vf vf;
/* For tests with two devices; closed after the test where it was opened. */
extern struct vf other;

/* A program may have this: knobs to turn before the device is opened. */
void before_open(void);

bool is_virtio(const char *bdf);
void reopen(void);
void change_register(struct vf *vf);
void change_device(void);
void need_whole_transfer(void);

#endif /* VFMIG_FIXTURE_H */
