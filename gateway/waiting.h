/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Downloads that go on without their first receiver: it was given a wait page and asks again, by a
 * random token, from the same address for the same host. A worker's table of them, bounded in
 * number, bytes and time (limits wait_*).
 */
#ifndef GATEWAY_WAITING_H
#define GATEWAY_WAITING_H

#include "gateway/txn.h"
#include "gateway/wait_msg.h"

struct waiting;	 /* a worker's table */
struct download; /* a row */

struct waiting *waiting_new(struct worker *w);

/* Ends all, those that run, too. NULL is fine. */
void waiting_free(struct waiting *s);

/* The gateway stops and nobody can ask any more: those that run are ended. */
void waiting_drain(struct waiting *s);

/* A row for the transaction's download: NULL where a limit is reached or memory is short. */
struct download *waiting_begin(struct waiting *s, struct txn *t);
void waiting_path(const struct download *d, bool whole, char to[WAIT_PATH_MAX]);

/* How it ended: good, with the object (taken); refused, with the page; in no way (idempotent). */
void waiting_ready(struct download *d, struct body *b);
void waiting_refused(struct download *d, unsigned status, struct str page);
void waiting_gone(struct download *d);

/*
 * What is known to whoever asks; a borrows from the row. *fd is a descriptor of the object, the
 * caller's, where it was asked for and may be had, else -1.
 */
void waiting_answer(struct waiting *s, const struct wait_question *q, struct wait_answer *a, int *fd);

#endif
