/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk over the rules, with its reasons: what policy_decide and policy_explain share. */
#ifndef POLICY_WALK_H
#define POLICY_WALK_H

#include "policy/match.h"

enum walk_outcome {
	WALK_DECIDES,    /* this rule's action is the decision */
	WALK_LOGS,       /* noted; the walk goes on */
	WALK_WARNS,      /* its receiver is to be warned; the walk goes on */
	WALK_RANGES,     /* ranges go to the origin; the walk goes on */
	WALK_RELEASES,   /* says how a download is released; the walk goes on */
	WALK_FAILS,      /* a condition does not hold */
	WALK_NOT_YET,    /* a fact is not known, and will not matter before it is */
	WALK_OPEN,       /* a fact is not known yet, and may still decide about the connection */
	WALK_SHIELDS,    /* permits: later prohibitions by such facts do not count */
	WALK_SHIELDED,   /* holds, but an earlier rule permits */
	WALK_NO_MEANING, /* holds, but its action says nothing at this stage */
	WALK_WAITS       /* holds, but an earlier rule is still open and says otherwise */
};

/* cond: which fails or is not known; by: the earlier rule that matters. Both may be unset. */
struct walk_step {
	const struct rule *rule, *by;
	enum walk_outcome outcome;
	unsigned cond;
};

typedef void walk_fn(void *arg, const struct walk_step *step);

/* policy_decide; `each` (or NULL) hears of every rule that was looked at. */
struct decision policy_walk(
    const struct policy *p, const struct facts *f, walk_fn *each, void *arg);

#endif
