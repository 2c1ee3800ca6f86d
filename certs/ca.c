/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading the CA: certificate and key belong together, it may issue, and it is in force. */
#include "certs/ca.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>

enum { SECURE_HEAP = 256 << 10, SECURE_LEAST = 32 };
enum { EC_LEAST = 256, RSA_LEAST = 2048, RSA_GOOD = 3072 };

bool ca_lock_memory(void)
{
	/* 2 means mapped but not locked or not guarded. */
	return CRYPTO_secure_malloc_initialized() ||
	       CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_LEAST) == 1;
}

bool ca_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

/* An encrypted key is refused instead of asking at a terminal. */
static int no_password(char *to, int size, int writing, void *arg)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static BIO *open_text(struct str pem)
{
	return pem.n > 0 && pem.n <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
}

X509 *ca_read_cert(struct str pem)
{
	BIO *in = open_text(pem);
	X509 *x = in != NULL ? PEM_read_bio_X509(in, NULL, no_password, NULL) : NULL;

	BIO_free(in);
	ERR_clear_error();
	return x;
}

static EVP_PKEY *read_key(struct str pem)
{
	BIO *in = open_text(pem);
	EVP_PKEY *k = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, no_password, NULL) : NULL;

	BIO_free(in);
	ERR_clear_error();
	return k;
}

static const char *check_key(struct ca *ca)
{
	int bits = EVP_PKEY_get_bits(ca->key);

	if (EVP_PKEY_is_a(ca->key, "RSA")) {
		if (bits < RSA_LEAST)
			return "the CA's RSA key has less than 2048 bits";
		if (bits < RSA_GOOD)
			ca->hint = "the CA's RSA key has less than 3072 bits";
		return NULL;
	}
	if (!EVP_PKEY_is_a(ca->key, "EC"))
		return "the CA's key is neither EC nor RSA";
	return bits < EC_LEAST ? "the CA's EC key has less than 256 bits" : NULL;
}

static const char *check_cert(struct ca *ca, int64_t now)
{
	if (X509_get_version(ca->cert) != X509_VERSION_3 || X509_check_ca(ca->cert) != 1)
		return "the CA certificate is not for a CA (basicConstraints CA:TRUE and "
		       "keyCertSign)";
	if (!ca_time(X509_get0_notBefore(ca->cert), &ca->not_before) ||
	    !ca_time(X509_get0_notAfter(ca->cert), &ca->not_after))
		return "the CA certificate's dates are malformed";
	if (ca->not_after <= now)
		return "the CA certificate has expired";
	if (ca->not_before > now)
		return "the CA certificate is not valid yet";
	if (X509_get0_subject_key_id(ca->cert) == NULL)
		ca->hint = "the CA certificate has no subject key identifier; strict clients "
			   "refuse it";
	return NULL;
}

static const char *load(struct ca *ca, struct str cert_pem, struct str key_pem)
{
	const char *why;

	if ((ca->cert = ca_read_cert(cert_pem)) == NULL)
		return "the CA certificate is not readable as PEM";
	if ((ca->key = read_key(key_pem)) == NULL)
		return "the CA key is not readable as unencrypted PEM";
	if (X509_check_private_key(ca->cert, ca->key) != 1)
		return "the CA key does not belong to the CA certificate";
	if ((why = check_key(ca)) != NULL)
		return why;
	return check_cert(ca, time(NULL));
}

struct ca *ca_new(struct str cert_pem, struct str key_pem, const char **why)
{
	struct ca *ca = calloc(1, sizeof(*ca));

	*why = ca != NULL ? load(ca, cert_pem, key_pem) : "out of memory";
	ERR_clear_error();
	if (*why == NULL)
		return ca;
	ca_free(ca);
	return NULL;
}

void ca_free(struct ca *ca)
{
	if (ca == NULL)
		return;
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key); /* clears the private parts */
	for (size_t i = 0; i < CA_KNOWN_KEYS; i++)
		X509_PUBKEY_free(ca->known[i].key);
	free(ca);
}

int64_t ca_not_after(const struct ca *ca)
{
	return ca->not_after;
}

const char *ca_hint(const struct ca *ca)
{
	return ca->hint;
}

bool ca_is(const struct ca *ca, struct str cert_pem)
{
	X509 *x = ca_read_cert(cert_pem);
	bool same = x != NULL && X509_cmp(x, ca->cert) == 0;

	X509_free(x);
	return same;
}
