/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers with certificates, through the decoder that reads all our HTTP. */
#include "gateway/fetch_reply.h"

#include <stdio.h>

#include "core/err.h"

enum { OK = 200 };

int fetch_request(const struct fetch_url *u, struct buf *out)
{
	char port[8] = "";

	if (u->port != 80)
		snprintf(port, sizeof(port), ":%u", u->port);
	return buf_printf(out,
	    "GET %s HTTP/1.1\r\nHost: %s%s%s%s\r\nUser-Agent: sallyport\r\n"
	    "Accept: application/pkix-cert, application/pkcs7-mime, */*;q=0.1\r\nConnection: close\r\n\r\n",
	    u->path, u->v6 ? "[" : "", u->host, u->v6 ? "]" : "", port);
}

int fetch_reply_init(struct fetch_reply *r, const struct limits *limits)
{
	*r = (struct fetch_reply){ .h1 = h1_new(H1_RESPONSE, limits) };
	if (r->h1 == NULL)
		return -ERR_NOMEM;
	buf_init(&r->body, limits->fetch_size);
	h1_expect(r->h1, STR("GET"));
	return 0;
}

void fetch_reply_free(struct fetch_reply *r)
{
	h1_free(r->h1);
	buf_free(&r->body);
	r->h1 = NULL;
}

static int fail(struct fetch_reply *r, int err)
{
	if (r->why[0] == '\0')
		snprintf(r->why, sizeof(r->why), "%s", err_name(err));
	return err;
}

static int on_head(struct fetch_reply *r, const struct head *h)
{
	if (h->status < OK)
		return -ERR_MORE;
	r->status = h->status;
	if (h->status != OK) {
		snprintf(r->why, sizeof(r->why), "status %u", h->status);
		return -ERR_DENIED;
	}
	return h->has_length && h->length > r->body.max ? -ERR_LIMIT : -ERR_MORE;
}

static int on_event(struct fetch_reply *r, const struct h1_ev *ev)
{
	switch (ev->type) {
	case H1_HEAD:
		return on_head(r, ev->head);
	case H1_DATA:
		return buf_str(&r->body, ev->data) == 0 ? -ERR_MORE : -ERR_LIMIT;
	case H1_MORE:
	case H1_TRAILERS:
		return -ERR_MORE;
	case H1_END:
		return 0;
	case H1_ERROR:
		return ev->err;
	default:
		return -ERR_PROTO;
	}
}

int fetch_reply_feed(struct fetch_reply *r, struct str in)
{
	struct h1_ev ev;
	size_t used;
	int e;

	do {
		h1_next(r->h1, in, &used, &ev);
		in = str_sub(in, used, in.n);
		e = on_event(r, &ev);
	} while (e == -ERR_MORE && ev.type != H1_MORE);
	return e == 0 || e == -ERR_MORE ? e : fail(r, e);
}

int fetch_reply_end(struct fetch_reply *r)
{
	struct h1_ev ev;
	int e;

	h1_eof(r->h1, &ev);
	e = ev.type == H1_MORE ? -ERR_BODY_SHORT : on_event(r, &ev);
	return e == 0 ? 0 : fail(r, e == -ERR_MORE ? -ERR_BODY_SHORT : e);
}
