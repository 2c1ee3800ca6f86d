/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (FIPS 180-4) of bytes that come in pieces. */
#ifndef CERTS_DIGEST_H
#define CERTS_DIGEST_H

#include "core/str.h"

enum { DIGEST_SIZE = 32 };

struct digest;

/* NULL: no memory. */
struct digest *digest_new(void);
void digest_free(struct digest *d); /* NULL is fine */

/* The next bytes; then once the end. Errors are sticky: digest_end() says false. */
void digest_add(struct digest *d, struct str bytes);
bool digest_end(struct digest *d, unsigned char out[DIGEST_SIZE]);

#endif
