/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys that session tickets toward clients are sealed with (RFC 5077 section 5.5), shared by
 * all workers: the parent makes and turns the ring, workers get copies. Every key issues tickets
 * for one turn and is accepted for two; it is made at most a turn ahead, so none lives longer
 * than three turns, which is a day. Pure but for the random numbers.
 */
#ifndef MITM_TICKET_RING_H
#define MITM_TICKET_RING_H

#include "core/buf.h"

enum {
	TICKET_NAME = 16,
	TICKET_KEY = 32,
	TICKET_KEYS = 3, /* previous, current, next */
	TICKET_TURN = 8 * 3600,
	TICKET_RING_BYTES = 1 + TICKET_KEYS * (8 + TICKET_NAME + 2 * TICKET_KEY)
};

struct ticket_key {
	int64_t from; /* Unix seconds from which it issues; 0: no key */
	unsigned char name[TICKET_NAME], cipher[TICKET_KEY], mac[TICKET_KEY];
};

struct ticket_ring {
	struct ticket_key keys[TICKET_KEYS];
};

/*
 * Wipe the keys whose time is over, and make those that issue now and next: 1 when anything
 * changed, 0 when not, -ERR_SYSTEM without random numbers (the ring is empty then).
 */
int ticket_ring_turn(struct ticket_ring *r, int64_t now);

/* The key to issue with, and the one of that name that is still accepted; NULL if none. */
const struct ticket_key *ticket_ring_issue(const struct ticket_ring *r, int64_t now);
const struct ticket_key *ticket_ring_find(
    const struct ticket_ring *r, const unsigned char name[TICKET_NAME], int64_t now);

/* For the way from the parent to the workers. Reading fails with -ERR_PROTO, *r unchanged. */
int ticket_ring_write(const struct ticket_ring *r, struct buf *out);
int ticket_ring_read(struct ticket_ring *r, struct str in);

#endif
