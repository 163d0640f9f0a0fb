// SPDX-License-Identifier: GPL-2.0-only
/* Speaks as the agent of the Linux guest does, but has one answer to everything. */
#include "bare.h"

#define CONSOLE		0x3f8
#define AGENT		0x2f8

#define LSR		5
#define LSR_DATA	0x01
#define LSR_ROOM	0x20

static uint32_t id;

static void put_char(uint16_t port, char c)
{
	while (!(in8(port + LSR) & LSR_ROOM))
		;
	out8(port, c);
}

static void put(uint16_t port, const char *text)
{
	while (*text)
		put_char(port, *text++);
}

static void put_number(uint16_t port, uint32_t number)
{
	char text[11];
	int i = sizeof(text) - 1;

	text[i] = '\0';
	do {
		text[--i] = '0' + number % 10;
		number /= 10;
	} while (number);
	put(port, &text[i]);
}

static void put_member(const char *name, uint32_t number)
{
	put(AGENT, ", \"");
	put(AGENT, name);
	put(AGENT, "\": ");
	put_number(AGENT, number);
}

void serial_init(void)
{
	out8(AGENT + 1, 0);
	out8(AGENT + 2, 1);
}

void serial_complain(const char *what)
{
	put(CONSOLE, what);
	put(CONSOLE, "\n");
}

void serial_complain_number(const char *what, uint32_t number)
{
	put(CONSOLE, what);
	put_number(CONSOLE, number);
	put(CONSOLE, "\n");
}

void serial_ready(void)
{
	put(AGENT, "{\"ready\": true}\n");
}

static void answer(void)
{
	put(AGENT, "{\"id\": ");
	put_number(AGENT, id);
	put_member("received", counts.received);
	put_member("sent", counts.sent);
	put_member("backwards", counts.backwards);
	put_member("wrong", counts.wrong);
	put_member("spurious", counts.spurious);
	put_member("reg", counts.first.reg);
	put_member("before", counts.first.before);
	put_member("own", counts.first.own);
	put_member("after", counts.first.after);
	put(AGENT, "}\n");
}

/* A request is a number, a blank, and words that do not matter. */
void serial_answer(void)
{
	static bool words;
	char c;

	while (in8(AGENT + LSR) & LSR_DATA) {
		c = in8(AGENT);
		if (c == '\n') {
			answer();
			id = 0;
			words = false;
		} else if (c < '0' || c > '9') {
			words = true;
		} else if (!words) {
			id = id * 10 + c - '0';
		}
	}
}
