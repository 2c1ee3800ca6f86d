/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Orders that wait for a job: two lanes, so that small bodies (most of the traffic) do not wait
 * behind large ones, and a turn for the large lane after every few small ones. Pure.
 */
#ifndef SCANNER_QUEUE_H
#define SCANNER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUEUE_SMALL = 256 << 10, QUEUE_STREAK = 8 };

struct peer;

struct order {
	struct order *next;
	struct peer *peer; /* who asked; NULL when nobody waits any more */
	uint64_t id;       /* the asker's handle */
	uint64_t length;
	uint64_t until; /* loop time by which it must be with a job */
	int fd;         /* the sealed body; the order's own */
};

struct queue {
	struct lane {
		struct order *head, **tail;
		size_t n;
	} small, large;
	unsigned streak; /* small ones taken while a large one waited */
};

void queue_init(struct queue *q);
size_t queue_length(const struct queue *q);
void queue_push(struct queue *q, struct order *o);

/* The next order, or NULL. Without `large`, only small ones are considered. */
struct order *queue_pop(struct queue *q, bool large);

/* Take out an order of a peer by id; any of the peer's; one whose time is up. NULL when none. */
struct order *queue_take(struct queue *q, const struct peer *p, uint64_t id);
struct order *queue_take_peer(struct queue *q, const struct peer *p);
struct order *queue_take_late(struct queue *q, uint64_t now);

bool order_large(const struct order *o);

/* Closes the body. */
void order_free(struct order *o);

#endif
