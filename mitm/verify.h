/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verification of an origin's chain and name, at least as strict as a current browser: purpose
 * server, level 2, strict, subject alternative names only, never an own CA. Here stands the
 * door to X.509 verification.
 */
#ifndef MITM_VERIFY_H
#define MITM_VERIFY_H

#include "certs/leaf.h"
#include "core/str.h"
#include "core/tls_error.h"
#include "mitm/intermediates.h"
#include "mitm/revoke.h"

struct verify_store; /* reference-counted trust anchors, without our own CA */

/*
 * Anchors from PEM text (several certificates). own_ca (PEM, may be empty) is never accepted as
 * an issuer. NULL with *err set when none can be read.
 */
struct verify_store *verify_store_new(struct str pem, struct str own_ca, int *err);

/* The same for one point in time (Unix seconds; 0: now) that all its verifications are for. */
struct verify_store *verify_store_new_at(struct str pem, struct str own_ca, int64_t at, int *err);
struct verify_store *verify_store_ref(struct verify_store *s);
void verify_store_free(struct verify_store *s);

/* What is known to be revoked goes with the anchors; once, before the store is shared. */
void verify_store_revoke(struct verify_store *s, struct revoke *r);

/* Intermediates that chains may be completed with; consumed, and once, before the store is shared. */
void verify_store_preload(struct verify_store *s, struct intermediates *i);

/* The most intermediates in a path; -1: the default. */
void verify_store_depth(struct verify_store *s, int depth);

/* What was read, and what was left out of it: never trusted, whatever the file says. */
struct verify_counts {
	unsigned anchors;
	unsigned expired, weak; /* over; RSA below 2048 */
	unsigned own;		/* our own CA, or its key */
	unsigned unreadable;
};

struct verify_counts verify_store_counts(const struct verify_store *s);

enum { VERIFY_DIGEST = 32 };

/* What is known of the revocation of an origin's chain, for the audit and the grade. */
enum revocation { REVOCATION_UNCHECKED, REVOCATION_GOOD, REVOCATION_UNKNOWN, REVOCATION_REVOKED };

/* Who said so. */
enum revocation_source {
	REVOCATION_BY_NONE,
	REVOCATION_BY_STAPLE,
	REVOCATION_BY_CRL,
	REVOCATION_BY_SET,
	REVOCATION_BY_KEY, /* a key that everybody knows */
};

/* Their words for the audit: "good", "staple"; "" for UNCHECKED and NONE. */
const char *revocation_word(enum revocation r);
const char *revocation_source_word(enum revocation_source s);

/* What a verification found. */
struct verify_report {
	int err;	    /* 0, or the first fault as -ERR_CERT_* */
	uint32_t errors;    /* every fault found: TLS_ERROR_BIT()s; 0 exactly where err is 0 */
	const char *why;    /* static text that names the first fault, "" without */
	enum revocation revocation;
	enum revocation_source revocation_by;
	const char *revocation_why; /* static text: why revoked or not known; may be NULL */
	int64_t revocation_until;   /* GOOD: how long that holds, Unix seconds; else 0 */
	unsigned char spki[VERIFY_DIGEST]; /* SHA-256 of the leaf's SubjectPublicKeyInfo */
};

/*
 * Verify a chain in DER, leaf first, for a host name, or for an address when name is empty.
 * Returns out->err. For tests and tools; the TLS end uses the same code.
 */
int verify_chain(struct verify_store *s, const struct str *chain, size_t n, struct str name,
    const char *ip, struct verify_report *out);

/*
 * What a mirrored leaf copies from an origin's certificate (DER): names (requested first, at
 * most LEAF_MAX_NAMES), CN, dates; fingerprint. 0 or -ERR_CERT_INVALID.
 */
int verify_mirror(struct str leaf_der, struct str requested, struct leaf_wish *out);

#endif
