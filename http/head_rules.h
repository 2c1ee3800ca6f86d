/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds for a head in every version of HTTP: nothing in it may be read in two ways. Pure. */
#ifndef HTTP_HEAD_RULES_H
#define HTTP_HEAD_RULES_H

#include "http/head.h"

enum { HEAD_METHOD_MAX = 23 }; /* what audit and rules keep whole */

/*
 * Content-Length into h->length and h->has_length: 0, or -ERR_BODY_LENGTH where there are several
 * (also equal ones), or one that is not digits alone or does not fit 63 bits (RFC 9110 section 8.6).
 */
int head_read_length(struct head *h);

/*
 * Fields that recipients could take differently: 0, -ERR_HTTP_FIELD (a name that is a framing
 * field's to those who take "_" for "-"), -ERR_HTTP_REPEATED (fields that may stand once, with
 * different values; of media types only type and subtype count), -ERR_HTTP_EXPECT (in requests of
 * HTTP/1.1 and later anything but a single 100-continue, RFC 9110 section 10.1.1).
 */
int head_check(const struct head *h);

/* May stand in a trailer section: it does not frame, route, authenticate or control
 * (RFC 9110 section 6.5.1). */
bool head_may_trail(struct str name);

/*
 * Is for all recipients, so that Connection cannot take it away (RFC 9110 section 7.6.1): what
 * searching and rules have judged would not be what arrives.
 */
bool head_end_to_end(struct str name);

#endif
