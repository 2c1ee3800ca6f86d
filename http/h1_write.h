/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Canonical HTTP/1.1 writer: what is forwarded is written again from the parsed form (RFC 9112).
 * Hop-by-hop fields (RFC 9110 section 7.6.1: Connection and what it names, Keep-Alive,
 * Proxy-Connection, TE except trailers, Transfer-Encoding, Upgrade) are dropped and written anew
 * from the decision given here; end-to-end fields keep their order and bytes.
 */
#ifndef HTTP_H1_WRITE_H
#define HTTP_H1_WRITE_H

#include "core/buf.h"
#include "http/head.h"

enum h1_frame {
	H1_FRAME_NONE,    /* neither length nor coding is written */
	H1_FRAME_LENGTH,  /* Content-Length: length */
	H1_FRAME_CHUNKED, /* Transfer-Encoding: chunked */
	H1_FRAME_CLOSE    /* until close; Connection: close */
};

struct h1_edit {
	enum h1_frame frame;
	uint64_t length;
	bool close;              /* write Connection: close */
	bool keep_upgrade;       /* pass Upgrade and Connection: upgrade on (tunnelled by rule) */
	bool keep_expect;        /* pass Expect: 100-continue on */
	const char *const *drop; /* names of further fields to drop, NULL-terminated, or NULL */
	const struct field *add; /* fields to add at the end */
	size_t nadd;
};

/*
 * Append the head: 0, -ERR_LIMIT, -ERR_NOMEM, -ERR_HTTP_FIELD (control bytes in an added value);
 * nothing is appended on error. Requests go out in origin-form with a Host first.
 */
int h1_write_request(struct buf *out, const struct head *h, const struct h1_edit *e);
int h1_write_response(struct buf *out, const struct head *h, const struct h1_edit *e);

/* One chunk: size line, bytes, CRLF; nothing for no bytes, which would end the body. */
int h1_write_chunk(struct buf *out, struct str data);

/* The last chunk with optional trailer fields (end-to-end ones only). */
int h1_write_last(struct buf *out, const struct head *trailers);

#endif
