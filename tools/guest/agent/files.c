// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that are written anew all the time, and read again past the page cache. Each
 * block of a file says which file it is, how often that one was written, and a
 * checksum, so that whoever reads the disk later, host or guest, knows a block that
 * was lost or is of another time.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

#define FILES		16
#define BLOCKS		8
#define BLOCK_SIZE	4096
#define FILE_SIZE	(BLOCKS * BLOCK_SIZE)

struct block {
	uint32_t checksum;	/* of the rest, CRC-32 as zlib has it */
	uint32_t file;
	uint32_t generation;
	uint32_t number;
	uint8_t noise[BLOCK_SIZE - 16];
};

static struct {
	pthread_mutex_t lock;
	pthread_t thread;
	int active;
	int stop;
	char directory[64];
	uint32_t generation[FILES];
	unsigned long long written;
	unsigned long long verified;
	char error[160];
} files = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static uint32_t checksum(const void *data, size_t length)
{
	const uint8_t *byte = data;
	uint32_t crc = ~0U;

	while (length--) {
		crc ^= *byte++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static uint32_t block_checksum(const struct block *block)
{
	return checksum(&block->file, BLOCK_SIZE - sizeof(block->checksum));
}

static void fill(struct block *blocks, uint32_t file, uint32_t generation)
{
	uint32_t x = generation * FILES + file + 1;

	for (uint32_t i = 0; i < BLOCKS; i++) {
		blocks[i].file = file;
		blocks[i].generation = generation;
		blocks[i].number = i;
		for (size_t n = 0; n < sizeof(blocks[i].noise); n++) {
			x = x * 1103515245 + 12345;
			blocks[i].noise[n] = x >> 16;
		}
		blocks[i].checksum = block_checksum(&blocks[i]);
	}
}

static int fail(const char *what, uint32_t file)
{
	char reason[sizeof(files.error)];

	snprintf(reason, sizeof(reason), "file %u: %s%s%s", file, what,
		 errno ? ": " : "", errno ? strerror(errno) : "");
	pthread_mutex_lock(&files.lock);
	memcpy(files.error, reason, sizeof(reason));
	pthread_mutex_unlock(&files.lock);
	return -1;
}

static void name_of(char *path, size_t room, uint32_t file, const char *suffix)
{
	snprintf(path, room, "%s/%u%s", files.directory, file, suffix);
}

/* As programs save a document: a new file that takes the old one's name. */
static int write_anew(struct block *blocks, uint32_t file)
{
	uint32_t generation = files.generation[file] + 1;
	char path[96], fresh[96];
	ssize_t done;
	int fd;

	name_of(path, sizeof(path), file, "");
	name_of(fresh, sizeof(fresh), file, ".new");
	fill(blocks, file, generation);
	errno = 0;
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_DIRECT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail("open", file);
	done = write(fd, blocks, FILE_SIZE);
	if (fsync(fd) || close(fd) || done != FILE_SIZE)
		return fail("write", file);
	if (rename(fresh, path))
		return fail("rename", file);
	pthread_mutex_lock(&files.lock);
	files.generation[file] = generation;
	files.written++;
	pthread_mutex_unlock(&files.lock);
	return 0;
}

static int verify_blocks(const struct block *blocks, uint32_t file)
{
	errno = 0;
	for (uint32_t i = 0; i < BLOCKS; i++) {
		if (blocks[i].checksum != block_checksum(&blocks[i]))
			return fail("a block's checksum is wrong", file);
		if (blocks[i].file != file || blocks[i].number != i)
			return fail("a block of another place", file);
		if (blocks[i].generation != files.generation[file])
			return fail("a block of another time", file);
	}
	return 0;
}

static int verify(struct block *blocks, uint32_t file)
{
	char path[96];
	ssize_t done;
	int fd;

	if (!files.generation[file])
		return 0;
	name_of(path, sizeof(path), file, "");
	errno = 0;
	fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		return fail("open", file);
	done = read(fd, blocks, FILE_SIZE);
	close(fd);
	if (done != FILE_SIZE)
		return fail("read", file);
	if (verify_blocks(blocks, file))
		return -1;
	pthread_mutex_lock(&files.lock);
	files.verified++;
	pthread_mutex_unlock(&files.lock);
	return 0;
}

/* What was written last but a few is read, so that it has been through the journal. */
static void *files_thread(void *blocks)
{
	for (uint32_t n = 0; !__atomic_load_n(&files.stop, __ATOMIC_RELAXED); n++)
		if (write_anew(blocks, n % FILES) ||
		    verify(blocks, (n + FILES / 2) % FILES))
			break;
	free(blocks);
	return NULL;
}

void files_start(FILE *reply, const char *directory)
{
	void *blocks;

	if (files.active) {
		fprintf(reply, ", \"error\": \"files are being written\"");
		return;
	}
	if (strlen(directory) >= sizeof(files.directory)) {
		fprintf(reply, ", \"error\": \"too long a path\"");
		return;
	}
	strcpy(files.directory, directory);
	files.stop = 0;
	files.written = 0;
	files.verified = 0;
	files.error[0] = '\0';
	memset(files.generation, 0, sizeof(files.generation));
	errno = posix_memalign(&blocks, BLOCK_SIZE, FILE_SIZE);
	if (!errno)
		errno = pthread_create(&files.thread, NULL, files_thread, blocks);
	if (errno) {
		json_error(reply, "no thread");
		return;
	}
	files.active = 1;
}

void files_report(FILE *reply)
{
	pthread_mutex_lock(&files.lock);
	fprintf(reply, ", \"written\": %llu, \"verified\": %llu, \"generations\": [",
		files.written, files.verified);
	for (int i = 0; i < FILES; i++)
		fprintf(reply, "%s%u", i ? ", " : "", files.generation[i]);
	fprintf(reply, "]");
	if (files.error[0]) {
		fprintf(reply, ", \"failed\": ");
		json_string(reply, files.error);
	}
	pthread_mutex_unlock(&files.lock);
}

void files_stop(FILE *reply)
{
	if (files.active) {
		__atomic_store_n(&files.stop, 1, __ATOMIC_RELAXED);
		pthread_join(files.thread, NULL);
		files.active = 0;
	}
	files_report(reply);
}
