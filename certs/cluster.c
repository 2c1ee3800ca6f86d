/* SPDX-License-Identifier: BSD-2-Clause */
/* Deriving leaf keys from the cluster's secret. Changing a byte here changes every node's keys. */
#include "certs/cluster.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

#include "core/pack.h"

/* 384 bits for a number below 2^256: its bias is below 2^-128. */
enum { PRK = 32, WIDE = 48, INFO_MAX = 512 };

struct cluster {
	EVP_KDF *hkdf;
	EC_GROUP *p256;
	BN_CTX *bn;
	unsigned char prk[PRK];
};

static const char salt[] = "sallyport leaf key v1";

static const unsigned char spki_head[CLUSTER_SPKI - 64] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
	0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
	0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };

/* One HKDF step (RFC 5869): extract with the salt, or expand with the info. */
static bool hkdf(struct cluster *c, int mode, struct str key, struct str extra, unsigned char *to,
    size_t n)
{
	EVP_KDF_CTX *ctx = c->hkdf != NULL ? EVP_KDF_CTX_new(c->hkdf) : NULL;
	bool extract = mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY;
	OSSL_PARAM p[] = { OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t) "SHA256", 0),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key.p, key.n),
		OSSL_PARAM_construct_octet_string(extract ? OSSL_KDF_PARAM_SALT : OSSL_KDF_PARAM_INFO,
		    (void *)(uintptr_t)extra.p, extra.n),
		OSSL_PARAM_construct_end() };
	bool ok = ctx != NULL && EVP_KDF_derive(ctx, to, n, p) == 1;

	EVP_KDF_CTX_free(ctx);
	return ok;
}

struct cluster *cluster_new(struct str secret, const char **why)
{
	struct cluster *c;

	*why = "the cluster secret has less than 32 bytes";
	if (secret.n < CLUSTER_SECRET_MIN)
		return NULL;
	*why = "the cluster secret cannot be used";
	c = OPENSSL_secure_zalloc(sizeof(*c));
	if (c == NULL)
		return NULL;
	c->hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	c->p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	c->bn = BN_CTX_secure_new();
	if (c->p256 != NULL && c->bn != NULL &&
	    hkdf(c, EVP_KDF_HKDF_MODE_EXTRACT_ONLY, secret, STR(salt), c->prk, sizeof(c->prk)))
		return c;
	cluster_free(c);
	return NULL;
}

void cluster_free(struct cluster *c)
{
	if (c == NULL)
		return;
	EVP_KDF_free(c->hkdf);
	EC_GROUP_free(c->p256);
	BN_CTX_free(c->bn);
	OPENSSL_secure_clear_free(c, sizeof(*c));
}

/* d = wide mod (n - 1) + 1, so that 1 <= d < n. */
static bool private_number(struct cluster *c, const unsigned char wide[WIDE], BIGNUM *d)
{
	const BIGNUM *n = EC_GROUP_get0_order(c->p256);
	BIGNUM *less = BN_dup(n), *x = BN_secure_new();
	bool ok;

	if (x != NULL)
		BN_set_flags(x, BN_FLG_CONSTTIME);
	ok = less != NULL && x != NULL && BN_sub_word(less, 1) == 1 &&
	     BN_bin2bn(wide, WIDE, x) != NULL && BN_mod(d, x, less, c->bn) == 1 &&
	     BN_add_word(d, 1) == 1;
	BN_free(less);
	BN_clear_free(x);
	return ok;
}

static bool public_point(struct cluster *c, const BIGNUM *d, unsigned char spki[CLUSTER_SPKI])
{
	EC_POINT *q = EC_POINT_new(c->p256);
	bool ok = q != NULL && EC_POINT_mul(c->p256, q, d, NULL, NULL, c->bn) == 1 &&
		  EC_POINT_point2oct(c->p256, q, POINT_CONVERSION_UNCOMPRESSED,
		      spki + CLUSTER_SPKI - 65, 65, c->bn) == 65;

	memcpy(spki, spki_head, sizeof(spki_head));
	EC_POINT_free(q);
	return ok;
}

bool cluster_key(struct cluster *c, const struct leaf_name *host, int64_t now,
    unsigned char key[CLUSTER_KEY], unsigned char spki[CLUSTER_SPKI], int64_t *until)
{
	int64_t day = now / CLUSTER_PERIOD;
	unsigned char wide[WIDE];
	char space[INFO_MAX];
	struct buf info = { .p = space, .cap = sizeof(space), .max = sizeof(space) };
	BIGNUM *d = BN_secure_new();
	bool ok;

	if (d != NULL)
		BN_set_flags(d, BN_FLG_CONSTTIME);
	ok = d != NULL && pack_u8(&info, host->is_ip) == 0 && pack_u64(&info, (uint64_t)day) == 0 &&
	     pack_str(&info, str_c(host->text)) == 0 &&
	     hkdf(c, EVP_KDF_HKDF_MODE_EXPAND_ONLY, str_of((const char *)c->prk, PRK),
		 buf_view(&info), wide, sizeof(wide)) &&
	     private_number(c, wide, d) && public_point(c, d, spki) &&
	     BN_bn2binpad(d, key, CLUSTER_KEY) == CLUSTER_KEY;
	*until = (day + 1) * CLUSTER_PERIOD;
	OPENSSL_cleanse(wide, sizeof(wide));
	BN_clear_free(d);
	ERR_clear_error();
	return ok;
}
