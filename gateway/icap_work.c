/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Orders and the connections that take them to the service. It resolves the service's name itself;
 * connections are made by the parent. Work is done from one timer, never from within a connection's call.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "gateway/fetch_msg.h"
#include "gateway/icap_int.h"

enum { BACKOFF = 1000, VERDICT_MSG = 512 };

void icap_soon(struct icap *i)
{
	timer_set(i->work, 0);
}

/* ---- answers ---- */

void icap_order_free(struct order *o)
{
	close(o->task.fd);
	free(o);
}

void icap_tell(struct asker *a, uint64_t id, const struct verdict *v)
{
	char space[VERDICT_MSG];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	if (scan_pack_verdict(&b, id, v) == 0)
		chan_send(a->chan, MSG_VERDICT, buf_view(&b), NULL, 0);
}

void icap_answer(struct order *o, const struct verdict *v)
{
	if (o->asker != NULL)
		icap_tell(o->asker, o->id, v);
	icap_order_free(o);
}

struct verdict icap_no_answer(const struct icap *i, enum verdict_reason why, const char *what)
{
	char name[VERDICT_NAME_MAX];

	snprintf(name, sizeof(name), "%s:%s", i->service.name, what);
	return verdict_make(VERDICT_UNSCANNABLE, why, str_c(name));
}

void icap_push(struct icap *i, struct order *o, bool first)
{
	o->next = first ? i->head : NULL;
	if (first) {
		i->head = o;
		if (o->next == NULL)
			i->tail = &o->next;
	} else {
		*i->tail = o;
		i->tail = &o->next;
	}
	i->waiting++;
}

struct order *icap_pop(struct icap *i, struct order **at)
{
	struct order *o = *at;

	*at = o->next;
	if (o->next == NULL)
		i->tail = at;
	i->waiting--;
	return o;
}

/* The service cannot be reached: nobody waits for it in vain, and it is let alone for a moment. */
static void is_down(struct icap *i, const struct verdict *v)
{
	if (i->down_until <= icap_now(i))
		log_warn("the service does not answer: %s", v->name);
	i->down_until = icap_now(i) + BACKOFF;
	while (i->head != NULL)
		icap_answer(icap_pop(i, &i->head), v);
}

/* ---- connections ---- */

static void on_end(void *arg, struct icap_conn *c, enum icap_end how, const struct verdict *v)
{
	struct place *p = arg;
	struct icap *i = p->i;
	struct order *o = p->order;
	bool options = p->state == CONN_BUSY && o == NULL;

	(void)c;
	p->order = NULL;
	p->state = how == ICAP_IDLE ? CONN_IDLE : CONN_GONE;
	p->since = icap_now(i);
	if (o != NULL && how == ICAP_LOST && !o->again) {
		o->again = true;
		icap_push(i, o, true);
	} else if (o != NULL) {
		icap_answer(o, v);
	} else if (options && v != NULL && ++i->next_address >= i->naddresses) {
		is_down(i, v);
	} else if (options && v == NULL) {
		i->next_address = 0;
		log_info("options: preview %ld, 204 %s, at most %llu connections, %s", i->service.options.preview,
		    i->service.options.allow_204 ? "yes" : "no",
		    (unsigned long long)i->service.options.connections, i->service.options.istag);
	}
	icap_soon(i);
}

static struct place *place_in(struct icap *i, enum conn_state state)
{
	for (size_t k = 0; k < ICAP_CONNS_MAX; k++)
		if (i->places[k].state == state)
			return &i->places[k];
	return NULL;
}

static size_t open_places(const struct icap *i)
{
	size_t n = 0;

	for (size_t k = 0; k < ICAP_CONNS_MAX; k++)
		n += i->places[k].state != CONN_NONE;
	return n;
}

static void ask_connection(struct icap *i)
{
	struct place *p = place_in(i, CONN_NONE);
	struct verdict v = icap_no_answer(i, REASON_ERROR, "connect");
	char space[64];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	if (i->next_address >= i->naddresses)
		i->next_address = 0;
	*p = (struct place){ .i = i, .state = CONN_ASKED, .id = ++i->next_id, .since = icap_now(i) };
	if (fetch_pack_connect(&b, p->id, &i->at[i->next_address], i->service.url.port) == 0 &&
	    role_send(i->host, MSG_ENGINE_CONNECT, buf_view(&b)) == 0)
		return;
	p->state = CONN_NONE;
	is_down(i, &v);
}

static void on_addresses(void *arg, const struct in6_addr *at, size_t n)
{
	struct icap *i = arg;
	struct verdict v = icap_no_answer(i, REASON_ERROR, "name");

	i->lookup = NULL;
	memcpy(i->at, at, n * sizeof(*at));
	i->naddresses = n;
	i->next_address = 0;
	if (n == 0)
		is_down(i, &v);
	else
		icap_soon(i);
}

/* The name is asked again where nothing is connected: it may have moved. */
static bool have_address(struct icap *i)
{
	unsigned char v4[4];

	if (i->naddresses > 0 && open_places(i) + i->next_address > 0)
		return true;
	if (inet_pton(AF_INET6, i->service.url.host, &i->at[0]) == 1) {
		i->naddresses = 1;
	} else if (inet_pton(AF_INET, i->service.url.host, v4) == 1) {
		i->at[0] = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff, v4[0], v4[1], v4[2], v4[3] } };
		i->naddresses = 1;
	} else {
		if (i->lookup == NULL)
			i->lookup = resolver_ask(i->resolver, i->service.url.host, on_addresses, i);
		return false;
	}
	return true;
}

/* Connections that may be open now. */
static size_t most_places(const struct icap *i)
{
	uint64_t most = i->limits.icap_connections, theirs = i->service.options.connections;

	if (i->service.options_until == 0)
		return 1; /* the first one asks for the options */
	if (theirs > 0 && theirs < most)
		most = theirs;
	return most < ICAP_CONNS_MAX ? (size_t)most : ICAP_CONNS_MAX;
}

static bool supported(struct icap *i, const struct order *o)
{
	const struct icap_head *h = &i->service.options;

	return o->task.direction == 0 ? h->reqmod : h->respmod;
}

/* An idle connection takes the next order, or asks for the options where they are old. */
static void give(struct icap *i, struct place *p)
{
	struct verdict v = icap_no_answer(i, REASON_ERROR, "direction");
	struct order *o = NULL;

	if (icap_now(i) < i->service.options_until) {
		while (i->head != NULL && o == NULL) {
			o = icap_pop(i, &i->head);
			if (supported(i, o))
				break;
			icap_answer(o, &v);
			o = NULL;
		}
		if (o == NULL)
			return;
	}
	p->order = o;
	p->state = CONN_BUSY;
	p->since = icap_now(i);
	icap_conn_ask(p->conn, o != NULL ? &o->task : NULL);
}

void icap_work(void *arg)
{
	struct icap *i = arg;
	struct place *p;

	while ((p = place_in(i, CONN_GONE)) != NULL) {
		icap_conn_free(p->conn);
		*p = (struct place){ .i = i };
	}
	while (i->head != NULL && (p = place_in(i, CONN_IDLE)) != NULL) {
		give(i, p);
		if (p->state == CONN_IDLE)
			break;
	}
	if (i->head != NULL && icap_now(i) >= i->down_until && open_places(i) < most_places(i) &&
	    place_in(i, CONN_ASKED) == NULL && have_address(i))
		ask_connection(i);
}

void icap_connected(struct icap *i, struct str body, int *fds, size_t nfds)
{
	struct verdict v = icap_no_answer(i, REASON_ERROR, "connect");
	struct str why;
	uint64_t id;

	if (fetch_read_connected(body, &id, &why) != 0)
		return;
	for (size_t k = 0; k < ICAP_CONNS_MAX; k++) {
		struct place *p = &i->places[k];

		if (p->state != CONN_ASKED || p->id != id)
			continue;
		if (nfds == 1) {
			p->conn = icap_conn_new(&i->service, fds[0], on_end, p);
			fds[0] = -1;
		}
		p->state = p->conn != NULL ? CONN_IDLE : CONN_NONE;
		if (p->conn == NULL && ++i->next_address >= i->naddresses)
			is_down(i, &v);
		else if (p->conn != NULL)
			give(i, p);
		icap_soon(i); /* others may be wanted */
		return;
	}
}

bool icap_idle(const struct icap *i)
{
	for (size_t k = 0; k < ICAP_CONNS_MAX; k++)
		if (i->places[k].state == CONN_BUSY)
			return false;
	return i->head == NULL;
}
