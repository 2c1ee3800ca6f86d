/* SPDX-License-Identifier: BSD-2-Clause */
/* Arena blocks: big pieces get a block of their own, small ones share. */
#include "policy/arena.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK = 16384, ARENA_ALIGN = 16 };

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	_Alignas(ARENA_ALIGN) char bytes[];
};

/* Stands before each piece that arena_mem handed out. */
struct arena_piece {
	_Alignas(ARENA_ALIGN) size_t cap;
};

void arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){ .max = max };
}

void arena_free(struct arena *a)
{
	struct arena_block *b = a->blocks;

	while (b != NULL) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	arena_init(a, a->max);
}

static struct arena_block *block_add(struct arena *a, size_t n)
{
	size_t cap = n > ARENA_BLOCK / 4 ? n : ARENA_BLOCK;
	size_t whole = sizeof(struct arena_block) + cap;
	struct arena_block *b;

	if (whole > a->max || a->total > a->max - whole)
		return NULL;
	b = calloc(1, whole);
	if (b == NULL)
		return NULL;
	b->cap = cap;
	a->total += whole;
	if (cap != ARENA_BLOCK && a->blocks != NULL) { /* full at once: keep filling the first */
		b->next = a->blocks->next;
		a->blocks->next = b;
	} else {
		b->next = a->blocks;
		a->blocks = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->blocks;
	void *p;

	if (n > a->max)
		return NULL;
	n = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (n == 0)
		n = ARENA_ALIGN;
	if (b == NULL || b->cap - b->used < n)
		b = block_add(a, n);
	if (b == NULL)
		return NULL;
	p = b->bytes + b->used;
	b->used += n;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : arena_alloc(a, bytes);
}

char *arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (p != NULL && s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

static size_t room_for(size_t size)
{
	size_t cap = 32;

	while (cap < size && cap <= SIZE_MAX / 2)
		cap *= 2;
	return cap < size ? size : cap;
}

void *arena_mem(void *arena, void *p, size_t size)
{
	struct arena_piece *old = p != NULL ? (struct arena_piece *)p - 1 : NULL;
	struct arena_piece *piece;
	size_t cap = room_for(size);

	if (size == 0)
		return NULL; /* a free: all goes at once later */
	if (old != NULL && old->cap >= size)
		return p;
	if (cap > SIZE_MAX - sizeof(*piece))
		return NULL;
	piece = arena_alloc(arena, sizeof(*piece) + cap);
	if (piece == NULL)
		return NULL;
	piece->cap = cap;
	if (old != NULL)
		memcpy(piece + 1, p, old->cap);
	return piece + 1;
}
