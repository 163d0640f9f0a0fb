// SPDX-License-Identifier: GPL-2.0-only
/* The one image behind all functions, as shared storage is: a file, or memory. */
#include "model.h"

#include <sys/mman.h>

#include "qapi/error.h"
#include "qemu/units.h"

bool image_open(struct owner *owner, Error **errp)
{
	int flags = MAP_SHARED | MAP_ANONYMOUS;
	int fd = -1;
	void *image;

	if (!owner->size || owner->size % 512) {
		error_setg(errp, "size: must be whole sectors");
		return false;
	}
	if (owner->image_path) {
		fd = open(owner->image_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0 || ftruncate(fd, owner->size)) {
			error_setg_errno(errp, errno, "image %s", owner->image_path);
			if (fd >= 0)
				close(fd);
			return false;
		}
		flags = MAP_SHARED;
	}
	image = mmap(NULL, owner->size, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (fd >= 0)
		close(fd);
	if (image == MAP_FAILED) {
		error_setg_errno(errp, errno, "an image of %" PRIu64 " bytes", owner->size);
		return false;
	}
	owner->image = image;
	return true;
}

void image_close(struct owner *owner)
{
	if (owner->image)
		munmap(owner->image, owner->size);
	owner->image = NULL;
}

void image_flush(struct owner *owner)
{
	if (owner->image_path)
		msync(owner->image, owner->size, MS_SYNC);
}
