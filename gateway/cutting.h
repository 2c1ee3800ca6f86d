/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the drain time: what still runs then is ended by us, so that no receiver takes what
 * is cut for whole. Streams without an end of their own (event streams) get an orderly one.
 */
#ifndef GATEWAY_CUTTING_H
#define GATEWAY_CUTTING_H

#include <stdbool.h>

struct flow;
struct txn;
struct worker;

/* The worker begins to drain: after limits.drain what is left is cut. */
void cutting_begin(struct worker *w);

/*
 * One transaction: true when it was ended in an orderly way (its last bytes still have to go out),
 * false when it was reset.
 */
bool cutting_txn(struct txn *t);

#endif
