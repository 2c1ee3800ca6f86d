/* SPDX-License-Identifier: BSD-2-Clause */
/* Transactions: the step that drives both directions, begin and end, refusals. */
#include "gateway/txn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/bypass.h"
#include "gateway/leaving.h"
#include "gateway/messages.h"
#include "gateway/page.h"
#include "gateway/ranged.h"
#include "gateway/recalling.h"
#include "gateway/report.h"
#include "gateway/search.h"
#include "gateway/slow.h"
#include "gateway/websocket.h"
#include "gateway/waiting.h"
#include "gateway/wire.h"

enum { SWEEP = 1000, TXN_ROUNDS = 8, PAGE_MAX = 256 << 10, TOGETHER = 8 << 10 };

ssize_t txn_input(struct flow *f, struct end *e, struct str *in)
{
	ssize_t n;

	if (e->in.len > 0) {
		*in = buf_view(&e->in);
		return (ssize_t)in->n;
	}
	n = end_read(e, f->w->scratch, WORKER_SCRATCH);
	if (n > 0)
		*in = str_of(f->w->scratch, (size_t)n);
	return n;
}

int txn_keep(struct end *e, struct str rest)
{
	if (e->in.len > 0) {
		buf_consume(&e->in, e->in.len - rest.n);
		return 0;
	}
	return buf_str(&e->in, rest);
}

static void leg_free(struct leg *g)
{
	buf_free(&g->head);
	buf_free(&g->tail);
	buf_free(&g->spill);
	free(g->kept);
	free(g->kept_trailers);
	body_free(g->body);
	messages_free(g->messages);
}

void txn_free(struct txn *t)
{
	if (t->f->txn == t)
		t->f->txn = NULL;
	recalling_over(t);
	report_txn(t->f, t);
	leg_free(&t->up);
	leg_free(&t->down);
	websocket_free(t->socket);
	timer_free(t->comfort);
	if (t->waits != NULL)
		waiting_gone(t->waits);
	free(t->object);
	free(t->given);
	ranged_free(t->ranged);
	free(t->path);
	free(t->accept);
	free(t);
}

void txn_over(struct txn *t, const char *why)
{
	COUNT_ADD(transactions, 1);
	if (why != NULL && t->reason[0] == '\0')
		snprintf(t->reason, sizeof(t->reason), "%s", why);
	if (t->action == NULL)
		t->action = why != NULL ? "abort" : "allow";
	txn_free(t);
}

bool txn_ended(const struct txn *t)
{
	return t->down.state == LEG_DONE && (t->up.state == LEG_DONE || t->refused);
}

void txn_abandon(struct flow *f)
{
	struct txn *t = f->txn;

	if (t->reason[0] == '\0')
		snprintf(t->reason, sizeof(t->reason), "%s",
		    f->reason[0] != '\0' ? f->reason : "the client left");
	if (t->action == NULL)
		t->action = "abort";
	txn_free(t);
}

uint64_t txn_patience(const struct txn *t)
{
	const struct limits *l = &t->f->w->limits;

	return t->tunnel || t->up.state == LEG_MESSAGES || t->down.state == LEG_MESSAGES ? l->tunnel_idle : l->idle;
}

struct str txn_file_name(const struct txn *t)
{
	struct str path = str_c(t->path), name = path;
	ptrdiff_t q = str_chr(path, '?');

	if (q >= 0)
		path.n = (size_t)q;
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '/')
			name = str_sub(path, i + 1, path.n);
	return name;
}

/*
 * Of a path only what is no program: behind /get.exe, /x.js or /page.html a server may give anything. An
 * answer that is none, and a body that is not put there, have no name.
 */
struct str txn_claimed_name(const struct txn *t, const struct leg *g)
{
	bool named = g == &t->up ? strcmp(t->method, "PUT") == 0 : t->status / 100 == 2;
	struct str name = named ? txn_file_name(t) : STR_NONE;
	enum kind k = kind_of_name(name);

	if (g->name[0] != '\0')
		return str_c(g->name);
	return k == KIND_EXECUTABLE || k == KIND_SCRIPT || k == KIND_MARKUP ? STR_NONE : name;
}

void txn_about(const struct txn *t, const struct leg *g, struct body *b)
{
	char url[SCAN_URL_MAX + 1];

	if (!search_external(t->f->w, g == &t->up ? 0 : 1))
		return;
	snprintf(url, sizeof(url), "%s://%s%s", t->f->client.tls != NULL ? "https" : "http", t->host,
	    t->path != NULL ? t->path : "/");
	body_named(b, str_c(t->method), str_c(url), str_c(g->type));
}

struct facts txn_facts(const struct txn *t, enum stage stage, const struct leg *g)
{
	struct facts facts = flow_facts(t->f, stage);

	facts.host = str_c(t->host);
	facts.method = str_c(t->method);
	facts.path = str_c(t->path);
	facts.accept = str_c(t->accept);
	facts.websocket = t->websocket;
	if (t->upgrade && stage == STAGE_REQUEST)
		facts.protocol = PROTOCOL_UPGRADE;
	if (t->connect && stage == STAGE_REQUEST)
		facts.protocol = PROTOCOL_CONNECT;
	if (g == NULL)
		return facts;
	facts.content_type = str_c(g->type);
	facts.size = g->body != NULL ? body_decoded(g->body) : g->length;
	facts.size_known = g->body != NULL || g->has_length;
	if (stage == STAGE_UPLOAD || stage == STAGE_DOWNLOAD) {
		facts.verdict = &g->verdict;
		facts.file_name = txn_claimed_name(t, g);
		facts_content(&facts, &g->verdict, g->body != NULL ? body_first(g->body) : STR_NONE);
	}
	return facts;
}

static bool prohibits(const struct decision *d)
{
	return d->action == ACTION_BLOCK || d->action == ACTION_RESET;
}

struct decision txn_decide(const struct txn *t, enum stage stage, const struct leg *g)
{
	struct facts facts = txn_facts(t, stage, g);
	struct decision d = policy_decide(t->f->policy, &facts), other;

	if (prohibits(&d) || !t->other_name)
		return d;
	facts.host = str_c(t->f->host);
	other = policy_decide(t->f->policy, &facts);
	other.log |= d.log;
	other.warn |= d.warn;
	d.warn |= other.warn;
	d.ranges &= other.ranges;
	d.release = d.release == other.release ? d.release : ACTION_HOLD;
	return prohibits(&other) ? other : d;
}

void txn_incident(const struct flow *f, const struct txn *t, char *to, size_t n)
{
	snprintf(to, n, "%llx-%u-%llu", (unsigned long long)f->w->born, f->w->index,
	    (unsigned long long)t->incident);
}

static void fill_page(const struct txn *t, const struct verdict *v, struct page *p)
{
	static char url[1400], incident[40], verdict[64], ts[AUDIT_TS_MAX];
	const struct flow *f = t->f;
	bool block = strcmp(t->action, "block") == 0;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	audit_ts((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, ts);
	snprintf(url, sizeof(url), "%s://%s%s", f->client.tls != NULL ? "https" : "http", t->host,
	    t->path != NULL ? t->path : "");
	txn_incident(f, t, incident, sizeof(incident));
	verdict[0] = '\0';
	if (v != NULL)
		snprintf(verdict, sizeof(verdict), "%s%s%s", verdict_word(v->class),
		    v->reason != REASON_NONE ? ": " : "", v->reason != REASON_NONE ? reason_word(v->reason) : "");
	*p = (struct page){ .title = str_c(block ? "Blocked by the security gateway" : "The gateway could not do this"),
		.reason = str_c(t->reason), .rule = str_c(block ? t->rule : ""), .verdict = str_c(verdict),
		.name = v != NULL ? str_c(v->name) : STR_NONE, .host = str_c(t->host),
		.url = str_c(t->host[0] != '\0' ? url : ""), .incident = str_c(incident), .time = str_c(ts) };
}

static void write_page(struct txn *t, unsigned status, const struct verdict *v)
{
	struct buf body;
	struct page p;

	buf_init(&body, PAGE_MAX);
	fill_page(t, v, &p);
	page_write(&body, t->wants_html, &p);
	t->wire->answer(t, status, page_type(t->wants_html), buf_view(&body));
	buf_free(&body);
}

/* Why, for the audit and for whoever is told. */
static void note_refusal(struct txn *t, const char *action, const char *rule, const char *fmt, va_list ap)
{
	struct flow *f = t->f;

	vsnprintf(t->reason, sizeof(t->reason), fmt, ap);
	t->action = action;
	t->rule = rule != NULL ? rule : t->rule;
	t->incident = ++f->w->next_incident;
	t->refused = true;
	if (strcmp(action, "block") == 0)
		COUNT_ADD(blocked, 1);
	flow_note(f, NULL, NULL, "transaction %llu: %s", (unsigned long long)t->n, t->reason);
}

void txn_refused(struct txn *t, const char *action, const char *rule, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note_refusal(t, action, rule, fmt, ap);
	va_end(ap);
}

void txn_refuse(struct txn *t, unsigned status, const char *action, const char *rule,
    const struct verdict *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note_refusal(t, action, rule, fmt, ap);
	va_end(ap);
	if (t->down.head_out || t->down.released > 0 || strcmp(action, "reset") == 0) {
		if (t->early.bytes > 0)
			COUNT_ADD(cut_off, 1);
		t->wire->kill(t); /* never a clean end for what was cut (design, promise 2) */
		return;
	}
	t->status = status;
	write_page(t, status, v);
	t->up.state = t->down.state = LEG_DONE;
}

void txn_denied(struct txn *t, const char *why)
{
	snprintf(t->reason, sizeof(t->reason), "%s", why);
	t->action = "refuse";
	t->refused = t->close = true;
	t->up.state = t->down.state = LEG_DONE;
}

static unsigned refusal_status(const char *what, const struct verdict *v)
{
	if (v->reason != REASON_LIMIT)
		return 403;
	return strcmp(what, "upload") == 0 ? 413 : 502;
}

/* In words, where the rule has none of its own. */
static void describe(const char *what, const struct decision *d, const struct verdict *v, char *to, size_t n)
{
	char predicate[64];

	verdict_predicate(v, predicate, sizeof(predicate));
	if (d->reason != NULL)
		snprintf(to, n, "%s", d->reason);
	else
		snprintf(to, n, "the %s %s", what, predicate);
}

static const char *refusal_word(const struct decision *d)
{
	return d->action == ACTION_RESET ? "reset" : "block";
}

void txn_refuse_verdict(struct txn *t, const char *what, const struct decision *d,
    const struct verdict *v)
{
	char text[sizeof(t->reason)];

	describe(what, d, v, text, sizeof(text));
	recalling_refused(t, v);
	txn_refuse(t, refusal_status(what, v), refusal_word(d), d->rule, v, "%s", text);
}

void txn_refused_verdict(struct txn *t, const char *what, const struct decision *d,
    const struct verdict *v)
{
	char text[sizeof(t->reason)];

	describe(what, d, v, text, sizeof(text));
	txn_refused(t, refusal_word(d), d->rule, "%s", text);
}

struct txn *txn_new(struct flow *f, const struct wire *wire)
{
	struct txn *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->f = f;
	t->wire = wire;
	t->n = ++f->ntxn;
	t->started = loop_now(f->w->loop);
	t->client_11 = true;
	t->rule = "";
	buf_init(&t->up.head, 512 << 10);
	buf_init(&t->down.head, 512 << 10);
	buf_init(&t->up.tail, 512 << 10);
	buf_init(&t->down.tail, 512 << 10);
	buf_init(&t->up.spill, (256 << 10) + f->w->limits.h2_window);
	buf_init(&t->down.spill, (256 << 10) + f->w->limits.h2_window);
	if (wire == &wire_h1)
		f->txn = t;
	return t;
}

static unsigned request_fault(int err)
{
	if (err == -ERR_HTTP_HEAD_SIZE || err == -ERR_HTTP_FIELDS)
		return 431;
	return err == -ERR_HTTP_EXPECT ? 417 : 400;
}

void txn_malformed(struct txn *t, bool from_client, int err)
{
	COUNT_ADD(malformed, 1);
	txn_refuse(t, from_client ? request_fault(err) : 502, "refuse", NULL, NULL, "%s: %s",
	    from_client ? "request" : "response", err_name(err));
}

bool txn_timeout(struct flow *f)
{
	struct txn *t = f->txn;
	bool origin;

	if (t == NULL && !h1_idle(f->req)) {
		if (txn_new(f, &wire_h1) != NULL)
			txn_refuse(f->txn, 408, "refuse", NULL, NULL, "the request head took too long");
		return f->txn != NULL;
	}
	if (t == NULL || t->refused)
		return false;
	if (t->up.state == LEG_SEARCH || t->down.state == LEG_SEARCH) {
		flow_touch(f); /* the search has a deadline of its own and always answers */
		return true;
	}
	if (t->down.head_out)
		return false;
	/* Whoever is waited for: the origin also where it does not take what is there for it. */
	origin = t->up.state == LEG_DONE || f->origin.out.len > 0;
	txn_refuse(t, origin ? 504 : 408, "refuse", NULL, NULL,
	    origin ? "the origin took too long" : "the request took too long");
	return true;
}

/* Both legs are done: report, and be ready for the next request or close. */
static void txn_finish(struct flow *f)
{
	bool close = f->txn->close || f->w->draining;

	txn_over(f->txn, NULL);
	if (close)
		f->finished = true;
	else
		flow_deadline(f, f->w->limits.keepalive);
}

static bool make_decoders(struct flow *f)
{
	if (f->req == NULL)
		f->req = h1_new(H1_REQUEST, &f->w->limits);
	if (f->resp == NULL)
		f->resp = h1_new(H1_RESPONSE, &f->w->limits);
	return f->req != NULL && f->resp != NULL;
}

/* An early final response is complete while the request is still coming: no more of it is
 * wanted (RFC 9112 section 9.3), the connection cannot be used again. */
static void end_early(struct txn *t)
{
	if (t != NULL && t->down.state == LEG_DONE && t->up.state != LEG_DONE) {
		t->up.state = LEG_DONE;
		t->close = true;
	}
}

/* What is released can go on at once: its receiver took bytes in the last flush. */
static bool can_pour(const struct flow *f)
{
	const struct txn *t = f->txn;

	return t != NULL && (leg_ready(t, &t->down) || leg_ready(t, &t->up));
}

/*
 * The origin ended or spoke between two transactions: the client's connection ends, too. Looked
 * at before each request, so that no answer is taken for one that was sent before it was asked.
 */
static bool origin_left(struct flow *f)
{
	ssize_t n;

	if (f->txn != NULL || f->origin.fd < 0)
		return false;
	n = f->origin.in.len > 0 ? (ssize_t)f->origin.in.len : 0;
	if (n == 0)
		n = end_read(&f->origin, f->w->scratch, WORKER_SCRATCH);
	if (n == 0)
		return false;
	if (n < 0 && f->ntxn == 0 && bypass_refused_late(f))
		return false;
	flow_note(f, NULL, NULL, n > 0 ? "the origin sent bytes without a request" :
					 "the origin closed the connection");
	f->reset = n > 0;
	return true;
}

/* A held body follows its head at once: they leave together. */
static bool more_follows(const struct flow *f)
{
	return f->txn != NULL && f->txn->down.state == LEG_RELEASE && f->client.out.len < TOGETHER &&
	       !f->client.want_write;
}

static bool round_of(struct flow *f)
{
	bool moved;

	if (origin_left(f)) {
		f->finished = true;
		return false;
	}
	/* First make room: what is released goes on only where the receiver has taken something. */
	if (f->origin.fd >= 0)
		end_flush(&f->origin);
	if (!more_follows(f))
		end_flush(&f->client);
	moved = txn_request_pump(f);
	if (!f->finished && f->txn != NULL && (f->origin.fd >= 0 || f->txn->own))
		moved |= txn_response_pump(f);
	if (f->finished)
		return false;
	end_early(f->txn);
	if (f->origin.fd >= 0)
		end_flush(&f->origin);
	if (!moved || !more_follows(f))
		end_flush(&f->client);
	if (f->txn != NULL && txn_ended(f->txn) && !f->to_relay) {
		txn_finish(f);
		moved = !f->finished;
	}
	return moved || can_pour(f);
}

static bool reads_client(const struct flow *f)
{
	const struct txn *t = f->txn;

	if (f->client.out.len >= f->w->limits.out)
		return false;
	if (t == NULL)
		return true;
	return leg_wants(t, &t->up);
}

static bool reads_origin(const struct flow *f)
{
	const struct txn *t = f->txn;

	if (t == NULL)
		return true; /* idle: to notice that the origin closes */
	return t->down.state == LEG_HEAD || leg_wants(t, &t->down);
}

static void watch_both(struct flow *f)
{
	bool client = reads_client(f), origin = reads_origin(f);

	end_watch(&f->client, client);
	end_watch(&f->origin, origin);
	if ((client && end_pending(&f->client)) || (client && f->txn == NULL && f->client.in.len > 0) ||
	    (origin && end_pending(&f->origin)))
		flow_yield(f);
}

/* Every now and then: does one side keep the other waiting for too long? */
static void sweep(struct flow *f)
{
	uint64_t now = loop_now(f->w->loop);

	if (now - f->swept < SWEEP)
		return;
	f->swept = now;
	if (f->txn != NULL)
		slow_h1(f->txn);
}

enum flow_state step_http(struct flow *f)
{
	bool moved = false, any = false;

	if (!make_decoders(f))
		return flow_abort(f, "refuse", NULL, -ERR_NOMEM);
	if (f->need_refusal) { /* the origin could not be reached for the waiting request */
		f->need_refusal = false;
		txn_refuse(f->txn, f->refused_status, "refuse", NULL, NULL, "%s", f->refused_why);
	}
	sweep(f);
	for (int i = 0; i < TXN_ROUNDS && !f->finished && (i == 0 || !flow_spent(f)); i++) {
		moved = round_of(f);
		any |= moved;
		if (f->need_origin)
			return FLOW_CONNECT;
		if (f->txn != NULL && websocket_opened(f->txn) && !f->finished)
			return FLOW_WEBSOCKET;
		if (!moved)
			break;
	}
	if (f->to_relay) {
		struct txn *t = f->txn;

		COUNT_ADD(transactions, 1);
		t->action = "relay";
		txn_free(t);
		return FLOW_RELAY;
	}
	if ((f->client.broken || f->client.lost) && !f->detached) { /* so does its request, at the origin */
		flow_note(f, NULL, NULL, "the client reset the connection");
		f->reset = true;
		return FLOW_END;
	}
	if (f->finished)
		return f->reset ? FLOW_END : FLOW_LINGER;
	if (f->txn == NULL && f->client.eof)
		return f->client.out.len > 0 ? FLOW_LINGER : FLOW_END;
	if (f->w->draining && f->txn == NULL && h1_idle(f->req) && f->client.in.len == 0) {
		flow_note(f, NULL, NULL, "the gateway stops");
		return FLOW_LINGER;
	}
	leaving_watch(f);
	if (f->detached && f->client.out.len == 0) /* it has its page, and asks by another connection */
		end_shut(&f->client);
	if (any && f->txn != NULL)
		flow_deadline(f, txn_patience(f->txn));
	watch_both(f);
	if (moved)
		flow_yield(f);
	return FLOW_HTTP;
}
