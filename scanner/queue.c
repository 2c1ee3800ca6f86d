/* SPDX-License-Identifier: BSD-2-Clause */
/* Orders that wait for a job, in two lanes. */
#include "scanner/queue.h"

#include <stdlib.h>
#include <unistd.h>

typedef bool order_test(const struct order *o, const void *arg);

static void lane_init(struct lane *l)
{
	*l = (struct lane){ .tail = &l->head };
}

void queue_init(struct queue *q)
{
	lane_init(&q->small);
	lane_init(&q->large);
	q->streak = 0;
}

size_t queue_length(const struct queue *q)
{
	return q->small.n + q->large.n;
}

bool order_large(const struct order *o)
{
	return o->length > QUEUE_SMALL;
}

void queue_push(struct queue *q, struct order *o)
{
	struct lane *l = order_large(o) ? &q->large : &q->small;

	o->next = NULL;
	*l->tail = o;
	l->tail = &o->next;
	l->n++;
}

/* The first order of a lane that passes the test, taken out. */
static struct order *lane_take(struct lane *l, order_test *test, const void *arg)
{
	for (struct order **at = &l->head; *at != NULL; at = &(*at)->next) {
		struct order *o = *at;

		if (!test(o, arg))
			continue;
		*at = o->next;
		if (o->next == NULL)
			l->tail = at;
		l->n--;
		return o;
	}
	return NULL;
}

static struct order *take(struct queue *q, order_test *test, const void *arg)
{
	struct order *o = lane_take(&q->small, test, arg);

	return o != NULL ? o : lane_take(&q->large, test, arg);
}

static bool any(const struct order *o, const void *arg)
{
	(void)o;
	(void)arg;
	return true;
}

struct order *queue_pop(struct queue *q, bool large)
{
	bool turn = large && q->large.n > 0 && (q->small.n == 0 || q->streak >= QUEUE_STREAK);

	if (turn) {
		q->streak = 0;
		return lane_take(&q->large, any, NULL);
	}
	q->streak = q->large.n > 0 ? q->streak + 1 : 0;
	return lane_take(&q->small, any, NULL);
}

struct key {
	const struct peer *peer;
	uint64_t id;
};

static bool is_order(const struct order *o, const void *arg)
{
	const struct key *k = arg;

	return o->peer == k->peer && o->id == k->id;
}

struct order *queue_take(struct queue *q, const struct peer *p, uint64_t id)
{
	struct key k = { p, id };

	return take(q, is_order, &k);
}

static bool is_peers(const struct order *o, const void *arg)
{
	return o->peer == arg;
}

struct order *queue_take_peer(struct queue *q, const struct peer *p)
{
	return take(q, is_peers, p);
}

static bool is_late(const struct order *o, const void *arg)
{
	return o->until <= *(const uint64_t *)arg;
}

struct order *queue_take_late(struct queue *q, uint64_t now)
{
	return take(q, is_late, &now);
}

void order_free(struct order *o)
{
	if (o == NULL)
		return;
	close(o->fd);
	free(o);
}
