/* SPDX-License-Identifier: BSD-2-Clause */
/* The ClientHello reader: what a prefix says for good must be what the whole says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "mitm/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int parse(const uint8_t *data, size_t n, struct hello *h)
{
	char *copy = malloc(n > 0 ? n : 1); /* exact size, for the sanitizer */
	int r;

	if (copy == NULL)
		abort();
	memcpy(copy, data, n);
	memset(h, 0, sizeof(*h));
	r = hello_parse(str_of(copy, n), 16384, h);
	free(copy);
	return r;
}

/* As the bytes come, in pieces: the same as in one go. */
static int walk(const uint8_t *data, size_t size)
{
	struct hello_walk w = { 0 };
	int r = -ERR_MORE;

	for (size_t n = 0; n < size && r == -ERR_MORE; n += 1 + n / 8)
		r = hello_walk(&w, str_of((const char *)data, n), 16384);
	if (r == -ERR_MORE)
		r = hello_walk(&w, str_of((const char *)data, size), 16384);
	if (w.at > size)
		abort();
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hello whole, part;
	int r = parse(data, size, &whole);

	for (size_t n = 0; n < size; n += 1 + n / 8) {
		int p = parse(data, n, &part);

		if (p == 0 && (r != 0 || memcmp(&whole, &part, sizeof(part)) != 0))
			abort();
		if (p != 0 && p != -ERR_MORE && r == 0)
			abort();
	}
	if (walk(data, size) != r && r != -ERR_HELLO)
		abort();
	if (r == 0 && (whole.length > size || strlen(whole.sni) > 253))
		abort();
	return 0;
}
