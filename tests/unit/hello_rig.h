/* SPDX-License-Identifier: BSD-2-Clause */
/* ClientHellos from recipes, for the tests of the reader. */
#ifndef TESTS_HELLO_RIG_H
#define TESTS_HELLO_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "mitm/hello.h"

enum { MAX = 65536 };

/* Bytes that grow, with lengths filled in afterwards. */
struct gen {
	unsigned char p[4 * MAX];
	size_t n;
};

static void put(struct gen *g, const void *p, size_t n)
{
	ck_assert_uint_le(n, sizeof(g->p) - g->n);
	if (n > 0)
		memcpy(g->p + g->n, p, n);
	g->n += n;
}

static void put_be(struct gen *g, size_t v, int bytes)
{
	while (bytes-- > 0)
		g->p[g->n++] = (unsigned char)(v >> 8 * bytes);
}

/* Begin and end a vector with a length of `bytes` bytes. */
static size_t open_vector(struct gen *g, int bytes)
{
	put_be(g, 0, bytes);
	return g->n;
}

static void close_vector(struct gen *g, size_t at, int bytes)
{
	size_t end = g->n;

	g->n = at - (size_t)bytes;
	put_be(g, end - at, bytes);
	g->n = end;
}

static void put_extension(struct gen *g, unsigned type, const void *body, size_t n)
{
	put_be(g, type, 2);
	put_be(g, n, 2);
	put(g, body, n);
}

static void put_sni(struct gen *g, const char *name, size_t n)
{
	put_be(g, 0, 2);
	put_be(g, n + 5, 2);
	put_be(g, n + 3, 2);
	put_be(g, 0, 1);
	put_be(g, n, 2);
	put(g, name, n);
}

/* What a test wants to be different; zero is a plain TLS 1.3 client. */
struct recipe {
	const char *sni; /* NULL: none */
	size_t sni_n;    /* 0: strlen(sni) */
	bool sni_last;
	const char *alpn; /* wire form */
	size_t alpn_n;
	const char *suites; /* bytes; NULL: 1301 c02b c02f */
	size_t suites_n;
	const char *versions; /* bytes of the list; NULL: 0304 0303; "": no extension */
	size_t versions_n;
	const char *signatures; /* the same; NULL: 0403 0804 */
	size_t signatures_n;
	const char *groups; /* the same; NULL: 001d 0017 */
	size_t groups_n;
	const char *extra; /* extensions as bytes */
	size_t extra_n;
	size_t pad; /* bytes of padding extension */
	bool no_extensions;
	unsigned legacy; /* 0: 0303 */
};

#define LIST(field, lit) .field = (lit), .field##_n = sizeof(lit) - 1
#define GREASE "\x3a\x3a"

/* An extension that holds one list, unless the recipe has an empty one. */
static void put_list(
    struct gen *g, unsigned type, int bytes, const char *p, size_t n, struct str preset)
{
	struct gen body = { .n = 0 };

	if (p != NULL && n == 0)
		return;
	put_be(&body, p != NULL ? n : preset.n, bytes);
	put(&body, p != NULL ? p : preset.p, p != NULL ? n : preset.n);
	put_extension(g, type, body.p, body.n);
}

static void put_extensions(struct gen *g, const struct recipe *r)
{
	static const unsigned char zeros[MAX];
	size_t n = r->sni == NULL ? 0 : r->sni_n > 0 ? r->sni_n : strlen(r->sni);

	if (r->sni != NULL && !r->sni_last)
		put_sni(g, r->sni, n);
	put_list(g, 43, 1, r->versions, r->versions_n, STR("\3\4\3\3"));
	put_list(g, 13, 2, r->signatures, r->signatures_n, STR("\4\3\x08\4"));
	put_list(g, 10, 2, r->groups, r->groups_n, STR("\0\x1d\0\x17"));
	if (r->alpn_n > 0)
		put_list(g, 16, 2, r->alpn, r->alpn_n, STR_NONE);
	if (r->pad > 0)
		put_extension(g, 21, zeros, r->pad);
	put(g, r->extra, r->extra_n);
	if (r->sni != NULL && r->sni_last)
		put_sni(g, r->sni, n);
}

/* The handshake message. */
static void message(struct gen *g, const struct recipe *r)
{
	static const struct str suites = STR("\x13\1\xc0\x2b\xc0\x2f");
	size_t whole, v;

	put_be(g, 1, 1);
	whole = open_vector(g, 3);
	put_be(g, r->legacy != 0 ? r->legacy : 0x0303, 2);
	put(g, "0123456789abcdef0123456789abcdef", 32);
	put_be(g, 0, 1);
	put_be(g, r->suites != NULL ? r->suites_n : suites.n, 2);
	put(g, r->suites != NULL ? r->suites : suites.p,
	    r->suites != NULL ? r->suites_n : suites.n);
	put_be(g, 0x0100, 2);
	if (!r->no_extensions) {
		v = open_vector(g, 2);
		put_extensions(g, r);
		close_vector(g, v, 2);
	}
	close_vector(g, whole, 3);
}

/* Cut into records of `each` bytes. */
static void records(struct gen *to, const struct gen *from, size_t each)
{
	for (size_t i = 0; i < from->n; i += each) {
		size_t n = from->n - i < each ? from->n - i : each;

		put(to, "\x16\3\1", 3);
		put_be(to, n, 2);
		put(to, from->p + i, n);
	}
}

static struct gen made, wire;

static inline struct str hello_of(const struct recipe *r)
{
	made.n = wire.n = 0;
	message(&made, r);
	records(&wire, &made, 16384);
	return str_of((const char *)wire.p, wire.n);
}

static inline int parse(const struct recipe *r, struct hello *h)
{
	return hello_parse(hello_of(r), MAX, h);
}

/* A copy of exact size, so that the sanitizer sees a read behind it. */
static inline int parse_exact(struct str s, size_t max, struct hello *h)
{
	char *copy = malloc(s.n > 0 ? s.n : 1);
	int r;

	ck_assert_ptr_nonnull(copy);
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	r = hello_parse(str_of(copy, s.n), max, h);
	free(copy);
	return r;
}

#define ROWS(a) (int)(sizeof(a) / sizeof((a)[0]))

#endif
