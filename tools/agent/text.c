// SPDX-License-Identifier: GPL-2.0-only
/* Lines out of pieces of text. */
#include <stdbool.h>
#include <string.h>

#include "text.h"

static bool is_control(unsigned char before, unsigned char c)
{
	/* As ESC and something, to some: alone, or as UTF-8 has it. */
	if (c >= 0x80 && c < 0xa0)
		return before < 0x80 || before == 0xc2;
	return c < ' ' || c == 0x7f;
}

void text_make_printable(char *text, size_t len)
{
	size_t i;

	/* Other UTF-8 is left as it is. */
	for (i = 0; i < len; i++)
		if (is_control(i ? text[i - 1] : '\0', text[i]))
			text[i] = text[i] == '\t' ? ' ' : '?';
}

void text_cut(char *cut, size_t len, const char *text)
{
	size_t i;

	memset(cut, 0, len);
	memcpy(cut, text, strnlen(text, len - 1));
	text_make_printable(cut, strlen(cut));
	for (i = 0; cut[i]; i++)
		if ((unsigned char)cut[i] > '~')
			cut[i] = '?';
}

void text_end(struct text_lines *lines, text_line_fn each, void *context)
{
	if (!lines->len)
		return;
	text_make_printable(lines->line, lines->len);
	lines->line[lines->len] = '\0';
	lines->len = 0;
	each(context, lines->line);
}

void text_add(struct text_lines *lines, const char *text, size_t len,
	      text_line_fn each, void *context)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '\n') {
			text_end(lines, each, context);
			continue;
		}
		if (lines->len == TEXT_LINE_MAX)
			text_end(lines, each, context);
		lines->line[lines->len++] = text[i];
	}
}
