/* SPDX-License-Identifier: BSD-2-Clause */
/* Why: the decision at each stage, and what became of every rule that was looked at. */
#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

#include <stdio.h>

#include "policy/policy.h"

/*
 * Print, stage by stage up to f->stage, which rule decides and why earlier ones did not; ends at
 * the stage that settles it. The facts describe what would be known at the last stage; earlier
 * stages see only their part. f->stage UPLOAD is about a request's body, RESPONSE and DOWNLOAD
 * about a response's.
 */
void policy_explain(FILE *out, const struct policy *p, const struct facts *f);

#endif
