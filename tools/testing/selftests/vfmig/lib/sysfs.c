// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sysfs.h"
#include "tap.h"

/* No order takes longer, once nothing stands in its way. */
#define ORDER_S		60
#define POLL_US		1000

void device_path(char *path, const char *bdf, const char *file)
{
	snprintf(path, SYSFS_PATH, "/sys/bus/pci/devices/%s/%s", bdf, file);
}

static int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* All of a file, SYSFS_TEXT bytes at the most, without its newline. */
int device_get(const char *bdf, const char *file, char *text)
{
	char path[SYSFS_PATH];
	ssize_t n;
	int fd;

	text[0] = '\0';
	device_path(path, bdf, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, SYSFS_TEXT - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

int device_put(const char *bdf, const char *file, const char *text)
{
	char path[SYSFS_PATH];

	device_path(path, bdf, file);
	return put_text(path, text);
}

/* The last part of where a link leads; "" where there is none. */
void device_link(const char *bdf, const char *file, char *name)
{
	char path[SYSFS_PATH], target[512];
	ssize_t len;

	name[0] = '\0';
	device_path(path, bdf, file);
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return;
	target[len] = '\0';
	snprintf(name, SYSFS_TEXT, "%.*s", SYSFS_TEXT - 1,
		 strrchr(target, '/') + 1);
}

void driver_name(const char *bdf, char *name)
{
	device_link(bdf, "driver", name);
}

/* Takes it from nobody; -ENODEV where @driver does not take it. */
int driver_bind(const char *bdf, const char *driver)
{
	char name[SYSFS_TEXT];
	int ret;

	ret = device_put(bdf, "driver_override", driver);
	if (ret)
		return ret;
	ret = put_text("/sys/bus/pci/drivers_probe", bdf);
	if (ret)
		return ret;
	driver_name(bdf, name);
	return strcmp(name, driver) ? -ENODEV : 0;
}

void driver_keep(const char *bdf, char driver[SYSFS_TEXT])
{
	char name[SYSFS_TEXT];

	driver_name(bdf, name);
	if (!driver[0])
		snprintf(driver, SYSFS_TEXT, "%s", name);
	if (!name[0])
		ASSERT_EQ(driver_bind(bdf, driver), 0);
}

int sysfs_reset(const char *bdf)
{
	return device_put(bdf, "reset", "1");
}

/* Does not wait for anybody: -EWOULDBLOCK where it is in use. */
int module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

void order_give(struct order *order, const char *fmt, ...)
{
	va_list args;

	ASSERT_EQ(order->pid, 0, "still waiting: %s", order->what);
	va_start(args, fmt);
	vsnprintf(order->what, sizeof(order->what), fmt, args);
	va_end(args);

	order->pid = fork();
	if (!order->pid) {
		close_range(STDERR_FILENO + 1, ~0U, 0);
		execlp("sh", "sh", "-c", order->what, NULL);
		_exit(127);
	}
	ASSERT_GT(order->pid, 0);
}

static bool collect(struct order *order, int *status)
{
	if (order->pid && waitpid(order->pid, status, WNOHANG) != order->pid)
		return false;
	order->pid = 0;
	return true;
}

/* Has it been carried out? Says nothing of whether it was a success. */
bool order_done(struct order *order)
{
	siginfo_t info = {};

	if (!order->pid)
		return true;
	waitid(P_PID, order->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return info.si_pid == order->pid;
}

/* Returns the exit status, or -ETIMEDOUT. */
int order_wait(struct order *order)
{
	time_t end = time(NULL) + ORDER_S;
	int status = 0;

	while (!collect(order, &status)) {
		if (time(NULL) > end)
			return -ETIMEDOUT;
		usleep(POLL_US);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

void order_unbind(struct order *order, const char *bdf)
{
	char path[SYSFS_PATH];

	device_path(path, bdf, "driver/unbind");
	order_give(order, "echo %s >%s", bdf, path);
}
