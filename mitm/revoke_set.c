/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The revocation set: text, so that it can be read and compared, with one line per key or serial
 * number. Serial numbers stand below the key of their issuer, as in Chromium's CRLSet.
 */
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "mitm/revoke_local.h"

struct reader {
	struct revoke_set *set;
	unsigned char issuer[4]; /* number of the one whose serials follow */
	uint32_t issuers;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Pairs of hexadecimal digits; how many bytes, or -1. */
static int hex_bytes(struct str s, unsigned char *to, size_t cap)
{
	if (s.n == 0 || s.n % 2 != 0 || s.n / 2 > cap)
		return -1;
	for (size_t i = 0; i < s.n; i += 2) {
		int a = hex_digit(s.p[i]), b = hex_digit(s.p[i + 1]);

		if (a < 0 || b < 0)
			return -1;
		to[i / 2] = (unsigned char)(a << 4 | b);
	}
	return (int)(s.n / 2);
}

static void number_bytes(uint32_t n, unsigned char to[4])
{
	for (int i = 3; i >= 0; i--, n >>= 8)
		to[i] = (unsigned char)n;
}

static const char *read_key(struct reader *r, struct str value)
{
	unsigned char spki[VERIFY_DIGEST];

	if (hex_bytes(value, spki, sizeof(spki)) != VERIFY_DIGEST)
		return "the SHA-256 of a key, 64 hexadecimal digits";
	return table_add(&r->set->keys, spki) == 0 ? NULL : "less: out of memory";
}

static const char *read_issuer(struct reader *r, struct str value)
{
	unsigned char record[VERIFY_DIGEST + 4];

	if (hex_bytes(value, record, VERIFY_DIGEST) != VERIFY_DIGEST)
		return "the SHA-256 of the issuer's key, 64 hexadecimal digits";
	number_bytes(++r->issuers, r->issuer);
	memcpy(record + VERIFY_DIGEST, r->issuer, sizeof(r->issuer));
	return table_add(&r->set->issuers, record) == 0 ? NULL : "less: out of memory";
}

static const char *read_serial(struct reader *r, struct str value)
{
	unsigned char bytes[SERIAL_KEY], record[PAIR_KEY];
	int n = hex_bytes(value, bytes, sizeof(bytes));

	if (r->issuers == 0)
		return "a line 'issuer ...' above the first serial number";
	if (n < 0)
		return "a serial number, 2 to 40 hexadecimal digits in pairs";
	memcpy(record, r->issuer, sizeof(r->issuer));
	serial_key(bytes, (size_t)n, record + sizeof(r->issuer));
	return table_add(&r->set->pairs, record) == 0 ? NULL : "less: out of memory";
}

/* NULL, or what was expected; *token is what stands there. */
static const char *read_line(struct reader *r, struct str line, struct str *token)
{
	ptrdiff_t blank = str_chr(line, ' ');
	struct str word = blank < 0 ? line : str_sub(line, 0, (size_t)blank);
	struct str value = blank < 0 ? STR_NONE : str_sub(line, (size_t)blank + 1, line.n);

	*token = blank < 0 ? line : value;
	if (line.n == 0 || line.p[0] == '#')
		return NULL;
	if (str_eq(word, STR("spki")))
		return read_key(r, value);
	if (str_eq(word, STR("issuer")))
		return read_issuer(r, value);
	if (str_eq(word, STR("serial")))
		return read_serial(r, value);
	*token = word;
	return "spki, issuer, serial, or # and a comment";
}

/* Empty lines count: people are told where a mistake is. */
static bool next_line(struct str *rest, struct str *line)
{
	ptrdiff_t at = str_chr(*rest, '\n');
	size_t n = at >= 0 ? (size_t)at : rest->n;

	if (rest->n == 0)
		return false;
	*line = str_trim(str_sub(*rest, 0, n));
	*rest = str_sub(*rest, n + 1, rest->n);
	return true;
}

int revoke_set_read(struct revoke_set *s, const struct revoke_file *f, char *why, size_t why_n)
{
	struct reader r = { .set = s };
	struct str rest = f->bytes, line, token;

	*s = (struct revoke_set){ .keys = { .width = VERIFY_DIGEST },
		.issuers = { .width = VERIFY_DIGEST + 4 },
		.pairs = { .width = PAIR_KEY } };
	for (unsigned n = 1; next_line(&rest, &line); n++) {
		const char *expected = read_line(&r, line, &token);

		if (expected == NULL)
			continue;
		snprintf(why, why_n, "%s:%u: '%.*s': expected %s", f->path, n,
		    STR_FMT(str_sub(token, 0, 80)), expected);
		revoke_set_free(s);
		return -ERR_CONFIG;
	}
	table_sort(&s->keys);
	table_sort(&s->issuers);
	table_sort(&s->pairs);
	return 0;
}

bool revoke_set_key(const struct revoke_set *s, const unsigned char spki[VERIFY_DIGEST])
{
	return table_find(&s->keys, spki, VERIFY_DIGEST) != NULL;
}

/* An issuer may stand in the file several times: each time with a number of its own. */
bool revoke_set_serial(const struct revoke_set *s, const unsigned char issuer[VERIFY_DIGEST],
    const unsigned char serial[SERIAL_KEY])
{
	const unsigned char *end = s->issuers.at + s->issuers.n * s->issuers.width;
	const unsigned char *i = table_find(&s->issuers, issuer, VERIFY_DIGEST);
	unsigned char pair[PAIR_KEY];

	memcpy(pair + 4, serial, SERIAL_KEY);
	for (; i != NULL && i < end && memcmp(i, issuer, VERIFY_DIGEST) == 0;
	     i += s->issuers.width) {
		memcpy(pair, i + VERIFY_DIGEST, 4);
		if (table_find(&s->pairs, pair, PAIR_KEY) != NULL)
			return true;
	}
	return false;
}

void revoke_set_free(struct revoke_set *s)
{
	table_free(&s->keys);
	table_free(&s->issuers);
	table_free(&s->pairs);
}
