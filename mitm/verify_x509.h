/* SPDX-License-Identifier: BSD-2-Clause */
/* Verification in OpenSSL's own types, for the files of this wing only. */
#ifndef MITM_VERIFY_X509_H
#define MITM_VERIFY_X509_H

#include <openssl/x509.h>

#include "mitm/verify.h"

/*
 * As verify_chain(): sent are the certificates behind the leaf (not changed). *path, unless it is
 * NULL: the path that was verified, or the first that failed, leaf first, to its anchor if one
 * was found; the caller's, may be NULL. Set, lists and known keys are asked; a staple is not.
 */
int verify_x509(struct verify_store *s, X509 *leaf, STACK_OF(X509) * sent, struct str name,
    const char *ip, struct verify_report *out, STACK_OF(X509) * *path);

/* What is known to be revoked; may be NULL. */
struct revoke *verify_store_revoked(const struct verify_store *s);

/* The preloaded intermediates; may be NULL. */
struct intermediates *verify_store_preloaded(const struct verify_store *s);

/* Is there an anchor that may have issued x? */
bool verify_store_knows_issuer(const struct verify_store *s, X509 *x);

/* What OpenSSL 3.0 lets pass and must not: 0 or -ERR_CERT_*. chain: the verified path, leaf
 * first, its anchor last. */
int verify_post(X509 *leaf, STACK_OF(X509) * chain, struct str name, const char **why);

/* As verify_mirror(), for a parsed certificate. */
int verify_mirror_x509(X509 *x, struct str requested, struct leaf_wish *out);

#endif
