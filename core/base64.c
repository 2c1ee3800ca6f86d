/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define FIVE(v) (v), (v) + 1, (v) + 2, (v) + 3, (v) + 4
#define LETTERS(v) FIVE(v), FIVE((v) + 5), FIVE((v) + 10), FIVE((v) + 15), FIVE((v) + 20), (v) + 25
const unsigned char base64_values[256] = {
	['A'] = LETTERS(1), ['a'] = LETTERS(27), ['0'] = FIVE(53), FIVE(58), ['+'] = 63, ['/'] = 64
};

size_t base64_write(const void *from, size_t n, char *to)
{
	const unsigned char *p = from;
	size_t at = 0;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		unsigned v = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
			     (left > 2 ? p[i + 2] : 0);

		to[at++] = digits[v >> 18];
		to[at++] = digits[v >> 12 & 63];
		to[at++] = left > 1 ? digits[v >> 6 & 63] : '=';
		to[at++] = left > 2 ? digits[v & 63] : '=';
	}
	to[at] = '\0';
	return at;
}
