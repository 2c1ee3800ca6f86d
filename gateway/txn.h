/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transaction: one request and its response. Each direction is a leg with a state of its own:
 * head, then the body either streams or is held, searched and released.
 */
#ifndef GATEWAY_TXN_H
#define GATEWAY_TXN_H

#include "gateway/body.h"
#include "gateway/flow.h"

enum leg_state {
	LEG_HEAD,    /* waiting for the message's head */
	LEG_HOLD,    /* the body is kept back */
	LEG_SEARCH,  /* complete and being searched */
	LEG_RELEASE, /* found good: goes out as the receiver takes it */
	LEG_STREAM,  /* goes out as it comes */
	LEG_DONE     /* all of it was handed to the other end */
};

struct leg {
	enum leg_state state;
	struct buf head;	/* canonical head, until it goes out */
	struct buf tail;	/* last chunk and trailers, until they go out */
	struct buf spill;	/* bytes that came when the body could not be kept any more */
	bool head_out, chunked; /* framing toward the receiver */
	bool ended;		/* the sender has sent all of it */
	enum body_kind kind;
	struct body *body;
	uint64_t released; /* bytes of the held body that went out */
	uint64_t bytes;	   /* body bytes as received */
	struct verdict verdict;
	char type[64], coding[64];
	uint64_t length; /* announced, if has_length */
	bool has_length;
};

struct txn {
	uint64_t n, started, incident;
	struct leg up, down;
	/* What begins the request's body once the origin is connected. */
	bool up_search, up_expect;
	enum body_kind up_body;
	char method[24], host[256];
	char *path; /* whole, as rules see it; NULL: no head was read */
	unsigned status;
	unsigned interims;
	const char *action, *rule;
	char reason[160];
	char *accept; /* its Accept fields as one list; NULL: none */
	bool wants_html, client_11, event_stream;
	bool upgrade, connect; /* tunnelled by rule if the origin agrees */
	bool continued;	       /* we sent 100 Continue ourselves */
	bool close;	       /* the client connection ends after this */
	bool refused;	       /* our own page is the answer */
	bool own_log;	       /* a rule asked for a mark */
	struct timer *comfort;
};

/* The flow ends in the middle of a transaction: report it and free it. */
void txn_abandon(struct flow *f);

/* The flow's deadline passed: true when that was answered (408, 504), false: just end. */
bool txn_timeout(struct flow *f);

/* Shared by txn.c, txn_request.c, txn_response.c. */

/* A fresh transaction in f->txn: false when memory is short. */
bool txn_open(struct flow *f);

/* Give the next piece of an end's input: what was left over, else freshly read. > 0, 0, -ERR_*. */
ssize_t txn_input(struct flow *f, struct end *e, struct str *in);
/* Keep the part of the input that was not used. */
int txn_keep(struct end *e, struct str rest);

/* One round of a direction: true when something moved. */
bool txn_request_pump(struct flow *f);
bool txn_response_pump(struct flow *f);

/* Hold a body from now on: 0 or -ERR_NOMEM. */
int leg_hold(struct flow *f, struct leg *g, int direction);
/* Body bytes of a leg came: they are held or passed on; at a limit policy decides. */
void leg_body(struct flow *f, struct leg *g, struct str data);
/* Its trailers came: 0, -ERR_LIMIT, -ERR_NOMEM. */
int leg_trailers(struct leg *g, const struct head *trailers);
/* The message is complete: it ends at the receiver, or the search begins. */
void leg_complete(struct flow *f, struct leg *g);
/* The verdict is fine: the head and what is held go out. */
void leg_release(struct flow *f, struct leg *g);
/* Move more of what is released: true when something moved. */
bool leg_pour(struct flow *f, struct leg *g);
/* Hand the head to the receiver, once. */
int leg_send_head(struct leg *g, struct end *to);

/*
 * Refuse: answer with our page (or reset if the response already began), close afterwards.
 * action is a word for the audit ("block", "refuse"), rule may be NULL.
 */
void txn_refuse(struct flow *f, unsigned status, const char *action, const char *rule,
    const struct verdict *v, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/*
 * Refuse by a verdict and what policy decided on it: "the download is infected", or the rule's
 * own text. what is "download" or "upload".
 */
void txn_refuse_verdict(struct flow *f, const char *what, const struct decision *d,
    const struct verdict *v);

/* The identifier of a refusal, unique over restarts: worker's birth, index, number. */
void txn_incident(const struct flow *f, const struct txn *t, char *to, size_t n);

/* A malformed or ambiguous message from the client (400) or the origin (502). */
void txn_malformed(struct flow *f, bool from_client, int err);

/* Facts of this transaction at a stage. */
struct facts txn_facts(const struct flow *f, enum stage stage, const struct leg *g);

#endif
