/* SPDX-License-Identifier: BSD-2-Clause */
/* One HTTP request for an issuer's certificate and the reading of its answer. No I/O, fuzzed. */
#ifndef GATEWAY_FETCH_REPLY_H
#define GATEWAY_FETCH_REPLY_H

#include "core/buf.h"
#include "gateway/fetch_url.h"
#include "http/h1.h"

struct fetch_reply {
	struct h1 *h1;
	struct buf body;
	unsigned status;
	char why[48]; /* what is wrong with it */
};

/* The request: GET, HTTP/1.1, the connection ends with it. 0 or -ERR_*. */
int fetch_request(const struct fetch_url *u, struct buf *out);

/* limits by reference; its fetch_size bounds the body. 0 or -ERR_NOMEM. */
int fetch_reply_init(struct fetch_reply *r, const struct limits *limits);
void fetch_reply_free(struct fetch_reply *r);

/*
 * More bytes, or the end of them: 0 when the answer is whole and good (r->body has it), -ERR_MORE,
 * or what is wrong with it: anything but 200 (redirections are not followed), malformed, too large.
 */
int fetch_reply_feed(struct fetch_reply *r, struct str in);
int fetch_reply_end(struct fetch_reply *r);

#endif
