/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_AGENT_ARRAY_H
#define VFMIG_AGENT_ARRAY_H

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#endif /* VFMIG_AGENT_ARRAY_H */
