/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside the wing only: what a loaded CA consists of. */
#ifndef CERTS_CA_H
#define CERTS_CA_H

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "certs/signer.h"

enum { CA_KNOWN_KEYS = 64, CA_CHAIN_MAX = 8 };

/* A leaf key that was checked before: workers have two each, and parsing costs more than signing. */
struct known_key {
	X509_PUBKEY *key;
	size_t n;
	unsigned char spki[SIGNER_SPKI_MAX];
};

struct ca {
	X509 *cert;
	STACK_OF(X509) *above; /* its issuers as far as the file has them; may be empty */
	NAME_CONSTRAINTS *constraints[CA_CHAIN_MAX]; /* its own and those above it */
	int constraints_n;
	EVP_PKEY *key;
	int64_t not_before, not_after;
	const char *hint;
	struct known_key known[CA_KNOWN_KEYS];
	size_t next_known;
};

/* Unix seconds of a certificate's date: false where malformed. */
bool ca_time(const ASN1_TIME *t, int64_t *out);

/* Why a name is refused that a constraint forbids. */
extern const char ca_outside[];

/* SHA-256 in lower-case hex. */
bool ca_fingerprint(X509 *x, char to[CA_FINGERPRINT_HEX]);

/* The first certificate of a PEM text or NULL; never asks for a password. */
X509 *ca_read_cert(struct str pem);

/* All certificates of a PEM text, at most CA_CHAIN_MAX, the first among them: NULL where there is
 * none, too many, or one that cannot be read. */
STACK_OF(X509) *ca_read_chain(struct str pem);

/* ca_check.c: what is wrong with certificate, chain and key (static text), or NULL; dates and hint
 * are filled in. */
const char *ca_check(struct ca *ca, int64_t now);

/* The checked leaf key of a SubjectPublicKeyInfo, owned by ca: NULL with *why set. */
X509_PUBKEY *ca_leaf_key(struct ca *ca, struct str spki, const char **why);

/* Copy a checked key into a certificate; X509_set_pubkey() would encode and parse it anew, which
 * takes three times as long as the signature. */
bool ca_put_key(X509 *x, X509_PUBKEY *key);

#endif
