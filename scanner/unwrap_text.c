/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files written as text: long runs of base64 wherever they stand, data: URLs, strings of JSON,
 * text and attributes of markup, values of forms. Pieces that are shorter than a file worth the
 * name, or differ from what the engine saw by a few escapes only, are searched together.
 */
#include <string.h>

#include "scanner/find.h"
#include "scanner/unwrap.h"

enum {
	RUN_LEAST = (UNWRAP_LEAST * 4 + 2) / 3, /* letters of base64 */
	LINE_LEAST = 20,   /* a shorter line of letters is a word, no part of a run */
	MEDIA_MOST = 256,  /* "data:" to the comma */
	KEY_MOST = 256,    /* the first name of a form */
	ESCAPES_MANY = 8   /* so many numeric ones are there to hide something */
};

/* ---- base64 ---- */

/* The end of a run of letters. */
static size_t letters_end(struct str s, size_t at)
{
	while (at < s.n && decode_is(s.p[at], CLASS_SEXTET))
		at++;
	return at;
}

static size_t blanks_end(struct str s, size_t at)
{
	while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t' || s.p[at] == '\r' || s.p[at] == '\n'))
		at++;
	return at;
}

static bool is_escape(struct str s, size_t at)
{
	return at < s.n && (s.p[at] == '\\' || s.p[at] == '%' || s.p[at] == '&');
}

/* The letters between two places. Where an escape follows, they go on in what that stands for. */
static void give_base64(struct unwrap *u, struct str s, size_t from, size_t to, bool guess)
{
	char *own = unwrap_room(u, to - from);

	if (own != NULL)
		unwrap_give(u, own, decode_base64(str_sub(s, from, to - from), own), true,
		    guess || is_escape(s, to));
}

/*
 * Lines of letters, joined over blanks. Lines of base64 are all of one length but for a shorter
 * last one; where they are not, the first may be no part of it, nor what follows a shorter one.
 */
static size_t give_run(struct unwrap *u, struct str s, size_t at)
{
	size_t end = letters_end(s, at), first = end - at, second = 0, next = 0, n = first, regular = 0;

	for (size_t line = first; line >= LINE_LEAST && end < s.n;) {
		size_t begin = blanks_end(s, end), stop = letters_end(s, begin);

		if (begin == end || stop == begin)
			break;
		if (regular == 0 && (stop - begin > line || (second != 0 && line < second)))
			regular = end;
		line = stop - begin;
		if (second == 0) {
			second = line;
			next = begin;
		}
		n += line;
		end = stop;
	}
	if (n >= RUN_LEAST)
		give_base64(u, s, at, end, regular != 0);
	if (regular != 0 && regular - at >= RUN_LEAST)
		give_base64(u, s, at, regular, true);
	if (second != 0 && second != first && n - first >= RUN_LEAST)
		give_base64(u, s, next, end, true);
	return end;
}

void unwrap_base64(struct unwrap *u, struct str in)
{
	for (size_t at = 0; at < in.n && !u->stop;) {
		at = find_run(in, at, CLASS_SEXTET, LINE_LEAST);
		if (at < in.n)
			at = give_run(u, in, at);
	}
}

/* ---- data: URLs (RFC 2397) ---- */

static bool ends_url(char c)
{
	return c == '"' || c == '\'' || c == '<' || c == '>' || c == ')' || c == '\\' || c == '\0';
}

/* The comma behind a media type; s.n without. */
static size_t media_end(struct str s, size_t at)
{
	size_t most = at + MEDIA_MOST < s.n ? at + MEDIA_MOST : s.n;

	while (at < most && s.p[at] != ',' && !ends_url(s.p[at]) && s.p[at] != '\n')
		at++;
	return at < most && s.p[at] == ',' ? at : s.n;
}

static size_t give_url(struct unwrap *u, struct str s, size_t at)
{
	size_t comma = media_end(s, at), end = comma + 1, n;
	bool base64 = false, binary = false; /* raw bytes: decoded before, and cut at any of them */
	char *own;

	if (comma == s.n)
		return at;
	for (size_t i = at; i + 6 <= comma; i++)
		base64 |= str_iprefix(str_sub(s, i, 6), STR("base64"));
	for (; end < s.n && !ends_url(s.p[end]); end++)
		binary |= (unsigned char)s.p[end] < ' ' && strchr("\t\r\n", s.p[end]) == NULL;
	own = unwrap_room(u, end - comma - 1);
	if (own == NULL)
		return end;
	n = decode_percent(str_sub(s, comma + 1, end - comma - 1), false, own);
	if (base64)
		n = decode_base64(str_of(own, n), own); /* never ahead of what it reads */
	unwrap_give(u, own, n, true,
	    !base64 || binary || is_escape(s, end) || (end < s.n && s.p[end] == '\0'));
	return end;
}

void unwrap_data_urls(struct unwrap *u, struct str in)
{
	for (size_t at = 0; !u->stop;) {
		size_t a = find_pair(in, at, 'a', ':', true);

		if (a == in.n)
			return;
		at = a >= 3 && str_iprefix(str_sub(in, a - 3, 4), STR("data")) ? give_url(u, in, a + 2) : a + 2;
	}
}

/* ---- JSON ---- */

/* Escapes that hide more than line ends, quotes, slashes and letters beyond ASCII. */
static bool hides(struct str s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] != '\\')
			continue;
		i++;
		if (strchr("\\bf", s.p[i]) != NULL ||
		    (s.p[i] == 'u' && str_eq(str_sub(s, i + 1, 2), STR("00"))))
			return true;
	}
	return false;
}

/* As text, and as a "binary string" of one byte for each character: who reads it knows which. */
static void give_string(struct unwrap *u, struct str s)
{
	bool single = hides(s);
	char *own = single ? NULL : unwrap_short(u, s.n);

	if (own != NULL) {
		unwrap_give_short(u, decode_json(s, false, own), false);
		return;
	}
	for (int bytes = 0; bytes < 1 + single; bytes++) {
		own = unwrap_room(u, s.n);
		if (own != NULL)
			unwrap_give(u, own, decode_json(s, bytes != 0, own), single, single && bytes == 0);
	}
}

/* The place of the quotation mark that ends a string; the end of all without. */
static size_t string_end(struct finder *f, size_t at, bool *escaped)
{
	*escaped = false;
	while ((at = finder_next(f, at)) < f->s.n && f->s.p[at] == '\\') {
		*escaped = true;
		at += 2;
	}
	return at;
}

static size_t string_begin(struct finder *f, size_t at)
{
	while ((at = finder_next(f, at)) < f->s.n && f->s.p[at] != '"')
		at++;
	return at;
}

void unwrap_json(struct unwrap *u, struct str in)
{
	struct finder f = finder_start(in, "\"\\");
	size_t at = blanks_end(in, 0);

	if (str_iprefix(in, STR("\xef\xbb\xbf")))
		at = blanks_end(in, 3);
	/* Also behind a guard such as )]}', that keeps scripts from reading it. */
	if (at == in.n || strchr("{[\")", in.p[at]) == NULL || memchr(in.p, '\\', in.n) == NULL)
		return;
	while (!u->stop && (at = string_begin(&f, at)) < in.n) {
		size_t begin = at + 1;
		bool escaped;

		at = string_end(&f, begin, &escaped);
		if (escaped)
			give_string(u, str_sub(in, begin, at - begin));
		else if (at - begin >= UNWRAP_SINGLE)
			unwrap_show(u, str_sub(in, begin, at - begin), false);
		at++;
	}
}

/* ---- markup ---- */

/* A text or a quoted attribute with references; read in both ways, too. */
static void give_markup(struct unwrap *u, struct str s, bool guess)
{
	size_t numeric = 0, n;
	bool single;
	char *own;

	for (size_t i = 0; i + 1 < s.n; i++)
		numeric += s.p[i] == '&' && s.p[i + 1] == '#';
	single = numeric >= ESCAPES_MANY;
	own = single ? NULL : unwrap_short(u, s.n);
	if (own != NULL) {
		n = decode_entities(s, false, own);
		unwrap_give_short(u, n < s.n ? n : 0, guess);
		return;
	}
	for (int bytes = 0; bytes < 1 + single; bytes++) {
		own = unwrap_room(u, s.n);
		n = own != NULL ? decode_entities(s, bytes != 0, own) : 0;
		/* As long as before: there was no reference, and the same would come again and again. */
		if (own != NULL)
			unwrap_give(u, own, n < s.n ? n : 0, single, guess || (single && bytes == 0));
	}
}

static bool is_mark(char c)
{
	return c == '<' || c == '>' || c == '"';
}

void unwrap_markup(struct unwrap *u, struct str in)
{
	size_t at = blanks_end(in, str_iprefix(in, STR("\xef\xbb\xbf")) ? 3 : 0);
	/* What only has some of its characters is cut at any place. */
	bool guess = at == in.n || in.p[at] != '<';

	if (memchr(in.p, '<', in.n) == NULL)
		return;
	for (size_t end; at < in.n && !u->stop; at = end + 1) {
		const char *reference = memchr(in.p + at, '&', in.n - at);
		size_t begin;

		if (reference == NULL)
			return;
		for (begin = end = (size_t)(reference - in.p); begin > at && !is_mark(in.p[begin - 1]);)
			begin--;
		while (end < in.n && !is_mark(in.p[end]))
			end++;
		give_markup(u, str_sub(in, begin, end - begin), guess);
	}
}

/* ---- forms and other percent-encoded text ---- */

static bool is_form(struct str s)
{
	for (size_t i = 0; i < s.n && i < KEY_MOST; i++) {
		if (s.p[i] == '=')
			return true;
		if (!decode_is(s.p[i], CLASS_SEXTET) && strchr(".%[]*~&:$", s.p[i]) == NULL)
			return false;
	}
	return false;
}

static size_t escapes(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i + 2 < s.n; i++)
		n += s.p[i] == '%' && decode_is(s.p[i + 1], CLASS_HEX) && decode_is(s.p[i + 2], CLASS_HEX);
	return n;
}

static void give_percent(struct unwrap *u, struct str s, bool form)
{
	char *own = unwrap_room(u, s.n);

	if (own != NULL)
		unwrap_give(u, own, decode_percent(s, form, own), true, !form);
}

/* Each value of a form. One with a semicolon that is not escaped comes from a script, "a=1;". */
static void give_values(struct unwrap *u, struct str in)
{
	struct str rest = in, field;

	while (rest.n > 0 && !u->stop) {
		ptrdiff_t n = str_chr(rest, '&'), equal;

		field = n < 0 ? rest : str_sub(rest, 0, (size_t)n);
		rest = n < 0 ? STR_NONE : str_sub(rest, (size_t)n + 1, rest.n);
		equal = str_chr(field, '=');
		if (equal >= 0)
			field = str_sub(field, (size_t)equal + 1, field.n);
		if (escapes(field) > 0)
			give_percent(u, field, true);
		else if (field.n >= UNWRAP_LEAST && field.n < in.n && str_chr(field, ';') < 0 &&
			 str_chr(field, '=') < 0)
			unwrap_show(u, field, false);
	}
}

static bool ends_word(char c)
{
	return (unsigned char)c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '&';
}

void unwrap_forms(struct unwrap *u, struct str in)
{
	if (is_form(in))
		give_values(u, in);
	for (size_t at = 0, end; at < in.n && !u->stop; at = end + 1) {
		const char *percent = memchr(in.p + at, '%', in.n - at);
		size_t begin;

		if (percent == NULL)
			return;
		for (begin = end = (size_t)(percent - in.p); begin > at && !ends_word(in.p[begin - 1]);)
			begin--;
		while (end < in.n && !ends_word(in.p[end]))
			end++;
		if (end - begin >= UNWRAP_LEAST && escapes(str_sub(in, begin, end - begin)) >= ESCAPES_MANY)
			give_percent(u, str_sub(in, begin, end - begin), false);
	}
}
