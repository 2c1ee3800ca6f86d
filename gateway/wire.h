/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a transaction's messages go out: as HTTP/1.1 on the flow's two ends, or as streams of two
 * HTTP/2 connections. What a message means, and whether it may pass, is not decided here.
 */
#ifndef GATEWAY_WIRE_H
#define GATEWAY_WIRE_H

#include "gateway/txn.h"
#include "http/h1_write.h"

/* All return 0 or -ERR_* where not said otherwise; g tells the direction and thus the receiver. */
struct wire {
	/* Keep a head until send_head(); e says what is changed in it. */
	int (*keep_request)(struct txn *t, const struct head *h, const struct h1_edit *e);
	int (*keep_response)(struct txn *t, const struct head *h, const struct h1_edit *e);
	/* One more field in the response's kept head. */
	int (*add)(struct txn *t, struct leg *g, const struct field *f);
	/* The kept head goes out, once; without effect later. */
	int (*send_head)(struct txn *t, struct leg *g);
	/* Body bytes go out behind it. */
	int (*put)(struct txn *t, struct leg *g, struct str data);
	/* Some bytes of the held body go out: how many, 0 at its end, or -ERR_*. */
	ssize_t (*pour)(struct txn *t, struct leg *g);
	/* The receiver takes more just now. */
	bool (*room)(const struct txn *t, const struct leg *g);
	/* Trailers are kept until finish(), which ends the message at the receiver. */
	int (*keep_trailers)(struct txn *t, struct leg *g, const struct head *trailers);
	int (*finish)(struct txn *t, struct leg *g);
	/* A 1xx response, at once. */
	int (*interim)(struct txn *t, const struct head *h, const struct h1_edit *e);
	/* Our own answer instead of the origin's. */
	void (*answer)(struct txn *t, unsigned status, const char *type, struct str body);
	/* What the origin still does with this request is for nobody. */
	void (*leave)(struct txn *t);
	/* Nobody may take what went out for a whole message: a reset. */
	void (*kill)(struct txn *t);
	/* Go on with this transaction: what it waited for is there. */
	void (*wake)(struct txn *t);
};

extern const struct wire wire_h1, wire_h2;

#endif
