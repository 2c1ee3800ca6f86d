/* SPDX-License-Identifier: BSD-2-Clause */
/* The TLS steps: origin first, then a mirrored leaf, then the client's handshake. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/bypass.h"
#include "gateway/fetching.h"
#include "gateway/flow.h"
#include "gateway/origin_judge.h"
#include "gateway/signing.h"
#include "gateway/sniff.h"
#include "intercept/sock.h"

/* What the client offers of what we speak, in its order, in wire form: RFC 7301. */
static struct str offer(const struct hello *h, char *to, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < h->alpn_n; i += 1u + (unsigned char)h->alpn[i]) {
		struct str p = str_of(h->alpn + i + 1, (unsigned char)h->alpn[i]);

		if ((str_eq(p, STR("h2")) || str_eq(p, STR("http/1.1"))) && n + 1 + p.n <= cap) {
			to[n++] = (char)p.n;
			memcpy(to + n, p.p, p.n);
			n += p.n;
		}
	}
	return str_of(to, n);
}

enum { TLS_1_3 = 0x0304 };

/* The origin speaks nothing of what the client offers of what we speak: told in its own word. */
static enum flow_state no_common_protocol(struct flow *f)
{
	COUNT_ADD(handshake_failed_origin, 1);
	flow_note(f, "refuse", NULL, "origin: %s", tls_failure(f->origin.tls));
	end_close(&f->origin, true);
	return flow_alert(f, ALERT_NO_APPLICATION_PROTOCOL);
}

/* The origin is not what the client wanted: no byte goes there, the client gets a page over a
 * leaf for the name it asked for (US-CERT TA17-075A: convey errors to the client). */
static enum flow_state refuse_origin(struct flow *f, int err)
{
	COUNT_ADD(handshake_failed_origin, 1);
	if (origin_refused(f, err))
		return origin_alert(f);
	f->refused = err;
	f->refused_status = 502;
	origin_why(f, bypass_lacks_certificate(f) ? -ERR_CERT_WANTED : err);
	end_close(&f->origin, true);
	return FLOW_FORGE;
}

static void note_revocation(struct flow *f)
{
	const struct verify_report *r = tls_report(f->origin.tls);

	f->revocation = r->revocation;
	f->revocation_by = r->revocation_by;
	f->revocation_why = r->revocation_why;
}

/* The handshake; where it stops for a missing intermediate, that is asked for or done without. */
static int origin_handshake(struct flow *f)
{
	int r;

	while ((r = tls_handshake(f->origin.tls)) == -ERR_WANT_CERT && !fetching_ask(f->w->fetching, f))
		tls_found(f->origin.tls, NULL, 0);
	f->origin.want_write = r == -ERR_WANT_WRITE;
	end_watch(&f->origin, r == -ERR_WANT_READ);
	return r;
}

static void note_intermediates(struct flow *f)
{
	f->intermediates = tls_source_word(f->origin.tls);
	COUNT_ADD(chains_preloaded, f->intermediates[0] == 'p');
	COUNT_ADD(chains_fetched, f->intermediates[0] == 'f');
}

enum flow_state step_uptls(struct flow *f)
{
	char ip[64], alpn[64];
	int r;

	if (f->fetching != 0)
		return FLOW_UPTLS;
	if (f->origin.tls == NULL) {
		struct tls_target to = { .sni = str_c(f->host),
			.ip = sock_text((const struct sockaddr *)&f->to_sa, ip, sizeof(ip)),
			.port = f->to.port,
			.suites = f->hello->suites,
			.fetch = config_tls(policy_config(f->policy))->fetch_intermediates,
			.fresh = !config_tls(policy_config(f->policy))->resumption,
			.alpn = offer(f->hello, alpn, sizeof(alpn)) };

		bypass_target(f, &to);
		origin_target(f, &to);
		f->origin.tls = tls_connect(f->w->tls, f->origin.fd, &to);
		if (f->origin.tls == NULL)
			return flow_abort(f, "refuse", NULL, -ERR_NOMEM);
	}
	r = origin_handshake(f);
	if (r == -ERR_WANT_READ || r == -ERR_WANT_WRITE || r == -ERR_WANT_CERT)
		return FLOW_UPTLS;
	note_intermediates(f);
	if (r == 0 || r == -ERR_CERT_WANTED)
		origin_passed(f);
	note_revocation(f);
	if (f->probe && (r == 0 || r == -ERR_CERT_WANTED))
		return bypass_verified(f);
	if (f->probe && f->decision.action == ACTION_PASSTHROUGH)
		return bypass_unverified(f, r);
	if (r == -ERR_CERT_WANTED)
		return bypass_wanted(f);
	bypass_note(f);
	f->origin.alert = tls_alert(f->origin.tls);
	if (r == -ERR_EOF || r == -ERR_TRUNCATED || r == -ERR_SYSTEM) {
		COUNT_ADD(handshake_failed_origin, 1);
		return flow_abort(f, "refuse", NULL, r);
	}
	if (r != 0 && f->origin.alert == ALERT_NO_APPLICATION_PROTOCOL)
		return no_common_protocol(f);
	if (r != 0)
		return refuse_origin(f, r);
	tls_facts(f->origin.tls, &f->tls_origin);
	if (f->tls_origin.version < TLS_1_3) /* neither will the client, see tls_match() */
		f->hello->ecdsa = f->hello->ecdsa_12;
	str_copy(tls_alpn(f->origin.tls), f->alpn, sizeof(f->alpn));
	return FLOW_FORGE;
}

static int make_wish(struct flow *f)
{
	char ip[64];
	struct str name = str_c(f->host);

	f->wish = calloc(1, sizeof(*f->wish));
	if (f->wish == NULL)
		return -ERR_NOMEM;
	sock_text((const struct sockaddr *)&f->to_sa, ip, sizeof(ip));
	if (name.n == 0)
		name = str_c(ip);
	if (f->refused != 0) {
		origin_wish_own(f, name, f->wish);
		return 0;
	}
	return origin_wish(f, name, f->wish, tls_mirror(f->origin.tls, name, f->wish));
}

enum flow_state step_forge(struct flow *f)
{
	bool ecdsa = f->hello->ecdsa;
	int r;

	if (f->leaf != NULL)
		return FLOW_DOWNTLS;
	if (f->signing != 0)
		return FLOW_FORGE;
	if (f->wish != NULL) /* the answer was no */
		return flow_abort(f, "refuse", NULL, -ERR_SIGNER);
	if ((r = make_wish(f)) != 0)
		return flow_abort(f, "refuse", NULL, r);
	end_watch(&f->origin, false);
	f->leaf = leaf_cache_get(f->w->leaves, f->wish, ecdsa, time(NULL));
	if (f->leaf != NULL) {
		COUNT_ADD(leaf_hits, 1);
		return FLOW_DOWNTLS;
	}
	f->signing = signing_ask(f->w->signing, f->handle, f->wish, ecdsa);
	return f->signing != 0 ? FLOW_FORGE : flow_abort(f, "refuse", NULL, -ERR_SIGNER);
}

static enum flow_state client_failed(struct flow *f, int err)
{
	COUNT_ADD(handshake_failed_client, 1);
	f->client.alert = tls_alert(f->client.tls);
	f->client_left = err == -ERR_EOF || err == -ERR_TRUNCATED || err == -ERR_SYSTEM;
	flow_note(f, "client_refused", NULL, "%s: %s", err_name(err), tls_failure(f->client.tls));
	f->reset = err != -ERR_EOF;
	return FLOW_END;
}

/* Both handshakes are done: how good was it, and was anything of the client's offer lost? */
static void give_grade(struct flow *f)
{
	struct grade_facts facts = { .accepted = tls_report(f->origin.tls)->errors,
		.client = &f->tls_client, .origin = &f->tls_origin };

	facts.pq = f->pq =
	    tls_pq(f->hello->pq, tls_ctx_pq(f->w->tls), &f->tls_client, &f->tls_origin);
	f->grade = tls_grade(&facts, &f->grade_rule);
	COUNT_ADD(pq_lost, f->pq == TLS_PQ_LOST);
	COUNT_ADD(grade_a, f->grade == GRADE_A);
	COUNT_ADD(grade_b, f->grade == GRADE_B);
	COUNT_ADD(grade_c, f->grade == GRADE_C);
	COUNT_ADD(grade_f, f->grade == GRADE_F);
}

static enum flow_state client_done(struct flow *f)
{
	bool h1 = str_eq(tls_alpn(f->client.tls), STR("http/1.1"));
	bool h2 = str_eq(tls_alpn(f->client.tls), STR("h2"));

	tls_facts(f->client.tls, &f->tls_client);
	COUNT_ADD(intercepted, 1);
	COUNT_ADD(resumed_client, f->tls_client.resumed);
	COUNT_ADD(resumed_origin, f->tls_origin.resumed);
	if (f->refused == 0)
		give_grade(f);
	f->client_done = true;
	f->client_done_at = loop_now(f->w->loop);
	f->hello_bytes = f->client.bytes_in;
	free(f->hello);
	f->hello = NULL;
	free(f->wish);
	f->wish = NULL;
	leaf_free(f->leaf); /* the TLS end holds what it needs */
	f->leaf = NULL;
	if (h2)
		return FLOW_H2;
	return h1 || (f->refused != 0 && f->faults == 0) ? FLOW_HTTP : FLOW_INNER;
}

enum flow_state step_downtls(struct flow *f)
{
	int r;

	if (f->client.tls == NULL) {
		struct str alpn = f->origin.tls != NULL ? tls_alpn(f->origin.tls) : STR_NONE;

		if (f->refused != 0)
			alpn = hello_offers(f->hello, "http/1.1") ? STR("http/1.1")
			       : hello_offers(f->hello, "h2")	  ? STR("h2")
								  : STR_NONE;
		f->client.tls = tls_accept(f->w->tls, f->client.fd, buf_view(&f->client.in),
		    f->hello->ecdsa, f->leaf, alpn);
		if (f->client.tls == NULL ||
		    (f->refused == 0 && !tls_match(f->client.tls, &f->tls_origin)))
			return flow_abort(f, "refuse", NULL, -ERR_NOMEM);
		/* Pages of our own and warned connections are never resumed. */
		if (f->refused == 0 && config_tls(policy_config(f->policy))->resumption)
			tls_resumable(f->client.tls, f->origin.tls, f->generation);
		buf_free(&f->client.in);
	}
	r = tls_handshake(f->client.tls);
	f->client.want_write = r == -ERR_WANT_WRITE;
	end_watch(&f->client, r == -ERR_WANT_READ);
	if (r == -ERR_WANT_READ || r == -ERR_WANT_WRITE)
		return FLOW_DOWNTLS;
	return r == 0 ? client_done(f) : client_failed(f, r);
}

/* Inside TLS without ALPN: HTTP as a rule, but it may be anything. */
enum flow_state step_inner(struct flow *f)
{
	ssize_t n = end_read(&f->client, f->w->scratch, WORKER_SCRATCH);
	struct facts facts;
	int http, h2;

	if (n > 0 && buf_append(&f->client.in, f->w->scratch, (size_t)n) != 0)
		return flow_abort(f, "refuse", NULL, -ERR_LIMIT);
	http = sniff_http(buf_view(&f->client.in));
	h2 = sniff_h2(buf_view(&f->client.in));
	end_watch(&f->client, true);
	f->h2_prior = h2 == 1;
	if (http == 1 && (h2 != -ERR_MORE || n < 0 || f->protocol == PROTOCOL_UNKNOWN))
		return f->h2_prior ? FLOW_H2 : FLOW_HTTP;
	if (n < 0 && f->client.in.len == 0) {
		flow_note(f, "closed", NULL, "nothing was sent inside TLS");
		return FLOW_END;
	}
	if (http != 0 && n >= 0 && f->protocol != PROTOCOL_UNKNOWN)
		return FLOW_INNER;
	f->protocol = PROTOCOL_UNKNOWN;
	if (f->refused != 0) /* no page for who does not speak HTTP */
		return origin_deny(f, false) ? FLOW_LINGER :
					       flow_abort(f, "refuse", NULL, f->refused);
	facts = flow_facts(f, STAGE_HELLO);
	f->decision = policy_decide(f->policy, &facts);
	f->rule = f->decision.rule;
	if (f->decision.action != ACTION_PASSTHROUGH && f->decision.action != ACTION_ALLOW) {
		COUNT_ADD(blocked, 1);
		return flow_abort(f, "reset", f->decision.rule, -ERR_DENIED);
	}
	f->action = "relay";
	f->verdict = verdict_make(VERDICT_BYPASSED, REASON_POLICY, STR_NONE);
	return FLOW_RELAY;
}
