/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent's part in learning: it gathers what workers report, asks them whether it ever worked,
 * writes candidates to the audit, and spreads a bypass where policy permits one.
 */
#ifndef GATEWAY_LEARNING_H
#define GATEWAY_LEARNING_H

#include "gateway/parent.h"

struct learning;

struct learning *learning_new(struct parent *p); /* NULL when memory is short */
void learning_free(struct learning *l);		 /* accepts NULL */

/* REFUSED or TRUSTED of a worker. */
void learning_message(struct parent *p, enum msg_type type, struct str body);

/* A worker is ready: it gets the bypasses in force. */
void learning_worker(struct parent *p, struct child *worker);

/* The policy changed: candidates that it permits now come into force, others end. */
void learning_reload(struct parent *p);

/* The list for `sallyport learned`. */
void learning_text(struct parent *p, bool json, struct buf *out);

#endif
