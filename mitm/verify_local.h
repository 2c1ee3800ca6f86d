/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the verification share. */
#ifndef MITM_VERIFY_LOCAL_H
#define MITM_VERIFY_LOCAL_H

#include <stdatomic.h>

#include "mitm/revoke_x509.h"
#include "mitm/verify_x509.h"

struct verify_store {
	atomic_uint refs;
	X509_STORE *store;
	X509 *own;	/* our CA: never an origin's issuer */
	int64_t at;	/* 0: now */
	int depth;	/* most intermediates; -1: the default */
	struct revoke *revoke;
	struct intermediates *preloaded;
	struct verify_counts counts;
};

/* The parameters of every attempt; false where there is neither name nor address. */
bool verify_params(
    const struct verify_store *s, X509_STORE_CTX *ctx, struct str name, const char *ip);

/* -ERR_CERT_* of an X509_V_ERR_*; the fault's bit of a -ERR_*. */
int verify_err_of(int e);
uint32_t verify_bit_of(int err);

/*
 * Every fault of a leaf and the path that was found for it (leaf first; may be NULL), of which
 * err is one: TLS_ERROR_BIT()s. Nothing is accepted here.
 */
uint32_t verify_faults(struct verify_store *s, X509 *leaf, STACK_OF(X509) * path, struct str name,
    const char *ip, int err);

/* A key too weak, or of a kind that no browser takes; a signature by MD5 or SHA-1. */
bool verify_weak_key(const X509 *x);

#endif
