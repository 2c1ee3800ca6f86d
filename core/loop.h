/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event loop: a thin face over libuv, the only place that knows it. Callbacks run one at a
 * time on the loop's thread and may free their own watch or timer.
 */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stdint.h>

struct loop;
struct watch;
struct timer;

/*
 * LOOP_END: the peer has ended its side, or worse, though nobody reads; it stays so: take it back
 * when told. LOOP_BROKEN: the connection is over for both sides (reset, time-out); told to whoever
 * watches for anything, and asked for alone where nothing else is of interest.
 */
enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_END = 4, LOOP_BROKEN = 8 };

typedef void watch_fn(void *arg, int events);
typedef void timer_fn(void *arg);
typedef void signal_fn(void *arg, int signo);

/* NULL when memory or descriptors are short. */
struct loop *loop_new(void);

/* Run until loop_stop; loop_free closes what is left (watches, timers, signals). */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
void loop_free(struct loop *l);

/* Milliseconds of a monotonic clock, as of this turn of the loop. */
uint64_t loop_now(const struct loop *l);

/* Microseconds of a monotonic clock, not kept for the turn: to see how long something takes. */
uint64_t loop_us(void);

/* Call fn once per turn, after all events of that turn were handled (for batching). */
void loop_on_turn(struct loop *l, timer_fn *fn, void *arg);

/*
 * While set (not NULL) fn is called once in each turn and the loop does not sleep: for work
 * that was put off so that others get their turn.
 */
void loop_busy(struct loop *l, timer_fn *fn, void *arg);

/*
 * Watch a descriptor; nothing is watched before watch_set. The descriptor stays the caller's
 * and may be closed right after watch_free. NULL when memory is short.
 */
struct watch *watch_new(struct loop *l, int fd, watch_fn *fn, void *arg);
void watch_set(struct watch *w, int events);
void watch_free(struct watch *w);

/* A one-shot timer; timer_set starts it anew, 0 ms fires on the next turn. */
struct timer *timer_new(struct loop *l, timer_fn *fn, void *arg);
void timer_set(struct timer *t, uint64_t ms);
void timer_stop(struct timer *t);
void timer_free(struct timer *t);

/* Handle a signal for the loop's life: 0 or -ERR_SYSTEM. */
int loop_signal(struct loop *l, int signo, signal_fn *fn, void *arg);

#endif
