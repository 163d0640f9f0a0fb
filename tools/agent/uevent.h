/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel says when a function is bound to a driver, or the driver's way in is there. */
#ifndef VFMIG_AGENT_UEVENT_H
#define VFMIG_AGENT_UEVENT_H

#include <stddef.h>
#include <systemd/sd-event.h>

/* Of a function by its address, NULL: of any. */
typedef int (*uevent_fn)(const char *device);

/* 0, or a negative errno: then nothing is said. */
int uevent_watch(sd_event *event, uevent_fn fn);
/* A message of the kernel: 1 and the address or NULL if there is something to be tried. */
int uevent_read(const char *message, size_t len, const char **device);

#endif /* VFMIG_AGENT_UEVENT_H */
