/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A member's way through a transfer, by one protocol or the other, with others
 * in between. Each returns 0 or the errno of what did not work.
 */
#ifndef VFMIG_ATTACK_PASSAGE_H
#define VFMIG_ATTACK_PASSAGE_H

#include "attack.h"

/**
 * struct passage - one end of a transfer
 * @m: whose
 * @vf: of which device
 * @v2: not through the region
 * @fd: the data fd of v2, if there is one
 */
struct passage {
	struct member *m;
	struct vf *vf;
	bool v2;
	int fd;
};

/* How a save begins. */
enum start { LIVE, PAUSED, AT_ONCE_FROM_RUNNING };

struct passage passage_of(struct member *m, struct vf *vf, bool v2);
void passage_over(struct passage *p);

/* States as v1 counts them. */
int passage_go(struct passage *p, uint32_t state);

/* Given up at one step in so many, unless @one_in is 0. */
int passage_take_phase(struct passage *p, struct bytes *to, unsigned int one_in);
int passage_take(struct passage *p, struct bytes *to, enum start start,
		 unsigned int one_in);
int passage_put(struct passage *p, const uint8_t *from, size_t len,
		unsigned int one_in);

#endif /* VFMIG_ATTACK_PASSAGE_H */
