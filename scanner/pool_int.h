/* SPDX-License-Identifier: BSD-2-Clause */
/* What the pool's own files share: its slots, each with one job. */
#ifndef SCANNER_POOL_INT_H
#define SCANNER_POOL_INT_H

#include <sys/types.h>

#include "scanner/pool.h"

enum job_state {
	JOB_DOWN, /* waits for its next start */
	JOB_STARTING,
	JOB_IDLE,
	JOB_BUSY,
	JOB_DYING /* killed, or as good as dead */
};

/* Why we end a job; CAUSE_OWN: its channel ended. */
enum job_cause {
	CAUSE_OWN,
	CAUSE_WANTED, /* it is replaced */
	CAUSE_DEADLINE,
	CAUSE_LIED
};

struct slot {
	struct pool *pool;
	unsigned index;
	enum job_state state;
	pid_t pid;
	int sock, gone_fd; /* its channel; its pidfd */
	struct watch *watch, *gone;
	struct timer *timer; /* what the state waits for at most; idle: the next look at it */
	enum job_cause cause;
	unsigned name;
	struct jail_place place;
	uint64_t uses, number;
	struct order *order; /* runs */
	struct order *lost;  /* the job died of it and is not replaced yet */
	uint64_t began;	     /* loop time: this order; CPU time then, microseconds */
	uint64_t cpu;
	uint64_t look; /* ms until the next look at an idle job */
	uint64_t own, resident; /* bytes of its own memory, and of all, when it started */
	bool low;      /* runs at the lowest priority */
};

struct pool {
	struct loop *loop;
	const struct limits *limits;
	struct engine *engine;
	const struct jail *jail;
	struct pool_calls calls;
	unsigned names;
	bool served; /* all jobs were ready at a time */
	unsigned failures;
	uint64_t fork_us, forked; /* time of the last fork, and when it was, microseconds */
	unsigned n;
	struct slot slots[];
};

/* pool_life.c: start a job in a slot; end the one in it (state, then cause and order, in death). */
void slot_start(struct slot *s);
void slot_end(struct slot *s, enum job_cause cause);

/* pool.c: a job has said something, or its channel has ended. */
void slot_heard(void *arg, int events);

/* pool_use.c: processor time of a job, microseconds, 0 when unknown; of it since s->cpu. */
uint64_t slot_cpu(const struct slot *s);
uint64_t slot_used(const struct slot *s);

/* The order that runs: begin to look at its time; the timer has fired. */
void slot_busy_begin(struct slot *s);
void slot_busy_look(struct slot *s);

/*
 * An idle job: begin to look at it; the timer has fired (it may be ended then). slot_idle_good:
 * right before an order: it has done nothing meanwhile.
 */
void slot_idle_begin(struct slot *s);
void slot_idle_look(struct slot *s);
bool slot_idle_good(const struct slot *s);

/* A job is ready: note what it has. After an answer: has it grown too much? */
void slot_measure(struct slot *s);
bool slot_grown(const struct slot *s);

#endif
