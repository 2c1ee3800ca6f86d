/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of a server's first flight: what a prefix says for good must be what the whole says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "mitm/flight.h"

enum { SPACE = 16384 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int parse(const uint8_t *data, size_t n, struct flight *f, struct buf *space)
{
	char *copy = malloc(n > 0 ? n : 1); /* exact size, for the sanitizer */
	int r;

	if (copy == NULL)
		abort();
	memcpy(copy, data, n);
	r = flight_parse(str_of(copy, n), space, f);
	free(copy);
	return r;
}

/* Every view lies within the space. */
static void check(const struct flight *f, const struct buf *space)
{
	struct str all = buf_view(space);

	for (size_t i = 0; i < f->n; i++)
		if (f->certs[i].n == 0 || f->certs[i].p < all.p ||
		    f->certs[i].p + f->certs[i].n > all.p + all.n)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flight whole, part;
	struct buf a, b;
	int r;

	buf_init(&a, SPACE);
	buf_init(&b, SPACE);
	r = parse(data, size, &whole, &a);
	if (r == 0)
		check(&whole, &a);
	for (size_t n = 0; n < size; n += 1 + n / 8) {
		int p = parse(data, n, &part, &b);

		if (p != 0)
			continue;
		check(&part, &b);
		if (r != 0 && r != -ERR_LIMIT && r != -ERR_TLS)
			abort(); /* decided, and then waiting again */
		if (r == 0 && (part.kind != whole.kind || part.n != whole.n || part.version != whole.version))
			abort();
	}
	buf_free(&a);
	buf_free(&b);
	return 0;
}
