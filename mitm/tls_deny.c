/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ending a client's connection by an alert of our choice, after its first request was read.
 * OpenSSL has no call for that. But a callback for an extension of the session ticket may fail
 * with any alert, and TLS 1.3 lets a server send a ticket at any time: the ticket is begun,
 * the callback says access_denied, and the library sends this alert instead, encrypted.
 */
#include <openssl/err.h>

#include "mitm/tls_local.h"

/* For private use (RFC 8446 section 11), and never sent. */
enum { EXTENSION = 0xff5a };

static int add_extension(SSL *ssl, unsigned type, unsigned context, const unsigned char **out,
    size_t *n, X509 *x, size_t at, int *alert, void *arg)
{
	const struct tls *t = SSL_get_app_data(ssl);

	(void)type;
	(void)context;
	(void)out;
	(void)n;
	(void)x;
	(void)at;
	(void)arg;
	if (t == NULL || !t->deny)
		return 0;
	*alert = SSL_AD_ACCESS_DENIED;
	return -1;
}

bool tls_deny_prepare(SSL_CTX *client)
{
	return SSL_CTX_add_custom_ext(client, EXTENSION, SSL_EXT_TLS1_3_NEW_SESSION_TICKET,
		   add_extension, NULL, NULL, NULL, NULL) == 1;
}

bool tls_deny(struct tls *t)
{
	if (!t->done || SSL_version(t->ssl) != TLS1_3_VERSION || SSL_new_session_ticket(t->ssl) != 1)
		return false;
	t->deny = true;
	ERR_clear_error();
	SSL_do_handshake(t->ssl); /* fails, having sent the alert */
	ERR_clear_error();
	t->done = false; /* nothing follows a fatal alert, not even close_notify */
	return true;
}
