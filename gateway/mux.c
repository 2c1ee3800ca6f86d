/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams paired: what one HTTP/2 end is told becomes steps of transactions. */
#include "gateway/mux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/cutting.h"
#include "gateway/mux_io.h"
#include "gateway/share.h"
#include "gateway/slow.h"
#include "gateway/txn.h"
#include "gateway/websocket.h"
#include "gateway/wire.h"

enum { ROUNDS = 8, SWEEP = 1000, NOTICE = 1000, NO_ERROR = 0, CANCEL = 8, REFUSED_STREAM = 7 };

struct mux {
	struct flow *f;
	struct h2 *client, *origin;
	struct txn *txns;
	bool client_over, origin_over; /* that connection has failed or ended */
	bool draining; /* GOAWAY is out */
	struct timer *notice; /* NULL: no notice of it was given */
	bool origin_leaves;
	bool credited; /* a sender got its window back since its output was taken last */
	uint64_t swept; /* when stalled transactions were looked for last */
};

struct h2 *mux_client(const struct mux *m)
{
	return m->client;
}

struct h2 *mux_origin(const struct mux *m)
{
	return m->origin;
}

bool mux_idle(const struct mux *m)
{
	return m->txns == NULL;
}

/* ---- transactions ---- */

static void unlink_txn(struct mux *m, struct txn *t)
{
	struct txn **p = &m->txns;

	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
}

/* The streams may live on for a moment; their events find nobody then. */
static void forget(struct mux *m, struct txn *t, const char *why)
{
	if (t->client_stream != 0)
		h2_set_own(m->client, t->client_stream, NULL);
	if (t->origin_stream != 0 && m->origin != NULL)
		h2_set_own(m->origin, t->origin_stream, NULL);
	unlink_txn(m, t);
	share_stream_end(m->f->share);
	txn_over(t, why);
}

/* The client's message is malformed: its stream was reset, and the audit says why. */
static void on_malformed(struct mux *m, struct txn *t, int err)
{
	bool fresh = t == NULL;

	if (fresh && (t = txn_new(m->f, &wire_h2)) == NULL)
		return;
	COUNT_ADD(malformed, 1);
	t->action = "refuse";
	snprintf(t->reason, sizeof(t->reason), "request: %s", err_name(err));
	if (fresh)
		txn_over(t, NULL);
}

/* One side's stream is gone before its time: the other side's goes the same way. */
static void abort_txn(struct mux *m, struct txn *t, bool by_client, uint32_t code)
{
	if (by_client) {
		t->client_stream = 0;
		if (t->origin_stream != 0)
			h2_reset(m->origin, t->origin_stream, code == NO_ERROR ? CANCEL : code);
		t->origin_stream = 0;
	} else {
		t->origin_stream = 0;
		if (t->client_stream != 0) /* else its client has left with a wait page */
			h2_reset(m->client, t->client_stream, code == NO_ERROR ? CANCEL : code);
		t->client_stream = 0;
	}
	forget(m, t, by_client ? "the client reset the stream" : "the origin reset the stream");
}

struct txn *mux_txn(struct mux *m, uint64_t n)
{
	struct txn *t = m->txns;

	while (t != NULL && t->n != n)
		t = t->next;
	return t;
}

/* Does anything go on for clients with a wait page, though this connection of theirs ends? */
static bool waits(const struct mux *m)
{
	for (const struct txn *t = m->txns; t != NULL; t = t->next)
		if (t->waits != NULL)
			return true;
	return false;
}

static void client_left(struct mux *m)
{
	for (struct txn *t = m->txns, *next; t != NULL; t = next) {
		next = t->next;
		if (t->waits == NULL)
			abort_txn(m, t, true, CANCEL);
	}
	m->client_over = true;
}

/* ---- windows ---- */

/* The sender of this direction gets its window back as far as the receiver has taken. */
static void credit(struct mux *m, struct txn *t, struct leg *g)
{
	struct h2 *sender = g == &t->up ? m->client : m->origin;
	int32_t stream = g == &t->up ? t->client_stream : t->origin_stream;

	if (g->owed == 0 || stream == 0)
		return;
	if (g->state == LEG_RELEASE || (g->state == LEG_SEARCH && !g->ended) || (g->state == LEG_STREAM && !t->wire->room(t, g)) ||
	    ((g->state == LEG_MESSAGES || g->state == LEG_HOLD) && !leg_wants(t, g)))
		/* later, when it has gone out or was decoded */
		return;
	t->moved = loop_now(m->f->w->loop); /* its receiver took something */
	h2_consumed(sender, stream, g->owed);
	g->owed = 0;
	m->credited = true;
}

static void on_data(struct mux *m, struct txn *t, struct leg *g, const struct h2_ev *ev)
{
	if (t == NULL || t->refused || g->state == LEG_DONE) {
		h2_consumed(g != NULL && t != NULL && g == &t->down ? m->origin : m->client, ev->stream,
		    ev->data.n);
		return;
	}
	t->moved = loop_now(m->f->w->loop);
	g->owed += ev->data.n;
	if (g == &t->up && websocket_waits(t)) {
		txn_malformed(t, true, -ERR_WS_HANDSHAKE);
		return;
	}
	if (g == &t->up)
		leg_body(t, g, ev->data);
	else
		txn_response_data(t, ev->data);
	if (!t->refused)
		credit(m, t, g);
}

/* ---- events ---- */

static struct head with_body(const struct h2_ev *ev)
{
	struct head h = *ev->head;

	h.body = ev->end ? BODY_NONE : h.has_length ? BODY_LENGTH : BODY_CHUNKED;
	return h;
}

static void on_request(struct mux *m, const struct h2_ev *ev)
{
	struct head h = with_body(ev);
	struct txn *t;
	struct str v;

	if (m->origin_over || !share_stream(m->f->share, &m->f->w->limits)) {
		h2_reset(m->client, ev->stream, REFUSED_STREAM);
		return;
	}
	if ((t = txn_new(m->f, &wire_h2)) == NULL) {
		share_stream_end(m->f->share);
		h2_reset(m->client, ev->stream, REFUSED_STREAM);
		return;
	}
	h.expect_continue = head_get(&h, "expect", &v) && str_ieq(v, STR("100-continue"));
	t->client_stream = ev->stream;
	t->moved = loop_now(m->f->w->loop);
	t->next = m->txns;
	m->txns = t;
	h2_set_own(m->client, ev->stream, t);
	txn_request_head(t, &h);
}

static void on_client(void *arg, const struct h2_ev *ev)
{
	struct mux *m = arg;
	struct txn *t = ev->own;

	switch (ev->type) {
	case H2_HEAD:
		on_request(m, ev);
		break;
	case H2_DATA:
		on_data(m, t, t != NULL ? &t->up : NULL, ev);
		break;
	case H2_TRAILERS:
		if (t != NULL && !t->refused && t->up.state != LEG_DONE)
			leg_trailers(t, &t->up, ev->head);
		break;
	case H2_END:
		if (t != NULL && !t->refused && t->up.state != LEG_DONE && websocket_waits(t))
			txn_malformed(t, true, -ERR_WS_HANDSHAKE);
		else if (t != NULL && !t->refused && t->up.state != LEG_DONE)
			leg_complete(t, &t->up);
		break;
	case H2_RESET:
		if (ev->err != 0)
			on_malformed(m, t, ev->err);
		if (t != NULL && (ev->code != NO_ERROR || !txn_ended(t)))
			abort_txn(m, t, true, ev->code);
		else if (t != NULL)
			t->client_stream = 0;
		break;
	case H2_SPACE:
		if (t != NULL)
			credit(m, t, &t->down);
		break;
	case H2_PRIORITY:
		if (t != NULL && t->origin_stream != 0)
			h2_priority(m->origin, t->origin_stream, ev->data);
		break;
	default:
		break;
	}
}

static void on_response(struct txn *t, const struct h2_ev *ev)
{
	struct head h = with_body(ev);

	t->moved = loop_now(t->f->w->loop);
	if (ev->end && strcmp(t->method, "HEAD") != 0 && h.status != 304)
		h.has_length = false; /* nothing comes, whatever was announced (0 at most) */
	txn_response_head(t, &h);
}

/* Its answer is complete: it may well not want the rest of the request (RFC 9113 section 8.1). */
static void origin_reset(struct mux *m, struct txn *t, const struct h2_ev *ev)
{
	if (t->refused || t->down.ended) {
		t->origin_stream = 0;
		if (t->up.state != LEG_DONE)
			t->up.state = LEG_DONE;
	} else if (ev->err != 0) {
		t->origin_stream = 0;
		txn_malformed(t, false, ev->err);
	} else {
		abort_txn(m, t, false, ev->code);
	}
}

static void on_notice(void *arg)
{
	struct mux *m = arg;

	if (!m->draining)
		h2_goaway(m->client, NO_ERROR);
	m->draining = true;
	flow_run(m->f);
}

/* First that it will come, then GOAWAY with the last stream: requests on their way are not lost. */
static void drain(struct mux *m)
{
	if (m->draining || m->notice != NULL)
		return;
	m->notice = timer_new(m->f->w->loop, on_notice, m);
	if (m->notice == NULL) {
		h2_goaway(m->client, NO_ERROR);
		m->draining = true;
		return;
	}
	h2_notice(m->client);
	timer_set(m->notice, NOTICE);
}

static void on_origin(void *arg, const struct h2_ev *ev)
{
	struct mux *m = arg;
	struct txn *t = ev->own;

	if (ev->type == H2_GOAWAY) {
		if (ev->stream == INT32_MAX && ev->code == NO_ERROR)
			drain(m); /* a notice, as ours would be */
		else if (!m->origin_leaves) /* it may say so as often as it likes: once is enough */
			h2_goaway(m->client, ev->code);
		m->origin_leaves |= ev->stream != INT32_MAX;
		return;
	}
	if (ev->type == H2_SETTINGS) {
		h2_mirror(m->client, m->origin);
		return;
	}
	if (t == NULL) {
		if (ev->type == H2_DATA)
			h2_consumed(m->origin, ev->stream, ev->data.n);
		return;
	}
	switch (ev->type) {
	case H2_HEAD:
		if (!t->refused && t->down.state == LEG_HEAD)
			on_response(t, ev);
		break;
	case H2_DATA:
		on_data(m, t, &t->down, ev);
		break;
	case H2_TRAILERS:
		if (!t->refused && t->down.state != LEG_DONE)
			leg_trailers(t, &t->down, ev->head);
		break;
	case H2_END:
		if (!t->refused && t->down.state != LEG_HEAD && t->down.state != LEG_DONE)
			leg_complete(t, &t->down);
		break;
	case H2_RESET:
		origin_reset(m, t, ev);
		break;
	case H2_SPACE:
		credit(m, t, &t->up);
		break;
	default:
		break;
	}
}

/* ---- the step ---- */

static struct mux *mux_new(struct flow *f)
{
	struct mux *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->f = f;
	m->client = h2_new(H2_SERVER, &f->w->limits, on_client, m);
	if (f->refused == 0)
		m->origin = h2_new(H2_CLIENT, &f->w->limits, on_origin, m);
	m->origin_over = false;
	if (m->client != NULL && (m->origin != NULL || f->refused != 0))
		return m;
	mux_free(m);
	return NULL;
}

void mux_free(struct mux *m)
{
	if (m == NULL)
		return;
	while (m->txns != NULL) {
		struct txn *t = m->txns;

		t->client_stream = t->origin_stream = 0;
		forget(m, t, txn_ended(t) ? NULL : "the connection ended");
	}
	timer_free(m->notice);
	h2_free(m->client);
	h2_free(m->origin);
	free(m);
}

/* It runs on, though nobody waits for it any more. */
static bool unwanted(const struct txn *t)
{
	return !t->tunnel && !websocket_opened(t) &&
	       (t->up.state == LEG_STREAM || t->up.state == LEG_MESSAGES);
}

/* Transactions that can go on without a byte from outside, and those that are over. */
static bool pump(struct mux *m)
{
	bool moved = false;

	for (struct txn *t = m->txns, *next; t != NULL; t = next) {
		next = t->next;
		if (!t->refused && leg_pour(t, &t->up))
			t->moved = loop_now(m->f->w->loop), moved = true;
		if (!t->refused && leg_pour(t, &t->down))
			t->moved = loop_now(m->f->w->loop), moved = true;
		if (!t->refused && websocket_closing(t))
			moved |= websocket_close(t);
		if (!t->refused) {
			credit(m, t, &t->up);
			credit(m, t, &t->down);
		}
		/* An answer that is complete makes the rest of its request unwanted. */
		if (t->down.state == LEG_DONE && (t->up.state == LEG_DONE || unwanted(t))) {
			if (unwanted(t) && t->origin_stream != 0)
				h2_reset(m->origin, t->origin_stream, CANCEL), t->origin_stream = 0;
			forget(m, t, NULL);
		} else if (txn_ended(t)) {
			forget(m, t, NULL);
		}
	}
	return moved;
}

/* Who sends or takes too slowly what the other side waits for. */
static void end_slow(struct mux *m)
{
	bool exempt = false;

	for (const struct txn *t = m->txns; t != NULL; t = t->next)
		exempt |= slow_exempt(t);
	slow_streams(m->f, m->client);
	slow_streams(m->f, m->origin);
	if (!m->client_over && slow_end(m->f, &m->f->client, m->client, exempt)) {
		h2_goaway(m->client, NO_ERROR);
		m->client_over = true;
	}
	if (!m->origin_over && m->origin != NULL && slow_end(m->f, &m->f->origin, m->origin, exempt))
		m->origin_over = true;
}

/* Bytes of it wait for a receiver: that one is judged by its rate. */
static bool is_taken(const struct mux *m, const struct txn *t)
{
	return m->f->w->limits.rate_least > 0 &&
	       (h2_queued(m->client, t->client_stream) > 0 ||
		   (m->origin != NULL && h2_queued(m->origin, t->origin_stream) > 0));
}

/* One stream that stands still does not live on the others' progress (slow readers and writers). */
static bool sweep(struct mux *m)
{
	uint64_t now = loop_now(m->f->w->loop);

	if (now - m->swept < SWEEP)
		return false;
	m->swept = now;
	end_slow(m);
	for (struct txn *t = m->txns, *next; t != NULL; t = next) {
		next = t->next;
		slow_senders(t);
		if (t->refused || now - t->moved < txn_patience(t) || is_taken(m, t) || t->up.state == LEG_SEARCH ||
		    t->down.state == LEG_SEARCH)
			continue;
		txn_refuse(t, t->up.state == LEG_DONE ? 504 : 408, "refuse", NULL, NULL,
		    t->up.state == LEG_DONE ? "the origin took too long" : "the request took too long");
	}
	return m->client_over || m->origin_over;
}

/* What is released could go on: its queue has gone out meanwhile. */
static bool can_pour(const struct mux *m)
{
	for (const struct txn *t = m->txns; t != NULL; t = t->next)
		if (!t->refused && (leg_ready(t, &t->up) || leg_ready(t, &t->down)))
			return true;
	return false;
}

/* The origin's connection is over: its streams end as they would have for the client. */
static void origin_gone(struct mux *m)
{
	for (struct txn *t = m->txns, *next; t != NULL; t = next) {
		next = t->next;
		t->origin_stream = 0;
		if (!t->refused && !t->down.ended)
			abort_txn(m, t, false, 2);
	}
	if (!m->draining)
		h2_goaway(m->client, NO_ERROR);
	m->draining = true;
}

void mux_cut(struct mux *m)
{
	while (m->txns != NULL) {
		struct txn *t = m->txns;

		cutting_txn(t);
		forget(m, t, "the gateway stops");
	}
	h2_goaway(m->client, NO_ERROR);
	m->draining = true;
}

bool mux_timeout(struct mux *m)
{
	for (struct txn *t = m->txns; t != NULL; t = t->next)
		if (t->up.state == LEG_SEARCH || t->down.state == LEG_SEARCH)
			return true;
	return false;
}

/* Without a byte from anybody, ms: the most patient of its transactions counts. */
static uint64_t patience(const struct mux *m)
{
	const struct limits *l = &m->f->w->limits;
	uint64_t most = m->txns == NULL ? l->keepalive : l->idle;

	for (const struct txn *t = m->txns; t != NULL; t = t->next)
		most = txn_patience(t) > most ? txn_patience(t) : most;
	return most;
}

static bool over(struct mux *m)
{
	struct flow *f = m->f;

	if (f->client.broken || f->client.eof || m->client_over) {
		if (!waits(m))
			return true;
		client_left(m);
		return false;
	}
	return m->txns == NULL && (m->draining || h2_finished(m->client)) &&
	       h2_streams(m->client) == 0 && f->client.out.len == 0;
}

enum flow_state step_h2(struct flow *f)
{
	bool moved = true, any = false;
	struct mux *m;

	if (f->mux == NULL && (f->mux = mux_new(f)) == NULL)
		return flow_abort(f, "refuse", NULL, -ERR_NOMEM);
	m = f->mux;
	if (f->w->draining)
		drain(m);
	for (int i = 0; i < ROUNDS && moved && (i == 0 || !flow_spent(f)); i++) {
		/* The origin first: its settings may then be in our first ones toward the client. */
		moved = mux_take(f, &f->origin, m->origin, &m->origin_over);
		moved |= mux_take(f, &f->client, m->client, &m->client_over);
		if (m->origin_over)
			origin_gone(m);
		moved |= pump(m);
		mux_give(&f->origin, m->origin);
		mux_give(&f->client, m->client);
		/* What the receiver took is told to the sender, who may have had its output already. */
		moved |= m->credited;
		m->credited = false;
		mux_look_for_fault(f, &f->client, m->client, &m->client_over);
		mux_look_for_fault(f, &f->origin, m->origin, &m->origin_over);
		moved |= sweep(m);
		moved |= can_pour(m);
		any |= moved;
	}
	if (over(m)) {
		/* What was under way ends for the origin as it did for the client. */
		f->reset = f->client.broken || (f->client.eof && m->txns != NULL);
		return f->client.broken || (f->client.eof && f->client.out.len == 0) ? FLOW_END : FLOW_LINGER;
	}
	if (any)
		flow_deadline(f, patience(m));
	end_watch(&f->client, !m->client_over);
	if (f->origin.fd >= 0)
		end_watch(&f->origin, !m->origin_over);
	if (moved || (!m->client_over && end_pending(&f->client)) || (!m->origin_over && end_pending(&f->origin)))
		flow_yield(f);
	return FLOW_H2;
}
