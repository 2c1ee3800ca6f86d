/* SPDX-License-Identifier: BSD-2-Clause */
/* Does a condition hold for these facts? Pure; for this wing only. */
#ifndef POLICY_MATCH_H
#define POLICY_MATCH_H

#include "policy/rule.h"

/* Bits (enum cond) of the facts that are known. */
uint32_t facts_known(const struct facts *f);

/* The facts of this condition are known. */
bool cond_holds(const struct rule *r, enum cond c, const struct facts *f);

/* The first of the rule's conditions in `of` that does not hold, or COND_COUNT. */
enum cond rule_fails(const struct rule *r, uint32_t of, const struct facts *f);

/*
 * Does the pattern fit the path (its query is ignored)? Paths have many spellings; the plain one
 * (percent-decoded, without '.', '..' and empty segments) counts, too: `both` asks that the
 * path fits as written and in plain form (for what permits), otherwise one is enough.
 */
bool path_match(struct str pattern, struct str path, bool both);

#endif
