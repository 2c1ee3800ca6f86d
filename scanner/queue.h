/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Orders that wait for a job. Two lanes, so that small bodies (most of the traffic) do not wait
 * behind large ones, and a turn for the large lane after every few small ones. Within a lane the
 * client that used least of the jobs' time comes next: start-time fair queueing over a fixed
 * number of buckets into which clients are hashed (stochastic fair queueing). Pure.
 */
#ifndef SCANNER_QUEUE_H
#define SCANNER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scanner/client.h"

enum { QUEUE_SMALL = 256 << 10, QUEUE_STREAK = 8, QUEUE_BUCKETS = 1024 };

struct peer;

struct order {
	struct order *next;
	struct peer *peer; /* who asked; NULL when nobody waits any more */
	uint64_t id;       /* the asker's handle */
	uint64_t client;   /* whose body it is */
	uint64_t length;
	uint64_t until; /* loop time by which it must be with a job */
	uint64_t price; /* charged to its client in advance, microseconds */
	uint64_t started; /* when a job got it, microseconds */
	int fd;         /* the sealed body; the order's own; -1 when it is given up */
	unsigned char digest[SCAN_DIGEST];
	bool digested; /* digest is known, or said by the asker */
	bool proved; /* and the job that searched the body says the same */
	bool alone; /* is not searched together with others */
	struct order *waiters; /* while it runs: others of the same content (together.h) */
	uint8_t direction;
	bool again; /* came back once from a job that lied */
	char *url; /* the order's own; NULL: not known */
};

enum queue_lane { QUEUE_LANE_SMALL, QUEUE_LANE_LARGE, QUEUE_LANES };

/* What clients of one hash value have waiting, and how far they are served. */
struct queue_bucket {
	struct lane {
		struct order *head, **tail;
		struct queue_bucket *next; /* in the lane's round */
		bool listed;
	} lanes[QUEUE_LANES];
	size_t waiting;
	unsigned running;
	uint64_t turn; /* virtual time, microseconds: the lowest comes next */
};

struct queue {
	struct queue_bucket buckets[QUEUE_BUCKETS];
	struct round {
		struct queue_bucket *head, **tail; /* buckets with orders; emptied ones leave late */
		size_t n;			   /* orders */
	} rounds[QUEUE_LANES];
	uint64_t now;	 /* virtual time of the order that went last */
	uint64_t seed;	 /* of the hash */
	unsigned streak; /* small ones taken while a large one waited */
};

/* seed: random, so that nobody can choose to share a bucket with another client. */
void queue_init(struct queue *q, uint64_t seed);
size_t queue_length(const struct queue *q);
void queue_push(struct queue *q, struct order *o);

/*
 * The next order, or NULL. Without `large`, only small ones are considered. Passed over are clients
 * of which `most` orders run. The order counts as running until queue_ran().
 */
struct order *queue_pop(struct queue *q, bool large, unsigned most);

/* An order that was popped is over, or comes back: microseconds of a job's time that it took. */
void queue_ran(struct queue *q, const struct order *o, uint64_t spent);

/*
 * Room for an order of a client in a full queue: the newest order of the client that has most
 * waiting, taken out; NULL where that would be the client itself or hardly less fair.
 */
struct order *queue_displace(struct queue *q, uint64_t client);

/* Take out an order of a peer by id; any of the peer's; one whose time is up. NULL when none. */
struct order *queue_take(struct queue *q, const struct peer *p, uint64_t id);
struct order *queue_take_peer(struct queue *q, const struct peer *p);
struct order *queue_take_late(struct queue *q, uint64_t now);

bool order_large(const struct order *o);

/* Closes the body. */
void order_free(struct order *o);

#endif
