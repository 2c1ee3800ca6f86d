/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of leaves. Private parts are OpenSSL's, which cleans what it frees. */
#include "mitm/leaf_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "core/err.h"
#include "mitm/tls_local.h"

enum { RSA_BITS = 2048, POINT = 65 };

/* Takes the key, which may be NULL. */
static struct leaf_key *wrap(EVP_PKEY *key)
{
	struct leaf_key *k = key != NULL ? calloc(1, sizeof(*k)) : NULL;

	if (k != NULL) {
		k->refs = 1;
		k->key = key;
		k->spki_n = i2d_PUBKEY(key, &k->spki);
		if (k->spki_n > 0)
			return k;
		leaf_key_free(k);
		return NULL;
	}
	EVP_PKEY_free(key);
	return NULL;
}

struct leaf_key *leaf_key_new(bool ecdsa)
{
	return wrap(ecdsa ? EVP_EC_gen("P-256") : EVP_RSA_gen(RSA_BITS));
}

struct leaf_key *leaf_key_ref(struct leaf_key *k)
{
	if (k != NULL)
		k->refs++;
	return k;
}

void leaf_key_free(struct leaf_key *k)
{
	if (k == NULL || --k->refs > 0)
		return;
	EVP_PKEY_free(k->key);
	OPENSSL_free(k->spki);
	free(k);
}

struct str leaf_key_spki(const struct leaf_key *k)
{
	return str_of((const char *)k->spki, (size_t)k->spki_n);
}

struct leaf_key *leaf_key_read(struct str der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	PKCS8_PRIV_KEY_INFO *info =
	    der.n <= LEAF_KEY_DER_MAX ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.n) : NULL;
	struct leaf_key *k = wrap(info != NULL ? EVP_PKCS82PKEY(info) : NULL);

	PKCS8_PRIV_KEY_INFO_free(info);
	ERR_clear_error();
	return k;
}

int leaf_key_write(const struct leaf_key *k, struct buf *out)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->key);
	unsigned char *der = NULL;
	int n = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
	int r = n > 0 && n <= LEAF_KEY_DER_MAX ? buf_append(out, der, (size_t)n) : -ERR_NOMEM;

	if (n > 0)
		OPENSSL_clear_free(der, (size_t)n);
	PKCS8_PRIV_KEY_INFO_free(info);
	return r;
}

static OSSL_PARAM *p256_params(OSSL_PARAM_BLD *bld, const BIGNUM *d, const ASN1_BIT_STRING *point)
{
	if (bld == NULL || d == NULL || point == NULL || ASN1_STRING_length(point) != POINT ||
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
		ASN1_STRING_get0_data(point), POINT) != 1 ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) != 1)
		return NULL;
	return OSSL_PARAM_BLD_to_param(bld);
}

/* The public point is the certificate's: computing it again would cost as much as a signature. */
struct leaf_key *leaf_key_of(struct str scalar, const struct leaf *leaf)
{
	X509 *x = tls_parsed_leaf(leaf);
	BIGNUM *d = scalar.n == LEAF_KEY_SCALAR
			? BN_bin2bn((const unsigned char *)scalar.p, LEAF_KEY_SCALAR, NULL)
			: NULL;
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params =
	    x != NULL ? p256_params(bld, d, X509_get0_pubkey_bitstr(x)) : NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	struct leaf_key *k = NULL;

	if (params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) == 1)
		k = wrap(key);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_clear_free(d);
	ERR_clear_error();
	return k;
}

static void free_key(void *k)
{
	leaf_key_free(k);
}

void leaf_use_key(struct leaf *l, struct leaf_key *k)
{
	if (l->key != NULL)
		leaf_key_free(l->key);
	l->key = leaf_key_ref(k);
	l->free_key = free_key;
}
