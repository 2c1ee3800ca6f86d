/* SPDX-License-Identifier: BSD-2-Clause */
/* A small JSON object writer (RFC 8259) for audit lines; never fails half-way. */
#include "core/json.h"

#include <string.h>

#include "core/err.h"

static void put(struct json *j, const char *p, size_t n)
{
	if (j->bad == 0)
		j->bad = buf_append(j->out, p, n);
}

/* Where n bytes may be written, buf_commit() follows; NULL: it is noted why not. */
static char *room(struct json *j, size_t n)
{
	char *to = j->bad == 0 ? buf_reserve(j->out, n) : NULL;

	if (to == NULL && j->bad == 0)
		j->bad = n > j->out->max - j->out->len ? -ERR_LIMIT : -ERR_NOMEM;
	return to;
}

/* Length of the UTF-8 sequence at p (RFC 3629), 0 if it is none. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	static const struct {
		unsigned char lo, hi, need, min2, max2;
	} rows[] = {
		{ 0xc2, 0xdf, 1, 0x80, 0xbf }, { 0xe0, 0xe0, 2, 0xa0, 0xbf },
		{ 0xe1, 0xec, 2, 0x80, 0xbf }, { 0xed, 0xed, 2, 0x80, 0x9f },
		{ 0xee, 0xef, 2, 0x80, 0xbf }, { 0xf0, 0xf0, 3, 0x90, 0xbf },
		{ 0xf1, 0xf3, 3, 0x80, 0xbf }, { 0xf4, 0xf4, 3, 0x80, 0x8f },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (p[0] < rows[i].lo || p[0] > rows[i].hi || n <= rows[i].need)
			continue;
		if (p[1] < rows[i].min2 || p[1] > rows[i].max2)
			return 0;
		for (size_t k = 2; k <= rows[i].need; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return rows[i].need + 1u;
	}
	return 0;
}

static void put_escaped(struct json *j, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char u[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
	char two[2] = { '\\', (char)c };

	if (c == '"' || c == '\\')
		put(j, two, 2);
	else
		put(j, u, 6);
}

/* Most texts have nothing to escape: they go out at once. */
static bool put_plain(struct json *j, struct str s)
{
	char *to;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	if ((to = room(j, s.n + 2)) == NULL)
		return true;
	to[0] = to[s.n + 1] = '"';
	if (s.n > 0)
		memcpy(to + 1, s.p, s.n);
	buf_commit(j->out, s.n + 2);
	return true;
}

static void put_text(struct json *j, struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t from = 0, i = 0;

	if (put_plain(j, s))
		return;
	put(j, "\"", 1);
	while (i < s.n) {
		size_t len = p[i] < 0x80 ? 1 : utf8_length(p + i, s.n - i);

		if (len > 1 || (len == 1 && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\' && p[i] != 0x7f)) {
			i += len;
			continue;
		}
		put(j, s.p + from, i - from);
		if (len == 0)
			put(j, "\xef\xbf\xbd", 3);
		else
			put_escaped(j, p[i]);
		from = ++i;
	}
	put(j, s.p + from, i - from);
	put(j, "\"", 1);
}

/* Keys are our own words: nothing in them needs an escape. At once, since a line has thirty. */
static void put_key(struct json *j, const char *key)
{
	size_t n = strlen(key), at = 0;
	char *to = room(j, n + 4);

	if (to == NULL)
		return;
	if (j->comma)
		to[at++] = ',';
	j->comma = true;
	to[at++] = '"';
	memcpy(to + at, key, n);
	at += n;
	to[at++] = '"';
	to[at++] = ':';
	buf_commit(j->out, at);
}

static void put_digits(struct json *j, uint64_t value)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	put(j, digits + n, sizeof(digits) - n);
}

void json_begin(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out, .start = out->len };
	put(j, "{", 1);
}

void json_str(struct json *j, const char *key, struct str value)
{
	put_key(j, key);
	put_text(j, value);
}

void json_c(struct json *j, const char *key, const char *value)
{
	json_str(j, key, str_c(value));
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
	put_key(j, key);
	put_digits(j, value);
}

void json_i64(struct json *j, const char *key, int64_t value)
{
	put_key(j, key);
	if (value < 0)
		put(j, "-", 1);
	put_digits(j, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	put_key(j, key);
	put(j, value ? "true" : "false", value ? 4 : 5);
}

void json_open(struct json *j, const char *key)
{
	put_key(j, key);
	put(j, "{", 1);
	j->comma = false;
}

void json_close(struct json *j)
{
	put(j, "}", 1);
	j->comma = true;
}

int json_end(struct json *j)
{
	put(j, "}\n", 2);
	if (j->bad != 0)
		j->out->len = j->start;
	return j->bad;
}
