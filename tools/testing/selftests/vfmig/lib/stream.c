// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "stream.h"
#include "tap.h"

/* CRC32C a bit at a time: the streams of the tests are small. */
uint32_t crc32c(uint32_t crc, const void *from, size_t len)
{
	const uint8_t *p = from;
	int bit;

	while (len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

static size_t padded(size_t len)
{
	return (len + 7) / 8 * 8;
}

void stream_split(const struct bytes *stream, struct parts *parts)
{
	size_t at = HEAD_LEN;

	ASSERT_GT(stream->len, HEAD_LEN);
	ASSERT_EQ(memcmp(stream->at, "vfmigstr", 8), 0);
	at += get16(stream->at + HEAD_NR_FACTS) * FACT_LEN;

	parts->nr = 1;
	parts->at[0] = 0;
	parts->at[1] = at;
	while (at < stream->len) {
		ASSERT_LE(parts->nr + 1, STREAM_MAX_PARTS);
		ASSERT_LE(at + RECORD_LEN, stream->len);
		at += RECORD_LEN +
		      padded(get32(stream->at + at + RECORD_PAYLOAD_LEN));
		ASSERT_LE(at, stream->len);
		parts->at[++parts->nr] = at;
	}
}

void stream_seal_head(uint8_t *head)
{
	uint32_t crc = crc32c(~0U, head, HEAD_CRC);

	crc = crc32c(crc, head + HEAD_LEN,
		     get16(head + HEAD_NR_FACTS) * FACT_LEN);
	put32(head + HEAD_CRC, ~crc);
}

void stream_seal_record(uint8_t *record)
{
	put32(record + RECORD_CRC, ~crc32c(~0U, record, RECORD_CRC));
}
