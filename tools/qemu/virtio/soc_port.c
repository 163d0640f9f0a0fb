// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SoC's ports, a chardev for each VF: bytes become messages, and answers bytes.
 * A port waits for nobody, least of all for an agent in the host VM, which this
 * very thread emulates.
 */
#include "model.h"

#include "qemu/main-loop.h"

/* A load is taken in pieces. */
#define PIECE	(64 * KiB)
/*
 * What comes while an answer is out waits: QEMU sees the end of a connection only if it
 * may read from it.
 */
#define WAITING_MAX	(4 * KiB)

static bool is_answering(const struct soc_port *port)
{
	return port->out->len || timer_pending(port->late);
}

static void handle_load(struct soc_port *port)
{
	const size_t len = MIN(port->load_left, port->in->len);

	soc_load(port, port->in->data, len);
	g_byte_array_remove_range(port->in, 0, len);
}

static void handle_message(struct soc_port *port)
{
	memcpy(&port->message, port->in->data, sizeof(port->message));
	g_byte_array_remove_range(port->in, 0, sizeof(port->message));
	soc_request(port);
}

static void handle_what_came(struct soc_port *port)
{
	while (!is_answering(port) && !port->is_closing && port->in->len) {
		if (port->load_left)
			handle_load(port);
		else if (port->in->len >= sizeof(port->message))
			handle_message(port);
		else
			return;
	}
}

static gboolean writable(void *chardev, GIOCondition condition, void *opaque);

static void flush(struct soc_port *port)
{
	int sent;

	while (port->sent < port->out->len) {
		sent = qemu_chr_fe_write(&port->chardev, port->out->data + port->sent,
					 port->out->len - port->sent);
		if (sent <= 0) {
			if (!port->watch)
				port->watch = qemu_chr_fe_add_watch(&port->chardev,
								    G_IO_OUT | G_IO_HUP,
								    writable, port);
			return;
		}
		port->sent += sent;
	}
	g_byte_array_set_size(port->out, 0);
	port->sent = 0;
	if (port->is_closing)
		qemu_bh_schedule(port->close);
}

static void go_on(struct soc_port *port)
{
	flush(port);
	handle_what_came(port);
	qemu_chr_fe_accept_input(&port->chardev);
}

static gboolean writable(void *chardev, GIOCondition condition, void *opaque)
{
	struct soc_port *port = opaque;

	port->watch = 0;
	go_on(port);
	return G_SOURCE_REMOVE;
}

static void send_late(void *opaque)
{
	go_on(opaque);
}

void soc_port_send(struct soc_port *port, const GByteArray *answer, uint32_t late_ms)
{
	g_byte_array_append(port->out, answer->data, answer->len);
	if (late_ms)
		timer_mod(port->late, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + late_ms);
	else if (answer->len || port->is_closing)
		flush(port);
}

void soc_port_close(struct soc_port *port)
{
	port->is_closing = true;
	if (!is_answering(port))
		qemu_bh_schedule(port->close);
}

/* Not where QEMU still handles what this connection has sent. */
static void disconnect(void *opaque)
{
	struct soc_port *port = opaque;

	qemu_chr_fe_disconnect(&port->chardev);
}

static int can_receive(void *opaque)
{
	const struct soc_port *port = opaque;
	const size_t most = is_answering(port) ? WAITING_MAX : PIECE;

	return port->is_closing || port->in->len >= most ? 0 : most - port->in->len;
}

static void receive(void *opaque, const uint8_t *data, int len)
{
	struct soc_port *port = opaque;

	g_byte_array_append(port->in, data, len);
	handle_what_came(port);
}

static void forget_connection(struct soc_port *port)
{
	timer_del(port->late);
	qemu_bh_cancel(port->close);
	if (port->watch)
		g_source_remove(port->watch);
	port->watch = 0;
	g_byte_array_set_size(port->out, 0);
	port->sent = 0;
	g_byte_array_set_size(port->in, 0);
	port->load_left = 0;
	port->closes_after_load = false;
	port->is_closing = false;
}

static void event(void *opaque, QEMUChrEvent event)
{
	struct soc_port *port = opaque;

	if (event != CHR_EVENT_OPENED && event != CHR_EVENT_CLOSED)
		return;
	forget_connection(port);
	port->is_connected = event == CHR_EVENT_OPENED;
	if (!port->is_connected)
		return;
	port->connections++;
	if (port->owner->soc_is_gone)
		soc_port_close(port);
}

/* A SoC that is dead sends no more of what it has begun to say. */
void soc_set_gone(struct owner *owner, bool is_gone)
{
	struct soc_port *port;
	unsigned int i;

	owner->soc_is_gone = is_gone;
	if (!is_gone)
		return;
	for (i = 0; i < TOTAL_VFS; i++) {
		port = &owner->soc[i];
		if (!port->is_connected)
			continue;
		timer_del(port->late);
		g_byte_array_set_size(port->out, 0);
		port->sent = 0;
		soc_port_close(port);
	}
}

bool soc_is_asked_for(const struct owner *owner)
{
	unsigned int i;

	for (i = 0; i < TOTAL_VFS; i++)
		if (qemu_chr_fe_backend_connected((CharBackend *)&owner->soc[i].chardev))
			return true;
	return false;
}

void soc_realize(struct owner *owner)
{
	unsigned int i;

	for (i = 0; i < TOTAL_VFS; i++) {
		struct soc_port *port = &owner->soc[i];

		port->owner = owner;
		port->number = i + 1;
		port->in = g_byte_array_new();
		port->out = g_byte_array_new();
		port->close = qemu_bh_new(disconnect, port);
		port->late = timer_new_ms(QEMU_CLOCK_VIRTUAL, send_late, port);
		qemu_chr_fe_set_handlers(&port->chardev, can_receive, receive, event, NULL, port,
					 NULL, true);
	}
}

void soc_exit(struct owner *owner)
{
	unsigned int i;

	for (i = 0; i < TOTAL_VFS; i++) {
		struct soc_port *port = &owner->soc[i];

		qemu_chr_fe_set_handlers(&port->chardev, NULL, NULL, NULL, NULL, NULL, NULL, false);
		forget_connection(port);
		qemu_bh_delete(port->close);
		timer_free(port->late);
		g_byte_array_free(port->in, true);
		g_byte_array_free(port->out, true);
	}
}
