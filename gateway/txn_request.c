/* SPDX-License-Identifier: BSD-2-Clause */
/* The request's direction: from the client's bytes to the origin, through policy and search. */
#include <stdio.h>
#include <string.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/authority.h"
#include "gateway/fields.h"
#include "gateway/navigation.h"
#include "gateway/origin_judge.h"
#include "gateway/page.h"
#include "gateway/ranged.h"
#include "gateway/recalling.h"
#include "gateway/streaming.h"
#include "gateway/warning.h"
#include "gateway/websocket.h"
#include "gateway/wait_ask.h"
#include "gateway/wire.h"
#include "http/grpc.h"
#include "http/range.h"
#include "http/ws_handshake.h"

/* Content-Range says that it is not all of an object, or cannot be read. */
static bool is_piece(const struct head *h)
{
	struct range r;
	uint64_t length;
	struct str v;

	if (!head_get(h, "content-range", &v))
		return false;
	return head_count(h, "content-range") != 1 || range_read_content(v, &r, &length) != 0 || r.first != 0 ||
	       length == UINT64_MAX || r.last + 1 != length;
}

static int note_request(struct txn *t, const struct head *h)
{
	struct flow *f = t->f;
	struct str name = h->host, to = STR_NONE;
	uint16_t port;

	str_copy(str_sub(h->method, 0, sizeof(t->method) - 1), t->method, sizeof(t->method));
	head_host(h, &name, &port);
	fields_lower(name, t->host, sizeof(t->host));
	t->path = strndup(h->path.n > 0 ? h->path.p : "", h->path.n);
	t->wants_html = page_wants_html(h);
	t->navigates = navigation_of(h);
	t->client_11 = h->minor >= 1;
	t->websocket = ws_asked(h);
	t->connect = str_eq(h->method, STR("CONNECT")) && h->protocol.n == 0;
	t->upgrade = !t->websocket && (h->protocol.n > 0 || (h->upgrade && fields_upgrade(h, &to) &&
							     str_copy(to, t->upgrade_to, sizeof(t->upgrade_to)) == 0));
	if (t->websocket)
		str_copy(STR("websocket"), t->upgrade_to, sizeof(t->upgrade_to));
	if (f->host[0] == '\0') /* no SNI: the first request names the flow */
		memcpy(f->host, t->host, sizeof(f->host) < sizeof(t->host) ? sizeof(f->host) : sizeof(t->host));
	t->up_body = h->body;
	fields_leg(h, &t->up);
	t->up.piece = is_piece(h);
	fields_accept_encoding(h, t->codings, sizeof(t->codings));
	return t->path == NULL ? -ERR_NOMEM : fields_accept(h, &t->accept);
}

/* What the origin may answer with is cut down to what can be undone here. */
static size_t cut_offers(struct txn *t, const struct head *h, char *grpc, size_t cap, struct field *add)
{
	struct str list;
	size_t n = 0;

	if (t->codings[0] != '\0')
		add[n++] = (struct field){ STR("Accept-Encoding"), str_c(t->codings) };
	if (websocket_offer(t).n > 0)
		add[n++] = (struct field){ STR("Sec-WebSocket-Extensions"), websocket_offer(t) };
	if (head_get(h, "grpc-accept-encoding", &list)) {
		grpc_accept_encoding(list, grpc, cap);
		add[n++] = (struct field){ STR("Grpc-Accept-Encoding"), str_c(grpc) };
	}
	return n;
}

/* Write the request as it goes out; Expect is ours to answer while we hold. */
static int write_request(struct txn *t, const struct head *h, bool search)
{
	static const char *const searched[] = { "sec-websocket-extensions", "accept-encoding", "grpc-accept-encoding", "range", "if-range", NULL };
	static const char *const ranges[] = { "accept-encoding", "grpc-accept-encoding", NULL };
	struct field add[3];
	char grpc[64];
	struct h1_edit e = { .close = false, .keep_upgrade = t->upgrade || t->websocket,
		.keep_expect = !search && h->expect_continue };

	e.frame = h->body == BODY_CHUNKED ? H1_FRAME_CHUNKED :
		  h->body == BODY_LENGTH || h->has_length ? H1_FRAME_LENGTH : H1_FRAME_NONE;
	e.length = h->length;
	if (t->f->w->search) {
		/* A piece is not an object: the whole is asked for. */
		e.drop = ranged_passed(t->ranged) ? ranges : t->socket != NULL ? searched : searched + 1;
		e.add = add;
		e.nadd = cut_offers(t, h, grpc, sizeof(grpc), add);
	}
	return t->wire->keep_request(t, h, &e);
}

static bool refused_by_policy(struct txn *t)
{
	struct decision d = txn_decide(t, STAGE_REQUEST, &t->up);

	t->rule = d.rule;
	t->own_log = d.log;
	t->unsearched = d.action == ACTION_PASSTHROUGH;
	t->pass_ranges = d.ranges;
	if (d.action == ACTION_RESET)
		txn_refuse(t, 0, "reset", d.rule, NULL, "%s", d.reason != NULL ? d.reason : "reset by rule");
	else if (d.action == ACTION_BLOCK)
		txn_refuse(t, 403, "block", d.rule, NULL, "%s",
		    d.reason != NULL ? d.reason :
		    t->websocket     ? "WebSockets are not permitted here" :
		    t->upgrade	     ? "protocol upgrades are not permitted here" :
		    t->connect	     ? "CONNECT is not permitted here" :
				       "blocked by rule");
	return t->refused;
}

/* A body that is not searched goes on as it comes, unless a rule about its type or size says no. */
static void stream_body(struct txn *t)
{
	struct leg *g = &t->up;
	struct decision d;

	g->verdict = verdict_make(VERDICT_BYPASSED, REASON_POLICY, STR_NONE);
	d = txn_decide(t, STAGE_UPLOAD, g);
	t->own_log |= d.log;
	warning_note(t, g, &d);
	g->state = LEG_STREAM;
	if (d.action == ACTION_BLOCK || d.action == ACTION_RESET)
		txn_refuse_verdict(t, "upload", &d, &g->verdict);
	else
		t->wire->send_head(t, g);
}

static void begin_body(struct txn *t, const struct head *h, bool search)
{
	int r = search ? streaming_begin(t, &t->up) : 1;

	if (r < 0 || (r > 0 && search && leg_hold(t, &t->up, 0) != 0)) {
		txn_refuse(t, 503, "refuse", NULL, NULL, "no memory");
		return;
	}
	if (r == 0) {
		t->wire->send_head(t, &t->up);
		return;
	}
	if (!search && h->body != BODY_NONE && t->socket == NULL) {
		stream_body(t);
	} else if (!search) {
		t->up.state = LEG_STREAM;
		t->up.verdict = verdict_make(VERDICT_CLEAN, REASON_NO_BODY, STR_NONE);
		t->wire->send_head(t, &t->up);
	} else if (h->expect_continue && t->client_11) {
		/* The body is searched before the origin sees the head: nobody else can say it. */
		struct head go = { .status = 100, .minor = 1, .reason = STR("Continue") };

		t->wire->interim(t, &go, &(struct h1_edit){ .frame = H1_FRAME_NONE });
		t->continued = true;
	}
}

/* HTTP/2: what comes behind the head is no body, but what is spoken once the origin agrees. */
static bool carries_protocol(const struct txn *t)
{
	return t->client_stream != 0 && (t->websocket || t->upgrade || t->connect);
}

void txn_request_head(struct txn *t, const struct head *as_sent)
{
	struct head named = *as_sent;
	const struct head *h = &named;
	struct flow *f = t->f;
	bool search;
	char authority[AUTHORITY_MAX];
	const char *why;
	int r;

	if (h->host.n == 0)
		named.host = authority_of_connection(f, authority);
	if (note_request(t, h) != 0) { /* no rule may be asked without path and Accept */
		txn_refuse(t, 503, "refuse", NULL, NULL, "no memory");
		return;
	}
	search = f->w->search && h->body != BODY_NONE && !carries_protocol(t);
	if (f->refused != 0 && origin_deny(f, t->wants_html)) {
		txn_denied(t, f->refused_why);
		return;
	}
	if (f->refused != 0) {
		txn_refuse(t, f->refused_status, f->refused == -ERR_DENIED ? "block" : "refuse",
		    f->refused_rule, NULL, "%s", f->refused_why);
		return;
	}
	if (audit_full(f->w->audit) &&
	    config_audit(policy_config(f->policy))->when_full == WHEN_FULL_BLOCK) {
		txn_refuse(t, 503, "refuse", NULL, NULL, "the audit log cannot be written");
		return;
	}
	why = authority_misdirected(f, h->scheme, str_c(t->host), &t->other_name);
	if (why != NULL) {
		txn_refuse(t, 421, "refuse", NULL, NULL, "%s", why);
		return;
	}
	if (wait_ask(t, h) || refused_by_policy(t) || recalling_asked(t))
		return;
	if (t->websocket && f->w->search && !t->unsearched && (r = websocket_asked(t, h)) != 0) {
		txn_malformed(t, true, r);
		return;
	}
	if (!t->no_ranges && ranged_note(t, h, t->pass_ranges) != 0) {
		txn_refuse(t, 503, "refuse", NULL, NULL, "no memory");
		return;
	}
	if (h->target.n > f->w->limits.target || write_request(t, h, search) != 0) {
		txn_malformed(t, true, -ERR_HTTP_TARGET);
		return;
	}
	f->need_origin = f->origin.fd < 0;
	if (f->need_origin) { /* its buffer must be there before anything goes out */
		t->up.state = LEG_HEAD;
		t->up_search = search;
		t->up_expect = h->expect_continue;
		return;
	}
	begin_body(t, h, search);
}

void txn_request_connected(struct txn *t)
{
	struct head h = { .body = t->up_body, .expect_continue = t->up_expect };

	begin_body(t, &h, t->up_search);
}

static void begin(struct flow *f, const struct head *h)
{
	struct txn *t = txn_new(f, &wire_h1);

	if (t == NULL) {
		f->reset = f->finished = true;
		return;
	}
	t->close = !h->keep_alive;
	txn_request_head(t, h);
	if (!t->refused && !t->own)
		h1_expect(f->resp, h->method);
}

/* One event of the decoder; false when the input must wait. */
static bool event(struct flow *f, const struct h1_ev *ev)
{
	switch (ev->type) {
	case H1_HEAD:
		begin(f, ev->head);
		return true;
	case H1_DATA:
		leg_body(f->txn, &f->txn->up, ev->data);
		return true;
	case H1_TRAILERS:
		leg_trailers(f->txn, &f->txn->up, ev->head);
		return true;
	case H1_END:
	case H1_TUNNEL:
		leg_complete(f->txn, &f->txn->up);
		return false;
	case H1_ERROR:
		if (f->txn == NULL && txn_new(f, &wire_h1) == NULL)
			f->reset = f->finished = true;
		else
			txn_malformed(f->txn, true, ev->err);
		return false;
	default:
		return false;
	}
}

static bool wants_input(const struct flow *f)
{
	const struct txn *t = f->txn;

	if (f->client.out.len >= f->w->limits.out)
		return false;
	if (t == NULL)
		return true;
	if (t->refused || t->up.ended || f->need_origin)
		return false;
	return leg_wants(t, &t->up);
}

/* Decode until the input is used, the message ends, or somebody must be waited for. */
static void decode(struct flow *f, struct str in)
{
	bool was_idle = f->txn == NULL && h1_idle(f->req);

	for (bool more = true; more && wants_input(f) && !f->finished; more = !flow_spent(f)) {
		struct h1_ev ev;
		size_t used = 0;

		h1_next(f->req, in, &used, &ev);
		in = str_sub(in, used, in.n);
		if (ev.type == H1_MORE || !event(f, &ev))
			break;
	}
	if (was_idle && f->txn == NULL && !h1_idle(f->req))
		flow_deadline(f, f->w->limits.head_time);
	if (!f->finished && txn_keep(&f->client, in) != 0)
		f->reset = f->finished = true;
}

static void at_eof(struct flow *f)
{
	struct h1_ev ev;

	if (f->txn == NULL && h1_idle(f->req))
		return;
	h1_eof(f->req, &ev);
	if (ev.type == H1_ERROR) {
		flow_note(f, NULL, NULL, "the client ended in the middle of a request");
		f->finished = f->reset = true;
	}
}

bool txn_request_pump(struct flow *f)
{
	struct txn *t = f->txn;
	struct str in;
	ssize_t n;

	if (t != NULL && t->up.state == LEG_HEAD && !t->refused && !f->need_origin) {
		txn_request_connected(t);
		return true;
	}
	if (t != NULL && leg_pour(t, &t->up))
		return true;
	if (!wants_input(f))
		return false;
	/* The end may be due without another byte: after a wait for the origin or for room. */
	if (h1_due(f->req)) {
		decode(f, buf_view(&f->client.in));
		return true;
	}
	n = txn_input(f, &f->client, &in);
	if (n > 0)
		decode(f, in);
	else if (n == -ERR_EOF)
		at_eof(f);
	return n > 0;
}
