/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths: patterns, and the plain form behind the many spellings of one path (RFC 3986 section 6).
 */
#include "policy/match.h"

#include <string.h>

#include "core/err.h"

enum { PLAIN_MAX = 64 << 10 }; /* the largest request target, see core/limit.def */

/* '*' any bytes, '?' any one. One restart point is enough: a later star covers what an earlier
 * could. */
static bool glob(struct str pattern, struct str s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, resume = 0;

	while (i < s.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			resume = i;
		} else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == s.p[i])) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static bool fits(struct str pattern, struct str path)
{
	if (str_chr(pattern, '*') >= 0)
		return glob(pattern, path);
	return path.n >= pattern.n && memcmp(path.p, pattern.p, pattern.n) == 0;
}

static bool has_spellings(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '%' || s.p[i] == '\\' ||
		    (s.p[i] == '/' && i + 1 < s.n && (s.p[i + 1] == '/' || s.p[i + 1] == '.')))
			return true;
	return false;
}

/* The byte at s.p[*i] with percent-encoding undone and '\' taken for '/', as many origins do. */
static char decoded(struct str s, size_t *i)
{
	uint64_t v;
	char c = s.p[(*i)++];

	if (c == '%' && s.n - *i >= 2 && str_hex64(str_sub(s, *i, 2), &v) == 0) {
		*i += 2;
		c = (char)v;
	}
	return c == '\\' ? '/' : c;
}

/* Drop the segment that ends at n where it is empty, '.' or '..' (with its parent): the new end. */
static size_t close_segment(const char *to, size_t n)
{
	size_t from = n;
	struct str segment;

	while (from > 0 && to[from - 1] != '/')
		from--;
	segment = str_of(to + from, n - from);
	if (str_eq(segment, STR(".")))
		return from;
	if (!str_eq(segment, STR("..")))
		return n;
	if (from > 0)
		from--; /* the slash before ".." */
	while (from > 0 && to[from - 1] != '/')
		from--;
	return from;
}

/* Never longer than s. */
static struct str plain_form(struct str s, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n;) {
		char c = decoded(s, &i);

		if (c == '/')
			n = close_segment(to, n);
		if (c != '/' || n == 0 || to[n - 1] != '/')
			to[n++] = c;
	}
	return str_of(to, close_segment(to, n));
}

static bool plain_fits(struct str pattern, struct str path, bool both)
{
	char to[PLAIN_MAX];

	if (path.n > sizeof(to))
		return !both; /* longer than any target that is let in: the careful answer */
	return fits(pattern, plain_form(path, to));
}

bool path_match(struct str pattern, struct str path, bool both)
{
	ptrdiff_t query = str_chr(path, '?');
	bool as_written;

	if (query >= 0)
		path = str_sub(path, 0, (size_t)query);
	as_written = fits(pattern, path);
	if (as_written != both || !has_spellings(path))
		return as_written;
	return plain_fits(pattern, path, both);
}
