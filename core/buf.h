/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A growable run of bytes with a hard maximum. The owner is whoever embeds it. All memory that
 * a peer can make grow lives in one of these, so that every owner has a bound.
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include "core/str.h"

struct buf {
	char *p;
	size_t off; /* first byte in use */
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated */
	size_t max; /* len never exceeds this */
};

void buf_init(struct buf *b, size_t max);

/* Free the bytes; the buffer is empty and usable afterwards. buf_wipe clears them first. */
void buf_free(struct buf *b);
void buf_wipe(struct buf *b);

/* Append n bytes: 0, -ERR_LIMIT (over max) or -ERR_NOMEM; all or nothing. */
int buf_append(struct buf *b, const void *p, size_t n);
int buf_str(struct buf *b, struct str s);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for n more bytes to be written at the returned place, then buf_commit; NULL as above. */
char *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);

/* Drop n bytes from the front (n <= len); when empty and larger than 16 KiB the memory goes. */
void buf_consume(struct buf *b, size_t n);

/* The bytes in use; the view dies with the next append or consume. */
struct str buf_view(const struct buf *b);

#endif
