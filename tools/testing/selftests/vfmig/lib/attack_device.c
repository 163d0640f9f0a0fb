// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "attack.h"
#include "config.h"
#include "igbvf.h"

#define BAR_LEN		0x4000
#define CONFIG_LEN	4096

static const size_t widths[] = { 1, 2, 4, 4, 4, 8, 3, 5, 64 };

int attack_reset_device(struct member *m, struct vf *vf)
{
	int ret = vf_reset(vf);

	crowd_beat(m);
	return ret;
}

/* A reset takes 100 ms, in which next to nothing else is possible. */
static void rest(struct member *m)
{
	usleep(random_below(&m->random, 400000));
	crowd_beat(m);
}

static bool reset(struct member *m)
{
	int ret;

	rest(m);
	ret = attack_reset_device(m, attack_target(m));
	/* Two at once: the second one is told so. */
	if (ret && ret != -EAGAIN && !attack_excused(m, ret))
		crowd_find(m, "VFIO_DEVICE_RESET: %d", ret);
	return !ret;
}

const struct attack attack_reset = { "reset", reset };

/* As QEMU would have to, and no sooner. */
static bool recover(struct member *m)
{
	struct vf *vf = attack_target(m);
	uint32_t state = STATE_RUNNING;

	if (!attack_read(m, vf, REG_DEVICE_STATE, &state, sizeof(state)) &&
	    state == STATE_ERROR)
		attack_reset_device(m, vf);
	return true;
}

const struct attack attack_recover = { "recover", recover };

/* The reset that a guest does itself. */
static bool flr(struct member *m)
{
	struct vf *vf = attack_target(m);

	rest(m);
	return !config_reset(vf);
}

const struct attack attack_flr = { "flr", flr };

static bool read_config(struct member *m)
{
	uint8_t buf[64];

	return pread(attack_target(m)->fd, buf, RANDOM_OF(&m->random, widths),
		     VF_CONFIG + random_below(&m->random, CONFIG_LEN + 8)) > 0;
}

const struct attack attack_read_config = { "read_config", read_config };

/* Often where the header and the capabilities are. */
static bool write_config(struct member *m)
{
	uint64_t at = random_below(&m->random, random_one_in(&m->random, 4) ?
						CONFIG_LEN + 8 : 256);
	uint8_t buf[64];

	random_fill(&m->random, buf, sizeof(buf));
	return pwrite(attack_target(m)->fd, buf, RANDOM_OF(&m->random, widths),
		      VF_CONFIG + at) > 0;
}

const struct attack attack_write_config = { "write_config", write_config };

static bool decoding(struct member *m)
{
	static const uint16_t commands[] = {
		0, PCI_COMMAND_MEMORY, PCI_COMMAND_MASTER,
		PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
		PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
	};
	uint16_t command = RANDOM_OF(&m->random, commands);

	return pwrite(attack_target(m)->fd, &command, 2,
		      VF_CONFIG + PCI_COMMAND) == 2;
}

const struct attack attack_decoding = { "decoding", decoding };

/* Page 0, with the mailbox, more often than the others. */
static uint64_t bar_place(struct member *m)
{
	static const uint64_t page0[] = {
		CTRL, STATUS, VMBMEM, VMBMEM + 4, VMBMEM + 8, VMBMEM + 60,
		V2PMAILBOX, V2PMAILBOX, VFGPRC, VFGOTC, 0xffc, 0xfff,
	};

	if (random_one_in(&m->random, 3))
		return random_below(&m->random, BAR_LEN + 16);
	if (random_one_in(&m->random, 16))
		return VF_REGION(VFIO_PCI_BAR3_REGION_INDEX) +
		       random_below(&m->random, BAR_LEN + 16);
	return RANDOM_OF(&m->random, page0);
}

static bool read_bar(struct member *m)
{
	size_t len = RANDOM_OF(&m->random, widths);
	uint8_t buf[8192];

	/* Over the border of page 0, and of the BAR. */
	if (random_one_in(&m->random, 32))
		len = sizeof(buf);
	return pread(attack_target(m)->fd, buf, len, bar_place(m)) > 0;
}

const struct attack attack_read_bar = { "read_bar", read_bar };

/* What the PF knows, for the most part: about the rest it fills the log. */
static uint32_t bar_value(struct member *m, uint64_t at)
{
	static const uint32_t messages[] = {
		MSG_RESET, MSG_RESET, MSG_LPE, MSG_MULTICAST | MSG_ONE,
		MSG_PROMISC, MSG_VLAN | MSG_ONE,
	};
	static const uint32_t mailbox[] = {
		0, MBX_VFU, MBX_REQ, MBX_ACK, MBX_VFU | MBX_REQ, 0xff,
	};

	if (random_one_in(&m->random, 64))
		return random_next(&m->random);
	switch (at) {
	case CTRL:
		return random_one_in(&m->random, 4) ? CTRL_RST : 0;
	case V2PMAILBOX:
		return RANDOM_OF(&m->random, mailbox);
	case VMBMEM:
		return RANDOM_OF(&m->random, messages);
	default:
		return random_below(&m->random, 1U << 16);
	}
}

static bool write_bar(struct member *m)
{
	uint64_t at = bar_place(m);
	size_t len = RANDOM_OF(&m->random, widths);
	uint8_t buf[64];
	uint32_t value = bar_value(m, at);

	random_fill(&m->random, buf, sizeof(buf));
	memcpy(buf, &value, sizeof(value));
	return pwrite(attack_target(m)->fd, buf, len, at) > 0;
}

const struct attack attack_write_bar = { "write_bar", write_bar };

struct irqs {
	struct vfio_irq_set set;
	int32_t fd[4];
};

/* As a driver sets up its vectors. */
static void usual_interrupts(struct member *m, struct irqs *irqs, int fd)
{
	irqs->set.flags = VFIO_IRQ_SET_DATA_EVENTFD |
			  VFIO_IRQ_SET_ACTION_TRIGGER;
	irqs->set.index = VFIO_PCI_MSIX_IRQ_INDEX;
	irqs->set.count = 1 + random_below(&m->random, 3);
	irqs->fd[0] = fd;
	irqs->fd[1] = fd;
	irqs->fd[2] = fd;
}

static void odd_interrupts(struct member *m, struct irqs *irqs, int fd)
{
	static const uint32_t kinds[] = {
		VFIO_IRQ_SET_DATA_NONE, VFIO_IRQ_SET_DATA_BOOL,
		VFIO_IRQ_SET_DATA_EVENTFD,
	};
	static const uint32_t actions[] = {
		VFIO_IRQ_SET_ACTION_MASK, VFIO_IRQ_SET_ACTION_UNMASK,
		VFIO_IRQ_SET_ACTION_TRIGGER,
	};
	int i;

	irqs->set.flags = RANDOM_OF(&m->random, kinds) |
			  RANDOM_OF(&m->random, actions);
	irqs->set.index = random_below(&m->random, VFIO_PCI_NUM_IRQS + 1);
	irqs->set.start = random_below(&m->random, 4);
	irqs->set.count = random_below(&m->random, 5);
	for (i = 0; i < 4; i++)
		irqs->fd[i] = random_one_in(&m->random, 4) ? -1 : fd;
}

static bool interrupts(struct member *m)
{
	struct irqs irqs = { .set.argsz = sizeof(irqs) };
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int ret;

	if (random_one_in(&m->random, 2))
		usual_interrupts(m, &irqs, fd);
	else
		odd_interrupts(m, &irqs, fd);
	ret = ioctl(attack_target(m)->fd, VFIO_DEVICE_SET_IRQS, &irqs);
	close(fd);
	return !ret;
}

const struct attack attack_interrupts = { "interrupts", interrupts };
