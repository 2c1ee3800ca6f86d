/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions with origins, kept for resumption: by address, name and ALPN offer. A session comes
 * from a verified handshake of the same trust store; TLS 1.3 tickets are used once (RFC 8446
 * appendix C.4).
 */
#ifndef MITM_TLS_SESSIONS_H
#define MITM_TLS_SESSIONS_H

#include <openssl/ssl.h>

struct sessions;

struct sessions *sessions_new(void);
void sessions_free(struct sessions *s);

/* Forget all: the trust store changed. */
void sessions_clear(struct sessions *s);

/* Keep a session under a key (takes the reference). */
void sessions_put(struct sessions *s, const char *key, SSL_SESSION *session);

/* A session that is still good, the caller's reference; NULL if none. */
SSL_SESSION *sessions_take(struct sessions *s, const char *key);

#endif
