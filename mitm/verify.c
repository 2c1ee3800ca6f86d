/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verification of origins: X509_verify_cert in a loop that drops the intermediate it stumbled
 * on, then the checks that OpenSSL 3.0 lacks. The door to X.509 verification.
 */
#include "mitm/verify_local.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "core/err.h"
#include "mitm/complete.h"
#include "mitm/revoke_x509.h"

enum { VERIFY_ROUNDS = 32, VERIFY_CHAIN_MAX = 64, DEPTH = 16 };

int verify_err_of(int e)
{
	switch (e) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return -ERR_CERT_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return -ERR_CERT_NOT_YET;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return -ERR_CERT_SELF_SIGNED;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return -ERR_CERT_NAME;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return -ERR_CERT_WEAK;
	case X509_V_ERR_INVALID_PURPOSE:
		return -ERR_CERT_PURPOSE;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
		return -ERR_CERT_UNTRUSTED;
	default:
		return -ERR_CERT_INVALID;
	}
}

bool verify_params(
    const struct verify_store *s, X509_STORE_CTX *ctx, struct str name, const char *ip)
{
	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_flags(
	    p, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
	X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_SSL_SERVER);
	X509_VERIFY_PARAM_set_auth_level(p, 2);
	X509_VERIFY_PARAM_set_depth(p, s->depth >= 0 ? s->depth : DEPTH);
	if (s->at != 0)
		X509_VERIFY_PARAM_set_time(p, (time_t)s->at);
	X509_VERIFY_PARAM_set_hostflags(
	    p, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (name.n > 0)
		return X509_VERIFY_PARAM_set1_host(p, name.p, name.n) == 1;
	return X509_VERIFY_PARAM_set1_ip_asc(p, ip) == 1;
}

static bool drop(STACK_OF(X509) * untrusted, const X509 *culprit)
{
	for (int i = 0; culprit != NULL && i < sk_X509_num(untrusted); i++)
		if (X509_cmp(sk_X509_value(untrusted, i), culprit) == 0) {
			sk_X509_delete(untrusted, i);
			return true;
		}
	return false;
}

/*
 * Drop the sent certificate that an attempt stumbled on, so that the next one takes another
 * path: the one in error; for a fault that shows at the leaf, one that constrains names, or the
 * uppermost. False when no sent one is left in the path.
 */
static bool drop_culprit(X509_STORE_CTX *ctx, STACK_OF(X509) * untrusted)
{
	STACK_OF(X509) *built = X509_STORE_CTX_get0_chain(ctx);
	int n = built != NULL ? sk_X509_num(built) : 0;

	if (X509_STORE_CTX_get_error_depth(ctx) > 0 &&
	    drop(untrusted, X509_STORE_CTX_get_current_cert(ctx)))
		return true;
	for (int i = n - 1; i > 0; i--) {
		X509 *x = sk_X509_value(built, i);

		if (X509_get_ext_by_NID(x, NID_name_constraints, -1) >= 0 && drop(untrusted, x))
			return true;
	}
	for (int i = n - 1; i > 0; i--)
		if (drop(untrusted, sk_X509_value(built, i)))
			return true;
	return false;
}

/* Wrong name or dead leaf: another path would not help. */
static bool hopeless(int e)
{
	return e == X509_V_ERR_HOSTNAME_MISMATCH || e == X509_V_ERR_IP_ADDRESS_MISMATCH ||
	       e == X509_V_ERR_OUT_OF_MEM;
}

/*
 * One attempt: X509_V_OK, or the error; *again when another path is left. *chain: the path; where
 * attempts fail, that of the first.
 */
static int attempt(struct verify_store *s, X509 *leaf, STACK_OF(X509) * untrusted, struct str name,
    const char *ip, bool *again, STACK_OF(X509) * *chain)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int e = X509_V_ERR_OUT_OF_MEM;

	*again = false;
	if (ctx == NULL || X509_STORE_CTX_init(ctx, s->store, leaf, untrusted) != 1)
		goto out;
	e = X509_V_ERR_HOSTNAME_MISMATCH;
	if (!verify_params(s, ctx, name, ip)) /* no name and no address to look for */
		goto out;
	if (X509_verify_cert(ctx) == 1) {
		e = X509_V_OK;
		sk_X509_pop_free(*chain, X509_free);
		*chain = X509_STORE_CTX_get1_chain(ctx);
		goto out;
	}
	e = X509_STORE_CTX_get_error(ctx);
	if (*chain == NULL)
		*chain = X509_STORE_CTX_get1_chain(ctx);
	if (e == X509_V_OK)
		e = X509_V_ERR_UNSPECIFIED;
	*again = !hopeless(e) && drop_culprit(ctx, untrusted);
out:
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return e;
}

static bool issued_by_own(const struct verify_store *s, STACK_OF(X509) * chain)
{
	EVP_PKEY *own = s->own != NULL ? X509_get0_pubkey(s->own) : NULL;

	for (int i = 0; own != NULL && chain != NULL && i < sk_X509_num(chain); i++)
		if (X509_cmp(sk_X509_value(chain, i), s->own) == 0 ||
		    EVP_PKEY_eq(X509_get0_pubkey(sk_X509_value(chain, i)), own) == 1)
			return true;
	return false;
}

/* A leaf that our own CA's key signed, under whatever name; asked where nothing else trusts it. */
static bool signed_by_own(const struct verify_store *s, X509 *leaf)
{
	bool yes = s->own != NULL && X509_verify(leaf, X509_get0_pubkey(s->own)) == 1;

	ERR_clear_error();
	return yes;
}

uint32_t verify_bit_of(int err)
{
	static const struct {
		int err;
		enum tls_error bit;
	} bits[] = {
		{ -ERR_CERT_EXPIRED, TLS_ERROR_EXPIRED },
		{ -ERR_CERT_NOT_YET, TLS_ERROR_NOT_YET },
		{ -ERR_CERT_SELF_SIGNED, TLS_ERROR_SELF_SIGNED },
		{ -ERR_CERT_UNTRUSTED, TLS_ERROR_UNTRUSTED },
		{ -ERR_CERT_INCOMPLETE, TLS_ERROR_INCOMPLETE },
		{ -ERR_CERT_NAME, TLS_ERROR_NAME },
		{ -ERR_CERT_REVOKED, TLS_ERROR_REVOKED },
		{ -ERR_CERT_REVOCATION_UNKNOWN, TLS_ERROR_REVOCATION_UNKNOWN },
		{ -ERR_CERT_WEAK, TLS_ERROR_WEAK },
		{ -ERR_TLS_OLD, TLS_ERROR_OLD_PROTOCOL },
	};

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (bits[i].err == err)
			return TLS_ERROR_BIT(bits[i].bit);
	return err == 0 ? 0 : TLS_ERROR_BIT(TLS_ERROR_INVALID);
}

static int judge(struct verify_report *out, int err, const char *why)
{
	out->err = err;
	out->errors = verify_bit_of(err);
	out->why = err != 0 ? why : "";
	return err;
}

/* X509_pubkey_digest() leaves out the algorithm; lists of keys everywhere hash the whole SPKI. */
static void spki_digest(X509 *x, unsigned char to[VERIFY_DIGEST])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);

	if (n > 0)
		SHA256(der, (size_t)n, to);
	OPENSSL_free(der);
}

/* A path that was sent up to its root lacks nothing but trust. */
static bool ends_in_root(STACK_OF(X509) * path)
{
	int n = path != NULL ? sk_X509_num(path) : 0;

	return n > 0 && X509_self_signed(sk_X509_value(path, n - 1), 0) == 1;
}

static int verify_path(struct verify_store *s, X509 *leaf, STACK_OF(X509) * untrusted,
    struct str name, const char *ip, const char **why, STACK_OF(X509) * *path)
{
	STACK_OF(X509) *chain = NULL;
	bool again = true;
	int e = X509_V_ERR_OUT_OF_MEM, first = X509_V_OK, r;

	for (int i = 0; i < VERIFY_ROUNDS && again; i++) {
		e = attempt(s, leaf, untrusted, name, ip, &again, &chain);
		if (i == 0)
			first = e; /* the sent chain's own fault is what is told */
	}
	r = e == X509_V_OK ? verify_post(leaf, chain, name, why) : verify_err_of(first);
	if (e != X509_V_OK)
		*why = X509_verify_cert_error_string(first);
	if (r == -ERR_CERT_UNTRUSTED && !ends_in_root(chain))
		r = -ERR_CERT_INCOMPLETE;
	if (issued_by_own(s, chain) || (r != 0 && signed_by_own(s, leaf))) {
		*why = "issued by this gateway's own CA";
		r = -ERR_CERT_PROXY_CA;
	}
	*path = chain;
	ERR_clear_error();
	return r;
}

int verify_x509(struct verify_store *s, X509 *leaf, STACK_OF(X509) * sent, struct str name,
    const char *ip, struct verify_report *out, STACK_OF(X509) * *path)
{
	STACK_OF(X509) *built = NULL;
	STACK_OF(X509) *untrusted = sk_X509_dup(sent);
	const char *why = "the chain is too long";
	int r = -ERR_CERT_INVALID;

	*out = (struct verify_report){ 0 };
	spki_digest(leaf, out->spki);
	if (untrusted != NULL && sk_X509_num(sent) <= VERIFY_CHAIN_MAX)
		r = verify_path(s, leaf, untrusted, name, ip, &why, &built);
	sk_X509_free(untrusted);
	judge(out, r, why);
	if (r != 0 && r != -ERR_CERT_PROXY_CA && sk_X509_num(sent) <= VERIFY_CHAIN_MAX)
		out->errors = verify_faults(s, leaf, built, name, ip, r);
	revoke_path(s->revoke, built, s->at != 0 ? s->at : (int64_t)time(NULL), out);
	if (path != NULL)
		*path = built;
	else
		sk_X509_pop_free(built, X509_free);
	return out->err;
}

static int verify_with_preloaded(struct verify_store *s, X509 *leaf, STACK_OF(X509) * sent,
    struct str name, const char *ip, struct verify_report *out)
{
	const struct completion with = { .store = s, .name = name, .ip = ip };
	STACK_OF(X509) *path = NULL;
	enum tls_source source;

	verify_completed(&with, leaf, sent, out, &path, &source);
	sk_X509_pop_free(path, X509_free);
	return out->err;
}

int verify_chain(struct verify_store *s, const struct str *chain, size_t n, struct str name,
    const char *ip, struct verify_report *out)
{
	STACK_OF(X509) *sent = sk_X509_new_null();
	const char *why = "no certificate";
	X509 *leaf = NULL;
	int r = sent != NULL && n > 0 ? 0 : -ERR_CERT_INVALID;

	*out = (struct verify_report){ 0 };
	for (size_t i = 0; i < n && r == 0; i++) {
		const unsigned char *p = (const unsigned char *)chain[i].p;
		X509 *x = d2i_X509(NULL, &p, (long)chain[i].n);

		if (x == NULL) {
			why = "a certificate cannot be read";
			r = -ERR_CERT_INVALID;
		} else if (i == 0) {
			leaf = x;
		} else {
			sk_X509_push(sent, x);
		}
	}
	if (r == 0)
		r = verify_with_preloaded(s, leaf, sent, name, ip, out);
	else
		judge(out, r, why);
	X509_free(leaf);
	sk_X509_pop_free(sent, X509_free);
	ERR_clear_error();
	return r;
}
