/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP/1.1 decoder (RFC 9112): bytes in, events out, no I/O. The head is collected up to its
 * limit, checked strictly by our own rules (CRLF only, no folding, no NUL), read by llhttp as
 * second opinion, and framed by our own decision (h1_frame.c); a message that two parsers could
 * read differently is an error. Any segmentation of the same bytes gives the same events.
 */
#ifndef HTTP_H1_H
#define HTTP_H1_H

#include "core/limit.h"
#include "http/head.h"

enum h1_side { H1_REQUEST, H1_RESPONSE };

enum h1_event {
	H1_MORE,     /* all input used, more is needed */
	H1_HEAD,     /* ev.head */
	H1_DATA,     /* ev.data: a view into the input */
	H1_TRAILERS, /* ev.head with fields only; only where there are trailers */
	H1_END,      /* the message is complete (not told of 1xx); the next one is not touched */
	H1_TUNNEL,   /* after HEAD with BODY_TUNNEL: what follows is not HTTP */
	H1_ERROR     /* ev.err = ERR_*; the decoder is dead */
};

struct h1_ev {
	enum h1_event type;
	const struct head *head;
	struct str data;
	int err;
};

struct h1;

/* limits is kept by reference. NULL when memory is short. */
struct h1 *h1_new(enum h1_side side, const struct limits *limits);
void h1_free(struct h1 *d);

/*
 * Decode: consumes *used <= in.n bytes and yields one event; call again with the rest until
 * H1_MORE. Between messages nothing but the small struct is held (idle memory).
 */
void h1_next(struct h1 *d, struct str in, size_t *used, struct h1_ev *ev);

/* The input has ended: H1_END for a body until close, H1_MORE when idle, H1_TUNNEL in a tunnel,
 * else H1_ERROR (-ERR_BODY_SHORT or -ERR_HTTP_HEAD). */
void h1_eof(struct h1 *d, struct h1_ev *ev);

/* Responses: the method of the request that the next response answers (HEAD, CONNECT matter);
 * must be called once per request before its final response is decoded; survives 1xx. */
void h1_expect(struct h1 *d, struct str method);

/* An event waits that needs no more input (an END): call h1_next with an empty view. */
bool h1_due(const struct h1 *d);

/* True while no byte of a message was seen since the last END. */
bool h1_idle(const struct h1 *d);

#endif
