/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RSA leaf keys take 0.4 s each to make, which no worker's loop can spare: a process of its own
 * makes them, one on each order, with the worker's sandbox and nothing but a pipe.
 */
#ifndef GATEWAY_KEYMAKER_H
#define GATEWAY_KEYMAKER_H

#include "core/loop.h"
#include "mitm/leaf_key.h"

struct keymaker;

/* Start the process, which makes the first key at once. Before any sandbox. NULL on failure. */
struct keymaker *keymaker_start(void);

/* A key is there; the reference is the callee's. NULL: the process is gone, none will come. */
typedef void keymaker_fn(void *arg, struct leaf_key *k);

/* Hear of keys in this loop: 0 or -ERR_NOMEM. */
int keymaker_join(struct keymaker *m, struct loop *l, keymaker_fn *fn, void *arg);

/* Order another one. */
void keymaker_order(struct keymaker *m);
void keymaker_free(struct keymaker *m); /* the process ends with it */

#endif
