/* SPDX-License-Identifier: BSD-2-Clause */
/* One direction of a transaction: bodies that stream, and bodies that are held and released. */
#include <string.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/report.h"
#include "gateway/txn.h"
#include "http/h1_write.h"

enum { LEG_PIECE = 64 << 10 };

int leg_hold(struct flow *f, struct leg *g, int direction)
{
	struct str path = str_c(f->txn->path), name = path;
	ptrdiff_t q = str_chr(path, '?');

	if (q >= 0)
		path.n = (size_t)q;
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '/')
			name = str_sub(path, i + 1, path.n);
	g->body = body_new(f->w, str_c(g->coding), direction, name);
	if (g->body == NULL)
		return -ERR_NOMEM;
	g->state = LEG_HOLD;
	return 0;
}

int leg_send_head(struct leg *g, struct end *to)
{
	int r = g->head_out ? 0 : buf_str(&to->out, buf_view(&g->head));

	g->head_out = true;
	buf_free(&g->head);
	return r;
}

static int put(struct leg *g, struct end *to, struct str data)
{
	if (data.n == 0)
		return 0;
	return g->chunked ? h1_write_chunk(&to->out, data) : buf_str(&to->out, data);
}

int leg_data(struct flow *f, struct leg *g, struct end *to, struct str data)
{
	g->bytes += data.n;
	if (g == &f->txn->up)
		COUNT_ADD(bytes_up, data.n);
	else
		COUNT_ADD(bytes_down, data.n);
	return g->state == LEG_HOLD ? body_push(g->body, data) : put(g, to, data);
}

int leg_trailers(struct flow *f, struct leg *g, struct end *to, const struct head *trailers)
{
	(void)f;
	(void)to;
	/* Kept until the end either way: the last chunk and its trailers are one thing. */
	return g->chunked && g->tail.len == 0 ? h1_write_last(&g->tail, trailers) : 0;
}

static int finish(struct leg *g, struct end *to)
{
	int r = 0;

	if (g->chunked && g->tail.len == 0)
		r = h1_write_last(&g->tail, NULL);
	if (r == 0)
		r = buf_str(&to->out, buf_view(&g->tail));
	buf_free(&g->tail);
	g->state = LEG_DONE;
	return r;
}

int leg_end(struct flow *f, struct leg *g, struct end *to)
{
	(void)f;
	return finish(g, to);
}

void leg_release(struct flow *f, struct leg *g, struct end *to)
{
	leg_send_head(g, to);
	g->state = LEG_RELEASE;
	flow_touch(f);
}

/* Unchunked bytes go from the memfd straight into the send buffer. */
static ssize_t pour_piece(struct flow *f, struct leg *g, struct end *to)
{
	char *p = g->chunked ? f->w->scratch : buf_reserve(&to->out, LEG_PIECE);
	ssize_t n = p != NULL ? body_read(g->body, g->released, p, LEG_PIECE) : -ERR_NOMEM;

	if (n <= 0)
		return n;
	if (!g->chunked)
		buf_commit(&to->out, (size_t)n);
	else if (h1_write_chunk(&to->out, str_of(p, (size_t)n)) != 0)
		return -ERR_NOMEM;
	g->released += (uint64_t)n;
	return n;
}

bool leg_pour(struct flow *f, struct leg *g, struct end *to)
{
	bool moved = false;

	while (to->out.len < f->w->limits.out) {
		ssize_t n = pour_piece(f, g, to);

		if (n < 0) {
			f->reset = f->finished = true;
			return false;
		}
		moved = true;
		if (n > 0)
			continue;
		body_free(g->body);
		g->body = NULL;
		/* A body that was released at a limit goes on as it comes. */
		if (put(g, to, buf_view(&g->spill)) != 0)
			f->reset = f->finished = true;
		buf_free(&g->spill);
		if (g->ended)
			finish(g, to);
		else
			g->state = LEG_STREAM;
		break;
	}
	return moved;
}
