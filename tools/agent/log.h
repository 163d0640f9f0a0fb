/* SPDX-License-Identifier: GPL-2.0-only */
/* The supervisor's log: stderr, whose lines the service manager takes with a priority. */
#ifndef VFMIG_AGENT_LOG_H
#define VFMIG_AGENT_LOG_H

enum log_level { LOG_ERROR = 3, LOG_NOTICE = 5, LOG_INFO = 6 };

/* about: the function, or NULL. */
__attribute__((format(printf, 3, 4)))
void log_say(enum log_level level, const char *about, const char *fmt, ...);

#endif /* VFMIG_AGENT_LOG_H */
