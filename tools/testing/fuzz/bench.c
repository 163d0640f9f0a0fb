// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <string.h>
#include <linux/err.h>

#include "backend.h"
#include "session.h"
#include "window.h"
#include "bench.h"

#define VF_VENDOR	0x8086
#define VF_DEVICE	0x10ca
#define VF_REVISION	1

/* No save of a small state has more. */
#define MANY_CHUNKS	100000

struct vfmig_window {
	u8 *bytes;
	size_t size;
};

static struct vfmig_window window;
static bool committed;
/* 1: the next question whether to stop is answered with yes; 0: none is. */
static unsigned int stops;
static const struct vfmig_backend_ops *inner;

s64 shim_ns;
unsigned int shim_alloc_fails;

struct vfmig_window *vfmig_window_get(struct vfmig_window *win)
{
	return win;
}

void vfmig_window_put(struct vfmig_window *win)
{
}

size_t vfmig_window_size(const struct vfmig_window *win)
{
	return win->size;
}

void *vfmig_window_map(struct vfmig_window *win, size_t len)
{
	must(len <= win->size);
	return shim_alloc_must_fail() ? NULL : win->bytes;
}

int vfmig_bars_begin(struct vfmig_device *vm)
{
	return 0;
}

void vfmig_bars_end(struct vfmig_device *vm)
{
}

struct vfmig_part_stats *vfmig_access_part(struct vfmig_device *vm)
{
	return &vm->stats.part[VFMIG_PART_RESUMING];
}

bool vfmig_access_half_over(const struct vfmig_device *vm)
{
	return false;
}

void vfmig_more(struct vfmig_device *vm)
{
}

int vfmig_must_stop(struct vfmig_device *vm)
{
	must(vm->lock.held);
	return stops && !--stops ? -EINTR : 0;
}

int vfmig_fail(struct vfmig_device *vm, int err, const char *fmt, ...)
{
	va_list args;

	must(err < 0 && err >= -MAX_ERRNO);
	must(vm->lock.held);
	va_start(args, fmt);
	must(vsnprintf(vm->why, sizeof(vm->why), fmt, args) > 0);
	va_end(args);
	return err;
}

static void plan_fault(u8 fault)
{
	shim_alloc_fails = fault < FAULT_STOP ? fault : 0;
	stops = fault < FAULT_STOP ? 0 : fault - FAULT_STOP + 1;
}

static int load_commit(void *backend)
{
	committed = true;
	return inner->load_commit(backend);
}

void bench_init(struct bench *bench, const struct vfmig_backend_ops *ops,
		void *backend)
{
	static struct vfmig_backend_ops outer;
	struct vfmig_device *vm = &bench->vm;

	inner = ops;
	outer = *ops;
	outer.load_commit = load_commit;
	plan_fault(0);

	memset(bench, 0, sizeof(*bench));
	bench->pdev = (struct pci_dev) { VF_VENDOR, VF_DEVICE, VF_REVISION };
	bench->core.pdev = &bench->pdev;
	vm->core = &bench->core;
	vm->ops = &outer;
	vm->backend = backend;
	vm->window = &window;
	vm->identity = &bench->identity;
	vm->lock.held = true;

	must(vfmig_backend_complete(&outer));
	must(!vfmig_backend_open(vm));
	must(!vfmig_backend_identify(vm));
}

void bench_exit(struct bench *bench)
{
	vfmig_backend_close(&bench->vm);
}

int bench_stop(struct bench *bench)
{
	return vfmig_backend_quiesce(&bench->vm) ?:
	       vfmig_backend_freeze(&bench->vm);
}

int bench_run(struct bench *bench)
{
	return vfmig_backend_thaw(&bench->vm) ?: vfmig_backend_run(&bench->vm);
}

/* Whoever fails says why. */
static int consume(struct bench *bench, struct vfmig_load *load,
		   const u8 *bytes, size_t len)
{
	int ret;

	bench->vm.why[0] = '\0';
	window.bytes = malloc(len);
	window.size = len;
	must(window.bytes);
	memcpy(window.bytes, bytes, len);
	ret = vfmig_load_consume(load, len);
	free(window.bytes);
	must(ret <= 0);
	must(!ret == !bench->vm.why[0]);
	return ret;
}

/* What could not begin for want of memory can be tried again, once. */
static int consume_again(struct bench *bench, struct vfmig_load *load,
			 const u8 *bytes, size_t len)
{
	int ret = consume(bench, load, bytes, len);

	if (ret == -ENOMEM)
		ret = consume(bench, load, bytes, len);
	return ret;
}

struct loaded bench_load(struct bench *bench, const struct input *in, bool cut)
{
	struct loaded loaded = {};
	struct vfmig_load *load;
	size_t at, piece, nr = 0;

	committed = false;
	plan_fault(in->fault);
	load = vfmig_load_begin(&bench->vm, &window);
	if (IS_ERR(load)) {
		must(PTR_ERR(load) == -ENOMEM);
		load = vfmig_load_begin(&bench->vm, &window);
	}
	must(vfmig_load_may_leave(load));
	must(!consume(bench, load, in->bytes, 0));

	for (at = 0; !loaded.ret && at < in->len; at += piece) {
		piece = cut ? input_piece(in, nr++) : in->len;
		if (piece > in->len - at)
			piece = in->len - at;
		loaded.ret = consume_again(bench, load, in->bytes + at, piece);
		loaded.whole = !loaded.ret && vfmig_load_may_leave(load);
	}
	if (loaded.ret) {
		must(!vfmig_load_may_leave(load));
		must(consume(bench, load, in->bytes, 1) == -EINVAL);
	}
	plan_fault(0);
	vfmig_load_end(load);
	loaded.committed = committed;
	must(!loaded.whole || committed);
	return loaded;
}

static void append(struct stretch *to, const void *from, size_t len)
{
	to->at = realloc(to->at, to->len + len);
	must(to->at);
	memcpy(to->at + to->len, from, len);
	to->len += len;
}

/* All of a phase. What is pending is 0 exactly when nothing is left to say. */
static void take_phase(struct vfmig_save *save, struct stretch *stream)
{
	unsigned int chunks;
	u64 pending, len;

	for (chunks = 0; chunks < MANY_CHUNKS; chunks++) {
		must(!vfmig_save_pending(save, &pending));
		if (chunks % 2) {
			must(!vfmig_save_stage(save));
			must(!vfmig_save_pending(save, &len));
			must(!pending == !len);
		}
		must(!vfmig_save_offer(save, &len));
		must(!pending == !len);
		must(len <= window.size);
		if (!len)
			return;
		append(stream, window.bytes, len);
		memset(window.bytes, 0xee, window.size);
		vfmig_save_retire(save);
	}
	must(!"a save ends");
}

/* Leaves the device stopped. */
int bench_save(struct bench *bench, bool pre_copy, size_t size,
	       struct stretch *stream)
{
	enum vfmig_phase phase = pre_copy ? VFMIG_PRE_COPY : VFMIG_STOP_COPY;
	struct vfmig_save *save;
	int ret;

	*stream = (struct stretch){};
	bench->vm.why[0] = '\0';
	window.size = size;
	window.bytes = malloc(size);
	must(window.bytes);

	ret = pre_copy ? 0 : bench_stop(bench);
	if (ret)
		goto out;
	save = vfmig_save_begin(&bench->vm, &window, phase);
	if (IS_ERR(save)) {
		ret = PTR_ERR(save);
		goto out;
	}
	take_phase(save, stream);
	if (pre_copy) {
		ret = bench_stop(bench);
		ret = ret ?: vfmig_save_last_phase(save);
		if (!ret)
			take_phase(save, stream);
	}
	vfmig_save_end(save);
out:
	free(window.bytes);
	must(!ret == !bench->vm.why[0]);
	return ret;
}
