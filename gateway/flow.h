/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flow: one client connection, its upstream connection and the transactions on it. State is
 * one enum in a table (flow.def); a step returns the next state, the same state means "wait".
 * Only the driver (flow.c) calls steps, sets deadlines and frees.
 */
#ifndef GATEWAY_FLOW_H
#define GATEWAY_FLOW_H

#include "gateway/end.h"
#include "gateway/worker.h"
#include "http/h1.h"
#include "mitm/grade.h"
#include "policy/origin.h"

struct txn;
struct mux;
struct tunnel;
struct share;

enum flow_state {
#define FLOW(name, step, limit, next, doc) FLOW_##name,
#include "gateway/flow.def"
#undef FLOW
	FLOW_END
};

struct flow {
	struct worker *w;
	struct share *share; /* of its client */
	struct policy *policy;
	uint64_t handle, id;
	uint32_t generation; /* of its policy */
	enum flow_state state;
	struct end client, origin;
	struct timer *timer, *asking; /* asking: leaving.c */
	uint64_t deadline; /* loop_now() at which the state's time is over; 0 none */
	uint64_t started;
	struct addr from, to;
	int family;
	struct sockaddr_storage from_sa, to_sa;

	enum protocol protocol;
	bool h2_prior; /* HTTP/2 by prior knowledge: no ALPN said so, the first bytes do */
	struct hello_walk walk;
	struct hello *hello;	/* TLS, until the client's handshake is done */
	char host[HELLO_NAME_MAX]; /* SNI, or the first request's host */
	bool sni;		   /* it is the SNI */
	struct decision decision;  /* of HELLO */
	struct leaf *leaf;
	struct leaf_wish *wish;
	uint64_t signing; /* id of the question to the signer, 0 none */
	uint64_t fetching; /* and to the fetcher */
	const char *intermediates; /* where those of the origin are from */
	bool waiting_socket, connected;

	struct h1 *req, *resp; /* decoders: client's requests, origin's responses */
	struct txn *txn;       /* the transaction under way */
	struct mux *mux;       /* HTTP/2 */
	struct tunnel *tunnel;
	uint64_t ntxn;

	/* The client gets this refusal as its first response (the origin was refused). */
	int refused;		/* ERR_*, 0 none */
	unsigned refused_status;
	const char *refused_rule;
	char refused_why[160];

	/* The client's handshake, for what its end tells (pinning.c). */
	bool client_done, client_left;
	uint64_t client_done_at, hello_bytes;
	uint64_t swept; /* HTTP/1.1: when slow peers were looked for last */
	bool probe; /* the origin is only verified: the connection passes by a learned bypass */

	/* Faults of the origin, TLS_ERROR_BIT()s, and what policy chose (choice UNSET: not asked). */
	uint32_t faults;
	struct origin_judgement judged;
	unsigned char origin_spki[VERIFY_DIGEST];
	const char *told; /* a refused origin: "page" or "alert" */

	char visible_chain[160]; /* tunnels: what the origin's certificates in clear are worth */

	/* Client certificates: what became of the origin's wish (NULL: none), and the rule. */
	const char *client_cert, *client_cert_rule;
	enum client_cert_action client_cert_action;
	char client_cert_issuers[256];

	bool need_origin;  /* the transaction waits for a connection to the origin */
	bool need_refusal; /* it could not be had */
	bool detached;	   /* its client has left with a wait page (patience.h) */
	bool to_relay;	   /* the origin switched protocols */
	bool reset;	  /* end with RST toward the client */
	bool finished;	  /* a step asked for the end; used to leave loops early */
	bool yielded;	     /* has a place in the worker's line */
	uint64_t slice_ends; /* loop_us() at which others should have their turn */
	bool running, again; /* the driver runs; an event came meanwhile */
	const char *action; /* for the audit: what became of it */
	const char *rule;
	char reason[160];
	struct tls_facts tls_client, tls_origin; /* of finished handshakes */
	enum tls_pq pq;
	enum revocation revocation; /* of the origin's certificates, for the audit */
	enum revocation_source revocation_by;
	const char *revocation_why;
	enum grade grade;
	const char *grade_rule;
	bool ech; /* the client's hello has encrypted_client_hello */
	char alpn[16];
	uint64_t linger_read;
	struct verdict verdict; /* of tunnels and relays */
};

/* Take an accepted socket. */
void flow_accept(struct worker *w, int fd, const struct sockaddr_storage *client,
    const struct sockaddr_storage *destination);

/* Run steps until the flow waits or is over (then it is freed). */
void flow_run(struct flow *f);

/* For callbacks of a flow: run on the next turn or go on if the driver already runs. */
void flow_wake(struct flow *f);

/* From within a step: run again on the next turn, so that other flows get theirs. */
void flow_yield(struct flow *f);

/*
 * This run has had its share of time: what is left should wait for the next turn (flow_yield). One
 * that comes with work in small pieces (chunks of a byte) would keep all others waiting else.
 */
bool flow_spent(const struct flow *f);

/* The gateway stops: end at once if idle, else after the transaction. */
void flow_drain(struct flow *f);

/* Progress was made: the state's time starts anew. */
void flow_touch(struct flow *f);
void flow_deadline(struct flow *f, uint64_t ms);

/* Note why the flow ends, once; first note wins. rule may be NULL. */
void flow_note(struct flow *f, const char *action, const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* End with a reset toward both sides. */
enum flow_state flow_abort(struct flow *f, const char *action, const char *rule, int err);

/* Answer the client's hello by a fatal alert, in clear; why was noted. */
enum { ALERT_ACCESS_DENIED = 49, ALERT_NO_APPLICATION_PROTOCOL = 120 };
enum flow_state flow_alert(struct flow *f, unsigned char code);

/* Ask policy with this flow's facts filled in; the caller adds what the stage knows. */
struct facts flow_facts(const struct flow *f, enum stage stage);

/* The steps (flow_open.c, flow_tls.c, txn.c, tunnel.c). */
#define FLOW(name, step, limit, next, doc) enum flow_state step(struct flow *f);
#include "gateway/flow.def"
#undef FLOW

#endif
