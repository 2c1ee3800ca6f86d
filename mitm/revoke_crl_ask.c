/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking revocation lists: which of them speak for a certificate, and what they say. */
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <string.h>

#include "mitm/revoke_local.h"

/* The lists of an issuer's name stand side by side: the first of them, or the end. */
static size_t first_of(const struct crls *c, const X509_NAME *issuer)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (X509_NAME_cmp(c->at[middle].issuer, issuer) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The list names another key of an issuer of this name (CAs that renewed theirs). */
static bool other_key(const struct crl *c, X509 *issuer)
{
	const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(issuer);

	return c->key != NULL && c->key->keyid != NULL && own != NULL &&
	       ASN1_OCTET_STRING_cmp(c->key->keyid, own) != 0;
}

/*
 * Verified once for an issuer's key: afterwards what was signed is no longer kept. So is one
 * refusal remembered, lest ten megabytes be hashed for each handshake.
 */
static bool signed_by(struct crl *c, X509 *issuer, const unsigned char spki[VERIFY_DIGEST])
{
	const X509_ALGOR *alg = NULL;
	const ASN1_BIT_STRING *sig = NULL;

	if (c->verified)
		return memcmp(c->verified_by, spki, VERIFY_DIGEST) == 0;
	if (c->refused && memcmp(c->refused_by, spki, VERIFY_DIGEST) == 0)
		return false;
	X509_CRL_get0_signature(c->head, &sig, &alg);
	c->verified = ASN1_item_verify(ASN1_ITEM_rptr(ASN1_SEQUENCE), alg, sig, c->signed_part,
			  X509_get0_pubkey(issuer)) == 1;
	ERR_clear_error();
	c->refused = !c->verified;
	memcpy(c->verified ? c->verified_by : c->refused_by, spki, VERIFY_DIGEST);
	if (c->verified) {
		ASN1_STRING_free(c->signed_part);
		c->signed_part = NULL;
	}
	return c->verified;
}

static bool share_a_name(const GENERAL_NAMES *a, const GENERAL_NAMES *b)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(a); i++)
		for (int k = 0; k < sk_GENERAL_NAME_num(b); k++)
			if (GENERAL_NAME_cmp(
				sk_GENERAL_NAME_value(a, i), sk_GENERAL_NAME_value(b, k)) == 0)
				return true;
	return false;
}

/* The certificate says that it would be found at the list's distribution point. */
static bool points_to(X509 *x, const DIST_POINT_NAME *place)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_DIST_POINT_num(points) && place->type == 0 && !found; i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);

		found = p->distpoint != NULL && p->distpoint->type == 0 && p->CRLissuer == NULL &&
			share_a_name(p->distpoint->name.fullname, place->name.fullname);
	}
	sk_DIST_POINT_pop_free(points, DIST_POINT_free);
	return found;
}

/* Would x be in this list if it were revoked? */
static bool in_scope(const struct crl *c, X509 *x)
{
	const ISSUING_DIST_POINT *s = c->scope;
	bool ca = X509_check_ca(x) != 0;

	if (s == NULL)
		return true;
	if ((s->onlyuser > 0 && ca) || (s->onlyCA > 0 && !ca) || s->onlysomereasons != NULL)
		return false;
	return s->distpoint == NULL || points_to(x, s->distpoint);
}

static bool may_sign_lists(X509 *issuer)
{
	return (X509_get_key_usage(issuer) & X509v3_KU_CRL_SIGN) != 0;
}

static enum crl_answer ask(struct crl *c, X509 *x, X509 *issuer,
    const unsigned char spki[VERIFY_DIGEST], const unsigned char serial[SERIAL_KEY], int64_t now,
    const char **why)
{
	if (other_key(c, issuer))
		return CRL_NONE;
	if (!may_sign_lists(issuer)) {
		*why = "the issuer may not sign revocation lists";
		return CRL_UNKNOWN;
	}
	if (!signed_by(c, issuer, spki)) {
		*why = "the issuer's revocation list has a wrong signature";
		return CRL_UNKNOWN;
	}
	/* What was revoked stays so, also where the list is old or for a part only. */
	if (table_find(&c->listed, serial, SERIAL_KEY) != NULL)
		return CRL_REVOKED;
	if (!in_scope(c, x))
		return CRL_NONE;
	if (c->until < now || c->from > now + REVOKE_SKEW) {
		*why = "the issuer's revocation list is out of date";
		return CRL_UNKNOWN;
	}
	return CRL_GOOD;
}

enum crl_answer crls_ask(struct crls *c, X509 *x, X509 *issuer,
    const unsigned char spki[VERIFY_DIGEST], int64_t now, int64_t *until, const char **why)
{
	const X509_NAME *name = X509_get_subject_name(issuer);
	const ASN1_INTEGER *n = X509_get0_serialNumber(x);
	enum crl_answer answer = CRL_NONE;
	unsigned char serial[SERIAL_KEY];

	if (c->n == 0)
		return CRL_NONE;
	serial_key(ASN1_STRING_get0_data(n), (size_t)ASN1_STRING_length(n), serial);
	for (size_t i = first_of(c, name);
	     i < c->n && X509_NAME_cmp(c->at[i].issuer, name) == 0 && answer != CRL_REVOKED; i++) {
		enum crl_answer a = ask(&c->at[i], x, issuer, spki, serial, now, why);

		/* One that is in force is enough: older ones may lie beside it. */
		if (a == CRL_REVOKED || a == CRL_GOOD || answer == CRL_NONE) {
			answer = a;
			*until = c->at[i].until;
		}
	}
	return answer;
}
