/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Composing and signing a leaf by the one fixed profile. Every value of the wish is checked here
 * again: this is the last place before the CA's signature.
 */
#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "certs/ca.h"
#include "core/err.h"

enum { DAY = 86400, PAST_MAX = DAY, LIFE_MAX = 7 * DAY };
enum { SERIAL_BYTES = 16, CN_MAX = 64, SAN_BUDGET = 12288, SAN_OVERHEAD = 4 };

static bool names_ok(const struct leaf_wish *w)
{
	struct leaf_name unused;

	if (w->nnames == 0 || w->nnames > LEAF_MAX_NAMES)
		return false;
	for (size_t i = 0; i < w->nnames; i++)
		if (leaf_name_set(&unused, w->names[i].is_ip,
			str_of(w->names[i].text, strnlen(w->names[i].text, LEAF_NAME_MAX))) != 0)
			return false;
	return true;
}

static bool add_serial(X509 *x, char text[CA_SERIAL_TEXT])
{
	unsigned char raw[SERIAL_BYTES];
	BIGNUM *n = NULL;
	bool ok;

	/* Positive, never zero, and of one length: the upper byte is 0x40..0x7f (RFC 5280 4.1.2.2). */
	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return false;
	raw[0] = (unsigned char)((raw[0] & 0x3f) | 0x40);
	n = BN_bin2bn(raw, sizeof(raw), NULL);
	ok = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(text + 2 * i, 3, "%02x", raw[i]);
	return ok;
}

static bool add_dates(X509 *x, int64_t from, int64_t to)
{
	return ASN1_TIME_set(X509_getm_notBefore(x), from) != NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(x), to) != NULL;
}

/* A common name has 64 bytes at most; and under name constraints OpenSSL takes an address there for
 * a host's name, which is not permitted. */
static bool has_cn(const struct ca *ca, const struct leaf_wish *w)
{
	return strlen(w->names[0].text) <= CN_MAX && !(w->names[0].is_ip && ca->constraints_n > 0);
}

static bool add_subject(X509 *x, const struct ca *ca, const struct leaf_wish *w)
{
	const char *cn = w->names[0].text;

	return !has_cn(ca, w) ||
	       X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName,
		   V_ASN1_UTF8STRING, (const unsigned char *)cn, -1, -1, 0) == 1;
}

static ASN1_OCTET_STRING *address_of(const char *text)
{
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	unsigned char raw[16];
	int n = inet_pton(AF_INET, text, raw) == 1 ? 4 : inet_pton(AF_INET6, text, raw) == 1 ? 16 : 0;

	if (s == NULL || n == 0 || ASN1_OCTET_STRING_set(s, raw, n) != 1) {
		ASN1_OCTET_STRING_free(s);
		return NULL;
	}
	return s;
}

static GENERAL_NAME *general_name(const struct leaf_name *n)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_STRING *s = n->is_ip ? address_of(n->text) : ASN1_IA5STRING_new();

	if (g == NULL || s == NULL || (!n->is_ip && ASN1_STRING_set(s, n->text, -1) != 1)) {
		GENERAL_NAME_free(g);
		ASN1_STRING_free(s);
		return NULL;
	}
	GENERAL_NAME_set0_value(g, n->is_ip ? GEN_IPADD : GEN_DNS, s);
	return g;
}

static bool add_names(X509 *x, const struct ca *ca, const struct leaf_wish *w)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	bool ok = names != NULL;
	size_t size = 0;

	for (size_t i = 0; ok && i < w->nnames; i++) {
		GENERAL_NAME *g;

		size += strlen(w->names[i].text) + SAN_OVERHEAD;
		if (size > SAN_BUDGET)
			break;
		g = general_name(&w->names[i]);
		ok = g != NULL && sk_GENERAL_NAME_push(names, g) > 0;
		if (!ok)
			GENERAL_NAME_free(g);
	}
	ok = ok && X509_add1_ext_i2d(x, NID_subject_alt_name, names,
		       !has_cn(ca, w), X509V3_ADD_APPEND) == 1;
	GENERAL_NAMES_free(names);
	return ok;
}

static bool add_purpose(X509 *x)
{
	BASIC_CONSTRAINTS *leaf = BASIC_CONSTRAINTS_new(); /* CA:FALSE is its empty form */
	ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
	EXTENDED_KEY_USAGE *server = EXTENDED_KEY_USAGE_new();
	bool ok = leaf != NULL && usage != NULL && server != NULL &&
		  ASN1_BIT_STRING_set_bit(usage, 0, 1) == 1 && /* digitalSignature */
		  sk_ASN1_OBJECT_push(server, OBJ_nid2obj(NID_server_auth)) > 0 &&
		  X509_add1_ext_i2d(x, NID_basic_constraints, leaf, 1, X509V3_ADD_APPEND) == 1 &&
		  X509_add1_ext_i2d(x, NID_key_usage, usage, 1, X509V3_ADD_APPEND) == 1 &&
		  X509_add1_ext_i2d(x, NID_ext_key_usage, server, 0, X509V3_ADD_APPEND) == 1;

	BASIC_CONSTRAINTS_free(leaf);
	ASN1_BIT_STRING_free(usage);
	EXTENDED_KEY_USAGE_free(server);
	return ok;
}

/* The key identifier as the CA's certificate has it; without one clients match by name alone. */
static bool add_authority(X509 *x, const struct ca *ca)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(ca->cert);
	AUTHORITY_KEYID *a;
	bool ok;

	if (id == NULL)
		return true;
	a = AUTHORITY_KEYID_new();
	ok = a != NULL && (a->keyid = ASN1_OCTET_STRING_dup(id)) != NULL &&
	     X509_add1_ext_i2d(x, NID_authority_key_identifier, a, 0, X509V3_ADD_APPEND) == 1;
	AUTHORITY_KEYID_free(a);
	return ok;
}

static bool append_der(X509 *x, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);
	bool ok = n > 0 && n <= LEAF_DER_MAX && buf_append(out, der, (size_t)n) == 0;

	OPENSSL_free(der);
	return ok;
}

static bool compose(X509 *x, struct ca *ca, X509_PUBKEY *key, const struct leaf_wish *w)
{
	return X509_set_version(x, X509_VERSION_3) == 1 &&
	       X509_set_issuer_name(x, X509_get_subject_name(ca->cert)) == 1 &&
	       ca_put_key(x, key) && add_subject(x, ca, w) && add_purpose(x) &&
	       add_authority(x, ca) && add_names(x, ca, w);
}

/* The library's word on the whole; names were asked one by one before (ca_filter). */
static bool constraints_hold(const struct ca *ca, X509 *x, const char **why)
{
	if (ca->constraints_n > 0)
		X509_check_purpose(x, -1, 0); /* has the library look at the extensions */
	for (int i = 0; i < ca->constraints_n; i++)
		if (NAME_CONSTRAINTS_check(x, ca->constraints[i]) != X509_V_OK) {
			*why = ca_outside;
			return false;
		}
	return true;
}

static int64_t latest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int ca_sign(struct ca *ca, struct str spki, const struct leaf_wish *w, int64_t now,
    struct buf *der, int64_t *not_after, char serial[CA_SERIAL_TEXT], const char **why)
{
	int64_t from = latest(latest(w->not_before, ca->not_before), now - PAST_MAX);
	int64_t to = earliest(earliest(w->not_after, ca->not_after), now + LIFE_MAX);
	X509 *x = NULL;
	X509_PUBKEY *key;
	int r = -ERR_DENIED;

	*why = "a name is malformed";
	if (!names_ok(w))
		goto out;
	*why = "the certificate would not be valid at any time from now on";
	if (from >= to || to <= now)
		goto out;
	if ((key = ca_leaf_key(ca, spki, why)) == NULL)
		goto out;
	*why = "the certificate cannot be composed";
	x = X509_new();
	if (x == NULL || !compose(x, ca, key, w) || !add_dates(x, from, to) ||
	    !add_serial(x, serial) || X509_sign(x, ca->key, EVP_sha256()) <= 0 || !constraints_hold(ca, x, why) ||
	    !append_der(x, der))
		goto out;
	*not_after = to;
	r = 0;
out:
	X509_free(x);
	ERR_clear_error();
	return r;
}
