// SPDX-License-Identifier: GPL-2.0-only
/*
 * sample-vfio-pci: what a guest finds in its UART after a move, and on its line.
 * VFMIG_FAR and VFMIG_FAR2 are the PCI addresses of the lines' far ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/serial_reg.h>
#include <linux/vfio.h>

#include "fixture.h"
#include "stream.h"
#include "v2.h"
#include "ways.h"

#define FIFO		16
#define FCR_OF_LEVEL_14	(UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14)
#define LIMIT_MS	20000
/* The bytes of the record. */
enum { LCR, IER, MCR, SCR, DLL, DLM, FCR, RECEIVED, BYTES };

static uint8_t in(struct vf *at, unsigned int reg)
{
	uint8_t value = 0;

	ASSERT_EQ(pread(at->fd, &value, 1, VF_REGION(VFIO_PCI_BAR0_REGION_INDEX) + reg), 1);
	return value;
}

static void out(struct vf *at, unsigned int reg, uint8_t value)
{
	ASSERT_EQ(pwrite(at->fd, &value, 1, VF_REGION(VFIO_PCI_BAR0_REGION_INDEX) + reg), 1);
}

/* Waits until one of these bits is set, or fails. */
static void await(struct vf *at, unsigned int reg, uint8_t bits)
{
	for (int ms = 0; !(in(at, reg) & bits); ms++) {
		ASSERT_LE(ms, LIMIT_MS, "register %u, bits 0x%02x", reg, bits);
		usleep(1000);
	}
}

static size_t receive(struct vf *at, uint8_t *to, size_t room)
{
	size_t nr = 0;

	while (nr < room && in(at, UART_LSR) & UART_LSR_DR)
		to[nr++] = in(at, UART_RX);
	return nr;
}

/* As a driver does first: 8N1 at 115200 baud, and nothing waits. */
static void set_up(struct vf *at, uint8_t fcr)
{
	uint16_t command = PCI_COMMAND_IO | PCI_COMMAND_INTX_DISABLE;
	uint8_t left[FIFO];

	ASSERT_EQ(vf_state(at), STATE_RUNNING);
	/* Nobody here takes its interrupt, which others of the host may share. */
	ASSERT_EQ(pwrite(at->fd, &command, 2,
			 VF_CONFIG + PCI_COMMAND), 2);
	out(at, UART_LCR, UART_LCR_DLAB);
	out(at, UART_DLL, 1);
	out(at, UART_DLM, 0);
	out(at, UART_LCR, UART_LCR_WLEN8);
	out(at, UART_IER, 0);
	out(at, UART_MCR, 0);
	out(at, UART_SCR, 0);
	out(at, UART_FCR, 0);
	out(at, UART_FCR, fcr);
	receive(at, left, sizeof(left));
	await(at, UART_LSR, UART_LSR_TEMT);
}

static void receive_from_itself(struct vf *at, const void *bytes, size_t nr)
{
	const uint8_t *from = bytes;
	uint8_t mcr = in(at, UART_MCR);

	out(at, UART_MCR, mcr | UART_MCR_LOOP);
	for (size_t i = 0; i < nr; i++) {
		out(at, UART_TX, from[i]);
		await(at, UART_LSR, UART_LSR_TEMT);
	}
	out(at, UART_MCR, mcr);
}

static void expect_received(struct vf *at, const void *bytes, size_t nr,
			    const char *what)
{
	uint8_t got[2 * FIFO] = {};

	EXPECT_EQ(receive(at, got, sizeof(got)), nr, "%s", what);
	EXPECT_EQ(memcmp(got, bytes, nr), 0, "%s: '%.32s'", what, got);
}

static void carry(struct vf *from, struct vf *to, const struct protocol *by,
		  const struct protocol *then)
{
	struct bytes stream = {};

	way_stop_copy(by, from, &stream);
	way_load(then, to, &stream);
	way_go(then, to, TO_RUNNING);
	ASSERT_EQ(vf_reset(from), 0);
	bytes_free(&stream);
}

/* From one device to the other and back, from each protocol to each. */
static void everywhere(void (*before)(struct vf *at),
		       void (*after)(struct vf *at, const char *what))
{
	struct vf *at = &vf, *next = &other;

	vf_open(&other, vf_second());
	for (size_t i = 0; i < NR_WAYS * NR_WAYS; i++) {
		const struct protocol *by = &ways[i / NR_WAYS];
		const struct protocol *then = &ways[i % NR_WAYS];
		struct vf *was = at;
		char what[32];

		snprintf(what, sizeof(what), "%s to %s", by->name, then->name);
		set_up(at, FCR_OF_LEVEL_14);
		set_up(next, 0);
		before(at);
		carry(at, next, by, then);
		after(next, what);
		at = next;
		next = was;
	}
}

static void set_registers(struct vf *at)
{
	out(at, UART_IER, UART_IER_RDI | UART_IER_RLSI);
	out(at, UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
	out(at, UART_SCR, 0xa5);
	out(at, UART_LCR, UART_LCR_DLAB);
	out(at, UART_DLL, 0x34);
	out(at, UART_DLM, 0x12);
	out(at, UART_LCR, UART_LCR_WLEN7 | UART_LCR_PARITY | UART_LCR_EPAR);
}

static void expect_registers(struct vf *at, const char *what)
{
	EXPECT_EQ(in(at, UART_LCR), UART_LCR_WLEN7 | UART_LCR_PARITY | UART_LCR_EPAR, "%s", what);
	EXPECT_EQ(in(at, UART_IER), UART_IER_RDI | UART_IER_RLSI, "%s", what);
	EXPECT_EQ(in(at, UART_MCR), UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2, "%s", what);
	EXPECT_EQ(in(at, UART_SCR), 0xa5, "%s", what);
	EXPECT_EQ(in(at, UART_IIR) & 0xc0, 0xc0, "%s", what);
	out(at, UART_LCR, UART_LCR_DLAB);
	EXPECT_EQ(in(at, UART_DLL), 0x34, "%s", what);
	EXPECT_EQ(in(at, UART_DLM), 0x12, "%s", what);
}

TEST(registers, "what the guest has set moves, by each protocol to each")
{
	everywhere(set_registers, expect_registers);
}

static void set_dlab(struct vf *at)
{
	set_registers(at);
	receive_from_itself(at, "kept", 4);
	out(at, UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
}

static void expect_dlab(struct vf *at, const char *what)
{
	EXPECT_EQ(in(at, UART_LCR), UART_LCR_DLAB | UART_LCR_WLEN8, "%s", what);
	EXPECT_EQ(in(at, UART_DLL), 0x34, "%s", what);
	EXPECT_EQ(in(at, UART_DLM), 0x12, "%s", what);
	out(at, UART_LCR, UART_LCR_WLEN8);
	EXPECT_EQ(in(at, UART_IER), UART_IER_RDI | UART_IER_RLSI, "%s", what);
	expect_received(at, "kept", 4, what);
}

TEST(dlab, "a guest stopped while it sets the divisor finds it where it was, and data behind it")
{
	everywhere(set_dlab, expect_dlab);
}

static void fill(struct vf *at)
{
	receive_from_itself(at, "0123456789abcdef", FIFO);
}

static void expect_full(struct vf *at, const char *what)
{
	EXPECT_EQ(in(at, UART_LSR) & UART_LSR_OE, 0, "%s", what);
	EXPECT_EQ(in(at, UART_MCR), 0, "%s", what);
	expect_received(at, "0123456789abcdef", FIFO, what);
}

TEST(unread, "a FIFO full of unread bytes moves, in order, and no overrun is made up")
{
	everywhere(fill, expect_full);
}

TEST(no_fifo, "without a FIFO the one byte that was received moves")
{
	vf_open(&other, vf_second());
	set_up(&vf, 0);
	set_up(&other, FCR_OF_LEVEL_14);
	receive_from_itself(&vf, "x", 1);
	carry(&vf, &other, &ways[BY_V1], &ways[BY_V2]);
	EXPECT_EQ(in(&other, UART_IIR) & 0xc0, 0);
	expect_received(&other, "x", 1, "no FIFO");
}

TEST(trigger, "the trigger level, which cannot be read, moves; it may have come in a wider write")
{
	uint8_t wide[4] = { 'w', 0, FCR_OF_LEVEL_14, UART_LCR_WLEN8 }, got[FIFO];

	vf_open(&other, vf_second());
	set_up(&vf, UART_FCR_ENABLE_FIFO);
	set_up(&other, 0);
	out(&vf, UART_MCR, UART_MCR_LOOP);
	ASSERT_EQ(pwrite(vf.fd, wide, 4, VF_REGION(VFIO_PCI_BAR0_REGION_INDEX)), 4);
	out(&vf, UART_MCR, 0);
	receive(&vf, got, sizeof(got));
	out(&vf, UART_IER, UART_IER_RDI);
	carry(&vf, &other, &ways[BY_V2], &ways[BY_V1]);
	/* Of a timeout there may be an interrupt, but not of the level. */
	receive_from_itself(&other, "0123456789abc", 13);
	EXPECT_NE(in(&other, UART_IIR) & 0x0f, UART_IIR_RDI);
	expect_received(&other, "0123456789abc", 13, "below the level");
}

TEST(interrupt, "bytes that were received raise the guest's interrupt where it comes to")
{
	vf_open(&other, vf_second());
	set_up(&vf, UART_FCR_ENABLE_FIFO);
	set_up(&other, 0);
	out(&vf, UART_IER, UART_IER_RDI);
	receive_from_itself(&vf, "xyz", 3);
	carry(&vf, &other, &ways[BY_V1], &ways[BY_V1]);
	EXPECT_EQ(in(&other, UART_IIR) & UART_IIR_NO_INT, 0);
	expect_received(&other, "xyz", 3, "after its interrupt");
}

TEST(quiesced, "in RUNNING_P2P a UART raises no interrupt, and then the one it would have")
{
	set_up(&vf, UART_FCR_ENABLE_FIFO);
	out(&vf, UART_IER, UART_IER_RDI);
	v2_go(&vf, V2_RUNNING_P2P);
	receive_from_itself(&vf, "x", 1);
	EXPECT_EQ(in(&vf, UART_IIR) & 0x0f, UART_IIR_NO_INT);
	v2_go(&vf, V2_RUNNING);
	EXPECT_EQ(in(&vf, UART_IIR) & UART_IIR_NO_INT, 0);
	expect_received(&vf, "x", 1, "running");
}

/* The far end of the line of a device, for the host's own driver of it. */
static int far_open(const char *of)
{
	const char *bdf = getenv(of);
	char pattern[2][128], *name;
	struct termios raw;
	glob_t found;
	int fd;

	if (!bdf)
		SKIP("needs the far end of the line, %s", of);
	/* Since 6.5 with a controller and a port between. */
	snprintf(pattern[0], sizeof(pattern[0]), "/sys/bus/pci/devices/%s/tty/ttyS*", bdf);
	snprintf(pattern[1], sizeof(pattern[1]), "/sys/bus/pci/devices/%s/%s:*/%s:*/tty/ttyS*",
		 bdf, bdf, bdf);
	glob(pattern[0], 0, NULL, &found);
	glob(pattern[1], GLOB_APPEND, NULL, &found);
	ASSERT_EQ(found.gl_pathc, 1, "%s has no tty", bdf);
	ASSERT_EQ(chdir("/dev"), 0);
	name = strrchr(found.gl_pathv[0], '/') + 1;
	fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	ASSERT_GT(fd, -1, "%s: %s", name, strerror(errno));
	globfree(&found);
	ASSERT_EQ(tcgetattr(fd, &raw), 0);
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL;
	cfsetspeed(&raw, B115200);
	ASSERT_EQ(tcsetattr(fd, TCSANOW, &raw), 0);
	return fd;
}

static size_t far_read(int fd, uint8_t *to, size_t room)
{
	struct pollfd far = { .fd = fd, .events = POLLIN };
	ssize_t got;

	ASSERT_EQ(poll(&far, 1, LIMIT_MS), 1, "nothing comes at the far end");
	got = read(fd, to, room);
	ASSERT_GT(got, 0);
	return got;
}

/* Takes all that the line has, the last of which is now sent. */
static size_t far_flush(int fd, struct vf *at)
{
	static unsigned int calls;
	char token[16], seen[16] = {};
	size_t taken = 0, len;
	uint8_t byte;

	len = snprintf(token, sizeof(token), "<%u>", ++calls);
	for (size_t i = 0; i < len; i++) {
		await(at, UART_LSR, UART_LSR_THRE);
		out(at, UART_TX, token[i]);
	}
	while (memcmp(seen, token, len)) {
		taken += far_read(fd, &byte, 1);
		memmove(seen, seen + 1, len - 1);
		seen[len - 1] = byte;
	}
	return taken - len;
}

TEST(line, "what the far end sends is received, and the other way round, before and after a move")
{
	uint8_t got[4];
	int here, there;

	vf_open(&other, vf_second());
	set_up(&vf, UART_FCR_ENABLE_FIFO);
	set_up(&other, UART_FCR_ENABLE_FIFO);
	here = far_open("VFMIG_FAR");
	there = far_open("VFMIG_FAR2");
	far_flush(here, &vf);
	far_flush(there, &other);
	receive(&vf, got, sizeof(got));
	receive(&other, got, sizeof(got));

	ASSERT_EQ(write(here, "a", 1), 1);
	await(&vf, UART_LSR, UART_LSR_DR);
	carry(&vf, &other, &ways[BY_V2], &ways[BY_V2]);
	expect_received(&other, "a", 1, "from the former line");
	ASSERT_EQ(write(there, "b", 1), 1);
	await(&other, UART_LSR, UART_LSR_DR);
	expect_received(&other, "b", 1, "from the new line");
	EXPECT_EQ(far_flush(there, &other), 0);
	close(here);
	close(there);
}

TEST(called_off, "a stop that is called off costs no byte, and all come in order")
{
	int far;

	set_up(&vf, FCR_OF_LEVEL_14);
	far = far_open("VFMIG_FAR");
	far_flush(far, &vf);
	receive_from_itself(&vf, "before", 6);
	vf_go(&vf, STATE_STOP);
	ASSERT_EQ(write(far, "!", 1), 1);
	await(&vf, UART_LSR, UART_LSR_DR);
	vf_go(&vf, STATE_RUNNING);
	EXPECT_EQ(in(&vf, UART_LSR) & UART_LSR_OE, 0);
	expect_received(&vf, "before!", 7, "called off");
	close(far);
}

TEST(overrun, "what the FIFO has no room for by then is lost, and LSR says so")
{
	int far;

	set_up(&vf, FCR_OF_LEVEL_14);
	far = far_open("VFMIG_FAR");
	far_flush(far, &vf);
	fill(&vf);
	vf_go(&vf, STATE_STOP);
	ASSERT_EQ(write(far, "!", 1), 1);
	await(&vf, UART_LSR, UART_LSR_DR);
	vf_go(&vf, STATE_RUNNING);
	EXPECT_EQ(in(&vf, UART_LSR) & UART_LSR_OE, UART_LSR_OE);
	expect_received(&vf, "0123456789abcdef", FIFO, "overrun");
	close(far);
}

/* Sends until nothing goes out any more, because nobody takes it. */
static size_t send_until_busy(struct vf *at)
{
	size_t sent = 0;
	int idle = 0;

	while (idle < 200) {
		if (in(at, UART_LSR) & UART_LSR_TEMT) {
			out(at, UART_TX, '.');
			sent++;
			idle = 0;
			ASSERT_LE(sent, 1 << 20, "somebody takes all that is sent");
		} else {
			usleep(1000);
			idle++;
		}
	}
	return sent;
}

TEST(busy, "a UART that cannot send what it has is not stopped, says why, and runs on")
{
	size_t sent;
	int far;

	set_up(&vf, UART_FCR_ENABLE_FIFO);
	far = far_open("VFMIG_FAR");
	far_flush(far, &vf);
	close(far);
	out(&vf, UART_IER, UART_IER_RDI);
	sent = send_until_busy(&vf);
	tap_note("busy after %zu bytes", sent);
	EXPECT_NE(vf_set_state(&vf, STATE_STOP), 0);
	EXPECT_EQ(vf_state(&vf), STATE_RUNNING);
	EXPECT_EQ(in(&vf, UART_IER), UART_IER_RDI);
	EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), "transmitter"), NULL,
		  "%s", core_text(vf.bdf, "last_error"));
	/* The host's driver drops what came before it was opened. */
	far = far_open("VFMIG_FAR");
	await(&vf, UART_LSR, UART_LSR_TEMT);
	vf_go(&vf, STATE_STOP);
	vf_go(&vf, STATE_RUNNING);
	EXPECT_GT(far_flush(far, &vf), sent - 2 * FIFO);
	close(far);
}

static const struct damage {
	const char *why;
	unsigned int at;
	uint8_t value;
} damages[] = {
	{ "IER 0x10", IER, 0x10 },
	{ "MCR 0x20", MCR, 0x20 },
	{ "FCR 0xc3", FCR, 0xc3 },
	{ "FCR 0xe1", FCR, 0xe1 },
	{ "FCR 0xc0", FCR, 0xc0 },
	{ "5 bytes", FCR, 0 },
	{ "17 bytes", RECEIVED, 17 },
	{ "4 bytes", RECEIVED, 4 },
	{ "5 bytes", BYTES + 15, 1 },
};

TEST(damage, "what no 16550A can be in is refused, with its reason, and the device is not touched")
{
	struct bytes stream = {};
	struct parts parts;
	uint8_t *record;

	set_up(&vf, FCR_OF_LEVEL_14);
	receive_from_itself(&vf, "other", 5);
	out(&vf, UART_SCR, 0x11);
	vf_go(&vf, STATE_STOP_COPY);
	save_phase(&vf, &stream, TRAPPED_WHOLE);
	vf_go(&vf, STATE_RUNNING);
	stream_split(&stream, &parts);
	record = stream.at + parts.at[1];
	ASSERT_EQ(get32(record + RECORD_PAYLOAD_LEN), BYTES + FIFO);
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		uint8_t *byte = record + RECORD_LEN + damages[i].at, was = *byte;

		out(&vf, UART_SCR, 0x22);
		vf_go(&vf, STATE_RESUMING);
		*byte = damages[i].value;
		put32(record + RECORD_PAYLOAD_CRC,
		      ~crc32c(~0U, record + RECORD_LEN, BYTES + FIFO));
		stream_seal_record(record);
		EXPECT_EQ(load_all(&vf, &stream), -EINVAL, "%s", damages[i].why);
		EXPECT_NE(strstr(core_text(vf.bdf, "last_error"), damages[i].why), NULL,
			  "%s: %s", damages[i].why, core_text(vf.bdf, "last_error"));
		EXPECT_EQ(in(&vf, UART_SCR), 0x22, "%s", damages[i].why);
		ASSERT_EQ(vf_reset(&vf), 0);
		*byte = was;
	}
	bytes_free(&stream);
}

TEST(asleep, "a UART in D3 counts as stopped, and is not saved")
{
	uint16_t status = 0;

	ASSERT_EQ(pread(vf.fd, &status, 2,
			VF_CONFIG + PCI_STATUS), 2);
	if (!(status & PCI_STATUS_CAP_LIST))
		SKIP("pci-serial has no power management");
	EXPECT_EQ(status & PCI_STATUS_CAP_LIST, 0, "it has now: write this test");
}
