/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of tls.crl and tls.revocation_set: bundled by the parent, read by a worker. */
#ifndef GATEWAY_REVOCATION_H
#define GATEWAY_REVOCATION_H

#include "core/bundle.h"
#include "mitm/revoke.h"
#include "policy/config.h"

enum { REVOCATION_MAX = 64 << 20 }; /* bytes of one file */

/* The name under which a bundle has the file. */
void revocation_entry(const char *path, char *to, size_t n);

/* What the bundle has of them: NULL with "PATH:LINE: ..." in text. */
struct revoke *revocation_load(
    const struct bundle *b, const struct config *conf, char *text, size_t n);

/* For `sallyport check`: read the files themselves, say what is in them or wrong; exit code. */
int revocation_check(const struct config *conf);

#endif
