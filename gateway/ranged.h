/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges: a client asks for a part, the origin is asked for the whole; once that was searched the
 * part goes out of what is held. And pieces that come from the origin because a rule lets ranges
 * through: they are checked, and never count as a whole object.
 */
#ifndef GATEWAY_RANGED_H
#define GATEWAY_RANGED_H

#include "gateway/txn.h"

struct ranged;

/*
 * Remember what a GET asks for, in t->ranged (NULL where it asks for no range): 0 or -ERR_NOMEM.
 * passed: the fields go on to the origin, as far as one range alone is asked for.
 */
int ranged_note(struct txn *t, const struct head *request, bool by_rule);
bool ranged_passed(const struct ranged *r);
void ranged_free(struct ranged *r);

/*
 * The origin's final answer came: a whole one (200) is remembered, since what of it goes out can be
 * said when its length is known; a 206 must be the piece that was asked for. 0, -ERR_NOMEM, or
 * -ERR_HTTP_RANGE: nobody asked for it, it does not say what it is, or it is several pieces.
 */
int ranged_response(struct txn *t, const struct head *h);

/*
 * Before the head of a held answer goes out: it becomes 206 or 416 where that is due. False while
 * that cannot be said yet and `now` is not set; then it stays the whole.
 */
bool ranged_settle(struct txn *t, struct leg *g, bool now);

/* Bytes for the receiver from offset `at` of the answer: how many, 0 at the end of what is held, or
 * -ERR_SYSTEM. Those of the body as it is where nothing was settled. */
ssize_t ranged_read(const struct leg *g, uint64_t at, char *to, size_t n);

/* How many bytes of the answer are of the body's first n alone: 0 where it is not one part of it.
 * Which byte of the body comes next when so many of the answer are out. */
uint64_t ranged_early(const struct leg *g, uint64_t n);
uint64_t ranged_reached(const struct leg *g, uint64_t released);

/* Of body bytes that pass without being held, from offset `at` of the body on, those that are due. */
struct str ranged_cut(const struct leg *g, uint64_t at, struct str data);

/* Whether all that is due was before offset `at` of the body. */
bool ranged_over(const struct leg *g, uint64_t at);

#endif
