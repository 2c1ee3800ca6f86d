/* SPDX-License-Identifier: BSD-2-Clause */
/* Client certificates: read from PEM in memory, checked once, shared afterwards. */
#include "certs/identity.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CHAIN_MAX = 10, SECURITY_LEAST = 112 };

struct identity {
	unsigned refs;
	X509 *leaf;
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
	char print[IDENTITY_PRINT];
};

/* Nobody is there to type a passphrase. */
static int no_passphrase(char *to, int n, int writing, void *arg)
{
	(void)to;
	(void)n;
	(void)writing;
	(void)arg;
	return -1;
}

static const char *read_certs(struct identity *i, struct str pem)
{
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
	const char *why = "it holds no certificate";
	X509 *x;

	if (b == NULL)
		return "out of memory";
	while ((x = PEM_read_bio_X509(b, NULL, no_passphrase, NULL)) != NULL) {
		why = NULL;
		if (i->leaf == NULL) {
			i->leaf = x;
		} else if (sk_X509_num(i->chain) >= CHAIN_MAX || sk_X509_push(i->chain, x) <= 0) {
			X509_free(x);
			why = "its chain is too long";
			break;
		}
	}
	BIO_free(b);
	ERR_clear_error();
	return why;
}

static const char *read_key(struct identity *i, struct str pem)
{
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);

	if (b == NULL)
		return "out of memory";
	i->key = PEM_read_bio_PrivateKey(b, NULL, no_passphrase, NULL);
	BIO_free(b);
	ERR_clear_error();
	if (i->key == NULL)
		return "its key file holds no private key in PEM that can be read without a passphrase";
	if (X509_check_private_key(i->leaf, i->key) != 1) {
		ERR_clear_error();
		return "the key belongs to another certificate";
	}
	if (EVP_PKEY_get_security_bits(i->key) < SECURITY_LEAST)
		return "the key is too weak: RSA needs 2048 bits, EC 224";
	return NULL;
}

static const char *fingerprint(struct identity *i)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (X509_digest(i->leaf, EVP_sha256(), md, &n) != 1 || n * 2 + 1 != IDENTITY_PRINT)
		return "its fingerprint cannot be made";
	for (unsigned k = 0; k < n; k++)
		snprintf(i->print + (size_t)2 * k, 3, "%02x", md[k]);
	return NULL;
}

struct identity *identity_new(struct str cert, struct str key, const char **why)
{
	struct identity *i = calloc(1, sizeof(*i));

	*why = "out of memory";
	if (i == NULL || (i->chain = sk_X509_new_null()) == NULL) {
		free(i);
		return NULL;
	}
	i->refs = 1;
	if ((*why = read_certs(i, cert)) == NULL && (*why = read_key(i, key)) == NULL &&
	    (*why = fingerprint(i)) == NULL)
		return i;
	identity_free(i);
	return NULL;
}

struct identity *identity_ref(struct identity *i)
{
	if (i != NULL)
		i->refs++;
	return i;
}

void identity_free(struct identity *i)
{
	if (i == NULL || --i->refs > 0)
		return;
	X509_free(i->leaf);
	EVP_PKEY_free(i->key);
	sk_X509_pop_free(i->chain, X509_free);
	free(i);
}

const char *identity_print(const struct identity *i)
{
	return i->print;
}

int64_t identity_not_after(const struct identity *i)
{
	struct tm tm;

	return ASN1_TIME_to_tm(X509_get0_notAfter(i->leaf), &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

struct x509_st *identity_leaf(const struct identity *i)
{
	return i->leaf;
}

struct evp_pkey_st *identity_key(const struct identity *i)
{
	return i->key;
}

struct stack_st_X509 *identity_chain(const struct identity *i)
{
	return i->chain;
}
