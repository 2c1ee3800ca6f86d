/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What small roles (signer, recorder) have in common: the channel to the parent and its
 * messages, the loop, signals. A role fills in a table and is called back.
 */
#ifndef GATEWAY_ROLE_H
#define GATEWAY_ROLE_H

#include "core/bundle.h"
#include "core/chan.h"
#include "core/limit.h"

enum { ROLE_TEXT_MAX = 512 };

struct role_ops {
	/* Prepare, enter the sandbox and serve: 0, or < 0 with a text for the log; text is the
	 * READY note otherwise. Called once. */
	int (*start)(void *arg, const struct bundle *b, uint32_t index, uint32_t generation,
	    char text[ROLE_TEXT_MAX]);
	/* Take a new bundle over, or keep what is in force: 0 or < 0, with a text in both cases. */
	int (*reload)(void *arg, const struct bundle *b, char text[ROLE_TEXT_MAX]);
	/* A channel to another role; the descriptor is the callee's. */
	void (*peer)(void *arg, enum role peer, uint32_t index, int fd);
	/* Finish, then role_done(). */
	void (*drain)(void *arg);
	/* Files that the next start or reload needs, n of them, each of kind which[i]; the
	 * descriptors are the callee's. May be NULL. */
	void (*secrets)(void *arg, struct str which, const int *fds, size_t n);
	/* What else the parent sends this role; a descriptor that is taken is set to -1. May be NULL. */
	void (*message)(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds);
};

struct role_host;

/* Takes the descriptor. NULL when memory is short. Signals are set up here, before any sandbox. */
struct role_host *role_host_new(enum role self, int parent_fd, const struct role_ops *ops,
    void *arg);
struct loop *role_host_loop(struct role_host *h);

/* Serve until role_done() or the parent is gone: the exit code. Then free. */
int role_host_run(struct role_host *h);
void role_host_free(struct role_host *h);

/* A message of this role to the parent: 0 or as chan_send(). */
int role_send(struct role_host *h, enum msg_type type, struct str body);

/* The limits of a bundle, defaults for those that are not in it. */
void role_limits(const struct bundle *b, struct limits *to);

/* Say DRAINED and end with 0. */
void role_done(struct role_host *h);

#endif
