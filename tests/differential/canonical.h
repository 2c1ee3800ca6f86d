/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole HTTP/1.1 stream read and written again as the gateway forwards it when nothing is held:
 * head, body and trailers of each message, as far as they came.
 */
#ifndef TESTS_DIFFERENTIAL_CANONICAL_H
#define TESTS_DIFFERENTIAL_CANONICAL_H

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "http/h1.h"
#include "http/h1_write.h"

enum { CANONICAL_MOST = 64 << 20 };

struct canonical {
	enum h1_side side;
	const char *method; /* that responses answer */
	const struct limits *limits;
	/* Told each event, or NULL. */
	void (*on)(struct canonical *c, const struct h1_ev *ev);
	void *arg;
	/* What came of it. */
	struct buf out;
	size_t whole;	 /* messages that ended */
	bool closed;	 /* the last of them ends the connection: nothing behind it is read */
	bool tunnel;	 /* what follows is not HTTP */
	int err;	 /* why it ended, 0 at a message's end */
	bool chunked, last; /* of the message under way */
};

static void canonical_head(struct canonical *c, const struct head *as_read)
{
	struct head named = *as_read;
	const struct head *h = &named;
	struct h1_edit e = { .length = h->length, .keep_expect = h->expect_continue };
	bool request = c->side == H1_REQUEST;
	int r;

	if (request && h->host.n == 0)
		named.host = STR("192.0.2.1");
	e.frame = h->body == BODY_CHUNKED				    ? H1_FRAME_CHUNKED
		  : h->body == BODY_UNTIL_CLOSE				    ? H1_FRAME_CHUNKED
		  : h->body == BODY_LENGTH				    ? H1_FRAME_LENGTH
		  : h->has_length && (request || (h->status >= 200 && h->status != 204)) ? H1_FRAME_LENGTH
										: H1_FRAME_NONE;
	e.close = !h->keep_alive && h->status >= 200;
	e.keep_upgrade = !request && h->status == 101;
	c->chunked = e.frame == H1_FRAME_CHUNKED;
	c->last = false;
	c->closed = !h->keep_alive;
	r = request ? h1_write_request(&c->out, h, &e) : h1_write_response(&c->out, h, &e);
	if (r != 0)
		abort();
}

static void canonical_event(struct canonical *c, struct h1 *d, const struct h1_ev *ev)
{
	int r = 0;

	if (c->on != NULL)
		c->on(c, ev);
	switch (ev->type) {
	case H1_HEAD:
		canonical_head(c, ev->head);
		break;
	case H1_DATA:
		r = c->chunked ? h1_write_chunk(&c->out, ev->data) : buf_str(&c->out, ev->data);
		break;
	case H1_TRAILERS:
		c->last = true;
		r = h1_write_last(&c->out, ev->head);
		break;
	case H1_END:
		if (c->chunked && !c->last)
			r = h1_write_last(&c->out, NULL);
		c->chunked = false;
		c->whole++;
		h1_expect(d, str_c(c->method));
		break;
	default:
		c->tunnel = ev->type == H1_TUNNEL;
		c->err = ev->type == H1_ERROR ? ev->err : 0;
	}
	if (r != 0)
		abort();
}

/* Read all of it, then the end of the stream. c->out is the caller's to free. */
static void canonical_run(struct canonical *c, struct str in)
{
	struct h1 *d = h1_new(c->side, c->limits);
	struct h1_ev ev;
	size_t used;

	if (d == NULL)
		abort();
	buf_init(&c->out, CANONICAL_MOST);
	h1_expect(d, str_c(c->method));
	do {
		h1_next(d, in, &used, &ev);
		in = str_sub(in, used, in.n);
		if (ev.type != H1_MORE)
			canonical_event(c, d, &ev);
	} while (ev.type != H1_MORE && ev.type != H1_ERROR && ev.type != H1_TUNNEL &&
		 !(ev.type == H1_END && c->closed));
	if (ev.type == H1_MORE) {
		h1_eof(d, &ev);
		if (ev.type != H1_MORE)
			canonical_event(c, d, &ev);
	}
	h1_free(d);
}

#endif
