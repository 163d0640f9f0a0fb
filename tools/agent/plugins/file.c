// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin whose device is a file: arg is its name. Saved is what the file has, once the
 * function is stopped; a load that comes to its end replaces it, whole or not at all.
 *
 * A load that is given up ends as one that is complete, by another state; and nobody
 * on the way looks at the bytes. So their number is before them, and a sum behind them;
 * where these do not fit get_state() says so, and the load is forgotten.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vfio-migration-plugin.h"

/* v1 of VFIO's migration states. */
#define RUNNING		0x1
#define SAVING		0x2
#define RESUMING	0x4

/* 8 bytes that move as others do, in pieces of any size. */
struct number {
	uint64_t value;
	unsigned int left;
};

/* Each word of it makes another sum of a sum: damage to any one of them is seen. */
struct sum {
	uint64_t value;
	uint64_t word;
	unsigned int filled;
};

struct file {
	char *path;
	char *loaded_path;
	uint32_t state;
	int saved;
	int loaded;
	/* Of the file. */
	uint64_t left;
	struct sum sum;
	/* Its length, and the sum that goes with it. */
	struct number head, tail;
};

static void add_word(struct sum *sum, uint64_t word)
{
	sum->value = (sum->value ^ le64toh(word)) * 0x9e3779b97f4a7c15ULL;
	sum->value ^= sum->value >> 32;
}

static void add_byte(struct sum *sum, uint8_t byte)
{
	((uint8_t *)&sum->word)[sum->filled++] = byte;
	if (sum->filled < sizeof(sum->word))
		return;
	add_word(sum, sum->word);
	sum->filled = 0;
	sum->word = 0;
}

static void add_to_sum(struct sum *sum, const uint8_t *data, uint64_t len)
{
	uint64_t word;

	for (; len && sum->filled; len--)
		add_byte(sum, *data++);
	for (; len >= sizeof(word); len -= sizeof(word), data += sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		add_word(sum, word);
	}
	for (; len; len--)
		add_byte(sum, *data++);
}

/* Whatever is behind the last whole word is in it, too. */
static uint64_t end_sum(const struct sum *sum)
{
	struct sum ended = *sum;

	add_word(&ended, ended.word);
	return htole64(ended.value);
}

static void begin_numbers(struct file *file, uint64_t len)
{
	file->left = len;
	file->head = (struct number){ htole64(len), sizeof(file->head.value) };
	file->tail = (struct number){ 0, sizeof(file->tail.value) };
	memset(&file->sum, 0, sizeof(file->sum));
}

static bool is_whole(const struct file *file)
{
	return !file->head.left && !file->left && !file->tail.left &&
	       file->tail.value == end_sum(&file->sum);
}

static int complain(struct file *file, const char *what)
{
	fprintf(stderr, "%s: cannot %s: %s\n", file->path, what, strerror(errno));
	return -1;
}

static int file_cleanup(void *handle)
{
	struct file *file = handle;

	if (file->saved >= 0)
		close(file->saved);
	if (file->loaded >= 0) {
		close(file->loaded);
		unlink(file->loaded_path);
	}
	free(file->loaded_path);
	free(file);
	return 0;
}

static void *file_init(char *devid, char *arg)
{
	struct file *file = calloc(1, sizeof(*file));

	(void)devid;
	if (!file)
		return NULL;
	file->path = arg;
	file->state = RUNNING;
	file->saved = -1;
	file->loaded = -1;
	if (!*arg)
		fprintf(stderr, "the argument has to be the name of a file\n");
	else if (access(arg, R_OK | W_OK))
		complain(file, "be used");
	else if (asprintf(&file->loaded_path, "%s.loaded", arg) < 0)
		file->loaded_path = NULL;
	else
		return file;
	file_cleanup(file);
	return NULL;
}

/* What the device does until it is stopped changes the file: not a byte is worth saving. */
static int begin_save(struct file *file)
{
	struct stat stat;

	file->saved = open(file->path, O_RDONLY | O_CLOEXEC);
	if (file->saved < 0 || fstat(file->saved, &stat))
		return complain(file, "open it");
	begin_numbers(file, stat.st_size);
	return 0;
}

/* It changes again: the next stop saves it anew. */
static int forget_save(struct file *file)
{
	close(file->saved);
	file->saved = -1;
	return 0;
}

static int begin_load(struct file *file)
{
	file->loaded = open(file->loaded_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file->loaded < 0)
		return complain(file, "make its successor");
	begin_numbers(file, 0);
	return 0;
}

static int end_load(struct file *file)
{
	if (!is_whole(file)) {
		fprintf(stderr, "%s stays as it is: not all was loaded, or it was damaged\n",
			file->path);
		return 0;
	}
	if (fsync(file->loaded) || rename(file->loaded_path, file->path))
		return complain(file, "replace it");
	close(file->loaded);
	file->loaded = -1;
	return 0;
}

static int file_set_state(void *handle, uint32_t state)
{
	struct file *file = handle;
	int err = 0;

	if (!(state & RESUMING) && (file->state & RESUMING))
		err = end_load(file);
	if (err)
		return err;
	if ((state & RESUMING) && file->loaded < 0)
		err = begin_load(file);
	else if ((state & (SAVING | RUNNING)) == SAVING && file->saved < 0)
		err = begin_save(file);
	else if ((state & RUNNING) && file->saved >= 0)
		err = forget_save(file);
	if (!err)
		file->state = state;
	return err;
}

/* That a load cannot be taken is said in the way of v1: RESUMING with SAVING is an error. */
static int file_get_state(void *handle, uint32_t *state)
{
	struct file *file = handle;

	*state = file->state;
	if ((file->state & RESUMING) && !is_whole(file))
		*state |= SAVING;
	return 0;
}

static int file_update_pending(void *handle, uint64_t *bytes)
{
	struct file *file = handle;

	*bytes = file->saved < 0 ? 0 : file->head.left + file->left + file->tail.left;
	return 0;
}

/* The bytes of a number that are in the piece, if any. True: that was the last of them. */
static bool move_number(struct number *number, uint8_t **piece, uint64_t *len, bool save)
{
	unsigned int now = *len < number->left ? *len : number->left;
	uint8_t *at = (uint8_t *)&number->value + sizeof(number->value) - number->left;

	if (!now)
		return false;
	memcpy(save ? *piece : at, save ? at : *piece, now);
	number->left -= now;
	*piece += now;
	*len -= now;
	return !number->left;
}

static int file_save(void *handle, uint8_t *state, uint64_t len)
{
	struct file *file = handle;
	ssize_t got;

	move_number(&file->head, &state, &len, true);
	while (len && file->left) {
		got = read(file->saved, state, len < file->left ? len : file->left);
		if (got <= 0)
			return complain(file, "read all of it");
		add_to_sum(&file->sum, state, got);
		file->left -= got;
		state += got;
		len -= got;
	}
	if (!file->left)
		file->tail.value = end_sum(&file->sum);
	move_number(&file->tail, &state, &len, true);
	return len ? -1 : 0;
}

static int file_load(void *handle, uint8_t *state, uint64_t len)
{
	struct file *file = handle;
	ssize_t put;

	if (move_number(&file->head, &state, &len, false))
		file->left = le64toh(file->head.value);
	while (len && file->left) {
		put = write(file->loaded, state, len < file->left ? len : file->left);
		if (put < 0)
			return complain(file, "write its successor");
		add_to_sum(&file->sum, state, put);
		file->left -= put;
		state += put;
		len -= put;
	}
	move_number(&file->tail, &state, &len, false);
	if (!len)
		return 0;
	fprintf(stderr, "%s: more is loaded than was saved\n", file->path);
	return -1;
}

/* Of what is saved: see struct file. */
uint64_t vfmig_plugin_state_version(void);
uint64_t vfmig_plugin_state_version(void)
{
	return 1;
}

int vfio_lm_get_plugin_version(void);
int vfio_lm_get_plugin_version(void)
{
	return VFIO_LM_PLUGIN_API_VERSION;
}

VFIOMigrationPluginOps *vfio_lm_get_plugin_ops(void);
VFIOMigrationPluginOps *vfio_lm_get_plugin_ops(void)
{
	static VFIOMigrationPluginOps ops = {
		.init = file_init,
		.save = file_save,
		.load = file_load,
		.update_pending = file_update_pending,
		.set_state = file_set_state,
		.get_state = file_get_state,
		.cleanup = file_cleanup,
	};

	return &ops;
}
