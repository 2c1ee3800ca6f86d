/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client certificate with its private key, which the gateway shows to origins that ask for one.
 * Reference-counted: a connection in flight outlives a reload.
 */
#ifndef CERTS_IDENTITY_H
#define CERTS_IDENTITY_H

#include "core/str.h"

struct identity;
struct x509_st;
struct evp_pkey_st;
struct stack_st_X509;

enum { IDENTITY_PRINT = 65 };

/*
 * cert: PEM, the leaf first, then its chain; key: PEM, not encrypted. NULL with *why (a constant
 * sentence) where they are malformed, do not belong together, or are too weak (RSA below 2048).
 */
struct identity *identity_new(struct str cert, struct str key, const char **why);
struct identity *identity_ref(struct identity *i);
void identity_free(struct identity *i); /* accepts NULL */

/* SHA-256 of the leaf, hex. Lives as long as the identity. */
const char *identity_print(const struct identity *i);

/* Unix time of the leaf's end; it may have passed. */
int64_t identity_not_after(const struct identity *i);

/* Its parts, borrowed. */
struct x509_st *identity_leaf(const struct identity *i);
struct evp_pkey_st *identity_key(const struct identity *i);
struct stack_st_X509 *identity_chain(const struct identity *i);

#endif
