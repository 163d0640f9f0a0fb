// SPDX-License-Identifier: GPL-2.0-only
/*
 * sample-vfio-pci - a complete variant driver in one file
 *
 * Makes QEMU's pci-serial migratable: a 16550A UART, its eight registers in an
 * I/O BAR, with an INTx interrupt. Documentation/writing-a-backend.rst walks
 * through this file. The state is one record::
 *
 *	   0     1     2     3     4     5     6     7     8         23
 *	+-----+-----+-----+-----+-----+-----+-----+-----+-----//------+
 *	| LCR | IER | MCR | SCR | DLL | DLM | FCR |  n  |  received   |
 *	+-----+-----+-----+-----+-----+-----+-----+-----+-----//------+
 *
 * n bytes were received and not read yet, the oldest first; the others are 0.
 * Of FCR there are the bits that stay. Nothing is left to be sent.
 */
#include <linux/delay.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/serial_reg.h>
#include <linux/vfmig.h>

#define SAMPLE_FIFO_LEN		16
#define SAMPLE_IER_BITS		0x0f
#define SAMPLE_MCR_BITS		0x1f
#define SAMPLE_FCR_BITS		(UART_FCR_ENABLE_FIFO | UART_FCR_DMA_SELECT | \
				 UART_FCR_TRIGGER_MASK)
#define SAMPLE_IIR_FIFO		0xc0
#define SAMPLE_CHAR_US		120	/* at 115200 baud */

struct sample_state {
	u8 lcr, ier, mcr, scr, dll, dlm, fcr, nr_received;
	u8 received[SAMPLE_FIFO_LEN];
};

struct sample_device {
	struct vfmig_pci_device vpci;
	void __iomem *regs;
	u8 fcr;				/* cannot be read: see sample_write() */
	u8 ier;				/* while it is quiesced */
	struct sample_state state;	/* while it is frozen */
	struct sample_state loaded;	/* and checked, but not in the device */
};

/* With DLAB the divisor is in the place of IER and data. Leaves 8N1. */
static void sample_set_divisor(struct sample_device *dev, u8 dll, u8 dlm)
{
	iowrite8(UART_LCR_DLAB, dev->regs + UART_LCR);
	iowrite8(dll, dev->regs + UART_DLL);
	iowrite8(dlm, dev->regs + UART_DLM);
	iowrite8(UART_LCR_WLEN8, dev->regs + UART_LCR);
}

/* Takes at most what the FIFO has room for; LCR is without DLAB. */
static u8 sample_drain(struct sample_device *dev, u8 *to)
{
	u8 nr = 0;

	while (nr < SAMPLE_FIFO_LEN && ioread8(dev->regs + UART_LSR) & UART_LSR_DR)
		to[nr++] = ioread8(dev->regs + UART_RX);
	return nr;
}

/* Reads the state of a quiesced device, which loses what it has received. */
static void sample_read(struct sample_device *dev, struct sample_state *state)
{
	memset(state, 0, sizeof(*state));
	state->lcr = ioread8(dev->regs + UART_LCR);
	state->ier = dev->ier;
	state->mcr = ioread8(dev->regs + UART_MCR);
	state->scr = ioread8(dev->regs + UART_SCR);
	iowrite8(state->lcr | UART_LCR_DLAB, dev->regs + UART_LCR);
	state->dll = ioread8(dev->regs + UART_DLL);
	state->dlm = ioread8(dev->regs + UART_DLM);
	iowrite8(state->lcr & ~UART_LCR_DLAB, dev->regs + UART_LCR);
	if ((ioread8(dev->regs + UART_IIR) & SAMPLE_IIR_FIFO) == SAMPLE_IIR_FIFO)
		state->fcr = READ_ONCE(dev->fcr) | UART_FCR_ENABLE_FIFO;
	state->nr_received = sample_drain(dev, state->received);
	iowrite8(state->lcr, dev->regs + UART_LCR);
}

/* Returns the one before. */
static u8 sample_set_ier(struct sample_device *dev, u8 ier)
{
	u8 lcr = ioread8(dev->regs + UART_LCR), before;

	iowrite8(lcr & ~UART_LCR_DLAB, dev->regs + UART_LCR);
	before = ioread8(dev->regs + UART_IER);
	iowrite8(ier, dev->regs + UART_IER);
	iowrite8(lcr, dev->regs + UART_LCR);
	return before;
}

/* No more interrupts, and what was to be sent has been sent. */
static int sample_quiesce(void *backend)
{
	struct sample_device *dev = backend;
	int ret = 0;

	dev->ier = sample_set_ier(dev, 0);
	while (!ret && !(ioread8(dev->regs + UART_LSR) & UART_LSR_TEMT)) {
		usleep_range(SAMPLE_CHAR_US, 2 * SAMPLE_CHAR_US);
		ret = vfmig_must_stop(dev->vpci.vm);
	}
	if (!ret)
		return 0;
	/* A device that was reset meanwhile has its own. */
	if (ret != -ECANCELED)
		sample_set_ier(dev, dev->ier);
	return vfmig_fail(dev->vpci.vm, ret,
			  "the transmitter does not become empty, let the far end of the line read what is sent");
}

static int sample_run(void *backend)
{
	struct sample_device *dev = backend;

	sample_set_ier(dev, dev->ier);
	return 0;
}

static int sample_freeze(void *backend)
{
	struct sample_device *dev = backend;

	sample_read(dev, &dev->state);
	return 0;
}

/*
 * Puts back what freeze has taken: in loopback, what is written is received. It
 * comes before what has arrived since. Where that is more than the FIFO takes,
 * the last bytes are lost, and LSR, which is not read after that, says so.
 */
static int sample_thaw(void *backend)
{
	struct sample_device *dev = backend;
	struct sample_state *state = &dev->state;
	u8 bytes[2 * SAMPLE_FIFO_LEN], lsr;
	unsigned int i, nr = state->nr_received;

	if (!nr)
		return 0;
	memcpy(bytes, state->received, nr);
	iowrite8(UART_MCR_LOOP, dev->regs + UART_MCR);
	sample_set_divisor(dev, 1, 0);
	nr += sample_drain(dev, bytes + nr);
	for (i = 0; i < nr; i++) {
		read_poll_timeout(ioread8, lsr, lsr & UART_LSR_TEMT,
				  SAMPLE_CHAR_US / 4, 10 * SAMPLE_CHAR_US,
				  false, dev->regs + UART_LSR);
		iowrite8(bytes[i], dev->regs + UART_TX);
	}
	usleep_range(SAMPLE_CHAR_US, 2 * SAMPLE_CHAR_US);
	sample_set_divisor(dev, state->dll, state->dlm);
	iowrite8(state->lcr, dev->regs + UART_LCR);
	iowrite8(state->mcr, dev->regs + UART_MCR);
	return 0;
}

static int sample_check(struct sample_device *dev,
			const struct sample_state *state)
{
	u8 nr = state->nr_received;

	if (!(state->ier & ~SAMPLE_IER_BITS) &&
	    !(state->mcr & ~SAMPLE_MCR_BITS) &&
	    !(state->fcr & ~SAMPLE_FCR_BITS) &&
	    (!state->fcr || state->fcr & UART_FCR_ENABLE_FIFO) &&
	    nr <= (state->fcr ? SAMPLE_FIFO_LEN : 1) &&
	    !memchr_inv(state->received + nr, 0, SAMPLE_FIFO_LEN - nr))
		return 0;
	return vfmig_fail(dev->vpci.vm, -EINVAL,
			  "no valid state of a 16550A: IER 0x%02x, MCR 0x%02x, FCR 0x%02x, %u bytes received",
			  state->ier, state->mcr, state->fcr, nr);
}

/* Checked at this end, too: a device that is gone reads as all ones. */
static int sample_save(void *backend, struct vfmig_record *rec)
{
	struct sample_device *dev = backend;

	rec->type = VFMIG_RECORD_BACKEND;
	rec->len = sizeof(dev->state);
	memcpy(rec->data, &dev->state, sizeof(dev->state));
	return sample_check(dev, &dev->state);
}

static int sample_load(void *backend, const struct vfmig_record *rec)
{
	struct sample_device *dev = backend;

	if (rec->type != VFMIG_RECORD_BACKEND)
		return -EOPNOTSUPP;
	if (rec->len != sizeof(dev->loaded))
		return vfmig_fail(dev->vpci.vm, -EINVAL,
				  "the record has %u bytes instead of %zu",
				  rec->len, sizeof(dev->loaded));
	memcpy(&dev->loaded, rec->data, sizeof(dev->loaded));
	return sample_check(dev, &dev->loaded);
}

/* IER is left to run, and what was received to thaw. */
static int sample_load_commit(void *backend)
{
	struct sample_device *dev = backend;
	struct sample_state *state = &dev->state, now;

	*state = dev->loaded;
	dev->ier = state->ier;
	WRITE_ONCE(dev->fcr, state->fcr);
	sample_set_divisor(dev, state->dll, state->dlm);
	iowrite8(state->fcr | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT, dev->regs + UART_FCR);
	iowrite8(state->scr, dev->regs + UART_SCR);
	iowrite8(state->mcr, dev->regs + UART_MCR);
	iowrite8(state->lcr, dev->regs + UART_LCR);

	sample_read(dev, &now);
	if (memcmp(&now, state, offsetof(struct sample_state, nr_received)))
		return vfmig_fail(dev->vpci.vm, -EIO,
				  "registers read %7ph where %7ph was written",
				  &now, state);
	return 0;
}

static const struct vfmig_backend_ops sample_backend_ops = {
	.name		= "sample",
	.stream_version	= 1,
	.min_record	= sizeof(struct sample_state),
	.timeout_ms	= 5000,		/* a full FIFO takes 4 s at 50 baud */
	.needs_bars	= true,
	.quiesce	= sample_quiesce,
	.run		= sample_run,
	.freeze		= sample_freeze,
	.thaw		= sample_thaw,
	.save		= sample_save,
	.load		= sample_load,
	.load_commit	= sample_load_commit,
};

/* All that the guest writes comes along here: an I/O BAR cannot be mapped. */
static ssize_t sample_write(struct vfio_device *vdev, const char __user *buf,
			    size_t count, loff_t *ppos)
{
	struct sample_device *dev = container_of(vdev, struct sample_device, vpci.core.vdev);
	loff_t before = VFIO_PCI_INDEX_TO_OFFSET(VFIO_PCI_BAR0_REGION_INDEX) + UART_FCR - *ppos;
	ssize_t done = vfio_pci_core_write(vdev, buf, count, ppos);
	u8 fcr;

	if (before >= 0 && before < done && !get_user(fcr, (const u8 __user *)buf + before))
		WRITE_ONCE(dev->fcr, fcr & UART_FCR_ENABLE_FIFO ? fcr & SAMPLE_FCR_BITS : 0);
	return done;
}

static const struct vfio_device_ops sample_vfio_ops = {
	.name	= KBUILD_MODNAME,
	.write	= sample_write,
	VFMIG_PCI_OPS_BUT_WRITE(vfio_pci_core_init_dev, vfio_pci_core_release_dev)
};

static int sample_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct sample_device *dev;

	dev = vfio_alloc_device(sample_device, vpci.core.vdev, &pdev->dev, &sample_vfio_ops);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	dev->regs = pcim_iomap(pdev, 0, 0);
	if (!dev->regs) {
		vfio_put_device(&dev->vpci.core.vdev);
		return -ENOMEM;
	}
	return vfmig_pci_probe(&dev->vpci, &sample_backend_ops, dev);
}

static const struct pci_device_id sample_pci_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_REDHAT, 0x0002) },
	{}
};
MODULE_DEVICE_TABLE(pci, sample_pci_table);

static struct pci_driver sample_pci_driver = {
	.name			= KBUILD_MODNAME,
	.id_table		= sample_pci_table,
	.probe			= sample_probe,
	.remove			= vfmig_pci_remove,
	.err_handler		= &vfmig_pci_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(sample_pci_driver);

MODULE_LICENSE("GPL");
MODULE_VERSION(VFMIG_VERSION);
MODULE_AUTHOR("The vfmig authors");
MODULE_DESCRIPTION("Sample VFIO PCI variant driver: a 16550A UART");
