/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFMIG_SHIM_TRACEPOINT_H
#define VFMIG_SHIM_TRACEPOINT_H

/* A tracepoint takes its arguments, of its types, and does nothing. */
#define TP_PROTO(...)	__VA_ARGS__
#define TP_ARGS(...)
#define TRACE_EVENT(name, proto, ...)					\
	static inline void trace_##name(proto) { }

#endif /* VFMIG_SHIM_TRACEPOINT_H */
