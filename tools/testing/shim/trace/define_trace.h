/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_DEFINE_TRACE_H
#define VFMIG_SHIM_DEFINE_TRACE_H

/* Nothing is defined: see tracepoint.h. */

#endif /* VFMIG_SHIM_DEFINE_TRACE_H */
