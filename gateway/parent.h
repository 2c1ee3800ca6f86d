/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent: makes sockets, starts and reaps the roles, never parses network bytes. Shared by
 * parent.c (life, commands), child.c (processes and their channels) and bundles.c.
 */
#ifndef GATEWAY_PARENT_H
#define GATEWAY_PARENT_H

#include <sys/types.h>

#include "control/server.h"
#include "core/chan.h"
#include "core/counter.h"
#include "core/pack.h"
#include "gateway/audit.h"
#include "http/icap_url.h"
#include "policy/policy.h"

struct content;
struct hunting;
struct learning;
struct samples;

enum { PARENT_WORKERS_MAX = 128, PARENT_LISTENERS_MAX = 6 };

enum child_state { CHILD_DOWN, CHILD_STARTING, CHILD_READY, CHILD_DRAINING };

struct child {
	struct parent *p;
	enum role role;
	unsigned index;
	char name[32];
	enum child_state state;
	pid_t pid;
	struct chan *chan;
	int counters_fd;
	const struct counters *counters;
	struct timer *again; /* back-off before the next start */
	uint64_t started;
	unsigned failures; /* in a row, without a good run between */
	unsigned restarts;
	uint64_t flows_lost; /* worker: open when it ended */
	char note[600]; /* of its READY */
	bool replace;	/* a new one took over: not started again */
};

struct listening {
	int fd[PARENT_WORKERS_MAX];
	uint16_t port;
	uint8_t kind;
};

/* What runs in a slot of an external engine. */
struct engine_slot {
	uint64_t key; /* of its entry in the configuration */
	struct icap_url url;
};

struct parent {
	struct loop *loop;
	const char *config_path;
	const struct config *config; /* the policy's */
	struct policy *policy;
	const char *const *inside; /* of the command line, instead of network.inside */
	unsigned inside_n;
	struct child recorder, signer, fetcher, scanner;
	struct child second; /* a scanner that loads beside the one in force, or the old one that drains */
	struct child engines[2 * ENGINES_MAX]; /* external ones, two slots for each: engines.c */
	struct engine_slot engine_slots[2 * ENGINES_MAX];
	struct child workers[PARENT_WORKERS_MAX];
	unsigned nworkers;
	struct listening listening[PARENT_LISTENERS_MAX];
	unsigned nlistening;
	struct audit *audit;
	struct learning *learning;
	struct hunting *hunting;
	struct content *content; /* known content; NULL: none */
	struct samples *samples;
	struct limits limits; /* of the configuration in force; long-lived parts refer to it */
	struct control_server *control;
	struct timer *stop_timer;
	struct ticketing *ticketing; /* NULL without interception */
	struct renewal *renewal;
	uint32_t generation;
	bool ready, stopping, network_up;
	int exit_code;
	/* A reload under way: answers that are still to come, and who asked. */
	unsigned reload_left;
	struct policy *reload_policy; /* not in force yet: the signer is being asked */
	bool reload_bad;
	char reload_text[512];
	struct control_reply *reload_reply;
	uint64_t began;
};

/* The foreground daemon: exit code (control/exit.h). */
int parent_run(const char *config_path, const char *const *inside, unsigned inside_n);

/* child.c */
void child_init(struct child *c, struct parent *p, enum role role, unsigned index);
/* Start the process and give it its START, counters, listeners and peers. */
void child_start(struct child *c);
void child_stop(struct child *c, int signo);
/* Finish and end; nothing where it does already. */
void child_drain(struct child *c);
/* The processes of two slots of one role change places. */
void child_swap(struct child *a, struct child *b);
/* Reap everything that ended. */
void child_reap(struct parent *p);
struct child *child_next(struct parent *p, struct child *c); /* iterate over all; NULL first */
/* Connect a worker with a service, both being up. */
void child_wire(struct child *worker, struct child *service);
void parent_on_ready(struct child *c);
/* Are all there that can be? Then the gateway is ready. */
void parent_may_be_ready(struct parent *p);
void parent_on_reloaded(struct child *c, bool ok, struct str text);
void parent_on_gone(struct child *c);

/* bundles.c: the sealed memfd that a role starts with, or -ERR_*. */
int bundle_for(const struct parent *p, const struct config *conf, enum role role);
/* NULL, or why a role could not be told of this configuration (a file cannot be read). */
const char *bundle_trouble(const struct parent *p, const struct config *conf);
/* Is there a CA and its signer? Not where TLS is never decrypted. */
static inline bool parent_has_signer(const struct parent *p)
{
	return config_tls(p->config)->intercept;
}

/* Open the signer's secrets and hand them over, before START and RELOAD: 0, or -ERR_* with *why. */
int secrets_send(struct child *signer, const struct config *conf, char *why, size_t n);
/* Are missing intermediates fetched? */
static inline bool parent_has_fetcher(const struct parent *p)
{
	return config_tls(p->config)->fetch_intermediates;
}

int parent_read_file(const char *path, size_t max, struct buf *out);

#endif
