/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the recorder only: its senders and what it has in hand. */
#ifndef GATEWAY_RECORDER_INT_H
#define GATEWAY_RECORDER_INT_H

#include "core/buf.h"
#include "gateway/logfile.h"
#include "gateway/recorder.h"
#include "gateway/role.h"

struct client {
	struct client *next;
	struct recorder *r;
	struct chan *chan;
	enum role role;
	uint32_t index;
	uint64_t received, acked; /* numbers of lines: taken, on disk */
	bool begun;		  /* the first message said where the numbers start */
	bool asked_again;	  /* a gap was seen and told */
};

struct recorder {
	struct role_host *host;
	struct client *clients;
	struct logfile file;
	int dir;
	struct buf out; /* taken, not on disk */
	struct limits limits;
	struct recorder_hunt *hunts;
	struct recorder_late *late;
	struct timer *commit, *retry;
	uint64_t committed_at;
	unsigned retries;
	bool due, trouble, draining;
};

/* A role's table entry: a channel to a sender, instead of an older one of the same name. */
void recorder_peer(void *recorder, enum role role, uint32_t index, int fd);
void recorder_client_free(struct client *c);

/* Tell a sender what is on disk, and whether the disk takes more. */
void recorder_ack(struct client *c, bool trouble);

/* Write what is in hand now, or within COMMIT_MS together with what comes until then. */
void recorder_commit_now(struct recorder *r);
void recorder_commit_soon(struct recorder *r);

/* Take a line of our own over as if a sender had given it: 0, or -ERR_LIMIT while there is no room. */
int recorder_keep_line(struct recorder *r, struct str line);

#endif
