/* SPDX-License-Identifier: BSD-2-Clause */
/* Orders that wait for a job: two lanes, fair between clients. */
#include "scanner/queue.h"

#include <stdlib.h>
#include <unistd.h>

/*
 * Microseconds: what an order is charged before it ran (for itself, and bytes in each microsecond),
 * and the debt beyond which a client's past is forgotten.
 */
enum { PRICE_EACH = 500, PRICE_BYTES = 32, DEBT_MOST = 2000000 };

typedef bool order_test(const struct order *o, const void *arg);

static struct queue_bucket *bucket_of(struct queue *q, uint64_t client)
{
	uint64_t h = (client ^ q->seed) * 0x9e3779b97f4a7c15u;

	h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
	return &q->buckets[(h ^ h >> 32) % QUEUE_BUCKETS];
}

void queue_init(struct queue *q, uint64_t seed)
{
	*q = (struct queue){ .seed = seed };
	for (size_t i = 0; i < QUEUE_BUCKETS; i++)
		for (size_t k = 0; k < QUEUE_LANES; k++)
			q->buckets[i].lanes[k].tail = &q->buckets[i].lanes[k].head;
	for (size_t k = 0; k < QUEUE_LANES; k++)
		q->rounds[k].tail = &q->rounds[k].head;
}

size_t queue_length(const struct queue *q)
{
	return q->rounds[QUEUE_LANE_SMALL].n + q->rounds[QUEUE_LANE_LARGE].n;
}

bool order_large(const struct order *o)
{
	return o->length > QUEUE_SMALL;
}

static void join_round(struct queue *q, struct queue_bucket *b, size_t k)
{
	if (b->lanes[k].listed)
		return;
	b->lanes[k].listed = true;
	b->lanes[k].next = NULL;
	*q->rounds[k].tail = b;
	q->rounds[k].tail = &b->lanes[k].next;
}

void queue_push(struct queue *q, struct order *o)
{
	size_t k = order_large(o) ? QUEUE_LANE_LARGE : QUEUE_LANE_SMALL;
	struct queue_bucket *b = bucket_of(q, o->client);

	/* Who had nothing waiting gains nothing by it, and owes no more than DEBT_MOST. */
	if (b->waiting == 0 && b->running == 0 && b->turn < q->now)
		b->turn = q->now;
	if (b->turn > q->now + DEBT_MOST)
		b->turn = q->now + DEBT_MOST;
	o->next = NULL;
	*b->lanes[k].tail = o;
	b->lanes[k].tail = &o->next;
	b->waiting++;
	q->rounds[k].n++;
	join_round(q, b, k);
}

/* Take out the order that `at` points to. */
static struct order *unlink_order(struct queue *q, struct queue_bucket *b, size_t k, struct order **at)
{
	struct order *o = *at;

	*at = o->next;
	if (o->next == NULL)
		b->lanes[k].tail = at;
	b->waiting--;
	q->rounds[k].n--;
	return o;
}

/* Whose turn it is in a lane; buckets that were emptied leave the round. */
static struct queue_bucket *next_bucket(struct queue *q, size_t k, unsigned most)
{
	struct queue_bucket *best = NULL, **at = &q->rounds[k].head;

	while (*at != NULL) {
		struct queue_bucket *b = *at;

		if (b->lanes[k].head == NULL) {
			*at = b->lanes[k].next;
			b->lanes[k].listed = false;
			continue;
		}
		if (b->running < most && (best == NULL || b->turn < best->turn))
			best = b;
		at = &b->lanes[k].next;
	}
	q->rounds[k].tail = at;
	return best;
}

static struct order *pop(struct queue *q, size_t k, unsigned most)
{
	struct queue_bucket *b = q->rounds[k].n > 0 ? next_bucket(q, k, most) : NULL;
	struct order *o;

	if (b == NULL)
		return NULL;
	o = unlink_order(q, b, k, &b->lanes[k].head);
	o->price = PRICE_EACH + o->length / PRICE_BYTES;
	q->now = b->turn > q->now ? b->turn : q->now;
	b->turn += o->price;
	b->running++;
	return o;
}

struct order *queue_pop(struct queue *q, bool large, unsigned most)
{
	bool waits = q->rounds[QUEUE_LANE_LARGE].n > 0;
	bool turn = q->rounds[QUEUE_LANE_SMALL].n == 0 || q->streak >= QUEUE_STREAK;
	struct order *o = NULL;

	if (large && waits && turn && (o = pop(q, QUEUE_LANE_LARGE, most)) != NULL)
		q->streak = 0;
	else if ((o = pop(q, QUEUE_LANE_SMALL, most)) != NULL)
		q->streak = waits ? q->streak + 1 : 0;
	else if (large && (o = pop(q, QUEUE_LANE_LARGE, most)) != NULL)
		q->streak = 0; /* the small ones are of clients that have enough jobs */
	return o;
}

void queue_ran(struct queue *q, const struct order *o, uint64_t spent)
{
	struct queue_bucket *b = bucket_of(q, o->client);

	b->running--;
	b->turn = b->turn > o->price ? b->turn - o->price + spent : spent;
}

struct order *queue_displace(struct queue *q, uint64_t client)
{
	const struct queue_bucket *own = bucket_of(q, client);
	struct queue_bucket *most = &q->buckets[0];
	struct order **at;
	size_t k;

	for (size_t i = 1; i < QUEUE_BUCKETS; i++)
		if (q->buckets[i].waiting > most->waiting)
			most = &q->buckets[i];
	if (most->waiting <= own->waiting + 1)
		return NULL;
	k = most->lanes[QUEUE_LANE_LARGE].head != NULL ? QUEUE_LANE_LARGE : QUEUE_LANE_SMALL;
	for (at = &most->lanes[k].head; (*at)->next != NULL;)
		at = &(*at)->next;
	return unlink_order(q, most, k, at);
}

static struct order *take(struct queue *q, order_test *test, const void *arg)
{
	for (size_t i = 0; i < QUEUE_BUCKETS * QUEUE_LANES; i++) {
		struct queue_bucket *b = &q->buckets[i / QUEUE_LANES];
		size_t k = i % QUEUE_LANES;

		for (struct order **at = &b->lanes[k].head; *at != NULL; at = &(*at)->next)
			if (test(*at, arg))
				return unlink_order(q, b, k, at);
	}
	return NULL;
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
	if (o->fd >= 0)
		close(o->fd);
	free(o->url);
	free(o);
}
