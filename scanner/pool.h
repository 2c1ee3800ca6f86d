/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The jobs: forked from this process, given one order at a time, killed at the deadline, replaced
 * when they die, have served long enough, or use what they should not.
 */
#ifndef SCANNER_POOL_H
#define SCANNER_POOL_H

#include "core/loop.h"
#include "scanner/engine.h"
#include "scanner/jail.h"
#include "scanner/queue.h"
#include "scanner/sample.h"

struct pool;

struct pool_death {
	enum sample_how how;
	uint8_t number;	  /* signal or exit status */
	uint32_t cpu_ms;  /* processor time of this order */
	uint32_t wall_ms; /* time of this order */
	uint64_t grown;	  /* most memory since its start, bytes beyond what it had then */
};

/* An order ends; it is the callee's again, but where its job died of it (death is not NULL) it stays the pool's. */
typedef void pool_done_fn(
    void *arg, struct order *o, const struct verdict *v, const struct pool_death *death);

/* The job that died of an order is replaced: the order is the callee's now. */
typedef void pool_over_fn(void *arg, struct order *o);

/* An order comes back unserved: the job may have been taken over by one before it. Once. */
typedef void pool_again_fn(void *arg, struct order *o);

/* A job is free (the first time: has confined itself; pool_served tells whether all have). */
typedef void pool_idle_fn(void *arg);

struct pool_calls {
	pool_done_fn *done;
	pool_over_fn *over;
	pool_again_fn *again;
	pool_idle_fn *idle;
	void *arg;
};

/* All by reference but the calls. NULL when memory is short. */
struct pool *pool_new(struct loop *l, const struct limits *limits, struct engine *e,
    const struct jail *j, unsigned jobs, const struct pool_calls *calls);

bool pool_served(const struct pool *p);

/* Is there a free job, and for a large body: one beside the one that is left to small ones? */
bool pool_room(const struct pool *p, bool large);

/* Jobs that one client may have at a time: one of several is always left to others. */
unsigned pool_share(const struct pool *p);

/* Give an order to a free job (pool_room was true): 0, or -ERR_CLOSED and it stays the caller's. */
int pool_run(struct pool *p, struct order *o);

/* One that runs and is said to be of the same content as this one; NULL: none. */
struct order *pool_same(const struct pool *p, const struct order *o);

/* Orders that run now. Forget who asked for one (by id) or for all of a peer's. */
size_t pool_busy(const struct pool *p);
void pool_forget(struct pool *p, const struct peer *peer, uint64_t id);
void pool_forget_peer(struct pool *p, const struct peer *peer);

#endif
