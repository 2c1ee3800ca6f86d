/* SPDX-License-Identifier: BSD-2-Clause */
/* Which leaf keys the CA signs: two exact forms, never its own, each parsed once. */
#include <openssl/ec.h>
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

static EVP_PKEY *read_key(struct ca *ca, struct str spki, const char **why)
{
	const unsigned char *p = (const unsigned char *)spki.p;
	EVP_PKEY *k = d2i_PUBKEY(NULL, &p, (long)spki.n);

	if (k == NULL || p != (const unsigned char *)spki.p + spki.n)
		*why = "the leaf key is malformed";
	else if (!key_type_ok(k, spki) || !same_bytes(k, spki))
		*why = "the leaf key is of a kind that is not signed";
	else if (EVP_PKEY_eq(k, ca->key) == 1)
		*why = "the leaf key is the CA's own";
	else
		return k;
	EVP_PKEY_free(k);
	return NULL;
}

EVP_PKEY *ca_leaf_key(struct ca *ca, struct str spki, const char **why)
{
	struct known_key *slot;
	EVP_PKEY *k;

	for (size_t i = 0; i < CA_KNOWN_KEYS; i++)
		if (ca->known[i].key != NULL &&
		    str_eq(str_of((char *)ca->known[i].spki, ca->known[i].n), spki))
			return ca->known[i].key;
	*why = "the leaf key is malformed";
	if (spki.n == 0 || spki.n > SIGNER_SPKI_MAX || (k = read_key(ca, spki, why)) == NULL)
		return NULL;
	slot = &ca->known[ca->next_known++ % CA_KNOWN_KEYS];
	EVP_PKEY_free(slot->key);
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
	return r == 0 ? NULL : why;
}
