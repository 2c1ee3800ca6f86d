/* SPDX-License-Identifier: BSD-2-Clause */
/* Judged origins, old protocols, and the alert after a handshake, against plain OpenSSL peers. */
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "mitm/tls.h"
#include "tests/unit/x509_rig.h"

enum { TURNS = 100 };

static struct limits limits;
static struct cert root, own, site, bad;
static struct verify_store *store;
static struct tls_ctx *ctx;

static void setup(void)
{
	limits_default(&limits);
	root = rig_make((struct spec){ .cn = "Root", .ca = true });
	own = rig_make((struct spec){ .cn = "Own CA", .ca = true });
	site = rig_make((struct spec){ .issuer = &root, .san = "DNS:www.example.com" });
	bad = rig_make((struct spec){ .san = "DNS:www.example.com" });
	store = rig_store(&root, NULL, &own);
	ctx = tls_ctx_new(store, &limits);
	ck_assert_ptr_nonnull(ctx);
}

static void teardown(void)
{
	tls_ctx_free(ctx);
	verify_store_free(store);
	rig_free(&root);
	rig_free(&own);
	rig_free(&site);
	rig_free(&bad);
}

/* The judge of these tests: notes what it was asked, answers as told. */
struct asked {
	unsigned times;
	uint32_t errors;
	bool answer;
};

static bool judge(void *arg, const struct verify_report *r)
{
	struct asked *a = arg;

	a->times++;
	a->errors |= r->errors;
	return a->answer;
}

struct pair {
	struct tls *t;
	SSL_CTX *server;
	SSL *ssl;
	int fd[2], r;
};

static SSL_CTX *server_of(const struct cert *c, int least, int most)
{
	SSL_CTX *s = SSL_CTX_new(TLS_server_method());

	SSL_CTX_set_security_level(s, 0);
	SSL_CTX_set_min_proto_version(s, least);
	SSL_CTX_set_max_proto_version(s, most);
	ck_assert_int_eq(SSL_CTX_use_certificate(s, c->x), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(s, c->key), 1);
	return s;
}

static struct pair visit(SSL_CTX *server, bool allow_old, struct asked *a)
{
	struct pair p = { .server = server, .r = -ERR_WANT_READ };
	int peer = 0;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p.fd), 0);
	p.ssl = SSL_new(server);
	SSL_set_fd(p.ssl, p.fd[1]);
	SSL_set_accept_state(p.ssl);
	p.t = tls_connect(ctx, p.fd[0],
	    &(struct tls_target){ .sni = STR("www.example.com"),
		.ip = "192.0.2.1",
		.port = 443,
		.allow_old = allow_old,
		.judge = a != NULL ? judge : NULL,
		.arg = a });
	ck_assert_ptr_nonnull(p.t);
	for (int i = 0; i < TURNS; i++) {
		if (p.r == -ERR_WANT_READ || p.r == -ERR_WANT_WRITE)
			p.r = tls_handshake(p.t);
		ERR_clear_error();
		if (peer != 1)
			peer = SSL_do_handshake(p.ssl);
	}
	return p;
}

static void end_visit(struct pair *p)
{
	tls_free(p->t);
	SSL_free(p->ssl);
	SSL_CTX_free(p->server);
	close(p->fd[0]);
	close(p->fd[1]);
	ERR_clear_error();
}

START_TEST(x1_a_judge_that_says_no_ends_the_handshake)
{
	struct asked a = { .answer = false };
	struct pair p = visit(server_of(&bad, TLS1_2_VERSION, _i), false, &a);

	ck_assert_int_lt(p.r, 0);
	ck_assert_int_ne(p.r, -ERR_WANT_READ);
	ck_assert_uint_eq(a.times, 1);
	ck_assert_uint_ne(a.errors & TLS_ERROR_BIT(TLS_ERROR_SELF_SIGNED), 0);
	ck_assert_int_ne(tls_write(p.t, "x", 1), 1);
	end_visit(&p);
}
END_TEST

START_TEST(x2_a_judge_that_says_yes_goes_on_and_leaves_no_session)
{
	for (int i = 0; i < 3; i++) {
		struct asked a = { .answer = true };
		struct pair p = visit(server_of(&bad, TLS1_2_VERSION, _i), false, &a);

		ck_assert_int_eq(p.r, 0);
		ck_assert_uint_eq(a.times, 1);
		ck_assert_int_eq(tls_write(p.t, "x", 1), 1);
		ck_assert(!tls_resumed(p.t));
		ck_assert_uint_ne(tls_report(p.t)->errors, 0);
		end_visit(&p);
	}
}
END_TEST

START_TEST(nobody_is_asked_about_a_good_origin)
{
	struct asked a = { .answer = false };
	struct pair p = visit(server_of(&site, TLS1_2_VERSION, TLS1_3_VERSION), true, &a);

	ck_assert_int_eq(p.r, 0);
	ck_assert_uint_eq(a.times, 0);
	ck_assert_str_eq(tls_version(p.t), "TLSv1.3"); /* old ones offered are no downgrade */
	end_visit(&p);
}
END_TEST

static const int old_versions[] = { TLS1_VERSION, TLS1_1_VERSION };

START_TEST(u1_an_old_protocol_is_not_offered_and_known_by_its_refusal)
{
	struct asked a = { .answer = true };
	struct pair p = visit(server_of(&site, TLS1_VERSION, old_versions[_i]), false, &a);

	ck_assert_int_eq(p.r, -ERR_TLS_OLD);
	ck_assert_uint_eq(tls_report(p.t)->errors, TLS_ERROR_BIT(TLS_ERROR_OLD_PROTOCOL));
	ck_assert_uint_eq(a.times, 0);
	end_visit(&p);
}
END_TEST

START_TEST(u1_where_it_is_offered_the_judge_decides)
{
	for (int yes = 0; yes < 2; yes++) {
		struct asked a = { .answer = yes == 1 };
		struct pair p = visit(server_of(&site, TLS1_VERSION, old_versions[_i]), true, &a);

		ck_assert_int_eq(p.r, yes == 1 ? 0 : -ERR_TLS_OLD);
		ck_assert_uint_eq(a.times, 1);
		ck_assert_uint_eq(a.errors, TLS_ERROR_BIT(TLS_ERROR_OLD_PROTOCOL));
		ck_assert_int_eq(tls_write(p.t, "x", 1) == 1, yes == 1);
		end_visit(&p);
	}
}
END_TEST

START_TEST(u1_an_old_origin_is_verified_like_any_other)
{
	struct asked a = { .answer = true };
	struct pair p = visit(server_of(&bad, TLS1_VERSION, TLS1_1_VERSION), true, &a);

	ck_assert_int_eq(p.r, 0);
	ck_assert_uint_ne(a.errors & TLS_ERROR_BIT(TLS_ERROR_SELF_SIGNED), 0);
	ck_assert_uint_ne(a.errors & TLS_ERROR_BIT(TLS_ERROR_OLD_PROTOCOL), 0);
	end_visit(&p);
	p = visit(server_of(&site, TLS1_VERSION, TLS1_1_VERSION), true, NULL);
	ck_assert_int_eq(p.r, -ERR_TLS_OLD); /* nobody to ask: refused */
	end_visit(&p);
}
END_TEST

/* ---- the client's end ---- */

static struct leaf *forge(void)
{
	struct cert key = { NULL, NULL }, c;
	struct str spki;
	const unsigned char *p;
	unsigned char *der = NULL;
	struct leaf *l;
	int n;

	ck_assert_int_eq(tls_ctx_spki(ctx, true, &spki), 0);
	p = (const unsigned char *)spki.p;
	key.key = d2i_PUBKEY(NULL, &p, (long)spki.n);
	c = rig_make((struct spec){ .san = "DNS:www.example.com", .issuer = &own, .key_of = &key });
	n = i2d_X509(c.x, &der);
	l = leaf_new(str_of((const char *)der, (size_t)n));
	OPENSSL_free(der);
	rig_free(&c);
	rig_free(&key);
	return l;
}

/* A client that has sent its request already when the alert comes. */
START_TEST(x3_who_asked_gets_access_denied_and_nothing_else)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());
	struct leaf *leaf = forge();
	int fd[2], r = -ERR_WANT_READ, peer = 0;
	char b[64];
	struct tls *t;
	SSL *ssl;

	SSL_CTX_set_max_proto_version(client, versions[_i]);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	ssl = SSL_new(client);
	SSL_set_fd(ssl, fd[1]);
	SSL_set_connect_state(ssl);
	t = tls_accept(ctx, fd[0], STR_NONE, true, leaf, STR_NONE);
	ck_assert_ptr_nonnull(t);
	ck_assert(!tls_deny(t)); /* not before the handshake is done */
	for (int i = 0; i < TURNS; i++) {
		if (peer != 1)
			peer = SSL_do_handshake(ssl);
		if (r == -ERR_WANT_READ)
			r = tls_handshake(t);
	}
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(SSL_write(ssl, "GET /", 5), 5);
	ck_assert_int_eq(tls_read(t, b, sizeof(b)), 5);
	ck_assert_int_eq(tls_deny(t), versions[_i] == TLS1_3_VERSION);
	if (versions[_i] == TLS1_3_VERSION) {
		tls_close(t); /* adds nothing */
		ck_assert_int_le(SSL_read(ssl, b, sizeof(b)), 0);
		ck_assert_int_eq(ERR_GET_REASON(ERR_peek_error()), SSL_AD_REASON_OFFSET + SSL_AD_ACCESS_DENIED);
		ck_assert(!tls_deny(t));
	} else { /* the connection is as it was */
		ck_assert_int_eq(tls_write(t, "HTTP", 4), 4);
		ck_assert_int_eq(SSL_read(ssl, b, sizeof(b)), 4);
	}
	tls_free(t);
	SSL_free(ssl);
	SSL_CTX_free(client);
	leaf_free(leaf);
	close(fd[0]);
	close(fd[1]);
	ERR_clear_error();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tls_judge");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, x1_a_judge_that_says_no_ends_the_handshake, TLS1_2_VERSION, TLS1_3_VERSION + 1);
	tcase_add_loop_test(c, x2_a_judge_that_says_yes_goes_on_and_leaves_no_session, TLS1_2_VERSION, TLS1_3_VERSION + 1);
	tcase_add_test(c, nobody_is_asked_about_a_good_origin);
	tcase_add_loop_test(c, u1_an_old_protocol_is_not_offered_and_known_by_its_refusal, 0, 2);
	tcase_add_loop_test(c, u1_where_it_is_offered_the_judge_decides, 0, 2);
	tcase_add_test(c, u1_an_old_origin_is_verified_like_any_other);
	tcase_add_loop_test(c, x3_who_asked_gets_access_denied_and_nothing_else, 0, 2);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
