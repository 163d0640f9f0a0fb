// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a device may become what a stream says the source's device was.
 *
 * Pure, and compiled into the tests and the fuzzer in userspace as well.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "stream.h"

/**
 * vfmig_find_fact - a fact of an identity
 * @id: the identity
 * @which: the id of the fact
 *
 * Return: the fact, or NULL where @id does not have it.
 */
const struct vfmig_fact *vfmig_find_fact(const struct vfmig_identity *id,
					 u16 which)
{
	u32 i;

	for (i = 0; i < id->nr_facts; i++)
		if (id->facts[i].id == which)
			return &id->facts[i];
	return NULL;
}

static bool vfmig_fact_holds(const struct vfmig_fact *source, u64 here)
{
	switch (source->rule) {
	case VFMIG_FACT_EQUAL:
		return here == source->value;
	case VFMIG_FACT_AT_LEAST:
		return here >= source->value;
	case VFMIG_FACT_SUPERSET:
		return (here & source->value) == source->value;
	}
	return false;
}

/**
 * vfmig_identity_match - is a device compatible with the source's?
 * @source: the identity in the head of the stream
 * @here: the identity of the device that the stream is loaded into
 * @why: set to the reason when not
 * @fact: set to the id of the fact that does not hold, or to 0
 *
 * Every fact must be known on both sides: a side cannot check what it does not
 * know.
 *
 * Return: 0, or -EINVAL.
 */
int vfmig_identity_match(const struct vfmig_identity *source,
			 const struct vfmig_identity *here,
			 const char **why, u16 *fact)
{
	const struct vfmig_fact *mine;
	u32 i;

	*fact = 0;
	*why = NULL;
	if (memcmp(source->backend, here->backend, sizeof(here->backend)))
		*why = "the stream is of another driver's device";
	else if (source->version != here->version)
		*why = "the stream is of another version of the driver";
	if (*why)
		return -EINVAL;

	for (i = 0; i < source->nr_facts; i++) {
		*fact = source->facts[i].id;
		mine = vfmig_find_fact(here, *fact);
		if (!mine)
			*why = "the stream has a fact unknown here, load the source's driver";
		else if (!vfmig_fact_holds(&source->facts[i], mine->value))
			*why = "the device does not match the source's";
		if (*why)
			return -EINVAL;
	}
	for (i = 0; i < here->nr_facts; i++) {
		*fact = here->facts[i].id;
		if (!vfmig_find_fact(source, *fact)) {
			*why = "the stream lacks a fact, load the source's driver";
			return -EINVAL;
		}
	}
	*fact = 0;
	return 0;
}
