/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chunks byte by byte. None of the leniencies by which a second parser could be made to see
 * another end: no blanks around the size, no sign, no 0x, no bare CR or LF anywhere.
 */
#include "http/h1_chunk.h"

#include "core/err.h"

enum { CHUNK_DIGITS = 16 };

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* After the size only CR or an extension may come. */
static int on_size(struct h1_chunk *c, char b)
{
	int d = hex(b);

	if (d >= 0) {
		c->left = c->left << 4 | (uint64_t)d;
		return ++c->digits <= CHUNK_DIGITS ? 0 : -ERR_BODY_CHUNK;
	}
	if (c->digits == 0 || c->left > INT64_MAX)
		return -ERR_BODY_CHUNK;
	if (b == '\r')
		c->state = CHUNK_LF;
	else if (b == ';')
		c->state = CHUNK_EXT;
	else
		return -ERR_BODY_CHUNK;
	return 0;
}

static int on_ext(struct h1_chunk *c, char b)
{
	if (b == '\r') {
		c->state = CHUNK_LF;
		return 0;
	}
	return ((unsigned char)b >= 0x20 && b != 0x7f) || b == '\t' ? 0 : -ERR_BODY_CHUNK;
}

/* One byte of the lines around the data. */
static int on_byte(struct h1_chunk *c, uint64_t max_ext, char b)
{
	int r;

	switch (c->state) {
	case CHUNK_SIZE:
		if ((r = on_size(c, b)) != 0 || c->state != CHUNK_EXT)
			return r;
		break;
	case CHUNK_EXT:
		if ((r = on_ext(c, b)) != 0 || c->state != CHUNK_EXT)
			return r;
		break;
	case CHUNK_LF:
		c->state = c->left > 0 ? CHUNK_DATA : CHUNK_LAST;
		return b == '\n' ? 0 : -ERR_BODY_CHUNK;
	case CHUNK_DATA_CR:
		c->state = CHUNK_DATA_LF;
		return b == '\r' ? 0 : -ERR_BODY_CHUNK;
	default:
		*c = (struct h1_chunk){ .state = CHUNK_SIZE };
		return b == '\n' ? 0 : -ERR_BODY_CHUNK;
	}
	return ++c->ext <= max_ext ? 0 : -ERR_BODY_CHUNK;
}

int h1_chunk_next(
    struct h1_chunk *c, uint64_t max_ext, struct str in, size_t *used, struct str *data)
{
	size_t at = 0;
	int r = 0;

	*data = STR_NONE;
	while (r == 0 && at < in.n && c->state != CHUNK_DATA && c->state != CHUNK_LAST)
		r = on_byte(c, max_ext, in.p[at++]);
	if (r == 0 && c->state == CHUNK_DATA) {
		*data = str_sub(in, at, c->left < in.n - at ? (size_t)c->left : in.n - at);
		at += data->n;
		c->left -= data->n;
		if (c->left == 0)
			c->state = CHUNK_DATA_CR;
	}
	*used = at;
	return r;
}
