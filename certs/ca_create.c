/* SPDX-License-Identifier: BSD-2-Clause */
/* Making a CA of one's own: the certificate that clients will trust, and its key. */
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "certs/ca.h"
#include "core/err.h"

enum { HOUR = 3600, LIFE = 5 * 365 * 86400, CN_MAX = 64, SERIAL_BYTES = 16 };

/* Backdated by an hour: clients' clocks differ. */
static bool add_base(X509 *x, EVP_PKEY *key, const char *common_name, int64_t now)
{
	X509_NAME *name = X509_get_subject_name(x);
	unsigned char raw[SERIAL_BYTES];
	BIGNUM *n;
	bool ok;

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return false;
	raw[0] = (unsigned char)((raw[0] & 0x3f) | 0x40);
	n = BN_bin2bn(raw, sizeof(raw), NULL);
	ok = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL &&
	     X509_set_version(x, X509_VERSION_3) == 1 &&
	     X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING,
		 (const unsigned char *)common_name, -1, -1, 0) == 1 &&
	     X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, key) == 1 &&
	     ASN1_TIME_set(X509_getm_notBefore(x), now - HOUR) != NULL &&
	     ASN1_TIME_set(X509_getm_notAfter(x), now + LIFE) != NULL;
	BN_free(n);
	return ok;
}

/* What OpenSSL's own configuration would say; the texts are constants. */
static bool add_extensions(X509 *x)
{
	static const struct {
		int nid;
		const char *value;
	} rows[] = {
		{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" },
		{ NID_subject_key_identifier, "hash" },
	};
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, rows[i].nid, rows[i].value);
		int ok = e != NULL && X509_add_ext(x, e, -1) == 1;

		X509_EXTENSION_free(e);
		if (!ok)
			return false;
	}
	return true;
}

static int take(BIO *from, struct buf *to)
{
	char *p;
	long n = BIO_get_mem_data(from, &p);

	return n > 0 ? buf_append(to, p, (size_t)n) : -ERR_SYSTEM;
}

static int write_cert(X509 *x, struct buf *out)
{
	BIO *b = BIO_new(BIO_s_mem());
	int r = b != NULL && PEM_write_bio_X509(b, x) == 1 ? take(b, out) : -ERR_SYSTEM;

	BIO_free(b);
	return r;
}

static int write_key(EVP_PKEY *k, struct buf *out)
{
	BIO *b = BIO_new(BIO_s_secmem()); /* cleared when freed */
	int r = -ERR_SYSTEM;

	if (b != NULL && PEM_write_bio_PKCS8PrivateKey(b, k, NULL, NULL, 0, NULL, NULL) == 1)
		r = take(b, out);
	BIO_free(b);
	return r;
}

static bool name_ok(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > CN_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] > 0x7e)
			return false;
	return true;
}

int ca_create(const char *common_name, int64_t now, struct buf *cert_pem, struct buf *key_pem)
{
	size_t cert_start = cert_pem->len, key_start = key_pem->len;
	EVP_PKEY *key = NULL;
	X509 *x = NULL;
	int r = -ERR_TOO_LONG;

	if (!name_ok(common_name))
		goto out;
	r = -ERR_SYSTEM;
	key = EVP_EC_gen("P-256");
	x = X509_new();
	if (key == NULL || x == NULL || !add_base(x, key, common_name, now) || !add_extensions(x) ||
	    X509_sign(x, key, EVP_sha256()) <= 0)
		goto out;
	if ((r = write_cert(x, cert_pem)) == 0)
		r = write_key(key, key_pem);
out:
	if (r != 0) {
		cert_pem->len = cert_start;
		key_pem->len = key_start;
	}
	X509_free(x);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return r;
}
