/* SPDX-License-Identifier: BSD-2-Clause */
/* Lenient decoders, one loop each; nothing is written beyond the length of the input. */
#include "scanner/decode.h"

#include <string.h>

#define DIGIT (CLASS_SEXTET | CLASS_HEX | CLASS_LIST)
const unsigned char decode_classes[256] = {
	['0' ... '9'] = DIGIT,
	['a' ... 'f'] = DIGIT,
	['A' ... 'F'] = DIGIT,
	['g' ... 'w'] = CLASS_SEXTET,
	['G' ... 'W'] = CLASS_SEXTET,
	['x'] = CLASS_SEXTET | CLASS_LIST,
	['X'] = CLASS_SEXTET | CLASS_LIST,
	['y' ... 'z'] = CLASS_SEXTET,
	['Y' ... 'Z'] = CLASS_SEXTET,
	['+'] = CLASS_SEXTET,
	['/'] = CLASS_SEXTET,
	['_'] = CLASS_SEXTET,
	['-'] = CLASS_SEXTET | CLASS_LIST,
	[','] = CLASS_LIST,
	[' '] = CLASS_LIST,
	['\t'] = CLASS_LIST,
	['\r'] = CLASS_LIST,
	['\n'] = CLASS_LIST,
	[':'] = CLASS_LIST,
};

int decode_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte of two digits at a place, or -1. */
static int hex_pair(struct str s, size_t at)
{
	int high, low;

	if (at + 2 > s.n)
		return -1;
	high = decode_hex(s.p[at]);
	low = decode_hex(s.p[at + 1]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

size_t decode_base64(struct str s, char *to)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	for (size_t i = 0; i < s.n && s.p[i] != '='; i++) {
		int v = decode_sextet(s.p[i]);

		if (v < 0)
			continue;
		bits = (bits << 6 | (uint32_t)v) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			to[n++] = (char)(bits >> have & 0xff);
		}
	}
	return n;
}

size_t decode_percent(struct str s, bool plus, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int v = s.p[i] == '%' ? hex_pair(s, i + 1) : -1;

		if (v >= 0)
			i += 2;
		to[n++] = v >= 0 ? (char)v : plus && s.p[i] == '+' ? ' ' : s.p[i];
	}
	return n;
}

size_t decode_quoted(struct str s, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int v = s.p[i] == '=' ? hex_pair(s, i + 1) : -1;

		if (v >= 0) {
			to[n++] = (char)v;
			i += 2;
		} else if (s.p[i] == '=' && i + 1 < s.n && s.p[i + 1] == '\n') {
			i += 1;
		} else if (s.p[i] == '=' && i + 2 < s.n && memcmp(s.p + i + 1, "\r\n", 2) == 0) {
			i += 2;
		} else {
			to[n++] = s.p[i];
		}
	}
	return n;
}

/* UTF-8 of a code point; surrogates by themselves as three bytes. At most four bytes. */
static size_t put_utf8(uint32_t c, char *to)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | (c >> 18 & 7));
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* A byte as it is; with bytes, U+0080 to U+00FF in UTF-8 as one. How many were read. */
static size_t put_plain(struct str s, size_t at, bool bytes, char *to)
{
	unsigned char c = (unsigned char)s.p[at];

	if (bytes && (c & 0xfe) == 0xc2 && at + 1 < s.n && (s.p[at + 1] & 0xc0) == 0x80) {
		*to = (char)(c << 6 | (s.p[at + 1] & 0x3f));
		return 2;
	}
	*to = (char)c;
	return 1;
}

static char json_letter(char c)
{
	static const char from[] = "bfnrt", into[] = "\b\f\n\r\t";
	const char *at = c != '\0' ? strchr(from, c) : NULL;

	return at != NULL ? into[at - from] : c;
}

/* An escape that scripts have and JSON has not, behind its backslash: \x41, \101. Its length; 0: none. */
static size_t script_escape(struct str s, char *c)
{
	int v = s.n > 2 && s.p[0] == 'x' ? hex_pair(s, 1) : -1;
	size_t n = 0;

	if (v >= 0) {
		*c = (char)v;
		return 3;
	}
	for (v = 0; n < s.n && n < 3 && s.p[n] >= '0' && s.p[n] <= '7' && v * 8 < 256; n++)
		v = v * 8 + (s.p[n] - '0');
	*c = (char)v;
	return n;
}

size_t decode_json(struct str s, bool bytes, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int high, low;
		size_t script;

		if (s.p[i] != '\\' || i + 1 == s.n) {
			i += put_plain(s, i, bytes, &to[n++]) - 1;
			continue;
		}
		i++;
		high = s.p[i] == 'u' ? hex_pair(s, i + 1) : -1;
		low = s.p[i] == 'u' ? hex_pair(s, i + 3) : -1;
		script = script_escape(str_sub(s, i, s.n), &to[n]);
		if (script > 0) {
			n++;
			i += script - 1;
			continue;
		}
		if (high < 0 || low < 0) {
			to[n++] = json_letter(s.p[i]);
			continue;
		}
		i += 4;
		if (bytes && high == 0)
			to[n++] = (char)low;
		else
			n += put_utf8((uint32_t)high << 8 | (uint32_t)low, to + n);
	}
	return n;
}

/* The code point of the reference at the start of s, and its length; 0 where there is none. */
static size_t reference(struct str s, uint32_t *code)
{
	static const struct {
		const char *text;
		char c;
	} named[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' },
		{ "&apos;", '\'' } };
	bool hex = s.n > 2 && (s.p[2] == 'x' || s.p[2] == 'X');
	size_t i = hex ? 3 : 2, digits = 0;

	for (size_t k = 0; k < sizeof(named) / sizeof(named[0]); k++)
		if (str_iprefix(s, str_c(named[k].text))) {
			*code = (uint32_t)named[k].c;
			return strlen(named[k].text);
		}
	if (s.n < 4 || s.p[1] != '#')
		return 0;
	for (*code = 0; i < s.n; i++, digits++) {
		int v = decode_hex(s.p[i]);

		if (v < 0 || (!hex && v > 9))
			break;
		*code = *code > 0x10ffff ? *code : *code * (hex ? 16 : 10) + (uint32_t)v;
	}
	if (digits == 0 || *code > 0x10ffff)
		return 0;
	return i < s.n && s.p[i] == ';' ? i + 1 : i;
}

size_t decode_entities(struct str s, bool bytes, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n;) {
		uint32_t code;
		size_t used = s.p[i] == '&' ? reference(str_sub(s, i, s.n), &code) : 0;
		size_t put;

		if (used == 0) {
			i += put_plain(s, i, bytes, &to[n++]);
			continue;
		}
		if (bytes && code < 0x100) {
			to[n++] = (char)code;
			i += used;
			continue;
		}
		/* Never longer than the reference: four digits at least from U+0800 on. */
		put = put_utf8(code, to + n);
		n += put;
		i += used;
	}
	return n;
}

size_t decode_hexadecimal(struct str s, char *to)
{
	int high = -1;
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int v = decode_hex(s.p[i]);

		if (v < 0)
			continue;
		if (high >= 0)
			to[n++] = (char)(high << 4 | v);
		high = high >= 0 ? -1 : v;
	}
	return n;
}

static size_t separators(struct str s, size_t at)
{
	while (at < s.n && s.p[at] != '\0' && strchr(", \t\r\n:", s.p[at]) != NULL)
		at++;
	return at;
}

size_t decode_number(struct str s, bool pairs, unsigned *value)
{
	size_t at = separators(s, 0), begin;
	bool minus = !pairs && at < s.n && s.p[at] == '-';
	bool hex = pairs || (at + 2 < s.n && s.p[at] == '0' && (s.p[at + 1] == 'x' || s.p[at + 1] == 'X'));

	at += minus + (hex && !pairs ? 2 : 0);
	for (*value = 0, begin = at; at < s.n && at - begin < 4; at++) {
		int v = decode_hex(s.p[at]);

		if (v < 0 || (!hex && v > 9))
			break;
		*value = *value * (hex ? 16 : 10) + (unsigned)v;
	}
	if (at == begin || *value > (minus ? 128 : 255) || (pairs && at - begin != 2))
		return 0;
	if (at < s.n && separators(s, at) == at)
		return 0; /* something else goes on */
	*value = (minus ? 256 - *value : *value) & 0xff;
	return separators(s, at);
}

static unsigned uu_value(struct str s, size_t at)
{
	return at < s.n ? (unsigned)((unsigned char)s.p[at] - 32) & 63 : 0;
}

size_t decode_uu(struct str s, char *to, size_t *used)
{
	size_t at = 0, n = 0;

	while (at < s.n) {
		size_t left = uu_value(s, at), end = at + 1;
		ptrdiff_t line = str_chr(str_sub(s, at, s.n), '\n');
		size_t stop = line < 0 ? s.n : at + (size_t)line;

		if (left == 0 || str_eq(str_sub(s, at, 3), STR("end")))
			break;
		for (; left > 0 && end < stop; end += 4) {
			uint32_t v = uu_value(s, end) << 18 | uu_value(s, end + 1) << 12 |
				     uu_value(s, end + 2) << 6 | uu_value(s, end + 3);

			for (size_t k = 0; k < 3 && left > 0 && end + k + 1 < stop; k++, left--)
				to[n++] = (char)(v >> (16 - 8 * k) & 0xff);
			if (end + 2 > stop)
				break;
		}
		at = stop + 1;
	}
	*used = at < s.n ? at : s.n;
	return n;
}

size_t decode_utf16(struct str s, bool big, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < s.n; i += 2) {
		uint32_t a = (unsigned char)s.p[i], b = (unsigned char)s.p[i + 1];
		uint32_t c = big ? a << 8 | b : b << 8 | a;

		if (c != 0xfeff || i > 0)
			n += put_utf8(c, to + n);
	}
	return n;
}
