/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What debugfs and module parameters can be told and asked.
 */
#ifndef VFMIG_KNOB_H
#define VFMIG_KNOB_H

#include <stdbool.h>
#include <stdint.h>

/* A file of the core's directory of a device, all of it, into a static buffer. */
const char *core_text(const char *bdf, const char *file);
/* The file "state", taken apart: "resuming by v1". */
const char *core_state(const char *bdf);
const char *core_owner(const char *bdf);
uint64_t core_number(const char *bdf, const char *file, const char *key);

/* The same of the mock's directory; lines are joined with blanks. */
bool is_mock(const char *bdf);
void need_mock(const char *bdf);
const char *mock_text(const char *bdf, const char *file);
uint64_t mock_number(const char *bdf, const char *file, const char *key);
void mock_set(const char *bdf, const char *file, const char *text);
void mock_setn(const char *bdf, const char *file, uint64_t value);
void mock_await(const char *bdf, const char *call);
void mock_restore(void);
void mock_judge(const char *bdf);
/* Within which the mock must have done what it is told; for the device, closed. */
void mock_set_limit(unsigned int ms);
bool mock_is(const char *bdf, const char *key, const char *value);

/* What stands for the whole state of a mock. */
#define DIGEST_TEXT	24

void mock_digest(const char *bdf, char to[DIGEST_TEXT]);
void mock_expect_digest(const char *bdf, const char *want);

/* Any file, and module parameters; put back by mock_restore(). */
void file_set(const char *path, const char *text);
void param_set(const char *module, const char *param, const char *text);
void vf_rebind(const char *bdf);

#endif /* VFMIG_KNOB_H */
