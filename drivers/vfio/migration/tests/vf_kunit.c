// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VF that is not there, and the user of its migration region.
 *
 * The region copies to and from a user's memory. A test of KUnit runs in a
 * kernel thread, which has none: it borrows a page of the modprobe that has
 * brought the tests and waits for them.
 */
#include <linux/errno.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "fake_kunit.h"

#define BYTES_MAX	SZ_128K
/* No stream here has more chunks; one that never ends is a failure. */
#define CHUNKS_MAX	1000

static struct mm_struct *lender;
static unsigned long user_page;

int fake_suite_init(struct kunit_suite *suite)
{
	unsigned long addr;

	if (!current->mm)
		return -ENXIO;
	addr = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(addr))
		return addr;
	lender = current->mm;
	user_page = addr;
	return 0;
}

void fake_suite_exit(struct kunit_suite *suite)
{
	vm_munmap(user_page, PAGE_SIZE);
	lender = NULL;
}

void fake_open(struct fake_vf *vf)
{
	struct vfmig_device *vm = vfmig_register(&vf->core, &vf->ops, vf);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(vf->test, vm);
	vf->vm = vm;
	/* vfio's part of an open. */
	vfmig_reset_done(vm);
	KUNIT_ASSERT_EQ(vf->test, vfmig_open(vm), 0);
	KUNIT_ASSERT_EQ(vf->test, vf->core.num_regions, 1);
}

void fake_close(struct fake_vf *vf)
{
	if (!vf->vm)
		return;
	vfmig_close(vf->vm);
	vfmig_unregister(vf->vm);
	vf->vm = NULL;
	/* vfio's part of a close. */
	kfree(vf->core.region);
	vf->core.region = NULL;
	vf->core.num_regions = 0;
}

int fake_init(struct kunit *test)
{
	struct fake_vf *vf = kzalloc(sizeof(*vf), GFP_KERNEL);

	if (!vf)
		return -ENOMEM;
	test->priv = vf;
	vf->test = test;
	vf->pdev.dev.init_name = "vfmig-kunit";
	vf->pdev.vendor = 0x1af4;
	vf->pdev.device = 0x10f5;
	vf->core.pdev = &vf->pdev;
	vf->ops = fake_ops;
	vf->script = "";
	vf->type = VFMIG_RECORD_BACKEND;
	vf->total = 200;
	vf->early = 80;
	vf->record = 64;
	fake_open(vf);
	return 0;
}

void fake_exit(struct kunit *test)
{
	struct fake_vf *vf = test->priv;

	if (!vf)
		return;
	vf->during = NULL;
	fake_close(vf);
	kfree(vf);
	test->priv = NULL;
}

static ssize_t region_access(struct fake_vf *vf, u64 pos, size_t size,
			     bool write)
{
	loff_t at = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_NUM_REGIONS) + pos;

	return vf->core.region[0].ops->rw(&vf->core, (char __user *)user_page,
					  size, &at, write);
}

static int access(struct fake_vf *vf, u64 pos, void *value, size_t size,
		  bool write)
{
	void __user *user = (void __user *)user_page;
	/* From within a call of the backend it is borrowed already. */
	bool borrow = !current->mm;
	ssize_t ret = -EFAULT;

	if (borrow)
		kthread_use_mm(lender);
	if (write && copy_to_user(user, value, size))
		goto out;
	ret = region_access(vf, pos, size, write);
	if (!write && ret > 0 && copy_from_user(value, user, ret))
		ret = -EFAULT;
out:
	if (borrow)
		kthread_unuse_mm(lender);
	return ret < 0 ? ret : ret == size ? 0 : -EIO;
}

int vf_read(struct fake_vf *vf, u64 pos, void *value, size_t size)
{
	return access(vf, pos, value, size, false);
}

int vf_write(struct fake_vf *vf, u64 pos, const void *value, size_t size)
{
	return access(vf, pos, (void *)value, size, true);
}

static int data_access(struct fake_vf *vf, u8 *bytes, size_t len, bool write)
{
	size_t pos, n;
	int ret;

	for (pos = 0; pos < len; pos += n) {
		n = min_t(size_t, len - pos, PAGE_SIZE);
		ret = access(vf, VF_DATA + pos, bytes + pos, n, write);
		if (ret)
			return ret;
	}
	return 0;
}

size_t vf_window(const struct fake_vf *vf)
{
	return vf->core.region[0].size - VF_DATA;
}

u32 vf_state(struct fake_vf *vf)
{
	u32 state = ~0U;

	KUNIT_EXPECT_EQ(vf->test, vf_read(vf, VF_STATE, &state, 4), 0);
	return state;
}

int vf_set_state(struct fake_vf *vf, u32 state)
{
	return vf_write(vf, VF_STATE, &state, sizeof(state));
}

u64 vf_field(struct fake_vf *vf, u64 pos)
{
	u64 value = 0;

	KUNIT_EXPECT_EQ_MSG(vf->test, vf_read(vf, pos, &value, 8), 0,
			    "reading at %llu", pos);
	return value;
}

void vf_go(struct fake_vf *vf, u32 state)
{
	KUNIT_ASSERT_EQ(vf->test, vf_set_state(vf, state), 0);
	KUNIT_ASSERT_EQ(vf->test, vf_state(vf), state);
}

struct fake_bytes *fake_bytes_new(struct fake_vf *vf)
{
	struct fake_bytes *bytes = kunit_kzalloc(vf->test, sizeof(*bytes),
						 GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(vf->test, bytes);
	bytes->at = kunit_kzalloc(vf->test, BYTES_MAX, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(vf->test, bytes->at);
	return bytes;
}

/* One chunk, from data_offset to the copy; its size, 0 where there is none. */
size_t vf_save_chunk(struct fake_vf *vf, struct fake_bytes *to)
{
	u64 offset = vf_field(vf, VF_OFFSET);
	u64 size = vf_field(vf, VF_SIZE);

	KUNIT_ASSERT_EQ(vf->test, offset, VF_DATA);
	KUNIT_ASSERT_LE(vf->test, size, vf_window(vf));
	KUNIT_ASSERT_LE(vf->test, to->len + size, BYTES_MAX);
	KUNIT_ASSERT_EQ(vf->test, data_access(vf, to->at + to->len, size,
					      false), 0);
	to->len += size;
	return size;
}

/* As QEMU does: until nothing is left in this phase. */
void vf_save_phase(struct fake_vf *vf, struct fake_bytes *to)
{
	unsigned int chunks = 0;

	while (vf_field(vf, VF_PENDING)) {
		KUNIT_ASSERT_GT(vf->test, vf_save_chunk(vf, to), 0);
		KUNIT_ASSERT_LT(vf->test, ++chunks, CHUNKS_MAX);
	}
}

void vf_save(struct fake_vf *vf, struct fake_bytes *to)
{
	to->len = 0;
	vf_go(vf, VFMIG_STATE_STOP_COPY);
	vf_save_phase(vf, to);
	vf_go(vf, VFMIG_STATE_RUNNING);
}

/* One write of data_size, with its bytes in place. */
int vf_load(struct fake_vf *vf, const u8 *bytes, size_t len)
{
	u64 size = len;
	int ret;

	KUNIT_EXPECT_EQ(vf->test, vf_field(vf, VF_OFFSET), VF_DATA);
	ret = data_access(vf, (u8 *)bytes, len, true);
	return ret ? ret : vf_write(vf, VF_SIZE, &size, sizeof(size));
}

int vf_load_pieces(struct fake_vf *vf, const u8 *bytes, size_t len,
		   size_t piece)
{
	size_t pos, n;
	int ret = 0;

	for (pos = 0; !ret && pos < len; pos += n) {
		n = min(len - pos, piece);
		ret = vf_load(vf, bytes + pos, n);
	}
	return ret;
}

/* A load has brought all of the content, once and in order. */
void vf_expect_taken(struct fake_vf *vf)
{
	KUNIT_EXPECT_TRUE(vf->test, vf->committed);
	KUNIT_EXPECT_FALSE(vf->test, vf->loading);
	KUNIT_EXPECT_EQ(vf->test, vf->taken, vf->total);
}

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The vfmig authors");
MODULE_DESCRIPTION("KUnit suites of vfmig");
