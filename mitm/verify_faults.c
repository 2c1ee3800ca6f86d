/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every fault of an origin, for those who may choose about them: an exception for a certificate
 * that has expired must not forgive that it is also for another name. Only ever called for what
 * was refused already.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "core/err.h"
#include "mitm/verify_local.h"

/* Notes a fault and goes on, so that the next is found, too. */
static int note(int ok, X509_STORE_CTX *ctx)
{
	uint32_t *faults = X509_STORE_CTX_get_app_data(ctx);

	if (!ok)
		*faults |= verify_bit_of(verify_err_of(X509_STORE_CTX_get_error(ctx)));
	return 1;
}

/* Dates, keys, trust, purposes over the path, by the library. */
static uint32_t of_path(struct verify_store *s, X509 *leaf, STACK_OF(X509) * path)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	uint32_t faults = 0;

	if (ctx != NULL && X509_STORE_CTX_init(ctx, s->store, leaf, path) == 1) {
		verify_params(s, ctx, STR_NONE, "0.0.0.0");
		X509_VERIFY_PARAM_set1_ip(X509_STORE_CTX_get0_param(ctx), NULL, 0);
		X509_STORE_CTX_set_app_data(ctx, &faults);
		X509_STORE_CTX_set_verify_cb(ctx, note);
		X509_verify_cert(ctx);
	} else {
		faults = TLS_ERROR_BIT(TLS_ERROR_INVALID);
	}
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return faults;
}

static bool names(X509 *leaf, struct str name, const char *ip)
{
	const unsigned flags =
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

	if (name.n > 0)
		return X509_check_host(leaf, name.p, name.n, flags, NULL) == 1;
	return X509_check_ip_asc(leaf, ip, 0) == 1;
}

static bool any_weak(X509 *leaf, STACK_OF(X509) * path)
{
	bool weak = verify_weak_key(leaf);

	for (int i = 1; path != NULL && i + 1 < sk_X509_num(path); i++)
		weak |= verify_weak_key(sk_X509_value(path, i));
	return weak;
}

uint32_t verify_faults(struct verify_store *s, X509 *leaf, STACK_OF(X509) * path, struct str name,
    const char *ip, int err)
{
	const uint32_t untrusted = TLS_ERROR_BIT(TLS_ERROR_UNTRUSTED) |
				   TLS_ERROR_BIT(TLS_ERROR_INCOMPLETE) |
				   TLS_ERROR_BIT(TLS_ERROR_SELF_SIGNED);
	uint32_t faults = verify_bit_of(err) | of_path(s, leaf, path);

	if (!names(leaf, name, ip))
		faults |= TLS_ERROR_BIT(TLS_ERROR_NAME);
	if (any_weak(leaf, path))
		faults |= TLS_ERROR_BIT(TLS_ERROR_WEAK);
	/* Nothing above is trusted: who forgives that looks at the leaf's key alone, and the
	 * profile that appliances do not keep to says nothing more. */
	if ((faults & untrusted) != 0)
		faults &= ~TLS_ERROR_BIT(TLS_ERROR_INVALID);
	/* One that signed itself is not to be trusted by that name as well. */
	if ((faults & TLS_ERROR_BIT(TLS_ERROR_SELF_SIGNED)) != 0)
		faults &= ~TLS_ERROR_BIT(TLS_ERROR_UNTRUSTED);
	return faults;
}
