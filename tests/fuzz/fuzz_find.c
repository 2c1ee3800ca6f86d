/* SPDX-License-Identifier: BSD-2-Clause */
/* Places found 64 bytes at a time are those that a look at each byte finds. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t pair_by_bytes(struct str s, size_t at, char a, char b, bool fold)
{
	for (; at + 1 < s.n; at++)
		if ((char)(s.p[at] | (fold ? 0x20 : 0)) == a && s.p[at + 1] == b)
			return at;
	return s.n;
}

static size_t run_by_bytes(struct str s, size_t at, enum decode_class class, unsigned least)
{
	for (size_t n = 0; at < s.n; at++) {
		n = decode_is(s.p[at], class) ? n + 1 : 0;
		if (n == least)
			return at + 1 - n;
	}
	return s.n;
}

static void runs(struct str s, size_t at, enum decode_class class)
{
	for (unsigned least = 2; least <= FIND_BLOCK; least += 1 + least / 4)
		assert(find_run(s, at, class, least) == run_by_bytes(s, at, class, least));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char of[] = "a:-\n";
	/* An exact allocation: what reads beyond it is seen. */
	char *copy = calloc(size > 0 ? size : 1, 1);
	struct str s = str_of(copy, size);
	struct finder f = finder_start(s, of);
	size_t step = size / 16 + 1;

	assert(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	for (size_t at = 0; at <= size; at += step) {
		assert(find_pair(s, at, 'a', ':', true) == pair_by_bytes(s, at, 'a', ':', true));
		assert(find_pair(s, at, '\n', 'b', false) == pair_by_bytes(s, at, '\n', 'b', false));
		runs(s, at, CLASS_SEXTET);
		runs(s, at, CLASS_HEX);
	}
	for (size_t at = 0, i = 0; i < size; at = i + 1) {
		for (i = at; i < size && strchr(of, copy[i]) == NULL;)
			i++;
		while (i < size && copy[i] == '\0')
			for (i++; i < size && strchr(of, copy[i]) == NULL;)
				i++;
		assert(finder_next(&f, at) == i);
	}
	free(copy);
	return 0;
}
