// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions that are bound, for who wants to be the agent of one.
 *
 * They are not looked up as devices of the PCI core: to keep one bound takes its lock, and
 * whoever opens the function meanwhile fails with -EAGAIN, since vfio resets it and does not
 * wait for that lock.
 */
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/pci.h>

#include "oob.h"

/* Taken inside of a device's lock; outside of oob_lock. Protects oob_bound. */
static DEFINE_MUTEX(oob_bound_lock);
static LIST_HEAD(oob_bound);

/**
 * oob_bound_add - a function may have agents from now on
 * @device: the function
 */
void oob_bound_add(struct oob_device *device)
{
	mutex_lock(&oob_bound_lock);
	list_add(&device->bound, &oob_bound);
	mutex_unlock(&oob_bound_lock);
}

/**
 * oob_bound_remove - it may have no new ones
 * @device: the function
 */
void oob_bound_remove(struct oob_device *device)
{
	mutex_lock(&oob_bound_lock);
	list_del(&device->bound);
	mutex_unlock(&oob_bound_lock);
}

static bool oob_is_at(const struct oob_device *device, unsigned int domain,
		      unsigned int bus, unsigned int devfn)
{
	const struct pci_dev *pdev = device->vpci.core.pdev;

	return pci_domain_nr(pdev->bus) == domain && pdev->bus->number == bus &&
	       pdev->devfn == devfn;
}

/**
 * oob_bound_lock_at - find a function, and keep it bound
 * @domain: of its address
 * @bus: of its address
 * @devfn: of its address
 *
 * Context: may sleep.
 * Return: the function, to be let go of by oob_bound_unlock(); NULL where this driver has
 * none there.
 */
struct oob_device *oob_bound_lock_at(unsigned int domain, unsigned int bus,
				     unsigned int devfn)
{
	struct oob_device *device;

	mutex_lock(&oob_bound_lock);
	list_for_each_entry(device, &oob_bound, bound)
		if (oob_is_at(device, domain, bus, devfn))
			return device;
	mutex_unlock(&oob_bound_lock);
	return NULL;
}

/**
 * oob_bound_unlock - undo oob_bound_lock_at() that has found one
 */
void oob_bound_unlock(void)
{
	mutex_unlock(&oob_bound_lock);
}
