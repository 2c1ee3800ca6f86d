/* SPDX-License-Identifier: BSD-2-Clause */
/* Masks of 64 bytes: a bit for each, the first one lowest. By SSE2 where there is some, else byte by byte. */
#include "scanner/find.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>

enum { WIDTH = 16 };

static inline __m128i load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i is(__m128i v, char c)
{
	return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

/* From `low` on, `n` of them. */
static inline __m128i is_from(__m128i v, char low, char n)
{
	__m128i x = _mm_sub_epi8(v, _mm_set1_epi8(low));

	return _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8((char)(n - 1))), x);
}

static inline uint64_t bits(__m128i v)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(v);
}

static inline __m128i sextets(__m128i v)
{
	__m128i letters = is_from(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 26);
	__m128i digits = is_from(v, '/', 11); /* and the slash before them */

	return _mm_or_si128(_mm_or_si128(letters, digits), _mm_or_si128(is(v, '+'), _mm_or_si128(is(v, '-'), is(v, '_'))));
}

static inline __m128i digits(__m128i v)
{
	return _mm_or_si128(is_from(v, '0', 10), is_from(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 6));
}

static inline uint64_t sextet_mask(const char *p)
{
	uint64_t m = 0;

	for (int i = 0; i < FIND_BLOCK; i += WIDTH)
		m |= bits(sextets(load(p + i))) << i;
	return m;
}

static inline uint64_t hex_mask(const char *p)
{
	uint64_t m = 0;

	for (int i = 0; i < FIND_BLOCK; i += WIDTH)
		m |= bits(digits(load(p + i))) << i;
	return m;
}

static inline uint64_t byte_mask(const char *p, char c, char fold)
{
	uint64_t m = 0;

	for (int i = 0; i < FIND_BLOCK; i += WIDTH)
		m |= bits(is(_mm_or_si128(load(p + i), _mm_set1_epi8(fold)), c)) << i;
	return m;
}

#else

static inline uint64_t class_mask(const char *p, enum decode_class class)
{
	uint64_t m = 0;

	for (int i = 0; i < FIND_BLOCK; i++)
		m |= (uint64_t)decode_is(p[i], class) << i;
	return m;
}

static inline uint64_t sextet_mask(const char *p)
{
	return class_mask(p, CLASS_SEXTET);
}

static inline uint64_t hex_mask(const char *p)
{
	return class_mask(p, CLASS_HEX);
}

static inline uint64_t byte_mask(const char *p, char c, char fold)
{
	uint64_t m = 0;

	for (int i = 0; i < FIND_BLOCK; i++)
		m |= (uint64_t)((char)(p[i] | fold) == c) << i;
	return m;
}

#endif

/* FIND_BLOCK bytes at a place; the last ones with zeros behind them, which are never looked for. */
static inline const char *block(struct str s, size_t at, char room[FIND_BLOCK])
{
	if (s.n - at >= FIND_BLOCK)
		return s.p + at;
	memset(room, 0, FIND_BLOCK);
	memcpy(room, s.p + at, s.n - at);
	return room;
}

size_t find_pair(struct str s, size_t at, char first, char second, bool fold)
{
	char room[FIND_BLOCK];

	/* Blocks overlap by one byte: a pair lies whole in one of them. */
	for (; at + 1 < s.n; at += FIND_BLOCK - 1) {
		const char *p = block(s, at, room);
		uint64_t m = byte_mask(p, second, 0) >> 1;

		/* The rarer one is looked for first where callers name it second. */
		if (m != 0 && (m &= byte_mask(p, first, fold ? 0x20 : 0)) != 0)
			return at + (size_t)__builtin_ctzll(m);
	}
	return s.n;
}

/* Bits from which on `n` are set. */
static inline uint64_t runs_of(uint64_t m, unsigned n)
{
	unsigned have = 1;

	while (have < n && m != 0) {
		unsigned step = have < n - have ? have : n - have;

		m &= m >> step;
		have += step;
	}
	return m;
}

static inline size_t run_in(struct str s, size_t at, uint64_t (*mask)(const char *), unsigned least)
{
	char room[FIND_BLOCK];
	unsigned before = 0; /* those at the end of the last block, below `least` */

	for (; at < s.n; at += FIND_BLOCK) {
		uint64_t m = mask(block(s, at, room)), runs;
		unsigned lead = m == UINT64_MAX ? FIND_BLOCK : (unsigned)__builtin_ctzll(~m);

		if (before + lead >= least)
			return at - before;
		runs = runs_of(m, least);
		if (runs != 0)
			return at + (size_t)__builtin_ctzll(runs);
		before = (unsigned)__builtin_clzll(~m); /* not all are set: `least` would be reached */
	}
	return s.n;
}

size_t find_run(struct str s, size_t at, enum decode_class class, unsigned least)
{
	return class == CLASS_HEX ? run_in(s, at, hex_mask, least) : run_in(s, at, sextet_mask, least);
}

struct finder finder_start(struct str s, const char *of)
{
	struct finder f = { .s = s, .base = SIZE_MAX };

	while (f.n < FIND_SET && of[f.n] != '\0') {
		f.of[f.n] = of[f.n];
		f.n++;
	}
	return f;
}

void finder_load(struct finder *f, size_t base)
{
	char room[FIND_BLOCK];
	const char *p = block(f->s, base, room);

	f->base = base;
	f->mask = 0;
	for (size_t i = 0; i < f->n; i++)
		f->mask |= byte_mask(p, f->of[i], 0);
}
