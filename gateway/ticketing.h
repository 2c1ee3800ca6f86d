/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent's part in resumption toward clients: it makes the keys of tickets, turns them by the
 * clock and hands them to every worker, so that a ticket of one is good at all. In memory only.
 */
#ifndef GATEWAY_TICKETING_H
#define GATEWAY_TICKETING_H

#include "gateway/parent.h"

/* NULL when memory is short. Without random numbers there are no tickets (logged). */
struct ticketing *ticketing_new(struct parent *p);
void ticketing_free(struct ticketing *t);

/* A worker was started: it gets the keys. */
void ticketing_send(struct ticketing *t, struct child *worker);

#endif
