/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One HTTP message head as views, the vocabulary for h1 now and h2 later. Views point into the
 * decoder's own buffer and die with the decoder's next call.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "core/str.h"

enum { HEAD_MAX_FIELDS = 1024 };

enum body_kind {
	BODY_NONE,        /* no body follows */
	BODY_LENGTH,      /* exactly `length` bytes */
	BODY_CHUNKED,     /* chunked transfer coding */
	BODY_UNTIL_CLOSE, /* responses only: until the connection closes */
	BODY_TUNNEL       /* 101, or 2xx to CONNECT: no longer HTTP */
};

struct field {
	struct str name, value; /* value without surrounding white space */
};

struct head {
	struct str method; /* requests */
	struct str target; /* requests, as received */
	struct str path;   /* requests: path and query, from origin-form or absolute-form */
	struct str host;   /* requests: effective authority (absolute-form wins over Host) */
	struct str scheme; /* "http" or "https" where the request says it: HTTP/2, absolute-form; else empty */
	struct str protocol; /* extended CONNECT (RFC 8441): what is to be spoken; else empty */
	unsigned status;   /* responses: 100..599, otherwise 0 */
	struct str reason; /* responses; may be empty */
	unsigned minor;    /* HTTP/1.minor: 0 or 1 */
	const struct field *fields;
	size_t nfields;
	enum body_kind body;
	uint64_t length;      /* with BODY_LENGTH; for HEAD and 304 responses what was announced */
	bool has_length;      /* a valid Content-Length was there */
	bool keep_alive;      /* the sender lets the connection persist (RFC 9112 section 9.3) */
	bool expect_continue; /* Expect: 100-continue */
	bool upgrade;         /* Connection: upgrade with an Upgrade field */
};

/* First field of that name (ASCII case ignored): its value, or false. */
bool head_get(const struct head *h, const char *name, struct str *value);

/* How many fields of that name there are. */
size_t head_count(const struct head *h, const char *name);

/*
 * A copy in one piece of memory, to be freed with free(): without the fields named in drop
 * (NULL-terminated, or NULL), with add[nadd] at the end. NULL: no memory.
 */
struct head *head_copy(
    const struct head *h, const char *const *drop, const struct field *add, size_t nadd);

/* Host without port; the port, or 0 where none was given. False where malformed. */
bool head_host(const struct head *h, struct str *name, uint16_t *port);

#endif
