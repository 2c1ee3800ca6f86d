/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bodies that killed a job, by length and SHA-256: none is given to another job, for a while. A
 * bounded list; the oldest is forgotten first. Pure.
 */
#ifndef SCANNER_POISON_H
#define SCANNER_POISON_H

#include "core/verdict.h"

enum { POISON_MOST = 1024, POISON_DIGEST = 32 };

/* How much a death says of the body: from POISON_SURE on it is not tried again. */
enum { POISON_MAYBE = 1, POISON_SURE = 2 };

struct poison {
	size_t n, next;
	struct poison_body {
		uint64_t length;
		uint64_t until; /* ms; forgotten then */
		unsigned char digest[POISON_DIGEST];
		uint8_t reason, weight;
	} bodies[POISON_MOST];
};

/*
 * A job died of a body, for a reason of the verdict (ERROR, TIMEOUT); weights of several deaths add
 * up. True where it was, or is from now on, not to be tried.
 */
bool poison_add(struct poison *p, const unsigned char digest[POISON_DIGEST], uint64_t length,
    enum verdict_reason reason, unsigned weight, uint64_t now, uint64_t until);

/* Add what lines "digest length reason milliseconds" say, all of it sure. Others are passed over. */
void poison_read(struct poison *p, struct str lines, uint64_t now);

/* REASON_NONE: may be tried. */
enum verdict_reason poison_of(
    const struct poison *p, const unsigned char digest[POISON_DIGEST], uint64_t length, uint64_t now);

/* Is any of that length: does its digest matter? */
bool poison_length(const struct poison *p, uint64_t length);

#endif
