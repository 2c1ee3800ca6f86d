/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of revoked certificates: a revocation set, certificate revocation lists, and keys
 * that everybody knows. Read once, then asked by lookups only; nothing is ever fetched.
 */
#ifndef MITM_REVOKE_H
#define MITM_REVOKE_H

#include "core/str.h"

struct revoke; /* reference-counted; belongs to one thread: lists are verified at their first use */

/* Bytes of a file and its path for messages. */
struct revoke_file {
	const char *path;
	struct str bytes;
};

/*
 * A set (see docs/revocation.md for its lines; bytes may be empty) and n files with revocation
 * lists (PEM or DER, several lists to a PEM file). NULL with "PATH:LINE: what is wrong" in why.
 * The bytes need to live during the call only.
 */
struct revoke *revoke_new(const struct revoke_file *set, const struct revoke_file *lists, size_t n,
    char *why, size_t why_n);
struct revoke *revoke_ref(struct revoke *r);
void revoke_free(struct revoke *r);

struct revoke_counts {
	size_t keys, serials; /* of the set */
	size_t lists, listed; /* revocation lists, and the certificates in them */
	size_t old;           /* lists that are out of date now */
};

struct revoke_counts revoke_counts(const struct revoke *r);

#endif
