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

static bool is_up(const struct flow *f, const struct leg *g)
{
	return g == &f->txn->up;
}

static struct end *receiver(struct flow *f, const struct leg *g)
{
	return is_up(f, g) ? &f->origin : &f->client;
}

/* The verdict is there: policy says what it means for this direction. */
static void decide(struct flow *f, struct leg *g)
{
	struct facts facts = txn_facts(f, is_up(f, g) ? STAGE_UPLOAD : STAGE_DOWNLOAD, g);
	struct decision d = policy_decide(f->policy, &facts);

	f->txn->own_log |= d.log;
	if (d.action == ACTION_ALLOW || d.action == ACTION_INTERCEPT)
		leg_release(f, g);
	else
		txn_refuse_verdict(f, is_up(f, g) ? "upload" : "download", &d, &g->verdict);
}

static void on_up_verdict(void *arg, const struct verdict *v)
{
	struct flow *f = arg;

	f->txn->up.verdict = *v;
	decide(f, &f->txn->up);
	flow_run(f);
}

static void on_down_verdict(void *arg, const struct verdict *v)
{
	struct flow *f = arg;

	f->txn->down.verdict = *v;
	decide(f, &f->txn->down);
	flow_run(f);
}

/* It cannot be kept any longer: what is held is judged as it is; what comes now waits for that. */
static void over_limit(struct flow *f, struct leg *g, struct str data)
{
	g->verdict = verdict_make(VERDICT_UNSCANNABLE, REASON_LIMIT, STR("body_held"));
	decide(f, g);
	if (!f->txn->refused && buf_str(&g->spill, data) != 0)
		txn_refuse(f, 503, "refuse", NULL, NULL, "no memory");
}

void leg_body(struct flow *f, struct leg *g, struct str data)
{
	int r;

	g->bytes += data.n;
	if (is_up(f, g))
		COUNT_ADD(bytes_up, data.n);
	else
		COUNT_ADD(bytes_down, data.n);
	r = g->state == LEG_HOLD ? body_push(g->body, data) : put(g, receiver(f, g), data);
	if (r == -ERR_LIMIT && g->state == LEG_HOLD)
		over_limit(f, g, data);
	else if (r != 0)
		txn_refuse(f, is_up(f, g) ? 503 : 502, "refuse", NULL, NULL, "%s", err_name(r));
}

int leg_trailers(struct leg *g, const struct head *trailers)
{
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

void leg_complete(struct flow *f, struct leg *g)
{
	g->ended = true;
	if (g->state == LEG_STREAM) {
		if (finish(g, receiver(f, g)) != 0)
			f->reset = f->finished = true;
	} else if (g->state == LEG_HOLD) {
		g->state = LEG_SEARCH;
		if (body_finish(g->body, is_up(f, g) ? on_up_verdict : on_down_verdict, f) == 1) {
			g->verdict = *body_verdict(g->body);
			decide(f, g);
		}
	}
}

void leg_release(struct flow *f, struct leg *g)
{
	leg_send_head(g, receiver(f, g));
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

bool leg_pour(struct flow *f, struct leg *g)
{
	struct end *to = receiver(f, g);
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
