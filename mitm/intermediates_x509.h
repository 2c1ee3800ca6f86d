/* SPDX-License-Identifier: BSD-2-Clause */
/* Candidates for a path in OpenSSL's own types, for the files of this wing only. */
#ifndef MITM_INTERMEDIATES_X509_H
#define MITM_INTERMEDIATES_X509_H

#include <openssl/x509v3.h>

#include "mitm/intermediates.h"

/*
 * Those of the store that may have issued x, by its issuer's name and its authority key identifier,
 * are pushed to `to` (each with a reference) unless they are there: how many, at most `most`.
 */
size_t intermediates_issuers(struct intermediates *s, X509 *x, size_t most, STACK_OF(X509) * to);

/* Push candidate if it may be x's issuer and is not there yet. */
bool intermediates_fit(X509 *candidate, X509 *x, STACK_OF(X509) * to);

/* What a worker has fetched, by URL: bounded, the oldest use goes first. */
struct fetched;
struct fetched *fetched_new(void);
void fetched_free(struct fetched *f);

/* Keep (instead of what was there) those of these certificates that are a CA's; n may be 0. */
void fetched_put(struct fetched *f, const char *url, const struct str *der, size_t n, int64_t now);

/* Those under a URL that may have issued x, as intermediates_issuers(); *known: it was fetched. */
size_t fetched_issuers(
    struct fetched *f, const char *url, X509 *x, int64_t now, STACK_OF(X509) * to, bool *known);

/* The i-th URL of x's issuer by http, of at most INTERMEDIATES_URL - 1 plain characters. */
bool intermediates_url(X509 *x, unsigned i, char to[INTERMEDIATES_URL]);

#endif
