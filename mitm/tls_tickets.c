/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tickets toward clients. OpenSSL seals the session (AES-256-CBC, HMAC-SHA-256) with keys of the
 * ring and calls back for them. What a ticket is good for stands in the session id context,
 * which OpenSSL compares: a digest of all that must be the same at the next visit. When it ends
 * stands in the ticket, since in TLS 1.3 each resumption gives a fresh one.
 */
#include "mitm/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "core/err.h"
#include "core/secret.h"
#include "mitm/tls_local.h"

enum { END_BYTES = 8, IV_BYTES = 16, DIGEST = 32, HANDSHAKE_MOST = 120 /* seconds */ };

struct tickets {
	struct ticket_ring *ring; /* secret */
	EVP_CIPHER *cipher;
	EVP_MD *sha256;
};

struct tickets *tickets_new(void)
{
	struct tickets *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->ring = secret_new(sizeof(*t->ring));
	t->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	t->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (t->ring != NULL && t->cipher != NULL && t->sha256 != NULL)
		return t;
	tickets_free(t);
	return NULL;
}

void tickets_free(struct tickets *t)
{
	if (t == NULL)
		return;
	secret_free(t->ring, sizeof(*t->ring));
	EVP_CIPHER_free(t->cipher);
	EVP_MD_free(t->sha256);
	free(t);
}

int tickets_use(struct tickets *t, struct str ring)
{
	return ticket_ring_read(t->ring, ring);
}

/* ---- sealing ---- */

static bool set_mac(EVP_MAC_CTX *mac, const struct ticket_key *k)
{
	char digest[] = "SHA256";
	OSSL_PARAM p[] = {
		OSSL_PARAM_construct_octet_string(
		    OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)k->mac, sizeof(k->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, p) == 1;
}

/* There was one when tls_resumable() looked. An empty ticket is not allowed in TLS 1.3, so the
 * key whose turn ended during the handshake serves, too. */
static const struct ticket_key *issuing(const struct tickets *k)
{
	int64_t now = time(NULL);
	const struct ticket_key *key = ticket_ring_issue(k->ring, now);

	return key != NULL ? key : ticket_ring_issue(k->ring, now - HANDSHAKE_MOST);
}

/* SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 1 good, 2 good and to be given anew, 0 no key. */
static int key_cb(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
    EVP_MAC_CTX *mac, int seal)
{
	const struct tls *t = SSL_get_app_data(ssl);
	const struct tickets *k = t != NULL ? t->ctx->tickets : NULL;
	const struct ticket_key *key;

	if (k == NULL || t->resume_until == 0)
		return 0;
	key = seal ? issuing(k) : ticket_ring_find(k->ring, name, time(NULL));
	if (key == NULL || (seal && RAND_bytes(iv, IV_BYTES) != 1))
		return 0;
	if (seal)
		memcpy(name, key->name, TICKET_NAME);
	if (EVP_CipherInit_ex2(cipher, k->cipher, key->cipher, iv, seal, NULL) != 1 ||
	    !set_mac(mac, key))
		return -1;
	/* A TLS 1.3 client uses a ticket once (RFC 8446 appendix C.4): it gets the next. */
	return SSL_version(ssl) == TLS1_3_VERSION ? 2 : 1;
}

/* A ticket is made: when it ends is part of it, and OpenSSL's own timeout. */
static int made_cb(SSL *ssl, void *arg)
{
	struct tls *t = SSL_get_app_data(ssl);
	SSL_SESSION *s = SSL_get_session(ssl);
	unsigned char end[END_BYTES];
	int64_t until;

	(void)arg;
	if (t == NULL || s == NULL)
		return 1;
	/* A chain of resumptions ends when its first ticket would have. */
	until = SSL_session_reused(ssl) == 1 && t->resumed_until < t->resume_until
		    ? t->resumed_until
		    : t->resume_until;
	for (int i = 0; i < END_BYTES; i++)
		end[i] = (unsigned char)((uint64_t)until >> 8 * (END_BYTES - 1 - i));
	SSL_SESSION_set_timeout(s, (long)(until - SSL_SESSION_get_time(s)));
	return SSL_SESSION_set1_ticket_appdata(s, end, sizeof(end));
}

static int64_t end_of(SSL_SESSION *s)
{
	unsigned char *end = NULL;
	size_t n = 0;
	uint64_t v = 0;

	if (SSL_SESSION_get0_ticket_appdata(s, (void **)&end, &n) != 1 || n != END_BYTES)
		return 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | end[i];
	return v < INT64_MAX ? (int64_t)v : 0;
}

/* A ticket came: its seal was checked, its context will be. */
static SSL_TICKET_RETURN came_cb(SSL *ssl, SSL_SESSION *s, const unsigned char *name, size_t n,
    SSL_TICKET_STATUS status, void *arg)
{
	struct tls *t = SSL_get_app_data(ssl);

	(void)name;
	(void)n;
	(void)arg;
	if (t == NULL || (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW))
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	t->resumed_until = end_of(s);
	if (t->resumed_until <= time(NULL))
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

bool tickets_install(SSL_CTX *client)
{
	return SSL_CTX_set_tlsext_ticket_key_evp_cb(client, key_cb) == 1 &&
	       SSL_CTX_set_session_ticket_cb(client, made_cb, came_cb, NULL) == 1;
}

/* ---- what a ticket is bound to ---- */

static bool add_text(EVP_MD_CTX *d, const char *text)
{
	return EVP_DigestUpdate(d, text, strlen(text) + 1) == 1;
}

static bool add_number(EVP_MD_CTX *d, uint32_t v)
{
	return EVP_DigestUpdate(d, &v, sizeof(v)) == 1;
}

/* The origin's certificate, whichever of its names was asked for. */
static bool add_certificate(const struct tickets *k, EVP_MD_CTX *d, X509 *x)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	return x != NULL && X509_digest(x, k->sha256, md, &n) == 1 &&
	       EVP_DigestUpdate(d, md, n) == 1;
}

static bool bind(const struct tickets *k, const struct tls *o, uint32_t policy,
    unsigned char out[DIGEST])
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(o->ssl);
	EVP_MD_CTX *d = EVP_MD_CTX_new();
	bool ok = d != NULL && cipher != NULL && EVP_DigestInit_ex(d, k->sha256, NULL) == 1 &&
		  add_number(d, policy) && add_text(d, o->name) &&
		  add_text(d, o->name[0] == '\0' ? o->ip : "") &&
		  add_text(d, o->identity != NULL ? identity_print(o->identity) : "") &&
		  add_number(d, (uint32_t)SSL_version(o->ssl)) &&
		  add_number(d, (uint32_t)SSL_CIPHER_get_bits(cipher, NULL)) &&
		  add_certificate(k, d, SSL_get0_peer_certificate(o->ssl)) &&
		  EVP_DigestFinal_ex(d, out, NULL) == 1;

	EVP_MD_CTX_free(d);
	return ok;
}

/* The end of the leaf's life, or of a ticket's, whichever comes first. */
static int64_t end_of_life(SSL *ssl)
{
	int64_t most = (int64_t)time(NULL) + TICKET_TURN;
	X509 *leaf = SSL_get_certificate(ssl);
	struct tm tm;

	if (leaf == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &tm) != 1)
		return 0;
	return timegm(&tm) < most ? timegm(&tm) : most;
}

bool tls_resumable(struct tls *client, const struct tls *origin, uint32_t policy)
{
	const struct tickets *k = client->ctx->tickets;
	unsigned char context[DIGEST];

	if (!origin->done || origin->report.errors != 0 ||
	    ticket_ring_issue(k->ring, time(NULL)) == NULL || !bind(k, origin, policy, context) ||
	    SSL_set_session_id_context(client->ssl, context, sizeof(context)) != 1 ||
	    (client->resume_until = end_of_life(client->ssl)) == 0) {
		ERR_clear_error();
		return false;
	}
	SSL_clear_options(client->ssl, SSL_OP_NO_TICKET);
	return SSL_set_num_tickets(client->ssl, 1) == 1;
}
