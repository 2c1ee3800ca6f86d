/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests below the gateway's own path: answered here, from this worker's table of downloads or,
 * by way of the parent, from that of the worker which has it. No origin ever sees one.
 */
#ifndef GATEWAY_WAIT_ASK_H
#define GATEWAY_WAIT_ASK_H

#include "gateway/txn.h"

struct wait_ask;

struct wait_ask *wait_ask_new(struct worker *w);
void wait_ask_free(struct wait_ask *a);

/* True where the request was one; then its answer is given, or will be. */
bool wait_ask(struct txn *t, const struct head *h);

/* WAIT_ASKED and WAIT_SAID from the parent; the descriptor (or -1) becomes ours. */
void wait_ask_message(struct wait_ask *a, enum msg_type type, struct str body, int fd);

#endif
