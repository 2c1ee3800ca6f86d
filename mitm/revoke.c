/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known about a path's certificates, from each source, and what follows from it. */
#include "mitm/revoke.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "mitm/revoke_local.h"

enum { PATH_MAX_LEN = 64, FEATURE_STATUS_REQUEST = 5 };

struct revoke {
	atomic_uint refs;
	struct revoke_set set;
	struct crls crls;
};

struct revoke *revoke_new(const struct revoke_file *set, const struct revoke_file *lists, size_t n,
    char *why, size_t why_n)
{
	struct revoke *r = calloc(1, sizeof(*r));
	int err = r != NULL ? revoke_set_read(&r->set, set, why, why_n) : -ERR_NOMEM;

	if (r == NULL)
		return NULL;
	atomic_init(&r->refs, 1);
	for (size_t i = 0; i < n && err == 0; i++)
		err = crls_read(&r->crls, &lists[i], why, why_n);
	crls_sort(&r->crls);
	if (err == 0)
		return r;
	revoke_free(r);
	return NULL;
}

struct revoke *revoke_ref(struct revoke *r)
{
	if (r != NULL)
		atomic_fetch_add(&r->refs, 1);
	return r;
}

void revoke_free(struct revoke *r)
{
	if (r == NULL || atomic_fetch_sub(&r->refs, 1) > 1)
		return;
	revoke_set_free(&r->set);
	crls_free(&r->crls);
	free(r);
}

struct revoke_counts revoke_counts(const struct revoke *r)
{
	struct revoke_counts c = {
		.keys = r->set.keys.n, .serials = r->set.pairs.n, .lists = r->crls.n
	};

	for (size_t i = 0; i < r->crls.n; i++) {
		c.listed += r->crls.at[i].listed.n;
		c.old += r->crls.at[i].until < (int64_t)time(NULL);
	}
	return c;
}

struct crls *revoke_crls(struct revoke *r)
{
	return &r->crls;
}

/* ---- small readers ---- */

/* RSASSA-PSS names its digest in its parameters; absent, it is SHA-1. */
static int pss_digest(const X509_ALGOR *alg)
{
	RSA_PSS_PARAMS *pss = NULL;
	const ASN1_OBJECT *hash = NULL;
	int nid = NID_sha1;

	if (alg->parameter != NULL && alg->parameter->type == V_ASN1_SEQUENCE)
		pss = ASN1_item_unpack(
		    alg->parameter->value.sequence, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	if (pss != NULL && pss->hashAlgorithm != NULL) {
		X509_ALGOR_get0(&hash, NULL, NULL, pss->hashAlgorithm);
		nid = OBJ_obj2nid(hash);
	}
	RSA_PSS_PARAMS_free(pss);
	return nid;
}

bool revoke_weak(const X509_ALGOR *alg)
{
	int nid = OBJ_obj2nid(alg->algorithm), md = NID_undef, key = NID_undef;

	if (nid == NID_ED25519 || nid == NID_ED448)
		return false;
	if (nid == NID_rsassaPss)
		md = pss_digest(alg);
	else
		OBJ_find_sigid_algs(nid, &md, &key);
	return md != NID_sha256 && md != NID_sha384 && md != NID_sha512 && md != NID_sha3_256 &&
	       md != NID_sha3_384 && md != NID_sha3_512;
}

int64_t revoke_time(const ASN1_TIME *t)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return -1;
	return timegm(&tm);
}

bool revoke_spki(const X509 *x, unsigned char to[VERIFY_DIGEST])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);

	if (n > 0)
		SHA256(der, (size_t)n, to);
	OPENSSL_free(der);
	return n > 0;
}

/* ---- keys that everybody knows ---- */

static const struct known {
	const char *name, *spki;
} known[] = {
#define KNOWN_KEY(name, spki) { name, spki },
#include "mitm/revoke_keys.def"
#undef KNOWN_KEY
};

bool revoke_known_key(const unsigned char spki[VERIFY_DIGEST])
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * VERIFY_DIGEST + 1] = "";

	for (int i = 0; i < VERIFY_DIGEST; i++) {
		hex[2 * i] = digits[spki[i] >> 4];
		hex[2 * i + 1] = digits[spki[i] & 15];
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (memcmp(hex, known[i].spki, sizeof(hex) - 1) == 0)
			return true;
	return false;
}

/* ---- a path ---- */

static void revoked(struct verify_report *out, enum revocation_source by, const char *why)
{
	out->revocation = REVOCATION_REVOKED;
	out->revocation_by = by;
	out->revocation_why = why;
	out->revocation_until = 0;
	out->errors |= TLS_ERROR_BIT(TLS_ERROR_REVOKED);
	if (out->err == 0) {
		out->err = -ERR_CERT_REVOKED;
		out->why = why;
	}
}

bool revoke_blocked(const struct revoke *r, const X509 *x, const X509 *issuer,
    enum revocation_source *by, const char **why)
{
	unsigned char own[VERIFY_DIGEST], above[VERIFY_DIGEST], serial[SERIAL_KEY];
	const ASN1_INTEGER *n = X509_get0_serialNumber(x);

	*by = REVOCATION_BY_KEY;
	*why = "a key that is publicly known";
	if (!revoke_spki(x, own) || revoke_known_key(own))
		return true;
	*by = REVOCATION_BY_SET;
	*why = "a key of the revocation set";
	if (r != NULL && revoke_set_key(&r->set, own))
		return true;
	if (r == NULL || issuer == NULL || r->set.pairs.n == 0 || !revoke_spki(issuer, above))
		return false;
	*why = "a serial number of the revocation set";
	serial_key(ASN1_STRING_get0_data(n), (size_t)ASN1_STRING_length(n), serial);
	return revoke_set_serial(&r->set, above, serial);
}

/* Can the chain say anything about itself? Not where it ends nowhere. */
static bool anchored(const struct verify_report *out)
{
	return (out->errors &
		   (TLS_ERROR_BIT(TLS_ERROR_UNTRUSTED) | TLS_ERROR_BIT(TLS_ERROR_SELF_SIGNED) |
		       TLS_ERROR_BIT(TLS_ERROR_INCOMPLETE) | TLS_ERROR_BIT(TLS_ERROR_INVALID))) ==
	       0;
}

/* The lists about each certificate that has an issuer in the path. False: revoked. */
static bool ask_lists(
    struct crls *crls, STACK_OF(X509) * path, int64_t now, struct verify_report *out)
{
	int64_t until = 0, least = INT64_MAX;
	bool unknown = false, leaf = false;

	for (int i = 0; i + 1 < sk_X509_num(path) && crls->n > 0; i++) {
		X509 *issuer = sk_X509_value(path, i + 1);
		unsigned char spki[VERIFY_DIGEST];
		const char *why = "";

		if (!revoke_spki(issuer, spki))
			return true;
		switch (crls_ask(crls, sk_X509_value(path, i), issuer, spki, now, &until, &why)) {
		case CRL_REVOKED:
			revoked(out, REVOCATION_BY_CRL,
			    "a certificate of its issuer's revocation list");
			return false;
		case CRL_UNKNOWN:
			unknown = true;
			out->revocation_why = why;
			break;
		case CRL_GOOD:
			leaf |= i == 0;
			least = until < least ? until : least;
			break;
		case CRL_NONE:
			break;
		}
	}
	if (leaf && !unknown) {
		out->revocation = REVOCATION_GOOD;
		out->revocation_by = REVOCATION_BY_CRL;
		out->revocation_until = least;
	}
	return true;
}

void revoke_path(
    struct revoke *r, STACK_OF(X509) * path, int64_t now, struct verify_report *out)
{
	int n = path != NULL ? sk_X509_num(path) : 0;

	if (n == 0)
		return;
	out->revocation = REVOCATION_UNKNOWN;
	out->revocation_why = "";
	for (int i = 0; i < n && i < PATH_MAX_LEN; i++) {
		const X509 *issuer = i + 1 < n ? sk_X509_value(path, i + 1) : NULL;
		enum revocation_source by;
		const char *why;

		if (revoke_blocked(r, sk_X509_value(path, i), issuer, &by, &why)) {
			revoked(out, by, why);
			return;
		}
	}
	if (r != NULL && anchored(out))
		ask_lists(&r->crls, path, now, out);
}

bool revoke_staple(
    struct revoke *r, STACK_OF(X509) * path, struct str der, int64_t age, struct verify_report *out)
{
	const char *why = "";
	int64_t until = 0;

	if (der.n == 0 || path == NULL || sk_X509_num(path) < 2)
		return false;
	switch (staple_read(
	    r, sk_X509_value(path, 0), sk_X509_value(path, 1), der, age, &until, &why)) {
	case STAPLE_REVOKED:
		if (out->revocation != REVOCATION_REVOKED)
			revoked(out, REVOCATION_BY_STAPLE, why);
		return false;
	case STAPLE_UNKNOWN:
		if (out->revocation == REVOCATION_UNKNOWN)
			out->revocation_why = why;
		return false;
	default:
		break;
	}
	/* A list about an intermediate that is out of date stays so; an issuer whom nobody trusts
	 * fulfils what its own certificate demands, and proves nothing. */
	if (out->revocation == REVOCATION_UNKNOWN && out->revocation_why[0] == '\0' &&
	    anchored(out)) {
		out->revocation = REVOCATION_GOOD;
		out->revocation_by = REVOCATION_BY_STAPLE;
		out->revocation_until = until;
	}
	return true;
}

/* ---- what follows ---- */

static bool demands_staple(const X509 *x)
{
	TLS_FEATURE *f = X509_get_ext_d2i(x, NID_tlsfeature, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_ASN1_INTEGER_num(f) && !found; i++)
		found = ASN1_INTEGER_get(sk_ASN1_INTEGER_value(f, i)) == FEATURE_STATUS_REQUEST;
	TLS_FEATURE_free(f);
	ERR_clear_error();
	return found;
}

/* An issuer with the extension binds what it issues, whether that repeats it or not. */
bool revoke_must_staple(STACK_OF(X509) * path)
{
	for (int i = 0; path != NULL && i < sk_X509_num(path); i++)
		if (demands_staple(sk_X509_value(path, i)))
			return true;
	return false;
}

void revoke_settle(STACK_OF(X509) * path, bool stapled, bool hard, struct verify_report *out)
{
	if (!stapled && revoke_must_staple(path)) {
		out->errors |= TLS_ERROR_BIT(TLS_ERROR_INVALID);
		if (out->err == 0) {
			out->err = -ERR_CERT_STAPLE;
			out->why = "it demands a stapled answer, and none that is good came";
		}
	}
	if (hard && out->revocation == REVOCATION_UNKNOWN) {
		out->errors |= TLS_ERROR_BIT(TLS_ERROR_REVOCATION_UNKNOWN);
		if (out->err == 0) {
			out->err = -ERR_CERT_REVOCATION_UNKNOWN;
			out->why = out->revocation_why[0] != '\0'
				       ? out->revocation_why
				       : "no staple, and no list about it";
		}
	}
}
