// SPDX-License-Identifier: GPL-2.0-only
/* For targets to which a payload is just bytes. */
#include "change.h"

void change_payloads(struct change *c)
{
}
