/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places in bytes, 64 at a time: what tells text without files in it from text that may have some costs
 * a tenth of a nanosecond a byte instead of one. Pure.
 */
#ifndef SCANNER_FIND_H
#define SCANNER_FIND_H

#include "scanner/decode.h"

enum { FIND_BLOCK = 64, FIND_SET = 4 };

/*
 * Where the next two bytes stand that are `first` and `second`, from `at` on; s.n without. fold: the first one in
 * either case (it is given in lower case).
 */
size_t find_pair(struct str s, size_t at, char first, char second, bool fold);

/*
 * Where the next run of at least `least` (2 to 64) bytes of a class begins, from `at` on; s.n without. CLASS_SEXTET
 * or CLASS_HEX.
 */
size_t find_run(struct str s, size_t at, enum decode_class class, unsigned least);

/* Places of a few bytes, asked for in rising order. The input is kept by reference. */
struct finder {
	struct str s;
	char of[FIND_SET];
	size_t n;
	size_t base;   /* the block that was looked at last begins here */
	uint64_t mask; /* where in it they stand */
};

/* The bytes of `of`, FIND_SET at most. */
struct finder finder_start(struct str s, const char *of);

/* The block at a place that is a multiple of FIND_BLOCK, below f->s.n. */
void finder_load(struct finder *f, size_t base);

/* The first of them from `at` on; f->s.n without. */
static inline size_t finder_next(struct finder *f, size_t at)
{
	while (at < f->s.n) {
		size_t base = at & ~(size_t)(FIND_BLOCK - 1);
		uint64_t rest;

		if (base != f->base)
			finder_load(f, base);
		rest = f->mask >> (at - base);
		if (rest != 0)
			return at + (size_t)__builtin_ctzll(rest);
		at = base + FIND_BLOCK;
	}
	return f->s.n;
}

#endif
