/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps of a judgement, for the one that decides and the one that explains. This wing only. */
#ifndef POLICY_ORIGIN_LOCAL_H
#define POLICY_ORIGIN_LOCAL_H

#include "policy/match.h"

/* All conditions of an entry hold. */
bool origin_holds(const struct rule *match, const struct facts *f);

/* Is an exception for this origin? One by address alone is for connections without a name: else
 * whoever steers a name to that address could use it. */
bool exception_holds(const struct exception_rule *e, const struct facts *f);

/* The first entry of `origins` that holds, or NULL. */
const struct origin_rule *origin_rule_of(const struct config *c, const struct facts *f);

/* The choice about one fault without any exception; r may be NULL. */
enum fault_choice origin_choice(const struct config *c, const struct origin_rule *r, enum tls_error e);

/* Does an exception whose conditions hold make these faults acceptable? */
enum exception_fails exception_helps(const struct config *c, const struct origin_rule *r,
    const struct exception *e, uint32_t faults, const unsigned char *spki, int64_t now);

#endif
