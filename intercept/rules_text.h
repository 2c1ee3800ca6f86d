/* SPDX-License-Identifier: BSD-2-Clause */
/* The rule text with regard to what is already installed; see rules.h for the plan. */
#ifndef INTERCEPT_RULES_TEXT_H
#define INTERCEPT_RULES_TEXT_H

#include "intercept/rules.h"

/*
 * As net_rules_text, but `save` (what iptables-save prints now) may already lead into our
 * chains: those jumps are replaced in the same transaction.
 */
int rules_text_over(const struct net_plan *p, int family, struct str save, struct buf *out);

#endif
