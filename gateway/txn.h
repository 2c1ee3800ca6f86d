/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transaction: one request and its response. Each direction is a leg with a state of its own:
 * head, then the body either streams or is held, searched and released.
 */
#ifndef GATEWAY_TXN_H
#define GATEWAY_TXN_H

#include "core/pace.h"
#include "gateway/body.h"
#include "gateway/early.h"
#include "gateway/flow.h"
#include "http/head.h"

struct download;
struct messages;
struct ranged;
struct websocket;
struct wire;

enum leg_state {
	LEG_HEAD,    /* waiting for the message's head */
	LEG_HOLD,    /* the body is kept back */
	LEG_SEARCH,  /* complete and being searched */
	LEG_RELEASE, /* found good: goes out as the receiver takes it */
	LEG_STREAM,  /* goes out as it comes */
	LEG_MESSAGES, /* goes out message by message, as each is found good */
	LEG_DONE     /* all of it was handed to the other end */
};

struct leg {
	enum leg_state state;
	struct buf head;	/* canonical head, until it goes out (HTTP/1.1) */
	struct buf tail;	/* last chunk and trailers, until they go out (HTTP/1.1) */
	struct head *kept, *kept_trailers; /* the same for HTTP/2; on the heap */
	bool end_out;		/* the end went out with the head */
	size_t owed;		/* bytes that its sender may send again once the receiver took them */
	struct buf spill;	/* bytes that came when the body could not be kept any more */
	bool head_out, chunked; /* framing toward the receiver */
	bool ended;		/* the sender has sent all of it */
	struct pace sending, taking; /* its sender's and its receiver's (HTTP/1.1) */
	enum body_kind kind;
	struct body *body;
	struct messages *messages; /* of LEG_MESSAGES */
	uint64_t nmessages;	   /* that were complete */
	uint64_t released; /* bytes of the held body that went out */
	struct ranged *part; /* only that of it goes out; the transaction's */
	uint64_t passed;     /* then: bytes of the body that were held or went by */
	bool piece;	     /* it is a piece of an object by what its head says */
	uint64_t due;	     /* then: bytes that it must have, 0 not known */
	uint64_t bytes;	   /* body bytes as received */
	struct verdict verdict;
	unsigned char sha256[32]; /* of the decoded body, where it was searched whole */
	uint64_t searched;	  /* its length; with it: has_sha256 */
	bool has_sha256;
	bool let_out, all_out;	  /* the verdict was fine; the receiver has been given the end */
	char type[64], coding[64];
	char name[128]; /* the end of the file name that Content-Disposition gives it */
	bool warned;	/* its body, or a message of it, passed with a warning */
	char message_coding[24]; /* grpc-encoding */
	uint64_t length; /* announced, if has_length */
	bool has_length;
};

struct txn {
	struct flow *f;
	const struct wire *wire;
	int32_t client_stream, origin_stream; /* HTTP/2; 0 none */
	uint64_t n, started, incident;
	uint64_t moved; /* HTTP/2: when a byte of it came or went last */
	struct leg up, down;
	struct txn *next; /* of the flow's, where it has several */
	enum body_kind up_body;
	/* What begins the request's body once the origin is connected. */
	bool up_search, up_expect;
	char method[24], host[256];
	char *path; /* whole, as rules see it; NULL: no head was read */
	unsigned status;
	unsigned interims;
	uint64_t head_since; /* ms; the head of its answer comes since then (HTTP/1.1) */
	const char *action, *rule;
	char reason[160];
	char codings[160]; /* content codings that the client asked for, of those known here */
	struct ranged *ranged; /* the range that is asked for; NULL: none */
	char *accept; /* its Accept fields as one list; NULL: none */
	bool wants_html, client_11;
	bool websocket;	       /* it asks for a WebSocket */
	char upgrade_to[40]; /* HTTP/1.1: the protocol that it asks for */
	bool upgrade, connect; /* or for another protocol: tunnelled by rule if the origin agrees */
	bool unsearched;       /* a rule lets it pass as it is */
	bool tunnel;	       /* HTTP/2: both streams carry another protocol, unsearched */
	struct websocket *socket; /* one that is searched */
	bool continued;	       /* we sent 100 Continue ourselves */
	bool close;	       /* the client connection ends after this */
	bool refused;	       /* our own page is the answer */
	bool other_name;       /* it names another host than the TLS connection did */
	bool pass_ranges;      /* a rule lets a range go to the origin */
	bool no_ranges;	       /* the whole or nothing (recall.h) */
	bool own_log;	       /* a rule asked for a mark */
	bool warned;	       /* something of it passed with a warning */
	bool navigates;	       /* a page may take the place of its answer (navigation.h) */
	bool own;	       /* the gateway itself is asked, no origin (wait_ask.h) */
	bool waited;	       /* its receiver got a wait page */
	struct download *waits; /* while it runs for that; else NULL */
	struct head *object;   /* the response's head, where there may be such a page */
	char *given;	       /* own: path of the object that is given now */
	struct early early;
	struct timer *comfort; /* patience.c */
};

/* The flow ends in the middle of a transaction: report it and free it. */
void txn_abandon(struct flow *f);

/* The flow's deadline passed: true when that was answered (408, 504), false: just end. */
bool txn_timeout(struct flow *f);

/* ---- shared by the files of transactions and by what carries them ---- */

/* A fresh transaction over that wire, the flow's next: NULL when memory is short. */
struct txn *txn_new(struct flow *f, const struct wire *wire);
/* Report it and free it. A flow's own (f->txn) is forgotten there, too. */
void txn_free(struct txn *t);
/* As if it had ended by itself, or with that reason as aborted. */
void txn_over(struct txn *t, const char *why);
/* Both legs are done: nothing more moves. */
bool txn_ended(const struct txn *t);

/* Give the next piece of an end's input: what was left over, else freshly read. > 0, 0, -ERR_*. */
ssize_t txn_input(struct flow *f, struct end *e, struct str *in);
/* Keep the part of the input that was not used. */
int txn_keep(struct end *e, struct str rest);

/* One round of a direction of HTTP/1.1: true when something moved. */
bool txn_request_pump(struct flow *f);
bool txn_response_pump(struct flow *f);

/*
 * The request's head came; then its body, or (where the origin was still to be connected)
 * txn_request_connected() first. The response's head, interim ones too; its body.
 */
void txn_request_head(struct txn *t, const struct head *h);
void txn_request_connected(struct txn *t);
void txn_response_head(struct txn *t, const struct head *h);
void txn_response_data(struct txn *t, struct str data);
/* Keep the answer's head, framed for the client, in place of an earlier one: 0 or -ERR_*. */
int txn_keep_response(struct txn *t, const struct head *h);

/* Hold a body from now on: 0 or -ERR_NOMEM. */
int leg_hold(struct txn *t, struct leg *g, int direction);
/* Body bytes of a leg came: they are held or passed on; at a limit policy decides. */
void leg_body(struct txn *t, struct leg *g, struct str data);
/* Its trailers came: kept for its end, or the transaction is refused. */
void leg_trailers(struct txn *t, struct leg *g, const struct head *trailers);
/* Nothing is left to send: the message ends at the receiver, with its trailers. */
void leg_finish(struct txn *t, struct leg *g);
/* Its sender should send more just now. */
bool leg_wants(const struct txn *t, const struct leg *g);
/* What it has can go on at once, without another byte or verdict. */
bool leg_ready(const struct txn *t, const struct leg *g);
/* The message is complete: it ends at the receiver, or the search begins. */
void leg_complete(struct txn *t, struct leg *g);
/* What is held is searched now, as all of it or as a part behind which more comes. */
void leg_search(struct txn *t, struct leg *g);
/* The verdict is fine: the head and what is held go out. */
void leg_release(struct txn *t, struct leg *g);
/* Move more of what is released: true when something moved. */
bool leg_pour(struct txn *t, struct leg *g);

/*
 * Refuse: answer with our page (or reset if the response already began), close afterwards.
 * action is a word for the audit ("block", "refuse"), rule may be NULL.
 */
void txn_refuse(struct txn *t, unsigned status, const char *action, const char *rule,
    const struct verdict *v, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* The same without telling the client: that is the caller's part. */
void txn_refused(struct txn *t, const char *action, const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The client was told by an alert: the transaction ends without an answer. */
void txn_denied(struct txn *t, const char *why);

/*
 * Refuse by a verdict and what policy decided on it: "the download is infected", or the rule's
 * own text. what is "download" or "upload".
 */
void txn_refuse_verdict(struct txn *t, const char *what, const struct decision *d,
    const struct verdict *v);
void txn_refused_verdict(struct txn *t, const char *what, const struct decision *d,
    const struct verdict *v);

/* The identifier of a refusal, unique over restarts: worker's birth, index, number. */
void txn_incident(const struct flow *f, const struct txn *t, char *to, size_t n);

/* A malformed or ambiguous message from the client (400) or the origin (502). */
void txn_malformed(struct txn *t, bool from_client, int err);

/*
 * What policy says of this transaction at a stage; g as in txn_facts(). Where the request names
 * another host than the TLS connection did (both are the origin's), a prohibition for either
 * holds, and what only one of them permits is not permitted.
 */
struct decision txn_decide(const struct txn *t, enum stage stage, const struct leg *g);

/* Time without any byte before it is given up, ms: streams of messages may be silent for long. */
uint64_t txn_patience(const struct txn *t);

/* The last part of its path, as a name for the file that is searched; a view of t. */
struct str txn_file_name(const struct txn *t);

/* Tell a leg's body, or that of a message of it, what other engines than ours want to know: nothing
 * where there are none. */
void txn_about(const struct txn *t, const struct leg *g, struct body *b);

/* What the body of a leg is said to be named, where that tells anything; a view of t. */
struct str txn_claimed_name(const struct txn *t, const struct leg *g);

/* Facts of this transaction at a stage. */
struct facts txn_facts(const struct txn *t, enum stage stage, const struct leg *g);

#endif
