// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "agent.h"

void shell_run(FILE *reply, const char *command)
{
	char *with_errors, output[8192];
	size_t length;
	int status;
	FILE *pipe;

	if (asprintf(&with_errors, "{ %s\n} 2>&1", command) < 0) {
		json_error(reply, "asprintf");
		return;
	}
	pipe = popen(with_errors, "r");
	free(with_errors);
	if (!pipe) {
		json_error(reply, "popen");
		return;
	}
	length = fread(output, 1, sizeof(output) - 1, pipe);
	output[length] = '\0';
	status = pclose(pipe);
	fprintf(reply, ", \"status\": %d, \"output\": ",
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	json_string(reply, output);
}
