/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates and key digests as operators write them. Pure. */
#ifndef POLICY_UNTIL_H
#define POLICY_UNTIL_H

#include "core/str.h"

enum { UNTIL_TEXT = 24, DIGEST_BYTES = 32 };

/*
 * RFC 3339: "2027-01-31" (the whole day counts, in UTC) or "2027-01-31T18:00:00Z" with Z or an
 * offset. Unix seconds from which on it is over; false where malformed.
 */
bool until_parse(struct str s, int64_t *out);

/* "2027-01-31T18:00:00Z"; "" beyond year 9999. */
void until_text(int64_t t, char to[UNTIL_TEXT]);

/* A SHA-256: 64 hexadecimal digits, with colons between bytes or without, or "sha256//" and its
 * base64. False where malformed. */
bool digest_parse(struct str s, unsigned char to[DIGEST_BYTES]);

#endif
