/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker's shared contexts. Everything that OpenSSL loads lazily is touched here, by one whole
 * handshake in memory: afterwards the worker has no files.
 */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <time.h>

#include "core/err.h"
#include "core/log.h"
#include "mitm/decoders.h"
#include "mitm/tls_local.h"

enum { WARM_TURNS = 16 };

static SSL_CTX *make_ctx(const SSL_METHOD *method, bool *pq)
{
	SSL_CTX *c = SSL_CTX_new(method);

	if (c == NULL)
		return NULL;
	SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
	SSL_CTX_set_security_level(c, 2);
	SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
				   SSL_OP_CIPHER_SERVER_PREFERENCE);
	/* Whatever the system's openssl.cnf says about TLS. */
	SSL_CTX_clear_options(c, SSL_OP_LEGACY_SERVER_CONNECT |
				     SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
				     SSL_OP_ALLOW_CLIENT_RENEGOTIATION | SSL_OP_ALLOW_NO_DHE_KEX |
				     SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3);
	SSL_CTX_set_max_proto_version(c, 0);
	/* The chain is given with each leaf: OpenSSL would search the store for one every time. */
	SSL_CTX_set_mode(c, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(c, 0);
	SSL_CTX_set_max_early_data(c, 0);
	SSL_CTX_set_read_ahead(c, 1);
	if (tls_strength_default(c, pq))
		return c;
	SSL_CTX_free(c);
	return NULL;
}

/* A certificate for nobody, to warm up with. */
static X509 *warm_cert(EVP_PKEY *key)
{
	X509 *x = X509_new();

	if (x == NULL)
		return NULL;
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 60);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"warm.invalid", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_sign(x, key, EVP_sha256());
	return x;
}

static int accept_any(X509_STORE_CTX *ctx, void *arg)
{
	(void)arg;
	X509_verify_cert(ctx); /* touches all that a verification touches; its answer is ignored */
	return 1;
}

static bool handshake(SSL *a, SSL *b)
{
	for (int i = 0; i < WARM_TURNS; i++) {
		int x = SSL_do_handshake(a), y = SSL_do_handshake(b);

		if (x == 1 && y == 1)
			return true;
	}
	return false;
}

static bool warm_version(struct tls_ctx *c, X509 *x, int version)
{
	SSL *s = SSL_new(c->client), *o = SSL_new(c->origin);
	BIO *sb = NULL, *ob = NULL;
	bool ok = false;

	if (s != NULL && o != NULL && BIO_new_bio_pair(&sb, 65536, &ob, 65536) == 1) {
		SSL_set_bio(s, sb, sb);
		SSL_set_bio(o, ob, ob);
		SSL_set_max_proto_version(s, version);
		SSL_use_certificate(s, x);
		SSL_use_PrivateKey(s, c->ecdsa->key);
		SSL_set_accept_state(s);
		SSL_set_connect_state(o);
		ok = handshake(s, o);
	}
	SSL_free(s);
	SSL_free(o);
	return ok;
}

static bool warm(struct tls_ctx *c)
{
	X509 *x = warm_cert(c->ecdsa->key);
	bool ok = false;

	if (x != NULL) {
		SSL_CTX_set_cert_verify_callback(c->origin, accept_any, NULL);
		ok = warm_version(c, x, TLS1_3_VERSION) && warm_version(c, x, TLS1_2_VERSION);
	}
	X509_free(x);
	SSL_CTX_set_cert_verify_callback(c->origin, tls_verify_cb, NULL);
	return ok;
}

/* Resumption saves the chain's parsing and verification: two thirds of a handshake. */
static void keep_sessions(SSL_CTX *origin)
{
	SSL_CTX_clear_options(origin, SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(origin, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(origin, tls_session_cb);
}

struct tls_ctx *tls_ctx_new(struct verify_store *store, const struct limits *limits)
{
	struct tls_ctx *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	decoders_trim();
	c->limits = limits;
	c->store = verify_store_ref(store);
	c->bio = tls_bio_method();
	c->client = make_ctx(TLS_server_method(), &c->pq);
	c->origin = make_ctx(TLS_client_method(), &c->pq);
	c->sessions = sessions_new();
	c->tickets = tickets_new();
	c->fetched = fetched_new();
	if (c->bio != NULL && c->sessions != NULL && c->tickets != NULL && c->fetched != NULL &&
	    c->client != NULL && c->origin != NULL &&
	    (c->ecdsa = leaf_key_new(true)) != NULL) {
		SSL_CTX_set_verify(c->origin, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_cert_cb(c->origin, tls_cert_cb, NULL);
		SSL_CTX_set_alpn_select_cb(c->client, tls_alpn_cb, NULL);
		SSL_CTX_set_info_callback(c->client, tls_info_cb);
		if (tls_deny_prepare(c->client) && tickets_install(c->client) && warm(c) &&
		    tls_ask_for_staples(c->origin)) {
			keep_sessions(c->origin);
			return c;
		}
	}
	log_error(
	    "TLS contexts cannot be made: %s", ERR_reason_error_string(ERR_peek_last_error()));
	tls_ctx_free(c);
	return NULL;
}

void tls_ctx_store(struct tls_ctx *c, struct verify_store *store)
{
	verify_store_free(c->store);
	c->store = verify_store_ref(store);
	sessions_clear(c->sessions);
}

void tls_ctx_free(struct tls_ctx *c)
{
	if (c == NULL)
		return;
	sessions_free(c->sessions);
	tickets_free(c->tickets);
	fetched_free(c->fetched);
	SSL_CTX_free(c->client);
	SSL_CTX_free(c->origin);
	BIO_meth_free(c->bio);
	verify_store_free(c->store);
	leaf_key_free(c->ecdsa);
	leaf_key_free(c->rsa);
	sk_X509_pop_free(c->chain, X509_free);
	free(c);
}

int tls_ctx_tickets(struct tls_ctx *c, struct str ring)
{
	return tickets_use(c->tickets, ring);
}

bool tls_ctx_pq(const struct tls_ctx *c)
{
	return c->pq;
}

struct leaf_key *tls_ctx_key(struct tls_ctx *c, bool ecdsa)
{
	return leaf_key_ref(ecdsa ? c->ecdsa : c->rsa);
}

bool tls_ctx_renew(struct tls_ctx *c)
{
	struct leaf_key *fresh = leaf_key_new(true);

	if (fresh == NULL)
		return false;
	leaf_key_free(c->ecdsa);
	c->ecdsa = fresh;
	return true;
}

void tls_ctx_take_rsa(struct tls_ctx *c, struct leaf_key *rsa)
{
	leaf_key_free(c->rsa);
	c->rsa = rsa;
}

int tls_ctx_spki(struct tls_ctx *c, bool ecdsa, struct str *spki)
{
	struct leaf_key **k = ecdsa ? &c->ecdsa : &c->rsa;

	if (*k == NULL && (*k = leaf_key_new(ecdsa)) == NULL)
		return -ERR_NOMEM;
	*spki = leaf_key_spki(*k);
	return 0;
}
