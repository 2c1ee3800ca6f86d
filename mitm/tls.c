/* SPDX-License-Identifier: BSD-2-Clause */
/* One TLS end over a non-blocking socket; with tls_ctx.c the only door to OpenSSL's SSL. */
#include "mitm/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/err.h"
#include "mitm/tls_local.h"
#include "mitm/verify_x509.h"

/* ---- the BIO: peeked bytes, then the socket ---- */

static int bio_read(BIO *b, char *to, int n)
{
	struct tls *t = BIO_get_data(b);
	ssize_t r;

	BIO_clear_retry_flags(b);
	if (t->peeked != NULL) {
		size_t left = t->peeked_n - t->peeked_at;
		size_t k = left < (size_t)n ? left : (size_t)n;

		memcpy(to, t->peeked + t->peeked_at, k);
		t->peeked_at += k;
		if (t->peeked_at == t->peeked_n) {
			free(t->peeked);
			t->peeked = NULL;
		}
		if (k > 0)
			return (int)k;
	}
	r = recv(t->fd, to, (size_t)n, 0);
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(b);
	return (int)r;
}

static int bio_write(BIO *b, const char *from, int n)
{
	struct tls *t = BIO_get_data(b);
	/* A ticket may wait a moment for what follows it: one packet less for each connection. */
	bool ticket = SSL_get_state(t->ssl) == TLS_ST_SW_SESSION_TICKET;
	ssize_t r = send(t->fd, from, (size_t)n, MSG_NOSIGNAL | (ticket ? MSG_MORE : 0));

	BIO_clear_retry_flags(b);
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(b);
	return (int)r;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)b;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH || cmd == BIO_CTRL_DUP;
}

BIO_METHOD *tls_bio_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");

	if (m == NULL)
		return NULL;
	BIO_meth_set_read(m, bio_read);
	BIO_meth_set_write(m, bio_write);
	BIO_meth_set_ctrl(m, bio_ctrl);
	return m;
}

/* ---- making an end ---- */

static struct tls *tls_new(struct tls_ctx *c, SSL_CTX *side, int fd)
{
	struct tls *t = calloc(1, sizeof(*t));
	BIO *b = NULL;

	if (t == NULL)
		return NULL;
	t->ctx = c;
	t->fd = fd;
	t->ssl = SSL_new(side);
	if (t->ssl != NULL)
		b = BIO_new(c->bio);
	if (b == NULL) {
		tls_free(t);
		return NULL;
	}
	BIO_set_data(b, t);
	BIO_set_init(b, 1);
	SSL_set_bio(t->ssl, b, b);
	SSL_set_app_data(t->ssl, t);
	return t;
}

struct tls *tls_connect(struct tls_ctx *c, int fd, const struct tls_target *to)
{
	struct tls *t = tls_new(c, c->origin, fd);
	unsigned limits = tls_strength_limits(to->suites);
	SSL_SESSION *session;

	if (t == NULL)
		return NULL;
	t->store = verify_store_ref(c->store);
	t->judge = to->judge;
	t->judge_arg = to->arg;
	t->hard_revocation = to->hard_revocation;
	t->fetch = to->fetch;
	tls_ask_for_staple(t);
	t->on_request = to->on_request;
	t->identity = identity_ref(to->identity);
	if (str_copy(to->sni, t->name, sizeof(t->name)) != 0 ||
	    str_copy(str_c(to->ip), t->ip, sizeof(t->ip)) != 0 ||
	    (to->allow_old && !tls_offer_old(t->ssl)) ||
	    (to->sni.n > 0 && SSL_set_tlsext_host_name(t->ssl, t->name) != 1) ||
	    (to->alpn.n > 0 && SSL_set_alpn_protos(t->ssl, (const unsigned char *)to->alpn.p,
				   (unsigned)to->alpn.n) != 0) ||
	    !tls_strength_offer(t->ssl, limits)) {
		tls_free(t);
		return NULL;
	}
	/* What one identity may see, another must not resume; nor at another strength; nor what
	 * was less strictly asked; nor where a wish for a certificate is to stop us, which a
	 * resumed handshake does not show. */
	snprintf(t->key, sizeof(t->key), "%s|%s|%u|%.*s|%x|%d%d|%s", t->name, t->ip, to->port,
	    STR_FMT(to->alpn), limits, to->hard_revocation, (int)to->on_request,
	    t->identity != NULL ? identity_print(t->identity) : "");
	t->fresh = to->fresh;
	session = t->fresh ? NULL : sessions_take(c->sessions, t->key);
	if (session != NULL && tls_session_take(t, session))
		SSL_set_session(t->ssl, session);
	SSL_SESSION_free(session);
	SSL_set_connect_state(t->ssl);
	return t;
}

static void free_parsed(void *x)
{
	X509_free(x);
}

/* The cached leaf is parsed once (0.1 to 0.2 ms), then shared. */
X509 *tls_parsed_leaf(const struct leaf *leaf)
{
	struct leaf *l = (struct leaf *)(uintptr_t)leaf;
	const unsigned char *p = (const unsigned char *)l->der;

	if (l->parsed == NULL) {
		l->parsed = d2i_X509(NULL, &p, (long)l->n);
		l->free_parsed = free_parsed;
	}
	return l->parsed;
}

int tls_alpn_cb(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
    unsigned in_n, void *arg)
{
	const struct tls *t = SSL_get_app_data(ssl);

	(void)arg;
	/* Only what the origin chose, and only if this client offers it. */
	for (unsigned i = 0; i < in_n && t->name[0] != '\0'; i += 1u + in[i])
		if (i + 1u + in[i] <= in_n &&
		    str_eq(str_of((const char *)in + i + 1, in[i]), str_c(t->name))) {
			*out = in + i + 1;
			*n = in[i];
			return SSL_TLSEXT_ERR_OK;
		}
	return SSL_TLSEXT_ERR_NOACK;
}

struct tls *tls_accept(struct tls_ctx *c, int fd, struct str peeked, bool ecdsa,
    const struct leaf *leaf, struct str alpn)
{
	const struct leaf_key *k = leaf->key != NULL ? leaf->key : ecdsa ? c->ecdsa : c->rsa;
	X509 *x = tls_parsed_leaf(leaf);
	struct tls *t = x != NULL && k != NULL ? tls_new(c, c->client, fd) : NULL;

	if (t == NULL)
		return NULL;
	t->peeked = peeked.n > 0 ? malloc(peeked.n) : NULL;
	if ((peeked.n > 0 && t->peeked == NULL) || str_copy(alpn, t->name, sizeof(t->name)) != 0 ||
	    SSL_use_certificate(t->ssl, x) != 1 || SSL_use_PrivateKey(t->ssl, k->key) != 1 ||
	    SSL_check_private_key(t->ssl) != 1 || /* a leaf for another key */
	    (sk_X509_num(c->chain) > 0 && SSL_set1_chain(t->ssl, c->chain) != 1)) {
		ERR_clear_error();
		tls_free(t);
		return NULL;
	}
	if (peeked.n > 0)
		memcpy(t->peeked, peeked.p, peeked.n);
	t->peeked_n = peeked.n;
	SSL_set_accept_state(t->ssl);
	return t;
}

void tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	/* OpenSSL takes a session without both close_notify for a truncated one and forgets it. */
	if (t->done)
		SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(t->ssl);
	sk_X509_pop_free(t->path, X509_free);
	verify_store_free(t->store);
	identity_free(t->identity);
	free(t->asked);
	free(t->peeked);
	free(t);
}

/* ---- handshake ---- */

int tls_session_cb(SSL *ssl, SSL_SESSION *session)
{
	struct tls *t = SSL_get_app_data(ssl);

	/* Only what was verified against the store in force now. */
	if (t->fresh || t->report.err != 0 || t->store != t->ctx->store || !tls_session_keep(t, session))
		return 0;
	sessions_put(t->ctx->sessions, t->key, session);
	return 1;
}

/* An origin that speaks old protocols alone: none of them was offered. */
static bool too_old(struct tls *t, int reason)
{
	if (t->done || t->store == NULL || !tls_wants_old(t->alert, reason))
		return false;
	tls_old_fault(&t->report);
	return true;
}

/* The error of a failed SSL call, from OpenSSL's queue; says it once in words. */
static int failed(struct tls *t)
{
	unsigned long e = ERR_peek_last_error();
	int reason = ERR_GET_REASON(e);

	if (t->refused)
		return t->report.err;
	if (e == 0)
		return -ERR_TRUNCATED;
	if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return -ERR_TRUNCATED;
	if (reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
		t->alert = (unsigned)(reason - SSL_AD_REASON_OFFSET);
		snprintf(t->failure, sizeof(t->failure), "alert %d %s",
		    reason - SSL_AD_REASON_OFFSET,
		    SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
		return too_old(t, reason) ? -ERR_TLS_OLD : -ERR_TLS_ALERT;
	}
	snprintf(t->failure, sizeof(t->failure), "%s",
	    ERR_reason_error_string(e) != NULL ? ERR_reason_error_string(e) : "unknown");
	return too_old(t, reason) ? -ERR_TLS_OLD : -ERR_TLS;
}

static int result(struct tls *t, int r)
{
	int e;

	switch (SSL_get_error(t->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		return -ERR_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return -ERR_WANT_WRITE;
	case SSL_ERROR_WANT_RETRY_VERIFY:
		return -ERR_WANT_CERT;
	case SSL_ERROR_WANT_X509_LOOKUP:
		snprintf(t->failure, sizeof(t->failure), "a client certificate is asked for");
		return -ERR_CERT_WANTED;
	case SSL_ERROR_ZERO_RETURN:
		return -ERR_EOF;
	default:
		e = failed(t);
		ERR_clear_error();
		return e;
	}
}

int tls_handshake(struct tls *t)
{
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(t->ssl);
	if (r != 1)
		return result(t, r);
	if (!tls_was_judged(t)) /* OpenSSL went on past our refusal: it must not happen */
		return t->report.err != 0 ? t->report.err : -ERR_TLS;
	t->done = t->more = true;
	return 0;
}

const char *tls_failure(const struct tls *t)
{
	return t != NULL ? t->failure : "";
}

void tls_info_cb(const SSL *ssl, int where, int value)
{
	struct tls *t;

	(void)value;
	if ((where & SSL_CB_ACCEPT_LOOP) != SSL_CB_ACCEPT_LOOP ||
	    SSL_get_state(ssl) != TLS_ST_SW_CERT || (t = SSL_get_app_data(ssl)) == NULL)
		return;
	t->cert_sent = true;
}

bool tls_cert_sent(const struct tls *t)
{
	return t != NULL && t->cert_sent;
}

unsigned tls_alert(const struct tls *t)
{
	return t != NULL ? t->alert : 0;
}

/* ---- data ---- */

ssize_t tls_read(struct tls *t, void *p, size_t n)
{
	size_t got = 0;

	/* Several records in one go, as far as they are there. */
	while (got < n) {
		size_t k = 0;
		int r;

		ERR_clear_error();
		r = SSL_read_ex(t->ssl, (char *)p + got, n - got, &k);
		if (r == 1) {
			got += k;
			continue;
		}
		r = result(t, r);
		/* An end or a failure behind these bytes is found again by the next call, which
		 * no socket event may announce. A partial record inside is not "more". */
		t->more = got > 0 && r != -ERR_WANT_READ && r != -ERR_WANT_WRITE;
		return got > 0 ? (ssize_t)got : r;
	}
	t->more = SSL_has_pending(t->ssl) == 1;
	return (ssize_t)got;
}

ssize_t tls_write(struct tls *t, const void *p, size_t n)
{
	size_t k = 0;
	int r;

	ERR_clear_error();
	r = SSL_write_ex(t->ssl, p, n, &k);
	return r == 1 ? (ssize_t)k : result(t, r);
}

void tls_close(struct tls *t)
{
	if (!t->done)
		return;
	ERR_clear_error();
	SSL_shutdown(t->ssl);
	ERR_clear_error();
}

bool tls_pending(const struct tls *t)
{
	return t->peeked != NULL || t->more;
}

const struct verify_report *tls_report(const struct tls *t)
{
	return &t->report;
}

struct str tls_alpn(const struct tls *t)
{
	const unsigned char *p = NULL;
	unsigned n = 0;

	SSL_get0_alpn_selected(t->ssl, &p, &n);
	return str_of((const char *)p, n);
}

const char *tls_version(const struct tls *t)
{
	return SSL_get_version(t->ssl);
}

const char *tls_cipher(const struct tls *t)
{
	return SSL_get_cipher_name(t->ssl);
}

bool tls_resumed(const struct tls *t)
{
	return SSL_session_reused(t->ssl) == 1;
}

int tls_mirror(const struct tls *t, struct str requested, struct leaf_wish *out)
{
	X509 *x = SSL_get0_peer_certificate(t->ssl);

	return x != NULL ? verify_mirror_x509(x, requested, out) : -ERR_CERT_INVALID;
}

bool tls_covers(const struct tls *t, struct str host)
{
	const unsigned flags =
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	X509 *x = SSL_get0_peer_certificate(t->ssl);
	char text[256];
	bool yes;

	if (host.n > 2 && host.p[0] == '[')
		host = str_sub(host, 1, host.n - 2);
	if (x == NULL || host.n == 0 || str_copy(host, text, sizeof(text)) != 0)
		return false;
	yes = X509_check_host(x, text, host.n, flags, NULL) == 1 || X509_check_ip_asc(x, text, 0) == 1;
	ERR_clear_error();
	return yes;
}
