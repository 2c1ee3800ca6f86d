/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of lists, cut into lines; containers are taken apart as they come: header, gzip (RFC 1952), tar (POSIX ustar).
 * The engine has verified a container's own signature when it was loaded.
 */
#include "scanner/hashlist.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/err.h"

enum { LINE = 4096, HEAD = 512, BLOCK = 512, NAME = 100, SIZE_AT = 124, SIZE_N = 12, TYPE_AT = 156, OUT = 64 << 10 };
enum { GZIP_WINDOW = 15 + 16 };

enum part { PART_HEAD, PART_MAGIC, PART_PLAIN, PART_GZIP, PART_AFTER };

struct hashlist_reader {
	enum hashlist kind, inside; /* of the file; of the member that is read */
	hashlist_fn *fn;
	void *arg;
	uint64_t most;
	int err;
	struct buf line;
	bool skip; /* the rest of a line that is too long */
	enum part part;
	size_t head; /* bytes of the header so far */
	z_stream z;
	bool inflating;
	/* tar */
	unsigned char block[BLOCK];
	size_t block_n;
	uint64_t left, pad; /* of the member's bytes, of those that fill its last block */
	bool over;	    /* an empty block: the end */
};

struct hashlist_reader *hashlist_reader_new(enum hashlist kind, uint64_t most, hashlist_fn *fn, void *arg)
{
	struct hashlist_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	*r = (struct hashlist_reader){ .kind = kind, .fn = fn, .arg = arg, .most = most };
	buf_init(&r->line, LINE);
	return r;
}

void hashlist_reader_free(struct hashlist_reader *r)
{
	if (r == NULL)
		return;
	if (r->inflating)
		inflateEnd(&r->z);
	buf_free(&r->line);
	free(r);
}

/* ---- lines ---- */

static void give_line(struct hashlist_reader *r, enum hashlist kind)
{
	struct str s = buf_view(&r->line);

	if (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	if (s.n > 0 && !r->skip)
		r->fn(r->arg, kind, r->kind == HASHLIST_CONTAINER, s);
	buf_consume(&r->line, r->line.len);
	r->skip = false;
}

static void take_lines(struct hashlist_reader *r, enum hashlist kind, struct str s)
{
	while (s.n > 0) {
		ptrdiff_t lf = str_chr(s, '\n');
		struct str piece = str_sub(s, 0, lf >= 0 ? (size_t)lf : s.n);

		if (!r->skip && buf_str(&r->line, piece) != 0)
			r->skip = true;
		if (lf < 0)
			return;
		give_line(r, kind);
		s = str_sub(s, (size_t)lf + 1, s.n);
	}
}

/* ---- tar ---- */

/* A member's size: octal digits, blanks and NUL around them. */
static bool read_size(const unsigned char *at, uint64_t *size)
{
	size_t i = 0;

	*size = 0;
	while (i < SIZE_N && at[i] == ' ')
		i++;
	if (i == SIZE_N || at[i] < '0' || at[i] > '7')
		return false;
	for (; i < SIZE_N && at[i] >= '0' && at[i] <= '7'; i++)
		*size = *size << 3 | (uint64_t)(at[i] - '0');
	return true;
}

static int begin_member(struct hashlist_reader *r)
{
	static const unsigned char empty[BLOCK];
	size_t n = strnlen((const char *)r->block, NAME);
	bool plain = r->block[TYPE_AT] == '0' || r->block[TYPE_AT] == '\0';

	if (memcmp(r->block, empty, BLOCK) == 0) {
		r->over = true;
		return 0;
	}
	if (!read_size(r->block + SIZE_AT, &r->left))
		return -ERR_PROTO;
	r->inside = plain ? hashlist_kind(str_of((const char *)r->block, n)) : HASHLIST_NONE;
	if (r->inside == HASHLIST_CONTAINER)
		r->inside = HASHLIST_NONE;
	r->pad = (BLOCK - r->left % BLOCK) % BLOCK;
	return 0;
}

static size_t less(uint64_t a, size_t b)
{
	return a < b ? (size_t)a : b;
}

/* One step: header, bytes or padding; cuts off *s what it used. */
static int tar_step(struct hashlist_reader *r, struct str *s)
{
	size_t n;
	int e = 0;

	if (r->left > 0) {
		n = less(r->left, s->n);
		if (r->inside != HASHLIST_NONE)
			take_lines(r, r->inside, str_sub(*s, 0, n));
		r->left -= n;
		if (r->left == 0)
			give_line(r, r->inside); /* a last line without its end, or nothing */
	} else if (r->pad > 0) {
		n = less(r->pad, s->n);
		r->pad -= n;
	} else {
		n = less(BLOCK - r->block_n, s->n);
		memcpy(r->block + r->block_n, s->p, n);
		r->block_n += n;
		if (r->block_n == BLOCK) {
			r->block_n = 0;
			e = begin_member(r);
		}
	}
	*s = str_sub(*s, n, s->n);
	return e;
}

static int tar(struct hashlist_reader *r, struct str s)
{
	int e = 0;

	if (s.n > r->most)
		return -ERR_LIMIT;
	r->most -= s.n;
	while (e == 0 && s.n > 0 && !r->over)
		e = tar_step(r, &s);
	return e;
}

/* ---- containers ---- */

static int gunzip(struct hashlist_reader *r, struct str s)
{
	unsigned char out[OUT];
	int z = Z_OK, e = 0;

	r->z.next_in = (unsigned char *)(uintptr_t)s.p;
	r->z.avail_in = (unsigned)s.n;
	while (e == 0 && z == Z_OK && r->part == PART_GZIP) {
		r->z.next_out = out;
		r->z.avail_out = sizeof(out);
		z = inflate(&r->z, Z_NO_FLUSH);
		e = tar(r, str_of((const char *)out, sizeof(out) - r->z.avail_out));
		/* What is damaged behind the end of the tar is no part of it. */
		if (e == 0 && !r->over && z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
			return -ERR_PROTO;
		if (z == Z_STREAM_END || r->over)
			r->part = PART_AFTER;
	}
	return e;
}

/* The byte behind the header says whether it is compressed: a tar begins with a name. */
static int begin_body(struct hashlist_reader *r, struct str s)
{
	if ((unsigned char)s.p[0] != 0x1f) {
		r->part = PART_PLAIN;
		return 0;
	}
	if (inflateInit2(&r->z, GZIP_WINDOW) != Z_OK)
		return -ERR_NOMEM;
	r->inflating = true;
	r->part = PART_GZIP;
	return 0;
}

static int container(struct hashlist_reader *r, struct str s)
{
	static const char magic[] = "ClamAV-VDB:";
	int e = 0;

	while (r->part == PART_HEAD && s.n > 0) {
		if (r->head < sizeof(magic) - 1 && s.p[0] != magic[r->head])
			return -ERR_PROTO;
		s = str_sub(s, 1, s.n);
		if (++r->head == HEAD)
			r->part = PART_MAGIC;
	}
	if (r->part == PART_MAGIC && s.n > 0)
		e = begin_body(r, s);
	if (e == 0 && r->part == PART_GZIP && s.n > 0)
		e = gunzip(r, s);
	else if (e == 0 && r->part == PART_PLAIN && s.n > 0)
		e = tar(r, s);
	return e;
}

int hashlist_feed(struct hashlist_reader *r, struct str bytes)
{
	if (r->err != 0 || bytes.n == 0)
		return r->err;
	if (r->kind == HASHLIST_CONTAINER)
		r->err = container(r, bytes);
	else
		take_lines(r, r->kind, bytes);
	return r->err;
}

int hashlist_end(struct hashlist_reader *r)
{
	if (r->err == 0 && r->kind != HASHLIST_CONTAINER)
		give_line(r, r->kind);
	/* A tar without its empty blocks is whole as well, between two members. */
	if (r->err == 0 && r->kind == HASHLIST_CONTAINER &&
	    (r->part < PART_PLAIN || r->part == PART_GZIP || (!r->over && (r->left > 0 || r->block_n > 0))))
		r->err = -ERR_PROTO;
	return r->err;
}
