/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transaction that becomes a WebSocket: the handshake is checked, then both legs are searched
 * message by message. What may not pass ends both sides by a close frame (RFC 6455 section 7.4).
 */
#ifndef GATEWAY_WEBSOCKET_H
#define GATEWAY_WEBSOCKET_H

#include "gateway/txn.h"
#include "http/h1_write.h"

struct websocket;

/* The request asks for one that is to be searched: 0, -ERR_WS_HANDSHAKE, -ERR_NOMEM. */
int websocket_asked(struct txn *t, const struct head *h);
void websocket_free(struct websocket *s);

/* What may be offered to the origin as Sec-WebSocket-Extensions; empty: nothing. */
struct str websocket_offer(const struct txn *t);

/* The origin agrees: its answer is checked and goes out, both legs become LEG_MESSAGES. */
void websocket_open(struct txn *t, const struct head *h);

/* It was asked for, and the origin did not agree yet: the client must not send anything. */
bool websocket_waits(const struct txn *t);

/* It is open, or was and is being closed. */
bool websocket_opened(const struct txn *t);

/* Something may not pass: both sides are being told, nothing more is read. */
bool websocket_closing(const struct txn *t);

/* No more of that leg can be kept back: both sides are told by 1009. */
void websocket_fail(struct txn *t, struct leg *g, int err);

/* The gateway stops: both sides are told by 1001, behind the last whole message. */
void websocket_leave(struct txn *t);

/* Go on with telling: true when something moved. Both legs are LEG_DONE in the end. */
bool websocket_close(struct txn *t);

#endif
