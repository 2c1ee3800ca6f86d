/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Views: a pointer and a length into bytes that somebody else owns. A view never frees and is
 * never NUL-terminated; everything that parses hostile bytes works on these.
 */
#ifndef CORE_STR_H
#define CORE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){ (lit), sizeof(lit) - 1 })
#define STR_NONE ((struct str){ NULL, 0 })
#define STR_FMT(s) (int)(s).n, (s).n > 0 ? (s).p : ""

/* A view of n bytes at p; of a NUL-terminated string (NULL gives the empty view). */
struct str str_of(const char *p, size_t n);
struct str str_c(const char *z);

/* Equality of bytes; with ASCII letters folded. */
bool str_eq(struct str a, struct str b);
bool str_ieq(struct str a, struct str b);
bool str_iprefix(struct str s, struct str prefix);
bool str_isuffix(struct str s, struct str suffix);

/* First position of c, or -1. */
ptrdiff_t str_chr(struct str s, char c);

/* s without spaces and tabs at both ends (RFC 9110 section 5.6.3, OWS). */
struct str str_trim(struct str s);

/* The part from byte `from` on, of at most n bytes; empty where out of range. */
struct str str_sub(struct str s, size_t from, size_t n);

/*
 * Cut the next element of a comma-separated list (RFC 9110 section 5.6.1) off *rest, trimmed;
 * empty elements are skipped. False when none is left.
 */
bool str_next(struct str *rest, char sep, struct str *element);

/* Decimal digits only, no sign, no blank, no overflow: 0 or -ERR_NUMBER. */
int str_u64(struct str s, uint64_t *out);

/* Hexadecimal digits only, at most 16 of them: 0 or -ERR_NUMBER. */
int str_hex64(struct str s, uint64_t *out);

/* Copy to a NUL-terminated array of cap bytes: 0 or -ERR_TOO_LONG (nothing written). */
int str_copy(struct str s, char *to, size_t cap);

#endif
