/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VF that is not there, for tests of the core: a backend that checks how it
 * is called, fails when told to, and has made-up content; and the user of the
 * migration region, who reads and writes it as vfio would let QEMU.
 *
 * What the backend is told is written down in words, such as
 *
 *	quiesce, freeze, begin-stop!, thaw, run
 *
 * where ! says that the call has failed, ? that it has failed and left the device
 * in neither state, and * that the device was reset while it was under way. The
 * same words, given to fake_script() before, make it so.
 */
#ifndef VFMIG_FAKE_KUNIT_H
#define VFMIG_FAKE_KUNIT_H

#include <kunit/test.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>
#include <linux/vfmig.h>

#include "../transition.h"

#define FAKE_CALLS_LEN	256

struct fake_vf {
	struct kunit *test;
	struct vfmig_device *vm;
	struct vfmig_backend_ops ops;
	struct vfio_pci_core_device core;
	struct pci_dev pdev;

	/* Told so far, and what is to happen next. */
	char calls[FAKE_CALLS_LEN];
	const char *script;
	/* Called in each call of the backend. */
	void (*during)(struct fake_vf *vf, const char *call);

	/* Where the calls so far have left the device. */
	bool quiet;
	bool frozen;
	bool saving;
	bool final;
	bool loading;
	bool committed;
	/* It has been reset and the backend has not been told yet. */
	bool was_reset;

	/* The content: bytes in all, in pre-copy, and in one record. */
	u64 total;
	u64 early;
	u32 record;
	u64 said;
	u64 taken;
	u32 piece_due;
	/* So often its facts are not known yet. */
	unsigned int unknown;
	/* How much too much save_left says, and what save and load answer. */
	u64 overstated;
	int save_err;
	int load_err;
	/* Type and flags of its records. */
	u16 type;
	u16 flags;
};

/* fake_kunit.c */
extern const struct vfmig_backend_ops fake_ops;
void fake_script(struct fake_vf *vf, const char *script);
u8 fake_byte(u64 at);

/* vf_kunit.c: for struct kunit_suite; a test's priv is its VF, open. */
int fake_suite_init(struct kunit_suite *suite);
void fake_suite_exit(struct kunit_suite *suite);
int fake_init(struct kunit *test);
void fake_exit(struct kunit *test);
void fake_open(struct fake_vf *vf);
void fake_close(struct fake_vf *vf);

#define VF_STATE	0
#define VF_PENDING	8
#define VF_OFFSET	16
#define VF_SIZE		24
#define VF_DATA		PAGE_SIZE

/* Like the region's own, with 0 where all bytes were moved. */
int vf_read(struct fake_vf *vf, u64 pos, void *value, size_t size);
int vf_write(struct fake_vf *vf, u64 pos, const void *value, size_t size);

size_t vf_window(const struct fake_vf *vf);
u32 vf_state(struct fake_vf *vf);
int vf_set_state(struct fake_vf *vf, u32 state);
u64 vf_field(struct fake_vf *vf, u64 pos);
void vf_go(struct fake_vf *vf, u32 state);

/* A stream, or a part of one. */
struct fake_bytes {
	size_t len;
	u8 *at;
};

struct fake_bytes *fake_bytes_new(struct fake_vf *vf);
size_t vf_save_chunk(struct fake_vf *vf, struct fake_bytes *to);
void vf_save_phase(struct fake_vf *vf, struct fake_bytes *to);
void vf_save(struct fake_vf *vf, struct fake_bytes *to);
int vf_load(struct fake_vf *vf, const u8 *bytes, size_t len);
int vf_load_pieces(struct fake_vf *vf, const u8 *bytes, size_t len,
		   size_t piece);
void vf_expect_taken(struct fake_vf *vf);

#endif /* VFMIG_FAKE_KUNIT_H */
