/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a hostile user of the devices @vf and @other (fixture.h) does, one
 * action each, and what must hold whatever it does.
 */
#ifndef VFMIG_ATTACK_H
#define VFMIG_ATTACK_H

#include "crowd.h"
#include "fixture.h"

/* attack_region.c: the registers and the section, by read and write */
extern const struct attack attack_read_holes;
extern const struct attack attack_write_holes;
extern const struct attack attack_read_state;
extern const struct attack attack_read_fields;
extern const struct attack attack_write_size;
extern const struct attack attack_write_state;
extern const struct attack attack_read_section;
extern const struct attack attack_write_section;

/* attack_buffer.c: the same with odd buffers and odd calls */
extern const struct attack attack_vectors;
extern const struct attack attack_bad_buffers;
extern const struct attack attack_fd_bad_buffers;
extern const struct attack attack_file_calls;

/* attack_memory.c: the section and BARs in memory */
extern const struct attack attack_map_refused;
extern const struct attack attack_map;
extern const struct attack attack_poke_bar;
extern const struct attack attack_unmap;
extern const struct attack attack_move;
extern const struct attack attack_protect;
extern const struct attack attack_advise;
extern const struct attack attack_look;
extern const struct attack attack_scribble;
extern const struct attack attack_pin;
extern const struct attack attack_unpin;

/* attack_device.c: what vfio offers besides */
extern const struct attack attack_reset;
extern const struct attack attack_recover;
extern const struct attack attack_flr;
extern const struct attack attack_read_config;
extern const struct attack attack_write_config;
extern const struct attack attack_decoding;
extern const struct attack attack_read_bar;
extern const struct attack attack_write_bar;
extern const struct attack attack_interrupts;

/* attack_ioctl.c: questions, and rubbish */
extern const struct attack attack_region_info;
extern const struct attack attack_other_info;
extern const struct attack attack_feature;
extern const struct attack attack_low_power;
extern const struct attack attack_rubbish;
extern const struct attack attack_ioeventfd;
extern const struct attack attack_debugfs;

/* attack_transfer.c: as QEMU does it, to the end or not */
extern const struct attack attack_save;
extern const struct attack attack_load;
extern const struct attack attack_move_state;
extern const struct attack attack_damage;
extern const struct attack attack_save_v2;
extern const struct attack attack_load_v2;
extern const struct attack attack_damage_v2;

/* attack_v2.c: the states of v2 */
extern const struct attack attack_v2_set;
extern const struct attack attack_v2_get;
extern const struct attack attack_v2_odd_order;

/* attack_datafd.c: data fds, each of any thread of a process */
extern const struct attack attack_fd_read;
extern const struct attack attack_fd_write;
extern const struct attack attack_fd_session;
extern const struct attack attack_fd_feed;
extern const struct attack attack_fd_poll;
extern const struct attack attack_fd_info;
extern const struct attack attack_fd_close;
extern const struct attack attack_fd_dup;
extern const struct attack attack_fd_dead;

/* attack_space.c: the address space is taken away, and given back */
extern const struct attack attack_space;

/* attack_file.c: what other files can do */
extern const struct attack attack_fd_calls;

/* attack_tear.c: who writes to the section while it is parsed */
extern const struct attack attack_load_torn;
extern const struct attack attack_tear;
void attack_prepare_truce(void);
void attack_truce(bool on);

/* attack_process.c: processes and file descriptors */
extern const struct attack attack_fork;
extern const struct attack attack_second_fd;
extern const struct attack attack_leave;
extern const struct attack attack_close;

/* attack_knob.c: the mock behind the first device misbehaves */
extern const struct attack attack_turn_knob;
extern const struct attack attack_set_fault;
extern const struct attack attack_clear_faults;
void attack_remember_knobs(void);

/* Before a crowd: streams for its members to send, and room for data fds. */
void attack_take_streams(void);
void attack_drop_streams(void);
const struct bytes *attack_stream(const struct vf *vf);

void attack_open_slots(void);
void attack_close_slots(void);

/* A data fd, or none, and for how long nobody knows; a copy of @fd becomes one. */
int attack_slot(struct member *m);
void attack_keep_fd(struct member *m, int fd);
bool attack_is_slot(int fd);

/* For a process of a crowd: before its members begin. */
void attack_enter(void);

/* One of the two devices, more often the first. */
struct vf *attack_target(struct member *m);

/* Each is a sign of life of the member. */
int attack_read(struct member *m, struct vf *vf, uint64_t at, void *buf,
		size_t len);
int attack_write(struct member *m, struct vf *vf, uint64_t at, const void *buf,
		 size_t len);
int attack_reset_device(struct member *m, struct vf *vf);

/* A state of v2. The fd that comes with it takes the place of *@fd, if any. */
int attack_order(struct member *m, struct vf *vf, uint32_t to, int *fd);

/* Has the fd gone, or become another file? That is nobody's fault. */
bool attack_excused(struct member *m, int ret);

/* What a buffer is filled with where nothing may be written. */
#define CANARY	0xc5

bool attack_untouched(const void *from, size_t len);

/* A state as it was read, and bytes of the section. */
void attack_judge_state(struct member *m, uint32_t state);
void attack_judge_bytes(struct member *m, const void *from, size_t len);

/* Memory that any thread may have mapped, unmapped or protected. */
void *attack_playground(struct member *m, size_t *len);

/* Returns false where one of them cannot be accessed, or not all of it. */
bool attack_guarded_copy(void *to, const void *from, size_t len);

#endif /* VFMIG_ATTACK_H */
