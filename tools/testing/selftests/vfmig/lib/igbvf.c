// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "igbvf.h"
#include "iommu.h"
#include "sysfs.h"
#include "tap.h"

#define PF		"eth0"

/* Where things lie in the memory of the guest. */
#define IOVA		0x10000000UL
#define MEM_SIZE	0x200000
#define TX_RING		0x0
#define RX_RING		0x1000
#define TX_BUFFERS	0x10000
#define RX_BUFFERS	0x100000

/* For what has to come, for what must not, and for what need not. */
#define PATIENCE_US	10000000
#define SILENCE_US	500000
#define TRY_US		100000
#define POLL_US		200

static uint8_t *mem;

static struct desc *ring(uint32_t at)
{
	return (struct desc *)(mem + at);
}

static void shell(const char *fmt, ...)
{
	char command[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	ASSERT_EQ(system(command), 0, "%s", command);
}

static int vf_number(const char *bdf)
{
	char link[128], target[128];
	ssize_t len;
	int i;

	for (i = 0; i < 8; i++) {
		snprintf(link, sizeof(link),
			 "/sys/class/net/" PF "/device/virtfn%d", i);
		len = readlink(link, target, sizeof(target) - 1);
		if (len < 0)
			break;
		target[len] = '\0';
		if (!strcmp(strrchr(target, '/') + 1, bdf))
			return i;
	}
	ASSERT_EQ(i, -1, "%s is no VF of " PF, bdf);
	return -1;
}

bool is_igbvf(const char *bdf)
{
	char driver[SYSFS_TEXT];

	driver_name(bdf, driver);
	return !strcmp(driver, "igbvf_vfio_pci");
}

/* As an administrator sets it; all zeros leaves the choice to the guest. */
void pf_set_mac(const char *bdf, const char *mac)
{
	shell("ip link set " PF " vf %d mac %s", vf_number(bdf), mac);
}

static bool has_carrier(void)
{
	FILE *file = fopen("/sys/class/net/" PF "/carrier", "r");
	int carrier = 0;

	if (!file)
		return false;
	if (fscanf(file, "%d", &carrier) != 1)
		carrier = 0;
	fclose(file);
	return carrier;
}

/* Up only when there is a carrier, so that frames go through. */
void pf_up(bool up)
{
	int i;

	shell("ip link set " PF " %s", up ? "up" : "down");
	for (i = 0; up && i < 6000 && !has_carrier(); i++)
		usleep(10000);
	ASSERT_EQ(has_carrier(), up);
}

void pf_set_mtu(unsigned int mtu)
{
	shell("ip link set " PF " mtu %u", mtu);
	pf_up(true);
}

/* A frame of the PF; @vlan of -1 for none. @len without tag. */
void pf_send(const uint8_t *dest, int vlan, size_t len, uint16_t tag)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = if_nametoindex(PF),
		.sll_halen = ETH_ALEN,
	};
	uint8_t frame[BUFFER_SIZE] = {};
	uint8_t *p = frame;
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	ASSERT_GT(fd, -1, "%s", strerror(errno));
	memcpy(p, dest, ETH_ALEN);
	memcpy(p + 6, "\x52\x54\x00\x12\x34\x56", ETH_ALEN);
	p += 12;
	if (vlan >= 0) {
		*p++ = 0x81;
		*p++ = 0x00;
		*p++ = vlan >> 8;
		*p++ = vlan;
		len += 4;
	}
	*p++ = FRAME_TYPE >> 8;
	*p++ = FRAME_TYPE & 0xff;
	*p++ = tag >> 8;
	*p++ = tag;
	memcpy(to.sll_addr, dest, ETH_ALEN);
	ASSERT_EQ(sendto(fd, frame, len, 0, (void *)&to, sizeof(to)), len,
		  "%s", strerror(errno));
	close(fd);
}

uint32_t rd(struct guest *g, uint32_t reg)
{
	uint32_t val = 0;

	if (reg >= 0x1000)
		return __atomic_load_n((uint32_t *)(g->bar + reg),
				       __ATOMIC_ACQUIRE);
	ASSERT_EQ(pread(g->vf->fd, &val, 4, reg), 4, "register %#x", reg);
	return val;
}

void wr(struct guest *g, uint32_t reg, uint32_t val)
{
	if (reg >= 0x1000) {
		__atomic_store_n((uint32_t *)(g->bar + reg), val,
				 __ATOMIC_RELEASE);
		return;
	}
	ASSERT_EQ(pwrite(g->vf->fd, &val, 4, reg), 4, "register %#x", reg);
}

void set_command(struct guest *g, uint16_t command)
{
	ASSERT_EQ(pwrite(g->vf->fd, &command, 2, VF_CONFIG + PCI_COMMAND), 2);
}

static void irqs(struct guest *g)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd[3];
	} arg = {
		.set = {
			.argsz = sizeof(arg),
			.flags = VFIO_IRQ_SET_DATA_EVENTFD |
				 VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = VFIO_PCI_MSIX_IRQ_INDEX,
			.count = 3,
		},
	};
	int i;

	for (i = 0; i < 3; i++) {
		g->irq[i] = eventfd(0, EFD_NONBLOCK);
		arg.fd[i] = g->irq[i];
	}
	ASSERT_EQ(ioctl(g->vf->fd, VFIO_DEVICE_SET_IRQS, &arg), 0, "%s",
		  strerror(errno));
}

bool irq_fired(struct guest *g, unsigned int vector)
{
	uint64_t count = 0;

	return read(g->irq[vector], &count, sizeof(count)) == sizeof(count);
}

bool irq_wait(struct guest *g, unsigned int vector)
{
	for (int us = 0; us < PATIENCE_US; us += POLL_US) {
		if (irq_fired(g, vector))
			return true;
		usleep(POLL_US);
	}
	return false;
}

static void enter(struct guest *g, struct vf *vf)
{
	void *bar;

	g->vf = vf;
	if (!mem) {
		mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		ASSERT_NE(mem, MAP_FAILED);
	}
	ASSERT_EQ(iommu()->map(vf, IOVA, mem, MEM_SIZE), 0);

	bar = mmap(NULL, 0x3000, PROT_READ | PROT_WRITE, MAP_SHARED, vf->fd,
		   0x1000);
	ASSERT_NE(bar, MAP_FAILED, "%s", strerror(errno));
	g->bar = (uint8_t *)bar - 0x1000;
}

/* On a VF that nobody has used since its reset. */
void guest_enter(struct guest *g, struct vf *vf)
{
	memset(g, 0, sizeof(*g));
	enter(g, vf);
	memset(mem, 0, MEM_SIZE);
	set_command(g, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	irqs(g);
}

void guest_leave(struct guest *g)
{
	int i;

	if (!g->vf)
		return;
	/* Gone already where a test was left and its VF closed. */
	if (g->vf->bdf)
		iommu()->unmap(g->vf, IOVA, MEM_SIZE);
	munmap((void *)(g->bar + 0x1000), 0x3000);
	for (i = 0; i < 3; i++)
		close(g->irq[i]);
	g->vf = NULL;
}

/*
 * The guest, stopped, finds itself on another VF that is to run next. As with
 * QEMU, config space and MSI-X are restored after the device's state.
 */
void guest_move(struct guest *g, struct vf *to)
{
	guest_leave(g);
	enter(g, to);
	set_command(g, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	irqs(g);
}

/* The bits that reading clears are kept by the driver, as igbvf does. */
uint32_t mailbox_bits(struct guest *g)
{
	uint32_t bits = rd(g, V2PMAILBOX);

	g->seen |= bits & (MBX_PFSTS | MBX_PFACK);
	return bits;
}

/* As Linux' igbvf: not while the PF has the buffer, for a message of its own. */
void mailbox_take(struct guest *g)
{
	uint32_t mine = 0;

	for (int us = 0; !mine && us < PATIENCE_US; us += POLL_US) {
		if (us)
			usleep(POLL_US);
		wr(g, V2PMAILBOX, MBX_VFU);
		mine = mailbox_bits(g) & MBX_VFU;
	}
	ASSERT_EQ(mine, MBX_VFU);
}

void mailbox_post(struct guest *g, const uint32_t *msg, unsigned int n)
{
	unsigned int i;

	mailbox_take(g);
	g->seen = 0;
	for (i = 0; i < n; i++)
		wr(g, VMBMEM + 4 * i, msg[i]);
	wr(g, V2PMAILBOX, MBX_REQ);
}

static bool mailbox_wait_for(struct guest *g, uint32_t bit, unsigned int patience_us)
{
	unsigned int us;

	for (us = 0; us < patience_us; us += POLL_US) {
		mailbox_bits(g);
		if (g->seen & bit) {
			g->seen &= ~bit;
			return true;
		}
		usleep(POLL_US);
	}
	return false;
}

bool mailbox_wait(struct guest *g, uint32_t bit)
{
	return mailbox_wait_for(g, bit, PATIENCE_US);
}

void mailbox_fetch(struct guest *g, uint32_t *msg, unsigned int n)
{
	unsigned int i;

	mailbox_take(g);
	for (i = 0; i < n; i++)
		msg[i] = rd(g, VMBMEM + 4 * i);
	wr(g, V2PMAILBOX, MBX_ACK);
}

/*
 * Waits for the answer to @msg, which it takes the place of. The PF has notices of
 * its own, as after its link has come up: one may be there first, or have taken
 * the answer's place. Then it is asked again.
 */
static bool exchange(struct guest *g, uint32_t *msg, unsigned int n,
		     unsigned int patience_us)
{
	uint32_t answer[IGBVF_VMBMEM_WORDS];

	for (;;) {
		mailbox_post(g, msg, n);
		if (!mailbox_wait_for(g, MBX_PFACK, patience_us) ||
		    !mailbox_wait_for(g, MBX_PFSTS, patience_us))
			return false;
		do {
			mailbox_fetch(g, answer, n);
			if ((uint16_t)answer[0] == (uint16_t)msg[0]) {
				memcpy(msg, answer, n * sizeof(*msg));
				return true;
			}
		} while (mailbox_wait_for(g, MBX_PFSTS, TRY_US));
	}
}

static uint32_t ask_for(struct guest *g, const uint32_t *msg, unsigned int n,
			unsigned int patience_us)
{
	uint32_t words[IGBVF_VMBMEM_WORDS];

	memcpy(words, msg, n * sizeof(*msg));
	return exchange(g, words, n, patience_us) ? words[0] : 0;
}

/* Returns the first word of the answer, 0 where there is none. */
uint32_t mailbox_ask(struct guest *g, const uint32_t *msg, unsigned int n)
{
	return ask_for(g, msg, n, PATIENCE_US);
}

/* For what need not be answered. */
void mailbox_try(struct guest *g, const uint32_t *msg, unsigned int n)
{
	ask_for(g, msg, n, TRY_US);
}

bool mailbox_hello(struct guest *g)
{
	uint32_t msg[3] = { MSG_RESET };

	wr(g, CTRL, CTRL_RST);
	usleep(10000);
	if (!exchange(g, msg, 3, PATIENCE_US))
		return false;
	if (msg[0] & MSG_ACK)
		memcpy(g->mac, &msg[1], 6);
	return true;
}

void rings_up(struct guest *g)
{
	unsigned int i;

	wr(g, TDBAL, IOVA + TX_RING);
	wr(g, TDBAH, 0);
	wr(g, TDLEN, RING_DESCS * sizeof(struct desc));
	wr(g, TDH, 0);
	wr(g, TDT, 0);
	wr(g, TXDCTL, DCTL_ENABLE);
	g->tx = 0;

	for (i = 0; i < RING_DESCS; i++)
		desc_receive(&ring(RX_RING)[i], IOVA + RX_BUFFERS + i * BUFFER_SIZE);
	wr(g, RDBAL, IOVA + RX_RING);
	wr(g, RDBAH, 0);
	wr(g, RDLEN, RING_DESCS * sizeof(struct desc));
	wr(g, RDH, 0);
	wr(g, RDT, 0);
	wr(g, SRRCTL, SRRCTL_OF(BUFFER_SIZE));
	wr(g, RXDCTL, RXDCTL_ENABLE);
	wr(g, RDT, RING_DESCS - 1);
	g->rx = 0;

	/* Vector 0 transmits, 1 receives, 2 is the mailbox: as igbvf does. */
	wr(g, IVAR0, 0x8081);
	wr(g, IVAR_MISC, 0x82);
	wr(g, EIAC, 7);
	wr(g, EIAM, 7);
	wr(g, EIMS, 7);
}

/*
 * Reset, handshake, rings: ready for frames. The PF's driver keeps the largest
 * packet of a former guest, so every guest asks for its own.
 */
void guest_boot(struct guest *g)
{
	uint32_t size[2] = { MSG_LPE, 1522 };

	ASSERT_EQ(mailbox_hello(g), true);
	ASSERT_EQ(mailbox_ask(g, size, 2) & MSG_ACK, MSG_ACK);
	rings_up(g);
}

void tx_post(struct guest *g, size_t len)
{
	struct desc *desc = &ring(TX_RING)[g->tx];
	uint8_t *frame = mem + TX_BUFFERS + g->tx * BUFFER_SIZE / 4;

	memset(frame, 0, len);
	/* To nobody here: what is for the PF's other functions comes back. */
	memcpy(frame, "\x02\x00\x00\x00\x00\x99", 6);
	memcpy(frame + 6, g->mac, 6);
	frame[12] = FRAME_TYPE >> 8;
	frame[13] = FRAME_TYPE & 0xff;
	desc_transmit(desc, IOVA + (frame - mem), len);
	g->tx = (g->tx + 1) % RING_DESCS;
	wr(g, TDT, g->tx);
}

/* What a function reads whose memory has gone: a packet without an end. */
void tx_post_zeroes(struct guest *g)
{
	memset(&ring(TX_RING)[g->tx], 0, sizeof(struct desc));
	g->tx = (g->tx + 1) % RING_DESCS;
	wr(g, TDT, g->tx);
}

/* Has the last frame been reported as done? */
bool tx_sent(struct guest *g)
{
	unsigned int last = (g->tx + RING_DESCS - 1) % RING_DESCS;

	return desc_done(&ring(TX_RING)[last].status);
}

/* A frame of pf_send(): its length, or -1 where there is none. */
int rx_next(struct guest *g, uint16_t *tag)
{
	struct desc *desc;
	uint8_t *frame;
	int len;

	for (;;) {
		desc = &ring(RX_RING)[g->rx];
		if (!desc_done(&desc->info))
			return -1;
		len = desc->status & 0xffff;
		frame = mem + RX_BUFFERS + g->rx * BUFFER_SIZE;
		/* Given back, to be filled again. */
		desc_receive(desc, IOVA + RX_BUFFERS + g->rx * BUFFER_SIZE);
		wr(g, RDT, g->rx);
		g->rx = (g->rx + 1) % RING_DESCS;

		if (frame[12] == 0x81 && !frame[13])
			frame += 4;
		if (frame[12] != FRAME_TYPE >> 8 ||
		    frame[13] != (FRAME_TYPE & 0xff))
			continue;
		*tag = frame[14] << 8 | frame[15];
		return len;
	}
}

static int rx_wait_for(struct guest *g, uint16_t *tag, int patience_us)
{
	int us, len;

	for (us = 0; us < patience_us; us += POLL_US) {
		len = rx_next(g, tag);
		if (len >= 0)
			return len;
		usleep(POLL_US);
	}
	return -1;
}

/* Returns the length of the next frame. */
int rx_wait(struct guest *g, uint16_t *tag)
{
	return rx_wait_for(g, tag, PATIENCE_US);
}

bool rx_silent(struct guest *g)
{
	uint16_t tag;

	return rx_wait_for(g, &tag, SILENCE_US) < 0;
}
