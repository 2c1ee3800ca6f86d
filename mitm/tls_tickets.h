/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resumption toward clients by stateless tickets (RFC 5077, RFC 8446 section 4.6.1). An end gives
 * and takes them only after tls_resumable() has bound them to what they may be resumed for.
 */
#ifndef MITM_TLS_TICKETS_H
#define MITM_TLS_TICKETS_H

#include <openssl/ssl.h>

#include "mitm/ticket_ring.h"

struct tickets;

/* The worker's copy of the ring, empty at first: no ticket is given or taken. NULL: no memory. */
struct tickets *tickets_new(void);
void tickets_free(struct tickets *t);

/* Take the parent's ring as ticket_ring_write() wrote it: 0 or -ERR_PROTO. */
int tickets_use(struct tickets *t, struct str ring);

/* Let the ends of this context, whose app data is a struct tls, ask for the ring. */
bool tickets_install(SSL_CTX *client);

#endif
