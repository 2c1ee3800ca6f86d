/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The jobs and their orders. What a job says is checked as if it were taken over; whatever it does
 * beside answering its one order ends it.
 */
#include "scanner/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"
#include "scanner/client.h"
#include "scanner/job.h"
#include "scanner/pool_int.h"
#include "scanner/together.h"

/* An answer that took longer than this may have left much memory behind: looked at before the next. */
enum { MEASURE_MS = 2 };

/* ---- what a job says ---- */

static bool believable(const struct verdict *v)
{
	switch (v->class) {
	case VERDICT_CLEAN:
	case VERDICT_INFECTED:
	case VERDICT_SUSPECT:
		return v->reason == REASON_NONE;
	case VERDICT_UNSCANNABLE:
		return v->reason >= REASON_ENCRYPTED && v->reason <= REASON_MALFORMED;
	default:
		return false;
	}
}

static bool all_ready(const struct pool *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].state != JOB_IDLE && p->slots[i].state != JOB_BUSY)
			return false;
	return true;
}

static void hear_ready(struct slot *s, struct str bytes)
{
	struct pool *p = s->pool;
	struct order *lost = s->lost;
	struct rd r = rd_of(bytes);
	uint32_t flags = rd_u32(&r);

	if (rd_done(&r) != 0 || (flags & SANDBOX_SECCOMP) == 0) {
		slot_end(s, CAUSE_LIED);
		return;
	}
	s->state = JOB_IDLE;
	s->uses = 0;
	s->lost = NULL;
	slot_measure(s);
	slot_idle_begin(s);
	p->served = p->served || all_ready(p);
	if (lost != NULL)
		p->calls.over(p->calls.arg, lost);
	p->calls.idle(p->calls.arg);
}

static void hear_verdict(struct slot *s, struct str bytes)
{
	struct pool *p = s->pool;
	struct order *o = s->order;
	unsigned char digest[SCAN_DIGEST];
	struct verdict v;
	uint64_t number;

	if (scan_read_answer(bytes, &number, digest, &v) != 0 || number != s->number || !believable(&v)) {
		log_error("job %u gave a nonsense answer", s->name);
		slot_end(s, CAUSE_LIED);
		return;
	}
	o->proved = o->digested && memcmp(o->digest, digest, SCAN_DIGEST) == 0;
	s->order = NULL;
	s->state = JOB_IDLE;
	slot_idle_begin(s);
	if (++s->uses >= p->limits->scan_job_uses || s->low ||
	    (loop_now(p->loop) - s->began >= MEASURE_MS && slot_grown(s)))
		slot_end(s, CAUSE_WANTED);
	p->calls.done(p->calls.arg, o, &v, NULL);
	p->calls.idle(p->calls.arg);
}

void slot_heard(void *arg, int events)
{
	struct slot *s = arg;
	char bytes[JOB_MSG_MAX + 1];
	/* Without room for control messages the kernel drops descriptors that a job may send. */
	ssize_t n = recv(s->sock, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && s->state == JOB_STARTING)
		hear_ready(s, str_of(bytes, (size_t)n));
	else if (n > 0 && s->state == JOB_BUSY)
		hear_verdict(s, str_of(bytes, (size_t)n));
	else
		slot_end(s, n > 0 ? CAUSE_LIED : CAUSE_OWN);
}

struct pool *pool_new(struct loop *l, const struct limits *limits, struct engine *e,
    const struct jail *j, unsigned jobs, const struct pool_calls *calls)
{
	struct pool *p = calloc(1, sizeof(*p) + jobs * sizeof(p->slots[0]));

	if (p == NULL)
		return NULL;
	p->loop = l;
	p->limits = limits;
	p->engine = e;
	p->jail = j;
	p->calls = *calls;
	p->n = jobs;
	for (unsigned i = 0; i < jobs; i++) {
		p->slots[i].pool = p;
		p->slots[i].index = i;
		p->slots[i].gone_fd = -1;
		slot_start(&p->slots[i]);
		if (p->slots[i].timer == NULL)
			return NULL; /* the process ends: nothing to give back */
	}
	return p;
}

/* ---- orders ---- */

bool pool_served(const struct pool *p)
{
	return p->served;
}

static struct slot *idle_slot(const struct pool *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].state == JOB_IDLE)
			return (struct slot *)(uintptr_t)&p->slots[i];
	return NULL;
}

bool pool_room(const struct pool *p, bool large)
{
	unsigned running = 0;

	for (unsigned i = 0; i < p->n; i++)
		running += p->slots[i].state == JOB_BUSY && order_large(p->slots[i].order);
	/* One job of several is always left to small bodies. */
	return idle_slot(p) != NULL && (!large || p->n == 1 || running + 1 < p->n);
}

unsigned pool_share(const struct pool *p)
{
	return p->n > 1 ? p->n - 1 : 1;
}

/* An idle job has nothing to say. */
static bool says_more(const struct slot *s)
{
	char c;

	return recv(s->sock, &c, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

int pool_run(struct pool *p, struct order *o)
{
	struct slot *s = idle_slot(p);

	if (s == NULL)
		abort(); /* our own mistake: pool_room() was not asked */
	if (!slot_idle_good(s) || says_more(s)) {
		slot_end(s, CAUSE_LIED);
		return -ERR_CLOSED;
	}
	/* Not to be guessed: an answer to an order that it has not read is none. */
	if (getrandom(&s->number, sizeof(s->number), 0) != (ssize_t)sizeof(s->number) ||
	    job_send(s->sock, s->number, o->length, o->fd) != 0) {
		slot_end(s, CAUSE_OWN); /* it died while idle */
		return -ERR_CLOSED;
	}
	s->order = o;
	s->state = JOB_BUSY;
	slot_busy_begin(s);
	return 0;
}

size_t pool_busy(const struct pool *p)
{
	size_t n = 0;

	for (unsigned i = 0; i < p->n; i++)
		n += p->slots[i].order != NULL;
	return n;
}

struct order *pool_same(const struct pool *p, const struct order *o)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].order != NULL && together_same(p->slots[i].order, o))
			return p->slots[i].order;
	return NULL;
}

void pool_forget(struct pool *p, const struct peer *peer, uint64_t id)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].order != NULL)
			together_forget(p->slots[i].order, peer, &id);
}

void pool_forget_peer(struct pool *p, const struct peer *peer)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].order != NULL)
			together_forget(p->slots[i].order, peer, NULL);
}
