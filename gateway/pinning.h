/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker's part in learning who pins certificates: it sees how clients end their connections,
 * tells the parent of refusals, and knows which bypasses are in force.
 */
#ifndef GATEWAY_PINNING_H
#define GATEWAY_PINNING_H

#include "core/chan.h"
#include "gateway/flow.h"

struct pinning;

struct pinning *pinning_new(void); /* NULL when memory is short */
void pinning_free(struct pinning *p);

/* WATCH or BYPASS of the parent. */
void pinning_message(struct worker *w, enum msg_type type, struct str body);

/* The flow ends; its ends are still there. A refusal of our certificate gets into its reason. */
void pinning_flow_end(struct flow *f);

/* A bypass is in force for this flow's client and name, and policy still permits it. */
bool pinning_bypasses(const struct flow *f);

#endif
