/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The opening handshake of WebSocket: by upgrade (RFC 6455 section 4) and by extended CONNECT
 * (RFC 8441). What a client offers of extensions is cut down to permessage-deflate with
 * parameters that can be undone (RFC 7692); an answer that names anything else is refused. Pure.
 */
#ifndef HTTP_WS_HANDSHAKE_H
#define HTTP_WS_HANDSHAKE_H

#include "http/head.h"
#include "http/ws.h"

enum { WS_ACCEPT = 28, WS_OFFER_MAX = 512 };

/* What was asked for. */
struct ws_handshake {
	char accept[WS_ACCEPT + 1]; /* Sec-WebSocket-Accept as it must come; empty: HTTP/2 has none */
	char offer[WS_OFFER_MAX];   /* Sec-WebSocket-Extensions as it goes on; empty: it goes away */
};

/* The request asks for WebSocket and nothing else: by Upgrade, or by :protocol. */
bool ws_asked(const struct head *h);

/* Its handshake is as it must be: 0 or -ERR_WS_HANDSHAKE. */
int ws_request(const struct head *h, struct ws_handshake *out);

/*
 * The origin's answer that opens it (101, or 2xx in HTTP/2) fits the request: 0 with what was
 * negotiated, -ERR_WS_HANDSHAKE, or -ERR_UNSUPPORTED for an extension that was not passed on.
 */
int ws_response(const struct head *h, const struct ws_handshake *asked, struct ws_deflate *out);

#endif
