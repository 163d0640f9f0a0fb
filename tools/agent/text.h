/* SPDX-License-Identifier: GPL-2.0-only */
/* What others have written, made fit for a log. */
#ifndef VFMIG_AGENT_TEXT_H
#define VFMIG_AGENT_TEXT_H

#include <stddef.h>

/* Longer lines are cut into several. */
#define TEXT_LINE_MAX	512

struct text_lines {
	char line[TEXT_LINE_MAX + 1];
	size_t len;
};

/* Writes a '?' over what a terminal or a log could take for more than a character. */
void text_make_printable(char *text, size_t len);
/* What fits of it in printable ASCII, and zeroes behind that. */
void text_cut(char *cut, size_t len, const char *text);

typedef void (*text_line_fn)(void *context, const char *line);

/* Hands on each line that is whole by now. */
void text_add(struct text_lines *lines, const char *text, size_t len,
	      text_line_fn each, void *context);
/* And the last one, which lacks its end. */
void text_end(struct text_lines *lines, text_line_fn each, void *context);

#endif /* VFMIG_AGENT_TEXT_H */
