/* SPDX-License-Identifier: BSD-2-Clause */
/* The certificates that stand between a forged leaf and the root that clients trust. */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "core/err.h"
#include "mitm/tls_local.h"

static X509 *next(BIO *from)
{
	return from != NULL ? PEM_read_bio_X509(from, NULL, NULL, NULL) : NULL;
}

int tls_ctx_chain(struct tls_ctx *c, struct str ca_pem)
{
	BIO *from = BIO_new_mem_buf(ca_pem.p, ca_pem.n > INT32_MAX ? INT32_MAX : (int)ca_pem.n);
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *x = NULL;
	int r = chain != NULL && from != NULL ? 0 : -ERR_NOMEM;

	/* A root is what the client has; sending it would be in vain. */
	while (r == 0 && (x = next(from)) != NULL && X509_self_signed(x, 0) != 1)
		if (sk_X509_push(chain, x) <= 0)
			r = -ERR_NOMEM;
	if (x != NULL && (r != 0 || X509_self_signed(x, 0) == 1))
		X509_free(x);
	BIO_free(from);
	ERR_clear_error();
	sk_X509_pop_free(r == 0 ? c->chain : chain, X509_free);
	if (r == 0)
		c->chain = chain;
	return r;
}
