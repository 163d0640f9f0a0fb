// SPDX-License-Identifier: GPL-2.0-only
/* What all reports need of JSON. */
#include <errno.h>
#include <string.h>

#include "agent.h"

void json_string(FILE *reply, const char *text)
{
	fputc('"', reply);
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			fprintf(reply, "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			fprintf(reply, "\\u%04x", c);
		else
			fputc(c, reply);
	}
	fputc('"', reply);
}

void json_error(FILE *reply, const char *what)
{
	char text[256];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));
	fprintf(reply, ", \"error\": ");
	json_string(reply, text);
}
