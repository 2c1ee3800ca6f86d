/* SPDX-License-Identifier: BSD-2-Clause */
/* Installing the rule text of one family with iptables-restore, and removing it without a trace. */
#ifndef INTERCEPT_INSTALL_H
#define INTERCEPT_INSTALL_H

#include "intercept/journal.h"
#include "intercept/route.h"
#include "intercept/rules.h"

/* Install or refresh, all tables; each table changes in one transaction. 0 or -ERR_* with why. */
int install_rules(const struct net_plan *p, int family, struct journal *j, char *why, size_t why_n);

/* Take the TPROXY rules out of our chain; packets of the flows that there are still come to us. */
int install_release(const struct journal *j, int family, char *why, size_t why_n);

/* Remove our chains, then the tables and built-in chains that came into being with them. */
int install_undo(const struct journal *j, int family, char *why, size_t why_n);

#endif
