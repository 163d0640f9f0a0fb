/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps by which a device comes to an iommufd, one at a time. Each returns
 * 0, or what it makes, or a negative errno.
 */
#ifndef VFMIG_IOMMUFD_H
#define VFMIG_IOMMUFD_H

#include <stddef.h>
#include <stdint.h>

/* The device's own file, which can do nothing yet. */
int iommufd_node(const char *bdf, char *path, size_t room);
int iommufd_bind(int fd, int iommufd);

int iommufd_new_ioas(int iommufd, uint32_t *ioas);
int iommufd_destroy(int iommufd, uint32_t id);

/* *@pt becomes what the device is attached to. */
int iommufd_attach(int fd, uint32_t *pt);
int iommufd_detach(int fd);

#endif /* VFMIG_IOMMUFD_H */
