/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TURNED, what a scanner tells the parent: content that was found clean once and is bad by the
 * signatures in force. Pure, fuzzed; knows no libclamav.
 *   u32 n, n times { str SHA-256 (32 bytes), str signature (at most 127, printable ASCII) }
 */
#ifndef SCANNER_TURNED_H
#define SCANNER_TURNED_H

#include "core/pack.h"

enum { TURNED_SHA256 = 32, TURNED_NAME = 128, TURNED_ROWS = 512, TURNED_MSG = 98304 };

struct turned {
	unsigned char sha256[TURNED_SHA256];
	char name[TURNED_NAME]; /* of the signature */
};

/* At most TURNED_ROWS of them: 0, -ERR_LIMIT or -ERR_NOMEM. */
int turned_pack(struct buf *out, const struct turned *rows, size_t n);

/* To the end of the message: 0 with *n rows, or -ERR_PROTO. */
int turned_read(struct rd *r, struct turned rows[TURNED_ROWS], size_t *n);

#endif
