/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker's part in learning who pins certificates. */
#include "gateway/pinning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/counter.h"
#include "core/err.h"
#include "core/pack.h"
#include "gateway/bypass.h"
#include "gateway/known.h"
#include "gateway/learned.h"
#include "intercept/sock.h"

enum { TRUSTED_MAX = 8192, WATCHED_MAX = 1024, BYPASS_MAX = 1024, KEY_MAX = HELLO_NAME_MAX + 128 };
enum { DAY = 24 * 3600 * 1000, REPORTS_PER_SECOND = 20 };

struct pinning {
	struct known *trusted; /* (client, name) for which our certificate was accepted */
	struct known *watched; /* of which the parent wants to hear that */
	struct known *bypass;
	uint64_t second, reports; /* told in that second */
};

struct pinning *pinning_new(void)
{
	struct pinning *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->trusted = known_new(TRUSTED_MAX);
	p->watched = known_new(WATCHED_MAX);
	p->bypass = known_new(BYPASS_MAX);
	if (p->trusted != NULL && p->watched != NULL && p->bypass != NULL)
		return p;
	pinning_free(p);
	return NULL;
}

void pinning_free(struct pinning *p)
{
	if (p == NULL)
		return;
	known_free(p->trusted);
	known_free(p->watched);
	known_free(p->bypass);
	free(p);
}

static void name_of(const struct flow *f, char *to, size_t n)
{
	char ip[64];

	snprintf(to, n, "%s", f->host[0] != '\0'
				  ? f->host
				  : sock_text((const struct sockaddr *)&f->to_sa, ip, sizeof(ip)));
}

static void key_of(const struct in6_addr *client, const char *name, char to[KEY_MAX])
{
	const unsigned char *p = client->s6_addr;

	for (int i = 0; i < 16; i++)
		snprintf(to + (size_t)2 * (size_t)i, 3, "%02x", p[i]);
	snprintf(to + 32, KEY_MAX - 32, "|%.*s", KEY_MAX - 34, name);
}

static void flow_key(const struct flow *f, char to[KEY_MAX])
{
	char name[HELLO_NAME_MAX + 64];

	name_of(f, name, sizeof(name));
	name[HELLO_NAME_MAX] = '\0';
	key_of(&f->from.ip, name, to);
}

static struct str bytes_of(const struct in6_addr *ip)
{
	return str_of((const char *)ip->s6_addr, 16);
}

/* However clients behave, the parent hears of it only so often. */
static bool may_report(struct pinning *p, uint64_t now)
{
	if (now / 1000 != p->second) {
		p->second = now / 1000;
		p->reports = 0;
	}
	return ++p->reports <= REPORTS_PER_SECOND;
}

static void report(struct flow *f, enum learned_kind kind, unsigned alert)
{
	char name[HELLO_NAME_MAX + 64];
	struct buf b;

	if (!may_report(f->w->pinning, loop_now(f->w->loop)))
		return;
	name_of(f, name, sizeof(name));
	buf_init(&b, 512);
	pack_u8(&b, (uint8_t)kind);
	pack_u8(&b, (uint8_t)alert);
	pack_str(&b, bytes_of(&f->from.ip));
	pack_str(&b, bytes_of(&f->to.ip));
	pack_u16(&b, f->to.port);
	if (pack_str(&b, str_c(name)) == 0)
		chan_send(f->w->parent, MSG_REFUSED, buf_view(&b), NULL, 0);
	buf_free(&b);
}

static void tell_trusted(struct worker *w, struct str client, struct str name)
{
	struct buf b;

	buf_init(&b, 512);
	pack_str(&b, client);
	if (pack_str(&b, name) == 0)
		chan_send(w->parent, MSG_TRUSTED, buf_view(&b), NULL, 0);
	buf_free(&b);
}

static void accepted(struct flow *f)
{
	uint64_t now = loop_now(f->w->loop);
	char key[KEY_MAX];

	flow_key(f, key);
	known_put(f->w->pinning->trusted, key, now + DAY);
	if (!known_has(f->w->pinning->watched, key, now))
		return;
	known_forget(f->w->pinning->watched, key);
	tell_trusted(f->w, bytes_of(&f->from.ip), str_c(strchr(key, '|') + 1));
}

static void refused(struct flow *f, const struct learned_end *e)
{
	COUNT_ADD(clients_refused, 1);
	f->action = "client_refused";
	if (e->done && e->alert != 0)
		snprintf(f->reason, sizeof(f->reason), "%s: %s", err_name(-ERR_TLS_ALERT),
		    tls_failure(f->client.tls));
	report(f, LEARNED_PINNED, e->alert);
}

void pinning_flow_end(struct flow *f)
{
	struct learned_end e = { .cert_sent = tls_cert_sent(f->client.tls),
		.done = f->client_done,
		.closed = f->client.eof || f->client.broken || f->client_left,
		.data = f->client_done ? f->client.bytes_in - f->hello_bytes : 0,
		.since = f->client_done ? loop_now(f->w->loop) - f->client_done_at : 0,
		.alert = f->client.alert };

	if (!config_pinning(policy_config(f->policy))->learn)
		return;
	if (bypass_lacks_certificate(f))
		report(f, LEARNED_CLIENT_CERT, f->origin.alert);
	/* Of a leaf that nobody is to trust, a refusal says nothing. */
	if (f->client.tls == NULL || f->refused != 0 || f->judged.choice == FAULT_WARN)
		return;
	if (e.data > 0)
		accepted(f);
	else if (learned_is_refusal(&e))
		refused(f, &e);
}

bool pinning_bypasses(const struct flow *f)
{
	struct facts facts = flow_facts(f, STAGE_HELLO);
	char key[KEY_MAX];

	flow_key(f, key);
	return known_has(f->w->pinning->bypass, key, loop_now(f->w->loop)) &&
	       policy_pinning(f->policy, &facts);
}

void pinning_message(struct worker *w, enum msg_type type, struct str body)
{
	struct rd r = rd_of(body);
	struct str client = rd_str(&r, 16), name = rd_str(&r, LEARNED_NAME_MAX - 1);
	uint64_t ms = type == MSG_BYPASS ? rd_u64(&r) : 0, now = loop_now(w->loop);
	char key[KEY_MAX], text[LEARNED_NAME_MAX];
	struct in6_addr ip;

	if (rd_done(&r) != 0 || client.n != 16 || w->pinning == NULL ||
	    str_copy(name, text, sizeof(text)) != 0)
		return;
	memcpy(&ip, client.p, 16);
	key_of(&ip, text, key);
	if (type == MSG_BYPASS && ms > 0)
		known_put(w->pinning->bypass, key, now + ms);
	else if (type == MSG_BYPASS)
		known_forget(w->pinning->bypass, key);
	else if (known_has(w->pinning->trusted, key, now))
		tell_trusted(w, client, name);
	else
		known_put(w->pinning->watched, key, now + DAY);
}
