// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "attack.h"

static const struct attack * const short_ones[] = {
	&attack_read_state, &attack_read_fields, &attack_write_state,
	&attack_read_section, &attack_write_section, &attack_write_size,
	&attack_map, &attack_unmap, &attack_look, &attack_scribble,
	&attack_read_bar, &attack_read_config, &attack_bad_buffers,
	&attack_v2_set, &attack_v2_get, &attack_fd_read, &attack_fd_write,
	&attack_fd_poll, &attack_fd_info, &attack_fd_close, &attack_fd_dup,
	&attack_fd_bad_buffers, &attack_fd_dead,
};

static void live_shortly(struct member *m)
{
	unsigned int n = 1 + random_below(&m->random, 8);

	while (n--)
		RANDOM_OF(&m->random, short_ones)->act(m);
}

/* Its mappings and files are now another's as well, who dies with them. */
static bool do_fork(struct member *m)
{
	return crowd_fork(m, live_shortly);
}

const struct attack attack_fork = { "fork", do_fork };

static bool second_fd(struct member *m)
{
	struct vf *vf = attack_target(m);
	struct vf second = *vf;
	uint32_t state = 0;
	void *map;
	int ret;

	second.fd = random_one_in(&m->random, 2) ?
		    vf_open_device(vf) :
		    dup(vf->fd);
	if (second.fd < 0)
		return false;
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, second.fd,
		   second.base + second.area);
	ret = attack_read(m, &second, REG_DEVICE_STATE, &state, sizeof(state));
	if (!ret)
		attack_judge_state(m, state);
	close(second.fd);
	if (map != MAP_FAILED) {
		attack_guarded_copy(&state, map, sizeof(state));
		munmap(map, 4096);
	}
	crowd_beat(m);
	return !ret;
}

const struct attack attack_second_fd = { "second_fd", second_fd };

/* While the other threads of the process are in the middle of something. */
static bool leave(struct member *m)
{
	if (random_one_in(&m->random, 100))
		_exit(0);
	return true;
}

const struct attack attack_leave = { "leave", leave };

/* Under the feet of the others; then, perhaps, the device is opened anew. */
static bool do_close(struct member *m)
{
	struct vf *vf = attack_target(m);
	bool before = random_one_in(&m->random, 2);
	int fd;

	if (random_one_in(&m->random, 30))
		close(random_one_in(&m->random, 2) ? vf->iommu : vf->group);
	if (!before)
		close(vf->fd);
	fd = vf_open_device(vf);
	if (fd < 0)
		return false;
	if (fd != vf->fd) {
		dup2(fd, vf->fd);
		close(fd);
	}
	return true;
}

const struct attack attack_close = { "close", do_close };
