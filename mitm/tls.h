/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One TLS end over a non-blocking socket, the client's or the origin's; the only door to
 * OpenSSL's SSL. Bytes that were peeked are replayed first. Nothing here blocks or waits.
 */
#ifndef MITM_TLS_H
#define MITM_TLS_H

#include <sys/types.h>

#include "certs/identity.h"
#include "core/limit.h"
#include "mitm/hello.h"
#include "mitm/leaf_key.h"
#include "mitm/tls_facts.h"
#include "mitm/verify.h"

struct tls_ctx; /* a worker's shared contexts: toward clients, toward origins, its leaf keys */
struct tls;     /* one end */

/*
 * Contexts for a worker; store verifies origins (a reference is taken). Makes the worker's own
 * P-256 leaf key. NULL on failure (logged).
 */
struct tls_ctx *tls_ctx_new(struct verify_store *store, const struct limits *limits);

/* Replace the store after a reload; ends in flight keep the old one. */
void tls_ctx_store(struct tls_ctx *c, struct verify_store *store);
void tls_ctx_free(struct tls_ctx *c);

/* The keys of tickets toward clients, as ticket_ring_write() packs them: 0 or -ERR_PROTO. */
int tls_ctx_tickets(struct tls_ctx *c, struct str ring);

/* This library speaks post-quantum key agreement. */
bool tls_ctx_pq(const struct tls_ctx *c);
/*
 * What clients get behind a leaf: the issuing CA's certificate and those above it, without a root,
 * all out of the CA's PEM text. Nothing where the text begins with a root. 0 or -ERR_NOMEM.
 */
int tls_ctx_chain(struct tls_ctx *c, struct str ca_pem);

/* The worker's own leaf key for clients with or without ECDSA, a reference; NULL: no RSA key yet. */
struct leaf_key *tls_ctx_key(struct tls_ctx *c, bool ecdsa);

/* A new P-256 key; leaves that are out keep the old one. False: none could be made. */
bool tls_ctx_renew(struct tls_ctx *c);
void tls_ctx_take_rsa(struct tls_ctx *c, struct leaf_key *rsa); /* takes the reference */

/* For one who has no loop: SubjectPublicKeyInfo (DER) of that key, made on the spot where it is
 * missing (RSA: 0.4 s). The view lives as long as the context. */
int tls_ctx_spki(struct tls_ctx *c, bool ecdsa, struct str *spki);

/*
 * What to do about an origin with faults: true to go on all the same. Asked within
 * tls_handshake(), only where report->errors is not 0, before any byte of a request.
 */
typedef bool tls_judge_fn(void *arg, const struct verify_report *report);

/* What to do when the origin asks for a client certificate. */
enum tls_request {
	TLS_REQUEST_NONE, /* answer with none, or with the target's identity */
	TLS_REQUEST_STOP  /* tls_handshake() ends with -ERR_CERT_WANTED; nothing was sent */
};

/* Whom to speak to. Views need to live during the call only. */
struct tls_target {
	struct str sni;	     /* empty: the chain must name ip */
	const char *ip;	     /* the original destination, as text */
	uint16_t port;
	struct str alpn;     /* wire-form list to offer, or empty */
	unsigned suites;     /* the client's, struct hello; 0: all of ours are offered */
	enum tls_request on_request;
	struct identity *identity; /* shown when asked for (a reference is taken), or NULL */
	bool hard_revocation; /* a chain about whose revocation nothing is known has a fault */
	bool fresh;	     /* no session is resumed, and none is kept */
	bool allow_old;	     /* TLS 1.0 and 1.1 and their ciphers, too; the judge is asked */
	bool fetch;	     /* where an intermediate is missing: -ERR_WANT_CERT */
	tls_judge_fn *judge; /* NULL: every fault refuses */
	void *arg;
};

/* The origin's end: handshake as client on a connected socket, which stays the caller's. */
struct tls *tls_connect(struct tls_ctx *c, int fd, const struct tls_target *to);

/* What the verification found, after tls_handshake() ended either way; of a resumed session,
 * what it found then. */
const struct verify_report *tls_report(const struct tls *t);

/*
 * The client's end: `peeked` are the bytes read so far (copied, replayed to OpenSSL first).
 * leaf is for its own key, or else for the worker's that ecdsa names; alpn is the one protocol
 * that the origin chose ("" for none).
 */
struct tls *tls_accept(struct tls_ctx *c, int fd, struct str peeked, bool ecdsa,
    const struct leaf *leaf, struct str alpn);

/*
 * Before the client's handshake: version, cipher strength and group are not to be above what the
 * origin gave. Not for pages of our own. False when memory is short.
 */
bool tls_match(struct tls *client, const struct tls_facts *origin);

/*
 * The client's end, before its handshake: tickets may be given, and resumed by a later end with
 * the same policy (a generation), the same verified name and identity, the same certificate and
 * strength of an origin. The origin's end must have been verified without any fault: this is
 * the fresh upstream without which nothing is resumed. False, and no resumption, where that does
 * not hold or there is no key for tickets.
 */
bool tls_resumable(struct tls *client, const struct tls *origin, uint32_t policy);

/* The origin asked for a client certificate; was one shown; the acceptable issuers that it named,
 * the first of them as text ("" for none). */
bool tls_wanted(const struct tls *t, bool *shown, const char **issuers);

/* 0 when done; -ERR_WANT_READ, -ERR_WANT_WRITE, -ERR_WANT_CERT; otherwise the failure (-ERR_CERT_*, -ERR_TLS,
 * -ERR_TLS_ALERT, -ERR_EOF); details by tls_failure(). */
int tls_handshake(struct tls *t);

/*
 * After -ERR_WANT_CERT: the URL where the missing certificate is said to be, then what was found
 * there (DER, copied; n may be 0), then tls_handshake() goes on. It may want another, three in all.
 */
const char *tls_missing(const struct tls *t);
void tls_found(struct tls *t, const struct str *der, size_t n);

/* Where the intermediates of the verified path are from: "sent", "preloaded", "fetched"; "" where
 * nothing was verified, as in a resumed session. */
const char *tls_source_word(const struct tls *t);

/* Text of the last failure for the audit ("alert 46 certificate unknown"), never secrets. */
const char *tls_failure(const struct tls *t);

/* A client's end: our certificate was sent to it. */
bool tls_cert_sent(const struct tls *t);

/* The fatal alert that the peer sent (RFC 8446 section 6), 0 where none came. */
unsigned tls_alert(const struct tls *t);

/* Bytes read or written (> 0), or -ERR_WANT_READ, -ERR_WANT_WRITE, -ERR_EOF (close_notify),
 * -ERR_TRUNCATED (TCP closed without it), -ERR_TLS. */
ssize_t tls_read(struct tls *t, void *p, size_t n);
ssize_t tls_write(struct tls *t, const void *p, size_t n);

/*
 * The client's end, after its handshake: end by a fatal alert access_denied (RFC 8446 section
 * 6.2). False where the library has no way to send it: below TLS 1.3.
 */
bool tls_deny(struct tls *t);

/* Send close_notify if the socket takes it; never waits. */
void tls_close(struct tls *t);
void tls_free(struct tls *t);

/* Decrypted or peeked bytes wait inside that no socket event will announce. */
bool tls_pending(const struct tls *t);

/* After the handshake: the protocol chosen by ALPN ("" if none), "TLSv1.3", the cipher. */
struct str tls_alpn(const struct tls *t);
const char *tls_version(const struct tls *t);
const char *tls_cipher(const struct tls *t);

/* The handshake resumed a session of an earlier, verified one. */
bool tls_resumed(const struct tls *t);

/* Is the origin's certificate for that host name or address, too? */
bool tls_covers(const struct tls *t, struct str host);

/* What a mirrored leaf copies of the origin's certificate, see verify_mirror(). */
int tls_mirror(const struct tls *t, struct str requested, struct leaf_wish *out);

#endif
