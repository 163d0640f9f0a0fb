/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfmig

#if !defined(VFMIG_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VFMIG_TRACE_H

#include <linux/tracepoint.h>
#include <linux/vfmig_compat.h>

TRACE_EVENT(vfmig_state,
	TP_PROTO(const char *dev, u32 from, u32 to, int ret, u64 ns),
	TP_ARGS(dev, from, to, ret, ns),
	TP_STRUCT__entry(
		__string(dev, dev)
		__field(u32, from)
		__field(u32, to)
		__field(int, ret)
		__field(u64, ns)
	),
	TP_fast_assign(
		vfmig_assign_str(dev, dev);
		__entry->from = from;
		__entry->to = to;
		__entry->ret = ret;
		__entry->ns = ns;
	),
	TP_printk("%s from=%u to=%u ret=%d ns=%llu", __get_str(dev),
		  __entry->from, __entry->to, __entry->ret, __entry->ns)
);

TRACE_EVENT(vfmig_chunk,
	TP_PROTO(const char *dev, bool save, u64 size, int ret),
	TP_ARGS(dev, save, size, ret),
	TP_STRUCT__entry(
		__string(dev, dev)
		__field(bool, save)
		__field(u64, size)
		__field(int, ret)
	),
	TP_fast_assign(
		vfmig_assign_str(dev, dev);
		__entry->save = save;
		__entry->size = size;
		__entry->ret = ret;
	),
	TP_printk("%s %s size=%llu ret=%d", __get_str(dev),
		  __entry->save ? "save" : "load", __entry->size, __entry->ret)
);

TRACE_EVENT(vfmig_record,
	TP_PROTO(const char *dev, bool save, u16 type, u32 seq, u32 len),
	TP_ARGS(dev, save, type, seq, len),
	TP_STRUCT__entry(
		__string(dev, dev)
		__field(bool, save)
		__field(u16, type)
		__field(u32, seq)
		__field(u32, len)
	),
	TP_fast_assign(
		vfmig_assign_str(dev, dev);
		__entry->save = save;
		__entry->type = type;
		__entry->seq = seq;
		__entry->len = len;
	),
	TP_printk("%s %s type=%#x seq=%u len=%u", __get_str(dev),
		  __entry->save ? "save" : "load", __entry->type,
		  __entry->seq, __entry->len)
);

TRACE_EVENT(vfmig_reset,
	TP_PROTO(const char *dev, u32 from),
	TP_ARGS(dev, from),
	TP_STRUCT__entry(
		__string(dev, dev)
		__field(u32, from)
	),
	TP_fast_assign(
		vfmig_assign_str(dev, dev);
		__entry->from = from;
	),
	TP_printk("%s from=%u", __get_str(dev), __entry->from)
);

TRACE_EVENT(vfmig_error,
	TP_PROTO(const char *dev, int err, const char *why),
	TP_ARGS(dev, err, why),
	TP_STRUCT__entry(
		__string(dev, dev)
		__field(int, err)
		__string(why, why)
	),
	TP_fast_assign(
		vfmig_assign_str(dev, dev);
		__entry->err = err;
		vfmig_assign_str(why, why);
	),
	TP_printk("%s err=%d %s", __get_str(dev), __entry->err, __get_str(why))
);

#endif /* VFMIG_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
