/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was in the messages before: the last bytes of their content, put before the first ones of
 * the next, so that what was cut into several messages is seen in one piece, too.
 */
#ifndef HTTP_CARRY_H
#define HTTP_CARRY_H

#include "core/buf.h"

struct carry {
	struct buf window; /* of the messages before, then the first bytes of this one */
	struct buf tail;   /* the last bytes of this one */
	size_t cap;	   /* most bytes of each of the three */
	size_t recent;	   /* bytes of the messages before */
	uint64_t n;	   /* content of this message so far */
};

/* cap 0: nothing is ever carried. */
void carry_init(struct carry *c, size_t cap);
void carry_free(struct carry *c);

/* Content of the message under way: 0 or -ERR_NOMEM. */
int carry_add(struct carry *c, struct str data);

/* The end of those before and the beginning of this one; empty where one of the two is. */
struct str carry_window(const struct carry *c);

/* The end of those before alone, while nothing of the next message was added. */
struct str carry_recent(const struct carry *c);

/* The message is complete: 0 or -ERR_NOMEM. */
int carry_end(struct carry *c);

#endif
