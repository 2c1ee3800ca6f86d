/* SPDX-License-Identifier: BSD-2-Clause */
/* What `sallyport status` says. */
#ifndef GATEWAY_STATUS_H
#define GATEWAY_STATUS_H

#include "gateway/parent.h"

/* Roles, signatures and counters, for people or as one JSON object. */
void status_text(struct parent *p, bool json, struct buf *out);

/* The same as OpenMetrics text. */
void status_metrics(struct parent *p, struct buf *out);

/* The exceptions for origins with faults, with the uses that all workers counted. */
void status_exceptions(struct parent *p, bool json, struct buf *out);

#endif
