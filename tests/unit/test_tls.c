/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS ends against plain OpenSSL peers over socketpairs, both directions. */
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "mitm/tls.h"
#include "tests/unit/x509_rig.h"

enum { TURNS = 200, BIG = 1 << 20 };

static struct limits limits;
static struct cert root, own, site;
static struct verify_store *store;
static struct tls_ctx *ctx;
static SSL_CTX *server, *client; /* the plain peers */
static struct leaf *leaf[2];     /* forged, for the RSA key and for the ECDSA key */

/* What the signer does: a leaf for the worker's key. */
static struct leaf *forge(bool ecdsa)
{
	struct str spki;
	struct cert key = { NULL, NULL }, c;
	const unsigned char *p;
	unsigned char *der = NULL;
	struct leaf *l;
	int n;

	ck_assert_int_eq(tls_ctx_spki(ctx, ecdsa, &spki), 0);
	p = (const unsigned char *)spki.p;
	key.key = d2i_PUBKEY(NULL, &p, (long)spki.n);
	c = rig_make((struct spec){ .san = "DNS:www.example.com", .issuer = &own, .key_of = &key });
	n = i2d_X509(c.x, &der);
	l = leaf_new(str_of((const char *)der, (size_t)n));
	ck_assert_ptr_nonnull(l);
	OPENSSL_free(der);
	rig_free(&c);
	rig_free(&key);
	return l;
}

static void use(const struct cert *c)
{
	ck_assert_int_eq(SSL_CTX_use_certificate(server, c->x), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(server, c->key), 1);
}

static void setup(void)
{
	limits_default(&limits);
	root = rig_make((struct spec){ .cn = "Root", .ca = true });
	own = rig_make((struct spec){ .cn = "Own CA", .ca = true });
	site = rig_make(
	    (struct spec){ .issuer = &root, .san = "DNS:www.example.com,DNS:two.example.com" });
	store = rig_store(&root, NULL, &own);
	ctx = tls_ctx_new(store, &limits);
	ck_assert_ptr_nonnull(ctx);
	leaf[1] = forge(true);
	server = SSL_CTX_new(TLS_server_method());
	client = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_options(server, SSL_OP_ALL);
	use(&site);
	SSL_CTX_set_session_id_context(server, (const unsigned char *)"t", 1);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(client), own.x);
	SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
}

static void teardown(void)
{
	SSL_CTX_free(server);
	SSL_CTX_free(client);
	leaf_free(leaf[0]);
	leaf_free(leaf[1]);
	leaf[0] = leaf[1] = NULL;
	tls_ctx_free(ctx);
	verify_store_free(store);
	rig_free(&root);
	rig_free(&own);
	rig_free(&site);
}

/* ---- a pair: our end and a plain peer ---- */

struct pair {
	struct tls *t;
	SSL *ssl;
	int fd[2]; /* ours, the peer's */
	int r;     /* of our handshake */
	int ssl_r;
};

static void sockets(struct pair *p)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fd), 0);
}

static void peer(struct pair *p, SSL_CTX *c)
{
	p->ssl = SSL_new(c);
	SSL_set_fd(p->ssl, p->fd[1]);
	if (c == server) {
		SSL_set_accept_state(p->ssl);
	} else {
		SSL_set_connect_state(p->ssl);
		SSL_set_tlsext_host_name(p->ssl, "www.example.com");
		SSL_set1_host(p->ssl, "www.example.com");
	}
}

static void end_pair(struct pair *p)
{
	tls_free(p->t);
	SSL_free(p->ssl);
	if (p->fd[0] >= 0)
		close(p->fd[0]);
	if (p->fd[1] >= 0)
		close(p->fd[1]);
	ERR_clear_error();
}

/* Both handshakes, in turns, until ours is decided and the peer's is too (or waits in vain). */
static int shake(struct pair *p)
{
	p->r = -ERR_WANT_READ;
	p->ssl_r = 0;
	for (int i = 0; i < TURNS; i++) {
		if (p->r == -ERR_WANT_READ || p->r == -ERR_WANT_WRITE)
			p->r = tls_handshake(p->t);
		ERR_clear_error();
		if (p->ssl_r != 1)
			p->ssl_r = SSL_do_handshake(p->ssl);
	}
	return p->r;
}

/* Toward an origin. */
static struct pair connect_pair(const char *name, struct str alpn)
{
	struct pair p;

	sockets(&p);
	p.t = tls_connect(ctx, p.fd[0], &(struct tls_target){ str_c(name), "192.0.2.1", 443, alpn });
	ck_assert_ptr_nonnull(p.t);
	peer(&p, server);
	return p;
}

/* Toward a client whose hello was peeked, in segments of `each` bytes; alpn is the origin's choice.
 */
static struct pair accept_pair(size_t each, struct str alpn, void (*prepare)(SSL *))
{
	char hello[16384];
	struct hello h;
	size_t n = 0;
	struct pair p;
	int r = -ERR_MORE;

	sockets(&p);
	peer(&p, client);
	if (prepare != NULL)
		prepare(p.ssl);
	ck_assert_int_ne(SSL_do_handshake(p.ssl), 1);
	while (r == -ERR_MORE) {
		ssize_t k = read(p.fd[0], hello + n, each);

		ck_assert_int_gt(k, 0);
		n += (size_t)k;
		r = hello_parse(str_of(hello, n), sizeof(hello), &h);
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(h.sni, "www.example.com");
	if (leaf[h.ecdsa] == NULL)
		leaf[h.ecdsa] = forge(h.ecdsa);
	p.t = tls_accept(ctx, p.fd[0], str_of(hello, n), h.ecdsa, leaf[h.ecdsa], alpn);
	ck_assert_ptr_nonnull(p.t);
	ck_assert(tls_pending(p.t));
	return p;
}

/* Some bytes both ways; afterwards our end took the peer's tickets, too. */
static void echo(struct pair *p)
{
	char b[32];

	ck_assert_int_eq(tls_write(p->t, "ping", 4), 4);
	ck_assert_int_eq(SSL_read(p->ssl, b, sizeof(b)), 4);
	ck_assert_int_eq(SSL_write(p->ssl, "pong!", 5), 5);
	ck_assert_int_eq(tls_read(p->t, b, sizeof(b)), 5);
	ck_assert_int_eq(memcmp(b, "pong!", 5), 0);
	ck_assert_int_eq(tls_read(p->t, b, sizeof(b)), -ERR_WANT_READ);
	ck_assert(!tls_pending(p->t));
}

static int select_second(SSL *ssl, const unsigned char **out, unsigned char *n,
    const unsigned char *in, unsigned in_n, void *arg)
{
	(void)ssl;
	(void)arg;
	ck_assert_uint_gt(in_n, in[0] + 1u);
	*n = in[in[0] + 1];
	*out = in + in[0] + 2;
	return SSL_TLSEXT_ERR_OK;
}

/* ---- toward origins ---- */

START_TEST(an_origin_is_verified_and_its_choice_is_told)
{
	struct leaf_wish *w = calloc(1, sizeof(*w));
	struct pair p;

	SSL_CTX_set_max_proto_version(server, _i == 0 ? TLS1_3_VERSION : TLS1_2_VERSION);
	SSL_CTX_set_alpn_select_cb(server, select_second, NULL);
	p = connect_pair("www.example.com", STR("\2h2\x08http/1.1"));
	ck_assert_int_eq(shake(&p), 0);
	ck_assert(str_eq(tls_alpn(p.t), STR("http/1.1")));
	ck_assert_str_eq(tls_version(p.t), _i == 0 ? "TLSv1.3" : "TLSv1.2");
	ck_assert_str_eq(SSL_get_servername(p.ssl, TLSEXT_NAMETYPE_host_name), "www.example.com");
	ck_assert(strstr(tls_cipher(p.t), "GCM") != NULL && !tls_resumed(p.t));
	ck_assert_int_eq(tls_mirror(p.t, STR("www.example.com"), w), 0);
	ck_assert_uint_eq(w->nnames, 2);
	echo(&p);
	end_pair(&p);
	free(w);
}
END_TEST

START_TEST(without_alpn_none_is_offered)
{
	struct pair p = connect_pair("www.example.com", STR_NONE);

	ck_assert_int_eq(shake(&p), 0);
	ck_assert_uint_eq(tls_alpn(p.t).n, 0);
	end_pair(&p);
}
END_TEST

static const struct bad_row {
	const char *name;
	struct spec s;
	int want;
} bad[] = {
	{ "other.example.com", { .san = "DNS:www.example.com" }, -ERR_CERT_NAME },
	{ "www.example.com", { .san = "DNS:www.example.com", .hours_from = -9, .hours_to = -1 },
	    -ERR_CERT_EXPIRED },
	{ "www.example.com", { .san = "DNS:www.example.com", .hours_from = 1, .hours_to = 9 },
	    -ERR_CERT_NOT_YET },
	{ "www.example.com", { .san = "DNS:www.example.com", .issuer = &own }, -ERR_CERT_PROXY_CA },
	{ "www.example.com", { .san = "DNS:www.example.com", .eku = "clientAuth" },
	    -ERR_CERT_PURPOSE },
	{ "www.example.com", { .san = "DNS:www.example.com", .rsa_bits = 2048 }, 0 },
	{ "", { .san = "DNS:www.example.com" }, -ERR_CERT_NAME },
	{ "", { .san = "IP:192.0.2.1" }, 0 },
};

enum { BAD = sizeof(bad) / sizeof(bad[0]) };

START_TEST(a_bad_origin_fails_the_handshake)
{
	struct spec s = bad[_i % BAD].s;
	struct cert c;
	struct pair p;

	s.issuer = s.issuer == NULL ? &root : s.issuer;
	c = rig_make(s);
	use(&c);
	SSL_CTX_set_max_proto_version(server, _i < BAD ? TLS1_3_VERSION : TLS1_2_VERSION);
	p = connect_pair(bad[_i % BAD].name, STR_NONE);
	ck_assert_msg(shake(&p) == bad[_i % BAD].want, "row %d: %s (%s)", _i, err_name(p.r),
	    tls_failure(p.t));
	ck_assert(p.r == 0 || tls_failure(p.t)[0] != '\0');
	ck_assert_int_eq(tls_write(p.t, "x", 1) == 1, p.r == 0);
	end_pair(&p);
	rig_free(&c);
}
END_TEST

START_TEST(tls_1_1_is_refused)
{
	struct pair p;

	SSL_CTX_set_security_level(server, 0);
	SSL_CTX_set_min_proto_version(server, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(server, TLS1_1_VERSION);
	p = connect_pair("www.example.com", STR_NONE);
	ck_assert_int_lt(shake(&p), 0);
	ck_assert_msg(p.r == -ERR_TLS_OLD, "%s", err_name(p.r));
	ck_assert_uint_eq(tls_report(p.t)->errors, TLS_ERROR_BIT(TLS_ERROR_OLD_PROTOCOL));
	end_pair(&p);
}
END_TEST

START_TEST(plain_bytes_are_a_failure_and_an_early_close_is_truncation)
{
	struct pair p = connect_pair("www.example.com", STR_NONE);

	ck_assert_int_eq(tls_handshake(p.t), -ERR_WANT_READ);
	ck_assert_int_eq(write(p.fd[1], "HTTP/1.1 400 Bad Request\r\n\r\n", 28), 28);
	ck_assert_int_eq(tls_handshake(p.t), -ERR_TLS);
	ck_assert_str_ne(tls_failure(p.t), "");
	end_pair(&p);
	p = connect_pair("www.example.com", STR_NONE);
	ck_assert_int_eq(tls_handshake(p.t), -ERR_WANT_READ);
	shutdown(p.fd[1], SHUT_RDWR);
	ck_assert_int_eq(tls_handshake(p.t), -ERR_TRUNCATED);
	end_pair(&p);
}
END_TEST

/* ---- resumption ---- */

/* Connect, echo, close; was it resumed? */
static bool visit(const char *name, const char *ip, struct str alpn)
{
	struct pair p;
	bool resumed;

	sockets(&p);
	p.t = tls_connect(ctx, p.fd[0], &(struct tls_target){ str_c(name), ip, 443, alpn });
	ck_assert_ptr_nonnull(p.t);
	peer(&p, server);
	ck_assert_int_eq(shake(&p), 0);
	echo(&p);
	resumed = tls_resumed(p.t);
	ck_assert_int_eq(resumed, SSL_session_reused(p.ssl));
	end_pair(&p);
	return resumed;
}

START_TEST(v18_a_session_is_for_one_name_address_offer_and_store)
{
	SSL_CTX_set_max_proto_version(server, _i == 0 ? TLS1_3_VERSION : TLS1_2_VERSION);
	ck_assert(!visit("www.example.com", "192.0.2.1", STR_NONE));
	for (int i = 0; i < 5; i++)
		ck_assert_msg(visit("www.example.com", "192.0.2.1", STR_NONE), "visit %d", i);
	/* Not for another name, address or offer. */
	ck_assert(!visit("two.example.com", "192.0.2.1", STR_NONE));
	ck_assert(!visit("www.example.com", "192.0.2.2", STR_NONE));
	ck_assert(!visit("www.example.com", "192.0.2.1", STR("\2h2")));
	ck_assert(visit("two.example.com", "192.0.2.1", STR_NONE));
	tls_ctx_store(ctx, store);
	ck_assert(!visit("www.example.com", "192.0.2.1", STR_NONE));
}
END_TEST

static void again(X509 *x, long seconds, EVP_PKEY *issuer)
{
	X509_gmtime_adj(X509_getm_notAfter(x), seconds);
	ck_assert_int_gt(X509_sign(x, issuer, EVP_sha256()), 0);
}

/* _i: of which certificate the life ends soon: the leaf, its issuer. */
START_TEST(v18_a_session_ends_with_the_chain_that_vouched_for_it)
{
	struct cert inter = rig_make((struct spec){ .cn = "Inter", .ca = true, .issuer = &root });
	struct cert leaf_of_it =
	    rig_make((struct spec){ .issuer = &inter, .san = "DNS:www.example.com" });
	int v = _i / 2 == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;

	SSL_CTX_set_max_proto_version(server, v);
	if (_i % 2 == 0)
		again(leaf_of_it.x, 3, inter.key);
	else
		again(inter.x, 3, root.key);
	use(&leaf_of_it);
	SSL_CTX_add1_chain_cert(server, inter.x);
	ck_assert(!visit("www.example.com", "192.0.2.1", STR_NONE));
	ck_assert(visit("www.example.com", "192.0.2.1", STR_NONE)); /* TLS 1.3 gives new ones */
	sleep(4);
	/* The origin has new ones by now; its tickets are as good as they were. */
	SSL_CTX_clear_chain_certs(server);
	again(inter.x, 3600, root.key);
	again(leaf_of_it.x, 3600, inter.key);
	use(&leaf_of_it);
	SSL_CTX_add1_chain_cert(server, inter.x);
	ck_assert(!visit("www.example.com", "192.0.2.1", STR_NONE));
	ck_assert(visit("www.example.com", "192.0.2.1", STR_NONE));
	rig_free(&leaf_of_it);
	rig_free(&inter);
}
END_TEST

START_TEST(v18_what_was_verified_is_told_of_a_resumed_session)
{
	struct verify_report first;
	struct pair p;

	SSL_CTX_set_max_proto_version(server, _i == 0 ? TLS1_3_VERSION : TLS1_2_VERSION);
	p = connect_pair("www.example.com", STR_NONE);
	ck_assert_int_eq(shake(&p), 0);
	echo(&p);
	first = *tls_report(p.t);
	end_pair(&p);
	p = connect_pair("www.example.com", STR_NONE);
	ck_assert_int_eq(shake(&p), 0);
	ck_assert(tls_resumed(p.t));
	ck_assert_int_eq(tls_report(p.t)->err, 0);
	ck_assert_int_eq(tls_report(p.t)->revocation, first.revocation);
	ck_assert_int_eq(memcmp(tls_report(p.t)->spki, first.spki, VERIFY_DIGEST), 0);
	ck_assert_int_ne(first.spki[0] | first.spki[1] | first.spki[2] | first.spki[3], 0);
	end_pair(&p);
}
END_TEST

static bool go_on(void *arg, const struct verify_report *r)
{
	*(uint32_t *)arg = r->errors;
	return true;
}

START_TEST(v18_a_session_with_accepted_faults_is_not_kept)
{
	struct cert old = rig_make((struct spec){ .issuer = &root, .san = "DNS:www.example.com",
	    .hours_from = -9, .hours_to = -1 });

	SSL_CTX_set_max_proto_version(server, _i == 0 ? TLS1_3_VERSION : TLS1_2_VERSION);
	use(&old);
	for (int i = 0; i < 2; i++) {
		uint32_t errors = 0;
		struct pair p;

		sockets(&p);
		p.t = tls_connect(ctx, p.fd[0],
		    &(struct tls_target){ .sni = STR("www.example.com"), .ip = "192.0.2.1",
			.port = 443, .judge = go_on, .arg = &errors });
		peer(&p, server);
		ck_assert_int_eq(shake(&p), 0);
		echo(&p);
		ck_assert(!tls_resumed(p.t));
		ck_assert_uint_eq(errors, TLS_ERROR_BIT(TLS_ERROR_EXPIRED)); /* asked each time */
		end_pair(&p);
	}
	rig_free(&old);
}
END_TEST

START_TEST(v18_a_session_of_an_old_store_is_not_kept)
{
	struct pair p = connect_pair("www.example.com", STR_NONE);
	struct cert other = rig_make((struct spec){ .cn = "Other", .ca = true });
	struct verify_store *next = rig_store(&other, NULL, NULL);

	ck_assert_int_eq(shake(&p), 0);
	tls_ctx_store(ctx, next);
	echo(&p); /* here come the tickets */
	end_pair(&p);
	p = connect_pair("www.example.com", STR_NONE);
	ck_assert_int_eq(shake(&p), -ERR_CERT_INCOMPLETE);
	end_pair(&p);
	verify_store_free(next);
	rig_free(&other);
}
END_TEST

START_TEST(a_refused_origin_leaves_no_session)
{
	struct pair p = connect_pair("other.example.com", STR_NONE);

	ck_assert_int_eq(shake(&p), -ERR_CERT_NAME);
	end_pair(&p);
	p = connect_pair("other.example.com", STR_NONE);
	ck_assert_int_eq(shake(&p), -ERR_CERT_NAME);
	end_pair(&p);
}
END_TEST

/* ---- toward clients ---- */

static void tls_1_2(SSL *ssl)
{
	SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
}

static void rsa_only(SSL *ssl)
{
	SSL_set1_sigalgs_list(ssl, "RSA-PSS+SHA256:RSA+SHA256");
}

static void rsa_suites_1_2(SSL *ssl)
{
	tls_1_2(ssl);
	SSL_set_cipher_list(ssl, "ECDHE-RSA-AES128-GCM-SHA256");
}

static void x25519_only(SSL *ssl)
{
	SSL_set1_groups_list(ssl, "X25519");
}

static void x25519_only_1_2(SSL *ssl)
{
	tls_1_2(ssl);
	x25519_only(ssl);
}

static void p256_only(SSL *ssl)
{
	SSL_set1_groups_list(ssl, "P-256");
}

static void p256_only_1_2(SSL *ssl)
{
	tls_1_2(ssl);
	p256_only(ssl);
}

static void p384_only(SSL *ssl)
{
	SSL_set1_groups_list(ssl, "P-384"); /* needs no retry: the share is sent */
}

static void retry(SSL *ssl)
{
	SSL_set1_groups_list(ssl, "P-521:P-256"); /* HelloRetryRequest: we have no P-521 */
}

static const struct client_row {
	const char *name;
	void (*prepare)(SSL *);
	int key;
	const char *version;
} clients[] = {
	{ "plain", NULL, EVP_PKEY_EC, "TLSv1.3" },
	{ "1.2", tls_1_2, EVP_PKEY_EC, "TLSv1.2" },
	{ "RSA only", rsa_only, EVP_PKEY_RSA, "TLSv1.3" },
	{ "RSA suites 1.2", rsa_suites_1_2, EVP_PKEY_RSA, "TLSv1.2" },
	{ "X25519 only", x25519_only, EVP_PKEY_EC, "TLSv1.3" },
	{ "X25519 only 1.2", x25519_only_1_2, EVP_PKEY_RSA, "TLSv1.2" },
	{ "P-256 only", p256_only, EVP_PKEY_EC, "TLSv1.3" },
	{ "P-256 only 1.2", p256_only_1_2, EVP_PKEY_EC, "TLSv1.2" },
	{ "P-384 only", p384_only, EVP_PKEY_EC, "TLSv1.3" },
	{ "retry", retry, EVP_PKEY_EC, "TLSv1.3" },
};

START_TEST(clients_of_many_kinds_are_served)
{
	const struct client_row *c = &clients[_i];
	struct pair p = accept_pair(16384, STR_NONE, c->prepare);

	ck_assert_msg(shake(&p) == 0 && p.ssl_r == 1, "%s: %s (%s)", c->name, err_name(p.r),
	    tls_failure(p.t));
	ck_assert_int_eq(
	    EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(p.ssl))), c->key);
	ck_assert_str_eq(tls_version(p.t), c->version);
	echo(&p);
	end_pair(&p);
}
END_TEST

START_TEST(peeked_bytes_are_replayed)
{
	static const size_t each[] = { 1, 7, 100 };
	struct pair p = accept_pair(each[_i], STR_NONE, NULL);

	ck_assert_int_eq(shake(&p), 0);
	echo(&p);
	end_pair(&p);
}
END_TEST

static void offers(SSL *ssl)
{
	SSL_set_alpn_protos(ssl, (const unsigned char *)"\2h2\x08http/1.1", 12);
}

START_TEST(the_origins_protocol_is_what_the_client_gets)
{
	static const struct {
		struct str origin, want;
	} rows[] = {
		{ STR("http/1.1"), STR("http/1.1") }, { STR("h2"), STR("h2") },
		{ STR(""), STR("") }, { STR("imap"), STR("") }, /* not offered: none */
	};
	struct pair p = accept_pair(16384, rows[_i].origin, offers);

	ck_assert_int_eq(shake(&p), 0);
	ck_assert(str_eq(tls_alpn(p.t), rows[_i].want));
	end_pair(&p);
}
END_TEST

START_TEST(a_client_without_common_version_is_refused)
{
	struct pair p;

	SSL_CTX_set_security_level(client, 0);
	SSL_CTX_set_min_proto_version(client, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(client, TLS1_1_VERSION);
	p = accept_pair(16384, STR_NONE, NULL);
	ck_assert_int_eq(shake(&p), -ERR_TLS);
	end_pair(&p);
}
END_TEST

static void trusts_nobody(SSL *ssl)
{
	SSL_set1_host(ssl, "www.example.org");
}

START_TEST(a_clients_alert_is_told)
{
	struct pair p = accept_pair(16384, STR_NONE, trusts_nobody);
	char b[8];
	int r = shake(&p);

	if (r == 0) /* TLS 1.3: it comes with the next read */
		r = (int)tls_read(p.t, b, sizeof(b));
	ck_assert_msg(r == -ERR_TLS_ALERT, "%s", err_name(r));
	ck_assert_msg(strncmp(tls_failure(p.t), "alert 42 ", 9) == 0, "%s", tls_failure(p.t));
	end_pair(&p);
}
END_TEST

START_TEST(no_session_is_given_to_clients)
{
	struct pair p = accept_pair(16384, STR_NONE, _i == 0 ? NULL : tls_1_2);
	SSL_SESSION *s;

	ck_assert_int_eq(shake(&p), 0);
	echo(&p);
	s = SSL_get1_session(p.ssl);
	ck_assert(!SSL_SESSION_has_ticket(s));
	SSL_SESSION_free(s);
	end_pair(&p);
}
END_TEST

/* ---- data and ends ---- */

START_TEST(close_notify_and_truncation_are_told_apart)
{
	struct pair p = accept_pair(16384, STR_NONE, NULL);
	char b[16];

	ck_assert_int_eq(shake(&p), 0);
	ck_assert_int_eq(SSL_write(p.ssl, "last", 4), 4);
	if (_i == 0)
		SSL_shutdown(p.ssl);
	shutdown(p.fd[1], SHUT_WR);
	ck_assert_int_eq(tls_read(p.t, b, sizeof(b)), 4);
	ck_assert(tls_pending(p.t)); /* the end waits inside */
	ck_assert_int_eq(tls_read(p.t, b, sizeof(b)), _i == 0 ? -ERR_EOF : -ERR_TRUNCATED);
	/* A half-closed TLS peer still gets its answer. */
	if (_i == 0)
		ck_assert_int_eq(tls_write(p.t, "answer", 6), 6);
	tls_close(p.t);
	end_pair(&p);
}
END_TEST

START_TEST(our_close_is_a_close_notify)
{
	struct pair p = accept_pair(16384, STR_NONE, NULL);
	char b[16];

	ck_assert_int_eq(shake(&p), 0);
	tls_close(p.t);
	ck_assert_int_le(SSL_read(p.ssl, b, sizeof(b)), 0);
	ck_assert_int_eq(SSL_get_shutdown(p.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	end_pair(&p);
}
END_TEST

static unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 31 + i / 4096);
}

/* One turn of the plain peer: what comes in goes out. */
static void echo_turn(struct pair *p, char *held, size_t *n)
{
	if (*n == 0) {
		int k = SSL_read(p->ssl, held, 20000);

		*n = k > 0 ? (size_t)k : 0;
	}
	if (*n > 0) {
		int k = SSL_write(p->ssl, held, (int)*n);

		if (k > 0) {
			memmove(held, held + k, *n - (size_t)k);
			*n -= (size_t)k;
		}
	}
	ERR_clear_error();
}

START_TEST(a_mebibyte_goes_both_ways)
{
	struct pair p = _i % 2 == 0 ? accept_pair(16384, STR_NONE, NULL)
				    : connect_pair("www.example.com", STR_NONE);
	char *out = malloc(BIG), *in = malloc(BIG), held[20000];
	size_t sent = 0, got = 0, n = 0;
	int small = 4096, turns = 0;

	ck_assert_int_eq(shake(&p), 0);
	SSL_set_mode(p.ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
	setsockopt(p.fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	setsockopt(p.fd[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	for (size_t i = 0; i < BIG; i++)
		out[i] = (char)pattern(i);
	while (got < BIG && turns++ < 100000) {
		ssize_t k = sent < BIG ? tls_write(p.t, out + sent, BIG - sent) : 0;

		ck_assert_int_ne(k, -ERR_TLS);
		sent += k > 0 ? (size_t)k : 0;
		echo_turn(&p, held, &n);
		k = tls_read(
		    p.t, in + got, BIG - got > 1000 ? 1000 + (size_t)turns % 7000 : BIG - got);
		ck_assert(k > 0 || k == -ERR_WANT_READ);
		if (k > 0 && got + (size_t)k > BIG)
			ck_abort_msg("too much");
		got += k > 0 ? (size_t)k : 0;
	}
	ck_assert_uint_eq(got, BIG);
	ck_assert_int_eq(memcmp(in, out, BIG), 0);
	end_pair(&p);
	free(out);
	free(in);
}
END_TEST

START_TEST(pending_says_what_no_socket_event_will)
{
	struct pair p = accept_pair(16384, STR_NONE, NULL);
	char b[16];

	ck_assert_int_eq(shake(&p), 0);
	ck_assert_int_eq(tls_read(p.t, b, sizeof(b)), -ERR_WANT_READ);
	ck_assert(!tls_pending(p.t));
	ck_assert_int_eq(SSL_write(p.ssl, "0123456789abcdefXYZ", 19), 19);
	ck_assert_int_eq(tls_read(p.t, b, sizeof(b)), 16);
	ck_assert(tls_pending(p.t));
	ck_assert_int_eq(tls_read(p.t, b, sizeof(b)), 3);
	ck_assert(!tls_pending(p.t));
	end_pair(&p);
}
END_TEST

START_TEST(a_changed_record_is_a_failure)
{
	struct pair p = accept_pair(16384, STR_NONE, NULL);
	char b[64];

	ck_assert_int_eq(shake(&p), 0);
	ck_assert_int_eq(write(p.fd[1],
			     "\x17\3\3\0\x20"
			     "0123456789abcdef0123456789abcdef",
			     37),
	    37);
	ck_assert_int_eq(tls_read(p.t, b, sizeof(b)), -ERR_TLS);
	ck_assert_str_ne(tls_failure(p.t), "");
	ck_assert_int_lt(tls_write(p.t, "x", 1), 0);
	end_pair(&p);
}
END_TEST

START_TEST(ends_may_be_freed_at_any_point)
{
	for (int turns = 0; turns < 4; turns++) {
		struct pair p = _i == 0 ? accept_pair(16384, STR_NONE, NULL)
					: connect_pair("www.example.com", STR_NONE);

		for (int i = 0; i < turns; i++) {
			tls_handshake(p.t);
			SSL_do_handshake(p.ssl);
		}
		tls_close(p.t);
		end_pair(&p);
	}
	tls_free(NULL);
	ck_assert_str_eq(tls_failure(NULL), "");
}
END_TEST

START_TEST(a_leaf_that_is_none_gives_no_end)
{
	struct leaf *l = leaf_new(STR("junk"));
	struct leaf *wrong = leaf[1]; /* its key is the ECDSA one */
	struct str spki;

	ck_assert_ptr_null(tls_accept(ctx, 0, STR_NONE, true, l, STR_NONE));
	ck_assert_ptr_null(
	    tls_accept(ctx, 0, STR_NONE, false, wrong, STR_NONE)); /* no RSA key yet */
	ck_assert_int_eq(tls_ctx_spki(ctx, false, &spki), 0);
	ck_assert_ptr_null(tls_accept(ctx, 0, STR_NONE, false, wrong, STR_NONE));
	ck_assert_uint_eq(ERR_peek_error(), 0);
	leaf_free(l);
}
END_TEST

#define ROWS(a) (int)(sizeof(a) / sizeof((a)[0]))

static TCase *cases(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, an_origin_is_verified_and_its_choice_is_told, 0, 2);
	tcase_add_test(t, without_alpn_none_is_offered);
	tcase_add_loop_test(t, a_bad_origin_fails_the_handshake, 0, 2 * BAD);
	tcase_add_test(t, tls_1_1_is_refused);
	tcase_add_test(t, plain_bytes_are_a_failure_and_an_early_close_is_truncation);
	tcase_add_loop_test(t, v18_a_session_is_for_one_name_address_offer_and_store, 0, 2);
	tcase_add_test(t, v18_a_session_of_an_old_store_is_not_kept);
	tcase_add_loop_test(t, v18_a_session_ends_with_the_chain_that_vouched_for_it, 0, 4);
	tcase_add_loop_test(t, v18_what_was_verified_is_told_of_a_resumed_session, 0, 2);
	tcase_add_loop_test(t, v18_a_session_with_accepted_faults_is_not_kept, 0, 2);
	tcase_add_test(t, a_refused_origin_leaves_no_session);
	tcase_add_loop_test(t, clients_of_many_kinds_are_served, 0, ROWS(clients));
	tcase_add_loop_test(t, peeked_bytes_are_replayed, 0, 3);
	tcase_add_loop_test(t, the_origins_protocol_is_what_the_client_gets, 0, 4);
	tcase_add_test(t, a_client_without_common_version_is_refused);
	tcase_add_test(t, a_clients_alert_is_told);
	tcase_add_loop_test(t, no_session_is_given_to_clients, 0, 2);
	tcase_add_loop_test(t, close_notify_and_truncation_are_told_apart, 0, 2);
	tcase_add_test(t, our_close_is_a_close_notify);
	tcase_add_loop_test(t, a_mebibyte_goes_both_ways, 0, 2);
	tcase_add_test(t, pending_says_what_no_socket_event_will);
	tcase_add_test(t, a_changed_record_is_a_failure);
	tcase_add_loop_test(t, ends_may_be_freed_at_any_point, 0, 2);
	tcase_add_test(t, a_leaf_that_is_none_gives_no_end);
	return t;
}

int main(void)
{
	Suite *s = suite_create("tls");
	SRunner *r;
	int failed;

	suite_add_tcase(s, cases());
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
