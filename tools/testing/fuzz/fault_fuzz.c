// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operator writes into the mock's file "fault": anything is taken or
 * refused as a whole, and what the file then shows can be written back.
 */
#include <string.h>

#include "mock/mock.h"
#include "fuzz.h"

/* As knobs.c has it. */
#define MAX_TEXT	64

s64 shim_ns;

int vfmig_must_stop(struct vfmig_device *vm)
{
	return 0;
}

int vfmig_fail(struct vfmig_device *vm, int err, const char *fmt, ...)
{
	return err;
}

static int tell(struct mock_device *mock, const char *text, size_t len)
{
	char *copy = calloc(1, MAX_TEXT);
	int ret;

	must(copy);
	memcpy(copy, text, len);
	ret = mock_fault_set(mock, copy);
	must(!ret || ret == -EINVAL);
	free(copy);
	return ret;
}

static void must_be_in_range(const struct mock_fault *fault)
{
	if (!fault->nth)
		return;
	if (fault->hang)
		must(!fault->err);
	else
		must(fault->err < 0 && fault->err >= -MAX_ERRNO);
}

int fuzz_one(const u8 *data, size_t size)
{
	static struct mock_device mock, again;
	static struct seq_file shown, shown_again;
	const char *line, *end;
	int call;

	if (size >= MAX_TEXT)
		return 0;
	memset(&mock, 0, sizeof(mock));
	memset(&again, 0, sizeof(again));
	memset(&shown, 0, sizeof(shown));
	memset(&shown_again, 0, sizeof(shown_again));

	mock.trouble.fault[MOCK_SAVE].nth = 3;
	mock.trouble.fault[MOCK_SAVE].hang = true;
	if (tell(&mock, (const char *)data, size)) {
		must(mock.trouble.fault[MOCK_SAVE].nth == 3);
		return 0;
	}
	for (call = 0; call < MOCK_NR_CALLS; call++)
		must_be_in_range(&mock.trouble.fault[call]);
	mock_trouble_faults(&mock, &shown);
	for (line = shown.text; (end = strchr(line, '\n')); line = end + 1)
		must(!tell(&again, line, end - line));
	mock_trouble_faults(&again, &shown_again);
	must(!strcmp(shown.text, shown_again.text));
	return 0;
}
