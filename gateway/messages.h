/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A leg searched by messages (WebSocket, gRPC, event streams): its bytes go on in the order in
 * which they came, those of a message once the whole of it was found good. Nothing waits for the
 * end of the stream.
 */
#ifndef GATEWAY_MESSAGES_H
#define GATEWAY_MESSAGES_H

#include "gateway/txn.h"
#include "http/message.h"

struct messages;

/*
 * A message may not pass: all that was before it is out, nothing of it or behind it is. Called
 * once; saying so to both sides in the protocol's own way is the owner's part. An unreadable or
 * cut stream is UNSCANNABLE{malformed} with the error's name; policy was not asked then.
 */
typedef void messages_blocked(struct txn *t, struct leg *g, const struct decision *d,
    const struct verdict *v);

/*
 * From now on the leg (state LEG_MESSAGES) is read by that reader, which becomes ours (freed also
 * where this fails). Its head is the caller's to send. 0 or -ERR_NOMEM.
 */
int messages_begin(struct txn *t, struct leg *g, const struct message_reader *reader, void *self,
    messages_blocked *blocked);

/*
 * Each message is searched a second time behind the last limits->message_carry bytes of content of
 * those before it: what a receiver puts together from several is seen in one piece.
 */
void messages_carry(struct messages *m);

/* Scans under way are cancelled. NULL is fine. */
void messages_free(struct messages *m);

/* Bytes came: 0, -ERR_LIMIT (the worker, or the client in it, keeps too much), -ERR_NOMEM. */
int messages_push(struct messages *m, struct str raw);

/* No more will come: the leg is done (leg_finish) when everything is out. */
void messages_end(struct messages *m);

/* Go on with what can go on: true when something moved. */
bool messages_pour(struct messages *m);

/* The sender should send more: else too much waits for a verdict or for the receiver. */
bool messages_wants(const struct messages *m);

/* Nothing more is read or found good; what was still goes out. */
void messages_stop(struct messages *m);

/* All that may go out is out; with messages_whole(): and no message was begun behind it. */
bool messages_drained(const struct messages *m);
bool messages_whole(const struct messages *m);

/* Something can be done at once, without another byte or verdict. */
bool messages_ready(const struct messages *m);

#endif
