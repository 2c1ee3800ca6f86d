/* SPDX-License-Identifier: BSD-2-Clause */
/* A growable run of bytes with a hard maximum. */
#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

enum { BUF_FIRST = 512, BUF_KEEP = 16384 };

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_free(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

void buf_wipe(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	buf_free(b);
}

static int buf_grow(struct buf *b, size_t need)
{
	size_t cap = b->cap > 0 ? b->cap : BUF_FIRST;
	char *p;

	while (cap < need)
		cap *= 2;
	if (cap > b->max && need <= b->max)
		cap = b->max;
	p = realloc(b->p, cap);
	if (p == NULL)
		return -ERR_NOMEM;
	b->p = p;
	b->cap = cap;
	return 0;
}

char *buf_reserve(struct buf *b, size_t n)
{
	if (n > b->max || b->len > b->max - n)
		return NULL;
	if (b->off > 0 && b->off + b->len + n > b->cap) {
		memmove(b->p, b->p + b->off, b->len);
		b->off = 0;
	}
	if (b->off + b->len + n > b->cap && buf_grow(b, b->len + n) != 0)
		return NULL;
	return b->p + b->off + b->len;
}

void buf_commit(struct buf *b, size_t n)
{
	b->len += n;
}

int buf_append(struct buf *b, const void *p, size_t n)
{
	char *to;

	if (n == 0)
		return 0;
	to = buf_reserve(b, n);
	if (to == NULL)
		return n > b->max || b->len > b->max - n ? -ERR_LIMIT : -ERR_NOMEM;
	memcpy(to, p, n);
	b->len += n;
	return 0;
}

int buf_str(struct buf *b, struct str s)
{
	return buf_append(b, s.p, s.n);
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[1024];
	char *big = NULL;
	va_list ap;
	int n, r;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0)
		return -ERR_NOMEM;
	if ((size_t)n < sizeof(small))
		return buf_append(b, small, (size_t)n);
	va_start(ap, fmt);
	r = vasprintf(&big, fmt, ap) < 0 ? -ERR_NOMEM : buf_append(b, big, (size_t)n);
	va_end(ap);
	free(big);
	return r;
}

void buf_consume(struct buf *b, size_t n)
{
	b->off += n;
	b->len -= n;
	if (b->len > 0)
		return;
	b->off = 0;
	if (b->cap > BUF_KEEP)
		buf_free(b);
}

struct str buf_view(const struct buf *b)
{
	return (struct str){ b->p != NULL ? b->p + b->off : NULL, b->len };
}
