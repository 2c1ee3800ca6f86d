/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes that are kept: in the heap as long as they are few, else in a memfd, and there, sealed, as
 * soon as another process is to read them. Most bodies are small, and of most of them nobody asks
 * for a descriptor: a memfd for each would cost several system calls and a page.
 */
#ifndef GATEWAY_KEEP_H
#define GATEWAY_KEEP_H

#include <sys/types.h>

#include "core/buf.h"

enum { KEEP_HEAP = 64 << 10 };

struct keep {
	int fd;		  /* -1: all bytes are in the heap */
	uint64_t written; /* bytes in fd */
	struct buf heap;  /* the bytes behind those; with fd: gathered, few */
	bool sealed;
};

void keep_init(struct keep *k);
void keep_free(struct keep *k);

/* More bytes at the end: 0, -ERR_SYSTEM, -ERR_NOMEM. Not after keep_seal(). */
int keep_add(struct keep *k, struct str s);

/* Bytes from an offset: their number, 0 at the end, -ERR_SYSTEM. */
ssize_t keep_read(const struct keep *k, uint64_t at, char *to, size_t n);

uint64_t keep_length(const struct keep *k);

/*
 * A descriptor of all of it that nobody can change or cut any more; it stays the keep's. -ERR_SYSTEM
 * or -ERR_NOMEM.
 */
int keep_seal(struct keep *k);

/* Read what another process kept; takes the descriptor. False (it is closed): no sealed memory of
 * that length. */
bool keep_open(struct keep *k, int fd, uint64_t length);

#endif
