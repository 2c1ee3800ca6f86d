/* SPDX-License-Identifier: BSD-2-Clause */
/* What the schema cannot say: ranges, names that end up in kernel rules, keys that need each other.
 */
#ifndef POLICY_CONFIG_VERIFY_H
#define POLICY_CONFIG_VERIFY_H

#include "policy/config_raw.h"

/* Check everything but the rules, and fill in the limits: 0 or -ERR_CONFIG. */
int config_verify(const struct raw_config *raw, const struct node *root, struct limits *limits,
    struct config_error *err);

#endif
