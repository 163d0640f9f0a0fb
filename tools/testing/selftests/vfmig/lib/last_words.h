/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test that takes too long, or dies, says: where it was, and where each of its
 * threads waits in the kernel.
 */
#ifndef VFMIG_LAST_WORDS_H
#define VFMIG_LAST_WORDS_H

/* Of a program, once: for SIGALRM and for what an error of its own brings. */
void last_words_prepare(void);
/* The result that is told of the test under way, a whole line; kept by the caller. */
void last_words_verdict(const char *line);

#endif /* VFMIG_LAST_WORDS_H */
