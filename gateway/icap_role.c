/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects from workers, and the life of the process. */
#include "gateway/icap_role.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"
#include "core/sandbox.h"
#include "gateway/anchors.h"
#include "gateway/icap_int.h"

enum { TICK = 1000, QUIET = 1 };

/* ---- time ---- */

static void may_end(struct icap *i)
{
	if (i->draining && icap_idle(i) && (i->askers == NULL || i->quiet > QUIET))
		role_done(i->host);
}

static void on_tick(void *arg)
{
	struct icap *i = arg;
	struct verdict late = icap_no_answer(i, REASON_TIMEOUT, "queue");

	timer_set(i->tick, TICK);
	for (struct order **at = &i->head; *at != NULL;)
		if ((*at)->until <= icap_now(i))
			icap_answer(icap_pop(i, at), &late);
		else
			at = &(*at)->next;
	for (size_t k = 0; k < ICAP_CONNS_MAX; k++) {
		struct place *p = &i->places[k];
		uint64_t age = icap_now(i) - p->since;

		if ((p->state == CONN_IDLE && age > i->limits.icap_idle) ||
		    (p->state == CONN_ASKED && age > i->limits.connect))
			p->state = CONN_GONE;
	}
	i->quiet = icap_idle(i) ? i->quiet + 1 : 0;
	may_end(i);
	icap_soon(i);
}

/* ---- workers ---- */

static void forget(struct asker *a, uint64_t id, bool all)
{
	struct icap *i = a->i;

	for (struct order **at = &i->head; *at != NULL;)
		if ((*at)->asker == a && (all || (*at)->id == id))
			icap_order_free(icap_pop(i, at));
		else
			at = &(*at)->next;
	/* One that is at the service goes on: the connection is worth more. */
	for (size_t k = 0; k < ICAP_CONNS_MAX; k++) {
		struct order *o = i->places[k].order;

		if (o != NULL && o->asker == a && (all || o->id == id))
			o->asker = NULL;
	}
}

static void asker_free(struct asker *a)
{
	struct asker **at = &a->i->askers;

	forget(a, 0, true);
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	chan_free(a->chan);
	free(a);
}

static void on_order(struct asker *a, const struct scan_order *so, int fd)
{
	struct icap *i = a->i;
	struct verdict full = icap_no_answer(i, REASON_LIMIT, "queue"), down = icap_no_answer(i, REASON_ERROR, "down");
	struct order *o = i->waiting < i->limits.scan_queue_length ? calloc(1, sizeof(*o)) : NULL;

	if (o == NULL || icap_now(i) < i->down_until) {
		icap_tell(a, so->id, o == NULL ? &full : &down);
		free(o);
		close(fd);
		return;
	}
	*o = (struct order){ .asker = a, .id = so->id, .until = icap_now(i) + i->limits.scan_queue,
		.task = { .fd = fd, .length = so->length, .direction = so->about.direction } };
	str_copy(so->about.method, o->method, sizeof(o->method));
	str_copy(so->about.url, o->url, sizeof(o->url));
	str_copy(so->about.type, o->type, sizeof(o->type));
	o->task.method = str_c(o->method);
	o->task.url = str_c(o->url);
	o->task.type = str_c(o->type);
	icap_push(i, o, false);
	icap_soon(i);
}

static void asker_close(void *arg, int why)
{
	struct asker *a = arg;
	struct icap *i = a->i;

	if (why != 0)
		log_error("worker %u: channel dropped: %s", a->index, err_text(why));
	asker_free(a);
	may_end(i);
}

static void asker_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct asker *a = arg;
	struct scan_order so;
	struct rd r = rd_of(body);
	uint64_t id;

	if (type == MSG_SCAN && nfds == 1 && scan_read_order(body, &so) == 0) {
		on_order(a, &so, fds[0]);
		return;
	}
	for (size_t k = 0; k < nfds; k++)
		close(fds[k]);
	if (type != MSG_SCAN_CANCEL) {
		asker_close(a, -ERR_PROTO);
		return;
	}
	id = rd_u64(&r);
	if (rd_done(&r) == 0)
		forget(a, id, false);
}

static void peer(void *arg, enum role role, uint32_t index, int fd)
{
	struct icap *i = arg;
	struct asker *a = i->askers;

	while (a != NULL && a->index != index)
		a = a->next;
	if (role == ROLE_WORKER && a != NULL)
		asker_free(a);
	a = role == ROLE_WORKER ? calloc(1, sizeof(*a)) : NULL;
	if (a == NULL) {
		close(fd);
		return;
	}
	*a = (struct asker){ .next = i->askers, .i = i, .index = index };
	a->chan = chan_new(i->service.loop, fd, ROLE_SCANNER, ROLE_WORKER, asker_msg, asker_close, a);
	if (a->chan == NULL)
		free(a);
	else
		i->askers = a;
}

static void message(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	if (type == MSG_ENGINE_CONNECTED)
		icap_connected(arg, body, fds, nfds);
}

/* ---- life ---- */

static int use_service(struct icap *i, const struct bundle *b, uint32_t index)
{
	struct str name, uri;
	char key[32];

	snprintf(key, sizeof(key), "engine.%u.name", index);
	if (!bundle_get(b, str_c(key), &name) || str_copy(name, i->service.name, sizeof(i->service.name)) != 0)
		return -ERR_CONFIG;
	snprintf(key, sizeof(key), "engine.%u.url", index);
	if (!bundle_get(b, str_c(key), &uri) || str_copy(uri, i->service.uri, sizeof(i->service.uri)) != 0)
		return -ERR_CONFIG;
	return icap_url_parse(uri, &i->service.url);
}

static int use_tls(struct icap *i, const struct bundle *b, uint32_t index, char text[ROLE_TEXT_MAX])
{
	char key[32];
	struct verify_store *store;

	if (!i->service.url.tls)
		return 0;
	snprintf(key, sizeof(key), "engine.%u.trust", index);
	store = anchors_load(b, str_c(key), false, text, ROLE_TEXT_MAX);
	if (store == NULL)
		return -ERR_TLS;
	i->service.tls = tls_ctx_new(store, &i->limits);
	verify_store_free(store);
	return i->service.tls != NULL ? 0 : -ERR_TLS;
}

static int start(void *arg, const struct bundle *b, uint32_t index, uint32_t generation, char text[ROLE_TEXT_MAX])
{
	struct icap *i = arg;
	struct str resolv_conf = STR_NONE, hosts = STR_NONE;
	int flags;

	(void)generation;
	role_limits(b, &i->limits);
	i->service.loop = role_host_loop(i->host);
	i->service.limits = &i->limits;
	bundle_get(b, STR("resolv.conf"), &resolv_conf);
	bundle_get(b, STR("hosts"), &hosts);
	i->resolver = resolver_new(i->service.loop);
	i->work = timer_new(i->service.loop, icap_work, i);
	i->tick = timer_new(i->service.loop, on_tick, i);
	snprintf(text, ROLE_TEXT_MAX, "no memory");
	if (i->resolver == NULL || i->work == NULL || i->tick == NULL ||
	    resolver_use(i->resolver, resolv_conf, hosts) != 0)
		return -ERR_NOMEM;
	snprintf(text, ROLE_TEXT_MAX, "no such engine");
	if (use_service(i, b, index) != 0 || use_tls(i, b, index, text) != 0)
		return -ERR_CONFIG;
	snprintf(text, ROLE_TEXT_MAX, "no sandbox");
	if ((flags = sandbox_enter(ROLE_ICAP, NULL)) < 0)
		return -ERR_SYSTEM;
	timer_set(i->tick, TICK);
	snprintf(text, ROLE_TEXT_MAX, "%.60s, %.300s; sandbox %s", i->service.name, i->service.uri, sandbox_text(flags));
	return 0;
}

/* Only limits and the ways to resolve names can change; another service is another process. */
static int reload(void *arg, const struct bundle *b, char text[ROLE_TEXT_MAX])
{
	struct icap *i = arg;
	struct str resolv_conf = STR_NONE, hosts = STR_NONE;

	role_limits(b, &i->limits);
	bundle_get(b, STR("resolv.conf"), &resolv_conf);
	bundle_get(b, STR("hosts"), &hosts);
	snprintf(text, ROLE_TEXT_MAX, "reloaded");
	return resolver_use(i->resolver, resolv_conf, hosts);
}

/* Workers close their channels when they have another; what they asked is answered. */
static void drain(void *arg)
{
	struct icap *i = arg;

	i->draining = true;
	i->quiet = 0;
	may_end(i);
}

static void release(struct icap *i)
{
	while (i->askers != NULL)
		asker_free(i->askers);
	for (size_t k = 0; k < ICAP_CONNS_MAX; k++) {
		icap_conn_free(i->places[k].conn);
		if (i->places[k].order != NULL)
			icap_order_free(i->places[k].order);
	}
	while (i->head != NULL)
		icap_order_free(icap_pop(i, &i->head));
	resolver_forget(i->lookup);
	resolver_free(i->resolver);
	tls_ctx_free(i->service.tls);
	timer_free(i->work);
	timer_free(i->tick);
	role_host_free(i->host);
}

int icap_main(int parent_fd)
{
	static const struct role_ops ops = { .start = start, .reload = reload, .peer = peer, .drain = drain,
		.message = message };
	static struct icap i;
	int code;

	i = (struct icap){ .tail = &i.head };
	i.host = role_host_new(ROLE_ICAP, parent_fd, &ops, &i);
	if (i.host == NULL)
		return 1;
	code = role_host_run(i.host);
	release(&i);
	return code;
}
