/* SPDX-License-Identifier: BSD-2-Clause */
/* Origins that do not send their intermediates: preloaded and fetched ones complete the chain. */
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/err.h"
#include "mitm/intermediates_x509.h"
#include "mitm/tls.h"
#include "tests/unit/x509_rig.h"

enum { TURNS = 100, VERSIONS = 2, MANY = 2000, LEVELS = 6 };

#define URL(n) "http://pki.example/" n
#define AIA(n) "caIssuers;URI:" URL(n)

static struct limits limits;
static struct cert root, a, b, site; /* site <- b <- a <- root */
static struct verify_store *store;
static struct tls_ctx *ctx;
static SSL_CTX *server;

static void setup(void)
{
	limits_default(&limits);
	root = rig_make((struct spec){ .cn = "Root", .ca = true });
	a = rig_make((struct spec){ .cn = "A", .ca = true, .issuer = &root, .aia = AIA("root") });
	b = rig_make((struct spec){ .cn = "B", .ca = true, .issuer = &a, .aia = AIA("a") });
	site = rig_make((struct spec){ .issuer = &b, .san = "DNS:www.example.com", .aia = AIA("b") });
	store = rig_store(&root, NULL, NULL);
	ctx = tls_ctx_new(store, &limits);
	ck_assert_ptr_nonnull(ctx);
	server = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
}

static void teardown(void)
{
	SSL_CTX_free(server);
	tls_ctx_free(ctx);
	verify_store_free(store);
	rig_free(&root);
	rig_free(&a);
	rig_free(&b);
	rig_free(&site);
}

static void serve(const struct cert *c, int version)
{
	SSL_CTX_set_max_proto_version(server, version == 0 ? TLS1_3_VERSION : TLS1_2_VERSION);
	ck_assert_int_eq(SSL_CTX_use_certificate(server, c->x), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(server, c->key), 1);
}

static struct intermediates *pem_of(const struct cert *const *certs, size_t n)
{
	BIO *text = BIO_new(BIO_s_mem());
	struct intermediates *s;
	size_t bad;

	for (size_t i = 0; i < n; i++)
		rig_pem(text, certs[i]);
	s = intermediates_new(rig_text(text), &bad);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(bad, 0);
	ck_assert_uint_eq(intermediates_count(s), n);
	BIO_free(text);
	return s;
}

static void preload(const struct cert *one, const struct cert *two)
{
	const struct cert *const certs[] = { one, two };

	verify_store_preload(store, pem_of(certs, two != NULL ? 2 : 1));
}

/* What is found at a URL; NULL: nothing. */
struct web {
	const char *url;
	const struct cert *cert;
};

struct visit {
	int r;
	unsigned waits;
	char source[16], url[INTERMEDIATES_URL];
	struct verify_report report;
};

static void find(struct tls *t, const struct web *web)
{
	unsigned char *der = NULL;
	struct str s;

	for (; web != NULL && web->url != NULL; web++)
		if (strcmp(web->url, tls_missing(t)) == 0) {
			s.n = (size_t)i2d_X509(web->cert->x, &der);
			s.p = (const char *)der;
			tls_found(t, &s, 1);
			OPENSSL_free(der);
			return;
		}
	tls_found(t, NULL, 0);
}

static struct visit visit(bool fetch, const struct web *web)
{
	struct visit v = { .r = -ERR_WANT_READ };
	int fd[2], done = 0;
	struct tls *t;
	SSL *ssl = SSL_new(server);

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	t = tls_connect(ctx, fd[0],
	    &(struct tls_target){
		.sni = STR("www.example.com"), .ip = "192.0.2.1", .port = 443, .fetch = fetch });
	SSL_set_fd(ssl, fd[1]);
	SSL_set_accept_state(ssl);
	for (int i = 0; i < TURNS; i++) {
		if (v.r == -ERR_WANT_READ || v.r == -ERR_WANT_WRITE || v.r == -ERR_WANT_CERT)
			v.r = tls_handshake(t);
		if (v.r == -ERR_WANT_CERT) {
			v.waits++;
			ck_assert_int_lt(tls_write(t, "GET /", 5), 0); /* not before it is judged */
			str_copy(str_c(tls_missing(t)), v.url, sizeof(v.url));
			find(t, web);
		}
		ERR_clear_error();
		if (done != 1)
			done = SSL_do_handshake(ssl);
	}
	if (v.r == 0)
		ck_assert_int_eq(SSL_write(ssl, "hello", 5), 5);
	else
		ck_assert_int_lt(tls_write(t, "GET /", 5), 0);
	v.report = *tls_report(t);
	snprintf(v.source, sizeof(v.source), "%s", tls_source_word(t));
	tls_free(t);
	SSL_free(ssl);
	close(fd[0]);
	close(fd[1]);
	ERR_clear_error();
	return v;
}

START_TEST(v13_a_chain_without_its_intermediates_is_refused)
{
	struct visit v;

	serve(&site, _i);
	v = visit(false, NULL);
	ck_assert_int_ne(v.r, 0);
	ck_assert_uint_ne(v.report.errors, 0);
	ck_assert_uint_eq(v.waits, 0);
}
END_TEST

START_TEST(v13_preloaded_intermediates_complete_it)
{
	struct visit v;

	serve(&site, _i);
	preload(&a, &b);
	v = visit(false, NULL);
	ck_assert_int_eq(v.r, 0);
	ck_assert_str_eq(v.source, "preloaded");
	ck_assert_uint_eq(v.report.errors, 0);
}
END_TEST

START_TEST(v13_a_whole_chain_needs_none)
{
	struct visit v;

	serve(&site, _i);
	preload(&a, &b);
	X509_up_ref(a.x);
	X509_up_ref(b.x);
	SSL_CTX_add_extra_chain_cert(server, b.x);
	SSL_CTX_add_extra_chain_cert(server, a.x);
	v = visit(true, NULL);
	ck_assert_int_eq(v.r, 0);
	ck_assert_str_eq(v.source, "sent");
	ck_assert_uint_eq(v.waits, 0);
}
END_TEST

START_TEST(v13_what_is_preloaded_or_fetched_is_no_anchor)
{
	struct cert other = rig_make((struct spec){ .cn = "Other Root", .ca = true });
	struct cert below = rig_make((struct spec){ .cn = "Below", .ca = true, .issuer = &other, .aia = AIA("other") });
	struct cert leaf = rig_make((struct spec){ .issuer = &below, .san = "DNS:www.example.com", .aia = AIA("below") });
	const struct web web[] = { { URL("below"), &below }, { URL("other"), &other }, { NULL, NULL } };

	serve(&leaf, _i);
	ck_assert_int_ne(visit(true, web).r, 0);
	preload(&other, &below);
	ck_assert_int_ne(visit(true, web).r, 0);
	rig_free(&other);
	rig_free(&below);
	rig_free(&leaf);
}
END_TEST

START_TEST(v13_the_handshake_waits_for_what_is_fetched)
{
	const struct web web[] = { { URL("b"), &b }, { URL("a"), &a }, { NULL, NULL } };
	struct visit v;

	serve(&site, _i);
	v = visit(true, web);
	ck_assert_int_eq(v.r, 0);
	ck_assert_uint_eq(v.waits, 2);
	ck_assert_str_eq(v.url, URL("a"));
	ck_assert_str_eq(v.source, "fetched");
	v = visit(true, NULL); /* known now */
	ck_assert_int_eq(v.r, 0);
	ck_assert_uint_eq(v.waits, 0);
	ck_assert_str_eq(v.source, "fetched");
	v = visit(false, NULL); /* it may not wait; what is known serves all the same */
	ck_assert_int_eq(v.r, 0);
}
END_TEST

START_TEST(v13_preloaded_and_fetched_go_together)
{
	const struct web web[] = { { URL("b"), &b }, { NULL, NULL } };
	struct visit v;

	serve(&site, _i);
	preload(&a, NULL);
	v = visit(true, web);
	ck_assert_int_eq(v.r, 0);
	ck_assert_uint_eq(v.waits, 1);
}
END_TEST

START_TEST(v13_a_wrong_certificate_does_not_help)
{
	struct cert fake = rig_make((struct spec){ .cn = "B", .ca = true, .issuer = &a, .no_ids = true });
	const struct web forged[] = { { URL("b"), &fake }, { URL("a"), &a }, { NULL, NULL } };
	const struct web another[] = { { URL("b"), &a }, { NULL, NULL } };
	const struct web leaf[] = { { URL("b"), &site }, { NULL, NULL } };

	serve(&site, 0);
	ck_assert_int_ne(visit(true, _i == 0 ? forged : _i == 1 ? another : leaf).r, 0);
	rig_free(&fake);
}
END_TEST

START_TEST(v13_nothing_found_is_asked_once_and_refused)
{
	struct visit v;

	serve(&site, _i);
	v = visit(true, NULL);
	ck_assert_int_ne(v.r, 0);
	ck_assert_uint_eq(v.waits, 1);
	ck_assert_uint_ne(v.report.errors & (TLS_ERROR_BIT(TLS_ERROR_UNTRUSTED) | TLS_ERROR_BIT(TLS_ERROR_INCOMPLETE)), 0);
}
END_TEST

START_TEST(v13_three_levels_are_fetched_and_no_more)
{
	static const char *const aia[] = { AIA("0"), AIA("1"), AIA("2"), AIA("3"), AIA("4"), AIA("5") };
	static const char *const cn[] = { "L0", "L1", "L2", "L3", "L4", "L5" };
	struct cert level[LEVELS], lower;
	struct web web[LEVELS + 1] = { 0 };
	struct visit v;

	for (int i = LEVELS - 1; i >= 0; i--) {
		level[i] = rig_make((struct spec){ .cn = cn[i], .ca = i > 0, .san = "DNS:www.example.com",
		    .issuer = i == LEVELS - 1 ? &root : &level[i + 1], .aia = aia[i] });
		web[i] = (struct web){ aia[i] + strlen("caIssuers;URI:"), &level[i + 1 < LEVELS ? i + 1 : i] };
	}
	serve(&level[0], 0);
	for (int i = 0; i < 3; i++) { /* neither by coming again */
		v = visit(true, web);
		ck_assert_int_ne(v.r, 0);
		ck_assert_uint_le(v.waits, 3);
	}
	lower = rig_make((struct spec){ .issuer = &level[3], .san = "DNS:www.example.com", .aia = aia[2] });
	serve(&lower, 0); /* three above it */
	v = visit(true, web);
	ck_assert_int_eq(v.r, 0);
	rig_free(&lower);
	for (int i = 0; i < LEVELS; i++)
		rig_free(&level[i]);
}
END_TEST

START_TEST(v13_another_url_is_another_place)
{
	struct cert twin = rig_make((struct spec){
	    .issuer = &b, .san = "DNS:www.example.com", .aia = AIA("elsewhere") });
	const struct web web[] = { { URL("b"), &b }, { URL("a"), &a }, { NULL, NULL } };
	struct visit v;

	serve(&site, 0);
	ck_assert_int_eq(visit(true, web).r, 0);
	serve(&twin, 0);
	v = visit(true, NULL);
	ck_assert_int_ne(v.r, 0);
	ck_assert_str_eq(v.url, URL("elsewhere"));
	rig_free(&twin);
}
END_TEST

START_TEST(v13_urls_of_an_issuer_are_http_and_plain)
{
	static const struct {
		const char *aia, *want; /* NULL: none */
	} rows[] = {
		{ "caIssuers;URI:http://a.example/x.crt", "http://a.example/x.crt" },
		{ "caIssuers;URI:HTTP://a.example/x.crt", "HTTP://a.example/x.crt" },
		{ "caIssuers;URI:https://a.example/x.crt", NULL },
		{ "caIssuers;URI:ldap://a.example/x", NULL },
		{ "caIssuers;URI:file:/etc/passwd", NULL },
		{ "OCSP;URI:http://a.example/x.crt", NULL },
		{ "caIssuers;URI:http://a.example/x y", NULL },
		{ "caIssuers;DNS:http", NULL },
		{ "caIssuers;URI:ldap://a.example/x,caIssuers;URI:http://b.example/y", "http://b.example/y" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cert c = rig_make((struct spec){ .issuer = &a, .aia = rows[i].aia });
		char url[INTERMEDIATES_URL] = "";
		bool found = intermediates_url(c.x, 0, url);

		ck_assert_msg(found == (rows[i].want != NULL), "%s", rows[i].aia);
		if (found)
			ck_assert_str_eq(url, rows[i].want);
		ck_assert(!intermediates_url(c.x, 1, url));
		rig_free(&c);
	}
}
END_TEST

START_TEST(v13_urls_that_are_too_long_or_hold_a_nul_are_none)
{
	char aia[1024], url[INTERMEDIATES_URL];
	struct cert c;

	snprintf(aia, sizeof(aia), "caIssuers;URI:http://a.example/%0*d", INTERMEDIATES_URL, 7);
	c = rig_make((struct spec){ .issuer = &a, .aia = aia });
	ck_assert(!intermediates_url(c.x, 0, url));
	rig_free(&c);
}
END_TEST

/* ---- files ---- */

static unsigned told;

static void tell(void *arg, struct str der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	ck_assert_ptr_eq(arg, &told);
	ck_assert_ptr_nonnull(x);
	X509_free(x);
	told++;
}

static size_t reading(struct str file)
{
	int64_t until;
	size_t n;

	told = 0;
	n = intermediates_read(file, tell, &told, &until);
	ck_assert_uint_eq(n, told);
	if (n > 0)
		ck_assert_int_gt(until, time(NULL));
	return n;
}

static struct str bag(const struct cert *const *certs, size_t n, unsigned char **der)
{
	PKCS7 *p7 = PKCS7_new();
	int len;

	PKCS7_set_type(p7, NID_pkcs7_signed);
	PKCS7_content_new(p7, NID_pkcs7_data);
	for (size_t i = 0; i < n; i++)
		PKCS7_add_certificate(p7, certs[i]->x);
	len = i2d_PKCS7(p7, der);
	PKCS7_free(p7);
	return str_of((const char *)*der, (size_t)len);
}

START_TEST(v13_files_of_every_kind_are_read)
{
	const struct cert *const certs[] = { &a, &site, &b, &a, &a, &a, &a, &a, &a, &a, &a, &a };
	unsigned char *der = NULL;
	BIO *pem = BIO_new(BIO_s_mem());
	struct str s;

	s = str_of(NULL, (size_t)i2d_X509(a.x, &der));
	s.p = (const char *)der;
	ck_assert_uint_eq(reading(s), 1);
	for (size_t i = 0; i < s.n; i += 7)
		ck_assert_uint_eq(reading(str_sub(s, 0, i)), 0); /* cut short */
	OPENSSL_free(der);
	der = NULL;
	s = bag(certs, 3, &der);
	ck_assert_uint_eq(reading(s), 2); /* without the leaf */
	ck_assert_uint_eq(reading(str_sub(s, 0, s.n - 1)), 0);
	OPENSSL_free(der);
	der = NULL;
	s = bag(certs, 12, &der);
	ck_assert_uint_eq(reading(s), INTERMEDIATES_PER_ANSWER);
	OPENSSL_free(der);
	rig_pem(pem, &b);
	ck_assert_uint_eq(reading(rig_text(pem)), 1);
	BIO_free(pem);
	ck_assert_uint_eq(reading(STR("<!doctype html>")), 0);
	ck_assert_uint_eq(reading(STR("0\x80\x00\x00")), 0);
	ck_assert_uint_eq(reading(STR_NONE), 0);
}
END_TEST

START_TEST(v13_a_der_file_with_more_behind_it_is_none)
{
	unsigned char *der = NULL;
	int n = i2d_X509(a.x, &der);
	char *longer = malloc((size_t)n + 1);

	memcpy(longer, der, (size_t)n);
	longer[n] = 0;
	ck_assert_uint_eq(reading(str_of(longer, (size_t)n + 1)), 0);
	free(longer);
	OPENSSL_free(der);
}
END_TEST

START_TEST(preloaded_blocks_that_are_no_certificates_are_counted)
{
	BIO *text = BIO_new(BIO_s_mem());
	struct intermediates *s;
	size_t bad;

	BIO_printf(text, "a comment\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
	BIO_printf(text, "-----BEGIN CERTIFICATE-----\n*not base64*\n-----END CERTIFICATE-----\n");
	ck_assert_ptr_null(intermediates_new(rig_text(text), &bad));
	ck_assert_uint_eq(bad, 2);
	rig_pem(text, &a);
	BIO_printf(text, "-----BEGIN CERTIFICATE-----\nMIIB"); /* and one without an end */
	s = intermediates_new(rig_text(text), &bad);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(intermediates_count(s), 1);
	ck_assert_uint_eq(bad, 3);
	intermediates_free(s);
	BIO_free(text);
	ck_assert_ptr_null(intermediates_new(STR_NONE, &bad));
}
END_TEST

static double ms_since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) * 1e3 + (double)(now.tv_nsec - from->tv_nsec) / 1e6;
}

START_TEST(thousands_of_preloaded_ones_are_found_at_once)
{
	struct cert *certs = calloc(MANY, sizeof(*certs));
	STACK_OF(X509) *to = sk_X509_new_null();
	BIO *text = BIO_new(BIO_s_mem());
	struct intermediates *s;
	struct timespec from;
	char cn[32];
	size_t bad;

	for (int i = 0; i < MANY; i++) {
		snprintf(cn, sizeof(cn), "Intermediate %d", i);
		certs[i] = rig_make((struct spec){ .cn = cn, .ca = true, .issuer = &root, .key_of = &a });
		rig_pem(text, &certs[i]);
	}
	rig_pem(text, &a);
	rig_pem(text, &b);
	clock_gettime(CLOCK_MONOTONIC, &from);
	s = intermediates_new(rig_text(text), &bad);
	printf("%d certificates are loaded in %.1f ms\n", MANY, ms_since(&from));
	ck_assert_uint_eq(intermediates_count(s), MANY + 2);
	ck_assert_uint_eq(intermediates_issuers(s, site.x, 16, to), 1);
	ck_assert_int_eq(X509_cmp(sk_X509_value(to, 0), b.x), 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < 1000; i++) {
		ck_assert_uint_eq(intermediates_issuers(s, site.x, 16, to), 0); /* there already */
		ck_assert_uint_eq(intermediates_issuers(s, a.x, 16, to), 0);	/* the root is not in it */
	}
	printf("a look-up takes %.2f us\n", ms_since(&from) / 2);
	for (int i = 0; i < MANY; i++) { /* more than are kept parsed */
		struct cert leaf = { 0 };

		if (i % 5 == 0) {
			leaf = rig_make((struct spec){ .issuer = &certs[i] });
			ck_assert_uint_eq(intermediates_issuers(s, leaf.x, 16, to), 1);
			rig_free(&leaf);
		}
	}
	intermediates_free(s);
	sk_X509_pop_free(to, X509_free);
	BIO_free(text);
	for (int i = 0; i < MANY; i++)
		rig_free(&certs[i]);
	free(certs);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("intermediates");
	TCase *t = tcase_create("intermediates");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, v13_a_chain_without_its_intermediates_is_refused, 0, VERSIONS);
	tcase_add_loop_test(t, v13_preloaded_intermediates_complete_it, 0, VERSIONS);
	tcase_add_loop_test(t, v13_a_whole_chain_needs_none, 0, VERSIONS);
	tcase_add_loop_test(t, v13_what_is_preloaded_or_fetched_is_no_anchor, 0, VERSIONS);
	tcase_add_loop_test(t, v13_the_handshake_waits_for_what_is_fetched, 0, VERSIONS);
	tcase_add_loop_test(t, v13_preloaded_and_fetched_go_together, 0, VERSIONS);
	tcase_add_loop_test(t, v13_a_wrong_certificate_does_not_help, 0, 3);
	tcase_add_loop_test(t, v13_nothing_found_is_asked_once_and_refused, 0, VERSIONS);
	tcase_add_test(t, v13_three_levels_are_fetched_and_no_more);
	tcase_add_test(t, v13_another_url_is_another_place);
	tcase_add_test(t, v13_urls_of_an_issuer_are_http_and_plain);
	tcase_add_test(t, v13_urls_that_are_too_long_or_hold_a_nul_are_none);
	tcase_add_test(t, v13_files_of_every_kind_are_read);
	tcase_add_test(t, v13_a_der_file_with_more_behind_it_is_none);
	tcase_add_test(t, preloaded_blocks_that_are_no_certificates_are_counted);
	tcase_add_test(t, thousands_of_preloaded_ones_are_found_at_once);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
