/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parent keeps of connections that could not be decrypted: who refused our certificates
 * for which name, and which origins insisted on a client certificate. A bounded table and its
 * rules; no I/O, no clock of its own. Times are milliseconds of one clock.
 */
#ifndef GATEWAY_LEARNED_H
#define GATEWAY_LEARNED_H

#include "core/limit.h"
#include "policy/policy.h"

enum learned_kind { LEARNED_PINNED, LEARNED_CLIENT_CERT, LEARNED_KINDS };

enum learned_state {
	LEARNED_FREE,
	LEARNED_COUNTING,  /* refused, but not often enough yet */
	LEARNED_ASKED,	   /* often enough; workers are asked whether it ever worked */
	LEARNED_CANDIDATE, /* told in the audit; passes only where policy says so */
	LEARNED_BYPASS	   /* passes until `until` */
};

enum { LEARNED_NAME_MAX = 256, LEARNED_MOST = 1024, LEARNED_EACH_CLIENT = 32 };

struct learned_fact {
	enum learned_kind kind;
	unsigned alert; /* 0: the connection was closed without one */
	struct addr client, destination;
	char name[LEARNED_NAME_MAX]; /* SNI, or the destination's address */
};

struct learned_entry {
	struct learned_fact fact; /* the latest */
	enum learned_state state;
	unsigned count;
	uint64_t first, last, asked, until;
};

struct learned;

struct learned *learned_new(void);
void learned_free(struct learned *l); /* accepts NULL */

/*
 * A refusal was reported. A pinned entry is of (client address, name), a client certificate's of
 * (destination, port, name). The entry when its state changed by this: to ASKED when
 * limits->pinning_refusals came within pinning_window, to CANDIDATE for a client certificate; NULL
 * otherwise. One client holds at most LEARNED_EACH_CLIENT entries; more take the place of its oldest.
 */
struct learned_entry *learned_refused(struct learned *l, const struct limits *limits,
    const struct learned_fact *fact, uint64_t now);

/* This client has accepted our certificate for that name: no pinning. The state that the entry
 * had; it is gone. */
enum learned_state learned_trusted(struct learned *l, const struct addr *client, struct str name);

/* Forget what is over by now. */
void learned_expire(struct learned *l, const struct limits *limits, uint64_t now);

/* All entries in use, in no order; NULL begins and ends. */
struct learned_entry *learned_next(struct learned *l, struct learned_entry *after);

const char *learned_kind_word(enum learned_kind k);
const char *learned_state_word(enum learned_state s);

/* What the end of a connection's client side looked like. */
struct learned_end {
	bool cert_sent; /* our certificate went out */
	bool done;	/* the handshake was complete */
	bool closed;	/* the client closed or reset the connection */
	uint64_t data;	/* bytes of the client's after the handshake */
	uint64_t since; /* milliseconds since the handshake, with done */
	unsigned alert; /* the client's fatal alert, 0 none */
};

/*
 * Does that look like a client that refuses our certificate? Alerts bad_certificate (42),
 * unsupported_certificate (43), certificate_unknown (46), unknown_ca (48), or a close right after
 * the certificate; no other alert does (40, 70, 71, 109, 121 ... are about other things).
 */
bool learned_is_refusal(const struct learned_end *e);

#endif
