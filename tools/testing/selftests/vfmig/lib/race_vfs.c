// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "race_vfs.h"
#include "tap.h"

#define CARRIER_S	60
#define MAC_KEY		"link/ether "

static void shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *fmt, ...)
{
	char command[SYSFS_PATH + SYSFS_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	ASSERT_EQ(system(command), 0, "%s", command);
}

static void find_netdev(struct pf *pf)
{
	char path[SYSFS_PATH];
	struct dirent *entry;
	DIR *dir;

	pf->netdev[0] = '\0';
	device_path(path, pf->bdf, "net");
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			snprintf(pf->netdev, sizeof(pf->netdev), "%.*s",
				 SYSFS_TEXT - 1, entry->d_name);
	closedir(dir);
}

static FILE *iproute(const char *what, const char *netdev)
{
	char command[SYSFS_PATH + SYSFS_TEXT];
	FILE *out;

	snprintf(command, sizeof(command), "ip -o %s show dev %s", what,
		 netdev);
	out = popen(command, "r");
	ASSERT_NE(out, NULL, "%s", command);
	return out;
}

static void read_address(struct pf *pf)
{
	FILE *out = iproute("-4 address", pf->netdev);

	if (fscanf(out, "%*s %*s inet %127s", pf->address) != 1)
		pf->address[0] = '\0';
	pclose(out);
}

/* "... vf 0     link/ether 52:54:00:76:66:00 brd ..." */
static void read_macs(struct pf *pf)
{
	FILE *out = iproute("link", pf->netdev);
	static char text[8192];
	const char *at;
	unsigned int i;
	char key[16];

	text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
	pclose(out);
	for (i = 0; i < pf->nr; i++) {
		snprintf(key, sizeof(key), " vf %u ", i);
		at = strstr(text, key);
		ASSERT_NE(at, NULL, "no VF %u", i);
		at = strstr(at, MAC_KEY);
		ASSERT_NE(at, NULL, "VF %u has no address", i);
		snprintf(pf->vf[i].mac, MAC_LEN, "%s", at + strlen(MAC_KEY));
	}
}

static void read_vfs(struct pf *pf)
{
	struct one_vf *vf;
	char link[16];

	for (pf->nr = 0; pf->nr < MAX_VFS; pf->nr++) {
		vf = &pf->vf[pf->nr];
		snprintf(link, sizeof(link), "virtfn%u", pf->nr);
		device_link(pf->bdf, link, vf->bdf);
		if (!vf->bdf[0])
			return;
		driver_name(vf->bdf, vf->driver);
	}
}

/* What there is now; skips where it could not be put back. */
void pf_remember(struct pf *pf, const char *vf)
{
	memset(pf, 0, sizeof(*pf));
	device_link(vf, "physfn", pf->bdf);
	if (!pf->bdf[0])
		SKIP("%s is no VF", vf);
	driver_name(pf->bdf, pf->driver);
	find_netdev(pf);
	read_vfs(pf);
	if (!pf->netdev[0])
		return;
	read_address(pf);
	read_macs(pf);
}

static bool has_carrier(const struct pf *pf)
{
	char file[SYSFS_PATH], text[SYSFS_TEXT];

	snprintf(file, sizeof(file), "net/%.64s/carrier", pf->netdev);
	return !device_get(pf->bdf, file, text) && !strcmp(text, "1");
}

void pf_await_carrier(const struct pf *pf)
{
	time_t end = time(NULL) + CARRIER_S;

	while (!has_carrier(pf)) {
		ASSERT_LE(time(NULL), end, "%s has no carrier", pf->netdev);
		usleep(10000);
	}
}

/* Of a PF that has none now. */
void pf_restore_vfs(const struct pf *pf)
{
	const struct one_vf *vf;
	char text[16];

	snprintf(text, sizeof(text), "%u", pf->nr);
	ASSERT_EQ(device_put(pf->bdf, "sriov_numvfs", text), 0);
	if (pf->netdev[0])
		pf_await_carrier(pf);
	for (unsigned int i = 0; i < pf->nr; i++) {
		vf = &pf->vf[i];
		if (vf->mac[0])
			shell("ip link set %s vf %u mac %s", pf->netdev, i, vf->mac);
		if (vf->driver[0])
			ASSERT_EQ(driver_bind(vf->bdf, vf->driver), 0, "%s",
				  vf->bdf);
	}
}

/* Of a PF whose driver has come anew. */
void pf_restore_netdev(const struct pf *pf)
{
	struct pf now = {};

	memcpy(now.bdf, pf->bdf, sizeof(now.bdf));
	find_netdev(&now);
	EXPECT_STREQ(now.netdev, pf->netdev);
	shell("ip link set %s up", pf->netdev);
	pf_await_carrier(pf);
	if (pf->address[0])
		shell("ip address replace %s dev %s", pf->address, pf->netdev);
}

static bool is_there(const char *driver)
{
	char path[SYSFS_PATH];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%.64s", driver);
	return !access(path, F_OK);
}

/* Whatever is gone of it comes back; what is there stays. */
void pf_restore(const struct pf *pf)
{
	char name[SYSFS_TEXT];

	if (!pf->bdf[0])
		return;
	driver_name(pf->bdf, name);
	if (!name[0]) {
		if (!is_there(pf->driver))
			shell("modprobe %s", pf->driver);
		driver_name(pf->bdf, name);
		if (!name[0])
			shell("echo %s >/sys/bus/pci/drivers/%s/bind", pf->bdf,
			      pf->driver);
		if (pf->netdev[0])
			pf_restore_netdev(pf);
	}
	device_link(pf->bdf, "virtfn0", name);
	if (!name[0])
		pf_restore_vfs(pf);
}
