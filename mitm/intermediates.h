/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Intermediate certificates that origins forget to send: a preloaded file, and what was fetched
 * from where certificates say that their issuers are (RFC 5280 section 4.2.2.1). All of them are
 * candidates for a path and nothing more: none is ever an anchor.
 */
#ifndef MITM_INTERMEDIATES_H
#define MITM_INTERMEDIATES_H

#include "core/buf.h"

enum {
	INTERMEDIATES_URL = 512,	/* longest URL of an issuer that is looked at */
	INTERMEDIATES_PER_ANSWER = 8,	/* most certificates that are taken from one answer */
};

struct intermediates; /* thousands of certificates, indexed by subject */

/*
 * From PEM text. A certificate is only cut out and indexed here; it is parsed when a chain needs
 * it. *unreadable: how many blocks are none. NULL where there is no certificate at all, or no
 * memory.
 */
struct intermediates *intermediates_new(struct str pem, size_t *unreadable);
void intermediates_free(struct intermediates *s);
size_t intermediates_count(const struct intermediates *s);

/*
 * The certificates of a fetched file: one in DER, PKCS #7 in DER ("certs-only", RFC 5280 section
 * 4.2.2.1), or PEM, which some serve. Those of CAs are told, at most INTERMEDIATES_PER_ANSWER; the
 * view lives during the call. *until: the first end of a life among them, Unix seconds. How many;
 * 0 for anything else.
 */
typedef void intermediates_fn(void *arg, struct str der);
size_t intermediates_read(struct str file, intermediates_fn *fn, void *arg, int64_t *until);

/* Load all that reading certificates loads late: before a sandbox. False on failure. */
bool intermediates_warm(void);

#endif
