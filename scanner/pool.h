/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The jobs: forked from this process, given one order at a time, killed at the deadline, replaced
 * when they die or have served long enough.
 */
#ifndef SCANNER_POOL_H
#define SCANNER_POOL_H

#include "core/loop.h"
#include "scanner/engine.h"
#include "scanner/jail.h"
#include "scanner/queue.h"

struct pool;

/* An order ends; it is the callee's again. crashed: the job died of it, unasked. */
typedef void pool_done_fn(void *arg, struct order *o, const struct verdict *v, bool crashed);

/* A job is free (the first time: has confined itself; pool_served tells whether all have). */
typedef void pool_idle_fn(void *arg);

/* All by reference. NULL when memory is short. */
struct pool *pool_new(struct loop *l, const struct limits *limits, struct engine *e,
    const struct jail *j, unsigned jobs, pool_done_fn *done, pool_idle_fn *idle, void *arg);

bool pool_served(const struct pool *p);

/* Is there a free job, and for a large body: one beside the one that is left to small ones? */
bool pool_room(const struct pool *p, bool large);

/* Jobs that one client may have at a time: one of several is always left to others. */
unsigned pool_share(const struct pool *p);

/* Give an order to a free job (pool_room was true): 0, or -ERR_CLOSED and it stays the caller's. */
int pool_run(struct pool *p, struct order *o);

/* Orders that run now. Forget who asked for one (by id) or for all of a peer's. */
size_t pool_busy(const struct pool *p);
void pool_forget(struct pool *p, const struct peer *peer, uint64_t id);
void pool_forget_peer(struct pool *p, const struct peer *peer);

#endif
