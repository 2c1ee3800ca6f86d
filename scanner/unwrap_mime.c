/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MIME: parts between delimiter lines (RFC 2046 section 5.1, RFC 7578) and what follows a block of
 * header fields (RFC 2045). No declared boundary is needed: a delimiter is a line that begins with
 * two hyphens and is followed by a header field, or comes again.
 */
#include "scanner/find.h"
#include "scanner/unwrap.h"

#include <stdlib.h>
#include <string.h>

enum { BOUNDARY_MOST = 256, FIELDS_MOST = 64 << 10, SEARCHES_MOST = 64 };

/* The line at a place without its end; *next is where the following line begins. */
static struct str line_at(struct str s, size_t at, size_t *next)
{
	ptrdiff_t n = str_chr(str_sub(s, at, s.n), '\n');
	size_t end = n < 0 ? s.n : at + (size_t)n;

	*next = n < 0 ? s.n : end + 1;
	if (end > at && s.p[end - 1] == '\r')
		end--;
	return str_sub(s, at, end - at);
}

static bool is_token(char c)
{
	return decode_is(c, CLASS_SEXTET) || c == '.' || c == '!' || c == '#' || c == '$' || c == '*';
}

/* Is this line a header field, "Name: value"? */
static bool is_field(struct str line)
{
	size_t i = 0;

	while (i < line.n && i < 64 && is_token(line.p[i]))
		i++;
	return i > 0 && i < line.n && line.p[i] == ':';
}

enum transfer { TRANSFER_PLAIN, TRANSFER_BASE64, TRANSFER_QUOTED };

static bool contains(struct str line, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= line.n; i++)
		if (str_iprefix(str_sub(line, i, n), str_of(word, n)))
			return true;
	return false;
}

/*
 * Walk over header fields up to the empty line. Where the body begins; 0 where there are no such
 * lines or, but for a part, none of MIME's own. *how is the transfer encoding.
 */
static size_t skip_fields(struct str s, bool part, enum transfer *how)
{
	size_t at = 0, next;
	bool mime = part, first = true;

	*how = TRANSFER_PLAIN;
	while (at < s.n && at < FIELDS_MOST) {
		struct str line = line_at(s, at, &next);

		if (line.n == 0)
			return mime && (part || !first) ? next : 0;
		if (!is_field(line) && (first || (line.p[0] != ' ' && line.p[0] != '\t')))
			return 0;
		first = false;
		mime |= str_iprefix(line, STR("Content-"));
		if (contains(line, "base64"))
			*how = TRANSFER_BASE64;
		else if (contains(line, "quoted-printable"))
			*how = TRANSFER_QUOTED;
		at = next;
	}
	return 0;
}

static void give_decoded(struct unwrap *u, struct str body, enum transfer how, bool guess)
{
	char *own = how == TRANSFER_PLAIN ? NULL : unwrap_room(u, body.n);
	size_t n;

	if (own == NULL)
		return;
	n = how == TRANSFER_BASE64 ? decode_base64(body, own) : decode_quoted(body, own);
	unwrap_give(u, own, n, true, guess);
}

/* Header fields, an empty line, a body: the body as it is, and decoded when so declared. */
static bool give_entity(struct unwrap *u, struct str s, bool part, bool guess)
{
	enum transfer how;
	size_t at = skip_fields(s, part, &how);
	struct str body = str_sub(s, at, s.n);

	if (at == 0)
		return false;
	unwrap_show(u, body, guess || how != TRANSFER_PLAIN);
	give_decoded(u, body, how, guess);
	return true;
}

enum fit { FIT_ANY, FIT_WHOLE_LINE };

/* Readers differ: for some a longer line that begins with the delimiter is one, for some not. */
static bool fits(struct str s, size_t at, size_t n, enum fit fit)
{
	size_t next;
	struct str rest = line_at(s, at + n, &next);

	return fit == FIT_ANY || str_trim(rest).n == 0 || str_eq(str_sub(rest, 0, 2), STR("--"));
}

/*
 * The next place from `at` on where a line begins with this delimiter; s.n without. It begins with two
 * hyphens, which are rare: looking for them is several times faster than looking for all of it.
 */
static size_t find_delimiter(struct str s, size_t at, struct str delimiter, enum fit fit)
{
	while (at + delimiter.n <= s.n) {
		at = find_pair(s, at, '-', '-', false);
		if (at == s.n)
			break;
		if ((at == 0 || s.p[at - 1] == '\n') && str_eq(str_sub(s, at, delimiter.n), delimiter) &&
		    fits(s, at, delimiter.n, fit))
			return at;
		at++;
	}
	return s.n;
}

/*
 * A line of "--" and something, whose next line is a field; or an empty one, and it comes again.
 * That is a search to the end, so not for each of many lines: *again counts down.
 */
static bool is_delimiter(struct str s, size_t at, unsigned *again, struct str *delimiter)
{
	size_t next, after;
	struct str line = line_at(s, at, &next), follows;

	while (line.n > 0 && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
		line.n--; /* transport padding */
	if (line.n < 3 || line.n > BOUNDARY_MOST || next >= s.n)
		return false;
	*delimiter = line;
	follows = line_at(s, next, &after);
	if (is_field(follows))
		return true;
	if (follows.n > 0 || *again == 0)
		return false;
	--*again;
	return find_delimiter(s, after, line, FIT_WHOLE_LINE) < s.n;
}

/* The part between two delimiters; the line end before the second belongs to it, as long as theirs. */
static void give_part(struct unwrap *u, struct str s, bool crlf, bool guess)
{
	if (s.n > 0 && s.p[s.n - 1] == '\n')
		s.n--;
	if (crlf && s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	if (!give_entity(u, s, true, guess))
		unwrap_show(u, s, guess);
}

/* All parts of one multipart body; returns where it ends. */
static size_t give_parts(
    struct unwrap *u, struct str s, size_t at, struct str delimiter, enum fit fit)
{
	size_t next, end;
	bool crlf;

	while (at < s.n && !u->stop) {
		struct str line = line_at(s, at, &next);

		if (str_eq(str_sub(line, delimiter.n, 2), STR("--")))
			return next;
		end = find_delimiter(s, next, delimiter, fit);
		crlf = next >= 2 && s.p[next - 2] == '\r';
		/* Where readers agree the strict one came first, and this is known. */
		give_part(u, str_sub(s, next, end - next), crlf, fit == FIT_ANY);
		at = end;
	}
	return s.n;
}

void unwrap_mime(struct unwrap *u, struct str in)
{
	struct str delimiter;
	unsigned again = SEARCHES_MOST;
	size_t end, at = 0;

	give_entity(u, in, false, false);
	while (at < in.n && !u->stop) {
		at = find_delimiter(in, at, STR("--"), FIT_ANY);
		if (at == in.n)
			break;
		if (!is_delimiter(in, at, &again, &delimiter)) {
			line_at(in, at, &at);
			continue;
		}
		end = give_parts(u, in, at, delimiter, FIT_WHOLE_LINE);
		give_parts(u, in, at, delimiter, FIT_ANY);
		at = end;
	}
}
