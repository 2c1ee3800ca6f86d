/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Versions and strength of both legs: what is offered, what is refused, and that the client does
 * not see more than the origin gave. Against plain OpenSSL peers and against scripted bytes.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "mitm/tls.h"
#include "tests/unit/x509_rig.h"

enum { TURNS = 60, ALL_12 = HELLO_12_128 | HELLO_12_256, ALL_13 = HELLO_13_128 | HELLO_13_256 };
enum { ALL = ALL_12 | ALL_13 };

static struct limits limits;
static struct cert root, own, site, rsa_site, forged;
static struct verify_store *store;
static struct tls_ctx *ctx;
static SSL_CTX *server, *client; /* the plain peers */
static struct leaf *leaf;

static void forge(void)
{
	struct cert key = { NULL, NULL };
	const unsigned char *p;
	unsigned char *der = NULL;
	struct str spki;
	int n;

	ck_assert_int_eq(tls_ctx_spki(ctx, true, &spki), 0);
	p = (const unsigned char *)spki.p;
	key.key = d2i_PUBKEY(NULL, &p, (long)spki.n);
	forged =
	    rig_make((struct spec){ .san = "DNS:www.example.com", .issuer = &own, .key_of = &key });
	n = i2d_X509(forged.x, &der);
	leaf = leaf_new(str_of((const char *)der, (size_t)n));
	OPENSSL_free(der);
	rig_free(&key);
}

static void setup(void)
{
	limits_default(&limits);
	root = rig_make((struct spec){ .cn = "Root", .ca = true });
	own = rig_make((struct spec){ .cn = "Own CA", .ca = true });
	site = rig_make((struct spec){ .issuer = &root, .san = "DNS:www.example.com" });
	rsa_site = rig_make(
	    (struct spec){ .issuer = &root, .san = "DNS:www.example.com", .rsa_bits = 2048 });
	store = rig_store(&root, NULL, &own);
	ctx = tls_ctx_new(store, &limits);
	ck_assert_ptr_nonnull(ctx);
	forge();
	server = SSL_CTX_new(TLS_server_method());
	client = SSL_CTX_new(TLS_client_method());
	SSL_CTX_use_certificate(server, site.x);
	SSL_CTX_use_PrivateKey(server, site.key);
	SSL_CTX_set_session_id_context(server, (const unsigned char *)"t", 1);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(client), own.x);
	SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
}

static void teardown(void)
{
	SSL_CTX_free(server);
	SSL_CTX_free(client);
	leaf_free(leaf);
	tls_ctx_free(ctx);
	verify_store_free(store);
	rig_free(&root);
	rig_free(&own);
	rig_free(&site);
	rig_free(&rsa_site);
	rig_free(&forged);
}

/* ---- pairs ---- */

struct pair {
	struct tls *t;
	SSL *ssl;
	int fd[2]; /* ours, the peer's */
	int r, ssl_r;
};

static struct pair sockets(void)
{
	struct pair p = { 0 };

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p.fd), 0);
	return p;
}

static void end_pair(struct pair *p)
{
	tls_free(p->t);
	SSL_free(p->ssl);
	close(p->fd[0]);
	close(p->fd[1]);
	ERR_clear_error();
}

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

/* Our end toward an origin, for a client with such suites; the origin is not there yet. */
static struct pair toward_origin(const char *name, unsigned suites)
{
	struct pair p = sockets();

	p.t = tls_connect(ctx, p.fd[0],
	    &(struct tls_target){
		.sni = str_c(name), .ip = "192.0.2.1", .port = 443, .suites = suites });
	ck_assert_ptr_nonnull(p.t);
	return p;
}

static struct pair with_server(unsigned suites)
{
	struct pair p = toward_origin("www.example.com", suites);

	p.ssl = SSL_new(server);
	SSL_set_fd(p.ssl, p.fd[1]);
	SSL_set_accept_state(p.ssl);
	return p;
}

static SSL *plain_client(const struct pair *p)
{
	SSL *s = SSL_new(client);

	SSL_set_fd(s, p->fd[1]);
	SSL_set_connect_state(s);
	SSL_set_tlsext_host_name(s, "www.example.com");
	return s;
}

/* Our end toward a client whose first bytes are on the way; origin may be NULL. */
static void answer(struct pair *p, const struct tls_facts *origin)
{
	p->t = tls_accept(ctx, p->fd[0], STR_NONE, true, leaf, STR_NONE);
	ck_assert_ptr_nonnull(p->t);
	if (origin != NULL)
		ck_assert(tls_match(p->t, origin));
}

static void echo(struct pair *p)
{
	char b[32];

	ck_assert_int_eq(tls_write(p->t, "ping", 4), 4);
	ck_assert_int_eq(SSL_read(p->ssl, b, sizeof(b)), 4);
	ck_assert_int_eq(SSL_write(p->ssl, "pong!", 5), 5);
	ck_assert_int_eq(tls_read(p->t, b, sizeof(b)), 5);
}

/* ---- what is offered to origins ---- */

struct offer {
	unsigned char p[8192];
	size_t n, extensions; /* where the extensions' bytes begin */
	const unsigned char *suites;
	size_t suites_n;
};

/* The message of our hello, read from the origin's side of the socket. */
static struct offer offer_of(const char *name, unsigned suites)
{
	struct pair p = toward_origin(name, suites);
	struct offer o = { 0 };
	size_t at = 5 + 4 + 2 + 32; /* record, message, version, random */
	ssize_t n;

	ck_assert_int_eq(tls_handshake(p.t), -ERR_WANT_READ);
	n = read(p.fd[1], o.p, sizeof(o.p));
	ck_assert_int_gt(n, 100);
	o.n = (size_t)n;
	at += 1u + o.p[at];
	o.suites_n = (size_t)(o.p[at] << 8 | o.p[at + 1]);
	o.suites = o.p + at + 2;
	at += 2 + o.suites_n;
	ck_assert_uint_eq(o.p[at], 1); /* one compression method: none */
	ck_assert_uint_eq(o.p[at + 1], 0);
	o.extensions = at + 4;
	end_pair(&p);
	return o;
}

/* An extension's body, or n < 0. */
static const unsigned char *extension(const struct offer *o, unsigned type, int *n)
{
	for (size_t at = o->extensions; at + 4 <= o->n;) {
		const unsigned char *e = o->p + at;

		*n = e[2] << 8 | e[3];
		if ((unsigned)(e[0] << 8 | e[1]) == type)
			return e + 4;
		at += 4 + (size_t)*n;
	}
	*n = -1;
	return NULL;
}

static const struct {
	unsigned suites; /* the client's */
	const char *want;
} offers[] = {
	/* 00ff: secure renegotiation is signalled (RFC 5746) */
	{ 0, "\x13\1\x13\2\x13\3\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8\0\xff" },
	{ ALL, "\x13\1\x13\2\x13\3\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8\0\xff" },
	{ ALL_12, "\x13\1\x13\2\x13\3\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8\0\xff" },
	{ HELLO_12_256 | HELLO_13_256, "\x13\2\x13\3\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8\0\xff" },
	{ HELLO_13_256 | HELLO_12_128,
	    "\x13\2\x13\3\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8\0\xff" },
	{ ALL_13, "\x13\1\x13\2\x13\3\0\xff" },
	{ HELLO_13_256, "\x13\2\x13\3\0\xff" },
};

/* No RC4, 3DES, NULL, EXPORT, anonymous, static RSA, CBC; no finite-field DH: the list is whole. */
START_TEST(u2_u3_exactly_these_suites_are_offered)
{
	struct offer o = offer_of("www.example.com", offers[_i].suites);
	size_t want = 2;

	while (memcmp(offers[_i].want + want - 2, "\0\xff", 2) != 0)
		want += 2;
	if (o.suites_n == want - 2) /* TLS 1.3 alone needs no signal of renegotiation */
		want -= 2;
	ck_assert_uint_eq(o.suites_n, want);
	ck_assert_int_eq(memcmp(o.suites, offers[_i].want, want), 0);
}
END_TEST

START_TEST(u3_no_finite_field_group_is_offered)
{
	static const unsigned char want[] = { 0, 6, 0, 0x1d, 0, 0x17, 0, 0x18 };
	struct offer o = offer_of("www.example.com", 0);
	const unsigned char *e;
	int n;

	e = extension(&o, 10, &n);
	if (tls_ctx_pq(ctx)) {
		ck_assert_int_eq(n, 10);
		ck_assert_int_eq(memcmp(e + 2, "\x11\xec", 2), 0);
		ck_assert_int_eq(memcmp(e + 4, want + 2, 6), 0);
		return;
	}
	ck_assert_int_eq(n, (int)sizeof(want));
	ck_assert_int_eq(memcmp(e, want, sizeof(want)), 0);
}
END_TEST

START_TEST(u6_no_early_data_heartbeat_or_old_signature_is_offered)
{
	static const unsigned never[] = { 15 /* heartbeat */, 42 /* early_data */,
		13172 /* NPN */, 0xfe0d /* ECH */, 1 /* max_fragment_length */ };
	struct offer o = offer_of("www.example.com", 0);
	const unsigned char *e;
	int n;

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		ck_assert_ptr_null(extension(&o, never[i], &n));
	e = extension(&o, 13, &n);
	ck_assert_int_gt(n, 8);
	for (int i = 2; i + 1 < n; i += 2)
		ck_assert_msg(e[i] == 8 || (e[i] >= 4 && e[i] <= 6 && e[i + 1] != 2),
		    "signature %02x%02x", e[i], e[i + 1]); /* 08xx: PSS, EdDSA; xx02: DSA */
}
END_TEST

START_TEST(u11_the_name_sent_is_the_clients_and_never_an_address)
{
	struct offer o = offer_of("www.example.com", 0);
	const unsigned char *e;
	int n;

	e = extension(&o, 0, &n);
	ck_assert_int_eq(n, 5 + 15);
	ck_assert_int_eq(memcmp(e, "\0\x12\0\0\x0fwww.example.com", 20), 0);
	o = offer_of("", 0);
	ck_assert_ptr_null(extension(&o, 0, &n));
}
END_TEST

/* ---- scripted origins ---- */

/* A TLS 1.2 ServerHello: 32 bytes of random and extensions as given; then what we answer. */
static size_t answer_to(const char *random, struct str extensions, unsigned char *got, size_t room)
{
	unsigned char hello[256] = { 22, 3, 3, 0, 0, 2, 0, 0, 0, 3, 3 };
	struct pair p = toward_origin("www.example.com", 0);
	size_t n = 11;
	ssize_t k;

	memcpy(hello + n, random, 32);
	n += 32;
	memcpy(hello + n, "\0\xc0\x2f\0", 4); /* no session, ECDHE-RSA-AES128-GCM-SHA256 */
	n += 4;
	if (extensions.n > 0) {
		hello[n++] = 0;
		hello[n++] = (unsigned char)extensions.n;
		memcpy(hello + n, extensions.p, extensions.n);
		n += extensions.n;
	}
	hello[4] = (unsigned char)(n - 5);
	hello[8] = (unsigned char)(n - 9);
	ck_assert_int_eq(tls_handshake(p.t), -ERR_WANT_READ);
	ck_assert_int_gt(read(p.fd[1], got, room), 0); /* our hello */
	ck_assert_int_eq(write(p.fd[1], hello, n), (ssize_t)n);
	p.r = tls_handshake(p.t);
	ck_assert_msg(p.r == -ERR_TLS || p.r == -ERR_WANT_READ, "%s", err_name(p.r));
	k = read(p.fd[1], got, room);
	end_pair(&p);
	return k > 0 ? (size_t)k : 0;
}

#define RANDOM "0123456789abcdef01234567"
#define SECURE STR("\xff\1\0\1\0")

START_TEST(u4_an_origin_without_secure_renegotiation_is_refused)
{
	unsigned char got[8192];

	/* The same hello with the extension is taken: it waits for the certificate. */
	ck_assert_uint_eq(answer_to(RANDOM "89abcdef", SECURE, got, sizeof(got)), 0);
	ck_assert_uint_eq(answer_to(RANDOM "89abcdef", STR_NONE, got, sizeof(got)), 7);
	ck_assert_int_eq(memcmp(got, "\x15\3\3\0\2\2\x28", 7), 0); /* handshake_failure */
}
END_TEST

START_TEST(u7_a_downgrade_sentinel_ends_the_handshake)
{
	unsigned char got[8192];
	const char *random = _i == 0 ? RANDOM "DOWNGRD\1" : RANDOM "DOWNGRD\0";

	ck_assert_uint_eq(answer_to(random, SECURE, got, sizeof(got)), 7);
	ck_assert_int_eq(memcmp(got, "\x15\3\3\0\2\2\x2f", 7), 0); /* illegal_parameter */
}
END_TEST

/* ---- renegotiation ---- */

START_TEST(u5_an_origin_that_renegotiates_is_not_followed)
{
	unsigned char before[128], after[128];
	struct pair p;
	char b[64];
	size_t k;

	SSL_CTX_set_max_proto_version(server, TLS1_2_VERSION);
	p = with_server(0);
	ck_assert_int_eq(shake(&p), 0);
	k = SSL_get_finished(p.ssl, before, sizeof(before));
	ck_assert_int_eq(SSL_renegotiate(p.ssl), 1);
	SSL_do_handshake(p.ssl); /* HelloRequest */
	for (int i = 0; i < 10; i++) {
		ssize_t n = tls_read(p.t, b, sizeof(b));

		/* OpenSSL as server takes "no_renegotiation" for the end. */
		ck_assert_msg(n == -ERR_WANT_READ || n == -ERR_TLS_ALERT || n == -ERR_EOF,
		    "%zd", n);
		ERR_clear_error();
		SSL_read(p.ssl, b, sizeof(b));
	}
	ck_assert_uint_eq(SSL_get_finished(p.ssl, after, sizeof(after)), k);
	ck_assert_int_eq(memcmp(before, after, k), 0); /* no second handshake was finished */
	ck_assert_int_eq(SSL_CTX_sess_accept_good(server), 1);
	end_pair(&p);
}
END_TEST

START_TEST(c8_a_client_that_renegotiates_is_not_followed)
{
	struct pair p = sockets();
	unsigned char before[128], after[128];
	size_t n;
	char b[64];

	SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
	p.ssl = plain_client(&p);
	answer(&p, NULL);
	ck_assert_int_eq(shake(&p), 0);
	echo(&p);
	n = SSL_get_finished(p.ssl, before, sizeof(before));
	ck_assert_int_eq(SSL_renegotiate(p.ssl), 1);
	for (int i = 0; i < 10; i++) {
		ERR_clear_error();
		SSL_do_handshake(p.ssl);
		tls_read(p.t, b, sizeof(b));
	}
	ck_assert_uint_eq(SSL_get_finished(p.ssl, after, sizeof(after)), n);
	ck_assert_int_eq(memcmp(before, after, n), 0); /* no second handshake was finished */
	end_pair(&p);
}
END_TEST

/* ---- early data, HelloRetryRequest ---- */

/* A TLS 1.3 session that allows early data, from a server that is not ours. */
static SSL_SESSION *early_session(void)
{
	SSL_CTX *other = SSL_CTX_new(TLS_server_method());
	struct pair p = sockets();
	SSL *s = SSL_new(other);
	SSL_SESSION *session;
	char b[8];

	SSL_use_certificate(s, forged.x);
	SSL_use_certificate(s, site.x);
	SSL_use_PrivateKey(s, site.key);
	SSL_CTX_set_session_id_context(other, (const unsigned char *)"o", 1);
	SSL_set_session_id_context(s, (const unsigned char *)"o", 1);
	SSL_set_max_early_data(s, 16384);
	SSL_set_fd(s, p.fd[0]);
	SSL_set_accept_state(s);
	p.ssl = plain_client(&p);
	SSL_set_verify(p.ssl, SSL_VERIFY_NONE, NULL);
	for (int i = 0; i < TURNS; i++) {
		SSL_do_handshake(p.ssl);
		SSL_do_handshake(s);
	}
	SSL_write(s, "x", 1);
	SSL_read(p.ssl, b, sizeof(b)); /* the ticket comes before */
	session = SSL_get1_session(p.ssl);
	ck_assert_uint_eq(SSL_SESSION_get_max_early_data(session), 16384);
	SSL_shutdown(p.ssl);
	SSL_free(s);
	end_pair(&p);
	SSL_CTX_free(other);
	return session;
}

START_TEST(c3_early_data_is_not_taken_and_the_connection_goes_on)
{
	SSL_SESSION *session = early_session();
	struct pair p = sockets();
	size_t n = 0;

	p.ssl = plain_client(&p);
	SSL_set_session(p.ssl, session);
	ck_assert_int_eq(SSL_write_early_data(p.ssl, "GET / HTTP/1.1\r\n", 16, &n), 1);
	answer(&p, NULL);
	ck_assert_int_eq(shake(&p), 0);
	ck_assert_int_eq(p.ssl_r, 1);
	ck_assert_int_eq(SSL_get_early_data_status(p.ssl), SSL_EARLY_DATA_REJECTED);
	ck_assert(!tls_resumed(p.t));
	echo(&p);
	SSL_SESSION_free(session);
	end_pair(&p);
}
END_TEST

START_TEST(c4_a_client_with_another_key_share_is_asked_again)
{
	struct tls_facts f;
	struct pair p = sockets();

	SSL_CTX_set1_groups_list(client, _i == 0 ? "P-521:X25519" : "P-521:P-384");
	p.ssl = plain_client(&p);
	answer(&p, NULL);
	ck_assert_int_eq(shake(&p), 0);
	echo(&p);
	tls_facts(p.t, &f);
	ck_assert_str_eq(f.group, _i == 0 ? "x25519" : "secp384r1");
	end_pair(&p);
}
END_TEST

/* ---- the client's leg is not above the origin's ---- */

static const struct map_row {
	int origin_max;
	const char *origin_12, *origin_13;
	const char *client_12, *client_13; /* NULL: all */
	unsigned suites;		   /* the same as the gateway reads it */
	const char *want;		   /* on the client's leg; NULL: the origin is refused */
} maps[] = {
	{ TLS1_3_VERSION, NULL, "TLS_AES_128_GCM_SHA256", NULL, NULL, ALL,
	    "TLSv1.3 TLS_AES_128_GCM_SHA256" },
	{ TLS1_3_VERSION, NULL, "TLS_AES_256_GCM_SHA384", NULL, NULL, ALL,
	    "TLSv1.3 TLS_AES_256_GCM_SHA384" },
	{ TLS1_3_VERSION, NULL, "TLS_CHACHA20_POLY1305_SHA256", NULL, NULL, ALL,
	    "TLSv1.3 TLS_AES_256_GCM_SHA384" },
	{ TLS1_2_VERSION, "ECDHE+AESGCM:!AES256", NULL, NULL, NULL, ALL,
	    "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256" },
	{ TLS1_2_VERSION, "ECDHE+AES256+AESGCM", NULL, NULL, NULL, ALL,
	    "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384" },
	{ TLS1_3_VERSION, NULL, "TLS_AES_256_GCM_SHA384", NULL, "TLS_AES_128_GCM_SHA256", ALL,
	    "TLSv1.3 TLS_AES_128_GCM_SHA256" },
	/* a client that insists on 256 bits */
	{ TLS1_3_VERSION, NULL, NULL, "ECDHE+AES256", "TLS_AES_256_GCM_SHA384",
	    HELLO_13_256 | HELLO_12_256, "TLSv1.3 TLS_AES_256_GCM_SHA384" },
	{ TLS1_3_VERSION, "ECDHE+AESGCM:!AES256", "TLS_AES_128_GCM_SHA256", "ECDHE+AES256",
	    "TLS_AES_256_GCM_SHA384", HELLO_13_256 | HELLO_12_256, NULL },
	{ TLS1_2_VERSION, "ECDHE+AESGCM:!AES256", NULL, "ECDHE+AES256", NULL, HELLO_12_256, NULL },
	/* a client of TLS 1.3 alone, or whose older suites are none of ours */
	{ TLS1_2_VERSION, NULL, NULL, NULL, NULL, ALL_13, NULL },
	{ TLS1_3_VERSION, NULL, NULL, NULL, NULL, ALL_13, "TLSv1.3 TLS_AES_.*" },
};

static void set_suites(SSL_CTX *c, const char *old, const char *new)
{
	ck_assert_int_eq(old == NULL || SSL_CTX_set_cipher_list(c, old) == 1, 1);
	ck_assert_int_eq(new == NULL || SSL_CTX_set_ciphersuites(c, new) == 1, 1);
}

START_TEST(u9_the_client_does_not_see_more_than_the_origin_gave)
{
	const struct map_row *m = &maps[_i];
	struct tls_facts origin, seen;
	struct pair p;
	char text[64];

	SSL_CTX_set_max_proto_version(server, m->origin_max);
	SSL_CTX_set_options(server, SSL_OP_CIPHER_SERVER_PREFERENCE);
	set_suites(server, m->origin_12, m->origin_13);
	set_suites(client, m->client_12, m->client_13);
	p = with_server(m->suites);
	if (m->want == NULL) {
		ck_assert_int_lt(shake(&p), 0);
		end_pair(&p);
		return;
	}
	ck_assert_int_eq(shake(&p), 0);
	tls_facts(p.t, &origin);
	end_pair(&p);
	p = sockets();
	p.ssl = plain_client(&p);
	answer(&p, &origin);
	ck_assert_int_eq(shake(&p), 0);
	tls_facts(p.t, &seen);
	snprintf(text, sizeof(text), "%s %s", seen.version_word, seen.cipher);
	ck_assert_msg(strncmp(text, m->want, strcspn(m->want, "*") - (strchr(m->want, '*') != NULL)) == 0,
	    "row %d: %s", _i, text);
	ck_assert_uint_le(seen.version, origin.version);
	ck_assert_uint_le(seen.bits, origin.bits);
	ck_assert(!seen.post_quantum || origin.post_quantum);
	/* That the version was limited must not look like an attack to the client (RFC 8446, 4.1.3). */
	ck_assert_int_eq(p.ssl_r, 1);
	echo(&p);
	end_pair(&p);
}
END_TEST

/* A session of one strength is not resumed where the client insists on another. */
START_TEST(u9_sessions_are_kept_apart_by_the_clients_suites)
{
	static const unsigned suites[] = { ALL, HELLO_13_256 | HELLO_12_256, ALL, ALL_12, 0 };
	static const bool resumed[] = { false, false, true, true, true };

	for (int i = 0; i < 5; i++) {
		struct pair p = with_server(suites[i]);

		ck_assert_int_eq(shake(&p), 0);
		echo(&p);
		ck_assert_int_eq(tls_resumed(p.t), resumed[i]);
		end_pair(&p);
	}
}
END_TEST

#define HYBRID "X25519MLKEM768"

/* Where the library has it (OpenSSL 3.5), and where it has not; then nothing is pretended. */
START_TEST(u8_post_quantum_is_spoken_where_the_library_has_it)
{
	bool ours = tls_ctx_pq(ctx), theirs = SSL_CTX_set1_groups_list(server, HYBRID) == 1;
	struct tls_facts origin, seen;
	struct pair p;

	ERR_clear_error();
	ck_assert_int_eq(ours, theirs);
	ck_assert_int_eq(SSL_CTX_set1_groups_list(server, _i == 0 && ours ? HYBRID : "X25519"), 1);
	p = with_server(0);
	ck_assert_int_eq(shake(&p), 0);
	tls_facts(p.t, &origin);
	ck_assert_str_eq(origin.group, _i == 0 && ours ? HYBRID : "x25519");
	ck_assert_int_eq(origin.post_quantum, _i == 0 && ours);
	end_pair(&p);
	/* The client prefers it; it sees it only if the origin's leg has it. */
	ck_assert_int_eq(SSL_CTX_set1_groups_list(client, ours ? HYBRID ":X25519" : "X25519"), 1);
	p = sockets();
	p.ssl = plain_client(&p);
	answer(&p, &origin);
	ck_assert_int_eq(shake(&p), 0);
	tls_facts(p.t, &seen);
	ck_assert_str_eq(seen.group, origin.group);
	ck_assert_int_eq(tls_pq(true, ours, &seen, &origin),
	    !ours ? TLS_PQ_LOST : _i == 0 ? TLS_PQ_BOTH : TLS_PQ_ORIGIN_LACKS);
	echo(&p);
	end_pair(&p);
}
END_TEST

/* An origin without it need not ask again: the other share is there, too. */
START_TEST(u8_the_offer_has_a_share_for_origins_without)
{
	struct offer o = offer_of("www.example.com", 0);
	const unsigned char *e;
	int n;

	e = extension(&o, 51, &n);
	ck_assert_ptr_nonnull(e);
	if (tls_ctx_pq(ctx)) {
		ck_assert_int_eq(n, 2 + 4 + 1216 + 4 + 32);
		ck_assert_int_eq(memcmp(e + 2, "\x11\xec\x04\xc0", 4), 0);
		e += 4 + 1216;
	} else {
		ck_assert_int_eq(n, 2 + 4 + 32);
	}
	ck_assert_int_eq(memcmp(e + 2, "\0\x1d\0\x20", 4), 0);
}
END_TEST

START_TEST(facts_name_both_ends_keys)
{
	struct tls_facts f;
	struct pair p;

	if (_i == 1) {
		SSL_CTX_free(server);
		server = SSL_CTX_new(TLS_server_method());
		SSL_CTX_use_certificate(server, rsa_site.x);
		SSL_CTX_use_PrivateKey(server, rsa_site.key);
	}
	p = with_server(0);
	ck_assert_int_eq(shake(&p), 0);
	tls_facts(p.t, &f);
	ck_assert_uint_eq(f.version, 0x0304);
	ck_assert_str_eq(f.group, tls_ctx_pq(ctx) ? "X25519MLKEM768" : "x25519");
	ck_assert_str_eq(f.key, _i == 0 ? "ec-256" : "rsa-2048");
	ck_assert_uint_eq(f.key_bits, _i == 0 ? 128 : 112);
	ck_assert_str_eq(f.hash, "sha256");
	ck_assert(f.aead && f.forward_secrecy && !f.resumed);
	ck_assert_uint_eq(f.bits, strstr(f.cipher, "256_GCM") != NULL ? 256 : 128);
	end_pair(&p);
}
END_TEST

#define ROWS(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *s = suite_create("params");
	TCase *t = tcase_create("params");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, u2_u3_exactly_these_suites_are_offered, 0, ROWS(offers));
	tcase_add_test(t, u3_no_finite_field_group_is_offered);
	tcase_add_test(t, u6_no_early_data_heartbeat_or_old_signature_is_offered);
	tcase_add_test(t, u11_the_name_sent_is_the_clients_and_never_an_address);
	tcase_add_test(t, u4_an_origin_without_secure_renegotiation_is_refused);
	tcase_add_loop_test(t, u7_a_downgrade_sentinel_ends_the_handshake, 0, 2);
	tcase_add_test(t, u5_an_origin_that_renegotiates_is_not_followed);
	tcase_add_test(t, c8_a_client_that_renegotiates_is_not_followed);
	tcase_add_test(t, c3_early_data_is_not_taken_and_the_connection_goes_on);
	tcase_add_loop_test(t, c4_a_client_with_another_key_share_is_asked_again, 0, 2);
	tcase_add_loop_test(t, u9_the_client_does_not_see_more_than_the_origin_gave, 0, ROWS(maps));
	tcase_add_test(t, u9_sessions_are_kept_apart_by_the_clients_suites);
	tcase_add_loop_test(t, u8_post_quantum_is_spoken_where_the_library_has_it, 0, 2);
	tcase_add_test(t, u8_the_offer_has_a_share_for_origins_without);
	tcase_add_loop_test(t, facts_name_both_ends_keys, 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
