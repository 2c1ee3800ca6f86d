/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a server's first flight shows to somebody who only looks on: up to TLS 1.2 its certificates
 * are in clear (RFC 5246 section 7.4.2), in TLS 1.3 they are not. Pure; every byte is hostile.
 */
#ifndef MITM_FLIGHT_H
#define MITM_FLIGHT_H

#include "core/buf.h"

enum flight_kind {
	FLIGHT_CHAIN,	/* certificates, in clear */
	FLIGHT_HIDDEN,	/* TLS 1.3 */
	FLIGHT_RESUMED, /* an older session goes on: none are sent */
	FLIGHT_NONE	/* the server refuses, or has no certificate */
};

enum { FLIGHT_CERTS_MAX = 32 };

struct flight {
	enum flight_kind kind;
	unsigned version;		    /* 0x0303 is TLS 1.2 */
	struct str certs[FLIGHT_CERTS_MAX]; /* DER, leaf first, with FLIGHT_CHAIN */
	size_t n;
};

/*
 * Read the bytes that came from a server so far. The handshake's bytes are put together in
 * `space` (emptied first); the views point there. 0; -ERR_MORE; -ERR_LIMIT (space is too small, or
 * too many certificates); -ERR_NOT_TLS; -ERR_TLS (malformed).
 */
int flight_parse(struct str in, struct buf *space, struct flight *out);

#endif
