/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hostile bytes unwrapped: each object that is found is unwrapped in turn, a few levels deep and a
 * few hundred in all. None is longer than its input and a batch's separators; each is readable.
 */
#include <assert.h>
#include <stdlib.h>

#include "scanner/unwrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEEPEST = 4, MOST = 300 };

struct level {
	unsigned depth, *left;
	struct str in;
};

static void look(struct str in, unsigned depth, unsigned *left);

static bool on_found(void *arg, struct str bytes, char *own, bool guess)
{
	struct level *l = arg;
	unsigned sum = guess;

	assert(bytes.n > 0 && bytes.n <= 4 * l->in.n + UNWRAP_BATCH);
	assert(own != NULL || (bytes.p >= l->in.p && bytes.p + bytes.n <= l->in.p + l->in.n));
	for (size_t i = 0; i < bytes.n; i++)
		sum += (unsigned char)bytes.p[i];
	assert(sum <= bytes.n * 255 + 1);
	if (*l->left > 0 && l->depth < DEEPEST) {
		--*l->left;
		look(bytes, l->depth + 1, l->left);
	}
	free(own);
	return *l->left > 0;
}

static void look(struct str in, unsigned depth, unsigned *left)
{
	struct level l = { depth, left, in };
	struct unwrap u = { .found = on_found, .arg = &l };

	unwrap(&u, in);
	assert(u.batch == NULL && !u.short_of_memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned left = MOST;
	/* An exact allocation: what reads beyond it is seen. */
	char *copy = malloc(size > 0 ? size : 1);

	assert(copy != NULL);
	for (size_t i = 0; i < size; i++)
		copy[i] = (char)data[i];
	look(str_of(copy, size), 0, &left);
	free(copy);
	return 0;
}
