/* SPDX-License-Identifier: BSD-2-Clause */
/* What tls.c and tls_ctx.c share. */
#ifndef MITM_TLS_LOCAL_H
#define MITM_TLS_LOCAL_H

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "mitm/complete.h"
#include "mitm/leaf_key.h"
#include "mitm/tls_tickets.h"
#include "mitm/tls.h"
#include "mitm/tls_sessions.h"

struct leaf_key {
	unsigned refs;
	EVP_PKEY *key;
	unsigned char *spki;
	int spki_n;
};

struct tls_ctx {
	SSL_CTX *client, *origin; /* toward clients, toward origins */
	BIO_METHOD *bio;
	struct verify_store *store;
	const struct limits *limits;
	struct sessions *sessions; /* with origins */
	struct tickets *tickets;   /* toward clients */
	struct fetched *fetched;   /* intermediates */
	struct leaf_key *ecdsa, *rsa; /* the worker's own; RSA is NULL until it was made */
	bool pq;		   /* the library speaks post-quantum key agreement */
	STACK_OF(X509) *chain;     /* toward clients, behind the leaf; may be empty */
};

struct tls {
	struct tls_ctx *ctx;
	SSL *ssl;
	int fd;
	bool done;
	bool more;                  /* reading stopped before all that is inside was taken */
	struct verify_store *store; /* origin's end: as of its start */
	char *peeked;               /* client's end: to be read first */
	size_t peeked_n, peeked_at;
	char name[HELLO_NAME_MAX], ip[64];
	char key[HELLO_NAME_MAX + 80 + HELLO_ALPN_MAX + IDENTITY_PRINT]; /* of the session */
	tls_judge_fn *judge; /* origin's end */
	void *judge_arg;
	struct verify_report report;
	bool cert_sent; /* the client's end: ours went out */
	unsigned alert;	/* the peer's fatal one */
	enum tls_request on_request;
	struct identity *identity;
	bool wanted, shown; /* a client certificate */
	char issuers[256];
	STACK_OF(X509) * path;	/* between verification and judgement */
	bool hard_revocation;
	bool fresh; /* origin's end: nothing is resumed or kept */
	bool fetch;		/* missing intermediates may be waited for */
	struct tls_asked *asked; /* where they were looked for (tls_complete.c) */
	enum tls_source source;
	bool staple_announced;	/* before TLS 1.3 it comes behind the certificate */
	bool judged;
	int64_t known_until; /* how long the report is relied on */
	bool deny;    /* client's end: the next ticket becomes an alert (tls_deny.c) */
	int64_t resume_until;  /* client's end: tickets are good until then, 0: there are none */
	int64_t resumed_until; /* of the ticket that came */
	bool refused; /* the report's faults ended the handshake */
	char failure[128];
};

/* The leaf as OpenSSL has it, parsed at its first use, owned by the leaf; NULL: malformed. */
X509 *tls_parsed_leaf(const struct leaf *leaf);

/* The BIO over a socket that replays peeked bytes first; its data is the struct tls. */
BIO_METHOD *tls_bio_method(void);

/* Called by OpenSSL for a client's list of protocols: what the origin chose, if it is in it. */
int tls_alpn_cb(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
    unsigned in_n, void *arg);

/* Called by OpenSSL at the steps of a client's handshake. */
void tls_info_cb(const SSL *ssl, int where, int value);

/* Called by OpenSSL when an origin asks for a client certificate. */
int tls_cert_cb(SSL *ssl, void *arg);

/* Lets tls_deny() work on ends of this context (tls_deny.c). */
bool tls_deny_prepare(SSL_CTX *client);

/* Old protocols (tls_old.c): offer them; was one chosen; does a failure mean that the origin
 * speaks no other? */
bool tls_offer_old(SSL *ssl);
bool tls_is_old(const SSL *ssl);
bool tls_wants_old(unsigned alert, int reason);
void tls_old_fault(struct verify_report *report);

/* Called by OpenSSL when an origin gave a session. */
int tls_session_cb(SSL *ssl, SSL_SESSION *session);

/* Ask origins for stapled OCSP responses; t's end for whether one follows the certificate. */
bool tls_ask_for_staples(SSL_CTX *origin);
void tls_ask_for_staple(struct tls *t);

/* The handshake may count as done: judged and not refused, resumed, or the client's end. */
bool tls_was_judged(const struct tls *t);

/*
 * What was found about an origin goes with its session, through all resumptions: the session
 * ends when that knowledge does. False: it is over already. The second takes it over from a
 * session that is to be resumed.
 */
bool tls_session_keep(const struct tls *t, SSL_SESSION *session);
bool tls_session_take(struct tls *t, SSL_SESSION *session);

/* How long a report of now is relied on: no longer than any certificate of the path (may be NULL)
 * lives, or than what is known of their revocation. */
int64_t tls_known_until(const struct verify_report *r, const STACK_OF(X509) *path, int64_t now);

/* Called by OpenSSL for origins' chains; the SSL's app data is the struct tls. */
int tls_verify_cb(X509_STORE_CTX *ctx, void *arg);

/*
 * Verify an origin's chain, completed where it lacks intermediates, into t's report and path.
 * False: there is no report yet, the handshake is to wait for tls_missing().
 */
bool tls_verify_path(struct tls *t, X509 *leaf, STACK_OF(X509) * sent);

/* Our ciphers, signatures and groups; *pq: the library has post-quantum ones (tls_match.c). */
bool tls_strength_default(SSL_CTX *c, bool *pq);

/* What a client with such suites (HELLO_* bits, 0: all) makes us leave out toward the origin. */
enum { STRENGTH_13_ONLY = 1, STRENGTH_12_256 = 2, STRENGTH_13_256 = 4 };
unsigned tls_strength_limits(unsigned suites);

/* Offer that much to an origin: false when memory is short. */
bool tls_strength_offer(SSL *origin, unsigned limits);

#endif
