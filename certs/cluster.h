/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaf keys that gateways with one secret find each by itself: the same host has the same key on
 * all of them, and another one each day. Who has the secret has these keys; it stays in the signer.
 */
#ifndef CERTS_CLUSTER_H
#define CERTS_CLUSTER_H

#include "certs/leaf.h"

enum { CLUSTER_SECRET_MIN = 32, CLUSTER_KEY = 32, CLUSTER_SPKI = 91, CLUSTER_PERIOD = 86400 };

struct cluster;

/* From the secret's bytes, at least CLUSTER_SECRET_MIN; they are not kept. NULL with *why (static). */
struct cluster *cluster_new(struct str secret, const char **why);
void cluster_free(struct cluster *c); /* wipes */

/*
 * The P-256 key of a host at that time: HKDF-SHA-256 over kind of name, day and name, reduced as in
 * FIPS 186-5 A.2.1. key: the private number, big-endian; spki: its SubjectPublicKeyInfo. The caller
 * wipes. *until: when the next day's key takes its place. False: out of memory.
 */
bool cluster_key(struct cluster *c, const struct leaf_name *host, int64_t now,
    unsigned char key[CLUSTER_KEY], unsigned char spki[CLUSTER_SPKI], int64_t *until);

#endif
