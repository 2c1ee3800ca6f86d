/* SPDX-License-Identifier: BSD-2-Clause */
/* Which leaf keys the CA signs: two exact forms, never its own, each parsed once. */
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <string.h>

#include "certs/ca.h"
#include "core/err.h"

enum { RSA_LEAST = 2048, RSA_MOST = 4096 };

/* SubjectPublicKeyInfo of an uncompressed point on P-256 (RFC 5480): the only EC form taken. */
static const unsigned char p256_head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
	0x42, 0x00, 0x04 };
enum { P256_SPKI = sizeof(p256_head) + 64 };

static bool key_type_ok(EVP_PKEY *k, struct str spki)
{
	int bits = EVP_PKEY_get_bits(k);

	if (EVP_PKEY_is_a(k, "EC"))
		return spki.n == P256_SPKI && memcmp(spki.p, p256_head, sizeof(p256_head)) == 0;
	return EVP_PKEY_is_a(k, "RSA") && bits >= RSA_LEAST && bits <= RSA_MOST;
}

/* The bytes are exactly how we would write the key: nothing else hides in them. */
static bool same_bytes(EVP_PKEY *k, struct str spki)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(k, &der);
	bool same = n > 0 && str_eq(str_of((char *)der, (size_t)n), spki);

	OPENSSL_free(der);
	return same;
}

static const char *check(struct ca *ca, EVP_PKEY *k, struct str spki)
{
	if (k == NULL)
		return "the leaf key is malformed";
	if (!key_type_ok(k, spki) || !same_bytes(k, spki))
		return "the leaf key is of a kind that is not signed";
	return EVP_PKEY_eq(k, X509_get0_pubkey(ca->cert)) == 1 ? "the leaf key is the CA's own" : NULL;
}

static X509_PUBKEY *read_key(struct ca *ca, struct str spki, const char **why)
{
	const unsigned char *p = (const unsigned char *)spki.p;
	X509_PUBKEY *k = d2i_X509_PUBKEY(NULL, &p, (long)spki.n);

	*why = "the leaf key is malformed";
	if (k != NULL && p == (const unsigned char *)spki.p + spki.n)
		*why = check(ca, X509_PUBKEY_get0(k), spki);
	if (*why == NULL)
		return k;
	X509_PUBKEY_free(k);
	return NULL;
}

bool ca_put_key(X509 *x, X509_PUBKEY *key)
{
	const unsigned char *bits;
	const void *value;
	X509_ALGOR *alg;
	ASN1_OBJECT *type;
	void *copy = NULL;
	unsigned char *mine;
	int n, kind;

	if (X509_PUBKEY_get0_param(&type, &bits, &n, &alg, key) != 1)
		return false;
	X509_ALGOR_get0(NULL, &kind, &value, alg);
	if (kind == V_ASN1_OBJECT && (copy = OBJ_dup(value)) == NULL)
		return false;
	mine = OPENSSL_memdup(bits, (size_t)n);
	if (mine != NULL &&
	    X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x), OBJ_dup(type), kind, copy, mine, n) == 1)
		return true;
	ASN1_OBJECT_free(copy);
	OPENSSL_free(mine);
	return false;
}

X509_PUBKEY *ca_leaf_key(struct ca *ca, struct str spki, const char **why)
{
	struct known_key *slot;
	X509_PUBKEY *k;

	for (size_t i = 0; i < CA_KNOWN_KEYS; i++)
		if (ca->known[i].key != NULL &&
		    str_eq(str_of((char *)ca->known[i].spki, ca->known[i].n), spki))
			return ca->known[i].key;
	*why = "the leaf key is malformed";
	if (spki.n == 0 || spki.n > SIGNER_SPKI_MAX || (k = read_key(ca, spki, why)) == NULL)
		return NULL;
	slot = &ca->known[ca->next_known++ % CA_KNOWN_KEYS];
	X509_PUBKEY_free(slot->key);
	slot->key = k;
	slot->n = spki.n;
	memcpy(slot->spki, spki.p, spki.n);
	return k;
}

const char *ca_try(struct ca *ca, int64_t now)
{
	struct leaf_wish w = { .nnames = 1, .not_before = now, .not_after = INT64_MAX };
	EVP_PKEY *k = EVP_EC_gen("P-256");
	char serial[CA_SERIAL_TEXT];
	const char *why = "no key can be made";
	unsigned char *spki = NULL;
	int n = k != NULL ? i2d_PUBKEY(k, &spki) : -1;
	struct buf der;
	int64_t end;
	int r = -ERR_DENIED;

	buf_init(&der, LEAF_DER_MAX);
	if (n > 0 && leaf_name_set(&w.names[0], false, STR("try.invalid")) == 0)
		r = ca_sign(ca, str_of((char *)spki, (size_t)n), &w, now, &der, &end, serial, &why);
	buf_free(&der);
	OPENSSL_free(spki);
	EVP_PKEY_free(k);
	return r == 0 || why == ca_outside ? NULL : why; /* it was signed, which is what was tried */
}
