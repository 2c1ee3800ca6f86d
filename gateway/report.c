/* SPDX-License-Identifier: BSD-2-Clause */
/* Audit lines of flows and transactions, and the bytes counted by verdict. */
#include "gateway/report.h"

#include <stdio.h>
#include <string.h>

#include "core/counter.h"
#include "core/json.h"
#include "gateway/audit_read.h"
#include "gateway/coverage.h"
#include "gateway/txn.h"
#include "intercept/sock.h"

enum { LINE_USUAL = 1000 };

static void begin(struct json *j, struct buf *line, const char *event, const struct flow *f)
{
	char text[64];

	buf_init(line, AUDIT_LINE_MAX);
	buf_reserve(line, LINE_USUAL); /* it need not grow; a shortage shows later */
	audit_begin(j, line, event);
	json_u64(j, "worker", f->w->index);
	json_u64(j, "flow", f->id);
	json_c(j, "client", sock_text((const struct sockaddr *)&f->from_sa, text, sizeof(text)));
	json_u64(j, "client_port", f->from.port);
	json_c(j, "destination", sock_text((const struct sockaddr *)&f->to_sa, text, sizeof(text)));
	json_u64(j, "destination_port", f->to.port);
}

static void end(struct json *j, struct buf *line, struct flow *f)
{
	if (json_end(j) == 0)
		audit_line(f->w->audit, buf_view(line));
	buf_free(line);
}

static void optional(struct json *j, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0')
		audit_str(j, key, str_c(text));
}

/* What the search saw in it, itself included. */
static void kinds_fields(struct json *j, const char *side, const struct verdict *v)
{
	char key[40], words[KINDS_TEXT];

	if (v->objects == 0)
		return;
	kinds_text(v->kinds, words);
	snprintf(key, sizeof(key), "%s_content", side);
	json_c(j, key, kind_word(v->kind));
	snprintf(key, sizeof(key), "%s_contains", side);
	json_c(j, key, words);
	snprintf(key, sizeof(key), "%s_objects", side);
	json_u64(j, key, v->objects);
	snprintf(key, sizeof(key), "%s_object_bytes", side);
	json_u64(j, key, v->object_bytes);
}

static void verdict_fields(struct json *j, const char *side, const struct verdict *v)
{
	char key[40];

	if (v->class == VERDICT_NONE)
		return;
	snprintf(key, sizeof(key), "%s_verdict", side);
	json_c(j, key, verdict_word(v->class));
	if (v->reason != REASON_NONE) {
		snprintf(key, sizeof(key), "%s_reason", side);
		json_c(j, key, reason_word(v->reason));
	}
	if (v->name[0] != '\0') {
		snprintf(key, sizeof(key), "%s_signature", side);
		json_c(j, key, v->name);
	}
	if (v->type[0] != '\0') {
		snprintf(key, sizeof(key), "%s_file_type", side);
		json_c(j, key, v->type);
	}
	kinds_fields(j, side, v);
}

static const char *protocol_word(const struct flow *f)
{
	static const char *const words[] = { "none", "tls", "http", "unknown", "upgrade", "connect", "websocket" };

	return words[f->protocol];
}

/* "client" or "origin": what was negotiated on that leg. */
static void leg_fields(struct json *j, const char *side, const struct tls_facts *t)
{
	char key[32], text[64];

	if (t->version == 0)
		return;
	snprintf(key, sizeof(key), "tls_%s", side);
	snprintf(text, sizeof(text), "%s %s", t->version_word, t->cipher);
	json_c(j, key, text);
	snprintf(key, sizeof(key), "tls_%s_group", side);
	optional(j, key, t->group);
	snprintf(key, sizeof(key), "tls_%s_key", side);
	optional(j, key, t->key);
	snprintf(key, sizeof(key), "tls_%s_hash", side);
	optional(j, key, t->hash);
	snprintf(key, sizeof(key), "tls_%s_resumed", side);
	if (t->resumed)
		json_bool(j, key, true);
}

static void tls_fields(struct json *j, const struct flow *f)
{
	leg_fields(j, "client", &f->tls_client);
	leg_fields(j, "origin", &f->tls_origin);
	optional(j, "revocation", revocation_word(f->revocation));
	optional(j, "revocation_source", revocation_source_word(f->revocation_by));
	optional(j, "revocation_note", f->revocation_why);
	optional(j, "tls_grade", grade_word(f->grade));
	if (f->grade != GRADE_NONE)
		optional(j, "tls_grade_rule", f->grade_rule);
	optional(j, "tls_pq", tls_pq_word(f->pq));
	optional(j, "intermediates", f->intermediates);
	if (f->ech)
		json_bool(j, "ech", true);
}

static void origin_fields(struct json *j, const struct flow *f)
{
	static const unsigned char none[sizeof(f->origin_spki)];
	char words[256], hex[2 * sizeof(f->origin_spki) + 1];
	const struct origin_judgement *o = &f->judged;

	if (f->faults == 0)
		return;
	tls_error_words(f->faults, words, sizeof(words));
	json_c(j, "faults", words);
	json_c(j, "fault_choice", fault_choice_word(o->choice));
	if (o->exception != NULL)
		optional(j, "exception", o->exception->name);
	else
		optional(j, "fault_rule", o->rule);
	for (size_t i = 0; i < sizeof(f->origin_spki); i++)
		snprintf(hex + 2 * i, 3, "%02x", f->origin_spki[i]);
	if (memcmp(f->origin_spki, none, sizeof(none)) != 0)
		json_c(j, "origin_spki", hex);
	optional(j, "told", f->told);
}

static void count_tunnel(const struct flow *f)
{
	coverage_count(COVERAGE_UP, &f->verdict, f->client.bytes_in);
	coverage_count(COVERAGE_DOWN, &f->verdict, f->origin.bytes_in);
}

void report_flow(struct flow *f)
{
	struct json j;
	struct buf line;

	if (f->verdict.class != VERDICT_NONE)
		count_tunnel(f);
	begin(&j, &line, "flow", f);
	json_c(&j, "protocol", protocol_word(f));
	optional(&j, "sni", f->protocol == PROTOCOL_HTTP ? "" : f->host);
	json_c(&j, "action", f->action);
	optional(&j, "rule", f->rule);
	optional(&j, "reason", f->reason);
	if (f->decision.log)
		json_bool(&j, "mark", true);
	tls_fields(&j, f);
	optional(&j, "alpn", f->alpn);
	if (f->h2_prior)
		json_bool(&j, "h2_prior_knowledge", true);
	if (f->verdict.class != VERDICT_NONE)
		json_c(&j, "verdict", verdict_word(f->verdict.class));
	if (f->verdict.reason != REASON_NONE)
		json_c(&j, "verdict_reason", reason_word(f->verdict.reason));
	optional(&j, "visible_chain", f->visible_chain);
	if (f->client.alert != 0)
		json_u64(&j, "client_alert", f->client.alert);
	if (f->origin.alert != 0)
		json_u64(&j, "origin_alert", f->origin.alert);
	origin_fields(&j, f);
	optional(&j, "client_certificate", f->client_cert);
	if (f->client_cert != NULL) {
		optional(&j, "client_certificate_rule", f->client_cert_rule);
		optional(&j, "client_certificate_issuers", f->client_cert_issuers);
	}
	json_u64(&j, "bytes_up", f->client.bytes_in);
	json_u64(&j, "bytes_down", f->client.bytes_out);
	json_u64(&j, "transactions", f->ntxn);
	json_u64(&j, "duration_ms", loop_now(f->w->loop) - f->started);
	end(&j, &line, f);
}

static void txn_request_fields(struct json *j, const struct flow *f, const struct txn *t)
{
	json_u64(j, "transaction", t->n);
	json_bool(j, "tls", f->client.tls != NULL);
	optional(j, "protocol", t->websocket ? "websocket" : t->upgrade ? "upgrade" : t->connect ? "connect" : "");
	optional(j, "method", t->method);
	optional(j, "host", t->host);
	optional(j, "path", t->path);
}

void report_wait(struct worker *w, const struct addr *client, const char *host, const char *url,
    const char *outcome, uint64_t bytes)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = client->ip };
	struct json j;
	struct buf line;
	char text[64];

	buf_init(&line, AUDIT_LINE_MAX);
	audit_begin(&j, &line, "wait_page");
	json_u64(&j, "worker", w->index);
	json_c(&j, "client", sock_text((const struct sockaddr *)&a, text, sizeof(text)));
	optional(&j, "host", host);
	optional(&j, "path", url);
	json_c(&j, "outcome", outcome);
	json_u64(&j, "bytes", bytes);
	if (json_end(&j) == 0)
		audit_line(w->audit, buf_view(&line));
	buf_free(&line);
}

static enum audit_passed passed(const struct txn *t, const struct leg *g)
{
	bool page = g == &t->down && t->refused; /* what ended was our answer */

	if (g->all_out && !page && g->let_out)
		return g->part != NULL ? PASSED_PART : PASSED_WHOLE;
	if (g->released > 0 || (g->let_out && !page) || (g == &t->down && t->early.bytes > 0))
		return PASSED_PART;
	return g == &t->down && t->waited && !t->refused ? PASSED_LATER : PASSED_NONE;
}

/* What a body was and whether its receiver has it: hunts for what turns out bad look for this. */
static void object_fields(struct json *j, const struct txn *t, const struct leg *g)
{
	bool up = g == &t->up;
	char hex[2 * AUDIT_SHA256 + 1];

	if (!g->has_sha256)
		return;
	audit_write_sha256(g->sha256, hex);
	json_c(j, up ? "sha256_up" : "sha256_down", hex);
	json_u64(j, up ? "length_up" : "length_down", g->searched);
	json_c(j, up ? "passed_up" : "passed_down", audit_passed_word(passed(t, g)));
}

void report_txn(struct flow *f, const struct txn *t)
{
	struct json j;
	struct buf line;
	char incident[40];

	if (t->own && !t->refused) { /* a wait page, or what it led to: the object has its line already */
		if (t->given != NULL)
			report_wait(f->w, &f->from, t->host, t->given, t->down.state == LEG_DONE ? "given" : "cut",
			    t->down.released);
		return;
	}
	coverage_count(COVERAGE_UP, &t->up.verdict, t->up.bytes);
	coverage_count(COVERAGE_DOWN, &t->down.verdict, t->down.bytes);
	begin(&j, &line, "transaction", f);
	txn_request_fields(&j, f, t);
	json_u64(&j, "status", t->status);
	json_c(&j, "action", t->action);
	optional(&j, "rule", t->rule);
	optional(&j, "reason", t->reason);
	if (t->own_log)
		json_bool(&j, "mark", true);
	if (t->warned)
		json_bool(&j, "warned", true);
	if (t->incident != 0) {
		txn_incident(f, t, incident, sizeof(incident));
		json_c(&j, "incident", incident);
	}
	json_u64(&j, "request_bytes", t->up.bytes);
	json_u64(&j, "response_bytes", t->down.bytes);
	optional(&j, "request_type", t->up.type);
	optional(&j, "response_type", t->down.type);
	if (t->up.nmessages > 0)
		json_u64(&j, "request_messages", t->up.nmessages);
	if (t->down.nmessages > 0)
		json_u64(&j, "response_messages", t->down.nmessages);
	verdict_fields(&j, "request", &t->up.verdict);
	verdict_fields(&j, "response", &t->down.verdict);
	object_fields(&j, t, &t->up);
	object_fields(&j, t, &t->down);
	optional(&j, "release", early_word(t));
	if (t->early.held)
		json_u64(&j, "held_ms", early_held(t));
	if (t->early.bytes > 0)
		json_u64(&j, "early_bytes", t->early.bytes);
	if (t->waited)
		json_bool(&j, "wait_page", true);
	json_u64(&j, "duration_ms", loop_now(f->w->loop) - t->started);
	end(&j, &line, f);
}
