/* SPDX-License-Identifier: BSD-2-Clause */
/* Client certificates: read from PEM, shown to origins that ask, and bound to their sessions. */
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "mitm/tls.h"
#include "tests/unit/x509_rig.h"

enum { TURNS = 50 };

static struct limits limits;
static struct cert root, site, me, other, weak;
static struct verify_store *store;
static struct tls_ctx *ctx;
static SSL_CTX *server;

static struct identity *identity(const struct cert *cert, const struct cert *key, const char **why)
{
	BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_mem());
	struct identity *i;

	rig_pem(c, cert);
	ck_assert_int_eq(PEM_write_bio_PrivateKey(k, key->key, NULL, NULL, 0, NULL, NULL), 1);
	i = identity_new(rig_text(c), rig_text(k), why);
	BIO_free(c);
	BIO_free(k);
	return i;
}

static int any(int ok, X509_STORE_CTX *c)
{
	(void)ok;
	(void)c;
	return 1;
}

static void setup(void)
{
	limits_default(&limits);
	root = rig_make((struct spec){ .cn = "Root", .ca = true });
	site = rig_make((struct spec){ .issuer = &root, .san = "DNS:www.example.com" });
	me = rig_make((struct spec){ .cn = "me", .eku = "clientAuth" });
	other = rig_make((struct spec){ .cn = "other", .eku = "clientAuth" });
	store = rig_store(&root, NULL, NULL);
	ctx = tls_ctx_new(store, &limits);
	server = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(server, site.x);
	SSL_CTX_use_PrivateKey(server, site.key);
	SSL_CTX_set_session_id_context(server, (const unsigned char *)"t", 1);
	SSL_CTX_set_verify(server, SSL_VERIFY_PEER, any);
	SSL_CTX_add_client_CA(server, root.x);
	SSL_CTX_add_client_CA(server, me.x);
}

static void teardown(void)
{
	SSL_CTX_free(server);
	tls_ctx_free(ctx);
	verify_store_free(store);
	rig_free(&root);
	rig_free(&site);
	rig_free(&me);
	rig_free(&other);
	rig_free(&weak);
}

struct talk {
	struct tls *t;
	SSL *ssl;
	int fd[2], r;
};

static struct talk talk(struct identity *i, enum tls_request on_request, int version)
{
	struct talk k = { .r = -ERR_WANT_READ };
	char b[8];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, k.fd), 0);
	k.t = tls_connect(ctx, k.fd[0],
	    &(struct tls_target){ .sni = STR("www.example.com"), .ip = "192.0.2.1", .port = 443,
		.on_request = on_request, .identity = i });
	k.ssl = SSL_new(server);
	SSL_set_max_proto_version(k.ssl, version);
	SSL_set_fd(k.ssl, k.fd[1]);
	SSL_set_accept_state(k.ssl);
	for (int n = 0; n < TURNS; n++) {
		if (k.r == -ERR_WANT_READ)
			k.r = tls_handshake(k.t);
		SSL_do_handshake(k.ssl);
	}
	if (k.r == 0) { /* take the tickets */
		ck_assert_int_eq(SSL_write(k.ssl, "x", 1), 1);
		ck_assert_int_eq(tls_read(k.t, b, sizeof(b)), 1);
	}
	return k;
}

static void hang_up(struct talk *k)
{
	tls_free(k->t);
	SSL_free(k->ssl);
	close(k->fd[0]);
	close(k->fd[1]);
	ERR_clear_error();
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

START_TEST(an_identity_is_a_certificate_and_its_key)
{
	const char *why;
	struct identity *i = identity(&me, &me, &why);

	ck_assert_ptr_nonnull(i);
	ck_assert_ptr_null(why);
	ck_assert_uint_eq(strlen(identity_print(i)), 64);
	ck_assert_int_gt(identity_not_after(i), 0);
	identity_free(i);
	ck_assert_ptr_null(identity(&me, &other, &why));
	ck_assert_str_eq(why, "the key belongs to another certificate");
	ck_assert_ptr_null(identity_new(STR("nothing"), STR("nothing"), &why));
	ck_assert_str_eq(why, "it holds no certificate");
	ck_assert_ptr_null(identity_new(STR_NONE, STR_NONE, &why));
	weak = rig_make((struct spec){ .cn = "weak", .rsa_bits = 1024 });
	ck_assert_ptr_null(identity(&weak, &weak, &why));
	ck_assert_ptr_nonnull(strstr(why, "too weak"));
}
END_TEST

START_TEST(x4_an_origin_that_asks_is_recognised_and_gets_none)
{
	struct talk k = talk(NULL, TLS_REQUEST_NONE, versions[_i]);
	const char *issuers;
	bool shown;

	ck_assert_int_eq(k.r, 0);
	ck_assert(tls_wanted(k.t, &shown, &issuers));
	ck_assert(!shown);
	ck_assert_str_eq(issuers, "CN=Root; CN=me");
	ck_assert_ptr_null(SSL_get0_peer_certificate(k.ssl));
	hang_up(&k);
}
END_TEST

START_TEST(x4_the_identity_of_the_rule_is_shown)
{
	const char *why, *issuers;
	struct identity *i = identity(&me, &me, &why);
	struct talk k = talk(i, TLS_REQUEST_NONE, versions[_i]);
	bool shown;

	ck_assert_int_eq(k.r, 0);
	ck_assert(tls_wanted(k.t, &shown, &issuers) && shown);
	ck_assert_int_eq(X509_cmp(SSL_get0_peer_certificate(k.ssl), me.x), 0);
	identity_free(i); /* the end holds a reference */
	hang_up(&k);
}
END_TEST

START_TEST(x4_the_handshake_can_stop_there_and_nothing_was_sent)
{
	struct talk k = talk(NULL, TLS_REQUEST_STOP, versions[_i]);

	ck_assert_int_eq(k.r, -ERR_CERT_WANTED);
	ck_assert_int_eq(tls_report(k.t)->err, 0); /* the origin was verified before */
	ck_assert_int_eq(SSL_is_init_finished(k.ssl), 0);
	hang_up(&k);
}
END_TEST

START_TEST(x4_a_session_belongs_to_the_identity_that_made_it)
{
	const char *why;
	struct identity *mine = identity(&me, &me, &why), *theirs = identity(&other, &other, &why);
	struct talk k = talk(mine, TLS_REQUEST_NONE, versions[_i]);

	ck_assert(!tls_resumed(k.t));
	hang_up(&k);
	k = talk(NULL, TLS_REQUEST_NONE, versions[_i]);
	ck_assert(!tls_resumed(k.t));
	hang_up(&k);
	k = talk(theirs, TLS_REQUEST_NONE, versions[_i]);
	ck_assert(!tls_resumed(k.t));
	hang_up(&k);
	k = talk(mine, TLS_REQUEST_NONE, versions[_i]);
	ck_assert(tls_resumed(k.t));
	hang_up(&k);
	identity_free(mine);
	identity_free(theirs);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("client_cert");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_identity_is_a_certificate_and_its_key);
	tcase_add_loop_test(t, x4_an_origin_that_asks_is_recognised_and_gets_none, 0, 2);
	tcase_add_loop_test(t, x4_the_identity_of_the_rule_is_shown, 0, 2);
	tcase_add_loop_test(t, x4_the_handshake_can_stop_there_and_nothing_was_sent, 0, 2);
	tcase_add_loop_test(t, x4_a_session_belongs_to_the_identity_that_made_it, 0, 2);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
