/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Orders from workers: checked, queued, run, answered. Each order gets exactly one answer unless
 * its worker is gone or has cancelled it.
 */
#include "scanner/zygote.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/chan.h"
#include "core/counter.h"
#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"
#include "scanner/client.h"
#include "scanner/poison.h"
#include "scanner/pool.h"
#include "scanner/queue.h"
#include "scanner/together.h"

enum { MUCH_MEMORY = 8 }; /* one part in so many of scan_memory */
enum { PEERS_MOST = 256, TICK_MS = 250, QUIET_MS = 2000, VERDICT_MSG = 512 };
enum { BODY_SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW };

struct peer {
	struct zygote *zygote;
	uint32_t index;
	struct chan *chan;
};

struct zygote {
	struct loop *loop;
	const struct limits *limits;
	struct pool *pool;
	struct queue queue;
	struct poison poison;
	struct peer *peers[PEERS_MOST];
	struct known_content *known; /* NULL: none */
	uint64_t generation;
	size_t joined; /* orders that wait for one that runs */
	struct timer *tick;
	bool ticking, pumping;
	uint64_t last; /* when the last order came in */
	struct zygote_calls calls;
	bool ready;
	timer_fn *done;
	void *done_arg;
};

static void pump(struct zygote *z);

static void set_tick(struct zygote *z)
{
	if (z->ticking)
		return;
	z->ticking = true;
	timer_set(z->tick, TICK_MS);
}

/* ---- answers ---- */

static void tell(struct peer *p, uint64_t id, const struct verdict *v)
{
	char space[VERDICT_MSG];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	if (scan_pack_verdict(&b, id, v) == 0)
		chan_send(p->chan, MSG_VERDICT, buf_view(&b), NULL, 0);
}

static void refuse(struct peer *p, uint64_t id, enum verdict_reason why, struct str name)
{
	struct verdict v = verdict_make(VERDICT_UNSCANNABLE, why, name);

	tell(p, id, &v);
}

/* An order is answered and over. */
static void finish(struct order *o, const struct verdict *v)
{
	if (o->peer != NULL)
		tell(o->peer, o->id, v);
	order_free(o);
}

static void finish_refused(struct order *o, enum verdict_reason why, struct str name)
{
	struct verdict v = verdict_make(VERDICT_UNSCANNABLE, why, name);

	finish(o, &v);
}

/* ---- drain ---- */

static bool any_peer(const struct zygote *z)
{
	for (size_t i = 0; i < PEERS_MOST; i++)
		if (z->peers[i] != NULL)
			return true;
	return false;
}

/* Workers close their channel when they have all answers; one that does not is not waited for. */
static void end_if_drained(struct zygote *z)
{
	timer_fn *done = z->done;

	if (done == NULL || queue_length(&z->queue) > 0 || pool_busy(z->pool) > 0 ||
	    (any_peer(z) && loop_now(z->loop) - z->last < QUIET_MS))
		return;
	z->done = NULL;
	done(z->done_arg);
}

void zygote_poison(struct zygote *z, struct str lines)
{
	poison_read(&z->poison, lines, loop_now(z->loop));
}

void zygote_drain(struct zygote *z, timer_fn *done, void *arg)
{
	z->done = done;
	z->done_arg = arg;
	z->last = loop_now(z->loop);
	z->known = NULL; /* there is a newer scanner, and it writes */
	set_tick(z);
	end_if_drained(z);
}

void zygote_known(struct zygote *z, struct known_content *k)
{
	z->known = z->done == NULL ? k : NULL;
}

/* ---- from the queue to the jobs ---- */

static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/*
 * What its worker and its job say is the same content is remembered, or is no longer. What turns bad is told even where
 * these very signatures had let it by: then a search went wrong, or a job lied.
 */
static void remember(struct zygote *z, const struct order *o, const struct verdict *v)
{
	struct known_content_row row = { .length = o->length,
		.generation = z->generation,
		.at = (uint64_t)time(NULL),
		.verdict = *v };
	uint64_t was;

	if (z->known == NULL || !o->proved)
		return;
	memcpy(row.digest, o->digest, KNOWN_CONTENT_DIGEST);
	row.of = known_content_of(z->known, o->client);
	if (v->class == VERDICT_CLEAN)
		known_content_add(z->known, &row);
	else if ((v->class == VERDICT_INFECTED || v->class == VERDICT_SUSPECT) &&
		 known_content_drop(z->known, o->digest, o->length, &was) && z->calls.turned_bad != NULL)
		z->calls.turned_bad(z->calls.arg, o->digest, o->length, v);
}

/* An order counts for its client until there is a job in the place of one that died of it. */
static void on_over(void *arg, struct order *o)
{
	struct zygote *z = arg;

	queue_ran(&z->queue, o, now_usec() - o->started);
	order_free(o);
}

/*
 * Those that wait for an order that is over: they get its verdict, or go back to the queue, in which the
 * first of them is the next to run. What the order was said to be was not so (lied): each for itself.
 */
static void part(struct zygote *z, struct order *o, const struct verdict *v, bool lied)
{
	struct order *w;

	while ((w = o->waiters) != NULL) {
		o->waiters = w->next;
		z->joined--;
		w->alone |= lied;
		if (w->peer == NULL)
			order_free(w);
		else if (v != NULL && together_counts(o, v))
			finish(w, v);
		else
			queue_push(&z->queue, w);
	}
}

static void on_again(void *arg, struct order *o)
{
	struct zygote *z = arg;

	part(z, o, NULL, false);
	queue_ran(&z->queue, o, 0);
	if (o->peer == NULL) {
		order_free(o);
		return;
	}
	queue_push(&z->queue, o);
	pump(z);
}

/* The body's SHA-256, of which the asker knows it as a rule. Sealed: the mapping cannot fault. */
static bool know_digest(struct order *o)
{
	void *p;

	if (o->digested)
		return true;
	p = o->length > 0 ? mmap(NULL, o->length, PROT_READ, MAP_PRIVATE, o->fd, 0) : MAP_FAILED;
	if (p == MAP_FAILED)
		return false;
	engine_digest(str_of(p, o->length), o->digest);
	munmap(p, o->length);
	o->digested = true;
	return true;
}

/*
 * What a job's death says of the body. A kill from outside may be the kernel's, short of memory; at
 * the deadline it may be the machine that was busy, unless the job used that time itself.
 */
static unsigned weight_of(const struct zygote *z, const struct pool_death *d)
{
	if (d->how == SAMPLE_KILLED)
		return d->grown > z->limits->scan_memory / MUCH_MEMORY ? POISON_MAYBE : 0;
	if (d->how == SAMPLE_DEADLINE && d->cpu_ms < d->wall_ms / 2)
		return POISON_MAYBE;
	return POISON_SURE;
}

static void note_death(struct zygote *z, struct order *o, const struct pool_death *d)
{
	struct scan_sample s = { .length = o->length,
		.reason = d->how == SAMPLE_DEADLINE ? REASON_TIMEOUT : REASON_ERROR,
		.how = d->how,
		.number = d->number,
		.direction = o->direction,
		.cpu_ms = d->cpu_ms,
		.wall_ms = d->wall_ms,
		.client = o->client,
		.url = str_c(o->url != NULL ? o->url : "") };

	uint64_t now = loop_now(z->loop);
	unsigned weight = weight_of(z, d);

	o->digested = false; /* what its asker says is not believed here: it would be held against others */
	if (weight == 0 || !know_digest(o))
		return;
	memcpy(s.digest, o->digest, SCAN_DIGEST);
	s.sure = poison_add(&z->poison, o->digest, o->length, s.reason, weight, now,
	    now + (s.reason == REASON_TIMEOUT ? z->limits->scan_slow : z->limits->scan_poison));
	z->calls.sample(z->calls.arg, &s, o->fd);
}

static void on_done(void *arg, struct order *o, const struct verdict *v, const struct pool_death *death)
{
	struct zygote *z = arg;

	remember(z, o, v);
	if (o->peer != NULL)
		tell(o->peer, o->id, v);
	o->peer = NULL;
	if (death != NULL) {
		note_death(z, o, death);
		close(o->fd);
		o->fd = -1;
		part(z, o, NULL, false); /* what killed a job is known as that now */
		pump(z);
	} else {
		part(z, o, v, !o->proved);
		on_over(z, o);
	}
	end_if_drained(z);
}

static void on_idle(void *arg)
{
	struct zygote *z = arg;

	if (!z->ready && pool_served(z->pool)) {
		z->ready = true;
		z->calls.ready(z->calls.arg);
	}
	pump(z);
}

static enum verdict_reason poison_in(struct zygote *z, struct order *o)
{
	if (!poison_length(&z->poison, o->length) || !know_digest(o))
		return REASON_NONE;
	return poison_of(&z->poison, o->digest, o->length, loop_now(z->loop));
}

/* Was it found clean a moment ago, or is it being searched? Then it needs no job of its own. */
static bool join(struct zygote *z, struct order *o)
{
	struct order *running;
	struct verdict v;

	if (!o->digested || o->alone)
		return false;
	if (z->known != NULL && known_content_find(z->known, o->digest, o->length, (uint64_t)time(NULL),
				    z->limits->scan_known_age / 1000, &v)) {
		queue_ran(&z->queue, o, 0);
		finish(o, &v);
		COUNT_ADD(scans_joined, 1);
		return true;
	}
	running = pool_same(z->pool, o);
	if (running == NULL || z->joined >= z->limits->scan_queue_length)
		return false;
	queue_ran(&z->queue, o, 0);
	together_join(running, o);
	z->joined++;
	COUNT_ADD(scans_joined, 1);
	return true;
}

/* An order that was popped goes to a job, is answered at once, or goes back. */
static void run(struct zygote *z, struct order *o)
{
	bool late = o->until <= loop_now(z->loop);
	enum verdict_reason poison = late ? REASON_NONE : poison_in(z, o);

	o->started = now_usec();
	if (!late && poison == REASON_NONE && (join(z, o) || pool_run(z->pool, o) == 0))
		return;
	queue_ran(&z->queue, o, 0);
	if (late)
		finish_refused(o, REASON_TIMEOUT, STR("scan-queue"));
	else if (poison != REASON_NONE)
		finish_refused(o, poison,
		    poison == REASON_TIMEOUT ? STR("known-to-take-too-long") : STR("known-to-crash"));
	else
		queue_push(&z->queue, o);
}

static void pump(struct zygote *z)
{
	struct order *o;

	if (z->pumping) /* an order may fail while it is handed over */
		return;
	z->pumping = true;
	while (pool_room(z->pool, false) &&
	       (o = queue_pop(&z->queue, pool_room(z->pool, true), pool_share(z->pool))) != NULL)
		run(z, o);
	z->pumping = false;
	if (queue_length(&z->queue) > 0)
		set_tick(z);
}

static void on_tick(void *arg)
{
	struct zygote *z = arg;
	struct order *o;

	z->ticking = false;
	while ((o = queue_take_late(&z->queue, loop_now(z->loop))) != NULL)
		finish_refused(o, REASON_TIMEOUT, STR("scan-queue"));
	pump(z);
	if (z->done != NULL)
		set_tick(z);
	end_if_drained(z);
}

/* ---- orders ---- */

/* A body that nobody can change or cut any more. Only memfds have seals at all. An order may be
 * for its first bytes alone: what clients take for the whole that stop at its first member. */
static bool sealed(int fd, uint64_t length)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	return seals >= 0 && (seals & BODY_SEALS) == BODY_SEALS && fstat(fd, &st) == 0 &&
	       st.st_size >= 0 && (uint64_t)st.st_size >= length && (length > 0 || st.st_size == 0);
}

/* A full queue takes an order of a client that waits for less than others: theirs is answered. */
static bool queue_room(struct zygote *z, uint64_t client)
{
	struct order *o;

	if (queue_length(&z->queue) < z->limits->scan_queue_length)
		return true;
	o = queue_displace(&z->queue, client);
	if (o == NULL)
		return false;
	finish_refused(o, REASON_LIMIT, STR("scan-queue"));
	return true;
}

/* REASON_NONE: the order may be queued. */
static enum verdict_reason check(struct zygote *z, const struct scan_order *o, int fd, struct str *name)
{
	*name = STR("bad-body");
	if (!sealed(fd, o->length))
		return REASON_ERROR;
	*name = STR("body-size");
	if (o->length > z->limits->scan_file)
		return REASON_LIMIT;
	*name = STR("scan-queue");
	if (!queue_room(z, o->about.client))
		return REASON_LIMIT;
	return REASON_NONE;
}

static void enqueue(struct peer *p, const struct scan_order *so, int fd)
{
	struct zygote *z = p->zygote;
	uint64_t wait =
	    so->deadline_ms < z->limits->scan_queue ? so->deadline_ms : z->limits->scan_queue;
	struct order *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		close(fd);
		refuse(p, so->id, REASON_ERROR, STR("memory"));
		return;
	}
	*o = (struct order){ .peer = p,
		.id = so->id,
		.client = so->about.client,
		.length = so->length,
		.fd = fd,
		.until = loop_now(z->loop) + wait };
	z->last = loop_now(z->loop);
	if (so->about.digest != NULL) {
		memcpy(o->digest, so->about.digest, SCAN_DIGEST);
		o->digested = true;
	}
	o->direction = so->about.direction;
	o->url = so->about.url.n > 0 ? strndup(so->about.url.p, so->about.url.n) : NULL;
	queue_push(&z->queue, o);
	pump(z);
}

static void drop_peer(struct peer *p)
{
	struct zygote *z = p->zygote;
	struct order *o;

	while ((o = queue_take_peer(&z->queue, p)) != NULL)
		order_free(o);
	pool_forget_peer(z->pool, p);
	z->peers[p->index] = NULL;
	chan_free(p->chan);
	free(p);
	end_if_drained(z);
}

static void on_scan(struct peer *p, struct str body, int fd)
{
	struct scan_order so;
	struct str name;
	enum verdict_reason why;

	if (fd < 0 || scan_read_order(body, &so) != 0) {
		if (fd >= 0)
			close(fd);
		log_error("worker %u broke the protocol", p->index);
		drop_peer(p);
		return;
	}
	why = check(p->zygote, &so, fd, &name);
	if (why == REASON_NONE) {
		enqueue(p, &so, fd);
		return;
	}
	close(fd);
	refuse(p, so.id, why, name);
}

static void on_cancel(struct peer *p, struct str body)
{
	struct rd r = rd_of(body);
	uint64_t id = rd_u64(&r);

	if (rd_done(&r) != 0)
		return;
	order_free(queue_take(&p->zygote->queue, p, id));
	/* A running one runs on: killing a job costs more than most scans. */
	pool_forget(p->zygote->pool, p, id);
	end_if_drained(p->zygote);
}

static void on_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct peer *p = arg;

	if (type == MSG_SCAN) {
		on_scan(p, body, nfds == 1 ? fds[0] : -1);
		return;
	}
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
	if (type == MSG_SCAN_CANCEL)
		on_cancel(p, body);
}

static void on_close(void *arg, int why)
{
	(void)why;
	drop_peer(arg);
}

void zygote_peer(struct zygote *z, uint32_t index, int fd)
{
	struct peer *p = index < PEERS_MOST ? calloc(1, sizeof(*p)) : NULL;

	if (p == NULL) {
		close(fd);
		return;
	}
	if (z->peers[index] != NULL)
		drop_peer(z->peers[index]);
	p->zygote = z;
	p->index = index;
	p->chan = chan_new(z->loop, fd, ROLE_SCANNER, ROLE_WORKER, on_msg, on_close, p);
	if (p->chan == NULL)
		free(p);
	else
		z->peers[index] = p;
}

struct zygote *zygote_new(struct loop *l, const struct limits *limits, struct engine *e,
    const struct jail *j, unsigned jobs, const struct zygote_calls *calls)
{
	struct zygote *z = calloc(1, sizeof(*z));
	struct pool_calls pool = { on_done, on_over, on_again, on_idle, z };
	uint64_t seed;

	if (z == NULL || getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		return NULL; /* the process ends: nothing to give back */
	z->loop = l;
	z->limits = limits;
	z->calls = *calls;
	z->generation = engine_generation(e);
	queue_init(&z->queue, seed);
	z->tick = timer_new(l, on_tick, z);
	z->pool = z->tick != NULL ? pool_new(l, limits, e, j, jobs, &pool) : NULL;
	return z->pool != NULL ? z : NULL;
}
