/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wait page's paths, and what workers ask each other about downloads that wait. Pure: what is
 * read may come from any client, and from a worker that was taken over.
 */
#ifndef GATEWAY_WAIT_MSG_H
#define GATEWAY_WAIT_MSG_H

#include "core/buf.h"
#include "http/head.h"

enum { WAIT_TOKEN = 16, WAIT_CLIENT = 16, WAIT_NAME_MAX = 128, WAIT_PATH_MAX = 320, WAIT_WORKERS = 256 };
enum { WAIT_URL_MAX = 512, WAIT_PAGE_MAX = 24 << 10, WAIT_HEAD_MAX = 48 << 10 };

/* "/.well-known/sallyport/wait/WORKER-TOKEN" is a download's page, "/NAME" behind it the object. */
struct wait_path {
	unsigned worker;
	unsigned char token[WAIT_TOKEN];
	bool whole; /* the object is asked for */
};

/* Below the gateway's own path, which no origin is ever asked for (RFC 8615 for its form). */
bool wait_path_reserved(struct str path);

/* 0 or -ERR_HTTP_TARGET. */
int wait_path_read(struct str path, struct wait_path *out);

/* The page's path; with a file's name (any bytes, written harmlessly) the object's. */
void wait_path_write(const struct wait_path *p, struct str name, char to[WAIT_PATH_MAX]);

enum wait_state { WAIT_NONE, WAIT_FETCHING, WAIT_SEARCHING, WAIT_READY, WAIT_REFUSED };

struct wait_question {
	uint64_t id; /* of whoever asks */
	unsigned char token[WAIT_TOKEN], client[WAIT_CLIENT];
	bool tls, whole;
	struct str host;
};

/* Views and the head live as long as what they were read from, or the download. */
struct wait_answer {
	uint64_t id;
	enum wait_state state; /* WAIT_NONE: no such download for this client */
	uint64_t bytes, total; /* received; announced or 0 */
	struct str url;	       /* path that was asked for at first */
	struct str page;       /* of WAIT_REFUSED, with its status */
	unsigned status;
	struct head head; /* of WAIT_READY if it was asked for: status, fields; length bytes in a memfd */
};

int wait_pack_question(struct buf *b, const struct wait_question *q);
int wait_read_question(struct str s, struct wait_question *q); /* 0 or -ERR_PROTO */

/* -ERR_LIMIT: too much for a message. */
int wait_pack_answer(struct buf *b, const struct wait_answer *a);

/* fields: room for HEAD_MAX_FIELDS, which a->head will use. 0 or -ERR_PROTO. */
int wait_read_answer(struct str s, struct wait_answer *a, struct field *fields);

#endif
