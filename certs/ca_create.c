/* SPDX-License-Identifier: BSD-2-Clause */
/* Making a CA of one's own: the certificate that clients will trust, and its key. */
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "certs/ca.h"
#include "certs/ca_names.h"
#include "core/err.h"

enum { HOUR = 3600, LIFE = 5 * 365 * 86400, CN_MAX = 64, SERIAL_BYTES = 16, PBKDF2_ROUNDS = 100000 };

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

static bool add_subtrees(STACK_OF(GENERAL_SUBTREE) **to, const char *const *texts, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		GENERAL_SUBTREE *t = GENERAL_SUBTREE_new();
		GENERAL_NAME *base = ca_constraint(str_c(texts[i]));

		if (*to == NULL)
			*to = sk_GENERAL_SUBTREE_new_null();
		if (t != NULL && base != NULL) {
			GENERAL_NAME_free(t->base);
			t->base = base;
		}
		if (t == NULL || base == NULL || *to == NULL || sk_GENERAL_SUBTREE_push(*to, t) <= 0) {
			GENERAL_SUBTREE_free(t);
			return false;
		}
	}
	return true;
}

static bool permits_networks(const struct ca_plan *p)
{
	for (unsigned i = 0; i < p->permit_n; i++)
		if (strchr(p->permit[i], '/') != NULL)
			return true;
	return false;
}

/* Permitted names bound names only: addresses would be free, were they not excluded. */
static bool add_constraints(X509 *x, const struct ca_plan *p)
{
	static const char *const all[] = { "0.0.0.0/0", "::/0" };
	NAME_CONSTRAINTS *nc;
	bool ok;

	if (p->permit_n + p->exclude_n == 0)
		return true;
	nc = NAME_CONSTRAINTS_new();
	ok = nc != NULL && add_subtrees(&nc->permittedSubtrees, p->permit, p->permit_n) &&
	     add_subtrees(&nc->excludedSubtrees, p->exclude, p->exclude_n) &&
	     (p->permit_n == 0 || permits_networks(p) || add_subtrees(&nc->excludedSubtrees, all, 2)) &&
	     X509_add1_ext_i2d(x, NID_name_constraints, nc, 1, X509V3_ADD_APPEND) == 1;
	NAME_CONSTRAINTS_free(nc);
	return ok;
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

/* PBES2 with as many rounds as a signer's reload can spare (50 ms). */
static bool write_sealed(BIO *to, EVP_PKEY *k, struct str passphrase)
{
	PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(k);
	X509_SIG *sealed = plain != NULL ? PKCS8_encrypt(-1, EVP_aes_256_cbc(), passphrase.p,
					       (int)passphrase.n, NULL, 0, PBKDF2_ROUNDS, plain)
					 : NULL;
	bool ok = sealed != NULL && PEM_write_bio_PKCS8(to, sealed) == 1;

	PKCS8_PRIV_KEY_INFO_free(plain);
	X509_SIG_free(sealed);
	return ok;
}

static int write_key(EVP_PKEY *k, struct str passphrase, struct buf *out)
{
	BIO *b = BIO_new(BIO_s_secmem()); /* cleared when freed */
	int r = -ERR_SYSTEM;

	if (b != NULL && (passphrase.n > 0
				 ? write_sealed(b, k, passphrase)
				 : PEM_write_bio_PKCS8PrivateKey(b, k, NULL, NULL, 0, NULL, NULL) == 1))
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

int ca_make(const struct ca_plan *p, struct buf *cert_pem, struct buf *key_pem)
{
	size_t cert_start = cert_pem->len, key_start = key_pem->len;
	EVP_PKEY *key = NULL;
	X509 *x = NULL;
	int r = -ERR_TOO_LONG;

	if (!name_ok(p->common_name))
		goto out;
	r = -ERR_SYSTEM;
	key = EVP_EC_gen("P-256");
	x = X509_new();
	if (key == NULL || x == NULL || !add_base(x, key, p->common_name, p->now) ||
	    !add_extensions(x))
		goto out;
	r = -ERR_CERT_NAME;
	if (!add_constraints(x, p))
		goto out;
	r = -ERR_SYSTEM;
	if (X509_sign(x, key, EVP_sha256()) <= 0)
		goto out;
	if ((r = write_cert(x, cert_pem)) == 0)
		r = write_key(key, p->passphrase, key_pem);
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

int ca_create(const char *common_name, int64_t now, struct buf *cert_pem, struct buf *key_pem)
{
	struct ca_plan plan = { .common_name = common_name, .now = now };

	return ca_make(&plan, cert_pem, key_pem);
}
