/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the receiver of a download gets while that is held: nothing, a trickle of its first bytes, or
 * (a browser that navigates) a page that asks again, while the download goes on without a receiver.
 */
#ifndef GATEWAY_PATIENCE_H
#define GATEWAY_PATIENCE_H

#include "gateway/txn.h"

/* The response's head came and its body is held from now on. */
void patience_begin(struct txn *t, const struct head *h);

/* More of it is there. */
void patience_data(struct txn *t);

/* The verdict is good, of a transaction that has a wait page: its object is kept for the receiver. */
void patience_ready(struct txn *t);

#endif
