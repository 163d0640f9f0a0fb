// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream's writer: puts head, records and end where a user will read them.
 *
 * Pure, as the reader in stream.c is, and compiled into the same tests.
 */
#include <linux/string.h>

#include "stream_format.h"

/**
 * vfmig_head_len - length of the head of a stream
 * @id: the identity of the device that is saved
 *
 * Return: bytes that vfmig_put_head() will write, its facts included.
 */
size_t vfmig_head_len(const struct vfmig_identity *id)
{
	return VFMIG_STREAM_HEAD_LEN + id->nr_facts * VFMIG_STREAM_FACT_LEN;
}

/**
 * vfmig_record_len - length of a record
 * @payload: bytes of its payload
 *
 * Return: bytes it takes in the stream.
 */
size_t vfmig_record_len(u32 payload)
{
	return VFMIG_STREAM_RECORD_LEN + vfmig_padded(payload);
}

/**
 * vfmig_put_head - begin a stream
 * @buf: room for vfmig_head_len() bytes, 8-byte aligned
 * @id: the identity of the device that is saved
 */
void vfmig_put_head(void *buf, const struct vfmig_identity *id)
{
	struct stream_head head = {
		.magic = STREAM_MAGIC,
		.format = cpu_to_le16(STREAM_FORMAT),
		.nr_facts = cpu_to_le16(id->nr_facts),
		.version = cpu_to_le32(id->version),
	};
	struct stream_fact *fact = buf + sizeof(head);
	u32 i;

	memcpy(head.backend, id->backend, sizeof(head.backend));
	for (i = 0; i < id->nr_facts; i++) {
		fact[i].id = cpu_to_le16(id->facts[i].id);
		fact[i].rule = cpu_to_le16(id->facts[i].rule);
		fact[i].zero = 0;
		fact[i].value = cpu_to_le64(id->facts[i].value);
	}
	memcpy(buf, &head, sizeof(head));
	head.crc = cpu_to_le32(vfmig_head_crc(buf, id->nr_facts * sizeof(*fact)));
	memcpy(buf, &head, sizeof(head));
}

static size_t vfmig_put_record(struct vfmig_writer *w, void *buf, u16 type,
			       u16 flags, u32 len)
{
	struct stream_record hdr = {
		.type = cpu_to_le16(type),
		.flags = cpu_to_le16(flags),
		.seq = cpu_to_le32(w->records),
		.len = cpu_to_le32(len),
	};
	u8 *payload = buf + sizeof(hdr);

	memset(payload + len, 0, vfmig_padded(len) - len);
	if (!(flags & VFMIG_RECORD_NO_CRC))
		hdr.payload_crc = cpu_to_le32(vfmig_crc(payload, len));
	hdr.crc = cpu_to_le32(vfmig_record_crc(&hdr));
	memcpy(buf, &hdr, sizeof(hdr));

	w->records++;
	w->bytes += len;
	return sizeof(hdr) + vfmig_padded(len);
}

/**
 * vfmig_seal_record - put the header before a payload that is in place
 * @w: how far the stream is; goes on by this record
 * @buf: where the record starts, 8-byte aligned; its payload is already at
 *	@buf + VFMIG_STREAM_RECORD_LEN, and there is room to pad it
 * @rec: type, flags and length of the record
 *
 * Return: bytes the record takes.
 */
size_t vfmig_seal_record(struct vfmig_writer *w, void *buf,
			 const struct vfmig_record *rec)
{
	return vfmig_put_record(w, buf, rec->type, rec->flags, rec->len);
}

/**
 * vfmig_put_pad - say nothing, in a record that every reader skips
 * @w: how far the stream is; goes on by this record
 * @buf: room for VFMIG_STREAM_RECORD_LEN bytes
 *
 * Return: bytes the record takes.
 */
size_t vfmig_put_pad(struct vfmig_writer *w, void *buf)
{
	return vfmig_put_record(w, buf, RECORD_PAD, VFMIG_RECORD_OPTIONAL, 0);
}

/**
 * vfmig_put_end - end a stream
 * @w: how far the stream is
 * @buf: room for VFMIG_STREAM_END_LEN bytes
 *
 * Return: bytes the record takes, VFMIG_STREAM_END_LEN.
 */
size_t vfmig_put_end(struct vfmig_writer *w, void *buf)
{
	struct stream_end end = {
		.records = cpu_to_le64(w->records),
		.bytes = cpu_to_le64(w->bytes),
	};

	memcpy(buf + VFMIG_STREAM_RECORD_LEN, &end, sizeof(end));
	return vfmig_put_record(w, buf, RECORD_END, 0, sizeof(end));
}
