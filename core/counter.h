/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters in a page shared with the parent. Each role writes its own page alone, with relaxed
 * atomics; the parent only reads and sums.
 */
#ifndef CORE_COUNTER_H
#define CORE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

struct counters {
#define COUNTER(name, doc) _Atomic uint64_t name;
#define GAUGE(name, doc) _Atomic uint64_t name;
#include "core/counter.def"
#undef COUNTER
#undef GAUGE
};

/* This process's page; a private one until counters_map() was called. Never NULL. */
extern struct counters *counters;

/* Create a page as a memfd (parent): descriptor or -ERR_SYSTEM. */
int counters_create(void);

/* Map a page as this process's own; the descriptor stays the caller's: 0 or -ERR_SYSTEM. */
int counters_map(int fd);

/* Map a page of another role for reading: NULL on failure. */
const struct counters *counters_view(int fd);

/* Map a page of a role that has died for writing; unmap by clearing: its gauges go to zero. */
struct counters *counters_own(int fd);
void counters_clear_gauges(struct counters *c);

#define COUNT_ADD(name, v) atomic_fetch_add_explicit(&counters->name, (uint64_t)(v), memory_order_relaxed)
#define COUNT_SUB(name, v) atomic_fetch_sub_explicit(&counters->name, (uint64_t)(v), memory_order_relaxed)

#endif
