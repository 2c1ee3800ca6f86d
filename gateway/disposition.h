/* SPDX-License-Identifier: BSD-2-Clause */
/* The file name of a Content-Disposition field (RFC 6266), for what it claims to be. Pure, fuzzed. */
#ifndef GATEWAY_DISPOSITION_H
#define GATEWAY_DISPOSITION_H

#include "core/str.h"

/*
 * The name, NUL-terminated, its end where it is longer than cap - 1 bytes (cap at least 2): filename* counts
 * before filename (section 4.3), percent-encoding taken off; quoted pairs are taken for their second letter. False, and
 * empty, where there is none. Bytes are the sender's: anything but NUL.
 */
bool disposition_name(struct str value, char *to, size_t cap);

#endif
