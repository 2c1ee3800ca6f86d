/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker: the process that carries flows. What all its flows share stands here; it has no
 * file, no capability and no way to make a socket but to ask the parent.
 */
#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

#include "certs/leaf.h"
#include "core/chan.h"
#include "core/loop.h"
#include "gateway/audit.h"
#include "mitm/tls.h"
#include "policy/policy.h"
#include "scanner/client.h"

struct flow;
struct identities;
struct known;
struct pinning;
struct sockpool;
struct signing;
struct keymaker;
struct fetching;
struct shares;
struct wait_ask;
struct waiting;

enum { WORKER_SCRATCH = 64 << 10, WORKER_DECODE = 1 << 20 };

struct worker {
	struct loop *loop;
	unsigned index;
	unsigned generation;
	int64_t born; /* Unix seconds; part of incident numbers */
	struct policy *policy; /* new flows take a reference */
	struct limits limits;  /* of the policy in force; long-lived parts refer to it */
	struct tls_ctx *tls;
	struct verify_store *store; /* of the policy in force */
	struct leaf_cache *leaves;
	struct identities *identities; /* client certificates */
	struct pinning *pinning;
	struct known *verified;	   /* destinations of passthroughs that showed good certificates */
	struct known *cert_wanted;     /* destinations that want them, of rules with passthrough */
	struct keymaker *keymaker;
	struct timer *key_timer; /* until the leaf keys are renewed */
	struct timer *drain_timer; /* cutting.c */
	struct scan_client *scanner;
	struct scan_client *engines[ENGINES_MAX]; /* by their place in scanner.engines */
	struct audit *audit;
	struct sockpool *sockets;
	struct signing *signing;
	struct fetching *fetching;
	struct waiting *waiting; /* downloads behind wait pages */
	struct wait_ask *wait_ask;
	struct chan *parent;
	struct flow **flows; /* by index; NULL: free */
	uint32_t *flow_gens;
	uint32_t nflows_max, nflows, next_free;
	uint64_t *later; /* handles of flows that yielded, later_n of them from later_at on */
	size_t later_at, later_n, later_cap;
	uint64_t held; /* bytes of bodies kept back */
	struct shares *shares; /* of each client */
	size_t decode;	 /* bytes that may still be decoded in this turn, over all flows */
	uint64_t next_flow_id, next_incident;
	bool draining, cut, search, failed;
	char name[24];
	char *scratch; /* WORKER_SCRATCH bytes for one read */
	struct listener *listeners;
	unsigned nlisteners;
};

/* The role's main: serves until drained or the parent is gone; the exit code. */
int worker_main(int parent_fd);

/* Register a flow: false when the worker is full. The handle stays unique over reuse. */
bool worker_add(struct worker *w, struct flow *f, uint64_t *handle);
void worker_remove(struct worker *w, uint64_t handle);
/*
 * Run that flow in one of the next turns, if it is still there: false when memory is short. The
 * line moves on by a share of each turn, so that flows with little to do never wait for all of it.
 */
bool worker_later(struct worker *w, uint64_t handle);
struct flow *worker_find(struct worker *w, uint64_t handle);

#endif
