/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages as HTTP/1.1: canonical text into the buffers of the flow's ends. */
#include <string.h>

#include "core/err.h"
#include "gateway/ranged.h"
#include "gateway/wire.h"

enum { PIECE = 64 << 10 };

static struct end *receiver(const struct txn *t, const struct leg *g)
{
	return g == &t->up ? &t->f->origin : &t->f->client;
}

static int keep_request(struct txn *t, const struct head *h, const struct h1_edit *e)
{
	t->up.chunked = e->frame == H1_FRAME_CHUNKED;
	return h1_write_request(&t->up.head, h, e);
}

static int keep_response(struct txn *t, const struct head *h, const struct h1_edit *e)
{
	t->down.chunked = e->frame == H1_FRAME_CHUNKED;
	buf_free(&t->down.head);
	return h1_write_response(&t->down.head, h, e);
}

/* Before the empty line. */
static int add(struct txn *t, struct leg *g, const struct field *f)
{
	struct buf *b = &g->head;

	(void)t;
	if (b->len < 2)
		return -ERR_LIMIT;
	b->len -= 2;
	return buf_printf(b, "%.*s: %.*s\r\n\r\n", STR_FMT(f->name), STR_FMT(f->value));
}

static int send_head(struct txn *t, struct leg *g)
{
	int r = g->head_out ? 0 : buf_str(&receiver(t, g)->out, buf_view(&g->head));

	g->head_out = true;
	buf_free(&g->head);
	return r;
}

static int put(struct txn *t, struct leg *g, struct str data)
{
	struct end *to = receiver(t, g);

	if (data.n == 0)
		return 0;
	return g->chunked ? h1_write_chunk(&to->out, data) : buf_str(&to->out, data);
}

/* Unchunked bytes go from the memfd straight into the send buffer. */
static ssize_t pour(struct txn *t, struct leg *g)
{
	struct end *to = receiver(t, g);
	char *p = g->chunked ? t->f->w->scratch : buf_reserve(&to->out, PIECE);
	ssize_t n = p != NULL ? ranged_read(g, g->released, p, PIECE) : -ERR_NOMEM;

	if (n <= 0)
		return n;
	if (!g->chunked)
		buf_commit(&to->out, (size_t)n);
	else if (h1_write_chunk(&to->out, str_of(p, (size_t)n)) != 0)
		return -ERR_NOMEM;
	return n;
}

static bool room(const struct txn *t, const struct leg *g)
{
	return receiver(t, g)->out.len < t->f->w->limits.out;
}

/* The last chunk and its trailers are one thing. */
static int keep_trailers(struct txn *t, struct leg *g, const struct head *trailers)
{
	(void)t;
	return g->chunked && g->tail.len == 0 ? h1_write_last(&g->tail, trailers) : 0;
}

static int finish(struct txn *t, struct leg *g)
{
	int r = 0;

	if (g->chunked && g->tail.len == 0)
		r = h1_write_last(&g->tail, NULL);
	if (r == 0)
		r = buf_str(&receiver(t, g)->out, buf_view(&g->tail));
	buf_free(&g->tail);
	return r;
}

static int interim(struct txn *t, const struct head *h, const struct h1_edit *e)
{
	return t->client_11 ? h1_write_response(&t->f->client.out, h, e) : 0;
}

static const char *status_text(unsigned status)
{
	static const struct {
		unsigned status;
		const char *text;
	} rows[] = { { 200, "OK" }, { 400, "Bad Request" }, { 403, "Forbidden" }, { 404, "Not Found" }, { 408, "Request Timeout" },
		{ 413, "Content Too Large" }, { 417, "Expectation Failed" }, { 421, "Misdirected Request" },
		{ 431, "Request Header Fields Too Large" }, { 502, "Bad Gateway" }, { 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return "Refused";
}

static void answer(struct txn *t, unsigned status, const char *type, struct str body)
{
	struct buf *out = &t->f->client.out;

	t->close = true;
	buf_printf(out, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
			"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
			"Connection: close\r\n\r\n",
	    status, status_text(status), type, body.n);
	if (strcmp(t->method, "HEAD") != 0)
		buf_str(out, body);
}

static void leave(struct txn *t)
{
	t->close = true; /* and the origin's connection with the client's */
}

static void kill_flow(struct txn *t)
{
	t->f->reset = t->f->finished = true;
	buf_free(&t->f->client.out);
}

static void wake(struct txn *t)
{
	flow_run(t->f);
}

const struct wire wire_h1 = { keep_request, keep_response, add, send_head, put, pour, room, keep_trailers,
	finish, interim, answer, leave, kill_flow, wake };
