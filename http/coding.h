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
 * Feed coded bytes; what was used is cut off *coded. *budget is how many bytes all codings together
 * may take and give before the call returns (one step more at most, 64 KiB); it is counted down.
 * 0 when all was used and nothing is pending; 1 when the budget was used up: to be called again
 * with what is left (also if that is nothing). -ERR_CODING_MALFORMED, -ERR_CODING_LIMIT, or the
 * sink's error; these stay.
 */
int coding_push(struct coding *c, struct str *coded, size_t *budget);

/*
 * Some clients stop at the end of the first gzip member or zstd frame (docs/http.md): true when
 * another followed, with how many decoded bytes the first had. In stacks several are malformed.
 */
bool coding_first(const struct coding *c, uint64_t *n);

/* The coded body is complete and all of it was used: -ERR_CODING_MALFORMED when a coding is cut short or followed by
 * trailing bytes. */
int coding_end(struct coding *c);
void coding_free(struct coding *c);

#endif
