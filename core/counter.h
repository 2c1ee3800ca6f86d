/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters in a page shared with the parent. Each role writes its own page alone, with relaxed
 * atomics; the parent only reads and sums.
 */
#ifndef CORE_COUNTER_H
#define CORE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/str.h"
#include "core/verdict.h"

/* Counters by name of what the operator configured: found by a digest of the name. */
enum { COUNTERS_NAMED = 256 };
struct counter_named {
	_Atomic uint64_t id; /* 0: free */
	_Atomic uint64_t n;
	_Atomic int64_t last; /* Unix seconds of the last addition */
};

/* Bodies and their bytes, by direction (0 up, 1 down) and verdict. */
enum { COUNTER_DIRECTIONS = 2 };
struct counter_verdict {
	_Atomic uint64_t objects, bytes;
};

struct counters {
#define COUNTER(name, doc) _Atomic uint64_t name;
#define GAUGE(name, doc) _Atomic uint64_t name;
#include "core/counter.def"
#undef COUNTER
#undef GAUGE
	struct counter_verdict verdicts[COUNTER_DIRECTIONS][VERDICT_COUNT][REASON_COUNT];
	struct counter_named named[COUNTERS_NAMED];
};

/* This process's page; a private one until counters_map() was called. Never NULL. */
extern struct counters *counters;

/* Create a page as a memfd (parent): descriptor or -ERR_SYSTEM. */
int counters_create(void);

/*
 * Map a page as this process's own; the descriptor stays the caller's: 0 or -ERR_SYSTEM. Forks do
 * not have it: they call counters_leave() before they count anything.
 */
int counters_map(int fd);

/* Count on a private page from here on. */
void counters_leave(void);

/* Map a page of another role for reading: NULL on failure. */
const struct counters *counters_view(int fd);

/* Map a page of a role that has died for writing; unmap by clearing: its gauges go to zero. */
struct counters *counters_own(int fd);
void counters_clear_gauges(struct counters *c);

/* The identifier of a name, never 0. */
uint64_t counter_id(struct str name);

/* Add one in this process's page; nothing where the table is full. */
void counter_named_add(uint64_t id, int64_t now);

/* Free every row of this process's page whose id is not among those n. */
void counter_named_keep(const uint64_t *ids, size_t n);

/* That row of a page, or NULL. */
const struct counter_named *counter_named_find(const struct counters *c, uint64_t id);

#define COUNT_ADD(name, v) atomic_fetch_add_explicit(&counters->name, (uint64_t)(v), memory_order_relaxed)
#define COUNT_SUB(name, v) atomic_fetch_sub_explicit(&counters->name, (uint64_t)(v), memory_order_relaxed)

#endif
