/* SPDX-License-Identifier: BSD-2-Clause */
/* How much of what went through was searched: bodies and bytes by direction, verdict and reason. */
#ifndef GATEWAY_COVERAGE_H
#define GATEWAY_COVERAGE_H

#include "core/json.h"
#include "core/verdict.h"

struct counters;

enum { COVERAGE_UP, COVERAGE_DOWN, COVERAGE_DIRECTIONS };

struct coverage {
	struct coverage_cell {
		uint64_t objects, bytes;
	} of[COVERAGE_DIRECTIONS][VERDICT_COUNT][REASON_COUNT];
};

/* Count a body of n bytes that ended in that verdict, in this process's page. */
void coverage_count(int direction, const struct verdict *v, uint64_t n);

/* Add what a role's page has. */
void coverage_add(struct coverage *c, const struct counters *page);

/* Bytes of a direction, and how many of them a search saw to its end or until it found something. */
struct coverage_share {
	uint64_t bytes, searched;
};
struct coverage_share coverage_share(const struct coverage *c, int direction);

/* "up", "down"; "unscannable.encrypted" for a verdict with its reason. */
const char *coverage_direction(int direction);
void coverage_word(enum verdict_class v, enum verdict_reason r, char *to, size_t cap);

/* Whether that verdict comes with that reason. */
bool coverage_possible(enum verdict_class v, enum verdict_reason r);

/* For `status`: the shares, then what is not zero. */
void coverage_text(const struct coverage *c, struct buf *out);
void coverage_json(const struct coverage *c, struct json *j);

#endif
