/* SPDX-License-Identifier: BSD-2-Clause */
/* The first steps of a flow: look at the first bytes, ask policy, connect to the origin. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/bypass.h"
#include "gateway/flow.h"
#include "gateway/sniff.h"
#include "gateway/sockpool.h"
#include "intercept/sock.h"

/* Read what is there into in, up to `most` bytes in all: > 0 new bytes, 0 none, -ERR_*. */
static ssize_t read_more(struct flow *f, struct end *e, size_t most)
{
	size_t room = most > e->in.len ? most - e->in.len : 0;
	ssize_t n;

	if (room > WORKER_SCRATCH)
		room = WORKER_SCRATCH;
	if (room == 0)
		return -ERR_LIMIT;
	n = end_read(e, f->w->scratch, room);
	if (n > 0 && buf_append(&e->in, f->w->scratch, (size_t)n) != 0)
		return -ERR_LIMIT;
	return n;
}

/* A name that is an address says nothing new, or something false. */
static int check_literal(struct flow *f)
{
	if (!f->hello->has_literal || memcmp(f->hello->literal, &f->to.ip, sizeof(f->to.ip)) == 0)
		return 0;
	flow_note(f, "refuse", NULL, "%s: its name is an address other than the one called",
	    err_name(-ERR_HELLO));
	return -ERR_HELLO;
}

static enum flow_state peek_tls(struct flow *f)
{
	int r;

	if (f->hello == NULL)
		f->hello = calloc(1, sizeof(*f->hello));
	if (f->hello == NULL)
		return flow_abort(f, "refuse", NULL, -ERR_NOMEM);
	r = hello_walk(&f->walk, buf_view(&f->client.in), f->w->limits.hello);
	if (r == 0)
		r = hello_parse(buf_view(&f->client.in), f->w->limits.hello, f->hello);
	if (r == 0)
		r = check_literal(f);
	if (r == -ERR_MORE) {
		if (f->protocol == PROTOCOL_UNKNOWN) /* time is up in the middle of a hello */
			return flow_abort(f, "refuse", NULL, -ERR_TIMEOUT);
		if (f->protocol != PROTOCOL_TLS)
			flow_deadline(f, f->w->limits.hello_time);
		f->protocol = PROTOCOL_TLS;
		return FLOW_PEEK;
	}
	if (r == 0) {
		f->protocol = PROTOCOL_TLS;
		str_copy(str_c(f->hello->sni), f->host, sizeof(f->host));
		f->sni = f->host[0] != '\0';
		f->ech = f->hello->ech;
		return FLOW_DECIDE;
	}
	if (r == -ERR_NOT_TLS) {
		f->protocol = PROTOCOL_UNKNOWN;
		return FLOW_DECIDE;
	}
	COUNT_ADD(malformed, 1);
	return flow_abort(f, "refuse", NULL, r);
}

enum flow_state step_peek(struct flow *f)
{
	ssize_t n = read_more(f, &f->client, f->w->limits.hello);
	struct str in = buf_view(&f->client.in);
	int tls, http, h2;

	end_watch(&f->client, true);
	if (n < 0 && in.n == 0) {
		flow_note(f, "closed", NULL, "no byte was sent");
		return FLOW_END;
	}
	tls = in.n > 0 ? hello_sniff(in) : -ERR_MORE;
	http = in.n > 0 ? sniff_http(in) : -ERR_MORE;
	h2 = in.n > 0 ? sniff_h2(in) : -ERR_MORE;
	if (tls == 1)
		return n == -ERR_EOF ? flow_abort(f, "refuse", NULL, -ERR_HELLO) : peek_tls(f);
	if (f->protocol == PROTOCOL_UNKNOWN)
		return FLOW_DECIDE; /* time is up */
	if (http == 1 && h2 == -ERR_MORE && n >= 0)
		return FLOW_PEEK;
	f->h2_prior = h2 == 1;
	if (http == 1)
		f->protocol = PROTOCOL_HTTP;
	else if ((tls == 0 && http == 0) || n < 0)
		f->protocol = PROTOCOL_UNKNOWN;
	else
		return FLOW_PEEK;
	return FLOW_DECIDE;
}

/*
 * Without a page inside TLS the client is told by an alert, as RFC 8446 section 6.2 has it for a
 * peer that decided by access control not to go on.
 */
static enum flow_state alert_denied(struct flow *f)
{
	flow_note(f, "block", f->decision.rule, "%s",
	    f->decision.reason != NULL ? f->decision.reason : err_name(-ERR_DENIED));
	return flow_alert(f, ALERT_ACCESS_DENIED);
}

/*
 * A client that offers only protocols that cannot be searched (RFC 7301 section 3.2). To go on
 * without any would let bytes of one protocol be taken for another (RFC 9325 section 3.8).
 */
static enum flow_state alert_protocol(struct flow *f)
{
	COUNT_ADD(blocked, 1);
	flow_note(f, "refuse", f->decision.rule, "%s", err_name(-ERR_TLS_ALPN));
	return flow_alert(f, ALERT_NO_APPLICATION_PROTOCOL);
}

static bool speaks(const struct hello *h)
{
	return !h->has_alpn || hello_offers(h, "http/1.1") || hello_offers(h, "h2");
}

static enum flow_state decide_block(struct flow *f)
{
	if (f->protocol == PROTOCOL_TLS &&
	    (!config_tls(policy_config(f->policy))->intercept || !speaks(f->hello)))
		return alert_denied(f);
	if (f->protocol != PROTOCOL_TLS && f->protocol != PROTOCOL_HTTP)
		return flow_abort(f, "block", f->decision.rule, -ERR_DENIED);
	f->refused = -ERR_DENIED;
	f->refused_status = 403;
	f->refused_rule = f->decision.rule;
	snprintf(f->refused_why, sizeof(f->refused_why), "%s",
	    f->decision.reason != NULL ? f->decision.reason : "blocked by rule");
	return f->protocol == PROTOCOL_TLS ? FLOW_FORGE : f->h2_prior ? FLOW_H2 : FLOW_HTTP;
}

enum flow_state step_decide(struct flow *f)
{
	struct facts facts = flow_facts(f, STAGE_HELLO);

	f->decision = policy_decide(f->policy, &facts);
	f->rule = f->decision.rule;
	switch (f->decision.action) {
	case ACTION_BLOCK:
		COUNT_ADD(blocked, 1);
		return decide_block(f);
	case ACTION_PASSTHROUGH:
		f->action = "passthrough";
		f->verdict = verdict_make(VERDICT_BYPASSED, REASON_POLICY, STR_NONE);
		COUNT_ADD(tunnels, 1);
		bypass_probe(f);
		return FLOW_CONNECT;
	case ACTION_INTERCEPT:
	case ACTION_ALLOW:
		if (f->protocol == PROTOCOL_TLS) {
			bypass_known(f);
			return f->decision.action == ACTION_PASSTHROUGH || f->probe || speaks(f->hello) ?
				       FLOW_CONNECT :
				       alert_protocol(f);
		}
		if (f->protocol == PROTOCOL_HTTP) {
			COUNT_ADD(plain, 1);
			return f->h2_prior ? FLOW_CONNECT : FLOW_HTTP;
		}
		/* fall through */ /* there is nothing in unknown bytes to intercept */
	default:
		COUNT_ADD(blocked, 1);
		return flow_abort(f, "reset", f->decision.rule, -ERR_DENIED);
	}
}

static void on_socket(void *arg)
{
	struct flow *f = arg;

	f->waiting_socket = false;
	flow_wake(f);
}

static void on_origin(void *arg, int events)
{
	struct flow *f = arg;

	(void)events;
	f->connected = true; /* or failed: sock_connected() tells */
	flow_run(f);
}

static enum flow_state connect_failed(struct flow *f, const char *why)
{
	flow_note(f, "refuse", NULL, "connect: %s", why);
	COUNT_ADD(handshake_failed_origin, 1);
	end_close(&f->origin, true);
	if (f->protocol != PROTOCOL_HTTP || f->txn == NULL) {
		f->reset = true; /* what the client would have seen from the origin itself */
		return FLOW_END;
	}
	f->need_refusal = true;
	f->need_origin = false;
	f->refused_status = 502;
	snprintf(f->refused_why, sizeof(f->refused_why), "The origin cannot be reached: %s", why);
	return FLOW_HTTP;
}

static enum flow_state connect_start(struct flow *f)
{
	bool keep = config_network(policy_config(f->policy))->source == SOURCE_CLIENT;
	int fd = sockpool_take(f->w->sockets, f->family, on_socket, f);
	int r;

	if (fd < 0) {
		f->waiting_socket = true;
		return FLOW_CONNECT;
	}
	r = sock_connect(fd, keep ? (const struct sockaddr *)&f->from_sa : NULL,
	    (const struct sockaddr *)&f->to_sa);
	if (end_open(&f->origin, f->w->loop, fd, on_origin, f) != 0)
		return connect_failed(f, "no memory");
	if (r != 0 && r != -ERR_WANT_WRITE)
		return connect_failed(f, strerror(errno));
	f->connected = r == 0;
	end_watch_for(&f->origin, LOOP_WRITE);
	return FLOW_CONNECT;
}

enum flow_state step_connect(struct flow *f)
{
	end_watch(&f->client, false);
	if (f->origin.fd < 0) {
		enum flow_state next;

		if (f->waiting_socket)
			return FLOW_CONNECT;
		next = connect_start(f);
		if (next != FLOW_CONNECT || !f->connected)
			return next;
	}
	if (!f->connected)
		return FLOW_CONNECT;
	if (sock_connected(f->origin.fd) != 0)
		return connect_failed(f, strerror(errno));
	if (f->decision.action == ACTION_PASSTHROUGH && !f->probe)
		return FLOW_TUNNEL;
	f->need_origin = false;
	return f->protocol == PROTOCOL_TLS ? FLOW_UPTLS : f->h2_prior ? FLOW_H2 : FLOW_HTTP;
}
