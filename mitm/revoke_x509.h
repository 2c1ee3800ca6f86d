/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking about a path, in OpenSSL's own types; for the files of this wing only. */
#ifndef MITM_REVOKE_X509_H
#define MITM_REVOKE_X509_H

#include <openssl/x509.h>

#include "mitm/revoke.h"
#include "mitm/verify.h"

/*
 * What set, lists and known keys say of a path, leaf first (the verified one, or the one that
 * failed). Fills the revocation fields of out and adds the fault where a certificate is revoked.
 * r may be NULL: keys that everybody knows are always refused.
 */
void revoke_path(
    struct revoke *r, STACK_OF(X509) * path, int64_t now, struct verify_report *out);

/*
 * The same for the stapled OCSP response (RFC 6960; empty: none came): only about the leaf, and
 * never in favour of a revoked one. age: for how many seconds an answer counts at most. True
 * where the staple proves that the leaf is good.
 */
bool revoke_staple(struct revoke *r, STACK_OF(X509) * path, struct str der, int64_t age,
    struct verify_report *out);

/*
 * The last word: where the leaf or an issuer in its path demands a staple (RFC 7633) and no good
 * one came, it is refused; where hard, so is one about which nothing is known.
 */
void revoke_settle(STACK_OF(X509) * path, bool stapled, bool hard, struct verify_report *out);

/* The TLS feature extension of one of them lists status_request. */
bool revoke_must_staple(STACK_OF(X509) * path);

#endif
