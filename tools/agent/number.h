/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers that people write. */
#ifndef VFMIG_AGENT_NUMBER_H
#define VFMIG_AGENT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal, or with 0x; with a K, M or G at its end that many times 1024. */
bool number_read(const char *text, uint64_t *number);

#endif /* VFMIG_AGENT_NUMBER_H */
