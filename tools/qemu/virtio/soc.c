// SPDX-License-Identifier: GPL-2.0-only
/* What the SoC does with a VF when the VF's agent asks for it, or does instead. */
#include "model.h"

static bool is_state(uint64_t state)
{
	return state <= (SOC_RUNNING | SOC_SAVING) || state == SOC_RESUMING;
}

static bool is_saved(const struct function *fn)
{
	return fn->member.soc_state != SOC_REFUSED && fn->member.soc_state & SOC_SAVING;
}

/* A context is judged when somebody asks: so far it may not have been all of it. */
static uint64_t get_state(struct function *fn)
{
	if (fn->member.soc_state == SOC_RESUMING && fn->member.written->len && !context_fits(fn))
		return SOC_REFUSED;
	return fn->member.soc_state;
}

/*
 * What was loaded takes effect when RESUMING is left, whatever it is left for: a VF that
 * stays stopped keeps its mode, and a save would begin by forgetting what was written.
 */
static bool become(struct function *fn, uint64_t state)
{
	if (fn->member.soc_state == SOC_RESUMING && state != SOC_RESUMING &&
	    !context_take_written(fn))
		return false;
	return member_set_mode(fn, state & SOC_RUNNING ? CTX_ACTIVE : CTX_FREEZE);
}

static void set_state(struct function *fn, uint64_t state)
{
	struct member *member = &fn->member;
	uint64_t begun = state;

	if (!is_state(state))
		return;
	if (member->soc_state != SOC_REFUSED)
		begun &= ~member->soc_state;
	if (!become(fn, state)) {
		context_forget_written(fn);
		member->soc_state = SOC_REFUSED;
		return;
	}
	if (begun & (SOC_SAVING | SOC_RESUMING))
		context_discard(fn);
	member->soc_state = state;
}

static void answer_value(GByteArray *answer, uint64_t value)
{
	const struct soc_message reply = {
		.request = SOC_REPLY,
		.size = sizeof(value),
		.value = value,
	};

	g_byte_array_append(answer, (const uint8_t *)&reply, sizeof(reply));
}

static bool save(struct function *fn, uint32_t size, GByteArray *answer)
{
	if (!is_saved(fn) || size > context_unread(fn))
		return false;
	context_read(fn, answer, size);
	return true;
}

/* False where the only answer that there is, is to close the connection. */
static bool execute(struct soc_port *port, struct function *fn, GByteArray *answer)
{
	const struct soc_message *message = &port->message;

	switch (message->request) {
	case SOC_UPDATE_PENDING:
		answer_value(answer, is_saved(fn) ? context_next(fn) : 0);
		return true;
	case SOC_SET_STATE:
		set_state(fn, message->value);
		return true;
	case SOC_GET_STATE:
		answer_value(answer, get_state(fn));
		return true;
	case SOC_SAVE:
		return save(fn, message->size, answer);
	case SOC_LOAD:
		port->load_left = message->size;
		port->drops_load = false;
		return fn->member.soc_state == SOC_RESUMING && message->size <= context_room(fn);
	}
	return false;
}

/* What a load compares first is no longer this device's. */
static void make_foreign(struct function *fn)
{
	const size_t value_at = sizeof(struct ctx_field);

	if (context_next(fn) > value_at && !fn->member.read)
		fn->member.pending->data[value_at] ^= 0xff;
}

static void cut(struct soc_port *port, GByteArray *answer, uint32_t by)
{
	g_byte_array_set_size(answer, answer->len - MIN(by, answer->len));
	port->load_left -= MIN(by, port->load_left);
	if (port->load_left)
		port->closes_after_load = true;
	else
		port->is_closing = true;
}

static void lengthen(GByteArray *answer, uint32_t by)
{
	const uint32_t more = MIN(by, CONTEXT_MAX);

	g_byte_array_set_size(answer, answer->len + more);
	memset(answer->data + answer->len - more, 0xff, more);
}

static void answer_twice(GByteArray *answer)
{
	const guint once = answer->len;

	g_byte_array_set_size(answer, 2 * once);
	memcpy(answer->data + once, answer->data, once);
}

static void misbehave(struct soc_port *port, struct function *fn,
		      const struct virtio_trouble_slot *trouble, GByteArray *answer)
{
	switch (trouble->what) {
	case TROUBLE_LOST:
		g_byte_array_set_size(answer, 0);
		break;
	case TROUBLE_SHORT:
		cut(port, answer, trouble->arg);
		break;
	case TROUBLE_LONG:
		lengthen(answer, trouble->arg);
		break;
	case TROUBLE_BAD_BYTE:
		if (trouble->arg < answer->len)
			answer->data[trouble->arg] ^= 0xff;
		break;
	case TROUBLE_GROWS:
		context_grow(fn, trouble->arg);
		break;
	case TROUBLE_TWICE:
		answer_twice(answer);
		break;
	case TROUBLE_VALUE:
		g_byte_array_set_size(answer, 0);
		answer_value(answer, (int32_t)trouble->arg);
		break;
	}
}

/* False where the connection is to be closed at once. */
static bool handle(struct soc_port *port, struct function *fn,
		   const struct virtio_trouble_slot *trouble, GByteArray *answer)
{
	switch (trouble->what) {
	case TROUBLE_GONE:
		soc_set_gone(port->owner, true);
		return false;
	case TROUBLE_FAIL:
		return false;
	case TROUBLE_NEVER:
	case TROUBLE_NEEDS_RESET:
		if (port->message.request == SOC_LOAD)
			port->load_left = port->message.size;
		port->drops_load = true;
		return true;
	case TROUBLE_FOREIGN:
		make_foreign(fn);
		break;
	}
	if (!execute(port, fn, answer))
		return false;
	misbehave(port, fn, trouble, answer);
	return true;
}

void soc_request(struct soc_port *port)
{
	const struct soc_message *message = &port->message;
	struct owner *owner = port->owner;
	struct function *fn = owner_member(owner, port->number);
	struct virtio_trouble_slot trouble;
	GByteArray *answer;
	bool is_done;

	if (!fn || message->request > SOC_FINISH) {
		soc_port_close(port);
		return;
	}
	trouble = trouble_meets(owner, VIRTIO_TROUBLE_SOC + message->request, port->number);
	answer = g_byte_array_new();
	is_done = handle(port, fn, &trouble, answer);
	trouble_log(owner, &(struct virtio_trouble_log){
		.opcode = VIRTIO_TROUBLE_SOC + message->request,
		.member = port->number,
		.status = is_done ? ADM_OK : ADM_EINVAL,
		.data_len = message->size,
		.result_len = answer->len,
	});
	if (is_done)
		soc_port_send(port, answer, trouble.what == TROUBLE_LATE ? trouble.arg : 0);
	else
		soc_port_close(port);
	g_byte_array_free(answer, true);
}

void soc_load(struct soc_port *port, const uint8_t *data, size_t len)
{
	struct function *fn = owner_member(port->owner, port->number);

	port->load_left -= len;
	if (port->drops_load)
		return;
	/* An FLR may have come in between. */
	if (!fn || fn->member.soc_state != SOC_RESUMING) {
		soc_port_close(port);
		return;
	}
	context_write(fn, data, len);
	if (port->closes_after_load && !port->load_left)
		soc_port_close(port);
}
