/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ICAP as its clients speak it (RFC 3507): heads of requests, and a reader of answers. Pure.
 */
#ifndef HTTP_ICAP_H
#define HTTP_ICAP_H

#include "core/buf.h"
#include "http/h1_chunk.h"

enum icap_method { ICAP_OPTIONS, ICAP_REQMOD, ICAP_RESPMOD };

enum { ICAP_NO_PREVIEW = -1, ICAP_NAME_MAX = 100 };

/* What a request says. Texts of HTTP come from peers: what does not fit a header line is left out. */
struct icap_request {
	enum icap_method method;
	struct str uri;	      /* the service: "icap://av.example:1344/scan" */
	struct str authority; /* of it */
	struct str http_method, url, type; /* of the transaction: "GET", its URL, the declared media type */
	uint64_t length;      /* of the body */
	long preview;	      /* bytes of it that come first, or ICAP_NO_PREVIEW */
	bool allow_204;	      /* "nothing to change" may be said without the body, outside previews, too */
};

/*
 * Write the head with the encapsulated one of HTTP; the body follows in chunks. 0 or -ERR_LIMIT (out
 * has a maximum), -ERR_NOMEM.
 */
int icap_write_head(struct buf *out, const struct icap_request *q);

/* The line before n bytes of a chunk, and the end of the body: after a preview that was the whole
 * body, "ieof" (RFC 3507 section 4.5). */
int icap_write_chunk(struct buf *out, size_t n);
int icap_write_end(struct buf *out, bool whole_preview);

/* An answer's head. */
struct icap_head {
	unsigned status;
	bool close;		       /* the connection ends after it */
	bool infected;		       /* a header says that something was found */
	char found[ICAP_NAME_MAX + 1]; /* its name, printable; may be empty */
	char istag[34];		       /* version of the service's rules; may be empty */
	bool reqmod, respmod;	       /* of OPTIONS: Methods */
	bool allow_204;
	long preview;		       /* of OPTIONS: bytes, or ICAP_NO_PREVIEW */
	uint64_t connections;	       /* of OPTIONS: Max-Connections; 0: not said */
	uint64_t ttl;		       /* of OPTIONS: seconds; 0: not said */
	unsigned http_status;	       /* of the encapsulated head; 0: none */
};

enum icap_event { ICAP_MORE, ICAP_HEAD, ICAP_BODY, ICAP_END, ICAP_BAD };

struct icap_reader;

/* NULL: no memory. */
struct icap_reader *icap_reader_new(void);
void icap_reader_free(struct icap_reader *r);

/*
 * Read on: *used <= in.n bytes are taken, and one thing is told. ICAP_MORE: all was taken. ICAP_HEAD:
 * *head is there, valid until the reader's next answer; 100 (go on after a preview) is followed by
 * another. ICAP_BODY: *data, a view into in, are bytes of the encapsulated body. ICAP_END: the answer
 * is over; another may follow. ICAP_BAD: no ICAP, sticky.
 */
enum icap_event icap_read(struct icap_reader *r, struct str in, size_t *used, struct str *data,
    const struct icap_head **head);

#endif
