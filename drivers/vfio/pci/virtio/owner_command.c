// SPDX-License-Identifier: GPL-2.0-only
/*
 * A command from its sending to its answer: within the time limit, and again if
 * the device asks for that.
 *
 * Data and results are copied: memory of callers' must not be left to a device that
 * does not answer.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "adm_answer.h"
#include "owner_priv.h"

#define ADM_TIMEOUT_MS_MIN	100
#define ADM_TIMEOUT_MS_MAX	60000

static unsigned int adm_timeout_ms = 10000;

static int adm_set_timeout(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, ADM_TIMEOUT_MS_MIN,
				     ADM_TIMEOUT_MS_MAX);
}

static const struct kernel_param_ops adm_timeout_ops = {
	.set = adm_set_timeout,
	.get = param_get_uint,
};
module_param_cb(timeout_ms, &adm_timeout_ops, &adm_timeout_ms, 0644);
MODULE_PARM_DESC(timeout_ms, "Milliseconds that a device has to answer a command, from 100 to 60000, before its administration queue is given up (10000)");

static void adm_count(struct adm_queue *queue, u64 *counter)
{
	spin_lock_irq(&queue->lock);
	++*counter;
	spin_unlock_irq(&queue->lock);
}

/* True if there is nothing to wait for: a slot, or none because of death. */
static bool adm_slot_take(struct adm_queue *queue, struct adm_slot **slot)
{
	unsigned int i;
	int dead;

	spin_lock_irq(&queue->lock);
	dead = queue->dead;
	for (i = 0; !dead && !*slot && i < queue->nr_slots; i++) {
		if (queue->slots[i].taken)
			continue;
		queue->slots[i].taken = true;
		*slot = &queue->slots[i];
	}
	spin_unlock_irq(&queue->lock);
	return dead || *slot;
}

static struct adm_slot *adm_slot_get(struct adm_queue *queue,
				     unsigned long limit)
{
	struct adm_slot *slot = NULL;
	long left = max(1L, (long)(limit - jiffies));

	if (!wait_event_timeout(queue->wait, adm_slot_take(queue, &slot), left))
		return ERR_PTR(-EBUSY);
	return slot ?: ERR_PTR(READ_ONCE(queue->dead));
}

static void adm_slot_put(struct adm_queue *queue, struct adm_slot *slot)
{
	spin_lock_irq(&queue->lock);
	slot->taken = false;
	spin_unlock_irq(&queue->lock);
	wake_up_all(&queue->wait);
}

static void adm_put_question(struct adm_slot *slot, u64 member,
			     const struct adm_request *request)
{
	const struct adm_head head = {
		.opcode = cpu_to_le16(request->opcode),
		.group_type = cpu_to_le16(request->group),
		.group_member_id = cpu_to_le64(member),
	};

	adm_buffer_put(&slot->to_device, 0, &head, sizeof(head));
	adm_buffer_put(&slot->to_device, sizeof(head), request->data,
		       request->data_len);
	/* Else what another VF was answered would be where a device writes less. */
	adm_buffer_clear(&slot->from_device,
			 sizeof(struct adm_status) + request->result_room);
}

static int adm_take_answer(struct adm_slot *slot, struct adm_request *request)
{
	struct adm_status answer;
	int ret;

	adm_buffer_get(&slot->from_device, 0, &answer, sizeof(answer));
	ret = adm_answer_read(&answer, slot->used, request);
	if (!ret)
		adm_buffer_get(&slot->from_device, sizeof(answer),
			       request->result, request->result_len);
	return ret;
}

/* What the device may still write to stays. */
static void adm_slot_trim(struct adm_owner *owner, struct adm_slot *slot)
{
	if (READ_ONCE(slot->sent))
		return;
	adm_buffer_trim(owner, &slot->to_device);
	adm_buffer_trim(owner, &slot->from_device);
}

static int adm_exchange(struct adm_owner *owner, const struct adm_setup *setup,
			u64 member, struct adm_request *request,
			unsigned long limit)
{
	u32 in_len = sizeof(struct adm_head) + request->data_len;
	u32 out_len = sizeof(struct adm_status) + request->result_room;
	unsigned int ms = READ_ONCE(adm_timeout_ms);
	struct adm_queue *queue = &owner->queue;
	struct adm_slot *slot;
	int ret;

	slot = adm_slot_get(queue, limit);
	if (IS_ERR(slot))
		return PTR_ERR(slot);

	ret = adm_slot_fit(owner, slot, in_len, out_len);
	if (ret)
		goto out;

	adm_put_question(slot, member, request);
	ret = adm_slot_send(owner, slot, in_len, out_len, ms);
	if (!ret) {
		ret = adm_take_answer(slot, request);
	} else if (ret == -ETIMEDOUT && !READ_ONCE(queue->dead)) {
		adm_count(queue, &queue->timeouts);
		adm_queue_give_up(owner, ret,
				  "no answer to %s (0x%x) for VF %llu within %u ms",
				  adm_opcode_name(setup->design, request->opcode),
				  request->opcode, member, ms);
	}
out:
	adm_slot_trim(owner, slot);
	adm_slot_put(queue, slot);
	return ret;
}

static int adm_try(struct adm_owner *owner, const struct adm_setup *setup,
		   u64 member, struct adm_request *request, unsigned long limit)
{
	int ret = -ENODEV;

	request->result_len = 0;
	request->output = 0;
	request->status = ADM_OK;
	request->qualifier = ADM_Q_OK;
	down_read(&owner->life);
	if (owner->up && owner->generation == setup->generation)
		ret = adm_exchange(owner, setup, member, request, limit);
	up_read(&owner->life);
	return ret;
}

/**
 * adm_owner_execute - send a command and wait for its answer
 * @owner: to be asked
 * @setup: as it was found
 * @member: a VF's number, from 1, or 0
 * @request: whose result is 0 bytes long unless 0 is returned
 *
 * Sends what it is given, whether or not LIST_USE has named it. Repeats and waits for a
 * place in the queue for as long as the time limit of one command, and then as
 * long again for the last answer.
 *
 * Return: 0; what the device's status means; -EPROTO for an answer that cannot be
 * true; -ETIMEDOUT, -EIO or -ENODEV if the owner is dead.
 */
int adm_owner_execute(struct adm_owner *owner, const struct adm_setup *setup,
		      u64 member, struct adm_request *request)
{
	unsigned long limit = jiffies +
			      msecs_to_jiffies(READ_ONCE(adm_timeout_ms));
	struct adm_queue *queue = &owner->queue;
	unsigned int tries;
	int ret;

	for (tries = 0;; tries++) {
		ret = adm_try(owner, setup, member, request, limit);
		if (!ret || tries >= adm_answer_retries(setup->design, request) ||
		    time_after(jiffies, limit))
			break;
		adm_count(queue, &queue->retries);
		if (wait_event_timeout(queue->wait, READ_ONCE(queue->dead),
				       msecs_to_jiffies(1U << tries)))
			return READ_ONCE(queue->dead) ?: -ENODEV;
	}
	if (request->status != ADM_OK)
		adm_count(queue, &queue->refused);
	return ret;
}
