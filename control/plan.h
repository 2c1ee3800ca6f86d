/* SPDX-License-Identifier: BSD-2-Clause */
/* The network part of a configuration as a plan for intercept/rules.h. */
#ifndef CONTROL_PLAN_H
#define CONTROL_PLAN_H

#include "intercept/rules.h"
#include "policy/config.h"

/*
 * Fill the plan; interfaces from the command line go before those of the configuration. The
 * plan borrows from its arguments. net_plan_fault() says whether it makes sense.
 */
void plan_of(const struct config *c, const char *const *inside, unsigned inside_n, struct net_plan *p);

#endif
