/* SPDX-License-Identifier: BSD-2-Clause */
/* Message bodies field by field; the reader's error is sticky. */
#include "core/pack.h"

#include "core/err.h"

static int pack_int(struct buf *b, uint64_t v, size_t bytes)
{
	unsigned char le[8];

	for (size_t i = 0; i < bytes; i++)
		le[i] = (unsigned char)(v >> (8 * i));
	return buf_append(b, le, bytes);
}

int pack_u8(struct buf *b, uint8_t v)
{
	return pack_int(b, v, 1);
}

int pack_u16(struct buf *b, uint16_t v)
{
	return pack_int(b, v, 2);
}

int pack_u32(struct buf *b, uint32_t v)
{
	return pack_int(b, v, 4);
}

int pack_u64(struct buf *b, uint64_t v)
{
	return pack_int(b, v, 8);
}

int pack_str(struct buf *b, struct str s)
{
	int r;

	if (s.n > UINT32_MAX)
		return -ERR_TOO_LONG;
	r = pack_u32(b, (uint32_t)s.n);
	return r != 0 ? r : buf_str(b, s);
}

struct rd rd_of(struct str s)
{
	return (struct rd){ s, 0 };
}

static uint64_t rd_int(struct rd *r, size_t bytes)
{
	uint64_t v = 0;

	if (r->bad != 0 || r->s.n < bytes) {
		r->bad = -ERR_PROTO;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++)
		v |= (uint64_t)(unsigned char)r->s.p[i] << (8 * i);
	r->s.p += bytes;
	r->s.n -= bytes;
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)rd_int(r, 1);
}

uint16_t rd_u16(struct rd *r)
{
	return (uint16_t)rd_int(r, 2);
}

uint32_t rd_u32(struct rd *r)
{
	return (uint32_t)rd_int(r, 4);
}

uint64_t rd_u64(struct rd *r)
{
	return rd_int(r, 8);
}

struct str rd_str(struct rd *r, size_t max)
{
	uint32_t n = rd_u32(r);
	struct str s;

	if (r->bad != 0 || n > r->s.n || n > max) {
		r->bad = -ERR_PROTO;
		return STR_NONE;
	}
	s = str_sub(r->s, 0, n);
	r->s.p += n;
	r->s.n -= n;
	return s;
}

int rd_done(const struct rd *r)
{
	return r->bad != 0 || r->s.n > 0 ? -ERR_PROTO : 0;
}
