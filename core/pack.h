/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message bodies, field by field: little-endian integers, strings as u32 length and bytes.
 * Readers have a sticky error: read everything, then ask rd_done(), which also refuses
 * left-over bytes.
 */
#ifndef CORE_PACK_H
#define CORE_PACK_H

#include "core/buf.h"

int pack_u8(struct buf *b, uint8_t v);
int pack_u16(struct buf *b, uint16_t v);
int pack_u32(struct buf *b, uint32_t v);
int pack_u64(struct buf *b, uint64_t v);
int pack_str(struct buf *b, struct str s);

struct rd {
	struct str s;
	int bad;
};

struct rd rd_of(struct str s);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);

/* A string of at most max bytes, as a view into the message; empty on error. */
struct str rd_str(struct rd *r, size_t max);

/* 0 when all was read well and nothing is left over, else -ERR_PROTO. */
int rd_done(const struct rd *r);

#endif
