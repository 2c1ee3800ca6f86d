/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates made at run time, for the tests of verification and of TLS ends. */
#ifndef TESTS_X509_RIG_H
#define TESTS_X509_RIG_H

#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "mitm/verify.h"

struct cert {
	X509 *x;
	EVP_PKEY *key;
};

/* What to make; zero is a leaf on P-256 without names, good for a day, signed by itself. */
struct spec {
	const char *cn;
	const struct cert *issuer;
	const struct cert *key_of;       /* share this one's key (cross-signs) */
	const char *san, *eku, *nc, *ku; /* as in openssl.cnf; NULL: none */
	bool ca, empty_nc, no_ids;
	int hours_from, hours_to; /* from now; 0 0: -1 and 24 */
	int rsa_bits, serial;
	bool sha1;
	const char *feature, *cdp; /* "status_request"; "URI:..." */
	const char *aia; /* "caIssuers;URI:..." */
};

static void rig_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	if (value == NULL)
		return;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_msg(e != NULL, "cannot make \"%s\"", value);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static void rig_extensions(X509 *x, X509 *issuer, const struct spec *s)
{
	NAME_CONSTRAINTS *none;

	rig_extension(x, issuer, NID_basic_constraints, s->ca ? "critical,CA:TRUE" : NULL);
	rig_extension(x, issuer, NID_key_usage,
	    s->ku != NULL ? s->ku
	    : s->ca       ? "critical,keyCertSign,cRLSign"
			  : "critical,digitalSignature");
	rig_extension(x, issuer, NID_ext_key_usage, s->eku);
	rig_extension(x, issuer, NID_subject_alt_name, s->san);
	rig_extension(x, issuer, NID_name_constraints, s->nc);
	rig_extension(x, issuer, NID_tlsfeature, s->feature);
	rig_extension(x, issuer, NID_crl_distribution_points, s->cdp);
	rig_extension(x, issuer, NID_info_access, s->aia);
	if (!s->no_ids) {
		rig_extension(x, issuer, NID_subject_key_identifier, "hash");
		rig_extension(
		    x, issuer, NID_authority_key_identifier, issuer == x ? NULL : "keyid");
	}
	if (s->empty_nc) {
		none = NAME_CONSTRAINTS_new();
		X509_add1_ext_i2d(x, NID_name_constraints, none, 1, 0);
		NAME_CONSTRAINTS_free(none);
	}
}

static EVP_PKEY *rig_key(const struct spec *s)
{
	if (s->key_of != NULL) {
		EVP_PKEY_up_ref(s->key_of->key);
		return s->key_of->key;
	}
	return s->rsa_bits > 0 ? EVP_RSA_gen((unsigned)s->rsa_bits) : EVP_EC_gen("P-256");
}

static struct cert rig_make(struct spec s)
{
	static int serial = 100;
	struct cert c = { X509_new(), rig_key(&s) };
	EVP_PKEY *signer = s.issuer != NULL ? s.issuer->key : c.key;
	X509 *issuer = s.issuer != NULL ? s.issuer->x : c.x;
	bool preset = s.hours_from == 0 && s.hours_to == 0;

	X509_set_version(c.x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c.x), s.serial > 0 ? s.serial : serial++);
	X509_gmtime_adj(X509_getm_notBefore(c.x), preset ? -3600 : s.hours_from * 3600L);
	X509_gmtime_adj(X509_getm_notAfter(c.x), preset ? 24 * 3600 : s.hours_to * 3600L);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(c.x), "CN", MBSTRING_UTF8,
	    (const unsigned char *)(s.cn != NULL ? s.cn : "somebody"), -1, -1, 0);
	X509_set_issuer_name(c.x, X509_get_subject_name(issuer));
	X509_set_pubkey(c.x, c.key);
	rig_extensions(c.x, issuer, &s);
	ck_assert_int_gt(X509_sign(c.x, signer, s.sha1 ? EVP_sha1() : EVP_sha256()), 0);
	return c;
}

static void rig_free(struct cert *c)
{
	X509_free(c->x);
	EVP_PKEY_free(c->key);
	*c = (struct cert){ NULL, NULL };
}

/* The certificate appended to PEM text; the BIO is the caller's. */
static void rig_pem(BIO *b, const struct cert *c)
{
	ck_assert_int_eq(PEM_write_bio_X509(b, c->x), 1);
}

static struct str rig_text(BIO *b)
{
	char *p = NULL;
	long n = BIO_get_mem_data(b, &p);

	return str_of(p, (size_t)n);
}

/* A store that trusts up to two certificates; own may be NULL. */
__attribute__((unused)) static struct verify_store *rig_store(
    const struct cert *a, const struct cert *also, const struct cert *own)
{
	BIO *pem = BIO_new(BIO_s_mem()), *mine = BIO_new(BIO_s_mem());
	struct verify_store *s;
	int err;

	rig_pem(pem, a);
	if (also != NULL)
		rig_pem(pem, also);
	if (own != NULL)
		rig_pem(mine, own);
	s = verify_store_new(rig_text(pem), rig_text(mine), &err);
	BIO_free(pem);
	BIO_free(mine);
	ck_assert_msg(s != NULL && err == 0, "no store: %d", err);
	return s;
}

#endif
