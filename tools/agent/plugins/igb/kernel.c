// SPDX-License-Identifier: GPL-2.0-only
/* What the driver's files call of the kernel and of the core. */
#include <stdarg.h>
#include <stdio.h>

#include "igb.h"

static const char *igb_devid = "igb";

/* Whose plugin this is; kept. */
void igb_complain_as(const char *devid)
{
	igb_devid = devid;
}

/* An agent that has lost its patience ends the process. */
int vfmig_must_stop(struct vfmig_device *vm)
{
	(void)vm;
	return 0;
}

static void igb_print_mac(FILE *to, const u8 *mac)
{
	fprintf(to, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		mac[5]);
}

/* Prints what begins with @spec; returns its end. */
static const char *igb_print_one(FILE *to, const char *spec, va_list *args)
{
	size_t len = 1 + strspn(spec + 1, "#0123456789.");
	char one[16];

	if (spec[len] == 'p' && spec[len + 1] == 'M') {
		igb_print_mac(to, va_arg(*args, const u8 *));
		return spec + len + 2;
	}
	snprintf(one, sizeof(one), "%.*s", (int)len + 1, spec);
	if (spec[len] == 's')
		fprintf(to, one, va_arg(*args, const char *));
	else
		fprintf(to, one, va_arg(*args, unsigned int));
	return spec + len + 1;
}

static void igb_print(FILE *to, const char *fmt, va_list *args)
{
	const char *spec;

	fprintf(to, "%s: ", igb_devid);
	while ((spec = strchr(fmt, '%'))) {
		fprintf(to, "%.*s", (int)(spec - fmt), fmt);
		fmt = igb_print_one(to, spec, args);
	}
	fprintf(to, "%s\n", fmt);
}

/* @fmt is the kernel's: %pM is an address. A line is written as a whole. */
int vfmig_fail(struct vfmig_device *vm, int err, const char *fmt, ...)
{
	char text[512] = "";
	va_list args;
	FILE *to;

	(void)vm;
	to = fmemopen(text, sizeof(text), "w");
	if (!to)
		return err;
	va_start(args, fmt);
	igb_print(to, fmt, &args);
	va_end(args);
	fclose(to);
	fputs(text, stderr);
	return err;
}
