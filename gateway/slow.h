/* SPDX-License-Identifier: BSD-2-Clause */
/* Which side of a transaction keeps it waiting, and the end of one that is too slow (core/pace.h). */
#ifndef GATEWAY_SLOW_H
#define GATEWAY_SLOW_H

#include "gateway/txn.h"

/*
 * Those who send: refuses the transaction where one is slow. Streams of messages are silent for as
 * long as they like.
 */
void slow_senders(struct txn *t);

/* It is one of those: WebSocket, gRPC, an event stream, another protocol. */
bool slow_exempt(const struct txn *t);

/* HTTP/1.1: also those who take what is in the ends' buffers, and a head that never comes whole. */
void slow_h1(struct txn *t);

/* The receiver of that leg is too slow: the transaction ends. */
void slow_taker(struct txn *t, const struct leg *g);

/* HTTP/2: streams of that end that are not taken, also those of which only their queue is left. */
struct h2;
void slow_streams(struct flow *f, struct h2 *h);

/*
 * Nothing moved here for limits->idle, but a peer has taken enough since this was asked last: the
 * system's own buffer is large, a slow receiver lives on it for minutes.
 */
bool slow_still_takes(struct flow *f);

/*
 * Its whole connection sends parts of a frame, or (not where exempt) takes nothing of what is
 * there: true, and it was noted; it is over then.
 */
bool slow_end(struct flow *f, struct end *e, struct h2 *h, bool exempt);

#endif
