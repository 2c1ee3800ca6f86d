/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bodies that are streams of messages by their type: gRPC, gRPC-web and event streams. They are
 * searched message by message and never held whole, so that neither side waits for the other.
 */
#ifndef GATEWAY_STREAMING_H
#define GATEWAY_STREAMING_H

#include "gateway/txn.h"

/*
 * Begin to read the leg by messages if its type says so: 0 (LEG_MESSAGES, the head is the caller's
 * to send), 1 (it is no such stream: to be held as any other body), -ERR_NOMEM. A response is
 * gRPC only where its request was: a download may not choose how it is searched.
 */
int streaming_begin(struct txn *t, struct leg *g);

#endif
