/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One end of a flow: a socket, TLS or plain, with what was read too early and what the socket
 * did not take yet. The flow drives it; an end decides nothing.
 */
#ifndef GATEWAY_END_H
#define GATEWAY_END_H

#include <sys/types.h>

#include "core/buf.h"
#include "core/loop.h"
#include "core/pace.h"
#include "mitm/tls.h"

struct end {
	int fd; /* -1: none */
	struct watch *watch;
	struct tls *tls; /* NULL: plain */
	struct buf in;	 /* read, not consumed yet */
	struct buf out;	 /* to be written */
	watch_fn *fn;	 /* who is told of events */
	void *arg;
	int watched;	 /* LOOP_* that are asked for */
	bool eof;	 /* the peer has ended its side, cleanly */
	bool half;	 /* it has ended its side, though what it sent before may be unread */
	bool lost;	 /* it has reset the connection, or is not there any more; the same */
	struct pace taking; /* how the peer takes what is in out */
	uint64_t taken;	 /* as of the last look (slow.c) */
	bool broken;	 /* reading or writing failed; err says how */
	bool want_write; /* TLS asked for it, also to make progress in reading */
	bool shut;	 /* our side was ended */
	int err;
	unsigned alert; /* the fatal TLS alert that the peer sent, 0 none */
	uint64_t bytes_in, bytes_out;
};

/* Take a socket (the end's from now on); 0 or -ERR_NOMEM (closed then). */
int end_open(struct end *e, struct loop *l, int fd, watch_fn *fn, void *arg);

/* Free all; with reset the peer gets RST. Nothing is flushed. Safe on a closed end. */
void end_close(struct end *e, bool reset);

/* Nobody is there any more; also where reading does not tell: its own side was ended before, or the
 * other takes nothing. */
bool end_gone(const struct end *e);

/* Bytes read (> 0), 0 when none are there now, or < 0: -ERR_EOF, or broken. */
ssize_t end_read(struct end *e, char *p, size_t n);

/* Write what waits in out: 0 when all went, -ERR_WANT_WRITE, or the failure. */
int end_flush(struct end *e);

/* Flush, then end our side: close_notify and FIN. */
void end_shut(struct end *e);

/* Watch for what is needed: reading if asked, writing if something waits; half and lost always. */
void end_watch(struct end *e, bool reading);

/* The same for LOOP_READ and LOOP_WRITE as given. */
void end_watch_for(struct end *e, int events);

/* Something can be read that no event will announce. */
bool end_pending(const struct end *e);

#endif
