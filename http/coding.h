/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Content codings (RFC 9110 section 8.4): gzip (all members), x-gzip, deflate (zlib, then raw),
 * br, zstd, stacked up to a limit. Decodes for the search only; the coded original is forwarded.
 */
#ifndef HTTP_CODING_H
#define HTTP_CODING_H

#include "core/limit.h"

struct coding;

/* Receives decoded bytes; a negative return stops decoding and is passed on. */
typedef int coding_sink(void *arg, struct str decoded);

/*
 * A decoder for the value(s) of Content-Encoding, comma-separated, in the order applied.
 * *out is NULL (and 0 returned) for identity. Errors: -ERR_CODING_UNKNOWN, -ERR_CODING_LIMIT
 * (too many), -ERR_NOMEM. limits is kept by reference.
 */
int coding_new(struct str content_encoding, const struct limits *limits, coding_sink *sink,
    void *arg, struct coding **out);

/*
 * Feed coded bytes: 0, -ERR_CODING_MALFORMED, -ERR_CODING_LIMIT, or the sink's error. Sticky.
 */
int coding_push(struct coding *c, struct str coded);

/* The coded body is complete: -ERR_CODING_MALFORMED when a coding is cut short or followed by
 * trailing bytes. */
int coding_end(struct coding *c);
void coding_free(struct coding *c);

#endif
