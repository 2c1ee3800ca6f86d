/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A channel between two of our processes: whole messages over a SOCK_SEQPACKET pair, each
 * checked against core/proto.def for its direction, length and number of descriptors. A peer
 * that breaks the table loses the channel. Never blocks: what the kernel does not take waits in
 * a bounded queue.
 */
#ifndef CORE_CHAN_H
#define CORE_CHAN_H

#include "core/loop.h"
#include "core/str.h"

enum role {
	ROLE_ANY,
	ROLE_PARENT,
	ROLE_WORKER,
	ROLE_SIGNER,
	ROLE_SCANNER,
	ROLE_RECORDER,
	ROLE_FETCHER,
	ROLE_ICAP,
	ROLE_COUNT
};

enum msg_type {
	MSG_NONE,
#define MSG(name, from, to, max, fds, doc) MSG_##name,
#include "core/proto.def"
#undef MSG
	MSG_COUNT
};

enum { CHAN_MAX_FDS = 64, CHAN_MAX_BYTES = 98304 + 2 };

struct chan;

/* A message; the body is a view valid during the call; descriptors become the callee's. */
typedef void chan_msg_fn(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds);

/* The peer is gone (0) or broke the protocol (-ERR_PROTO). Called once; then chan_free. */
typedef void chan_close_fn(void *arg, int why);

const char *role_name(enum role r);
const char *msg_name(enum msg_type t);

/* A pair of SOCK_SEQPACKET sockets, close-on-exec, non-blocking: 0 or -ERR_SYSTEM. */
int chan_pair(int fd[2]);

/* Takes the descriptor. NULL when memory is short (the descriptor is closed then, too). */
struct chan *chan_new(struct loop *l, int fd, enum role self, enum role peer,
    chan_msg_fn *on_msg, chan_close_fn *on_close, void *arg);
void chan_free(struct chan *c);

/* Another owner: what the callbacks get from now on. NULL channels are let be. */
void chan_set_arg(struct chan *c, void *arg);

/*
 * Send one message. The descriptors are duplicated by the kernel and stay the caller's.
 * 0, -ERR_LIMIT (the queue of unsent messages is full), -ERR_CLOSED, -ERR_PROTO (not ours to
 * send).
 */
int chan_send(struct chan *c, enum msg_type type, struct str body, const int *fds, size_t nfds);

/* Bytes of messages that the kernel did not take yet. */
size_t chan_queued(const struct chan *c);

/*
 * The check that is applied to each incoming message, pure (fuzzed): 0 or -ERR_PROTO; the
 * body follows the u16 type.
 */
int chan_check(enum role from, enum role to, struct str packet, size_t nfds,
    enum msg_type *type, struct str *body);

#endif
