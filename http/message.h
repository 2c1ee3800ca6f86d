/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vocabulary of readers that find messages in a stream (WebSocket, gRPC, event streams): bytes
 * in, events out, no I/O. The bytes themselves are forwarded as they came; a reader says which of
 * them belong to a message and what its content is.
 */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include "core/str.h"

enum message_event {
	MESSAGE_MORE,	 /* all input used, more is needed */
	MESSAGE_BEGIN,	 /* a message begins: ev.text or not */
	MESSAGE_DATA,	 /* ev.data: content, every coding undone; dies with the next call */
	MESSAGE_END,	 /* the message is complete; ev.err where its content could not be had */
	MESSAGE_CONTROL, /* a whole unit outside of messages, checked: ev.opcode, ev.data */
	MESSAGE_ERROR	 /* ev.err: what comes cannot be told apart any more; the reader is dead */
};

struct message_ev {
	enum message_event type;
	struct str data;
	unsigned opcode; /* of WebSocket: 8 close, 9 ping, 10 pong */
	bool text;
	bool aside; /* data that a receiver does not join with those of other messages: names, comments */
	int err; /* -ERR_* */
};

struct message_reader {
	/* Consumes *used <= in.n bytes and yields one event; again with the rest until MESSAGE_MORE. */
	void (*next)(void *self, struct str in, size_t *used, struct message_ev *ev);
	/*
	 * The stream is over: what is still due, one event a call, until MESSAGE_MORE. NULL: nothing
	 * is ever due; a stream that ends where idle() is false was cut short.
	 */
	void (*end)(void *self, struct message_ev *ev);
	/* Nothing has begun that is not complete. */
	bool (*idle)(const void *self);
	void (*free)(void *self);
};

#endif
