/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP/2 on a flow: the client's connection and the origin's, and the transactions between
 * them, one for each pair of streams. Windows of one side follow the queue of the other.
 */
#ifndef GATEWAY_MUX_H
#define GATEWAY_MUX_H

#include "gateway/flow.h"
#include "http/h2.h"

struct mux;

/* The two ends; the origin's is NULL where the flow is refused and only pages are given. */
struct h2 *mux_client(const struct mux *m);
struct h2 *mux_origin(const struct mux *m);

/* Everything of it; transactions under way are reported as aborted. NULL is fine. */
void mux_free(struct mux *m);

/* No transaction is under way. */
bool mux_idle(const struct mux *m);

/* The time for draining is over: streams end now, in order where they can (cutting.h). */
void mux_cut(struct mux *m);

/* The transaction of that number, or NULL. */
struct txn *mux_txn(struct mux *m, uint64_t n);

/* Nothing moved for the flow's time: true where that is excused (a search runs). */
bool mux_timeout(struct mux *m);

#endif
