/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * WebSocket frames (RFC 6455) of one direction, read for the search: fragments are put together,
 * masks and permessage-deflate (RFC 7692) undone. The frames themselves are forwarded as they
 * came; the reader says up to where they have been understood. No I/O.
 */
#ifndef HTTP_WS_H
#define HTTP_WS_H

#include "core/limit.h"
#include "http/message.h"

enum ws_side { WS_CLIENT, WS_SERVER }; /* who sends: clients mask, servers do not */

struct ws;

/* What was negotiated of permessage-deflate, from Sec-WebSocket-Extensions of the response. */
struct ws_deflate {
	bool on;
	bool no_context[2]; /* by enum ws_side: that sender starts anew with each message */
};

/*
 * Read the response's Sec-WebSocket-Extensions (all of it, commas and all): 0; -ERR_UNSUPPORTED
 * for an extension that we do not know (its frames could not be searched), -ERR_WS malformed.
 */
int ws_extensions(struct str value, struct ws_deflate *out);

/* limits is kept by reference. NULL: no memory. */
struct ws *ws_new(enum ws_side side, const struct ws_deflate *deflate, const struct limits *limits);
void ws_free(struct ws *w);

/* As of struct message_reader; errors are -ERR_WS, -ERR_CODING_MALFORMED, -ERR_CODING_LIMIT. */
void ws_next(struct ws *w, struct str in, size_t *used, struct message_ev *ev);

/* True between frames outside of any message: the connection may end or be handed over here. */
bool ws_idle(const struct ws *w);

/* A close frame was read: this side sends no data any more (section 5.5.1). */
bool ws_closed(const struct ws *w);

/* The same three as a reader; self is the struct ws. */
extern const struct message_reader ws_reader;

/*
 * Write a close frame into out[WS_CLOSE_MAX]: its length. reason is cut to 123 bytes. mask is
 * NULL toward clients, 4 random bytes toward servers (RFC 6455 section 5.5.1).
 */
enum { WS_CLOSE_MAX = 131 };
size_t ws_close_frame(unsigned code, struct str reason, const unsigned char *mask, unsigned char *out);

#endif
