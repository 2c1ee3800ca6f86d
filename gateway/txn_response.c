/* SPDX-License-Identifier: BSD-2-Clause */
/* The response's direction: from the origin's bytes to the client, through policy and search. */
#include <stdio.h>
#include <string.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/bypass.h"
#include "gateway/fields.h"
#include "gateway/ranged.h"
#include "gateway/streaming.h"
#include "gateway/websocket.h"
#include "gateway/patience.h"
#include "gateway/wire.h"

/* An alternative service would lead past us, to QUIC or another port. */
static const char *const dropped[] = { "alt-svc", NULL };

/* RFC 9112 section 6.3 from our side: the client gets the framing that we choose here. */
static void choose_frame(struct txn *t, const struct head *h, struct h1_edit *e)
{
	switch (h->body) {
	case BODY_LENGTH:
		e->frame = H1_FRAME_LENGTH;
		break;
	case BODY_CHUNKED:
	case BODY_UNTIL_CLOSE:
		e->frame = t->client_11 ? H1_FRAME_CHUNKED : H1_FRAME_CLOSE;
		break;
	case BODY_NONE: /* HEAD and 304 announce what would have come */
		e->frame = h->has_length && h->status != 204 ? H1_FRAME_LENGTH : H1_FRAME_NONE;
		break;
	default:
		e->frame = H1_FRAME_NONE;
	}
	e->length = h->length;
	/* A client of HTTP/1.0 waits for the end, unless it is told otherwise in words of its time. */
	t->close |= !t->client_11 || e->frame == H1_FRAME_CLOSE || !h->keep_alive ||
		    h->body == BODY_UNTIL_CLOSE;
	e->close = t->close || t->f->w->draining;
}

static bool refused_by_policy(struct txn *t)
{
	struct decision d = txn_decide(t, STAGE_RESPONSE, &t->down);

	t->own_log |= d.log;
	t->early.asked = d.release;
	if (d.action == ACTION_BLOCK || d.action == ACTION_RESET)
		txn_refuse(t, 403, d.action == ACTION_RESET ? "reset" : "block", d.rule, NULL, "%s",
		    d.reason != NULL ? d.reason : "blocked by rule");
	return t->refused;
}

static void stream(struct txn *t, enum verdict_class c, enum verdict_reason r, struct str name)
{
	t->down.verdict = verdict_make(c, r, name);
	t->down.state = LEG_STREAM;
	if (t->wire->send_head(t, &t->down) != 0)
		t->wire->kill(t);
}

static void begin_hold(struct txn *t, const struct head *h)
{
	early_begin(t, h);
	patience_begin(t, h);
}

/* Message by message where it is a stream of them, else as a whole. */
static void search(struct txn *t, const struct head *h)
{
	int r = streaming_begin(t, &t->down);

	if (r < 0 || (r > 0 && leg_hold(t, &t->down, 1) != 0))
		txn_refuse(t, 503, "refuse", NULL, NULL, "no memory");
	else if (r > 0)
		begin_hold(t, h);
	else if (t->wire->send_head(t, &t->down) != 0)
		t->wire->kill(t);
}

static void interim(struct txn *t, const struct head *h)
{
	struct h1_edit e = { .frame = H1_FRAME_NONE, .drop = dropped };

	if (++t->interims > t->f->w->limits.interim) {
		txn_refuse(t, 502, "refuse", NULL, NULL, "too many interim responses");
		return;
	}
	if (h->status == 100 && t->continued)
		return;
	if (t->wire->interim(t, h, &e) != 0)
		txn_refuse(t, 502, "refuse", NULL, NULL, "interim response too large");
}

static bool asks_protocol(const struct txn *t)
{
	return t->websocket || t->upgrade || t->connect;
}

/* RFC 9110 section 9.3.6, RFC 8441 section 5: in HTTP/2 any 2xx opens it. */
static bool opens(const struct txn *t, const struct head *h)
{
	return h->body == BODY_TUNNEL || (t->client_stream != 0 && h->status / 100 == 2 && asks_protocol(t));
}

/* RFC 9110 section 7.8: to what was asked for, and to nothing else. */
static bool switches_as_asked(const struct txn *t, const struct head *h)
{
	struct str to;

	return h->status != 101 ||
	       (head_get(h, "upgrade", &to) && str_ieq(to, str_c(t->upgrade_to)));
}

/* The origin switches protocols: a WebSocket is searched; else a rule permits it, and bytes from
 * here on are not HTTP. */
static void begin_tunnel(struct txn *t, const struct head *h)
{
	struct flow *f = t->f;
	struct h1_edit e = { .frame = H1_FRAME_NONE, .keep_upgrade = h->status == 101 };

	t->down.kind = h->body;
	if (!asks_protocol(t) || !switches_as_asked(t, h)) {
		txn_malformed(t, false, -ERR_HTTP_START_LINE);
		return;
	}
	if (t->socket != NULL) {
		websocket_open(t, h);
		return;
	}
	if (t->wire->keep_response(t, h, &e) != 0) {
		txn_malformed(t, false, -ERR_LIMIT);
		return;
	}
	stream(t, VERDICT_BYPASSED, REASON_POLICY, STR("upgrade"));
	if (t->client_stream != 0) {
		t->tunnel = true;
		return;
	}
	t->down.ended = true;
	t->down.state = LEG_DONE;
	f->verdict = t->down.verdict;
	f->action = "relay";
	f->to_relay = true;
}

/* Content-Range has a meaning in 206 and 416 alone (RFC 9110 section 14.4): elsewhere it could
 * only make somebody take the whole for a piece. */
int txn_keep_response(struct txn *t, const struct head *h)
{
	bool piece = h->status == 206 || h->status == 416;
	/* What was searched stays what it was: nothing of it is called otherwise by a 304 (RFC 9110 section 15.4.5). */
	static const char *const of_the_stored[] = { "content-type", "content-encoding", "content-disposition", NULL };
	const char *drop[6] = { NULL };
	struct h1_edit e = { .drop = drop };
	size_t n = 0;

	if (fields_alt_svc(h))
		drop[n++] = "alt-svc";
	if (!piece)
		drop[n++] = "content-range";
	for (size_t i = 0; h->status == 304 && of_the_stored[i] != NULL; i++)
		drop[n++] = of_the_stored[i];
	choose_frame(t, h, &e);
	return t->wire->keep_response(t, h, &e);
}

void txn_response_head(struct txn *t, const struct head *h)
{
	int r;

	if (opens(t, h)) {
		t->status = h->status;
		begin_tunnel(t, h);
		return;
	}
	if (h->status < 200) {
		interim(t, h);
		return;
	}
	t->status = h->status;
	t->down.kind = h->body;
	fields_leg(h, &t->down);
	if (refused_by_policy(t))
		return;
	r = ranged_response(t, h);
	if (r == 0 && txn_keep_response(t, h) != 0)
		r = -ERR_HTTP_HEAD_SIZE;
	if (r != 0) {
		txn_malformed(t, false, r);
		return;
	}
	if (h->body == BODY_NONE || (h->body == BODY_LENGTH && h->length == 0))
		stream(t, VERDICT_CLEAN, REASON_NO_BODY, STR_NONE);
	else if (!t->f->w->search)
		stream(t, VERDICT_BYPASSED, REASON_POLICY, STR_NONE);
	else
		search(t, h);
}

void txn_response_data(struct txn *t, struct str data)
{
	struct leg *g = &t->down;

	if (g->state == LEG_DONE || !early_look(t, data))
		return;
	leg_body(t, g, data);
	if (t->refused || g->state != LEG_HOLD)
		return;
	early_data(t);
	patience_data(t);
}

/* One event of the decoder; false when the input must wait. */
static bool event(struct flow *f, const struct h1_ev *ev)
{
	switch (ev->type) {
	case H1_HEAD:
		txn_response_head(f->txn, ev->head);
		return true;
	case H1_DATA:
		txn_response_data(f->txn, ev->data);
		return true;
	case H1_TRAILERS:
		leg_trailers(f->txn, &f->txn->down, ev->head);
		return true;
	case H1_END:
		if (f->txn->down.state != LEG_HEAD) /* 1xx: the final response is still to come */
			leg_complete(f->txn, &f->txn->down);
		return true;
	case H1_TUNNEL:
		return false;
	case H1_ERROR:
		txn_malformed(f->txn, false, ev->err);
		return false;
	default:
		return false;
	}
}

static bool wants_input(const struct flow *f)
{
	const struct txn *t = f->txn;

	if (t == NULL || t->refused || t->own || t->down.ended || f->to_relay)
		return false;
	return t->down.state == LEG_HEAD || leg_wants(t, &t->down);
}

static void decode(struct flow *f, struct str in)
{
	for (bool more = true; more && wants_input(f) && !f->finished; more = !flow_spent(f)) {
		struct h1_ev ev;
		size_t used = 0;

		h1_next(f->resp, in, &used, &ev);
		in = str_sub(in, used, in.n);
		if (ev.type == H1_MORE || !event(f, &ev))
			break;
	}
	if (!f->finished && txn_keep(&f->origin, in) != 0)
		f->reset = f->finished = true;
}

static void at_eof(struct flow *f, int err)
{
	struct h1_ev ev;

	if (bypass_lacks_certificate(f)) {
		txn_refuse(f->txn, 502, "refuse", NULL, NULL, "%s", err_text(-ERR_CERT_WANTED));
		return;
	}
	h1_eof(f->resp, &ev);
	/* TCP ended without close_notify: only a length tells that a body is whole (RFC 8446 6.1). */
	if (ev.type == H1_END && err == -ERR_EOF)
		leg_complete(f->txn, &f->txn->down);
	else if (ev.type == H1_ERROR)
		txn_malformed(f->txn, false, ev.err);
	else
		txn_malformed(f->txn, false, -ERR_TRUNCATED);
}

bool txn_response_pump(struct flow *f)
{
	struct txn *t = f->txn;
	struct str in;
	ssize_t n;

	if (leg_pour(t, &t->down))
		return true;
	if (!wants_input(f))
		return false;
	if (h1_due(f->resp)) {
		decode(f, buf_view(&f->origin.in));
		return true;
	}
	n = txn_input(f, &f->origin, &in);
	if (n > 0 && !t->up.head_out) /* whatever it is, it is no answer to this */
		txn_refuse(t, 502, "refuse", NULL, NULL, "the origin sent bytes without a request");
	else if (n > 0)
		decode(f, in);
	else if (n < 0)
		at_eof(f, (int)n);
	return n != 0;
}
