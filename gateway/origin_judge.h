/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Origins with faults: asks policy within the handshake, shapes the client's certificate after
 * it, and tells a refusal by a page or by an alert.
 */
#ifndef GATEWAY_ORIGIN_JUDGE_H
#define GATEWAY_ORIGIN_JUDGE_H

#include "gateway/flow.h"

/* Before the handshake with the origin: who judges, and whether old protocols are offered. */
void origin_target(struct flow *f, struct tls_target *to);

/* The handshake is done: what was let pass is counted. */
void origin_passed(struct flow *f);

/* A configuration is in force: uses of exceptions that are gone give their rows free; those of the
 * others go on. */
void origin_keep_counts(const struct config *c);

/* The origin is refused with err: what was found is noted; true: the client is told by an alert
 * in answer to its hello (origin_alert), false: by its first request (a page, or origin_deny). */
bool origin_refused(struct flow *f, int err);

/* What the page says: the error, and whatever other faults were found. */
void origin_why(struct flow *f, int err);

/* Fatal access_denied in answer to the hello: the next state. */
enum flow_state origin_alert(struct flow *f);

/* The refusal is told by an alert, since no person looks at the answer: the alert was sent.
 * False: a page it is. */
bool origin_deny(struct flow *f, bool person);

/* Shape the wish for a leaf, which mirrors the origin's certificate (err: what the mirror said),
 * by the judgement: 0 or err. */
int origin_wish(const struct flow *f, struct str name, struct leaf_wish *w, int err);

/* A wish for a page of our own: the requested name alone, good for a day. */
void origin_wish_own(const struct flow *f, struct str name, struct leaf_wish *w);

#endif
