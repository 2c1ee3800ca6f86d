/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks after a chain was found good (x509-limbo shows what OpenSSL 3.0 accepts): a leaf that
 * is a CA, names that are none, name constraints that are empty or reached by a wildcard.
 */
#include <libpsl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "core/err.h"
#include "mitm/verify_local.h"

/* Letters, digits, '-', '_' in labels that are not empty; maybe "*." first. */
static bool good_dns(const ASN1_IA5STRING *a)
{
	const unsigned char *p = ASN1_STRING_get0_data(a);
	int n = ASN1_STRING_length(a);
	bool dot = true; /* a label must begin here */

	for (int i = 0; i < n; i++) {
		bool alnum = (p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'z') ||
			     (p[i] >= 'A' && p[i] <= 'Z');
		bool star = p[i] == '*' && i == 0 && n > 2 && p[1] == '.';

		if ((!alnum && !star && p[i] != '-' && p[i] != '.' && p[i] != '_') ||
		    (dot && p[i] == '.'))
			return false;
		dot = p[i] == '.';
	}
	return !dot && n <= 255;
}

static struct str text(const ASN1_IA5STRING *a)
{
	return str_of((const char *)ASN1_STRING_get0_data(a), (size_t)ASN1_STRING_length(a));
}

/* "*.example.com" reaches a name that "bad.example.com" excludes: its parent is a suffix. */
static bool wildcard_reaches(struct str san, struct str excluded)
{
	struct str parent;

	if (san.n < 3 || san.p[0] != '*')
		return false;
	parent = str_sub(san, 1, san.n); /* ".example.com" */
	if (excluded.n > 0 && excluded.p[0] == '.')
		excluded = str_sub(excluded, 1, excluded.n);
	return str_isuffix(excluded, parent);
}

static bool empty_constraints(const NAME_CONSTRAINTS *nc)
{
	return (nc->permittedSubtrees == NULL ||
		   sk_GENERAL_SUBTREE_num(nc->permittedSubtrees) == 0) &&
	       (nc->excludedSubtrees == NULL || sk_GENERAL_SUBTREE_num(nc->excludedSubtrees) == 0);
}

static bool excluded_by(const NAME_CONSTRAINTS *nc, const GENERAL_NAMES *names)
{
	for (int i = 0;
	     nc->excludedSubtrees != NULL && i < sk_GENERAL_SUBTREE_num(nc->excludedSubtrees);
	     i++) {
		const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(nc->excludedSubtrees, i)->base;

		for (int k = 0; base->type == GEN_DNS && k < sk_GENERAL_NAME_num(names); k++) {
			const GENERAL_NAME *san = sk_GENERAL_NAME_value(names, k);

			if (san->type == GEN_DNS &&
			    wildcard_reaches(text(san->d.dNSName), text(base->d.dNSName)))
				return true;
		}
	}
	return false;
}

static int check_constraints(X509 *ca, const GENERAL_NAMES *names, const char **why)
{
	NAME_CONSTRAINTS *nc = X509_get_ext_d2i(ca, NID_name_constraints, NULL, NULL);
	int r = 0;

	if (nc == NULL)
		return 0;
	if (empty_constraints(nc)) {
		*why = "empty name constraints";
		r = -ERR_CERT_INVALID;
	} else if (excluded_by(nc, names)) {
		*why = "a wildcard reaches an excluded name";
		r = -ERR_CERT_INVALID;
	}
	NAME_CONSTRAINTS_free(nc);
	return r;
}

/* Kinds that browsers take; RSA in whole bytes, since odd sizes come from broken makers. */
bool verify_weak_key(const X509 *x)
{
	EVP_PKEY *k = X509_get0_pubkey(x);
	int bits = k != NULL ? EVP_PKEY_get_bits(k) : 0;

	if (k == NULL)
		return true;
	if (EVP_PKEY_is_a(k, "RSA") || EVP_PKEY_is_a(k, "RSA-PSS"))
		return bits < 2048 || bits % 8 != 0;
	return !EVP_PKEY_is_a(k, "EC") && !EVP_PKEY_is_a(k, "ED25519") && !EVP_PKEY_is_a(k, "ED448");
}

/* RFC 5280 section 4.1.2.2: positive, at most 20 octets. */
static bool good_serial(const X509 *x)
{
	const ASN1_INTEGER *n = X509_get0_serialNumber(x);
	const unsigned char *p = ASN1_STRING_get0_data(n);
	int len = ASN1_STRING_length(n), zero = 0;

	while (zero < len && p[zero] == 0)
		zero++;
	/* The highest bit takes an octet more. */
	return ASN1_STRING_type(n) == V_ASN1_INTEGER && zero < len && len + (p[0] >> 7) <= 20;
}

/* What each certificate that was sent must be; the anchors are the administrator's. */
static int check_sent(X509 *leaf, STACK_OF(X509) * chain, const char **why)
{
	int n = chain != NULL ? sk_X509_num(chain) : 0;

	for (int i = 0; i == 0 || i + 1 < n; i++) {
		X509 *x = i == 0 ? leaf : sk_X509_value(chain, i);

		if (verify_weak_key(x)) {
			*why = "a key of a kind or size that is not trusted";
			return -ERR_CERT_WEAK;
		}
		if (!good_serial(x)) {
			*why = "a serial number that none may have";
			return -ERR_CERT_INVALID;
		}
	}
	return 0;
}

/* "*.co.uk" would be everybody's: a wildcard right under a public suffix (the ICANN part of the
 * list: private registries do issue such, for instance for object stores). */
static bool too_wide(struct str san)
{
	char name[256];

	return san.n > 2 && san.p[0] == '*' && str_copy(str_sub(san, 2, san.n), name, sizeof(name)) == 0 &&
	       psl_is_public_suffix2(
		   psl_builtin(), name, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) == 1;
}

int verify_post(X509 *leaf, STACK_OF(X509) * chain, struct str name, const char **why)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	int r = 0;

	(void)name;
	if (names == NULL) {
		*why = "no subject alternative name";
		return -ERR_CERT_NAME;
	}
	/* Either says that it may issue: basic constraints, or key usage without them. */
	if ((X509_get_extension_flags(leaf) & EXFLAG_CA) != 0 || X509_check_ca(leaf) != 0) {
		*why = "the leaf is a CA";
		r = -ERR_CERT_INVALID;
	}
	for (int i = 0; r == 0 && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_DNS && !good_dns(g->d.dNSName)) {
			*why = "malformed name in the certificate";
			r = -ERR_CERT_INVALID;
		} else if (g->type == GEN_DNS && too_wide(text(g->d.dNSName))) {
			*why = "a wildcard over a public suffix";
			r = -ERR_CERT_INVALID;
		}
	}
	if (r == 0)
		r = check_sent(leaf, chain, why);
	for (int i = 1; r == 0 && chain != NULL && i < sk_X509_num(chain); i++)
		r = check_constraints(sk_X509_value(chain, i), names, why);
	GENERAL_NAMES_free(names);
	return r;
}
