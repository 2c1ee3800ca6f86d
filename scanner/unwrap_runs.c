/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes written as runs of text without a format around them: hexadecimal digits, lists of numbers,
 * strings of escapes in scripts, quoted-printable without a header, uuencode; and text of two bytes
 * a character; messages behind their lengths. What a run is was not said by anybody: but for the
 * last three it is a guess.
 */
#include <string.h>

#include "scanner/find.h"
#include "scanner/unwrap.h"

enum {
	HEX_LINE = 16,       /* digits: a shorter line is a word, no part of a run */
	LIST_LEAST = 2 * UNWRAP_LEAST, /* bytes of a list of numbers */
	NUMBERS_PROBE = 16, /* whatever four of these are counted from, such a list has the last bytes of four in a row */
	ESCAPES_LEAST = 8,
	SOFT_LEAST = 50,     /* bytes of a line of quoted-printable before its soft break, and most */
	SOFT_MOST = 77,
	SOFT_EACH = 64 << 10, /* bytes in which one more comes by chance */
	UTF16_SAMPLE = 64
};

/* ---- hexadecimal ---- */

static size_t digits_end(struct str s, size_t at)
{
	while (at < s.n && decode_is(s.p[at], CLASS_HEX))
		at++;
	return at;
}

static void give_hex(struct unwrap *u, struct str s, size_t from, size_t to)
{
	char *own = unwrap_room(u, to - from);

	if (own != NULL)
		unwrap_give(u, own, decode_hexadecimal(str_sub(s, from, to - from), own), true, true);
}

/* Lines of digits, joined over blanks; returns their end. Of an odd number either end is one too many. */
static size_t give_digits(struct unwrap *u, struct str s, size_t at, size_t end)
{
	size_t n = end - at, line = n;

	while (line >= HEX_LINE && end < s.n) {
		size_t begin = end, stop;

		while (begin < s.n && strchr(" \t\r\n", s.p[begin]) != NULL && s.p[begin] != '\0')
			begin++;
		stop = digits_end(s, begin);
		if (begin == end || stop == begin || stop - begin > line)
			break;
		line = stop - begin;
		n += line;
		end = stop;
	}
	if (n >= 2 * UNWRAP_LEAST)
		give_hex(u, s, at, end);
	if (n >= 2 * UNWRAP_LEAST && n % 2 != 0)
		give_hex(u, s, at + 1, end);
	return end;
}

void unwrap_hex(struct unwrap *u, struct str in)
{
	for (size_t at = 0; at < in.n && !u->stop;) {
		at = find_run(in, at, CLASS_HEX, HEX_LINE);
		if (at < in.n)
			at = give_digits(u, in, at, digits_end(in, at));
	}
}

/* ---- lists of numbers ---- */

static bool in_list(char c)
{
	return decode_is(c, CLASS_LIST);
}

/* All numbers of one list of bytes, decimal or 0x, or (pairs) two hexadecimal digits each. */
static void give_numbers(struct unwrap *u, struct str s, bool pairs)
{
	char *own = unwrap_room(u, s.n);
	size_t n = 0;

	for (size_t at = 0; own != NULL && at <= s.n;) {
		unsigned value;
		size_t used = decode_number(str_sub(s, at, s.n), pairs, &value);

		if (used > 0) {
			own[n++] = (char)value;
			at += used;
			continue;
		}
		if (n >= UNWRAP_LEAST) {
			unwrap_give(u, own, n, true, true);
			own = unwrap_room(u, s.n - at);
		}
		n = 0;
		at++;
	}
	if (own != NULL)
		unwrap_give(u, own, 0, true, true);
}

/* Four places, each of which a long list has; all are looked at, as a branch for each would cost more. */
static bool probes_fit(const char *p)
{
	unsigned char all = CLASS_LIST;

	for (size_t i = 1; i <= 4; i++)
		all &= decode_classes[(unsigned char)p[i * NUMBERS_PROBE - 1]];
	return all != 0;
}

void unwrap_numbers(struct unwrap *u, struct str in)
{
	size_t from = 0;

	for (size_t at = 0; at + 4 * NUMBERS_PROBE <= in.n && !u->stop;) {
		size_t begin = at + NUMBERS_PROBE - 1, end = begin;

		if (!probes_fit(in.p + at)) {
			at += 4 * NUMBERS_PROBE;
			continue;
		}
		while (begin > from && in_list(in.p[begin - 1]))
			begin--;
		while (end < in.n && in_list(in.p[end]))
			end++;
		if (end - begin >= LIST_LEAST) {
			give_numbers(u, str_sub(in, begin, end - begin), false);
			give_numbers(u, str_sub(in, begin, end - begin), true);
		}
		from = at = end;
	}
}

/* ---- escapes in the strings of scripts ---- */

static bool is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`' || c == '\n';
}

static bool is_numeric(char c)
{
	return c == 'x' || c == 'u' || (c >= '0' && c <= '7');
}

/* A string around a place where an escape stands: from its quote, not before `from`, to its end. */
static struct str string_around(struct str s, size_t from, size_t at, size_t *escapes)
{
	size_t end = at;

	while (at > from && !is_quote(s.p[at - 1]))
		at--;
	for (*escapes = 0; end < s.n && !is_quote(s.p[end]); end++)
		if (s.p[end] == '\\' && end + 1 < s.n) {
			end++;
			*escapes += is_numeric(s.p[end]);
		}
	return str_sub(s, at, end - at);
}

/* Are there so many that one string could have enough of them? */
static bool many_escapes(struct str in)
{
	struct finder f = finder_start(in, "\\");
	size_t n = 0;

	for (size_t at = 0; n < ESCAPES_LEAST && (at = finder_next(&f, at)) + 1 < in.n; at++)
		n += is_numeric(in.p[at + 1]);
	return n >= ESCAPES_LEAST;
}

void unwrap_escapes(struct unwrap *u, struct str in)
{
	struct finder f = finder_start(in, "\\");
	bool many = memchr(in.p, '\\', in.n) != NULL && many_escapes(in);

	for (size_t at = 0, slash; many && !u->stop && (slash = finder_next(&f, at)) < in.n;) {
		size_t escapes;
		struct str s = string_around(in, at, slash, &escapes);
		char *own = escapes < ESCAPES_LEAST ? NULL : unwrap_room(u, s.n);

		at = (size_t)(s.p - in.p) + s.n + 1;
		if (own != NULL)
			unwrap_give(u, own, decode_json(s, true, own), true, true);
	}
}

/* ---- quoted-printable without a header ---- */

/* The bytes of the line before a place: SOFT_MOST and one more where there are more. */
static size_t line_before(struct str s, size_t at)
{
	size_t n = 0;

	while (n < at && n <= SOFT_MOST && s.p[at - n - 1] != '\n')
		n++;
	return n;
}

/* It shows in its soft line breaks (RFC 2045 section 6.7 rule 5), or in many upper-case escapes. */
static bool looks_quoted(struct str s)
{
	struct finder f = finder_start(s, "=");
	size_t soft = 0, escapes = 0;

	for (size_t i = 0; (i = finder_next(&f, i)) + 1 < s.n; i++) {
		size_t line;

		if (s.p[i + 1] == '\n' || s.p[i + 1] == '\r') {
			line = line_before(s, i);
			soft += line >= SOFT_LEAST && line <= SOFT_MOST;
		} else {
			escapes += i + 2 < s.n && decode_is(s.p[i + 1], CLASS_HEX) && decode_is(s.p[i + 2], CLASS_HEX);
		}
	}
	return soft >= 2 + s.n / SOFT_EACH || (escapes >= ESCAPES_LEAST && escapes >= s.n / 32);
}

void unwrap_quoted(struct unwrap *u, struct str in)
{
	char *own;

	if (memchr(in.p, '=', in.n) == NULL || !looks_quoted(in) || (own = unwrap_room(u, in.n)) == NULL)
		return;
	unwrap_give(u, own, decode_quoted(in, own), true, true);
}

/* ---- uuencode (POSIX.1 uuencode) ---- */

/* "begin 644 name" at a place: where the next line begins, 0 where it is none. */
static size_t begin_line(struct str s, size_t at)
{
	size_t i = at + 6, digits = 0;

	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '7' && digits < 5) {
		i++;
		digits++;
	}
	if (digits < 3 || i == s.n || s.p[i] != ' ')
		return 0;
	while (i < s.n && s.p[i] != '\n')
		i++;
	return i < s.n ? i + 1 : 0;
}

/* The next line that begins with a "b", from `at` on. */
static size_t b_line(struct str s, size_t at)
{
	size_t end = find_pair(s, at, '\n', 'b', false);

	return end < s.n ? end + 1 : s.n;
}

void unwrap_uuencode(struct unwrap *u, struct str in)
{
	for (size_t at = in.n > 0 && in.p[0] == 'b' ? 0 : b_line(in, 0); at < in.n && !u->stop;) {
		size_t from = str_eq(str_sub(in, at, 6), STR("begin ")) ? begin_line(in, at) : 0, used = 0, n;
		char *own = from > 0 ? unwrap_room(u, in.n - from) : NULL;

		if (own != NULL) {
			n = decode_uu(str_sub(in, from, in.n), own, &used);
			unwrap_give(u, own, n, true, false);
			at = from + used - 1; /* the end of a line may begin the next */
		}
		at = b_line(in, at);
	}
}

/* ---- text of two bytes a character ---- */

enum order { ORDER_NONE, ORDER_LITTLE, ORDER_BIG };

/* By its byte order mark, or by zeros in every other place of its beginning. */
static enum order utf16_order(struct str s)
{
	size_t n = s.n < UTF16_SAMPLE ? s.n / 2 : UTF16_SAMPLE / 2, zero[2] = { 0, 0 };

	if (n < 8)
		return ORDER_NONE;
	if (str_eq(str_sub(s, 0, 2), STR("\xff\xfe")))
		return ORDER_LITTLE;
	if (str_eq(str_sub(s, 0, 2), STR("\xfe\xff")))
		return ORDER_BIG;
	for (size_t i = 0; i < 2 * n; i++)
		zero[i % 2] += s.p[i] == '\0';
	if (zero[1] >= n - n / 8 && zero[0] == 0)
		return ORDER_LITTLE;
	return zero[0] >= n - n / 8 && zero[1] == 0 ? ORDER_BIG : ORDER_NONE;
}

void unwrap_utf16(struct unwrap *u, struct str in)
{
	enum order order = utf16_order(in);
	char *own = order != ORDER_NONE ? unwrap_room(u, in.n / 2 * 3) : NULL;

	if (own != NULL)
		unwrap_give(u, own, decode_utf16(in, order == ORDER_BIG, own), true, false);
}

/* ---- length-prefixed messages (gRPC over HTTP/2, and gRPC-web) ---- */

enum { FRAME_HEAD = 5 };

/* Is there a whole one at the beginning? Its length without its head. */
static bool frame_at(struct str s, size_t *n)
{
	unsigned char flags = s.n >= FRAME_HEAD ? (unsigned char)s.p[0] : 0xff;

	*n = 0;
	for (size_t i = 1; i < FRAME_HEAD && i < s.n; i++)
		*n = *n << 8 | (unsigned char)s.p[i];
	return (flags == 0 || flags == 1 || flags == 0x80) && *n <= s.n - FRAME_HEAD;
}

static struct str next_frame(struct str *rest)
{
	struct str s = STR_NONE;
	size_t n;

	if (frame_at(*rest, &n))
		s = str_sub(*rest, FRAME_HEAD, n);
	*rest = str_sub(*rest, FRAME_HEAD + n, rest->n);
	return s;
}

/* All of it must be such messages; one by accident would be one in a thousand million bodies. */
void unwrap_frames(struct unwrap *u, struct str in)
{
	struct str rest = in;
	size_t n;

	while (frame_at(rest, &n))
		next_frame(&rest);
	if (rest.n > 0)
		return;
	for (rest = in; rest.n > 0 && !u->stop;)
		unwrap_show(u, next_frame(&rest), false);
}
