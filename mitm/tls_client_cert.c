/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An origin asks for a client certificate. OpenSSL calls back after it has verified the origin
 * and before anything of ours is sent: none is sent, one is, or the handshake stands still.
 */
#include <openssl/err.h>

#include "core/buf.h"
#include "mitm/tls_local.h"

enum { ISSUERS_TOLD = 3 };

/* The first acceptable issuers as text; their names are the origin's words, so all is escaped. */
static void note_issuers(struct tls *t)
{
	const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(t->ssl);
	struct buf out = { .p = t->issuers, .cap = sizeof(t->issuers), .max = sizeof(t->issuers) };
	int n = names != NULL ? sk_X509_NAME_num(names) : 0;

	for (int i = 0; i < n && i < ISSUERS_TOLD; i++) {
		BIO *b = BIO_new(BIO_s_mem());
		char *p;
		long len;

		if (b == NULL)
			return;
		X509_NAME_print_ex(b, sk_X509_NAME_value(names, i), 0, XN_FLAG_RFC2253);
		len = BIO_get_mem_data(b, &p);
		if (buf_printf(&out, "%s%.*s", i > 0 ? "; " : "", (int)len, p) != 0)
			i = n;
		BIO_free(b);
	}
	if (n > ISSUERS_TOLD)
		buf_printf(&out, "; %d more", n - ISSUERS_TOLD);
	t->issuers[out.len < sizeof(t->issuers) ? out.len : sizeof(t->issuers) - 1] = '\0';
	ERR_clear_error();
}

int tls_cert_cb(SSL *ssl, void *arg)
{
	struct tls *t = SSL_get_app_data(ssl);

	(void)arg;
	if (t == NULL)
		return 1;
	if (!t->wanted)
		note_issuers(t);
	t->wanted = true;
	if (t->on_request == TLS_REQUEST_STOP)
		return -1; /* SSL_ERROR_WANT_X509_LOOKUP: nobody will look it up */
	if (t->identity == NULL)
		return 1;
	if (SSL_use_cert_and_key(ssl, identity_leaf(t->identity), identity_key(t->identity),
		identity_chain(t->identity), 1) != 1)
		return 0;
	t->shown = true;
	return 1;
}

bool tls_wanted(const struct tls *t, bool *shown, const char **issuers)
{
	*shown = t->shown;
	*issuers = t->issuers;
	return t->wanted;
}
