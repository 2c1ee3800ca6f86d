/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a CA is fit to sign: what clients would refuse later is refused here, with the reason. */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "certs/ca.h"

enum { EC_LEAST = 256, RSA_LEAST = 3072, WEAK_SIGNATURE = 100 };

/* The curves that browsers take; others would give a CA that nobody can verify. */
static bool curve_ok(EVP_PKEY *k)
{
	char name[32] = "";
	size_t n;

	if (EVP_PKEY_get_group_name(k, name, sizeof(name), &n) != 1)
		return false;
	return OBJ_txt2nid(name) == NID_X9_62_prime256v1 || OBJ_txt2nid(name) == NID_secp384r1 ||
	       OBJ_txt2nid(name) == NID_secp521r1;
}

/* Asked of the certificate: a key in a token shows nothing of itself. */
static const char *check_key(const struct ca *ca)
{
	EVP_PKEY *k = X509_get0_pubkey(ca->cert);

	if (k == NULL)
		return "the CA certificate's key cannot be read";
	if (EVP_PKEY_is_a(k, "RSA"))
		return EVP_PKEY_get_bits(k) < RSA_LEAST ? "the CA's RSA key has less than 3072 bits" : NULL;
	if (!EVP_PKEY_is_a(k, "EC"))
		return "the CA's key is neither EC nor RSA";
	if (EVP_PKEY_get_bits(k) < EC_LEAST)
		return "the CA's EC key has less than 256 bits";
	return curve_ok(k) ? NULL : "the CA's EC key is not on P-256, P-384 or P-521";
}

static const char *check_purpose(X509 *x)
{
	uint32_t flags = X509_get_extension_flags(x);

	if (X509_get_version(x) != X509_VERSION_3 || (flags & EXFLAG_INVALID) != 0)
		return "the CA certificate is malformed or of an old version";
	if ((flags & EXFLAG_BCONS) == 0 || (flags & EXFLAG_CA) == 0)
		return "the certificate is not for a CA (no basicConstraints CA:TRUE)";
	if ((flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(x) & KU_KEY_CERT_SIGN) == 0)
		return "the CA certificate's key usage does not allow to sign certificates "
		       "(no keyCertSign)";
	if ((flags & EXFLAG_XKUSAGE) != 0 &&
	    (X509_get_extended_key_usage(x) & (XKU_SSL_SERVER | XKU_ANYEKU)) == 0)
		return "the CA certificate's extended key usage leaves out servers";
	return NULL;
}

static const char *check_dates(struct ca *ca, int64_t now)
{
	if (!ca_time(X509_get0_notBefore(ca->cert), &ca->not_before) ||
	    !ca_time(X509_get0_notAfter(ca->cert), &ca->not_after))
		return "the CA certificate's dates are malformed";
	if (ca->not_after <= now)
		return "the CA certificate has expired";
	return ca->not_before > now ? "the CA certificate is not valid yet" : NULL;
}

/* A root's own signature is never looked at; an intermediate's is, by every client. */
static const char *check_signature(X509 *x)
{
	int bits = 0;

	if (X509_self_signed(x, 0) == 1)
		return NULL;
	return X509_get_signature_info(x, NULL, NULL, &bits, NULL) == 1 && bits >= WEAK_SIGNATURE
		   ? NULL
		   : "the CA certificate's signature is too weak (MD5 or SHA-1)";
}

/* Each certificate of the file has issued the one before it, and outlives today. */
static const char *check_above(struct ca *ca, int64_t now)
{
	X509 *below = ca->cert;

	for (int i = 0; i < sk_X509_num(ca->above); i++) {
		X509 *x = sk_X509_value(ca->above, i);
		int64_t end;

		if (X509_check_issued(x, below) != X509_V_OK ||
		    X509_verify(below, X509_get0_pubkey(x)) != 1)
			return "the certificates of the CA's file are no chain: each must have issued "
			       "the one before it";
		if (!ca_time(X509_get0_notAfter(x), &end) || end <= now)
			return "a certificate above the CA has expired";
		if (X509_check_ca(x) != 1)
			return "a certificate above the CA is not for a CA";
		below = x;
	}
	return NULL;
}

const char *ca_check(struct ca *ca, int64_t now)
{
	const char *why;

	if ((why = check_purpose(ca->cert)) != NULL || (why = check_key(ca)) != NULL ||
	    (why = check_dates(ca, now)) != NULL || (why = check_signature(ca->cert)) != NULL ||
	    (why = check_above(ca, now)) != NULL)
		return why;
	if (X509_get0_subject_key_id(ca->cert) == NULL)
		ca->hint = "the CA certificate has no subject key identifier; strict clients "
			   "refuse it";
	else if (X509_get_pathlen(ca->cert) != 0)
		ca->hint = "the CA certificate has no pathlen:0; whoever takes its key could make "
			   "further CAs with it";
	return NULL;
}
