/* SPDX-License-Identifier: GPL-2.0-only */
/* Which arguments of VFMIG_AGENT_SAVE and _LOAD are what. */
#ifndef VFMIG_AGENT_PIECE_H
#define VFMIG_AGENT_PIECE_H

enum piece_arg {
	/* In the window. */
	PIECE_OFFSET,
	PIECE_LEN,
	/* Of LOAD: in what one SAVE has put there, and the bytes of that. */
	PIECE_AT,
	PIECE_WHOLE,
};

#endif /* VFMIG_AGENT_PIECE_H */
