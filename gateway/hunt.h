/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A retro-hunt: which transactions in audit lines were about one of these digests. Bytes of files
 * go in, in any pieces; what was found comes out, bounded whatever the lines hold. Pure.
 */
#ifndef GATEWAY_HUNT_H
#define GATEWAY_HUNT_H

#include "core/buf.h"
#include "core/limit.h"
#include "gateway/audit_read.h"
#include "scanner/turned.h"

/* Digests of one hunt; length of a signature's name. */
enum { HUNT_DIGESTS = TURNED_ROWS, HUNT_NAME = TURNED_NAME };

/* Texts that differ, the first `most` of them; of the rest how many there are, up to a bound. */
struct hunt_texts {
	char **text;
	size_t n, most;
	uint64_t *others; /* hashes */
	size_t nothers;
	bool more; /* even more than are counted */
};

struct hunt_finding {
	unsigned char sha256[AUDIT_SHA256];
	char name[HUNT_NAME]; /* signature; empty: somebody just asks */
	uint64_t length;      /* of the object; 0: nobody had it */
	char first[32], last[32];
	/* Transactions by how much went on; `blocked`: nothing did. */
	uint64_t downloads, downloads_part, downloads_later, uploads, uploads_part, blocked;
	struct hunt_texts clients, hosts, paths, incidents;
};

struct hunt;

/* limits by reference. NULL: no memory. */
struct hunt *hunt_new(const struct limits *limits);
void hunt_free(struct hunt *h); /* NULL is fine */

/*
 * Look for this digest, too: before the first bytes. One that is there already stays as it is.
 * 0, -ERR_LIMIT (HUNT_DIGESTS are there) or -ERR_NOMEM.
 */
int hunt_want(struct hunt *h, const unsigned char sha256[AUDIT_SHA256], struct str name);

/* The next bytes of a file; its end: a last line without LF is still being written and passed over. */
void hunt_feed(struct hunt *h, struct str bytes);
void hunt_end(struct hunt *h);

/* How many digests there are, what was found of each (in the order of digests), bytes so far. */
size_t hunt_count(const struct hunt *h);
const struct hunt_finding *hunt_at(const struct hunt *h, size_t i);
uint64_t hunt_bytes(const struct hunt *h);

/* Lines that could not be read though a wanted digest stands in them. */
uint64_t hunt_unread(const struct hunt *h);

/* Somebody had it, or tried; something of it went on to somebody. */
bool hunt_found(const struct hunt_finding *f);
bool hunt_passed(const struct hunt_finding *f);

/* Forget what was found of one, and go on looking for it. */
void hunt_forget(struct hunt *h, size_t i);

#endif
