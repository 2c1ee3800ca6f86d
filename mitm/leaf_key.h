/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The private keys of forged leaves: a worker's own, renewed daily, or one of a host that the
 * signer has derived. Counted references; a leaf carries the key that belongs to it.
 */
#ifndef MITM_LEAF_KEY_H
#define MITM_LEAF_KEY_H

#include "certs/leaf.h"

enum { LEAF_KEY_SCALAR = 32, LEAF_KEY_DER_MAX = 2048 };

struct leaf_key;

/* A random key: P-256 (40 us), or RSA-2048 (0.4 s: not in a worker's loop). NULL: none can be made. */
struct leaf_key *leaf_key_new(bool ecdsa);

/* An RSA key from PKCS#8 (DER), as leaf_key_write() makes it: NULL where it is none. */
struct leaf_key *leaf_key_read(struct str der);

/* Append as PKCS#8 (DER); the caller wipes: 0, -ERR_NOMEM, -ERR_LIMIT. */
int leaf_key_write(const struct leaf_key *k, struct buf *out);

/* The P-256 key with this private number, big-endian, for that leaf: NULL where they do not fit. */
struct leaf_key *leaf_key_of(struct str scalar, const struct leaf *leaf);

struct leaf_key *leaf_key_ref(struct leaf_key *k); /* accepts NULL, as leaf_key_free does */
void leaf_key_free(struct leaf_key *k);

/* SubjectPublicKeyInfo (DER), valid as long as the key. */
struct str leaf_key_spki(const struct leaf_key *k);

/* The leaf is for this key: it takes a reference, and tls_accept() will use it. */
void leaf_use_key(struct leaf *l, struct leaf_key *k);

#endif
