/* SPDX-License-Identifier: BSD-2-Clause */
/* Stapled OCSP responses and revocation lists made at run time. */
#ifndef TESTS_OCSP_RIG_H
#define TESTS_OCSP_RIG_H

#include <openssl/ocsp.h>
#include <stdio.h>
#include <time.h>

#include "tests/unit/x509_rig.h"

enum {
	GOOD = V_OCSP_CERTSTATUS_GOOD,
	REVOKED = V_OCSP_CERTSTATUS_REVOKED,
	NOT_KNOWN = V_OCSP_CERTSTATUS_UNKNOWN
};

/* What to answer; zero is GOOD by the issuer itself, from an hour ago until in an hour. */
struct answer {
	int status;
	const struct cert *about, *issuer; /* of certID */
	const struct cert *signer;         /* NULL: the issuer */
	const struct cert *embed;          /* certificate that comes along; NULL: the signer's */
	int minutes_from, minutes_to;      /* from now; 0 0: -60 and 60 */
	bool no_next, sha256_id, sha1_signature, by_key;
	bool broken; /* a bit of the signature is wrong */
};

static char *rig_answer(struct answer a, size_t *n)
{
	OCSP_BASICRESP *b = OCSP_BASICRESP_new();
	const struct cert *signer = a.signer != NULL ? a.signer : a.issuer;
	bool preset = a.minutes_from == 0 && a.minutes_to == 0;
	ASN1_TIME *from = X509_gmtime_adj(NULL, preset ? -3600 : a.minutes_from * 60L);
	ASN1_TIME *to = X509_gmtime_adj(NULL, preset ? 3600 : a.minutes_to * 60L);
	OCSP_CERTID *id =
	    OCSP_cert_to_id(a.sha256_id ? EVP_sha256() : EVP_sha1(), a.about->x, a.issuer->x);
	OCSP_RESPONSE *r;
	unsigned char *der = NULL;
	int len;

	ck_assert_ptr_nonnull(OCSP_basic_add1_status(
	    b, id, a.status, 0, a.status == REVOKED ? from : NULL, from, a.no_next ? NULL : to));
	ck_assert_int_eq(OCSP_basic_sign(b, signer->x, signer->key,
			     a.sha1_signature ? EVP_sha1() : EVP_sha256(), NULL,
			     (a.embed != NULL || signer == a.issuer ? OCSP_NOCERTS : 0) |
				 (a.by_key ? OCSP_RESPID_KEY : 0)),
	    1);
	if (a.embed != NULL)
		OCSP_basic_add1_cert(b, a.embed->x);
	r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, b);
	len = i2d_OCSP_RESPONSE(r, &der);
	ck_assert_int_gt(len, 0);
	if (a.broken) {
		const ASN1_OCTET_STRING *sig = OCSP_resp_get0_signature(b);
		unsigned char *at = memmem(
		    der, (size_t)len, ASN1_STRING_get0_data(sig), (size_t)ASN1_STRING_length(sig));

		at[ASN1_STRING_length(sig) - 1] ^= 1;
	}
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(b);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	*n = (size_t)len;
	return (char *)der;
}

/* What list to make; zero is in force for an hour, without entries. */
struct list {
	const struct cert *issuer;
	const struct cert *revoked, *also;
	const struct cert *signer; /* NULL: the issuer */
	int minutes_from, minutes_to;
	const char *idp; /* as in openssl.cnf */
	bool delta, sha1, no_number, critical_number;
	bool pem;
	int more; /* random entries besides */
};

static void rig_list_extension(X509_CRL *c, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *e = value != NULL ? X509V3_EXT_conf_nid(NULL, ctx, nid, value) : NULL;

	ck_assert(value == NULL || e != NULL);
	if (e != NULL)
		X509_CRL_add_ext(c, e, -1);
	X509_EXTENSION_free(e);
}

static char *rig_list(struct list l, size_t *n)
{
	X509_CRL *c = X509_CRL_new();
	bool preset = l.minutes_from == 0 && l.minutes_to == 0;
	ASN1_TIME *from = X509_gmtime_adj(NULL, preset ? -60 : l.minutes_from * 60L);
	ASN1_TIME *to = X509_gmtime_adj(NULL, preset ? 3600 : l.minutes_to * 60L);
	const struct cert *revoked[] = { l.revoked, l.also };
	BIO *b = BIO_new(BIO_s_mem());
	X509V3_CTX ctx;
	char *p, *copy;

	X509_CRL_set_version(c, 1);
	X509_CRL_set_issuer_name(c, X509_get_subject_name(l.issuer->x));
	X509_CRL_set1_lastUpdate(c, from);
	X509_CRL_set1_nextUpdate(c, to);
	for (int i = 0; i < l.more + 2; i++) {
		X509_REVOKED *r;
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		ASN1_INTEGER_set_uint64(serial, 0x1000000 + (uint64_t)i * 7919);
		if (i < 2 && revoked[i] == NULL) {
			ASN1_INTEGER_free(serial);
			continue;
		}
		r = X509_REVOKED_new();
		X509_REVOKED_set_serialNumber(
		    r, i < 2 ? X509_get_serialNumber(revoked[i]->x) : serial);
		X509_REVOKED_set_revocationDate(r, from);
		X509_CRL_add0_revoked(c, r);
		ASN1_INTEGER_free(serial);
	}
	X509V3_set_ctx(&ctx, l.issuer->x, NULL, NULL, c, 0);
	rig_list_extension(c, &ctx, NID_authority_key_identifier, "keyid");
	if (!l.no_number) {
		ASN1_INTEGER *number = ASN1_INTEGER_new();

		ASN1_INTEGER_set(number, 7);
		X509_CRL_add1_ext_i2d(c, NID_crl_number, number, l.critical_number, 0);
		ASN1_INTEGER_free(number);
	}
	rig_list_extension(c, &ctx, NID_issuing_distribution_point, l.idp);
	if (l.delta) {
		ASN1_INTEGER *base = ASN1_INTEGER_new();

		X509_CRL_add1_ext_i2d(c, NID_delta_crl, base, 1, 0);
		ASN1_INTEGER_free(base);
	}
	ck_assert_int_gt(X509_CRL_sign(c, l.signer != NULL ? l.signer->key : l.issuer->key,
			     l.sha1 ? EVP_sha1() : EVP_sha256()),
	    0);
	ck_assert_int_eq(l.pem ? PEM_write_bio_X509_CRL(b, c) : i2d_X509_CRL_bio(b, c), 1);
	*n = (size_t)BIO_get_mem_data(b, &p);
	copy = malloc(*n);
	memcpy(copy, p, *n);
	BIO_free(b);
	X509_CRL_free(c);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return copy;
}

/* "spki HEX" or "issuer HEX" of a key, for a revocation set. */
__attribute__((unused)) static void rig_spki_line(
    char *to, size_t n, const char *word, const struct cert *c)
{
	unsigned char *der = NULL, digest[32];
	int len = i2d_PUBKEY(c->key, &der);

	EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL);
	OPENSSL_free(der);
	snprintf(to, n, "%s ", word);
	for (int i = 0; i < 32; i++)
		snprintf(to + strlen(to), n - strlen(to), "%02x", digest[i]);
	snprintf(to + strlen(to), n - strlen(to), "\n");
}

#endif
