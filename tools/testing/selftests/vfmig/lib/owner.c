// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "fixture.h"
#include "owner.h"
#include "sysfs.h"

/* For what is tried again each second. */
#define PATIENCE_S	60

struct virtio_trouble *owner_window;
static char pf[SYSFS_TEXT];

/* 32-bit accesses only. */
uint32_t owner_get(const __u32 *field)
{
	return __atomic_load_n(field, __ATOMIC_RELAXED);
}

void owner_put(__u32 *field, uint32_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELAXED);
}

static void map_window(void)
{
	char path[SYSFS_PATH];
	void *window;
	int fd;

	device_link(vf_first(), "physfn", pf);
	device_path(path, pf, "resource4");
	fd = open(path, O_RDWR | O_SYNC);
	if (fd < 0)
		SKIP("%s has no emulated owner", vf_first());
	window = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	ASSERT_NE(window, MAP_FAILED);
	owner_window = window;
	if (owner_get(&owner_window->magic) == VIRTIO_TROUBLE_MAGIC)
		return;
	munmap(window, 4096);
	owner_window = NULL;
	SKIP("%s has no emulated owner", vf_first());
}

void owner_begin(void)
{
	if (!owner_window)
		map_window();
	owner_put(&owner_window->reset, 1);
}

bool owner_is_draft(void)
{
	return !owner_get(&owner_window->standard);
}

void need_draft(void)
{
	if (!owner_is_draft())
		SKIP("virtio 1.4 has no device context");
}

void need_parts(void)
{
	if (owner_is_draft())
		SKIP("the draft has no device parts");
}

bool owner_is_ours(void)
{
	char name[SYSFS_TEXT];

	driver_name(pf, name);
	return !strcmp(name, OWNER_DRIVER);
}

void need_our_owner(const char *why)
{
	if (!owner_is_ours())
		SKIP("the kernel's virtio-pci %s", why);
}

uint32_t owner_opcode(enum asked asked)
{
	static const struct {
		uint32_t draft;
		uint32_t parts;
	} opcodes[NR_ASKED] = {
		[ASK_MODE] = { CTX_MODE_SET, PARTS_MODE_SET },
		[ASK_SIZE] = { CTX_SIZE_GET, PARTS_METADATA_GET },
		[ASK_READ] = { CTX_READ, PARTS_GET },
		[ASK_WRITE] = { CTX_WRITE, PARTS_SET },
		[ASK_ABORT] = { CTX_DISCARD, PARTS_OBJ_DESTROY },
	};

	return owner_is_draft() ? opcodes[asked].draft : opcodes[asked].parts;
}

uint32_t owner_mode(uint32_t member)
{
	owner_put(&owner_window->function, member);
	return owner_get(&owner_window->mode);
}

bool owner_runs(void)
{
	return owner_mode(MEMBER) == CTX_ACTIVE;
}

uint32_t owner_frozen(void)
{
	return owner_is_draft() ? CTX_FREEZE : PARTS_MODE_STOPPED;
}

static void await(bool (*is_so)(void), const char *when)
{
	time_t end = time(NULL) + PATIENCE_S;

	while (!is_so()) {
		ASSERT_LE(time(NULL), end, "%s", when);
		usleep(1000);
	}
}

void owner_await_running(const char *when)
{
	await(owner_runs, when);
}

static bool has_no_object(void)
{
	return !owner_objects();
}

void owner_await_no_object(const char *when)
{
	await(has_no_object, when);
}

static bool has_met(void)
{
	return !owner_armed();
}

void owner_await_met(const char *when)
{
	await(has_met, when);
}

void owner_await_change(const struct protocol *by)
{
	time_t end = time(NULL) + PATIENCE_S;

	while (!by->left(&vf)) {
		ASSERT_LE(time(NULL), end, "%s", by->name);
		usleep(1000);
	}
}

static void arm(unsigned int n, uint32_t member, struct misbehaviour what,
		uint32_t opcode, uint32_t skip, uint32_t times)
{
	struct virtio_trouble_slot *slot = &owner_window->slot[n];

	owner_put(&slot->what, TROUBLE_NONE);
	owner_put(&slot->opcode, opcode);
	owner_put(&slot->member, member);
	owner_put(&slot->skip, skip);
	owner_put(&slot->times, times);
	owner_put(&slot->arg, what.arg);
	owner_put(&slot->what, what.what);
}

void owner_arm_slot(unsigned int n, struct misbehaviour what, uint32_t opcode,
		    uint32_t skip, uint32_t times)
{
	arm(n, MEMBER, what, opcode, skip, times);
}

void owner_arm(struct misbehaviour what, uint32_t opcode, uint32_t skip,
	       uint32_t times)
{
	arm(0, MEMBER, what, opcode, skip, times);
}

void owner_arm_any(struct misbehaviour what, uint32_t opcode, uint32_t skip,
		   uint32_t times)
{
	arm(0, 0, what, opcode, skip, times);
}

void owner_disarm(void)
{
	for (unsigned int n = 0; n < VIRTIO_TROUBLE_SLOTS; n++)
		owner_put(&owner_window->slot[n].what, TROUBLE_NONE);
}

uint32_t owner_armed(void)
{
	return owner_get(&owner_window->slot[0].times);
}

uint32_t owner_objects(void)
{
	return owner_get(&owner_window->objects);
}

void owner_forget_objects(void)
{
	owner_put(&owner_window->objects, 0);
	ASSERT_EQ(owner_objects(), 0);
}

uint32_t owner_logged(void)
{
	return owner_get(&owner_window->logged);
}

uint32_t owner_asked(uint32_t opcode)
{
	return owner_get(&owner_window->commands[opcode]);
}

uint32_t owner_told(uint32_t opcode)
{
	return owner_get(&owner_window->last_data[opcode]);
}

struct virtio_trouble_log owner_log(uint32_t n)
{
	union {
		struct virtio_trouble_log log;
		__u32 words[sizeof(struct virtio_trouble_log) / 4];
	} copy;
	const __u32 *from = (__u32 *)&owner_window->log[n % VIRTIO_TROUBLE_LOGGED];

	for (size_t i = 0; i < ARRAY_SIZE(copy.words); i++)
		copy.words[i] = owner_get(from + i);
	return copy.log;
}

uint32_t owner_first(uint32_t from, uint32_t opcode)
{
	uint32_t end = owner_logged();

	ASSERT_LE(end - from, VIRTIO_TROUBLE_LOGGED);
	for (uint32_t i = from; i < end; i++)
		if (owner_log(i).opcode == opcode)
			return i - from;
	return NO_COMMAND;
}

void owner_limit(unsigned int ms)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", ms);
	param_set(OWNER_DRIVER, "timeout_ms", text);
}

const char *owner_status(void)
{
	static char text[1024];
	char path[256];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/debug/" OWNER_DRIVER "/%s/status",
		 pf);
	file = fopen(path, "r");
	ASSERT_NE(file, NULL, "%s", path);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	return text;
}

unsigned long owner_counter(const char *name)
{
	const char *text = owner_status(), *at = strstr(text, name);

	ASSERT_NE(at, NULL, "%s in %s", name, text);
	return strtoul(at + strlen(name), NULL, 10);
}

static bool is_alive(void)
{
	return strstr(owner_status(), "queue alive\n");
}

/* The reset is made by whoever needs an owner; one that has failed not for a second. */
void owner_revive(void)
{
	time_t end = time(NULL) + PATIENCE_S;
	struct vf needs_it;

	owner_put(&owner_window->reset, 1);
	if (!owner_is_ours() || other.bdf)
		return;
	do {
		ASSERT_LE(time(NULL), end);
		vf_try_open(&needs_it, vf_second());
		vf_close(&needs_it);
	} while (!is_alive());
}

/* Linux's virtio-pci goes through its administration queue when it has freed it. */
void owner_reset_pf(void)
{
	ASSERT_EQ(owner_is_ours(), true);
	owner_put(&owner_window->reset, 1);
	ASSERT_EQ(sysfs_reset(pf), 0);
}

/* device_feature_select; after a reset BARs are not decoded. */
uint32_t owner_vf_register(void)
{
	uint16_t command = PCI_COMMAND_MEMORY;
	uint32_t value = ~0U;

	ASSERT_EQ(pwrite(vf.fd, &command, 2, VF_CONFIG + PCI_COMMAND), 2);
	ASSERT_EQ(pread(vf.fd, &value, 4, 0), 4);
	return value;
}
