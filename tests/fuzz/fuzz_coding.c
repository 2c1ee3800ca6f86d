/* SPDX-License-Identifier: BSD-2-Clause */
/* Content codings: the first byte picks a stack; output never exceeds its caps. */
#include <stdint.h>
#include <stdlib.h>

#include "http/coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CAP = 4 << 20, PIECE = 64 << 10 };

static int count(void *arg, struct str decoded)
{
	*(uint64_t *)arg += decoded.n;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const stacks[] = { "gzip", "deflate", "br", "zstd", "gzip, br", "zstd, gzip",
		"deflate, deflate", "identity, x-gzip" };
	struct limits l;
	struct coding *c;
	uint64_t out = 0;
	size_t piece;

	if (size < 2)
		return 0;
	limits_default(&l);
	l.decoded = CAP;
	if (coding_new(str_c(stacks[data[0] % 8]), &l, count, &out, &c) != 0 || c == NULL)
		return 0;
	piece = data[1] > 0 ? data[1] : size;
	for (size_t at = 2; at < size; at += piece)
		if (coding_push(c, str_of((const char *)data + at, size - at < piece ? size - at : piece)) != 0)
			break;
	coding_end(c);
	coding_free(c);
	if (out > CAP + PIECE)
		abort();
	return 0;
}
