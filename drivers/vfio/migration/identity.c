// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a device may become what a stream says the source's device was.
 *
 * Pure, and compiled into the tests and the fuzzer in userspace as well.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "stream.h"

static const struct vfmig_fact *find_fact(const struct vfmig_identity *id,
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
 * vfmig_identity_match - may the device at the source become this one?
 * @source: who speaks, from the stream
 * @here: who listens
 * @why: set to the reason when not
 * @fact: set to the id of the fact that does not hold, or to 0
 *
 * Every fact must be known on both sides: what one side does not know of, it
 * cannot vouch for.
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
		*why = "the stream is of another backend";
	else if (source->version != here->version)
		*why = "the stream is of another version of the backend";
	if (*why)
		return -EINVAL;

	for (i = 0; i < source->nr_facts; i++) {
		*fact = source->facts[i].id;
		mine = find_fact(here, *fact);
		if (!mine)
			*why = "the source's device states a fact unknown here";
		else if (!vfmig_fact_holds(&source->facts[i], mine->value))
			*why = "the source's device differs in a fact";
		if (*why)
			return -EINVAL;
	}
	for (i = 0; i < here->nr_facts; i++) {
		*fact = here->facts[i].id;
		if (!find_fact(source, *fact)) {
			*why = "the source's device does not state a fact";
			return -EINVAL;
		}
	}
	*fact = 0;
	return 0;
}
