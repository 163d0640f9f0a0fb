/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PF with its VFs, to be taken away and put back as they were.
 */
#ifndef VFMIG_RACE_VFS_H
#define VFMIG_RACE_VFS_H

#include "sysfs.h"

#define MAX_VFS		8
#define MAC_LEN		18

/**
 * struct one_vf - a VF, as an administrator has left it
 * @bdf: PCI address
 * @driver: what it is bound to, or ""
 * @mac: the address its PF gives it, or ""
 */
struct one_vf {
	char bdf[SYSFS_TEXT];
	char driver[SYSFS_TEXT];
	char mac[MAC_LEN];
};

/**
 * struct pf - a PF with its VFs
 * @bdf: PCI address
 * @driver: what it is bound to
 * @netdev: its network interface, or ""
 * @address: the interface's IPv4 address with its prefix, or ""
 * @nr: number of its VFs
 * @vf: the VFs
 */
struct pf {
	char bdf[SYSFS_TEXT];
	char driver[SYSFS_TEXT];
	char netdev[SYSFS_TEXT];
	char address[SYSFS_TEXT];
	unsigned int nr;
	struct one_vf vf[MAX_VFS];
};

void pf_remember(struct pf *pf, const char *vf);
void pf_await_carrier(const struct pf *pf);
void pf_restore_vfs(const struct pf *pf);
void pf_restore_netdev(const struct pf *pf);
void pf_restore(const struct pf *pf);

#endif /* VFMIG_RACE_VFS_H */
