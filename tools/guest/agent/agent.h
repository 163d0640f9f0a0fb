/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's agent: answers the host over a serial port, so that what it says
 * about the network never travels over the network.
 */
#ifndef AGENT_H
#define AGENT_H

#include <stdio.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* Each writes the members of a JSON object, without the braces. */
void shell_run(FILE *reply, const char *command);
void netdev_report(FILE *reply, const char *interface);
void log_report(FILE *reply);
void stream_start(FILE *reply, const char *address, unsigned int port);
void stream_report(FILE *reply);
void stream_stop(FILE *reply);
void files_start(FILE *reply, const char *directory);
void files_report(FILE *reply);
void files_stop(FILE *reply);

/* json.c */
void json_string(FILE *reply, const char *text);
void json_error(FILE *reply, const char *what);

#endif /* AGENT_H */
