/* SPDX-License-Identifier: BSD-2-Clause */
/* Every counter of the gateway as OpenMetrics text (openmetrics.io, version 1.0): for whoever scrapes. */
#ifndef GATEWAY_METRICS_H
#define GATEWAY_METRICS_H

#include "gateway/coverage.h"

/* One value of the table core/counter.def. */
struct metric {
	const char *name, *doc;
	uint64_t value;
	bool gauge;
};

/* A process of the gateway. */
struct metric_role {
	const char *name;
	bool ready;
	uint64_t restarts;
};

struct metrics {
	const struct metric *rows;
	size_t rows_n;
	const struct metric_role *roles;
	size_t roles_n;
	const struct coverage *coverage;
	bool ready;
	uint64_t generation, uptime_ms;
	int64_t signature_age;	     /* seconds; -1: not known */
	const char *signature_state; /* "good", "stale", ... */
};

/* The whole page, "# EOF" at its end. Pure. */
void metrics_print(const struct metrics *m, struct buf *out);

#endif
