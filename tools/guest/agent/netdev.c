// SPDX-License-Identifier: GPL-2.0-only
/* What the guest's kernel and the driver know of an interface. */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"

static const char * const attributes[] = {
	"address", "carrier", "carrier_changes", "ifindex", "operstate",
};

static const char * const counters[] = {
	"rx_packets", "rx_bytes", "rx_errors", "rx_dropped",
	"tx_packets", "tx_bytes", "tx_errors", "tx_dropped",
};

static void report_attribute(FILE *reply, const char *interface, const char *name)
{
	char path[128], value[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", interface, name);
	file = fopen(path, "r");
	if (file) {
		if (!fgets(value, sizeof(value), file))
			value[0] = '\0';
		fclose(file);
	}
	value[strcspn(value, "\n")] = '\0';
	json_string(reply, value);
}

static unsigned int count_driver_counters(int sock, struct ifreq *request)
{
	struct {
		struct ethtool_sset_info info;
		__u32 count;
	} query = {
		.info.cmd = ETHTOOL_GSSET_INFO,
		.info.sset_mask = 1ULL << ETH_SS_STATS,
	};

	request->ifr_data = (void *)&query;
	if (ioctl(sock, SIOCETHTOOL, request) || !query.info.sset_mask)
		return 0;
	return query.count;
}

/* The driver's own counters: for igbvf they come from the device's registers. */
static void report_driver_counters(FILE *reply, int sock, struct ifreq *request)
{
	unsigned int count = count_driver_counters(sock, request);
	struct ethtool_gstrings *names;
	struct ethtool_stats *values;

	names = calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	values = calloc(1, sizeof(*values) + (size_t)count * sizeof(__u64));
	if (!names || !values)
		goto out;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = count;
	request->ifr_data = (void *)names;
	if (ioctl(sock, SIOCETHTOOL, request))
		goto out;
	values->cmd = ETHTOOL_GSTATS;
	values->n_stats = count;
	request->ifr_data = (void *)values;
	if (ioctl(sock, SIOCETHTOOL, request))
		goto out;
	for (unsigned int i = 0; i < count; i++) {
		char name[ETH_GSTRING_LEN + 1] = "";

		memcpy(name, names->data + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
		fprintf(reply, "%s", i ? ", " : "");
		json_string(reply, name);
		fprintf(reply, ": %llu", (unsigned long long)values->data[i]);
	}
out:
	free(names);
	free(values);
}

void netdev_report(FILE *reply, const char *interface)
{
	struct ifreq request = {};
	char path[64];
	int sock;

	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		fprintf(reply, ", \"%s\": ", attributes[i]);
		report_attribute(reply, interface, attributes[i]);
	}
	fprintf(reply, ", \"kernel\": {");
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
		snprintf(path, sizeof(path), "statistics/%s", counters[i]);
		fprintf(reply, "%s\"%s\": ", i ? ", " : "", counters[i]);
		report_attribute(reply, interface, path);
	}
	fprintf(reply, "}, \"driver\": {");
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock >= 0) {
		strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
		report_driver_counters(reply, sock, &request);
		close(sock);
	}
	fprintf(reply, "}");
}
