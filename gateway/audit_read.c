/* SPDX-License-Identifier: BSD-2-Clause */
/* A strict reader of flat JSON objects, as core/json.c writes them, without any allocation. */
#include "gateway/audit_read.h"

#include <string.h>

enum { LINE_MAX_BYTES = 65536, DIGITS = 2 * AUDIT_SHA256 };

static const char *const words[] = { "none", "part", "whole", "later" };

const char *audit_passed_word(enum audit_passed p)
{
	return words[p];
}

static enum audit_passed passed_of(struct str word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(word, str_c(words[i])))
			return (enum audit_passed)i;
	return PASSED_NONE;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool audit_read_sha256(struct str hex, unsigned char to[AUDIT_SHA256])
{
	if (hex.n != DIGITS)
		return false;
	for (size_t i = 0; i < AUDIT_SHA256; i++) {
		int hi = digit(hex.p[2 * i]), lo = digit(hex.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		to[i] = (unsigned char)(hi << 4 | lo);
	}
	return true;
}

void audit_write_sha256(const unsigned char sha256[AUDIT_SHA256], char to[DIGITS + 1])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < AUDIT_SHA256; i++) {
		to[2 * i] = hex[sha256[i] >> 4];
		to[2 * i + 1] = hex[sha256[i] & 15];
	}
	to[DIGITS] = '\0';
}

ptrdiff_t audit_find_digest(struct str bytes, size_t from)
{
	static const struct str begin = { "\"sha256_", 8 }, up = { "up\":\"", 5 }, down = { "down\":\"", 7 };

	while (from < bytes.n) {
		const char *at = memmem(bytes.p + from, bytes.n - from, begin.p, begin.n);
		struct str rest;
		size_t n;

		if (at == NULL)
			return -1;
		from = (size_t)(at - bytes.p) + begin.n;
		rest = str_sub(bytes, from, bytes.n);
		n = str_eq(str_sub(rest, 0, up.n), up) ? up.n : str_eq(str_sub(rest, 0, down.n), down) ? down.n : 0;
		if (n > 0 && rest.n >= n + DIGITS)
			return (ptrdiff_t)(from + n);
	}
	return -1;
}

/* ---- members ---- */

/* Position behind the closing quote of a text whose opening one is at `at`; 0: it has none. */
static size_t text_end(struct str s, size_t at)
{
	for (size_t i = at + 1; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		if ((unsigned char)s.p[i] < 0x20)
			return 0;
		if (s.p[i] == '\\')
			i++;
	}
	return 0;
}

static size_t plain_end(struct str s, size_t at)
{
	size_t i = at;

	while (i < s.n && ((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '-'))
		i++;
	return i > at ? i : 0;
}

/* The next member's key without quotes and value as it stands; false at the end, or *bad. */
static bool member(struct str line, size_t *at, struct str *key, struct str *value, bool *bad)
{
	size_t i = *at, end;

	*bad = true;
	if (i < line.n && line.p[i] == '}') {
		*bad = i + 1 != line.n;
		return false;
	}
	if (i >= line.n || line.p[i] != '"' || (end = text_end(line, i)) == 0)
		return false;
	*key = str_sub(line, i + 1, end - i - 2);
	if (end + 1 >= line.n || line.p[end] != ':')
		return false;
	i = end + 1;
	end = line.p[i] == '"' ? text_end(line, i) : plain_end(line, i);
	if (end == 0 || end >= line.n || (line.p[end] != ',' && line.p[end] != '}'))
		return false;
	if (line.p[end] == ',' && (end + 1 >= line.n || line.p[end + 1] != '"'))
		return false;
	*value = str_sub(line, i, end - i);
	*at = line.p[end] == ',' ? end + 1 : end;
	*bad = false;
	return true;
}

/* One character of a text, undone: how many bytes it took. What is not ASCII is given as UTF-8
 * where it stands so; \u above 0x7f, which the writer does not make, becomes '?'. */
static size_t unescape(struct str s, char *c)
{
	uint64_t code;

	*c = s.p[0];
	if (s.p[0] != '\\' || s.n < 2)
		return 1;
	if (s.p[1] == 'u' && str_hex64(str_sub(s, 2, 4), &code) == 0 && s.n >= 6) {
		*c = code < 0x80 ? (char)code : '?';
		return 6;
	}
	*c = s.p[1] == 'n' ? '\n' : s.p[1] == 't' ? '\t' : s.p[1] == 'r' ? '\r' : s.p[1];
	return 2;
}

/* A value that is a text, without quotes and escapes, cut at cap; control bytes become '?'. */
static void copy_text(struct str value, char *to, size_t cap)
{
	struct str s = value.n >= 2 && value.p[0] == '"' ? str_sub(value, 1, value.n - 2) : STR_NONE;
	size_t n = 0;

	while (s.n > 0 && n + 1 < cap) {
		size_t used = unescape(s, &to[n]);

		if ((unsigned char)to[n] < 0x20 || to[n] == 0x7f)
			to[n] = '?';
		n++;
		s = str_sub(s, used, s.n);
	}
	to[n] = '\0';
}

static void take_object(struct audit_object *o, const char *what, struct str value)
{
	struct str inside = value.n >= 2 ? str_sub(value, 1, value.n - 2) : STR_NONE;

	if (strcmp(what, "sha256") == 0)
		o->known = value.p[0] == '"' && audit_read_sha256(inside, o->sha256);
	else if (strcmp(what, "length") == 0 && str_u64(value, &o->length) != 0)
		o->length = 0;
	else if (strcmp(what, "passed") == 0)
		o->passed = passed_of(inside);
}

static void take(struct audit_seen *to, struct str key, struct str value)
{
	static const char *const whats[] = { "sha256", "length", "passed" };
	const struct {
		const char *name;
		char *to;
		size_t cap;
	} texts[] = {
		{ "ts", to->ts, sizeof(to->ts) },
		{ "client", to->client, sizeof(to->client) },
		{ "host", to->host, sizeof(to->host) },
		{ "path", to->path, sizeof(to->path) },
		{ "incident", to->incident, sizeof(to->incident) },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (str_eq(key, str_c(texts[i].name)))
			copy_text(value, texts[i].to, texts[i].cap);
	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
		size_t n = strlen(whats[i]);

		if (!str_eq(str_sub(key, 0, n), str_c(whats[i])))
			continue;
		if (str_eq(str_sub(key, n, key.n), STR("_up")))
			take_object(&to->up, whats[i], value);
		else if (str_eq(str_sub(key, n, key.n), STR("_down")))
			take_object(&to->down, whats[i], value);
	}
}

bool audit_read_seen(struct str line, struct audit_seen *to)
{
	struct str key, value;
	bool bad, transaction = false;
	size_t at = 1;

	memset(to, 0, sizeof(*to));
	if (line.n < 2 || line.n > LINE_MAX_BYTES || line.p[0] != '{')
		return false;
	while (member(line, &at, &key, &value, &bad)) {
		if (str_eq(key, STR("event")))
			transaction = str_eq(value, STR("\"transaction\""));
		take(to, key, value);
	}
	return !bad && transaction && (to->up.known || to->down.known);
}
