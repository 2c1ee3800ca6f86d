/* SPDX-License-Identifier: BSD-2-Clause */
/* Archives for tests, made at run time: stored ZIPs with any header field forged, stored gzip. */
#ifndef TESTS_SCAN_ZIP_H
#define TESTS_SCAN_ZIP_H

#include <check.h>

#include "core/buf.h"
#include "core/pack.h"

struct zip_member {
	struct str name, bytes;
	unsigned flags, method; /* as written in both headers */
	uint32_t size;          /* claimed real size; 0: the truth */
};

static inline uint32_t zip_crc(struct str s)
{
	uint32_t c = ~0U;

	for (size_t i = 0; i < s.n; i++) {
		c ^= (unsigned char)s.p[i];
		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320U : 0);
	}
	return ~c;
}

/* Fields from "version needed" to the lengths, the same in local and central headers. */
static inline void zip_fields(struct buf *b, const struct zip_member *m)
{
	pack_u16(b, 20);
	pack_u16(b, (uint16_t)m->flags);
	pack_u16(b, (uint16_t)m->method);
	pack_u32(b, 0x5a215a21);
	pack_u32(b, zip_crc(m->bytes));
	pack_u32(b, (uint32_t)m->bytes.n);
	pack_u32(b, m->size != 0 ? m->size : (uint32_t)m->bytes.n);
	pack_u16(b, (uint16_t)m->name.n);
	pack_u16(b, 0);
}

/* Where the directory begins; the end record has 22 bytes. */
static inline size_t zip_make(struct buf *b, const struct zip_member *m, size_t n)
{
	uint32_t at[16], directory;

	ck_assert_uint_le(n, 16);
	for (size_t i = 0; i < n; i++) {
		at[i] = (uint32_t)b->len;
		buf_append(b, "PK\3\4", 4);
		zip_fields(b, &m[i]);
		buf_str(b, m[i].name);
		buf_str(b, m[i].bytes);
	}
	directory = (uint32_t)b->len;
	for (size_t i = 0; i < n; i++) {
		buf_append(b, "PK\1\2", 4);
		pack_u16(b, 20);
		zip_fields(b, &m[i]);
		for (int k = 0; k < 5; k++) /* comment, disk, attributes */
			pack_u16(b, 0);
		pack_u32(b, at[i]);
		buf_str(b, m[i].name);
	}
	at[0] = (uint32_t)b->len;
	buf_append(b, "PK\5\6", 4);
	pack_u32(b, 0);
	pack_u16(b, (uint16_t)n);
	pack_u16(b, (uint16_t)n);
	pack_u32(b, at[0] - directory);
	pack_u32(b, directory);
	pack_u16(b, 0);
	return directory;
}

/* RFC 1952 around one stored block of RFC 1951. */
static inline void gzip_make(struct buf *b, struct str s)
{
	ck_assert_uint_le(s.n, 65535);
	buf_append(b, "\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11);
	pack_u16(b, (uint16_t)s.n);
	pack_u16(b, (uint16_t)~s.n);
	buf_str(b, s);
	pack_u32(b, zip_crc(s));
	pack_u32(b, (uint32_t)s.n);
}

#endif
