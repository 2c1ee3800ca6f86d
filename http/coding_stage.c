/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoders of zlib, brotli and zstd behind one step function. A stream has to end where its
 * coding says that it ends: what follows is malformed, except a further gzip member (RFC 1952
 * section 2.2) or zstd frame (RFC 8878 section 3).
 */
#include "http/coding_stage.h"

#include <brotli/decode.h>
#include <stddef.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "core/err.h"

enum { ZSTD_WINDOW_LOG = 23, ZLIB_PIECE = 1 << 30 }; /* RFC 9659: 8 MiB */

/* Shared by all decoders: a worker has one thread. */
static uint64_t memory, memory_most = UINT64_MAX;

void stage_budget(uint64_t most)
{
	memory_most = most;
}

uint64_t stage_memory(void)
{
	return memory;
}

/* Each allocation of brotli's has its length in front. */
union length {
	size_t n;
	max_align_t align;
};

static void *br_alloc(void *refused, size_t n)
{
	union length *p = n <= memory_most && memory <= memory_most - n ? malloc(sizeof(*p) + n) : NULL;

	if (p == NULL) {
		*(bool *)refused = true;
		return NULL;
	}
	p->n = n;
	memory += n;
	return p + 1;
}

static void br_free(void *refused, void *at)
{
	union length *p = at;

	(void)refused;
	if (p == NULL)
		return;
	p--;
	memory -= p->n;
	free(p);
}

typedef int step_fn(struct stage *s, struct str *in, char *out, size_t room, size_t *n);

struct stage {
	step_fn *step;
	z_stream z;
	BrotliDecoderState *br;
	bool refused;     /* it asked for more memory than there is */
	ZSTD_DCtx *zstd;
	size_t zstd_memory; /* of it, in the budget */
	bool open;              /* z is to be closed */
	bool begun;             /* bytes were seen */
	unsigned members;       /* that were begun after another had ended */
	bool ended;             /* at the end of the stream, of a member or of a frame */
	unsigned char first[2]; /* of a deflate stream: zlib or raw? */
	size_t nfirst;
};

static int inflate_step(struct stage *s, struct str *in, char *out, size_t room, size_t *n)
{
	uInt avail = (uInt)(in->n < ZLIB_PIECE ? in->n : ZLIB_PIECE);
	int r;

	s->z.next_in = (unsigned char *)(uintptr_t)in->p;
	s->z.avail_in = avail;
	s->z.next_out = (unsigned char *)out;
	s->z.avail_out = (uInt)room;
	r = inflate(&s->z, Z_NO_FLUSH);
	*in = str_sub(*in, avail - s->z.avail_in, in->n);
	*n = room - s->z.avail_out;
	if (r == Z_MEM_ERROR)
		return -ERR_NOMEM;
	if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
		return -ERR_CODING_MALFORMED;
	s->ended = r == Z_STREAM_END;
	return in->n > 0 || (!s->ended && *n == room);
}

static int gzip_step(struct stage *s, struct str *in, char *out, size_t room, size_t *n)
{
	if (s->ended && in->n > 0 &&
	    ((unsigned char)in->p[0] != 0x1f || inflateReset(&s->z) != Z_OK))
		return -ERR_CODING_MALFORMED;
	s->members += s->ended && in->n > 0;
	return inflate_step(s, in, out, room, n);
}

/*
 * "deflate" is zlib (RFC 9110 section 8.4.1.2), but some send raw deflate and clients take it.
 * Clients take what has a good zlib header for zlib (RFC 1950 section 2.2), so do we.
 */
static int deflate_open(struct stage *s)
{
	bool zlib = (s->first[0] & 0x0f) == 8 && s->first[0] >> 4 <= 7 &&
		    (s->first[0] << 8 | s->first[1]) % 31 == 0;

	s->open = inflateInit2(&s->z, zlib ? 15 : -15) == Z_OK;
	return s->open ? 0 : -ERR_NOMEM;
}

static int deflate_step(struct stage *s, struct str *in, char *out, size_t room, size_t *n)
{
	struct str first = str_of((const char *)s->first, sizeof(s->first));
	int r;

	if (s->open) {
		if (s->ended && in->n > 0)
			return -ERR_CODING_MALFORMED;
		return inflate_step(s, in, out, room, n);
	}
	while (s->nfirst < sizeof(s->first) && in->n > 0) {
		s->first[s->nfirst++] = (unsigned char)in->p[0];
		*in = str_sub(*in, 1, in->n);
	}
	if (s->nfirst < sizeof(s->first))
		return 0;
	if ((r = deflate_open(s)) != 0 || (r = inflate_step(s, &first, out, room, n)) < 0)
		return r;
	return in->n > 0;
}

static int br_step(struct stage *s, struct str *in, char *out, size_t room, size_t *n)
{
	const uint8_t *next = (const uint8_t *)in->p;
	uint8_t *to = (uint8_t *)out;
	size_t left = in->n, free = room;
	BrotliDecoderResult r;

	if (s->ended)
		return in->n > 0 ? -ERR_CODING_MALFORMED : 0;
	r = BrotliDecoderDecompressStream(s->br, &left, &next, &free, &to, NULL);
	*in = str_sub(*in, in->n - left, in->n);
	*n = room - free;
	if (r == BROTLI_DECODER_RESULT_ERROR)
		return s->refused ? -ERR_CODING_LIMIT : -ERR_CODING_MALFORMED;
	s->ended = r == BROTLI_DECODER_RESULT_SUCCESS;
	/* It may ask for input with output left: more than fits comes of one step of its own. */
	return in->n > 0 || r == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT || BrotliDecoderHasMoreOutput(s->br);
}

/* The first byte of a frame or of one to skip; the library would also read formats older than
 * RFC 8878, whose windows it does not bound. */
static bool begins_frame(char c)
{
	return (unsigned char)c == 0x28 || ((unsigned char)c & 0xf0) == 0x50;
}

/* It has allocated already: one window beyond the budget, for a moment. */
static bool zstd_fits(struct stage *s)
{
	size_t now = ZSTD_sizeof_DCtx(s->zstd);

	memory = memory - s->zstd_memory + now;
	s->zstd_memory = now;
	return memory <= memory_most;
}

static int zstd_step(struct stage *s, struct str *in, char *out, size_t room, size_t *n)
{
	ZSTD_inBuffer from = { in->p, in->n, 0 };
	ZSTD_outBuffer to = { out, room, 0 };
	size_t r;

	if (stage_ended(s) && in->n == 0) /* else it would ask for a next frame */
		return 0;
	if (stage_ended(s) && !begins_frame(in->p[0]))
		return -ERR_CODING_MALFORMED;
	s->members += s->ended && in->n > 0;
	r = ZSTD_decompressStream(s->zstd, &to, &from);
	*in = str_sub(*in, from.pos, in->n);
	*n = to.pos;
	if (!zstd_fits(s))
		return -ERR_CODING_LIMIT;
	if (ZSTD_isError(r) && ZSTD_getErrorCode(r) == ZSTD_error_frameParameter_windowTooLarge)
		return -ERR_CODING_LIMIT;
	if (ZSTD_isError(r))
		return ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation ? -ERR_NOMEM
									    : -ERR_CODING_MALFORMED;
	s->ended = r == 0;
	return in->n > 0 || (!s->ended && *n == room);
}

static int stage_open(struct stage *s, struct str name)
{
	if (str_ieq(name, STR("gzip")) || str_ieq(name, STR("x-gzip"))) {
		s->step = gzip_step;
		s->open = inflateInit2(&s->z, 15 + 16) == Z_OK;
		return s->open ? 0 : -ERR_NOMEM;
	}
	if (str_ieq(name, STR("deflate"))) {
		s->step = deflate_step; /* opened by its first bytes */
		return 0;
	}
	if (str_ieq(name, STR("br"))) {
		s->step = br_step;
		s->br = BrotliDecoderCreateInstance(br_alloc, br_free, &s->refused);
		return s->br != NULL ? 0 : s->refused ? -ERR_CODING_LIMIT : -ERR_NOMEM;
	}
	if (!str_ieq(name, STR("zstd")))
		return -ERR_CODING_UNKNOWN;
	s->step = zstd_step;
	s->zstd = ZSTD_createDCtx();
	if (s->zstd == NULL ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG)))
		return -ERR_NOMEM;
	return 0;
}

int stage_new(struct str name, struct stage **out)
{
	struct stage *s = calloc(1, sizeof(*s));
	int r = -ERR_NOMEM;

	if (s == NULL)
		return r;
	r = stage_open(s, name);
	if (r == 0)
		*out = s;
	else
		stage_free(s);
	return r;
}

void stage_free(struct stage *s)
{
	if (s == NULL)
		return;
	if (s->open)
		inflateEnd(&s->z);
	if (s->br != NULL)
		BrotliDecoderDestroyInstance(s->br);
	ZSTD_freeDCtx(s->zstd);
	memory -= s->zstd_memory;
	free(s);
}

int stage_step(struct stage *s, struct str *in, char *out, size_t room, size_t *n)
{
	size_t before = in->n;
	int r;

	*n = 0;
	r = s->step(s, in, out, room, n);
	if (before > 0 && r >= 0)
		s->begun = true;
	return r == 1 && in->n == before && *n == 0 ? -ERR_CODING_MALFORMED : r;
}

unsigned stage_members(const struct stage *s)
{
	return s->begun ? s->members + 1 : 0;
}

bool stage_ended(const struct stage *s)
{
	return s->ended || !s->begun;
}
