/* SPDX-License-Identifier: GPL-2.0-only */
/* The supervisor: a worker for each function of the configuration, for as long as it runs. */
#ifndef VFMIG_AGENT_SUPERVISE_H
#define VFMIG_AGENT_SUPERVISE_H

int supervise_main(int argc, char **argv);

#endif /* VFMIG_AGENT_SUPERVISE_H */
