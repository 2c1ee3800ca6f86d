/* SPDX-License-Identifier: BSD-2-Clause */
/* What a transaction reads out of heads, beyond framing. Pure. */
#ifndef GATEWAY_FIELDS_H
#define GATEWAY_FIELDS_H

#include "gateway/txn.h"
#include "http/head.h"

/* Lower-case copy of at most cap - 1 bytes. */
void fields_lower(struct str s, char *to, size_t cap);

/* Media type (lower case, without parameters), content coding and length of a message. */
void fields_leg(const struct head *h, struct leg *g);

/* All Accept fields as one list, on the heap: 0 (*to NULL where there is none) or -ERR_NOMEM. */
int fields_accept(const struct head *h, char **to);

/* An Alt-Svc field names an alternative: all of them go. Only `clear` stays (RFC 7838 section 3:
 * alternatives that the client knows of are forgotten). */
bool fields_alt_svc(const struct head *h);

/*
 * The one protocol that Upgrade asks for (RFC 9110 section 7.8). False for h2c, which leads past
 * the search, and for a choice of several, of which rules could not know the outcome: Upgrade is
 * dropped then, HTTP/1.1 goes on.
 */
bool fields_upgrade(const struct head *h, struct str *protocol);

/* Accept-Encoding cut down to the codings that are understood here, in `to` as text; empty if none. */
void fields_accept_encoding(const struct head *h, char *to, size_t cap);

/* A Content-Encoding that the receiver surely undoes: a single coding, and one of those that it
 * asked for (fields_accept_encoding) without weight 0. */
bool fields_undone(struct str content_encoding, struct str asked);

#endif
