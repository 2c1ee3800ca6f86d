/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forged leaf certificates: what a worker wishes for, what the signer answers, and the cache in
 * between. The wish holds validated values, never a certificate to parse.
 */
#ifndef CERTS_LEAF_H
#define CERTS_LEAF_H

#include "core/buf.h"

enum { LEAF_MAX_NAMES = 100, LEAF_NAME_MAX = 254, LEAF_DER_MAX = 16384 };

struct leaf_name {
	bool is_ip;		   /* text form of an address, else a DNS name */
	char text[LEAF_NAME_MAX];  /* lower case A-label form, maybe with a leading "*." */
};

struct leaf_wish {
	struct leaf_name names[LEAF_MAX_NAMES]; /* the requested name first */
	size_t nnames;
	int64_t not_before, not_after; /* the origin's, Unix seconds; the signer clamps */
	uint8_t origin[32];	       /* SHA-256 of the origin's certificate; zero for none */
	bool untrusted; /* by the CA that nobody trusts: the client is to be warned */
};

/*
 * Set a name from text that a peer chose: 0, or -ERR_CERT_NAME and *to unchanged. DNS: lower-case
 * letters, digits, '-' and '_' in labels of 1..63 bytes, maybe "*." first, the last label not
 * all digits; addresses: what inet_pton(3) reads.
 */
int leaf_name_set(struct leaf_name *to, bool is_ip, struct str text);

/* A finished leaf: DER certificate; the issuer's chain is the context's. Reference-counted. */
struct leaf {
	unsigned refs;
	size_t n;
	void *parsed; /* mitm's parsed form of it, freed by free_parsed */
	void (*free_parsed)(void *parsed);
	void *key; /* mitm's key that it is for, freed by free_key; NULL: the worker's own */
	void (*free_key)(void *key);
	char der[];
};

/* A copy of der with one reference: NULL when empty, over LEAF_DER_MAX or memory is short. */
struct leaf *leaf_new(struct str der);
struct leaf *leaf_ref(struct leaf *l); /* accepts NULL, as leaf_free does */
void leaf_free(struct leaf *l);

/* Cache by origin certificate, requested (first) name, key type and issuer; at most max leaves, the
 * least recently used goes first. Clear it when the CA or the leaf key changes. */
struct leaf_cache;
struct leaf_cache *leaf_cache_new(size_t max);
void leaf_cache_free(struct leaf_cache *c);

/* The leaf (a reference for the caller) or NULL; leaves past their life are not found. */
struct leaf *leaf_cache_get(struct leaf_cache *c, const struct leaf_wish *w, bool ecdsa, int64_t now);
void leaf_cache_put(struct leaf_cache *c, const struct leaf_wish *w, bool ecdsa, struct leaf *l,
    int64_t not_after);

/* Forget all (the CA changed). */
void leaf_cache_clear(struct leaf_cache *c);

#endif
