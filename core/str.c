/* SPDX-License-Identifier: BSD-2-Clause */
/* Views: comparison, cutting and strict numbers. No allocation, no I/O. */
#include "core/str.h"

#include <string.h>

#include "core/err.h"

struct str str_of(const char *p, size_t n)
{
	return (struct str){ p, n };
}

struct str str_c(const char *z)
{
	return (struct str){ z, z != NULL ? strlen(z) : 0 };
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_ieq(struct str a, struct str b)
{
	return a.n == b.n && str_iprefix(a, b);
}

bool str_iprefix(struct str s, struct str prefix)
{
	if (s.n < prefix.n)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (lower(s.p[i]) != lower(prefix.p[i]))
			return false;
	return true;
}

bool str_isuffix(struct str s, struct str suffix)
{
	if (s.n < suffix.n)
		return false;
	return str_iprefix(str_sub(s, s.n - suffix.n, suffix.n), suffix);
}

ptrdiff_t str_chr(struct str s, char c)
{
	const char *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;

	return at != NULL ? at - s.p : -1;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

struct str str_trim(struct str s)
{
	while (s.n > 0 && blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_sub(struct str s, size_t from, size_t n)
{
	if (from >= s.n)
		return (struct str){ s.p, 0 };
	if (n > s.n - from)
		n = s.n - from;
	return (struct str){ s.p + from, n };
}

bool str_next(struct str *rest, char sep, struct str *element)
{
	while (rest->n > 0) {
		ptrdiff_t at = str_chr(*rest, sep);
		size_t n = at >= 0 ? (size_t)at : rest->n;
		struct str e = str_trim(str_sub(*rest, 0, n));

		*rest = str_sub(*rest, at >= 0 ? n + 1 : n, rest->n);
		if (e.n > 0) {
			*element = e;
			return true;
		}
	}
	return false;
}

int str_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return -ERR_NUMBER;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' ||
		    __builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return -ERR_NUMBER;
	}
	*out = v;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int str_hex64(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 16)
		return -ERR_NUMBER;
	for (size_t i = 0; i < s.n; i++) {
		int d = hex_digit(s.p[i]);

		if (d < 0)
			return -ERR_NUMBER;
		v = v << 4 | (uint64_t)d;
	}
	*out = v;
	return 0;
}

int str_copy(struct str s, char *to, size_t cap)
{
	if (s.n >= cap)
		return -ERR_TOO_LONG;
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	return 0;
}
