/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of a representation (RFC 9110 section 14): what a client asks for, against a length that
 * is known; Content-Range of a piece; If-Range. Pure.
 */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include "http/head.h"

enum { RANGE_MOST = 16 }; /* more in one request: all of it is sent */

struct range {
	uint64_t first, last; /* both included */
};

enum range_answer {
	RANGE_WHOLE,	     /* no range that counts: 200 with everything */
	RANGE_PART,	     /* 206 with the ranges, n of them */
	RANGE_UNSATISFIABLE, /* 416: none of them begins within the length */
};

struct ranges {
	struct range r[RANGE_MOST];
	size_t n;
};

/*
 * What a Range field asks of `length` bytes. Malformed ones, units other than bytes and more than
 * RANGE_MOST are ignored (section 14.2). Ranges that overlap or nearly touch become one, so that
 * all together never have more bytes than the whole and the gaps between them (section 15.3.7.2).
 */
enum range_answer range_read(struct str field, uint64_t length, struct ranges *out);

/* The field asks for one range of bytes alone, whatever the length. */
bool range_single(struct str field);

/*
 * Is the condition of If-Range met by the answer's own validators (section 13.1.5)? An entity tag
 * by strong comparison; a date where it is exactly Last-Modified, and that is older than Date by a
 * second at least. An empty field is no condition.
 */
bool range_if(struct str if_range, const struct head *response);

/* Content-Range "bytes FIRST-LAST/LENGTH": 0 or -ERR_NUMBER. *length is UINT64_MAX for "*". */
int range_read_content(struct str field, struct range *r, uint64_t *length);

#endif
