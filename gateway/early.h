/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes out of a held download before its verdict: nothing, a trickle, all but a tail, or a stream
 * (gateway/release.h says how much). The end always waits for the verdict.
 */
#ifndef GATEWAY_EARLY_H
#define GATEWAY_EARLY_H

#include "core/str.h"
#include "core/verdict.h"
#include "gateway/media.h"
#include "gateway/release.h"
#include "policy/policy.h"

struct head;
struct leg;
struct txn;

struct early {
	enum action asked; /* of a rule: HOLD, COMFORT, TAIL, STREAM; else NONE */
	enum release most; /* what the content permits, once that is known */
	enum release used; /* TAIL or STREAM while it goes out so */
	bool held, chosen, watched, part;
	bool alien; /* media with another format in it */
	struct foreign foreign;
	enum release named; /* what the names permit that its sender proposes */
	uint64_t first_in, first_out; /* ms; 0: not yet */
	uint64_t bytes;	    /* that went out before the verdict */
};

/* The response's body is held from now on. */
void early_begin(struct txn *t, const struct head *h);

/* These bytes of it come, before they are kept: false where that ended the transaction. */
bool early_look(struct txn *t, struct str data);
/* They are kept: choose how it goes out, once enough of it is there. */
void early_data(struct txn *t);

/* Its receiver has left with a wait page: nothing more goes out. */
void early_stop(struct txn *t);

/* Something may go out now; do it: true when something moved. */
bool early_ready(const struct txn *t, const struct leg *g);
bool early_pour(struct txn *t, struct leg *g);

/* How many bytes of the answer a trickle may have given by now; 0 where the content permits none. */
uint64_t early_trickle(struct txn *t);
/* n bytes of the body went out, before the verdict or behind it. */
void early_out(struct txn *t, const struct leg *g, size_t n);

/* Streamed media are cut for what was found alone: what could not be searched goes on as it would have. */
void early_verdict(struct txn *t, struct verdict *v);

/* How it went out, a word for the audit; NULL: it was not held. ms from its first byte to the first
 * that its receiver got (or until now). */
const char *early_word(const struct txn *t);
uint64_t early_held(const struct txn *t);

#endif
