/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_SEQ_FILE_H
#define VFMIG_SHIM_SEQ_FILE_H

/* A file that is shown into memory. */
#include <stdarg.h>
#include <stdio.h>
#include <linux/types.h>

struct seq_file {
	size_t len;
	char text[4096];
};

__printf(2, 3)
static inline void seq_printf(struct seq_file *seq, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(seq->text + seq->len, sizeof(seq->text) - seq->len, fmt,
		      args);
	va_end(args);
	assert(n >= 0 && seq->len + n < sizeof(seq->text));
	seq->len += n;
}

#define seq_puts(seq, s)	seq_printf(seq, "%s", s)
#define seq_putc(seq, c)	seq_printf(seq, "%c", c)

#endif /* VFMIG_SHIM_SEQ_FILE_H */
