// SPDX-License-Identifier: GPL-2.0-only
/* A driver of the 82576's virtual function, as small as can be: it polls. */
#include "bare.h"
#include "igbvf_guest.h"

/* Where QEMU is told to put it, see lib/vm.py of the end-to-end tests. */
#define SLOT		0x10
#define PCI_ID		0x10ca8086

#define BUFFER_SIZE	2048
#define PATIENCE_TICKS	1000
#define QUIET_TICKS	10

#define MAX_FRAME	1522

/* A counter of the VF, and the guest's own of the same. */
struct counter {
	uint32_t reg;
	const uint32_t *own;
	uint32_t base;
	uint32_t last;
};

static struct desc rx_ring[RING_DESCS] __attribute__((aligned(4096)));
static struct desc tx_ring[RING_DESCS] __attribute__((aligned(4096)));
static uint8_t rx_buffers[RING_DESCS][BUFFER_SIZE] __attribute__((aligned(4096)));
static uint8_t tx_buffers[RING_DESCS][BUFFER_SIZE] __attribute__((aligned(4096)));
static uint32_t bar, rx, tx, mailbox_seen;
static struct counter counters[] = {
	{ .reg = VFGPRC, .own = &counts.received },
	{ .reg = VFGPTC, .own = &counts.sent },
};

static uint32_t rd(uint32_t reg)
{
	return __atomic_load_n((uint32_t *)(bar + reg), __ATOMIC_ACQUIRE);
}

static void wr(uint32_t reg, uint32_t val)
{
	__atomic_store_n((uint32_t *)(bar + reg), val, __ATOMIC_RELEASE);
}

static void config_at(uint32_t reg)
{
	out32(0xcf8, 1U << 31 | SLOT << 11 | reg);
}

static uint32_t config_read(uint32_t reg)
{
	config_at(reg);
	return in32(0xcfc);
}

static void config_write(uint32_t reg, uint32_t val)
{
	config_at(reg);
	out32(0xcfc, val);
}

/* Reading clears the bits that are waited for. */
static bool mailbox_wait(uint32_t bit)
{
	for (unsigned int i = 0; i < PATIENCE_TICKS; i++) {
		mailbox_seen |= rd(V2PMAILBOX);
		if (mailbox_seen & bit) {
			mailbox_seen &= ~bit;
			return true;
		}
		tick_wait();
	}
	return false;
}

static bool mailbox_take(void)
{
	for (unsigned int i = 0; i < PATIENCE_TICKS; i++) {
		wr(V2PMAILBOX, MBX_VFU);
		mailbox_seen |= rd(V2PMAILBOX);
		if (mailbox_seen & MBX_VFU) {
			mailbox_seen &= ~MBX_VFU;
			return true;
		}
		tick_wait();
	}
	return false;
}

static bool mailbox_send(uint32_t message, uint32_t argument)
{
	if (!mailbox_take())
		return false;
	mailbox_seen = 0;
	wr(VMBMEM, message);
	wr(VMBMEM + 4, argument);
	wr(V2PMAILBOX, MBX_REQ);
	return mailbox_wait(MBX_PFACK) && mailbox_wait(MBX_PFSTS);
}

/*
 * Asks again where a notice of the PF's own, as of its link, has come instead of
 * the answer: both requests may be made twice.
 */
static bool mailbox_ask(uint32_t message, uint32_t argument)
{
	uint32_t answer;

	do {
		if (!mailbox_send(message, argument) || !mailbox_take())
			return false;
		answer = rd(VMBMEM);
		wr(V2PMAILBOX, MBX_ACK);
	} while ((answer & IGBVF_MSG_TYPE) != message);
	return answer & MSG_ACK;
}

/* QEMU's igb leaves head and tail as they are when the function is reset. */
static void rings_up(void)
{
	wr(TDBAL, (uint32_t)tx_ring);
	wr(TDBAH, 0);
	wr(TDLEN, sizeof(tx_ring));
	wr(TDH, 0);
	wr(TDT, 0);
	wr(TXDCTL, DCTL_ENABLE);

	for (unsigned int i = 0; i < RING_DESCS; i++)
		desc_receive(&rx_ring[i], (uint32_t)rx_buffers[i]);
	wr(RDBAL, (uint32_t)rx_ring);
	wr(RDBAH, 0);
	wr(RDLEN, sizeof(rx_ring));
	wr(RDH, 0);
	wr(RDT, 0);
	wr(SRRCTL, SRRCTL_OF(BUFFER_SIZE));
	wr(RXDCTL, RXDCTL_ENABLE);
}

/* Before the function has a descriptor, and can count a frame. */
static void begin_counters(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(counters); i++) {
		counters[i].base = rd(counters[i].reg);
		counters[i].last = counters[i].base;
	}
}

const char *vf_init(void)
{
	if (config_read(0) != PCI_ID)
		return "bare guest: no VF";
	bar = config_read(0x10) & ~0xfU;
	if (!bar || config_read(0x14))
		return "bare guest: the VF's BAR is out of reach";
	config_write(4, 6);

	wr(CTRL, CTRL_RST);
	tick_wait();
	tick_wait();
	if (!mailbox_ask(MSG_RESET, 0))
		return "bare guest: the PF does not answer";
	if (!mailbox_ask(MSG_LPE, MAX_FRAME))
		return "bare guest: the PF refuses frames of the usual size";
	rings_up();
	/* A VF that counts already shows it, where others' frames come. */
	for (unsigned int i = 0; i < QUIET_TICKS; i++)
		tick_wait();
	begin_counters();
	wr(RDT, RING_DESCS - 1);
	return NULL;
}

/* Source and destination change places. */
static void send_back(const uint8_t *frame, uint32_t len)
{
	uint8_t *to = tx_buffers[tx];

	for (uint32_t i = 0; i < 6; i++) {
		to[i] = frame[6 + i];
		to[6 + i] = frame[i];
	}
	for (uint32_t i = 12; i < len; i++)
		to[i] = frame[i];
	desc_transmit(&tx_ring[tx], (uint32_t)to, len);
	tx = (tx + 1) % RING_DESCS;
	counts.sent++;
	wr(TDT, tx);
}

/* Takes a frame from the ring, if there is one. */
bool vf_echo(void)
{
	const uint8_t *frame = rx_buffers[rx];
	uint32_t len;

	if (!desc_done(&rx_ring[rx].info))
		return false;
	len = rx_ring[rx].status & 0xffff;
	counts.received++;
	if (len <= BUFFER_SIZE && frame[12] == FRAME_TYPE >> 8 &&
	    frame[13] == (FRAME_TYPE & 0xff))
		send_back(frame, len);
	desc_receive(&rx_ring[rx], (uint32_t)rx_buffers[rx]);
	wr(RDT, rx);
	rx = (rx + 1) % RING_DESCS;
	return true;
}

static bool all_is_sent(void)
{
	uint32_t last = (tx + RING_DESCS - 1) % RING_DESCS;

	return !counts.sent || desc_done(&tx_ring[last].status);
}

static void note_wrong(const struct counter *counter, uint32_t before, uint32_t after)
{
	if (!counts.wrong++) {
		counts.first.reg = counter->reg;
		counts.first.before = before;
		counts.first.own = *counter->own;
		counts.first.after = after;
	}
}

/*
 * What was counted before the ring was found empty has been taken from it, and
 * what was taken has been counted since.
 */
void vf_check_counters(void)
{
	uint32_t before[ARRAY_SIZE(counters)], now;

	for (unsigned int i = 0; i < ARRAY_SIZE(counters); i++)
		before[i] = rd(counters[i].reg) - counters[i].base;
	while (vf_echo() || !all_is_sent())
		;
	for (unsigned int i = 0; i < ARRAY_SIZE(counters); i++) {
		now = rd(counters[i].reg);
		if ((int32_t)(now - counters[i].last) < 0)
			counts.backwards++;
		if ((int32_t)(*counters[i].own - before[i]) < 0 ||
		    (int32_t)(now - counters[i].base - *counters[i].own) < 0)
			note_wrong(&counters[i], before[i], now - counters[i].base);
		counters[i].last = now;
	}
}
