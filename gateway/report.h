/* SPDX-License-Identifier: BSD-2-Clause */
/* What is told to the audit: one line per transaction and per flow (fields: audit.def). */
#ifndef GATEWAY_REPORT_H
#define GATEWAY_REPORT_H

#include "gateway/flow.h"

void report_flow(struct flow *f);
void report_txn(struct flow *f, const struct txn *t);

/* What became of a download that had a wait page: "given", "cut" or "left". url is its path. */
void report_wait(struct worker *w, const struct addr *client, const char *host, const char *url,
    const char *outcome, uint64_t bytes);

#endif
