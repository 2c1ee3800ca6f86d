/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deflated bytes (RFC 1951) that unpack to very much more: told before anybody unpacks them. By their beginning; by many
 * that begin so; and, where runs of packed bytes repeat themselves, by what comes out. Pure but for zlib.
 */
#ifndef SCANNER_DENSE_H
#define SCANNER_DENSE_H

#include "core/str.h"

enum {
	DENSE_LEAST = 16 << 10, /* packed bytes: fewer cannot unpack to that much */
	DENSE_OUT = 16 << 20,	/* a beginning */
	DENSE_ALL = 64 << 20	/* the beginnings of all streams together */
};

/* What is known of all streams of one scan. */
struct dense {
	uint64_t ratio; /* out over in; more of that is dense */
	uint64_t most;	/* bytes that one stream may unpack to */
	uint64_t total; /* and all of them */
	uint64_t begun; /* bytes of dense beginnings so far */
	uint64_t walked; /* bytes that were unpacked to be counted */
};

/*
 * Is it a bomb? One that begins with DENSE_OUT dense bytes, or with which dense beginnings come to DENSE_ALL; or it has
 * runs that repeat, and unpacks to more than d->most, or with others to more than d->total. gzip: with its head
 * (RFC 1952), and all members.
 */
bool dense_deflate(struct dense *d, struct str packed, bool gzip);

#endif
