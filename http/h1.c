/* SPDX-License-Identifier: BSD-2-Clause */
/* The HTTP/1.1 decoder: collects heads, passes bodies through as views, reads chunks strictly. */
#include "http/h1.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "http/h1_parse.h"

enum state {
	S_HEAD,	    /* collecting a head */
	S_LENGTH,   /* left bytes of body */
	S_CLOSE,    /* body until close */
	S_SIZE,	    /* chunk-size line */
	S_CHUNK,    /* left bytes of chunk */
	S_CHUNK_END,/* CRLF after a chunk */
	S_TRAILERS, /* collecting trailers */
	S_END,	    /* END is due */
	S_TUNNEL,
	S_DEAD
};

struct h1 {
	enum h1_side side;
	const struct limits *limits;
	enum state state;
	struct buf text; /* the head, chunk line or trailers being collected */
	struct field *fields;
	struct head head;
	uint64_t left;
	bool crlf_skipped, to_head, to_connect, interim;
	bool told; /* the last event showed a head: its bytes go with the next call */
	int err;
};

struct h1 *h1_new(enum h1_side side, const struct limits *limits)
{
	struct h1 *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->side = side;
	d->limits = limits;
	buf_init(&d->text, 1 << 20);
	return d;
}

void h1_free(struct h1 *d)
{
	if (d == NULL)
		return;
	buf_free(&d->text);
	free(d->fields);
	free(d);
}

void h1_expect(struct h1 *d, struct str method)
{
	d->to_head = str_eq(method, STR("HEAD"));
	d->to_connect = str_eq(method, STR("CONNECT"));
}

bool h1_idle(const struct h1 *d)
{
	return d->state == S_HEAD && d->text.len == 0;
}

bool h1_due(const struct h1 *d)
{
	return d->state == S_END && !d->interim;
}

static void fail(struct h1 *d, struct h1_ev *ev, int err)
{
	d->state = S_DEAD;
	d->err = err;
	*ev = (struct h1_ev){ .type = H1_ERROR, .err = err };
}

/* The head's bytes are needed until the next call: nothing is kept between messages. */
static void forget(struct h1 *d)
{
	d->told = false;
	buf_free(&d->text);
	free(d->fields);
	d->fields = NULL;
}

/*
 * Collect up to and including the end mark; true when it is there. An overlap of three bytes is
 * looked at again, so that the mark may be cut anywhere.
 */
static int collect(struct h1 *d, struct str in, size_t *used, const char *mark, size_t mark_n,
    size_t max)
{
	size_t before = d->text.len, from = before >= mark_n - 1 ? before - (mark_n - 1) : 0;
	size_t room = max > before ? max - before : 0;
	size_t n = in.n < room ? in.n : room;
	struct str all;
	const char *at;

	if (buf_append(&d->text, in.p, n) != 0)
		return -ERR_NOMEM;
	all = buf_view(&d->text);
	at = all.n > from ? memmem(all.p + from, all.n - from, mark, mark_n) : NULL;
	if (at == NULL) {
		*used = n;
		return n < in.n ? -ERR_LIMIT : -ERR_MORE;
	}
	d->text.len = (size_t)(at - all.p) + mark_n;
	*used = d->text.len - before;
	return 0;
}

static enum state body_state(const struct head *h)
{
	switch (h->body) {
	case BODY_LENGTH:
		return S_LENGTH;
	case BODY_CHUNKED:
		return S_SIZE;
	case BODY_UNTIL_CLOSE:
		return S_CLOSE;
	case BODY_TUNNEL:
		return S_TUNNEL;
	default:
		return S_END;
	}
}

static int read_head(struct h1 *d)
{
	struct str text = buf_view(&d->text);
	int r, second;

	d->fields = calloc(d->limits->fields, sizeof(*d->fields));
	if (d->fields == NULL)
		return -ERR_NOMEM;
	r = h1_parse_head(d->side, text, d->fields, d->limits->fields, d->limits, &d->head);
	if (r == 0)
		r = d->side == H1_REQUEST ? h1_frame_request(&d->head) :
					    h1_frame_response(&d->head, d->to_head, d->to_connect);
	second = r == 0 ? h1_second_opinion(d->side, text, &d->head) : 0;
	return r != 0 ? r : second;
}

/* A bare LF LF or CR LF LF must not hide a head's end from us: lines are checked as they come. */
static int early_check(const struct h1 *d)
{
	struct str s = buf_view(&d->text);
	const char *lf = s.n > 0 ? memchr(s.p, '\n', s.n) : NULL;

	if (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\0' || s.p[0] == '\n'))
		return -ERR_HTTP_START_LINE;
	for (; lf != NULL; lf = memchr(lf + 1, '\n', (size_t)(s.p + s.n - lf - 1)))
		if (lf == s.p || lf[-1] != '\r')
			return -ERR_HTTP_LINE_END;
	return 0;
}

static void on_head(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev)
{
	size_t skip = 0;
	int r;

	/* RFC 9112 section 2.2: one empty line before a request line is tolerated, no more. */
	while (d->side == H1_REQUEST && d->text.len == 0 && skip < in.n && !d->crlf_skipped &&
	       in.p[skip] == (d->left == 0 ? '\r' : '\n')) {
		d->crlf_skipped = d->left == 1;
		d->left = d->left == 0;
		skip++;
	}
	if (d->left == 1 && skip < in.n) {
		fail(d, ev, -ERR_HTTP_LINE_END);
		return;
	}
	r = collect(d, str_sub(in, skip, in.n), used, "\r\n\r\n", 4, d->limits->head);
	*used += skip;
	if (r == -ERR_MORE && (r = early_check(d)) == 0) {
		ev->type = H1_MORE;
		return;
	}
	if (r == 0)
		r = read_head(d);
	if (r != 0) {
		fail(d, ev, r == -ERR_LIMIT ? -ERR_HTTP_HEAD_SIZE : r);
		return;
	}
	d->crlf_skipped = false;
	d->left = d->head.length;
	d->interim = d->side == H1_RESPONSE && d->head.status < 200 && d->head.status != 101;
	d->state = body_state(&d->head);
	d->told = true;
	*ev = (struct h1_ev){ .type = H1_HEAD, .head = &d->head };
}

static void on_data(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev, enum state next)
{
	size_t n = in.n < d->left ? in.n : (size_t)d->left;

	*used = n;
	d->left -= n;
	if (d->left == 0)
		d->state = next;
	*ev = (struct h1_ev){ .type = H1_DATA, .data = str_sub(in, 0, n) };
}

/* chunk-size [ chunk-ext ] CRLF, extensions dropped (RFC 9112 section 7.1). */
static int chunk_size(struct str line, uint64_t *size)
{
	size_t n = 0;
	struct str ext;

	while (n < line.n && line.p[n] != ';' && line.p[n] != ' ' && line.p[n] != '\t')
		n++;
	ext = str_sub(line, n, line.n);
	for (size_t i = 0; i < ext.n; i++)
		if (((unsigned char)ext.p[i] < 0x20 && ext.p[i] != '\t') || ext.p[i] == 0x7f)
			return -ERR_BODY_CHUNK;
	if (ext.n > 0 && ext.p[0] != ';') /* "5 ;x" is read in two ways: refused */
		return -ERR_BODY_CHUNK;
	return str_hex64(str_sub(line, 0, n), size) == 0 && *size <= INT64_MAX ? 0 : -ERR_BODY_CHUNK;
}

static void on_size(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev)
{
	int r = collect(d, in, used, "\n", 1, 18 + d->limits->chunk_ext);
	struct str line = buf_view(&d->text);

	ev->type = H1_MORE;
	if (r == -ERR_MORE)
		return;
	if (r == 0 && (line.n < 2 || line.p[line.n - 2] != '\r' ||
			  chunk_size(str_sub(line, 0, line.n - 2), &d->left) != 0))
		r = -ERR_BODY_CHUNK;
	if (r != 0) {
		fail(d, ev, -ERR_BODY_CHUNK);
		return;
	}
	buf_consume(&d->text, d->text.len);
	d->state = d->left > 0 ? S_CHUNK : S_TRAILERS;
}

static void on_chunk_end(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev)
{
	static const char crlf[2] = { '\r', '\n' };

	ev->type = H1_MORE;
	if (in.p[0] != crlf[d->left]) {
		fail(d, ev, -ERR_BODY_CHUNK);
		return;
	}
	*used = 1;
	if (++d->left == 2) {
		d->left = 0;
		d->state = S_SIZE;
	}
}

static void on_trailers(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev)
{
	size_t n = 0;
	int r;

	/* No trailers: the two bytes of an empty line. Else up to an empty line. */
	r = collect(d, in, used, "\n", 1, d->limits->head);
	while (r == 0 && !(d->text.len == 2 || (d->text.len >= 4 &&
			       memcmp(d->text.p + d->text.off + d->text.len - 4, "\r\n\r\n", 4) == 0))) {
		size_t more = 0;

		if (*used == in.n) {
			r = -ERR_MORE;
			break;
		}
		r = collect(d, str_sub(in, *used, in.n), &more, "\n", 1, d->limits->head);
		*used += more;
	}
	ev->type = H1_MORE;
	if (r == -ERR_MORE)
		return;
	free(d->fields);
	d->fields = calloc(d->limits->fields, sizeof(*d->fields));
	if (r == 0 && d->fields == NULL)
		r = -ERR_NOMEM;
	if (r == 0)
		r = h1_parse_trailers(buf_view(&d->text), d->fields, d->limits->fields, &n);
	if (r != 0) {
		fail(d, ev, r == -ERR_LIMIT ? -ERR_HTTP_HEAD_SIZE : r);
		return;
	}
	d->state = S_END;
	if (n == 0)
		return;
	d->head = (struct head){ .fields = d->fields, .nfields = n };
	*ev = (struct h1_ev){ .type = H1_TRAILERS, .head = &d->head };
}

static void on_end(struct h1 *d, struct h1_ev *ev)
{
	forget(d);
	d->state = S_HEAD;
	d->left = 0;
	ev->type = H1_END;
}

static void step(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev)
{
	switch (d->state) {
	case S_HEAD:
		on_head(d, in, used, ev);
		break;
	case S_LENGTH:
		on_data(d, in, used, ev, S_END);
		break;
	case S_CLOSE:
		d->left = UINT64_MAX;
		on_data(d, in, used, ev, S_CLOSE);
		break;
	case S_SIZE:
		on_size(d, in, used, ev);
		break;
	case S_CHUNK:
		on_data(d, in, used, ev, S_CHUNK_END);
		break;
	case S_CHUNK_END:
		on_chunk_end(d, in, used, ev);
		break;
	default:
		on_trailers(d, in, used, ev);
	}
}

void h1_next(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev)
{
	size_t all = 0;

	if (d->told)
		forget(d);
	*ev = (struct h1_ev){ .type = H1_MORE };
	for (;;) {
		size_t n = 0;

		if (d->state == S_DEAD)
			fail(d, ev, d->err);
		else if (d->state == S_TUNNEL)
			ev->type = H1_TUNNEL;
		else if (d->state == S_END && !d->interim)
			on_end(d, ev);
		else if (d->state == S_END) /* 1xx: no event of its own end, the answer is to come */
			forget(d), d->state = S_HEAD, d->left = 0;
		else if (in.n == 0)
			break;
		else
			step(d, in, &n, ev);
		in = str_sub(in, n, in.n);
		all += n;
		if (ev->type != H1_MORE)
			break;
	}
	*used = all;
}

void h1_eof(struct h1 *d, struct h1_ev *ev)
{
	*ev = (struct h1_ev){ .type = H1_MORE };
	if (d->state == S_DEAD)
		fail(d, ev, d->err);
	else if (d->state == S_CLOSE)
		on_end(d, ev);
	else if (d->state == S_END && !d->interim)
		on_end(d, ev);
	else if (!h1_idle(d))
		fail(d, ev, d->state == S_HEAD ? -ERR_HTTP_HEAD : -ERR_BODY_SHORT);
}
