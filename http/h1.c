/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The HTTP/1.1 decoder: collects heads and trailers up to their empty line, hands bodies through
 * as views. What it says depends on the bytes alone, never on how they were cut: each check
 * looks at a prefix of the stream that is the same for every cut.
 */
#include "http/h1.h"

#include <stdlib.h>

#include "core/err.h"
#include "http/h1_chunk.h"
#include "http/h1_lines.h"
#include "http/h1_parse.h"

enum state {
	S_HEAD,   /* collecting a head, or between messages */
	S_LENGTH, /* left bytes of body */
	S_CLOSE,  /* body until close */
	S_CHUNKS,
	S_TRAILERS, /* collecting trailers */
	S_END,      /* END is due */
	S_TUNNEL,
	S_DEAD
};

struct h1 {
	enum h1_side side;
	enum state state;
	const struct limits *limits;
	struct h1_lines lines; /* the head or the trailers being collected */
	struct field *fields;
	struct head head;
	struct h1_chunk chunk;
	uint64_t left;
	bool told;       /* the last event showed a head: its bytes go with the next call */
	bool empty_line; /* the one that is tolerated before a request was seen */
	bool to_head, to_connect;
	int err;
};

struct h1 *h1_new(enum h1_side side, const struct limits *limits)
{
	struct h1 *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->side = side;
	d->limits = limits;
	h1_lines_init(&d->lines);
	return d;
}

/* Nothing is kept between messages, nor while a body runs. */
static void forget(struct h1 *d)
{
	d->told = false;
	h1_lines_free(&d->lines);
	free(d->fields);
	d->fields = NULL;
}

void h1_free(struct h1 *d)
{
	if (d == NULL)
		return;
	forget(d);
	free(d);
}

void h1_expect(struct h1 *d, struct str method)
{
	d->to_head = str_eq(method, STR("HEAD"));
	d->to_connect = str_eq(method, STR("CONNECT"));
}

bool h1_idle(const struct h1 *d)
{
	return d->state == S_HEAD && (d->lines.text.len == 0 || d->told);
}

bool h1_due(const struct h1 *d)
{
	return d->state == S_END;
}

static void fail(struct h1 *d, struct h1_ev *ev, int err)
{
	forget(d);
	d->state = S_DEAD;
	d->err = err;
	*ev = (struct h1_ev){ .type = H1_ERROR, .err = err };
}

static enum state body_state(enum body_kind kind)
{
	switch (kind) {
	case BODY_LENGTH:
		return S_LENGTH;
	case BODY_CHUNKED:
		return S_CHUNKS;
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
	struct str text = buf_view(&d->lines.text);
	int r;

	d->fields = calloc(d->limits->fields, sizeof(*d->fields));
	if (d->fields == NULL)
		return -ERR_NOMEM;
	r = h1_parse_head(d->side, text, d->fields, d->limits->fields, d->limits, &d->head);
	if (r == 0)
		r = d->side == H1_REQUEST ? h1_frame_request(&d->head)
					  : h1_frame_response(&d->head, d->to_head, d->to_connect);
	return r != 0 ? r : h1_second_opinion(d->side, text, &d->head);
}

/* What cannot become a head is refused by its first bytes, not after the limit or the time. */
static bool may_begin(const struct h1 *d, struct str in)
{
	static const char start[] = "HTTP/";

	if (d->side == H1_REQUEST)
		return d->lines.text.len > 0 || h1_is_token(str_sub(in, 0, 1)) ||
		       (in.p[0] == '\r' && !d->empty_line);
	for (size_t i = 0; i < in.n && d->lines.text.len + i < sizeof(start) - 1; i++)
		if (in.p[i] != start[d->lines.text.len + i])
			return false;
	return true;
}

static void on_head(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev)
{
	bool interim;
	int r = may_begin(d, in) ? h1_lines_add(&d->lines, in, d->limits->head, used)
				 : -ERR_HTTP_START_LINE;

	if (r == 0 && d->lines.text.len == 2) { /* RFC 9112 section 2.2: one, before a request */
		d->empty_line = true;
		forget(d);
		return;
	}
	if (r == 0)
		r = read_head(d);
	if (r != 0) {
		if (r != -ERR_MORE)
			fail(d, ev, r);
		return;
	}
	interim = d->head.status >= 100 && d->head.status < 200 && d->head.body != BODY_TUNNEL;
	d->state = interim ? S_HEAD : body_state(d->head.body);
	d->chunk = (struct h1_chunk){ 0 };
	d->left = d->head.length;
	d->empty_line = false;
	d->told = true;
	*ev = (struct h1_ev){ .type = H1_HEAD, .head = &d->head };
}

static void on_length(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev)
{
	*used = in.n < d->left ? in.n : (size_t)d->left;
	d->left -= *used;
	if (d->left == 0)
		d->state = S_END;
	*ev = (struct h1_ev){ .type = H1_DATA, .data = str_sub(in, 0, *used) };
}

static void on_chunks(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev)
{
	struct str data;
	int r = h1_chunk_next(&d->chunk, d->limits->chunk_ext, in, used, &data);

	if (r != 0)
		fail(d, ev, r);
	else if (data.n > 0)
		*ev = (struct h1_ev){ .type = H1_DATA, .data = data };
	else if (d->chunk.state == CHUNK_LAST)
		d->state = S_TRAILERS;
}

static int read_trailers(struct h1 *d)
{
	size_t n;
	int r;

	d->fields = calloc(d->limits->fields, sizeof(*d->fields));
	if (d->fields == NULL)
		return -ERR_NOMEM;
	r = h1_parse_trailers(buf_view(&d->lines.text), d->fields, d->limits->fields, &n);
	if (r == 0)
		d->head = (struct head){ .fields = d->fields, .nfields = n };
	return r;
}

static void on_trailers(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev)
{
	int r = h1_lines_add(&d->lines, in, d->limits->head, used);
	bool none = d->lines.text.len == 2;

	if (r == -ERR_MORE)
		return;
	if (r == 0 && !none)
		r = read_trailers(d);
	if (r != 0) {
		fail(d, ev, r);
		return;
	}
	d->state = S_END;
	if (none)
		return;
	d->told = true;
	*ev = (struct h1_ev){ .type = H1_TRAILERS, .head = &d->head };
}

static void on_end(struct h1 *d, struct h1_ev *ev)
{
	forget(d);
	d->state = S_HEAD;
	ev->type = H1_END;
}

/* One step with input at hand; ev stays H1_MORE where there is nothing to tell yet. */
static void step(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev)
{
	switch (d->state) {
	case S_HEAD:
		on_head(d, in, used, ev);
		break;
	case S_LENGTH:
		on_length(d, in, used, ev);
		break;
	case S_CLOSE:
		*used = in.n;
		*ev = (struct h1_ev){ .type = H1_DATA, .data = in };
		break;
	case S_CHUNKS:
		on_chunks(d, in, used, ev);
		break;
	default:
		on_trailers(d, in, used, ev);
	}
}

void h1_next(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev)
{
	*used = 0;
	*ev = (struct h1_ev){ .type = H1_MORE };
	if (d->told)
		forget(d);
	while (ev->type == H1_MORE) {
		size_t n = 0;

		if (d->state == S_DEAD)
			fail(d, ev, d->err);
		else if (d->state == S_TUNNEL)
			ev->type = H1_TUNNEL;
		else if (d->state == S_END)
			on_end(d, ev);
		else if (*used == in.n)
			break;
		else
			step(d, str_sub(in, *used, in.n), &n, ev);
		*used += n;
	}
}

void h1_eof(struct h1 *d, struct h1_ev *ev)
{
	*ev = (struct h1_ev){ .type = H1_MORE };
	if (d->state == S_DEAD)
		fail(d, ev, d->err);
	else if (d->state == S_TUNNEL)
		ev->type = H1_TUNNEL;
	else if (d->state == S_CLOSE || d->state == S_END)
		on_end(d, ev);
	else if (!h1_idle(d))
		fail(d, ev, d->state == S_HEAD ? -ERR_HTTP_HEAD : -ERR_BODY_SHORT);
}
