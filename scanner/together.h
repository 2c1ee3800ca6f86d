/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Orders for the same content, by what their askers say it is, are run once: those that come up while
 * one runs wait for it. Its verdict is theirs only where its job found the digest that its asker had
 * said; else each is searched by itself. Pure.
 */
#ifndef SCANNER_TOGETHER_H
#define SCANNER_TOGETHER_H

#include "core/verdict.h"
#include "scanner/queue.h"

/* Are they said to be the same? */
bool together_same(const struct order *running, const struct order *o);

/* An order that left the queue waits for one that runs. */
void together_join(struct order *running, struct order *o);

/* The one that ran is over, with this verdict: does that hold for those that wait? Trouble (errors,
 * time) is its own, what was found is not. */
bool together_counts(const struct order *o, const struct verdict *v);

/* Nobody asks any more, for one id (or all of a peer's): it may still run for those that wait. */
void together_forget(struct order *running, const struct peer *peer, const uint64_t *id);

#endif
