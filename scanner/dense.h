/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deflated bytes (RFC 1951) that unpack to very much more: told by their beginning, before anybody
 * unpacks all of it. Pure but for zlib.
 */
#ifndef SCANNER_DENSE_H
#define SCANNER_DENSE_H

#include "core/str.h"

enum { DENSE_LEAST = 16 << 10, DENSE_OUT = 16 << 20 }; /* fewer bytes cannot unpack to that much */

/*
 * Does it begin with DENSE_OUT bytes that are more than `ratio` times what they are packed in? Stops at the
 * first MiB that is not. gzip: with its head (RFC 1952).
 */
bool dense_deflate(struct str packed, bool gzip, uint64_t ratio);

#endif
