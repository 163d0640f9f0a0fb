// SPDX-License-Identifier: GPL-2.0-only
/* vfmig-agent: saves and restores functions that have no interface for it, by plugins. */
#include <string.h>

#include "check.h"
#include "supervise.h"
#include "worker.h"

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "worker"))
		return worker_main(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "check"))
		return check_main(argc - 1, argv + 1);
	return supervise_main(argc, argv);
}
