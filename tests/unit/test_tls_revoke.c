/* SPDX-License-Identifier: BSD-2-Clause */
/* Revocation in the handshake with an origin: when it is judged, which alert goes, what resumes. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "mitm/tls.h"
#include "tests/unit/ocsp_rig.h"

enum { TURNS = 200, VERSIONS = 2 };

static struct limits limits;
static struct cert root, site, stapling, stale;
static struct verify_store *store;
static struct tls_ctx *ctx;
static SSL_CTX *server;
static char *staple; /* what the origin staples; NULL: nothing */
static size_t staple_n;
static int judged;
static bool verdict; /* of our judge */
static struct verify_report seen;
static char early[64]; /* bytes that the origin got behind the handshake */

static int give_staple(SSL *ssl, void *arg)
{
	unsigned char *copy;

	(void)arg;
	if (staple == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	copy = OPENSSL_memdup(staple, staple_n);
	return SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)staple_n) == 1
		   ? SSL_TLSEXT_ERR_OK
		   : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void use(const struct cert *c)
{
	ck_assert_int_eq(SSL_CTX_use_certificate(server, c->x), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(server, c->key), 1);
}

static void set_staple(struct answer a)
{
	OPENSSL_free(staple);
	staple = rig_answer(a, &staple_n);
}

static void setup(void)
{
	limits_default(&limits);
	root = rig_make((struct spec){ .cn = "Root", .ca = true });
	site = rig_make((struct spec){ .issuer = &root, .san = "DNS:www.example.com" });
	stapling = rig_make((struct spec){
	    .issuer = &root, .san = "DNS:www.example.com", .feature = "status_request" });
	stale = rig_make((struct spec){
	    .issuer = &root, .san = "DNS:www.example.com", .hours_from = -9, .hours_to = -1 });
	store = rig_store(&root, NULL, NULL);
	ctx = tls_ctx_new(store, &limits);
	ck_assert_ptr_nonnull(ctx);
	server = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_session_id_context(server, (const unsigned char *)"t", 1);
	SSL_CTX_set_tlsext_status_cb(server, give_staple);
	use(&site);
	judged = 0;
	verdict = false;
}

static void teardown(void)
{
	SSL_CTX_free(server);
	tls_ctx_free(ctx);
	verify_store_free(store);
	OPENSSL_free(staple);
	staple = NULL;
	rig_free(&root);
	rig_free(&site);
	rig_free(&stapling);
	rig_free(&stale);
}

static bool judge(void *arg, const struct verify_report *r)
{
	ck_assert_ptr_eq(arg, &verdict);
	ck_assert_uint_ne(r->errors, 0);
	judged++;
	seen = *r;
	return verdict;
}

/* One visit. What our handshake said; the peer's alert; did it resume. */
struct visit {
	int r;
	unsigned alert;
	bool resumed;
	struct verify_report report;
};

static struct visit visit(bool hard)
{
	struct visit v = { .r = -ERR_WANT_READ };
	int fd[2], done = 0;
	struct tls *t;
	SSL *ssl = SSL_new(server);

	judged = 0;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	t = tls_connect(ctx, fd[0],
	    &(struct tls_target){ .sni = STR("www.example.com"),
		.ip = "192.0.2.1",
		.port = 443,
		.hard_revocation = hard,
		.judge = judge,
		.arg = &verdict });
	SSL_set_fd(ssl, fd[1]);
	SSL_set_accept_state(ssl);
	for (int i = 0; i < TURNS; i++) {
		if (v.r == -ERR_WANT_READ || v.r == -ERR_WANT_WRITE)
			v.r = tls_handshake(t);
		ERR_clear_error();
		if (done != 1)
			done = SSL_do_handshake(ssl);
		if (done != 1 && ERR_GET_REASON(ERR_peek_error()) > SSL_AD_REASON_OFFSET)
			v.alert = (unsigned)ERR_GET_REASON(ERR_peek_error()) - SSL_AD_REASON_OFFSET;
	}
	if (v.r == 0) {
		ck_assert_int_eq(SSL_write(ssl, "hello", 5), 5);
		ck_assert_int_eq(tls_read(t, early, sizeof(early)), 5); /* takes tickets, too */
	} else {
		ck_assert_int_lt(tls_write(t, "GET /", 5), 0);
		ck_assert_int_le(SSL_read(ssl, early, sizeof(early)), 0);
	}
	v.report = *tls_report(t);
	v.resumed = v.r == 0 && tls_resumed(t);
	tls_free(t);
	SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(ssl);
	close(fd[0]);
	close(fd[1]);
	ERR_clear_error();
	return v;
}

static void version(int i)
{
	SSL_CTX_set_max_proto_version(server, i == 0 ? TLS1_3_VERSION : TLS1_2_VERSION);
}

#define BIT(e) TLS_ERROR_BIT(TLS_ERROR_##e)

START_TEST(v14_a_good_staple_is_asked_for_and_told)
{
	struct visit v;

	version(_i);
	set_staple((struct answer){ GOOD, &site, &root });
	v = visit(true);
	ck_assert_int_eq(v.r, 0);
	ck_assert_int_eq(judged, 0);
	ck_assert_int_eq(v.report.revocation, REVOCATION_GOOD);
	ck_assert_int_eq(v.report.revocation_by, REVOCATION_BY_STAPLE);
}
END_TEST

START_TEST(v14_a_revoked_origin_is_refused_before_any_byte)
{
	struct visit v;

	version(_i);
	set_staple((struct answer){ REVOKED, &site, &root });
	v = visit(false);
	ck_assert_int_eq(v.r, -ERR_CERT_REVOKED);
	ck_assert_int_eq(judged, 1);
	ck_assert_uint_eq(seen.errors, BIT(REVOKED));
	/* certificate_revoked where the staple comes with the certificate, RFC 6066's else. */
	ck_assert_uint_eq(v.alert, _i == 0 ? 44 : 113);
}
END_TEST

START_TEST(v14_without_proof_soft_goes_on_and_hard_ends)
{
	struct visit v;

	version(_i % VERSIONS);
	if (_i / VERSIONS == 1)
		set_staple((struct answer){ GOOD, &site, &root, .broken = true });
	if (_i / VERSIONS == 2)
		set_staple(
		    (struct answer){ GOOD, &site, &root, .minutes_from = -90, .minutes_to = -60 });
	v = visit(false);
	ck_assert_int_eq(v.r, 0);
	ck_assert_int_eq(judged, 0);
	ck_assert_int_eq(v.report.revocation, REVOCATION_UNKNOWN);
	v = visit(true);
	ck_assert_int_eq(v.r, -ERR_CERT_REVOCATION_UNKNOWN);
	ck_assert(!v.resumed);
	ck_assert_int_eq(judged, 1);
	ck_assert_uint_eq(seen.errors, BIT(REVOCATION_UNKNOWN));
	ck_assert_uint_eq(v.alert, 113);
	verdict = true;
	v = visit(true);
	ck_assert_int_eq(v.r, 0);
	ck_assert_int_eq(judged, 1);
}
END_TEST

START_TEST(v14_must_staple_without_a_good_one_is_refused)
{
	struct visit v;

	version(_i % VERSIONS);
	use(&stapling);
	if (_i / VERSIONS == 1)
		set_staple((struct answer){ GOOD, &stapling, &root, .broken = true });
	if (_i / VERSIONS == 2)
		set_staple((struct answer){ NOT_KNOWN, &stapling, &root });
	v = visit(false);
	ck_assert_int_eq(v.r, -ERR_CERT_STAPLE);
	ck_assert_uint_eq(seen.errors, BIT(INVALID));
	ck_assert_uint_eq(v.alert, 113);
	ck_assert_int_eq(judged, 1);
	set_staple((struct answer){ GOOD, &stapling, &root });
	ck_assert_int_eq(visit(false).r, 0);
}
END_TEST

/* One question about all faults, also where the staple comes late. */
START_TEST(v14_the_judge_sees_the_whole_report_once)
{
	struct visit v;

	version(_i);
	use(&stale);
	set_staple((struct answer){ REVOKED, &stale, &root });
	v = visit(false);
	ck_assert_int_eq(v.r, -ERR_CERT_EXPIRED);
	ck_assert_int_eq(judged, 1);
	ck_assert_uint_eq(seen.errors, BIT(EXPIRED) | BIT(REVOKED));
	verdict = true;
	ck_assert_int_eq(visit(false).r, 0);
	ck_assert_int_eq(judged, 1);
	ck_assert(!visit(false).resumed);
}
END_TEST

START_TEST(v14_a_session_knows_what_was_found_and_ends_with_it)
{
	struct visit v;

	version(_i);
	set_staple((struct answer){ GOOD, &site, &root });
	ck_assert(!visit(false).resumed);
	for (int i = 0; i < 3; i++) {
		v = visit(false);
		ck_assert(v.resumed);
		ck_assert_int_eq(v.report.revocation, REVOCATION_GOOD);
		ck_assert_int_eq(v.report.revocation_by, REVOCATION_BY_STAPLE);
	}
	/* What was asked softly is not taken for a hard answer, although this one was good. */
	ck_assert(!visit(true).resumed);
	ck_assert(visit(true).resumed);
	/* An answer at its end gives no session. */
	tls_ctx_store(ctx, store);
	set_staple((struct answer){ GOOD, &site, &root, .minutes_from = -60, .minutes_to = -1 });
	ck_assert_int_eq(visit(true).r, 0);
	ck_assert(!visit(true).resumed);
}
END_TEST

START_TEST(v14_new_lists_end_old_sessions)
{
	struct list l = { .issuer = &root, .revoked = &site };
	struct revoke_file none = { "set", STR_NONE }, f = { "a.crl", STR_NONE };
	struct verify_store *next = rig_store(&root, NULL, NULL);
	struct revoke *r;
	char why[100];
	size_t n;
	char *der = rig_list(l, &n);

	version(_i);
	ck_assert(!visit(false).resumed);
	ck_assert(visit(false).resumed);
	f.bytes = str_of(der, n);
	r = revoke_new(&none, &f, 1, why, sizeof(why));
	verify_store_revoke(next, r);
	tls_ctx_store(ctx, next);
	ck_assert_int_eq(visit(false).r, -ERR_CERT_REVOKED);
	revoke_free(r);
	verify_store_free(next);
	free(der);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, v14_a_good_staple_is_asked_for_and_told, 0, VERSIONS);
	tcase_add_loop_test(t, v14_a_revoked_origin_is_refused_before_any_byte, 0, VERSIONS);
	tcase_add_loop_test(t, v14_without_proof_soft_goes_on_and_hard_ends, 0, 3 * VERSIONS);
	tcase_add_loop_test(t, v14_must_staple_without_a_good_one_is_refused, 0, 3 * VERSIONS);
	tcase_add_loop_test(t, v14_the_judge_sees_the_whole_report_once, 0, VERSIONS);
	tcase_add_loop_test(t, v14_a_session_knows_what_was_found_and_ends_with_it, 0, VERSIONS);
	tcase_add_loop_test(t, v14_new_lists_end_old_sessions, 0, VERSIONS);
	return t;
}

int main(void)
{
	Suite *s = suite_create("tls_revoke");
	SRunner *r;
	int failed;

	suite_add_tcase(s, cases());
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
