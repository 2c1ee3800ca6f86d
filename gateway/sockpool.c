/* SPDX-License-Identifier: BSD-2-Clause */
/* Prepared outbound sockets: a small stack per family, asked for anew below half. */
#include "gateway/sockpool.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/pack.h"

enum { POOL_SIZE = 128, POOL_BATCH = 64, POOL_WAITERS = 4096 };

struct pool {
	int fds[POOL_SIZE];
	size_t n;
	size_t asked;
};

struct waiter {
	sockpool_fn *fn;
	void *arg;
};

struct sockpool {
	struct chan *parent;
	struct pool pools[2]; /* v4, v6 */
	struct waiter waiters[POOL_WAITERS];
	size_t nwaiters;
};

static void ask(struct sockpool *p, unsigned i)
{
	char space[16];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	if (p->pools[i].n + p->pools[i].asked + POOL_BATCH > POOL_SIZE)
		return;
	pack_u8(&b, i == 0 ? 4 : 6);
	pack_u16(&b, POOL_BATCH);
	if (chan_send(p->parent, MSG_NEED_SOCKETS, buf_view(&b), NULL, 0) == 0)
		p->pools[i].asked += POOL_BATCH;
}

struct sockpool *sockpool_new(struct chan *parent)
{
	struct sockpool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->parent = parent;
	ask(p, 0);
	ask(p, 1);
	return p;
}

void sockpool_free(struct sockpool *p)
{
	if (p == NULL)
		return;
	for (int i = 0; i < 2; i++)
		while (p->pools[i].n > 0)
			close(p->pools[i].fds[--p->pools[i].n]);
	free(p);
}

int sockpool_take(struct sockpool *p, int family, sockpool_fn *fn, void *arg)
{
	unsigned i = family == AF_INET6;
	struct pool *pool = &p->pools[i];

	if (pool->n < POOL_SIZE / 2 && pool->asked == 0)
		ask(p, i);
	if (pool->n > 0)
		return pool->fds[--pool->n];
	if (p->nwaiters < POOL_WAITERS)
		p->waiters[p->nwaiters++] = (struct waiter){ fn, arg };
	return -1;
}

void sockpool_forget(struct sockpool *p, void *arg)
{
	for (size_t i = 0; i < p->nwaiters; i++)
		if (p->waiters[i].arg == arg)
			p->waiters[i].fn = NULL; /* sockpool_put skips it */
}

void sockpool_put(struct sockpool *p, unsigned family, const int *fds, size_t n)
{
	struct pool *pool = &p->pools[family == 6];
	struct waiter now[256];
	size_t k = 0, left = 0;

	pool->asked = 0;
	for (size_t i = 0; i < n; i++) {
		if (pool->n < POOL_SIZE)
			pool->fds[pool->n++] = fds[i];
		else
			close(fds[i]);
	}
	/* Those who are called may ask again at once: work on a copy, keep what is left in order. */
	for (size_t i = 0; i < p->nwaiters; i++) {
		if (p->waiters[i].fn == NULL)
			continue;
		if (k < sizeof(now) / sizeof(now[0]))
			now[k++] = p->waiters[i];
		else
			p->waiters[left++] = p->waiters[i];
	}
	p->nwaiters = left;
	for (size_t i = 0; i < k; i++)
		now[i].fn(now[i].arg);
}
