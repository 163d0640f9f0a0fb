// SPDX-License-Identifier: GPL-2.0-only
#include "attack.h"
#include "iommufd.h"

/* What a device that is bound to an iommufd can be told there; one of type1 not. */
static bool space(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint32_t pt = random_one_in(&m->random, 4) ?
		      random_below(&m->random, 8) : vf->ioas;
	int ret;

	switch (random_below(&m->random, 4)) {
	case 0:
		ret = iommufd_detach(vf->fd);
		break;
	case 1:
		ret = iommufd_bind(vf->fd, vf->iommu);
		break;
	default:
		ret = iommufd_attach(vf->fd, &pt);
	}
	crowd_beat(m);
	return !ret;
}

const struct attack attack_space = { "space", space };
