/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Content codings: the first byte picks a stack, the second the size of the pieces. Output stays
 * below its caps, and pieces give what the whole gives.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/err.h"
#include "http/coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CAP = 4 << 20 };

struct result {
	int r;
	bool several;
	uint64_t n, sum, first;
};

static int count(void *arg, struct str decoded)
{
	struct result *t = arg;

	t->n += decoded.n;
	if (t->n > CAP || decoded.n == 0)
		abort();
	for (size_t i = 0; i < decoded.n; i++)
		t->sum = (t->sum ^ (unsigned char)decoded.p[i]) * 1099511628211u;
	return 0;
}

/* All of it, so much a call: no call gives more than a piece beyond its budget. */
static int push(struct coding *c, struct result *t, struct str in, size_t most)
{
	int r = 1;

	while (r == 1) {
		size_t budget = most;
		uint64_t before = t->n;

		r = coding_push(c, &in, &budget);
		if (t->n - before > most + (64 << 10) || (r == 0 && in.n > 0) || (r == 1 && budget > 0))
			abort();
	}
	return r;
}

static struct result decode(const char *stack, const struct limits *l, struct str in, size_t piece, size_t budget)
{
	struct result t = { 0 };
	struct coding *c = NULL;

	t.r = coding_new(str_c(stack), l, count, &t, &c);
	if (t.r != 0 || c == NULL)
		abort();
	for (size_t at = 0; at < in.n && t.r == 0; at += piece)
		t.r = push(c, &t, str_sub(in, at, piece), budget);
	if (t.r == 0)
		t.r = coding_end(c);
	t.several = coding_first(c, &t.first);
	if (coding_end(c) != t.r || push(c, &t, STR("x"), budget) == 0)
		abort(); /* errors stay, and after the end there is nothing */
	coding_free(c);
	return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const stacks[] = { "gzip", "deflate", "br", "zstd", "gzip, br",
		"zstd, gzip", "deflate, deflate", "identity, x-gzip" };
	struct result whole, pieces;
	struct limits l;
	struct str in;

	if (size < 3)
		return 0;
	limits_default(&l);
	l.decoded = CAP;
	in = str_of((const char *)data + 2, size - 2);
	whole = decode(stacks[data[0] % 8], &l, in, in.n, 1 << 20);
	pieces = decode(stacks[data[0] % 8], &l, in, data[1] % 64 + 1, data[1] * 50 + 1);
	if (whole.r == -ERR_CODING_LIMIT || pieces.r == -ERR_CODING_LIMIT)
		return 0; /* the ratio is looked at piece by piece */
	if (whole.r != pieces.r || (whole.r == 0 && whole.n != pieces.n) ||
	    (whole.r == 0 && (whole.sum != pieces.sum || whole.several != pieces.several ||
				 whole.first != pieces.first)))
		abort();
	return 0;
}
