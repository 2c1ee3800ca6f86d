/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wrappings for tests: each puts any bytes into a form or file format, the way its senders do, with
 * random turns (boundaries, line lengths, names, letter case) from a seeded generator.
 */
#ifndef TESTS_SCAN_WRAP_H
#define TESTS_SCAN_WRAP_H

#include <ctype.h>
#include <stdio.h>
#include <zlib.h>

#include "scan_zip.h"

static uint64_t wrap_seed;

/* splitmix64 */
static inline unsigned wrap_random(unsigned below)
{
	uint64_t z = wrap_seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (unsigned)((z ^ z >> 31) % below);
}

/* Raw deflate (bits -15) or gzip (31), as zlib packs it. */
static inline void wrap_deflate(struct buf *b, struct str s, int bits)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)s.p, .avail_in = (uInt)s.n };
	size_t room;

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
	room = deflateBound(&z, s.n);
	z.next_out = (Bytef *)buf_reserve(b, room);
	z.avail_out = (uInt)room;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_commit(b, z.total_out);
	deflateEnd(&z);
}

/* Lines of so many letters (0: one line), ended by `end`; url: the other alphabet. */
static inline void wrap_base64(struct buf *b, struct str s, unsigned line, const char *end, bool url)
{
	const char *a = url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" :
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned column = 0;

	for (size_t i = 0; i < s.n; i += 3) {
		unsigned v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < s.n ? (unsigned char)s.p[i + k] : 0);
		for (size_t k = 0; k < 4; k++) {
			bool pad = i + k > s.n;
			char c = pad ? '=' : a[v >> (18 - 6 * k) & 63];

			if (pad && url)
				continue;
			buf_append(b, &c, 1);
			if (line != 0 && ++column % line == 0)
				buf_append(b, end, strlen(end));
		}
	}
}

static inline void wrap_percent(struct buf *b, struct str s)
{
	bool all = wrap_random(2) == 0, upper = wrap_random(2) == 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (!all && (isalnum(c) || c == '-' || c == '_' || c == '.'))
			buf_append(b, &c, 1);
		else
			buf_printf(b, upper ? "%%%02X" : "%%%02x", c);
	}
}

static inline void in_multipart(struct buf *b, struct str s)
{
	const char *end = wrap_random(4) == 0 ? "\n" : "\r\n";
	char boundary[40];
	unsigned before = wrap_random(3);

	snprintf(boundary, sizeof(boundary), "%.*s%08x%08x", (int)wrap_random(16), "----------------",
	    wrap_random(~0U), wrap_random(~0U));
	if (wrap_random(4) == 0)
		buf_printf(b, "a preamble%s", end);
	for (unsigned i = 0; i < before; i++)
		buf_printf(b, "--%s%sContent-Disposition: form-data; name=\"f%u\"%s%ssome text%s",
		    boundary, end, i, end, end, end);
	buf_printf(b, "--%s%sContent-Disposition: form-data; name=\"file\"; filename=\"x.bin\"%s",
	    boundary, end, end);
	buf_printf(b, "Content-Type: application/octet-stream%s%s", end, end);
	buf_str(b, s);
	buf_printf(b, "%s--%s--%s", end, boundary, end);
}

static inline void in_form(struct buf *b, struct str s)
{
	buf_str(b, STR("comment=some+text&file%5B%5D="));
	wrap_percent(b, s);
	buf_str(b, STR("&send=Send"));
}

static inline void in_form_base64(struct buf *b, struct str s)
{
	struct buf letters;

	buf_init(&letters, 64 << 20);
	wrap_base64(&letters, s, 0, "", wrap_random(2) == 0);
	buf_str(b, STR("name=report.bin&content="));
	wrap_percent(b, buf_view(&letters));
	buf_free(&letters);
}

static inline void in_json_base64(struct buf *b, struct str s)
{
	static const char *const ends[] = { "", "\\n", "\\r\\n" };
	unsigned how = wrap_random(3);

	buf_str(b, STR("{\"name\": \"x.bin\", \"list\": [1, 2.5, null], \"data\":\""));
	wrap_base64(b, s, how == 0 ? 0 : 76, ends[how], wrap_random(2) == 0);
	buf_str(b, STR("\", \"more\": \"a \\\"quoted\\\" word\"}"));
}

/* "\/" for each slash, as PHP writes it. */
static inline void in_json_php(struct buf *b, struct str s)
{
	struct buf letters;

	buf_init(&letters, 64 << 20);
	wrap_base64(&letters, s, 0, "", false);
	buf_str(b, STR("[{\"file\":\"data:application\\/octet-stream;base64,"));
	for (size_t i = 0; i < letters.len; i++) {
		char c = buf_view(&letters).p[i];

		buf_append(b, c == '/' ? "\\/" : &c, c == '/' ? 2 : 1);
	}
	buf_str(b, STR("\"}]"));
	buf_free(&letters);
}

/* A "binary string": one code point for each byte. */
static inline void in_json_string(struct buf *b, struct str s)
{
	buf_str(b, STR("{\"text\":\""));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f || wrap_random(8) == 0)
			buf_printf(b, "\\u%04x", c);
		else
			buf_append(b, &c, 1);
	}
	buf_str(b, STR("\"}"));
}

static inline void in_html_data_url(struct buf *b, struct str s)
{
	buf_str(b, STR("<!DOCTYPE html><html><body><p>a text</p><a download href=\"data:"));
	if (wrap_random(2) == 0)
		buf_str(b, STR("application/octet-stream"));
	if (wrap_random(2) == 0) {
		buf_str(b, STR(";base64,"));
		wrap_base64(b, s, 0, "", false);
	} else {
		buf_str(b, STR(","));
		wrap_percent(b, s);
	}
	buf_str(b, STR("\">a link</a></body></html>\n"));
}

static inline void in_css_data_url(struct buf *b, struct str s)
{
	buf_str(b, STR("body { margin: 0 }\n.a { background: url(data:image/png;base64,"));
	wrap_base64(b, s, 0, "", false);
	buf_str(b, STR(") }\n"));
}

static inline void in_mail(struct buf *b, struct str s)
{
	buf_str(b, STR("From: a@b.test\r\nTo: c@d.test\r\nSubject: a report\r\nMIME-Version: 1.0\r\n"
		       "Content-Type: multipart/mixed; boundary=\"=_next\"\r\n\r\n--=_next\r\n"
		       "Content-Type: text/plain\r\n\r\nsee below\r\n--=_next\r\n"
		       "Content-Type: application/octet-stream; name=\"x.bin\"\r\n"
		       "Content-Transfer-Encoding: base64\r\n\r\n"));
	wrap_base64(b, s, 60 + 4 * wrap_random(5), "\r\n", false);
	buf_str(b, STR("\r\n--=_next--\r\n"));
}

static inline void in_quoted_part(struct buf *b, struct str s)
{
	unsigned column = 0;

	buf_str(b, STR("--q\r\nContent-Type: text/plain\r\n"
		       "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		column += c > ' ' && c < 0x7f && c != '=' ? 1 : 3;
		if (c > ' ' && c < 0x7f && c != '=')
			buf_append(b, &c, 1);
		else
			buf_printf(b, "=%02X", c);
		if (column > 70) {
			buf_str(b, STR("=\r\n"));
			column = 0;
		}
	}
	buf_str(b, STR("\r\n--q--\r\n"));
}

static inline void in_xml_base64(struct buf *b, struct str s)
{
	static const char *const ends[] = { "", "\n    ", "&#xD;\n", "&#13;&#10;" };
	unsigned how = wrap_random(4);

	buf_str(b, STR("<?xml version=\"1.0\"?>\n<s:Envelope xmlns:s=\"urn:x\"><s:Body><File>"));
	wrap_base64(b, s, how == 0 ? 0 : 64, ends[how], false);
	buf_str(b, STR("</File></s:Body></s:Envelope>\n"));
}

static inline void in_xml_references(struct buf *b, struct str s)
{
	bool all = wrap_random(2) == 0;

	buf_str(b, STR("<?xml version=\"1.1\"?>\n<doc><text>"));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (!all && isalnum(c) && i % 4 != 0)
			buf_append(b, &c, 1);
		else
			buf_printf(b, i % 2 ? "&#x%X;" : "&#%u;", c);
	}
	buf_str(b, STR("</text></doc>\n"));
}

static inline void in_gzip(struct buf *b, struct str s)
{
	wrap_deflate(b, s, 31);
}

static inline void in_zip(struct buf *b, struct str s)
{
	struct zip_member m[] = { { STR("readme.txt"), STR("a harmless member"), 0, 0, 0 },
		{ STR("x.bin"), s, 0, 0, 0 } };
	struct buf packed;

	buf_init(&packed, 64 << 20);
	if (wrap_random(2) == 0) {
		wrap_deflate(&packed, s, -15);
		m[1] = (struct zip_member){ STR("x.bin"), buf_view(&packed), 0, 8, (uint32_t)s.n };
	}
	if (wrap_random(2) == 0)
		zip_make(b, m, 2);
	else
		zip_make(b, m + 1, 1);
	buf_free(&packed);
}

/* ustar, POSIX.1-1988 */
static inline void in_tar(struct buf *b, struct str s)
{
	char head[512] = "x.bin", zero[1024] = "";
	unsigned sum = 0;

	snprintf(head + 100, 8, "%07o", 0644);
	snprintf(head + 108, 8, "%07o", 0);
	snprintf(head + 116, 8, "%07o", 0);
	snprintf(head + 124, 12, "%011o", (unsigned)s.n);
	snprintf(head + 136, 12, "%011o", 0);
	memset(head + 148, ' ', 8);
	head[156] = '0';
	memcpy(head + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += (unsigned char)head[i];
	snprintf(head + 148, 8, "%06o", sum);
	buf_append(b, head, sizeof(head));
	buf_str(b, s);
	buf_append(b, zero, (512 - s.n % 512) % 512);
	buf_append(b, zero, sizeof(zero));
}

/* Digits in one line or several, as a value of JSON or alone. */
static inline void in_hex(struct buf *b, struct str s)
{
	bool upper = wrap_random(2) == 0, lines = wrap_random(2) == 0, json = !lines && wrap_random(2) == 0;

	buf_str(b, json ? STR("{\"data\":\"") : STR(""));
	for (size_t i = 0; i < s.n; i++)
		buf_printf(b, upper ? "%02X%s" : "%02x%s", (unsigned char)s.p[i], lines && i % 32 == 31 ? "\n" : "");
	buf_str(b, json ? STR("\"}") : STR("\n"));
}

static inline void in_numbers(struct buf *b, struct str s)
{
	static const char *const forms[] = { "%u,", "%u, ", "0x%02x,", "0x%X, " };
	const char *form = forms[wrap_random(4)];

	buf_str(b, STR("{\"type\":\"Buffer\",\"data\":["));
	for (size_t i = 0; i + 1 < s.n; i++)
		buf_printf(b, form, (unsigned char)s.p[i]); /* NOLINT: one of four above */
	buf_printf(b, "%u]}", (unsigned char)s.p[s.n - 1]);
}

static inline void in_script_escapes(struct buf *b, struct str s)
{
	bool some = wrap_random(2) == 0;

	buf_str(b, STR("const code = '"));
	for (size_t i = 0; i < s.n; i++)
		if (some && isalnum((unsigned char)s.p[i]) && i > 16)
			buf_append(b, s.p + i, 1);
		else
			buf_printf(b, i % 3 ? "\\x%02x" : "\\u%04x", (unsigned char)s.p[i]);
	buf_str(b, STR("';\nrun(code);\n"));
}

static inline void in_uuencode(struct buf *b, struct str s)
{
	buf_str(b, STR("some text\nbegin 644 x.bin\n"));
	for (size_t i = 0; i < s.n; i += 45) {
		size_t n = s.n - i < 45 ? s.n - i : 45;

		buf_printf(b, "%c", (int)n + 32);
		for (size_t k = 0; k < n; k += 3) {
			unsigned v = 0;

			for (size_t m = 0; m < 3; m++)
				v = v << 8 | (k + m < n ? (unsigned char)s.p[i + k + m] : 0);
			for (int m = 18; m >= 0; m -= 6)
				buf_printf(b, "%c", (v >> m & 63) == 0 ? '`' : (int)(v >> m & 63) + 32);
		}
		buf_str(b, STR("\n"));
	}
	buf_str(b, STR("`\nend\n"));
}

/* JSON in two bytes a character, in either order, with or without a mark. */
static inline void in_utf16(struct buf *b, struct str s)
{
	bool big = wrap_random(2) == 0, mark = wrap_random(2) == 0;
	struct buf text;

	buf_init(&text, 64 << 20);
	buf_str(&text, STR("{\"name\":\"x.bin\",\"data\":\""));
	wrap_base64(&text, s, 0, "", false);
	buf_str(&text, STR("\"}"));
	if (mark)
		buf_append(b, big ? "\xfe\xff" : "\xff\xfe", 2);
	for (size_t i = 0; i < text.len; i++) {
		char pair[2] = { big ? '\0' : text.p[text.off + i], big ? text.p[text.off + i] : '\0' };

		buf_append(b, pair, 2);
	}
	buf_free(&text);
}

static const struct wrapping {
	const char *name;
	void (*wrap)(struct buf *b, struct str s);
} wrappings[] = {
	{ "multipart", in_multipart },
	{ "form", in_form },
	{ "form-base64", in_form_base64 },
	{ "json-base64", in_json_base64 },
	{ "json-php", in_json_php },
	{ "json-string", in_json_string },
	{ "html-data-url", in_html_data_url },
	{ "css-data-url", in_css_data_url },
	{ "mail", in_mail },
	{ "quoted-part", in_quoted_part },
	{ "xml-base64", in_xml_base64 },
	{ "xml-references", in_xml_references },
	{ "hex", in_hex },
	{ "numbers", in_numbers },
	{ "script-escapes", in_script_escapes },
	{ "uuencode", in_uuencode },
	{ "utf16", in_utf16 },
	{ "gzip", in_gzip },
	{ "zip", in_zip },
	{ "tar", in_tar },
};
enum { WRAPPINGS = sizeof(wrappings) / sizeof(wrappings[0]) };

#endif
