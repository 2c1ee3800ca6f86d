/* SPDX-License-Identifier: BSD-2-Clause */
/* The messages between a worker, the fetcher and the parent: core/proto.def has their names. */
#ifndef GATEWAY_FETCH_MSG_H
#define GATEWAY_FETCH_MSG_H

#include <netinet/in.h>

#include "core/pack.h"
#include "mitm/intermediates.h"

enum { FETCH_WHY_MAX = 64, FETCHED_BODY_MAX = 67000 };

/* FETCH: u64 id, str url. Reading refuses an empty or overlong URL and one with a NUL. */
int fetch_pack_question(struct buf *b, uint64_t id, const char *url);
int fetch_read_question(struct str body, uint64_t *id, char url[INTERMEDIATES_URL]);

/* FETCHED: u64 id, then what fetch_pack_found() made, which is the same for all that asked. */
int fetch_pack_found(struct buf *b, const char *why, const struct str *der, size_t n);
int fetch_pack_answer(struct buf *b, uint64_t id, struct str found);

/* Views into the body; *n is 0 exactly where *why is not empty. 0 or -ERR_PROTO. */
int fetch_read_answer(struct str body, uint64_t *id, struct str *why,
    struct str der[INTERMEDIATES_PER_ANSWER], size_t *n);

/* CONNECT: u64 id, str address (16 bytes), u16 port. CONNECTED: u64 id, str why (empty: a socket
 * comes with it). */
int fetch_pack_connect(struct buf *b, uint64_t id, const struct in6_addr *to, uint16_t port);
int fetch_read_connect(struct str body, uint64_t *id, struct in6_addr *to, uint16_t *port);
int fetch_pack_connected(struct buf *b, uint64_t id, const char *why);
int fetch_read_connected(struct str body, uint64_t *id, struct str *why);

#endif
