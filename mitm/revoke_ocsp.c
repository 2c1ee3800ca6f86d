/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a stapled OCSP response (RFC 6960) as a stranger's bytes: OpenSSL's OCSP API does the
 * verification; who may answer, about whom and for how long is held narrower here.
 */
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <string.h>

#include "mitm/revoke_local.h"

enum { STAPLE_MAX = 32768, ANSWERS_MAX = 32 };

/* The response about leaf as issued by issuer; NULL if there is none. */
static OCSP_SINGLERESP *find_answer(OCSP_BASICRESP *basic, X509 *leaf, X509 *issuer)
{
	OCSP_SINGLERESP *found = NULL;

	for (int i = 0; i < OCSP_resp_count(basic) && i < ANSWERS_MAX && found == NULL; i++) {
		OCSP_SINGLERESP *s = OCSP_resp_get0(basic, i);
		const OCSP_CERTID *about = OCSP_SINGLERESP_get0_id(s);
		ASN1_INTEGER *serial = NULL;
		ASN1_OBJECT *digest = NULL;
		const EVP_MD *md;
		OCSP_CERTID *ours;

		OCSP_id_get0_info(NULL, &digest, NULL, &serial, (OCSP_CERTID *)(uintptr_t)about);
		if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(leaf)) != 0)
			continue;
		/* As a name for the issuer SHA-1 is what responders use; MD5 is nobody's. */
		switch (OBJ_obj2nid(digest)) {
		case NID_sha1:
			md = EVP_sha1();
			break;
		case NID_sha256:
			md = EVP_sha256();
			break;
		case NID_sha384:
			md = EVP_sha384();
			break;
		case NID_sha512:
			md = EVP_sha512();
			break;
		default:
			continue;
		}
		ours = OCSP_cert_to_id(md, leaf, issuer);
		if (ours != NULL && OCSP_id_cmp(ours, about) == 0)
			found = s;
		OCSP_CERTID_free(ours);
	}
	return found;
}

/* A store for one question: only the issuer is trusted, and only to name a responder. */
static X509_STORE *store_of(X509 *issuer)
{
	X509_STORE *s = X509_STORE_new();

	if (s == NULL)
		return NULL;
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_get0_param(s), 2);
	X509_STORE_set_flags(s, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_X509_STRICT);
	if (X509_STORE_add_cert(s, issuer) == 1)
		return s;
	X509_STORE_free(s);
	return NULL;
}

/*
 * Signed by the issuer itself, or by a responder that it issued for this purpose. What OpenSSL
 * asks of the latter: a chain to the issuer, the issuer of certID, OCSPSigning. Ours: that the
 * issuer signed it directly, no weak digest, no blocked key.
 */
static const char *check_signature(
    const struct revoke *r, OCSP_BASICRESP *basic, X509 *issuer, STACK_OF(X509) * issuers)
{
	X509_STORE *store = store_of(issuer);
	X509 *signer = NULL;
	enum revocation_source by;
	const char *why;

	if (store == NULL)
		return "memory is short";
	if (revoke_weak(OCSP_resp_get0_tbs_sigalg(basic))) {
		X509_STORE_free(store);
		return "the staple's signature is too weak";
	}
	why = OCSP_basic_verify(basic, issuers, store, OCSP_TRUSTOTHER | OCSP_NOEXPLICIT) == 1 &&
		      OCSP_resp_get0_signer(basic, &signer, issuers) == 1
		  ? NULL
		  : "the staple is not signed by the issuer or its responder";
	X509_STORE_free(store);
	if (why != NULL || X509_cmp(signer, issuer) == 0)
		return why;
	if (X509_verify(signer, X509_get0_pubkey(issuer)) != 1 ||
	    (X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN) == 0)
		return "the staple's responder is not one of the issuer's";
	return revoke_blocked(r, signer, issuer, &by, &why) ? "the staple's responder is revoked"
							    : NULL;
}

static const char *check_times(OCSP_SINGLERESP *s, int64_t age, int64_t *until)
{
	ASN1_GENERALIZEDTIME *from = NULL, *to = NULL;
	int64_t end;

	OCSP_single_get0_status(s, NULL, NULL, &from, &to);
	if (OCSP_check_validity(from, to, REVOKE_SKEW, (long)age) != 1)
		return "the staple is not in force";
	*until = revoke_time(from) + age;
	end = revoke_time(to);
	if (end >= 0 && end < *until)
		*until = end;
	return NULL;
}

static enum staple_answer read_answer(
    OCSP_SINGLERESP *s, int64_t age, int64_t *until, const char **why)
{
	int status = OCSP_single_get0_status(s, NULL, NULL, NULL, NULL);
	const char *late = check_times(s, age, until);

	*why = "revoked by its issuer's stapled answer";
	if (status == V_OCSP_CERTSTATUS_REVOKED) /* an old answer of this kind is as good as new */
		return STAPLE_REVOKED;
	*why =
	    status != V_OCSP_CERTSTATUS_GOOD ? "the responder does not know the certificate" : late;
	return *why == NULL ? STAPLE_GOOD : STAPLE_UNKNOWN;
}

static enum staple_answer read_basic(const struct revoke *r, OCSP_BASICRESP *basic, X509 *leaf,
    X509 *issuer, int64_t age, int64_t *until, const char **why)
{
	STACK_OF(X509) *issuers = sk_X509_new_null();
	OCSP_SINGLERESP *s = find_answer(basic, leaf, issuer);

	*why = "the staple is about another certificate";
	if (issuers == NULL || sk_X509_push(issuers, issuer) == 0)
		*why = "memory is short";
	else if (s != NULL)
		*why = check_signature(r, basic, issuer, issuers);
	sk_X509_free(issuers);
	return *why != NULL ? STAPLE_UNKNOWN : read_answer(s, age, until, why);
}

enum staple_answer staple_read(const struct revoke *r, X509 *leaf, X509 *issuer, struct str der,
    int64_t age, int64_t *until, const char **why)
{
	const unsigned char *p = (const unsigned char *)der.p;
	enum staple_answer answer = STAPLE_UNKNOWN;
	OCSP_BASICRESP *basic = NULL;
	OCSP_RESPONSE *o = der.n <= STAPLE_MAX ? d2i_OCSP_RESPONSE(NULL, &p, (long)der.n) : NULL;

	*until = 0;
	*why = "the staple is malformed";
	if (o != NULL && p == (const unsigned char *)der.p + der.n) {
		if (OCSP_response_status(o) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
			*why = "the staple says that the responder had no answer";
		else if ((basic = OCSP_response_get1_basic(o)) != NULL)
			answer = read_basic(r, basic, leaf, issuer, age, until, why);
	}
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(o);
	ERR_clear_error();
	return answer;
}
