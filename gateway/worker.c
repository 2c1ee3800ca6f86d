/* SPDX-License-Identifier: BSD-2-Clause */
/* The worker role: takes channels, listeners and configurations from the parent, carries flows. */
#include "gateway/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/bundle.h"
#include "core/counter.h"
#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"
#include "core/sandbox.h"
#include "gateway/anchors.h"
#include "gateway/cutting.h"
#include "gateway/fetching.h"
#include "gateway/flow.h"
#include "gateway/keymaker.h"
#include "gateway/identities.h"
#include "gateway/known.h"
#include "gateway/origin_judge.h"
#include "gateway/pinning.h"
#include "gateway/recalling.h"
#include "gateway/revocation.h"
#include "gateway/search.h"
#include "gateway/share.h"
#include "gateway/signing.h"
#include "gateway/wait_ask.h"
#include "gateway/waiting.h"
#include "gateway/sockpool.h"
#include "intercept/sock.h"
#include "policy/origin.h"

enum { LINE_PER_TURN = 300 /* microseconds */, ACCEPT_PER_TURN = 32, LISTENERS_MAX = 8, CERT_WANTED_MAX = 1024 };

struct listener {
	struct worker *w;
	int fd;
	uint16_t port;
	struct watch *watch;
};

bool worker_add(struct worker *w, struct flow *f, uint64_t *handle)
{
	for (uint32_t k = 0; k < w->nflows_max; k++) {
		uint32_t i = (w->next_free + k) % w->nflows_max;

		if (w->nflows == w->nflows_max)
			break;
		if (w->flows[i] != NULL)
			continue;
		w->flows[i] = f;
		w->nflows++;
		w->next_free = i + 1;
		*handle = (uint64_t)++w->flow_gens[i] << 32 | i;
		return true;
	}
	return false;
}

struct flow *worker_find(struct worker *w, uint64_t handle)
{
	uint32_t i = (uint32_t)handle;

	return i < w->nflows_max && w->flow_gens[i] == handle >> 32 ? w->flows[i] : NULL;
}

/* Those who yield again get behind the others. */
static void run_later(void *arg)
{
	struct worker *w = arg;
	uint64_t end = loop_us() + LINE_PER_TURN;

	w->decode = WORKER_DECODE; /* who found it used up is in this line */
	for (size_t n = w->later_n; n > 0; n--) {
		struct flow *f = worker_find(w, w->later[w->later_at]);

		w->later_at++;
		w->later_n--;
		if (f == NULL)
			continue;
		f->yielded = false;
		flow_run(f);
		if (loop_us() >= end)
			break;
	}
	if (w->later_n == 0) {
		w->later_at = 0;
		loop_busy(w->loop, NULL, NULL);
	}
}

/* Room behind the last: what was taken at the front is used again, in large steps. */
static bool later_room(struct worker *w)
{
	size_t cap = w->later_cap > 0 ? w->later_cap * 2 : 64;
	uint64_t *line;

	if (w->later_at + w->later_n < w->later_cap)
		return true;
	if (w->later_at > w->later_cap / 2) {
		memmove(w->later, w->later + w->later_at, w->later_n * sizeof(*w->later));
		w->later_at = 0;
		return true;
	}
	if ((line = realloc(w->later, cap * sizeof(*line))) == NULL)
		return false;
	w->later = line;
	w->later_cap = cap;
	return true;
}

bool worker_later(struct worker *w, uint64_t handle)
{
	if (!later_room(w)) /* a later event of the flow itself will run it */
		return false;
	w->later[w->later_at + w->later_n++] = handle;
	loop_busy(w->loop, run_later, w);
	return true;
}

static void drained(struct worker *w)
{
	if (!w->draining || w->nflows > 0 || !audit_idle(w->audit))
		return;
	chan_send(w->parent, MSG_DRAINED, STR_NONE, NULL, 0);
	loop_stop(w->loop);
}

static void on_audit_idle(void *arg)
{
	drained(arg);
}

void worker_remove(struct worker *w, uint64_t handle)
{
	uint32_t i = (uint32_t)handle;

	if (worker_find(w, handle) == NULL)
		return;
	w->flows[i] = NULL;
	w->nflows--;
	w->next_free = i;
}

/* Somebody connected to our own port, not through us: the "origin" would be ourselves. */
static bool is_loop(const struct listener *l, const struct sockaddr_storage *to)
{
	const struct config_network *n = config_network(policy_config(l->w->policy));
	uint16_t port = sock_port((const struct sockaddr *)to);

	if (port != l->port)
		return false;
	for (unsigned i = 0; i < n->http_ports_n; i++)
		if (n->http_ports[i] == port)
			return false;
	for (unsigned i = 0; i < n->tls_ports_n; i++)
		if (n->tls_ports[i] == port)
			return false;
	return true;
}

static void on_accept(void *arg, int events)
{
	struct listener *l = arg;
	struct sockaddr_storage from, to;

	(void)events;
	for (int i = 0; i < ACCEPT_PER_TURN; i++) {
		int fd = sock_accept(l->fd, &from, &to);

		if (fd == -ERR_WANT_READ)
			break;
		if (fd < 0) {
			COUNT_ADD(flows_refused, 1); /* descriptors are short; it stays queued */
			break;
		}
		if (is_loop(l, &to))
			sock_reset(fd);
		else
			flow_accept(l->w, fd, &from, &to);
	}
}

static void add_listener(struct worker *w, uint16_t port, int fd)
{
	struct listener *l = &w->listeners[w->nlisteners];

	if (w->nlisteners == LISTENERS_MAX) {
		close(fd);
		return;
	}
	*l = (struct listener){ .w = w, .fd = fd, .port = port };
	l->watch = watch_new(w->loop, fd, on_accept, l);
	if (l->watch == NULL) {
		close(fd);
		return;
	}
	w->nlisteners++;
	if (w->policy != NULL)
		watch_set(l->watch, LOOP_READ);
}

static void forget_leaves(struct worker *w)
{
	if (w->leaves != NULL)
		leaf_cache_clear(w->leaves);
	if (w->signing != NULL)
		signing_outdated(w->signing);
}

/* The keys of forged certificates live a day; those that are out go on with theirs. */
static void renew_keys(void *arg)
{
	struct worker *w = arg;

	if (!tls_ctx_renew(w->tls))
		log_error("no new leaf key can be made");
	keymaker_order(w->keymaker);
	forget_leaves(w);
	timer_set(w->key_timer, w->limits.leaf_key);
}

static void on_rsa_key(void *arg, struct leaf_key *k)
{
	struct worker *w = arg;
	struct leaf_key *old = tls_ctx_key(w->tls, false);
	struct str unused;

	if (old != NULL)
		forget_leaves(w);
	leaf_key_free(old);
	if (k != NULL)
		tls_ctx_take_rsa(w->tls, k);
	else if (tls_ctx_spki(w->tls, false, &unused) != 0) /* now or never, though it takes time */
		return;
	signing_new_key(w->signing);
}

/* The CA, or whose keys leaves have, may have changed: what was forged so far, or is being forged,
 * is not shown to new connections. */
static void use_ca(struct worker *w, const struct bundle *b)
{
	struct str pem = STR_NONE;

	bundle_get(b, STR("ca.cert"), &pem);
	if (tls_ctx_chain(w->tls, pem) != 0)
		log_error("the CA's chain cannot be kept");
	forget_leaves(w);
}

/* Take a configuration into use: 0, or nothing is changed and *text says why. */
static int use_bundle(struct worker *w, int fd, char *text, size_t n)
{
	struct config_error ce = { 0 };
	struct config *conf = NULL;
	struct verify_store *store = NULL;
	struct policy *p = NULL;
	struct identities *ids = NULL;
	struct revoke *revoke = NULL;
	int r;
	struct bundle *b = bundle_open(fd, &r);

	if (b == NULL) {
		snprintf(text, n, "bundle: %s", err_text(r));
		return r;
	}
	conf = config_load_bundle(b, &ce);
	if (conf != NULL)
		p = policy_new(conf, &ce);
	r = -ERR_CONFIG;
	if (p != NULL && (ids = identities_load(b, policy_config(p), text, n)) == NULL) {
		policy_free(p);
		goto out;
	}
	if (p != NULL && (revoke = revocation_load(b, policy_config(p), text, n)) == NULL) {
		policy_free(p);
		identities_free(ids);
		goto out;
	}
	if (p != NULL)
		store = anchors_load(b, STR("trust"), w->index == 0, text, n);
	if (store == NULL) {
		if (p == NULL)
			snprintf(text, n, "%s %s", ce.expected, ce.token);
		policy_free(p);
		identities_free(ids);
		goto out;
	}
	verify_store_free(w->store);
	w->store = verify_store_ref(store);
	identities_free(w->identities);
	w->identities = ids;
	if (w->cert_wanted != NULL)
		known_clear(w->cert_wanted);
	if (w->verified != NULL)
		known_clear(w->verified);
	policy_free(w->policy);
	w->policy = p;
	origin_keep_counts(policy_config(p));
	w->limits = *config_limits(policy_config(p));
	w->search = config_scanner(policy_config(p))->enabled;
	verify_store_revoke(store, revoke);
	if (w->tls != NULL)
		tls_ctx_store(w->tls, store);
	else
		w->tls = tls_ctx_new(store, &w->limits);
	r = w->tls != NULL ? 0 : -ERR_TLS;
	if (r == 0)
		use_ca(w, b);
out:	revoke_free(revoke);
	verify_store_free(store);
	bundle_free(b);
	return r;
}

static int make_parts(struct worker *w)
{
	w->nflows_max = (uint32_t)w->limits.flows;
	w->flows = calloc(w->nflows_max, sizeof(*w->flows));
	w->flow_gens = calloc(w->nflows_max, sizeof(*w->flow_gens));
	w->scratch = malloc(WORKER_SCRATCH);
	w->leaves = leaf_cache_new(w->limits.leaf_cache);
	w->audit = audit_new(w->loop, &w->limits, ROLE_WORKER, w->index);
	w->sockets = sockpool_new(w->parent);
	w->signing = signing_new(w);
	w->key_timer = timer_new(w->loop, renew_keys, w);
	w->fetching = fetching_new(w);
	w->cert_wanted = known_new(CERT_WANTED_MAX);
	w->verified = known_new(CERT_WANTED_MAX);
	w->pinning = pinning_new();
	w->waiting = waiting_new(w);
	w->wait_ask = wait_ask_new(w);
	w->shares = shares_new();
	if (w->shares == NULL || w->flows == NULL || w->flow_gens == NULL || w->scratch == NULL || w->leaves == NULL ||
	    !search_begin(w) || w->audit == NULL || w->sockets == NULL || w->signing == NULL || w->fetching == NULL ||
	    w->cert_wanted == NULL || w->verified == NULL || w->pinning == NULL || w->waiting == NULL || w->wait_ask == NULL || w->key_timer == NULL ||
	    keymaker_join(w->keymaker, w->loop, on_rsa_key, w) != 0)
		return -ERR_NOMEM;
	audit_on_idle(w->audit, on_audit_idle, w);
	timer_set(w->key_timer, w->limits.leaf_key);
	return 0;
}

static void audit_start(struct worker *w)
{
	struct json j;
	struct buf line;

	buf_init(&line, 1024);
	audit_begin(&j, &line, "start");
	json_c(&j, "source", "worker");
	json_u64(&j, "worker", w->index);
	json_c(&j, "version", SALLYPORT_VERSION);
	json_u64(&j, "generation", w->generation);
	if (json_end(&j) == 0)
		audit_line(w->audit, buf_view(&line));
	buf_free(&line);
}

static void say_ready(struct worker *w, int flags)
{
	struct buf b;

	buf_init(&b, 512);
	pack_str(&b, str_c(sandbox_text(flags)));
	chan_send(w->parent, MSG_READY, buf_view(&b), NULL, 0);
	buf_free(&b);
}

static void fail(struct worker *w, const char *what)
{
	log_error("%s", what);
	w->failed = true;
	loop_stop(w->loop);
}

static void start(struct worker *w, struct str body, int fd)
{
	struct rd r = rd_of(body);
	char text[512] = "";
	int flags;

	w->index = rd_u32(&r);
	w->born = time(NULL);
	w->generation = rd_u32(&r);
	snprintf(w->name, sizeof(w->name), "worker %u", w->index);
	log_role(w->name);
	if (w->keymaker == NULL) /* first: it needs nothing of all the rest */
		w->keymaker = keymaker_start();
	if (rd_done(&r) != 0 || w->keymaker == NULL || w->policy != NULL || use_bundle(w, fd, text, sizeof(text)) != 0 ||
	    make_parts(w) != 0) {
		fail(w, text[0] != '\0' ? text : "cannot start");
		return;
	}
	flags = sandbox_enter(ROLE_WORKER, NULL);
	if (flags < 0) {
		fail(w, "the sandbox cannot be entered");
		return;
	}
	for (unsigned i = 0; i < w->nlisteners; i++)
		watch_set(w->listeners[i].watch, LOOP_READ);
	audit_start(w);
	say_ready(w, flags);
}

static void reload(struct worker *w, struct str body, int fd)
{
	struct rd r = rd_of(body);
	uint32_t generation = rd_u32(&r);
	char text[512] = "";
	int err = use_bundle(w, fd, text, sizeof(text));
	struct buf b;

	if (err == 0)
		w->generation = generation;
	buf_init(&b, 1024);
	pack_u32(&b, generation);
	pack_u8(&b, err == 0);
	pack_str(&b, str_c(text));
	chan_send(w->parent, MSG_RELOADED, buf_view(&b), NULL, 0);
	buf_free(&b);
}

static void peer(struct worker *w, struct str body, int fd)
{
	struct rd r = rd_of(body);
	uint8_t role = rd_u8(&r);
	uint32_t index = rd_u32(&r);

	if (rd_done(&r) != 0 || w->policy == NULL)
		close(fd);
	else if (role == ROLE_SIGNER)
		signing_connect(w->signing, fd);
	else if (role == ROLE_FETCHER)
		fetching_connect(w->fetching, fd);
	else if (role == ROLE_SCANNER || role == ROLE_ICAP)
		search_connect(w, role, index, fd);
	else if (role == ROLE_RECORDER)
		audit_connect(w->audit, fd);
	else
		close(fd);
}

static void ticket_keys(struct worker *w, int fd)
{
	struct str ring = STR_NONE;
	int err = 0;
	struct bundle *b = bundle_open(fd, &err);

	if (b == NULL || w->tls == NULL || !bundle_get(b, STR("ring"), &ring) ||
	    tls_ctx_tickets(w->tls, ring) != 0)
		log_warn("the keys for session tickets cannot be used");
	bundle_free(b);
}

static void drain(struct worker *w)
{
	w->draining = true;
	cutting_begin(w);
	waiting_drain(w->waiting);
	for (unsigned i = 0; i < w->nlisteners; i++) {
		watch_free(w->listeners[i].watch);
		close(w->listeners[i].fd);
	}
	w->nlisteners = 0;
	for (uint32_t i = 0; i < w->nflows_max; i++)
		if (w->flows[i] != NULL)
			flow_drain(w->flows[i]);
	drained(w);
}

static void on_parent(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct worker *w = arg;
	struct rd r = rd_of(body);
	int fd = nfds > 0 ? fds[0] : -1;

	switch (type) {
	case MSG_START:
		start(w, body, fd);
		break;
	case MSG_COUNTERS:
		counters_map(fd);
		break;
	case MSG_LISTENER:
		rd_u8(&r);
		add_listener(w, rd_u16(&r), fd);
		return;
	case MSG_PEER:
		peer(w, body, fd);
		return;
	case MSG_SOCKETS:
		sockpool_put(w->sockets, rd_u8(&r), fds, nfds);
		return;
	case MSG_RELOAD:
		reload(w, body, fd);
		break;
	case MSG_WATCH:
	case MSG_BYPASS:
		pinning_message(w, type, body);
		break;
	case MSG_CUT_TOLD:
		recalling_message(w, body);
		break;
	case MSG_WAIT_ASKED:
	case MSG_WAIT_SAID:
		wait_ask_message(w->wait_ask, type, body, fd);
		return;
	case MSG_KNOWN:
		scan_client_known(w->scanner, fd);
		break;
	case MSG_TICKET_KEYS:
		ticket_keys(w, fd);
		break;
	case MSG_DRAIN:
		drain(w);
		break;
	default:
		break;
	}
	if (fd >= 0)
		close(fd);
}

static void on_parent_closed(void *arg, int why)
{
	struct worker *w = arg;

	(void)why;
	loop_stop(w->loop);
}

/* Flows end when the audit is idle or they are the last: look once per turn, cheaply. */
static void on_turn(void *arg)
{
	struct worker *w = arg;

	if (w->draining)
		drained(w);
}

static void worker_free(struct worker *w)
{
	for (uint32_t i = 0; w->flows != NULL && i < w->nflows_max; i++)
		if (w->flows[i] != NULL) {
			w->flows[i]->state = FLOW_END;
			flow_run(w->flows[i]);
		}
	for (unsigned i = 0; i < w->nlisteners; i++)
		close(w->listeners[i].fd);
	waiting_free(w->waiting);
	wait_ask_free(w->wait_ask);
	signing_free(w->signing);
	keymaker_free(w->keymaker);
	timer_free(w->key_timer);
	timer_free(w->drain_timer);
	fetching_free(w->fetching);
	sockpool_free(w->sockets);
	search_end(w);
	audit_free(w->audit);
	leaf_cache_free(w->leaves);
	identities_free(w->identities);
	verify_store_free(w->store);
	known_free(w->verified);
	known_free(w->cert_wanted);
	pinning_free(w->pinning);
	shares_free(w->shares);
	tls_ctx_free(w->tls);
	policy_free(w->policy);
	chan_free(w->parent);
	loop_free(w->loop);
	free(w->later);
	free(w->listeners);
	free(w->scratch);
	free(w->flow_gens);
	free(w->flows);
}

int worker_main(int parent_fd)
{
	struct worker w = { .loop = loop_new() };

	w.listeners = calloc(LISTENERS_MAX, sizeof(*w.listeners));
	if (w.loop == NULL || w.listeners == NULL)
		return 1;
	w.parent = chan_new(w.loop, parent_fd, ROLE_WORKER, ROLE_PARENT, on_parent,
	    on_parent_closed, &w);
	if (w.parent == NULL)
		return 1;
	loop_on_turn(w.loop, on_turn, &w);
	loop_run(w.loop);
	worker_free(&w);
	return w.failed ? 1 : 0;
}
