/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An arena: memory that is taken piece by piece and given back all at once. A configuration
 * lives in one, so that it has a hard maximum and cannot leak.
 */
#ifndef POLICY_ARENA_H
#define POLICY_ARENA_H

#include "core/str.h"

struct arena {
	struct arena_block *blocks;
	size_t total; /* bytes taken from the system */
	size_t max;   /* total never exceeds this */
};

void arena_init(struct arena *a, size_t max);
void arena_free(struct arena *a);

/* n zeroed bytes, aligned for anything (n 0 gives a valid place); NULL when over max or short. */
void *arena_alloc(struct arena *a, size_t n);

/* n items of size bytes; NULL also when the product overflows. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* A NUL-terminated copy; NULL as above. */
char *arena_str(struct arena *a, struct str s);

/*
 * The realloc-like function that libcyaml wants, with the arena as its context. Room grows by
 * doubling, because libcyaml grows lists one entry at a time.
 */
void *arena_mem(void *arena, void *p, size_t size);

#endif
