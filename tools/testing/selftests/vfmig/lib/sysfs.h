/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an administrator does to PCI functions: binding, unbinding, resetting,
 * making and removing VFs.
 */
#ifndef VFMIG_SYSFS_H
#define VFMIG_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SYSFS_PATH	128
#define SYSFS_TEXT	128
#define BDF_LEN		16

void device_path(char *path, const char *bdf, const char *file);
int device_get(const char *bdf, const char *file, char *text);
int device_put(const char *bdf, const char *file, const char *text);
void device_link(const char *bdf, const char *file, char *name);

void driver_name(const char *bdf, char *name);
int driver_bind(const char *bdf, const char *driver);
/*
 * For before_open(): remembers the driver that a device has at first, and gives
 * it back where a test has left it without.
 */
void driver_keep(const char *bdf, char driver[SYSFS_TEXT]);
int sysfs_reset(const char *bdf);
int module_unload(const char *name);

/**
 * struct order - an order that may keep its giver waiting
 * @pid: of the process that gives it and waits; 0 for none
 * @what: the command, for messages
 *
 * Given by a process that has nothing of this one open or mapped: one that
 * waits for a device to be closed must not be what holds it open.
 */
struct order {
	pid_t pid;
	char what[SYSFS_PATH + SYSFS_TEXT];
};

void order_give(struct order *order, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool order_done(struct order *order);
int order_wait(struct order *order);
void order_unbind(struct order *order, const char *bdf);

#endif /* VFMIG_SYSFS_H */
