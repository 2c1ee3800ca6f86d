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
	uint64_t n, sum;
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

static struct result decode(const char *stack, const struct limits *l, struct str in, size_t piece)
{
	struct result t = { 0 };
	struct coding *c = NULL;

	t.r = coding_new(str_c(stack), l, count, &t, &c);
	if (t.r != 0 || c == NULL)
		abort();
	for (size_t at = 0; at < in.n && t.r == 0; at += piece)
		t.r = coding_push(c, str_sub(in, at, piece));
	if (t.r == 0)
		t.r = coding_end(c);
	if (coding_end(c) != t.r || coding_push(c, STR("x")) == 0)
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
	whole = decode(stacks[data[0] % 8], &l, in, in.n);
	pieces = decode(stacks[data[0] % 8], &l, in, data[1] % 64 + 1);
	if (whole.r == -ERR_CODING_LIMIT || pieces.r == -ERR_CODING_LIMIT)
		return 0; /* the ratio is looked at piece by piece */
	if (whole.r != pieces.r || (whole.r == 0 && whole.n != pieces.n) ||
	    (whole.r == 0 && whole.sum != pieces.sum))
		abort();
	return 0;
}
