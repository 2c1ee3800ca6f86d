/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a complete head into views, and deciding how its body is framed. Pure. */
#ifndef HTTP_H1_PARSE_H
#define HTTP_H1_PARSE_H

#include "core/limit.h"
#include "http/h1.h"

/* A token (RFC 9110 section 5.6.2): not empty, no blank, no control byte, no separator. */
bool h1_is_token(struct str s);

/*
 * Parse the head in text (through the empty line) into h and fields[max]: 0 or -ERR_HTTP_*.
 * Views point into text.
 */
int h1_parse_head(enum h1_side side, struct str text, struct field *fields, size_t max,
    const struct limits *limits, struct head *h);

/* Parse trailer lines (through the empty line): 0, -ERR_TRAILER, -ERR_HTTP_*. */
int h1_parse_trailers(struct str text, struct field *fields, size_t max, size_t *n);

/*
 * The target by its method's rules and the one Host that must agree with it (RFC 9112 section
 * 3.2); fills path and host: 0, -ERR_HTTP_TARGET, -ERR_HTTP_HOST.
 */
int h1_read_target(struct head *h);

/* Our framing decision (RFC 9112 section 6) and persistence; fills the rest of h: 0 or -ERR_*. */
int h1_frame_request(struct head *h);
int h1_frame_response(struct head *h, bool to_head, bool to_connect);

/* llhttp reads the same bytes: 0 when it sees the same parts at the same places, else -ERR_*. */
int h1_second_opinion(enum h1_side side, struct str text, const struct head *h);

#endif
