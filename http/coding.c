/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Content codings undone for the search. Each coding of a stack is one stage with its own ratio
 * cap; output leaves in pieces of bounded size, so that a bomb is noticed long before it is big.
 */
#include "http/coding.h"

#include <brotli/decode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "core/err.h"

enum { CODING_PIECE = 64 << 10, CODING_FREE = 1 << 20, CODING_STACK = 4, ZSTD_WINDOW_LOG = 23 };

enum kind { KIND_GZIP, KIND_DEFLATE, KIND_BR, KIND_ZSTD };

struct stage {
	enum kind kind;
	union {
		z_stream z;
		BrotliDecoderState *br;
		ZSTD_DCtx *zstd;
	};
	bool open, ended, raw; /* ended: at the end of a member or of the stream */
	uint64_t in, out;
	unsigned char first[2]; /* of a deflate stream: zlib or raw? */
	size_t nfirst;
};

struct coding {
	const struct limits *limits;
	coding_sink *sink;
	void *arg;
	struct stage stages[CODING_STACK];
	size_t n;
	int err;
	char *pieces; /* CODING_PIECE bytes for each stage */
};

static int push(struct coding *c, size_t i, struct str in);

/* Decoded bytes of stage i go to the next one, or out. */
static int emit(struct coding *c, size_t i, size_t n)
{
	struct stage *s = &c->stages[i];

	if (n == 0)
		return 0;
	s->out += n;
	if (s->out > c->limits->decoded ||
	    (s->out > CODING_FREE && s->out / (s->in > 0 ? s->in : 1) > c->limits->ratio))
		return -ERR_CODING_LIMIT;
	if (i + 1 < c->n)
		return push(c, i + 1, str_of(c->pieces + i * CODING_PIECE, n));
	return c->sink(c->arg, str_of(c->pieces + i * CODING_PIECE, n));
}

static int inflate_more(struct coding *c, size_t i, struct str *in)
{
	struct stage *s = &c->stages[i];
	int r, e;

	s->z.next_in = (unsigned char *)(uintptr_t)in->p;
	s->z.avail_in = (uInt)(in->n < (1 << 30) ? in->n : 1 << 30);
	do {
		uInt before = s->z.avail_in;

		s->z.next_out = (unsigned char *)c->pieces + i * CODING_PIECE;
		s->z.avail_out = CODING_PIECE;
		r = inflate(&s->z, Z_NO_FLUSH);
		*in = str_sub(*in, before - s->z.avail_in, in->n);
		s->in += before - s->z.avail_in;
		if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
			return -ERR_CODING_MALFORMED;
		if ((e = emit(c, i, CODING_PIECE - s->z.avail_out)) != 0)
			return e;
	} while (r == Z_OK && s->z.avail_out == 0);
	s->ended = r == Z_STREAM_END;
	return 0;
}

/* RFC 1952 section 2.2: members follow each other; anything else after one is garbage. */
static int push_gzip(struct coding *c, size_t i, struct str in)
{
	struct stage *s = &c->stages[i];
	int r = 0;

	while (in.n > 0 && r == 0) {
		if (s->ended) {
			if ((unsigned char)in.p[0] != 0x1f || inflateReset(&s->z) != Z_OK)
				return -ERR_CODING_MALFORMED;
			s->ended = false;
		}
		r = inflate_more(c, i, &in);
	}
	return r;
}

/* "deflate" is zlib (RFC 9110 section 8.4.1.2), but some send raw deflate and clients take it. */
static int deflate_open(struct stage *s)
{
	bool zlib = (s->first[0] & 0x0f) == 8 && (s->first[0] << 8 | s->first[1]) % 31 == 0;

	s->raw = !zlib;
	s->open = inflateInit2(&s->z, zlib ? 15 : -15) == Z_OK;
	return s->open ? 0 : -ERR_NOMEM;
}

static int push_deflate(struct coding *c, size_t i, struct str in)
{
	struct stage *s = &c->stages[i];
	int r = 0;

	if (!s->open) {
		struct str first;

		while (s->nfirst < 2 && in.n > 0) {
			s->first[s->nfirst++] = (unsigned char)in.p[0];
			in = str_sub(in, 1, in.n);
		}
		if (s->nfirst < 2)
			return 0;
		if ((r = deflate_open(s)) != 0)
			return r;
		first = str_of((const char *)s->first, 2);
		r = inflate_more(c, i, &first);
		if (r == 0 && first.n > 0)
			return -ERR_CODING_MALFORMED;
	}
	while (in.n > 0 && r == 0) {
		if (s->ended)
			return -ERR_CODING_MALFORMED;
		r = inflate_more(c, i, &in);
	}
	return r;
}

static int push_br(struct coding *c, size_t i, struct str in)
{
	struct stage *s = &c->stages[i];
	const uint8_t *next = (const uint8_t *)in.p;
	size_t left = in.n;
	BrotliDecoderResult r;

	if (s->ended)
		return in.n > 0 ? -ERR_CODING_MALFORMED : 0;
	do {
		uint8_t *out = (uint8_t *)c->pieces + i * CODING_PIECE;
		size_t room = CODING_PIECE, before = left;
		int e;

		r = BrotliDecoderDecompressStream(s->br, &left, &next, &room, &out, NULL);
		s->in += before - left;
		if (r == BROTLI_DECODER_RESULT_ERROR)
			return -ERR_CODING_MALFORMED;
		if ((e = emit(c, i, CODING_PIECE - room)) != 0)
			return e;
	} while (r == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT);
	s->ended = r == BROTLI_DECODER_RESULT_SUCCESS;
	return s->ended && left > 0 ? -ERR_CODING_MALFORMED : 0;
}

/* RFC 8878: frames may follow each other. */
static int push_zstd(struct coding *c, size_t i, struct str in)
{
	struct stage *s = &c->stages[i];
	ZSTD_inBuffer from = { in.p, in.n, 0 };
	bool full = true;

	while (from.pos < from.size || full) {
		ZSTD_outBuffer to = { c->pieces + i * CODING_PIECE, CODING_PIECE, 0 };
		size_t before = from.pos, r = ZSTD_decompressStream(s->zstd, &to, &from);
		int e;

		s->in += from.pos - before;
		if (ZSTD_isError(r))
			return ZSTD_getErrorCode(r) == ZSTD_error_frameParameter_windowTooLarge ?
				   -ERR_CODING_LIMIT :
				   -ERR_CODING_MALFORMED;
		if ((e = emit(c, i, to.pos)) != 0)
			return e;
		s->ended = r == 0;
		full = to.pos == to.size;
		if (to.pos == 0 && from.pos == before)
			break;
	}
	return 0;
}

static int push(struct coding *c, size_t i, struct str in)
{
	switch (c->stages[i].kind) {
	case KIND_GZIP:
		return push_gzip(c, i, in);
	case KIND_DEFLATE:
		return push_deflate(c, i, in);
	case KIND_BR:
		return push_br(c, i, in);
	default:
		return push_zstd(c, i, in);
	}
}

static int stage_open(struct stage *s, struct str name)
{
	if (str_ieq(name, STR("gzip")) || str_ieq(name, STR("x-gzip"))) {
		s->kind = KIND_GZIP;
		s->open = inflateInit2(&s->z, 15 + 16) == Z_OK;
	} else if (str_ieq(name, STR("deflate"))) {
		s->kind = KIND_DEFLATE; /* opened by its first bytes */
		return 0;
	} else if (str_ieq(name, STR("br"))) {
		s->kind = KIND_BR;
		s->br = BrotliDecoderCreateInstance(NULL, NULL, NULL);
		s->open = s->br != NULL;
	} else if (str_ieq(name, STR("zstd"))) {
		s->kind = KIND_ZSTD;
		s->zstd = ZSTD_createDCtx();
		s->open = s->zstd != NULL;
		if (s->open)
			ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	} else {
		return -ERR_CODING_UNKNOWN;
	}
	return s->open ? 0 : -ERR_NOMEM;
}

static void stage_close(struct stage *s)
{
	if (!s->open)
		return;
	if (s->kind == KIND_BR)
		BrotliDecoderDestroyInstance(s->br);
	else if (s->kind == KIND_ZSTD)
		ZSTD_freeDCtx(s->zstd);
	else
		inflateEnd(&s->z);
}

void coding_free(struct coding *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		stage_close(&c->stages[i]);
	free(c->pieces);
	free(c);
}

/* The last coding applied is undone first: fill the stack from its end. */
static int open_all(struct coding *c, struct str list)
{
	struct str names[CODING_STACK], e;
	size_t n = 0;

	while (str_next(&list, ',', &e)) {
		if (str_ieq(e, STR("identity")))
			continue;
		if (n == c->limits->codings || n == CODING_STACK)
			return -ERR_CODING_LIMIT;
		names[n++] = e;
	}
	while (n > 0) {
		int r = stage_open(&c->stages[c->n], names[--n]);

		if (r != 0)
			return r;
		c->n++;
	}
	return 0;
}

int coding_new(struct str content_encoding, const struct limits *limits, coding_sink *sink,
    void *arg, struct coding **out)
{
	struct coding *c;
	int r;

	*out = NULL;
	if (str_trim(content_encoding).n == 0)
		return 0;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ERR_NOMEM;
	c->limits = limits;
	c->sink = sink;
	c->arg = arg;
	r = open_all(c, content_encoding);
	if (r == 0 && c->n > 0 && (c->pieces = malloc(c->n * CODING_PIECE)) == NULL)
		r = -ERR_NOMEM;
	if (r == 0 && c->n > 0) {
		*out = c;
		return 0;
	}
	coding_free(c);
	return r;
}

int coding_push(struct coding *c, struct str coded)
{
	if (c->err == 0 && coded.n > 0)
		c->err = push(c, 0, coded);
	return c->err;
}

int coding_end(struct coding *c)
{
	for (size_t i = 0; i < c->n && c->err == 0; i++) {
		/* An empty body is an empty object, whatever its coding. */
		bool none = c->stages[i].in == 0 && c->stages[i].nfirst == 0;

		if (!c->stages[i].ended && !none)
			c->err = -ERR_CODING_MALFORMED;
	}
	return c->err;
}
