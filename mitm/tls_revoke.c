/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When an origin is judged. In TLS 1.3 its staple comes with the certificate; before, in a message
 * of its own behind it (RFC 6066 section 8), so that the judgement waits for the end of the
 * origin's flight. Nothing of ours but the hello has been sent by then, in either version.
 */
#include <openssl/err.h>
#include <stdio.h>
#include <time.h>

#include "core/err.h"
#include "mitm/revoke_x509.h"
#include "mitm/tls_local.h"
#include "mitm/verify_x509.h"

/* What only the alert bad_certificate_status_response says, which the callback for certificates
 * cannot send: the one for staples will. */
#define STAPLE_FAULTS(report)                                                                      \
	((report)->err == -ERR_CERT_STAPLE || (report)->err == -ERR_CERT_REVOCATION_UNKNOWN)

static struct str staple_of(SSL *ssl)
{
	const unsigned char *p = NULL;
	long n = SSL_get_tlsext_status_ocsp_resp(ssl, &p);

	return n > 0 ? str_of((const char *)p, (size_t)n) : STR_NONE;
}

/* The report is complete: once, before any byte of a request. */
static void judge(struct tls *t)
{
	struct verify_report *r = &t->report;
	bool stapled = revoke_staple(verify_store_revoked(t->store), t->path, staple_of(t->ssl),
	    (int64_t)(t->ctx->limits->staple_age / 1000), r);

	revoke_settle(t->path, stapled, t->hard_revocation, r);
	if (tls_is_old(t->ssl))
		tls_old_fault(r);
	if (r->err != 0)
		snprintf(t->failure, sizeof(t->failure), "%s", r->why);
	t->refused = r->err != 0 && (t->judge == NULL || !t->judge(t->judge_arg, r));
	t->judged = true;
	t->known_until = tls_known_until(r, t->path, time(NULL));
	sk_X509_pop_free(t->path, X509_free);
	t->path = NULL;
}

/* The alert follows from this error (certificate_revoked, handshake_failure). */
static int error_of(const struct tls *t)
{
	if (!t->refused || STAPLE_FAULTS(&t->report))
		return X509_V_OK;
	return (t->report.errors & TLS_ERROR_BIT(TLS_ERROR_REVOKED)) != 0
		   ? X509_V_ERR_CERT_REVOKED
		   : X509_V_ERR_APPLICATION_VERIFICATION;
}

int tls_verify_cb(X509_STORE_CTX *ctx, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);
	X509 *leaf = X509_STORE_CTX_get0_cert(ctx);

	(void)arg;
	sk_X509_pop_free(t->path, X509_free);
	t->path = NULL;
	if (leaf == NULL)
		t->report = (struct verify_report){ .err = -ERR_CERT_INVALID,
			.errors = TLS_ERROR_BIT(TLS_ERROR_INVALID),
			.why = "no certificate" };
	else if (!tls_verify_path(t, leaf, X509_STORE_CTX_get0_untrusted(ctx)))
		return SSL_set_retry_verify(ssl); /* asked again; no way past tls_was_judged() */
	if (!t->staple_announced || SSL_version(ssl) >= TLS1_3_VERSION)
		judge(t);
	X509_STORE_CTX_set_error(ctx, error_of(t));
	return error_of(t) == X509_V_OK;
}

/* The end of the origin's flight, also where no staple came and where a session is resumed. */
static int status_cb(SSL *ssl, void *arg)
{
	struct tls *t = SSL_get_app_data(ssl);

	(void)arg;
	if (SSL_session_reused(ssl) == 1)
		return 1;
	if (!t->judged)
		judge(t);
	return !t->refused;
}

/* Extensions of the origin's messages: in a ServerHello this one announces a later staple. Which
 * version it will be OpenSSL does not know yet. */
static void extension_cb(
    SSL *ssl, int from_server, int type, const unsigned char *p, int n, void *arg)
{
	struct tls *t = arg;

	(void)p;
	(void)n;
	(void)ssl;
	if (from_server && type == TLSEXT_TYPE_status_request)
		t->staple_announced = true;
}

void tls_ask_for_staple(struct tls *t)
{
	SSL_set_tlsext_debug_callback(t->ssl, extension_cb);
	SSL_set_tlsext_debug_arg(t->ssl, t);
}

bool tls_ask_for_staples(SSL_CTX *origin)
{
	return SSL_CTX_set_tlsext_status_type(origin, TLSEXT_STATUSTYPE_ocsp) == 1 &&
	       SSL_CTX_set_tlsext_status_cb(origin, status_cb) == 1;
}

bool tls_was_judged(const struct tls *t)
{
	return SSL_is_server(t->ssl) == 1 || SSL_session_reused(t->ssl) == 1 ||
	       (t->judged && !t->refused);
}
