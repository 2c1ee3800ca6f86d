/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bodies that killed a job, by length and SHA-256: none is given to a second job. A bounded list;
 * the oldest is forgotten first. Ends with the process, that is with the signatures.
 */
#ifndef SCANNER_POISON_H
#define SCANNER_POISON_H

#include "scanner/engine.h"

enum { POISON_MOST = 256 };

struct poison {
	size_t n, next;
	struct {
		uint64_t length;
		unsigned char digest[ENGINE_DIGEST];
	} bodies[POISON_MOST];
};

/* The body is read through a sealed memfd of that length. Without memory nothing is noted. */
void poison_add(struct poison *p, int fd, uint64_t length);

/* Reads the body only when one of that length is on the list. */
bool poison_has(const struct poison *p, int fd, uint64_t length);

#endif
