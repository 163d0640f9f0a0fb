/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * igbvf-vfio-pci - a variant driver that makes 82576 virtual functions
 * migratable
 *
 * Who does what:
 *
 *	main.c		binds and resets; knows VFIO, no migration
 *	page0.c		the page of BAR 0 whose accesses are seen
 *	exposed.c	the same page, mapped: then they are not
 *	mailbox.c	what the guest has asked its PF for, told from them
 *	pf.c		asks another PF for the same, and takes it back
 *	exchange.c	talks with a PF in the guest's stead
 *	open.c		a user comes, and goes: then what was asked is taken back
 *	queues.c	stops and starts
 *	registers.c	reads and writes the registers of what is stopped
 *	state.c		checks the record that travels; pure
 *	backend.c	what vfmig calls: the order of all this
 */
#ifndef IGBVF_VFIO_PCI_H
#define IGBVF_VFIO_PCI_H

#include <linux/etherdevice.h>
#include <linux/io.h>
#include <linux/spinlock.h>
#include <linux/vfio_pci_core.h>
#include <linux/vfmig.h>

#include "state.h"

/* How long each of these may take, in milliseconds. */
#define IGBVF_DRAIN_MS		1000
#define IGBVF_QUEUE_MS		100
#define IGBVF_SETTLE_MS		500
#define IGBVF_PF_MS		2000
#define IGBVF_NOTICE_MS		100
#define IGBVF_POLL_US		50

/**
 * struct igbvf_mailbox - what is known of the guest's talk with its PF
 * @flags: IGBVF_STATE_READY and those about @asked
 * @asked: what the PF has granted since the last handshake
 * @request: the message last handed to the PF
 * @pending: the answer to @request has not been seen yet
 * @acked: the PF has taken @request
 * @unread: bits of V2PMAILBOX that were cleared by our reading them, and that
 *	the guest has yet to see
 * @lost: the guest was granted more unicast addresses than @asked has room for
 * @pf_reset: the PF was reset since the last handshake, and has lost what was
 *	asked of it. Of consequence with the next handshake: until then the guest
 *	has not noticed, and another PF that is asked for all of it serves it well
 */
struct igbvf_mailbox {
	u32 flags;
	struct igbvf_asked asked;
	u32 request[IGBVF_VMBMEM_WORDS];
	bool pending;
	bool acked;
	u32 unread;
	bool lost;
	bool pf_reset;
};

/**
 * struct igbvf_exposure - page 0 within userspace's reach without the driver
 * @mappings: how many mappings there are, and dma-bufs since the open
 * @unseen: there was one since the last reset
 * @reset_clean: there was none since the reset under way began
 */
struct igbvf_exposure {
	unsigned long mappings;
	bool unseen;
	bool reset_clean;
};

/**
 * struct igbvf_run - what a stopped function needs to run again
 * @rx_dctl: RXDCTL of each queue
 * @rx_tail: RDT, of a state that was loaded
 * @tx_dctl: TXDCTL
 * @tx_tail: TDT, of a state that was loaded
 * @loaded: the tails are not in the registers but here
 * @eims: vectors to be unmasked
 * @kick: vectors to be raised, so that no interrupt is lost
 * @resend: hand the request in the mailbox to the PF, which has not seen it
 */
struct igbvf_run {
	u32 rx_dctl[IGBVF_QUEUES];
	u32 rx_tail[IGBVF_QUEUES];
	u32 tx_dctl[IGBVF_QUEUES];
	u32 tx_tail[IGBVF_QUEUES];
	u32 eims;
	u32 kick;
	bool loaded;
	bool resend;
};

/**
 * struct igbvf_guest - what is known of an open function's guest
 * @state: what is saved
 * @incoming: what is loaded, of no effect before the commit
 * @mailbox: what the guest does with its mailbox
 * @stat_offset: what to add to each of the statistics
 * @exposure: whether all of it has been seen
 *
 * The first two belong to the backend's calls, the others are protected by
 * the lock of struct igbvf_device.
 */
struct igbvf_guest {
	struct igbvf_state state;
	struct igbvf_state incoming;
	struct igbvf_mailbox mailbox;
	u32 stat_offset[IGBVF_NR_STATS];
	struct igbvf_exposure exposure;
};

/**
 * struct igbvf_device - one virtual function
 * @vpci: vfio's part and the core's
 * @regs: BAR 0, from open to close
 * @guest: from open to close, so that a function nobody has costs little; a
 *	reset, which may come at any time, looks at it under @lock
 * @run: how to start again what is stopped
 * @mac_set: the address a load has asked for, where the PF had another one
 * @mac_before: that one
 * @lock: protects everything below, and what the guest does with page 0:
 *	accesses against each other and against resets. Inside of the
 *	memory_lock of vfio
 * @resets: how often the function was reset
 * @left: the PF holds something for this function that igb does not take back by
 *	itself, over resets and changes of the user; see igbvf_pf_take_back()
 * @page0_reads: accesses of the guest to page 0
 * @page0_writes: the same, writes
 * @messages: messages the guest has sent to its PF
 *
 * What lies before @lock belongs to the backend's calls, which the engine's
 * lock keeps apart.
 */
struct igbvf_device {
	struct vfmig_pci_device vpci;
	void __iomem *regs;
	struct igbvf_guest *guest;

	struct igbvf_run run;
	u8 mac_set[ETH_ALEN];
	u8 mac_before[ETH_ALEN];

	spinlock_t lock; /* protects what follows, see above */
	unsigned int resets;
	bool left;
	u64 page0_reads;
	u64 page0_writes;
	u64 messages;
};

static inline u32 igbvf_rd32(struct igbvf_device *vf, u32 reg)
{
	return ioread32(vf->regs + reg);
}

static inline void igbvf_wr32(struct igbvf_device *vf, u32 reg, u32 val)
{
	iowrite32(val, vf->regs + reg);
}

/*
 * A function that does not answer reads as all ones: unplugged, its link down, or
 * its memory switched off at the PF. No register that is looked at for a bit can
 * read so otherwise: all have reserved bits that are 0.
 */
static inline bool igbvf_is_gone(u32 val)
{
	return val == ~0U;
}

/* Writes before this one have arrived when it returns. */
static inline void igbvf_flush(struct igbvf_device *vf)
{
	igbvf_rd32(vf, IGBVF_STATUS);
}

/* backend.c */
extern const struct vfmig_backend_ops igbvf_backend_ops;
void igbvf_forget(struct igbvf_device *vf);

/* page0.c */
extern const u16 igbvf_stat_regs[IGBVF_NR_STATS];
ssize_t igbvf_read(struct vfio_device *vdev, char __user *buf, size_t count,
		   loff_t *ppos);
ssize_t igbvf_write(struct vfio_device *vdev, const char __user *buf,
		    size_t count, loff_t *ppos);
size_t igbvf_in_page0(struct igbvf_device *vf, loff_t pos, size_t count);
int igbvf_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
		      struct vfio_info_cap *caps);
long igbvf_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);

/* open.c */
int igbvf_open(void *backend);
void igbvf_close(void *backend);

/* exposed.c */
int igbvf_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);
void igbvf_offer_dmabuf(struct igbvf_device *vf);
void igbvf_exposure_reset_begins(struct igbvf_device *vf);
void igbvf_exposure_reset_ends(struct igbvf_device *vf);
int igbvf_exposure_check(struct igbvf_device *vf);

/* mailbox.c */
void igbvf_mailbox_forget(struct igbvf_device *vf);
void igbvf_mailbox_request(struct igbvf_device *vf);
u32 igbvf_mailbox_look(struct igbvf_device *vf);
void igbvf_mailbox_read(struct igbvf_device *vf, struct igbvf_state *state);

/* pf.c */
int igbvf_pf_restore(struct igbvf_device *vf, const struct igbvf_state *state);
void igbvf_pf_take_back(struct igbvf_device *vf);

/* exchange.c */
int igbvf_fail_gone(struct igbvf_device *vf);
int igbvf_pf_settle(struct igbvf_device *vf);
int igbvf_wait_mailbox(struct igbvf_device *vf, u32 set, u32 clear,
		       unsigned int ms);
int igbvf_exchange(struct igbvf_device *vf, const u32 *msg, unsigned int nr,
		   u32 *answer);
int igbvf_say(struct igbvf_device *vf, int ret, const char *what);
int igbvf_ask(struct igbvf_device *vf, const char *what, const u32 *msg,
	      unsigned int nr);
int igbvf_suggest(struct igbvf_device *vf, const char *what, const u32 *msg,
		  unsigned int nr);
int igbvf_pf_leave(struct igbvf_device *vf, const struct igbvf_state *state);

/* queues.c */
int igbvf_stop(struct igbvf_device *vf);
int igbvf_start(struct igbvf_device *vf);
int igbvf_disable_queues(struct igbvf_device *vf);
void igbvf_plan_run(struct igbvf_run *run, const struct igbvf_state *state);

/* registers.c */
int igbvf_read_state(struct igbvf_device *vf, struct igbvf_state *state);
int igbvf_write_state(struct igbvf_device *vf, const struct igbvf_state *state);

static inline struct igbvf_device *igbvf_from_vdev(struct vfio_device *vdev)
{
	return container_of(vdev, struct igbvf_device, vpci.core.vdev);
}

#endif /* IGBVF_VFIO_PCI_H */
