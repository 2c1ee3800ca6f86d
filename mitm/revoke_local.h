/* SPDX-License-Identifier: BSD-2-Clause */
/* What the revoke*.c files share. */
#ifndef MITM_REVOKE_LOCAL_H
#define MITM_REVOKE_LOCAL_H

#include <openssl/x509v3.h>
#include <time.h>

#include "mitm/revoke.h"
#include "mitm/revoke_x509.h"

enum { SERIAL_KEY = 20, PAIR_KEY = 4 + SERIAL_KEY, REVOKE_SKEW = 300, CRLS_MAX = 4096 };

/* ---- a sorted table of records of one width, compared by bytes ---- */

struct table {
	unsigned char *at;
	size_t n, cap, width;
};

int table_add(struct table *t, const unsigned char *record);
void table_sort(struct table *t); /* by the first `width` bytes */

/* The first record that begins with these k bytes; NULL if there is none. */
const unsigned char *table_find(const struct table *t, const unsigned char *key, size_t k);
void table_free(struct table *t);

/* A serial number as a fixed key: padded on its left; one too long for RFC 5280 is hashed. */
void serial_key(const unsigned char *p, size_t n, unsigned char to[SERIAL_KEY]);

/* ---- the set ---- */

struct revoke_set {
	struct table keys;    /* SHA-256 of a SubjectPublicKeyInfo */
	struct table issuers; /* the same of an issuer, then its number in 4 bytes */
	struct table pairs;   /* an issuer's number, then a serial's key */
};

/* 0; or -ERR_CONFIG, -ERR_NOMEM with "PATH:LINE: ..." in why. */
int revoke_set_read(struct revoke_set *s, const struct revoke_file *f, char *why, size_t why_n);
bool revoke_set_key(const struct revoke_set *s, const unsigned char spki[VERIFY_DIGEST]);
bool revoke_set_serial(const struct revoke_set *s, const unsigned char issuer[VERIFY_DIGEST],
    const unsigned char serial[SERIAL_KEY]);
void revoke_set_free(struct revoke_set *s);

/* ---- revocation lists ---- */

struct crl {
	const X509_NAME *issuer; /* of head */
	X509_CRL *head;          /* the list without its entries */
	struct table listed;     /* serial keys */
	int64_t from, until;
	ISSUING_DIST_POINT *scope; /* NULL: everything that its issuer issues */
	AUTHORITY_KEYID *key;      /* NULL: not said */
	ASN1_STRING *signed_part;  /* until its signature was verified */
	bool verified, refused;
	unsigned char verified_by[VERIFY_DIGEST], refused_by[VERIFY_DIGEST];
};

struct crls {
	struct crl *at; /* by issuer */
	size_t n, cap;
};

/* Add the lists of a file: 0; or -ERR_CONFIG, -ERR_NOMEM with "PATH: ..." in why. */
int crls_read(struct crls *c, const struct revoke_file *f, char *why, size_t why_n);
void crls_sort(struct crls *c);
void crls_free(struct crls *c);

enum crl_answer { CRL_NONE, CRL_GOOD, CRL_UNKNOWN, CRL_REVOKED };

/*
 * What the lists of its issuer say about x. spki is the digest of the issuer's key. *until: how
 * long a good answer holds; *why: static text, why it is not known.
 */
enum crl_answer crls_ask(struct crls *c, X509 *x, X509 *issuer,
    const unsigned char spki[VERIFY_DIGEST], int64_t now, int64_t *until, const char **why);

/* ---- both lists and answers ---- */

/* MD5, SHA-1, or what is not known: no signature to rely on. */
bool revoke_weak(const X509_ALGOR *alg);

/* Seconds since 1970; -1 where there is none. */
int64_t revoke_time(const ASN1_TIME *t);

/* SHA-256 of the SubjectPublicKeyInfo. */
bool revoke_spki(const X509 *x, unsigned char to[VERIFY_DIGEST]);

/* Is it a key that everybody knows? */
bool revoke_known_key(const unsigned char spki[VERIFY_DIGEST]);

/* A certificate (or an OCSP responder) is in the set or has a known key. r may be NULL. */
bool revoke_blocked(const struct revoke *r, const X509 *x, const X509 *issuer,
    enum revocation_source *by, const char **why);

struct crls *revoke_crls(struct revoke *r);

/* ---- answers ---- */

enum staple_answer { STAPLE_GOOD, STAPLE_UNKNOWN, STAPLE_REVOKED };

/* An OCSP response in DER about leaf: *until as above, *why where it is not good. */
enum staple_answer staple_read(const struct revoke *r, X509 *leaf, X509 *issuer, struct str der,
    int64_t age, int64_t *until, const char **why);

#endif
