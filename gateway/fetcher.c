/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fetcher's process: takes URLs from workers, joins equal ones, remembers what they gave, and
 * downloads the rest at a bounded rate. It resolves names itself; connections are made by the
 * parent, which decides about addresses. What it tells are certificates of CAs, and only that.
 */
#include "gateway/fetcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/counter.h"
#include "core/err.h"
#include "core/log.h"
#include "core/sandbox.h"
#include "gateway/fetch_cache.h"
#include "gateway/fetch_job.h"
#include "gateway/fetch_msg.h"
#include "gateway/role.h"

enum { JOBS_MAX = 64, WAITERS_MAX = 4096, GOOD_FOR = 24 * 3600, HEAD_MOST = 16 << 10 };

struct asker {
	struct asker *next;
	struct fetcher *f;
	struct chan *chan;
	uint32_t index;
};

struct waiter {
	struct waiter *next;
	struct asker *asker;
	uint64_t id;
};

struct slot {
	struct fetcher *f;
	struct fetch_job *job; /* NULL: free */
	char url[INTERMEDIATES_URL];
	uint64_t id; /* of the connection asked for last */
	struct waiter *waiters;
};

struct fetcher {
	struct role_host *host;
	struct resolver *resolver;
	struct fetch_cache *cache;
	struct limits limits;
	struct fetch_env env;
	struct asker *askers;
	struct slot slots[JOBS_MAX];
	size_t running, waiting;
	uint64_t tokens, tokens_at; /* thousandths of a download; loop time */
	uint64_t next_id;
};

/* ---- answers ---- */

static void answer(struct asker *a, uint64_t id, struct str found)
{
	struct buf b;

	buf_init(&b, FETCHED_BODY_MAX);
	if (fetch_pack_answer(&b, id, found) != 0 ||
	    chan_send(a->chan, MSG_FETCHED, buf_view(&b), NULL, 0) != 0)
		log_warn("worker %u does not take its answer", a->index);
	buf_free(&b);
}

static void refuse(struct asker *a, uint64_t id, const char *why)
{
	struct buf b;

	buf_init(&b, 2 * FETCH_WHY_MAX);
	if (fetch_pack_found(&b, why, NULL, 0) == 0)
		answer(a, id, buf_view(&b));
	buf_free(&b);
}

/* The certificates of a body, copied one behind the other. */
struct bag {
	struct buf bytes;
	size_t n, ends[INTERMEDIATES_PER_ANSWER];
};

static void bag_add(void *arg, struct str der)
{
	struct bag *b = arg;

	if (b->n < INTERMEDIATES_PER_ANSWER && buf_str(&b->bytes, der) == 0)
		b->ends[b->n++] = b->bytes.len;
}

static int pack_bag(struct buf *found, const struct bag *b, const char *why)
{
	struct str der[INTERMEDIATES_PER_ANSWER];
	size_t from = 0;

	for (size_t i = 0; i < b->n; i++) {
		der[i] = str_sub(buf_view(&b->bytes), from, b->ends[i] - from);
		from = b->ends[i];
	}
	return fetch_pack_found(found, b->n > 0 ? "" : why, der, b->n);
}

/* What the body holds, packed; *until: how long that is remembered. */
static int read_body(struct fetcher *f, const char *why, struct str body, struct buf *found, int64_t *until)
{
	int64_t now = time(NULL), dies = 0;
	struct bag bag = { .n = 0 };
	int r;

	buf_init(&bag.bytes, f->limits.fetch_size);
	if (why == NULL)
		intermediates_read(body, bag_add, &bag, &dies);
	*until = now + (int64_t)(f->limits.fetch_failed / 1000);
	if (bag.n > 0 && dies > *until)
		*until = dies < now + GOOD_FOR ? dies : now + GOOD_FOR;
	COUNT_ADD(fetches_failed, bag.n == 0);
	r = pack_bag(found, &bag, why != NULL ? why : "no certificate of a CA");
	buf_free(&bag.bytes);
	return r;
}

static void answer_all(struct slot *s, struct str found)
{
	while (s->waiters != NULL) {
		struct waiter *w = s->waiters;

		s->waiters = w->next;
		answer(w->asker, w->id, found);
		s->f->waiting--;
		free(w);
	}
}

static void on_done(void *arg, struct fetch_job *job, const char *why, struct str body)
{
	struct slot *s = arg;
	struct fetcher *f = s->f;
	struct buf found;
	int64_t until;

	buf_init(&found, FETCHED_BODY_MAX);
	if (read_body(f, why, body, &found, &until) == 0) {
		fetch_cache_put(f->cache, s->url, buf_view(&found), until);
		if (why != NULL)
			log_info("%s: %s", s->url, why);
	}
	answer_all(s, buf_view(&found));
	buf_free(&found);
	fetch_job_free(job);
	s->job = NULL;
	f->running--;
}

/* ---- connections, which the parent makes ---- */

static bool ask_connect(void *arg, struct fetch_job *job, const struct in6_addr *to, uint16_t port)
{
	struct fetcher *f = arg;
	struct slot *s = NULL;
	char space[64];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	for (size_t i = 0; i < JOBS_MAX; i++)
		if (f->slots[i].job == job)
			s = &f->slots[i];
	if (s == NULL)
		return false;
	s->id = ++f->next_id;
	return fetch_pack_connect(&b, s->id, to, port) == 0 &&
	       role_send(f->host, MSG_CONNECT, buf_view(&b)) == 0;
}

static void on_connected(struct fetcher *f, struct str body, int *fds, size_t nfds)
{
	struct str why;
	uint64_t id;

	if (fetch_read_connected(body, &id, &why) != 0)
		return;
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (f->slots[i].job != NULL && f->slots[i].id == id) {
			f->slots[i].id = 0;
			fetch_job_connected(f->slots[i].job, nfds == 1 ? fds[0] : -1, why);
			if (nfds == 1)
				fds[0] = -1;
			return;
		}
}

static void message(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	if (type == MSG_CONNECTED)
		on_connected(arg, body, fds, nfds);
}

/* ---- questions ---- */

/* A bucket that holds one second's worth. */
static bool take_token(struct fetcher *f)
{
	uint64_t rate = f->limits.fetch_rate, now = loop_now(role_host_loop(f->host));

	f->tokens += (now - f->tokens_at) * rate;
	f->tokens_at = now;
	if (f->tokens > rate * 1000)
		f->tokens = rate * 1000;
	if (f->tokens < 1000)
		return false;
	f->tokens -= 1000;
	return true;
}

static struct slot *slot_of(struct fetcher *f, const char *url)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (f->slots[i].job != NULL && strcmp(f->slots[i].url, url) == 0)
			return &f->slots[i];
	return NULL;
}

static struct slot *start_job(struct fetcher *f, const char *url)
{
	struct slot *s = f->slots;

	while (s->job != NULL)
		s++; /* fewer run than there are slots */
	s->f = f;
	s->id = 0;
	str_copy(str_c(url), s->url, sizeof(s->url));
	s->job = fetch_job_new(&f->env, on_done, s);
	if (s->job == NULL)
		return NULL;
	COUNT_ADD(fetches, 1);
	f->running++;
	fetch_job_start(s->job, url);
	return s;
}

static void wait_for(struct asker *a, struct slot *s, uint64_t id)
{
	struct waiter *w = s->f->waiting < WAITERS_MAX ? malloc(sizeof(*w)) : NULL;

	if (w == NULL) {
		refuse(a, id, "too many wait");
		return;
	}
	*w = (struct waiter){ s->waiters, a, id };
	s->waiters = w;
	s->f->waiting++;
}

static void on_question(struct asker *a, uint64_t id, const char *url)
{
	struct fetcher *f = a->f;
	struct str found;
	struct slot *s = slot_of(f, url);

	if (s == NULL && fetch_cache_get(f->cache, url, time(NULL), &found)) {
		COUNT_ADD(fetch_hits, 1);
		answer(a, id, found);
		return;
	}
	if (s != NULL)
		COUNT_ADD(fetch_hits, 1);
	else if (f->running < f->limits.fetches && take_token(f))
		s = start_job(f, url);
	if (s != NULL)
		wait_for(a, s, id);
	else
		refuse(a, id, "too many downloads");
}

/* ---- workers ---- */

static void asker_free(struct asker *a)
{
	struct asker **at = &a->f->askers;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	for (size_t i = 0; i < JOBS_MAX; i++)
		for (struct waiter **p = &a->f->slots[i].waiters; *p != NULL;) {
			struct waiter *w = *p;

			if (w->asker != a) {
				p = &w->next;
				continue;
			}
			*p = w->next;
			a->f->waiting--;
			free(w);
		}
	chan_free(a->chan);
	free(a);
}

static void asker_close(void *arg, int why)
{
	struct asker *a = arg;

	if (why != 0)
		log_error("worker %u: channel dropped: %s", a->index, err_text(why));
	asker_free(a);
}

static void asker_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct asker *a = arg;
	char url[INTERMEDIATES_URL];
	uint64_t id;

	(void)fds;
	(void)nfds; /* the table allows none */
	if (type == MSG_FETCH && fetch_read_question(body, &id, url) == 0)
		on_question(a, id, url);
	else
		asker_close(a, -ERR_PROTO);
}

static void peer(void *arg, enum role role, uint32_t index, int fd)
{
	struct fetcher *f = arg;
	struct asker *a = f->askers;

	while (a != NULL && a->index != index)
		a = a->next;
	if (role == ROLE_WORKER && a != NULL)
		asker_free(a);
	a = role == ROLE_WORKER ? calloc(1, sizeof(*a)) : NULL;
	if (a == NULL) {
		close(fd);
		return;
	}
	*a = (struct asker){ .next = f->askers, .f = f, .index = index };
	a->chan = chan_new(role_host_loop(f->host), fd, ROLE_FETCHER, ROLE_WORKER, asker_msg, asker_close, a);
	if (a->chan == NULL)
		free(a);
	else
		f->askers = a;
}

/* ---- life ---- */

static int use(struct fetcher *f, const struct bundle *b)
{
	struct str resolv_conf = STR_NONE, hosts = STR_NONE;

	role_limits(b, &f->limits);
	if (f->limits.head > HEAD_MOST)
		f->limits.head = HEAD_MOST;
	if (f->limits.fetches > JOBS_MAX)
		f->limits.fetches = JOBS_MAX;
	bundle_get(b, STR("resolv.conf"), &resolv_conf);
	bundle_get(b, STR("hosts"), &hosts);
	return resolver_use(f->resolver, resolv_conf, hosts);
}

static int start(void *arg, const struct bundle *b, uint32_t index, uint32_t generation,
    char text[ROLE_TEXT_MAX])
{
	struct fetcher *f = arg;
	int flags;

	(void)index;
	(void)generation;
	f->resolver = resolver_new(role_host_loop(f->host));
	f->cache = fetch_cache_new();
	snprintf(text, ROLE_TEXT_MAX, "no memory");
	if (f->resolver == NULL || f->cache == NULL || use(f, b) != 0 || !intermediates_warm())
		return -ERR_NOMEM;
	f->env = (struct fetch_env){ .loop = role_host_loop(f->host), .resolver = f->resolver,
		.limits = &f->limits, .connect = ask_connect, .arg = f };
	f->tokens = f->limits.fetch_rate * 1000;
	f->tokens_at = loop_now(f->env.loop);
	snprintf(text, ROLE_TEXT_MAX, "no sandbox");
	if ((flags = sandbox_enter(ROLE_FETCHER, NULL)) < 0)
		return -ERR_SYSTEM;
	snprintf(text, ROLE_TEXT_MAX, "sandbox %s", sandbox_text(flags));
	return 0;
}

/* Other name servers or addresses: what failed may be there now. */
static int reload(void *arg, const struct bundle *b, char text[ROLE_TEXT_MAX])
{
	struct fetcher *f = arg;
	struct fetch_cache *fresh = fetch_cache_new();

	snprintf(text, ROLE_TEXT_MAX, "no memory");
	if (fresh == NULL || use(f, b) != 0) {
		fetch_cache_free(fresh);
		return -ERR_NOMEM;
	}
	fetch_cache_free(f->cache);
	f->cache = fresh;
	snprintf(text, ROLE_TEXT_MAX, "reloaded");
	return 0;
}

static void drain(void *arg)
{
	struct fetcher *f = arg;

	role_done(f->host);
}

static void release(struct fetcher *f)
{
	while (f->askers != NULL)
		asker_free(f->askers);
	for (size_t i = 0; i < JOBS_MAX; i++)
		fetch_job_free(f->slots[i].job);
	resolver_free(f->resolver);
	fetch_cache_free(f->cache);
	role_host_free(f->host);
}

int fetcher_main(int parent_fd)
{
	static const struct role_ops ops = { .start = start, .reload = reload, .peer = peer, .drain = drain,
		.message = message };
	static struct fetcher f;
	int code;

	f = (struct fetcher){ 0 };
	f.host = role_host_new(ROLE_FETCHER, parent_fd, &ops, &f);
	if (f.host == NULL)
		return 1;
	code = role_host_run(f.host);
	release(&f);
	return code;
}
