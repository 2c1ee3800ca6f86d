/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Heads, strictly: every line ends in CRLF, no folding, no control bytes, no white space before
 * the colon (RFC 9112 sections 2.2, 5).
 */
#include "http/h1_parse.h"

#include <string.h>

#include "core/err.h"
#include "http/head_rules.h"

/* RFC 9110 section 5.6.2 */
static bool is_tchar(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

bool h1_is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_tchar(s.p[i]))
			return false;
	return s.n > 0;
}

/* field-content and obs-text; a tab is white space, all else below SP is refused. */
static bool is_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* Cut a line with its CRLF off: 0, -ERR_HTTP_LINE_END. */
static int next_line(struct str *rest, struct str *line)
{
	ptrdiff_t lf = str_chr(*rest, '\n');
	size_t n;

	if (lf < 1 || rest->p[lf - 1] != '\r')
		return -ERR_HTTP_LINE_END;
	n = (size_t)lf - 1;
	*line = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n + 2, rest->n);
	return str_chr(*line, '\r') >= 0 ? -ERR_HTTP_LINE_END : 0;
}

static int parse_field(struct str line, struct field *f)
{
	ptrdiff_t colon;

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return -ERR_HTTP_FOLD;
	colon = str_chr(line, ':');
	if (colon <= 0)
		return -ERR_HTTP_FIELD;
	f->name = str_sub(line, 0, (size_t)colon);
	f->value = str_trim(str_sub(line, (size_t)colon + 1, line.n));
	return h1_is_token(f->name) && is_value(f->value) ? 0 : -ERR_HTTP_FIELD;
}

static int parse_fields(struct str rest, struct field *fields, size_t max, size_t *n)
{
	struct str line;
	int r;

	for (*n = 0; (r = next_line(&rest, &line)) == 0 && line.n > 0; (*n)++) {
		if (*n == max)
			return -ERR_HTTP_FIELDS;
		if ((r = parse_field(line, &fields[*n])) != 0)
			return r;
	}
	return r;
}

static int parse_version(struct str s, unsigned *minor)
{
	if (s.n != 8 || memcmp(s.p, "HTTP/", 5) != 0)
		return -ERR_HTTP_START_LINE;
	if (memcmp(s.p + 5, "1.", 2) != 0 || (s.p[7] != '0' && s.p[7] != '1'))
		return -ERR_HTTP_VERSION;
	*minor = s.p[7] == '1';
	return 0;
}

/* Visible ASCII only: nothing that one parser could split at and another not. */
static bool is_target(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == '#')
			return false;
	return s.n > 0;
}

static int parse_request_line(struct str line, struct head *h)
{
	ptrdiff_t a = str_chr(line, ' '), b;
	struct str rest;

	if (a <= 0)
		return -ERR_HTTP_START_LINE;
	h->method = str_sub(line, 0, (size_t)a);
	rest = str_sub(line, (size_t)a + 1, line.n);
	b = str_chr(rest, ' ');
	if (b <= 0)
		return -ERR_HTTP_START_LINE;
	h->target = str_sub(rest, 0, (size_t)b);
	if (!h1_is_token(h->method) || h->method.n > HEAD_METHOD_MAX)
		return -ERR_HTTP_START_LINE;
	if (!is_target(h->target))
		return -ERR_HTTP_TARGET;
	return parse_version(str_sub(rest, (size_t)b + 1, rest.n), &h->minor);
}

static int parse_status_line(struct str line, struct head *h)
{
	uint64_t status;
	int r = parse_version(str_sub(line, 0, 8), &h->minor);

	if (r != 0)
		return r;
	if (line.n < 12 || line.p[8] != ' ' || str_u64(str_sub(line, 9, 3), &status) != 0 ||
	    status < 100 || status > 599 || (line.n > 12 && line.p[12] != ' '))
		return -ERR_HTTP_START_LINE;
	h->status = (unsigned)status;
	h->reason = str_sub(line, 13, line.n);
	return is_value(h->reason) ? 0 : -ERR_HTTP_START_LINE;
}

int h1_parse_head(enum h1_side side, struct str text, struct field *fields, size_t max,
    const struct limits *limits, struct head *h)
{
	struct str rest = text, line;
	int r = next_line(&rest, &line);

	*h = (struct head){ .fields = fields };
	if (r == 0)
		r = side == H1_REQUEST ? parse_request_line(line, h) : parse_status_line(line, h);
	if (r == 0 && h->target.n > limits->target)
		r = -ERR_HTTP_TARGET;
	if (r == 0)
		r = parse_fields(rest, fields, max, &h->nfields);
	return r;
}

int h1_parse_trailers(struct str text, struct field *fields, size_t max, size_t *n)
{
	int r = parse_fields(text, fields, max, n);

	for (size_t i = 0; r == 0 && i < *n; i++)
		if (!head_may_trail(fields[i].name))
			r = -ERR_TRAILER;
	return r;
}
