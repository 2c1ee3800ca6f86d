/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent's part in learning who pins certificates and which origins want one of clients. */
#include "gateway/learning.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/json.h"
#include "core/log.h"
#include "gateway/learned.h"

/* Workers answer within a turn of their loops; events of one second are bounded. */
enum { ASK_GRACE = 300, EVENTS_PER_SECOND = 20 };

struct learning {
	struct parent *p;
	struct learned *table;
	struct timer *timer;
	uint64_t second, events;
};

static void on_time(void *arg);

struct learning *learning_new(struct parent *p)
{
	struct learning *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->p = p;
	l->table = learned_new();
	l->timer = timer_new(p->loop, on_time, l);
	if (l->table != NULL && l->timer != NULL)
		return l;
	learning_free(l);
	return NULL;
}

void learning_free(struct learning *l)
{
	if (l == NULL)
		return;
	timer_free(l->timer);
	learned_free(l->table);
	free(l);
}

static const char *ip_text(const struct addr *a, char to[INET6_ADDRSTRLEN])
{
	bool v4 = IN6_IS_ADDR_V4MAPPED(&a->ip);

	return inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? &a->ip.s6_addr[12] : a->ip.s6_addr, to,
	    INET6_ADDRSTRLEN);
}

static void entry_fields(struct json *j, const struct learned_entry *e)
{
	char ip[INET6_ADDRSTRLEN];

	json_c(j, "kind", learned_kind_word(e->fact.kind));
	json_c(j, "client", ip_text(&e->fact.client, ip));
	json_c(j, "destination", ip_text(&e->fact.destination, ip));
	json_u64(j, "destination_port", e->fact.destination.port);
	audit_str(j, "sni", str_c(e->fact.name));
	json_u64(j, "count", e->count);
	json_u64(j, "alert", e->fact.alert);
}

static void event(struct learning *l, const char *name, const struct learned_entry *e)
{
	uint64_t now = loop_now(l->p->loop);
	char ts[AUDIT_TS_MAX];
	struct buf line;
	struct json j;

	if (now / 1000 != l->second) {
		l->second = now / 1000;
		l->events = 0;
	}
	if (++l->events > EVENTS_PER_SECOND)
		return;
	buf_init(&line, AUDIT_LINE_MAX);
	audit_begin(&j, &line, name);
	entry_fields(&j, e);
	if (e->state == LEARNED_BYPASS) {
		audit_ts((int64_t)time(NULL) * 1000 + (int64_t)(e->until - now), ts);
		json_c(&j, "until", ts);
	}
	if (json_end(&j) == 0)
		audit_line(l->p->audit, buf_view(&line));
	buf_free(&line);
}

/* ms: time to live of a BYPASS; 0 ends it. */
static void tell(const struct learned_entry *e, enum msg_type type, uint64_t ms, struct child *c)
{
	struct buf b;

	if (c->chan == NULL || c->state != CHILD_READY)
		return;
	buf_init(&b, 512);
	pack_str(&b, str_of((const char *)e->fact.client.ip.s6_addr, 16));
	pack_str(&b, str_c(e->fact.name));
	if (type == MSG_BYPASS)
		pack_u64(&b, ms);
	chan_send(c->chan, type, buf_view(&b), NULL, 0);
	buf_free(&b);
}

static void tell_all(
    struct parent *p, const struct learned_entry *e, enum msg_type type, uint64_t ms)
{
	for (unsigned i = 0; i < p->nworkers; i++)
		tell(e, type, ms, &p->workers[i]);
}

static bool permitted(const struct parent *p, const struct learned_entry *e)
{
	struct facts f = { .stage = STAGE_HELLO, .protocol = PROTOCOL_TLS, .client = e->fact.client,
		.destination = e->fact.destination, .host = str_c(e->fact.name) };

	return e->fact.kind == LEARNED_PINNED && policy_pinning(p->policy, &f);
}

static void begin_bypass(struct learning *l, struct learned_entry *e)
{
	e->state = LEARNED_BYPASS;
	e->until = loop_now(l->p->loop) + l->p->limits.pinning_bypass;
	event(l, "bypass_learned", e);
	tell_all(l->p, e, MSG_BYPASS, l->p->limits.pinning_bypass);
}

static void candidate(struct learning *l, struct learned_entry *e)
{
	e->state = LEARNED_CANDIDATE;
	event(l, "bypass_candidate", e);
	if (permitted(l->p, e))
		begin_bypass(l, e);
}

/* Nobody said that it ever worked. */
static void on_time(void *arg)
{
	struct learning *l = arg;
	uint64_t now = loop_now(l->p->loop);
	struct learned_entry *e = NULL;
	bool more = false;

	while ((e = learned_next(l->table, e)) != NULL) {
		if (e->state == LEARNED_ASKED && now - e->asked >= ASK_GRACE)
			candidate(l, e);
		more |= e->state == LEARNED_ASKED;
	}
	if (more)
		timer_set(l->timer, ASK_GRACE);
}

static void on_refused(struct learning *l, struct str body)
{
	struct rd r = rd_of(body);
	struct learned_fact fact = { .kind = rd_u8(&r), .alert = rd_u8(&r) };
	struct str client = rd_str(&r, 16), destination = rd_str(&r, 16);
	uint64_t now = loop_now(l->p->loop);
	struct learned_entry *e;

	fact.destination.port = rd_u16(&r);
	if (str_copy(rd_str(&r, LEARNED_NAME_MAX - 1), fact.name, sizeof(fact.name)) != 0 ||
	    rd_done(&r) != 0 || client.n != 16 || destination.n != 16 || fact.kind >= LEARNED_KINDS)
		return;
	memcpy(&fact.client.ip, client.p, 16);
	memcpy(&fact.destination.ip, destination.p, 16);
	learned_expire(l->table, &l->p->limits, now);
	e = learned_refused(l->table, &l->p->limits, &fact, now);
	if (e == NULL)
		return;
	if (e->state == LEARNED_CANDIDATE) {
		candidate(l, e);
		return;
	}
	tell_all(l->p, e, MSG_WATCH, 0);
	timer_set(l->timer, ASK_GRACE);
}

static void on_trusted(struct learning *l, struct str body)
{
	struct rd r = rd_of(body);
	struct str client = rd_str(&r, 16), name = rd_str(&r, LEARNED_NAME_MAX - 1);
	struct learned_entry e = { .fact = { .kind = LEARNED_PINNED } };

	if (rd_done(&r) != 0 || client.n != 16 || str_copy(name, e.fact.name, sizeof(e.fact.name)) != 0)
		return;
	memcpy(&e.fact.client.ip, client.p, 16);
	if (learned_trusted(l->table, &e.fact.client, name) == LEARNED_BYPASS)
		tell_all(l->p, &e, MSG_BYPASS, 0);
}

void learning_message(struct parent *p, enum msg_type type, struct str body)
{
	if (p->learning == NULL || !config_pinning(p->config)->learn)
		return;
	if (type == MSG_REFUSED)
		on_refused(p->learning, body);
	else
		on_trusted(p->learning, body);
}

void learning_worker(struct parent *p, struct child *worker)
{
	uint64_t now = loop_now(p->loop);
	struct learned_entry *e = NULL;

	if (p->learning == NULL || worker->role != ROLE_WORKER)
		return;
	while ((e = learned_next(p->learning->table, e)) != NULL)
		if (e->state == LEARNED_BYPASS && e->until > now)
			tell(e, MSG_BYPASS, e->until - now, worker);
		else if (e->state == LEARNED_CANDIDATE && e->fact.kind == LEARNED_PINNED)
			tell(e, MSG_WATCH, 0, worker);
}

void learning_reload(struct parent *p)
{
	struct learned_entry *e = NULL;

	if (p->learning == NULL)
		return;
	learned_expire(p->learning->table, &p->limits, loop_now(p->loop));
	while ((e = learned_next(p->learning->table, e)) != NULL) {
		if (e->state == LEARNED_CANDIDATE && permitted(p, e)) {
			begin_bypass(p->learning, e);
		} else if (e->state == LEARNED_BYPASS && !permitted(p, e)) {
			e->state = LEARNED_CANDIDATE;
			tell_all(p, e, MSG_BYPASS, 0);
		}
	}
}

static void line_json(struct buf *out, const struct learned_entry *e, uint64_t now)
{
	struct json j;

	json_begin(&j, out);
	json_c(&j, "state", learned_state_word(e->state));
	entry_fields(&j, e);
	json_u64(&j, "last_seconds_ago", (now - e->last) / 1000);
	if (e->state == LEARNED_BYPASS)
		json_u64(&j, "ends_in_seconds", (e->until - now) / 1000);
	json_end(&j);
}

static void line_text(struct buf *out, const struct learned_entry *e, uint64_t now)
{
	char client[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];

	buf_printf(out, "%-9s %-11s %-40s client %s, to %s port %u, %u times, alert %u, %llu s ago",
	    learned_state_word(e->state), learned_kind_word(e->fact.kind), e->fact.name,
	    ip_text(&e->fact.client, client), ip_text(&e->fact.destination, destination),
	    e->fact.destination.port, e->count, e->fact.alert,
	    (unsigned long long)(now - e->last) / 1000);
	if (e->state == LEARNED_BYPASS)
		buf_printf(out, ", ends in %llu s", (unsigned long long)(e->until - now) / 1000);
	buf_printf(out, "\n");
}

void learning_text(struct parent *p, bool json, struct buf *out)
{
	uint64_t now = loop_now(p->loop);
	struct learned_entry *e = NULL;
	bool any = false;

	if (p->learning == NULL)
		return;
	learned_expire(p->learning->table, &p->limits, now);
	while ((e = learned_next(p->learning->table, e)) != NULL) {
		if (e->state < LEARNED_CANDIDATE)
			continue;
		any = true;
		if (json)
			line_json(out, e, now);
		else
			line_text(out, e, now);
	}
	if (!any && !json)
		buf_printf(out, "nothing was learned\n");
}
