/* SPDX-License-Identifier: GPL-2.0-only */
/* "vfmig-agent check": a save and a load without a function and its driver. */
#ifndef VFMIG_AGENT_CHECK_H
#define VFMIG_AGENT_CHECK_H

int check_main(int argc, char **argv);

#endif /* VFMIG_AGENT_CHECK_H */
