/* SPDX-License-Identifier: BSD-2-Clause */
/* Name constraints and the gateway's own names: what is dropped from a leaf, what refuses it. */
#include <check.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certs/ca_names.h"
#include "certs/signer.h"
#include "core/err.h"

enum { TEXTS_MAX = 3 };

static const char *why;

/* Constraints, a name, whether a leaf may have it. */
static const struct {
	const char *permit[TEXTS_MAX], *exclude[TEXTS_MAX], *name;
	bool is_ip, ok;
} rows[] = {
	{ { "example.org" }, { 0 }, "example.org", false, true },
	{ { "example.org" }, { 0 }, "www.example.org", false, true },
	{ { "example.org" }, { 0 }, "a.b.example.org", false, true },
	{ { "example.org" }, { 0 }, "badexample.org", false, false },
	{ { "example.org" }, { 0 }, "org", false, false },
	{ { "example.org" }, { 0 }, "*.example.org", false, true },
	{ { "example.org" }, { 0 }, "*.org", false, false },
	{ { ".example.org" }, { 0 }, "example.org", false, false },
	{ { ".example.org" }, { 0 }, "www.example.org", false, true },
	{ { ".example.org" }, { 0 }, "*.example.org", false, true },
	{ { "example.org" }, { 0 }, "192.0.2.7", true, false },
	{ { "192.0.2.0/24" }, { 0 }, "192.0.2.7", true, true },
	{ { "192.0.2.0/24" }, { 0 }, "192.0.3.7", true, false },
	{ { "192.0.2.0/24" }, { 0 }, "2001:db8::1", true, false },
	{ { "example.org", "10.0.0.0/8" }, { 0 }, "10.9.8.7", true, true },
	{ { 0 }, { "corp.example" }, "corp.example", false, false },
	{ { 0 }, { "corp.example" }, "mail.corp.example", false, false },
	{ { 0 }, { "corp.example" }, "www.example.org", false, true },
	{ { 0 }, { "corp.example" }, "192.0.2.7", true, true },
	{ { 0 }, { "mail.corp.example" }, "*.corp.example", false, false },
	{ { 0 }, { "a.mail.corp.example" }, "*.corp.example", false, false },
	{ { 0 }, { ".corp.example" }, "*.corp.example", false, false },
	{ { 0 }, { ".corp.example" }, "corp.example", false, true },
	{ { 0 }, { "10.0.0.0/8", "fd00::/8" }, "10.1.2.3", true, false },
	{ { 0 }, { "10.0.0.0/8", "fd00::/8" }, "fd12::1", true, false },
	{ { 0 }, { "10.0.0.0/8", "fd00::/8" }, "fe80::1", true, true },
	{ { "example.org" }, { "mail.example.org" }, "www.example.org", false, true },
	{ { "example.org" }, { "mail.example.org" }, "mail.example.org", false, false },
};

static unsigned count(const char *const *texts)
{
	unsigned n = 0;

	while (n < TEXTS_MAX && texts[n] != NULL)
		n++;
	return n;
}

static struct ca *make(const char *const *permit, const char *const *exclude, struct buf *cert)
{
	struct ca_plan plan = { .common_name = "Bounded", .now = time(NULL), .permit = permit,
		.permit_n = count(permit), .exclude = exclude, .exclude_n = count(exclude) };
	struct buf key;
	struct ca *ca;

	buf_init(cert, 16384);
	buf_init(&key, 16384);
	ck_assert_int_eq(ca_make(&plan, cert, &key), 0);
	ca = ca_new(buf_view(cert), buf_view(&key), &why);
	ck_assert_msg(ca != NULL, "%s", why);
	buf_wipe(&key);
	return ca;
}

static int sign(struct ca *ca, const struct leaf_wish *w, struct buf *der)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");
	unsigned char *spki = NULL;
	int n = i2d_PUBKEY(k, &spki), r;
	char serial[CA_SERIAL_TEXT];
	int64_t end;

	buf_init(der, LEAF_DER_MAX);
	r = ca_sign(ca, str_of((char *)spki, (size_t)n), w, time(NULL), der, &end, serial, &why);
	OPENSSL_free(spki);
	EVP_PKEY_free(k);
	return r;
}

/* A client's own verdict. */
static bool verifies(struct str cert_pem, struct str der)
{
	BIO *b = BIO_new_mem_buf(cert_pem.p, (int)cert_pem.n);
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *root = PEM_read_bio_X509(b, NULL, NULL, NULL), *leaf = d2i_X509(NULL, &p, (long)der.n);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool ok;

	X509_STORE_add_cert(store, root);
	X509_STORE_CTX_init(ctx, store, leaf, NULL);
	X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT);
	ok = X509_verify_cert(ctx) == 1;
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(root);
	X509_free(leaf);
	BIO_free(b);
	return ok;
}

START_TEST(k5_a_leaf_outside_of_the_constraints_is_refused)
{
	struct leaf_wish w = { .nnames = 1, .not_before = 0, .not_after = INT64_MAX };
	struct buf cert, der;
	struct ca *ca = make(rows[_i].permit, rows[_i].exclude, &cert);
	const char *no;

	ck_assert_int_eq(leaf_name_set(&w.names[0], rows[_i].is_ip, str_c(rows[_i].name)), 0);
	no = ca_filter(ca, NULL, 0, &w);
	ck_assert_msg((no == NULL) == rows[_i].ok, "%s", rows[_i].name);
	if (no == NULL) {
		ck_assert_msg(sign(ca, &w, &der) == 0, "%s", why);
		ck_assert(verifies(buf_view(&cert), buf_view(&der)));
		buf_free(&der);
	} else {
		ck_assert_ptr_nonnull(strstr(no, "name constraints"));
	}
	ca_free(ca);
	buf_free(&cert);
}
END_TEST

START_TEST(k5_the_library_has_the_last_word)
{
	static const char *const permit[TEXTS_MAX] = { "example.org" }, *const none[TEXTS_MAX] = { 0 };
	struct leaf_wish w = { .nnames = 1, .not_before = 0, .not_after = INT64_MAX };
	struct buf cert, der;
	struct ca *ca = make(permit, none, &cert);

	leaf_name_set(&w.names[0], false, STR("www.example.net")); /* not filtered before */
	ck_assert_int_eq(sign(ca, &w, &der), -ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "name constraints"));
	buf_free(&der);
	ca_free(ca);
	buf_free(&cert);
}
END_TEST

static void name(struct leaf_wish *w, bool is_ip, const char *text)
{
	ck_assert_int_eq(leaf_name_set(&w->names[w->nnames++], is_ip, str_c(text)), 0);
}

START_TEST(k5_second_names_outside_are_left_out)
{
	static const char *const exclude[TEXTS_MAX] = { "corp.example" }, *const none[TEXTS_MAX] = { 0 };
	static struct leaf_wish w;
	struct buf cert;
	struct ca *ca = make(none, exclude, &cert);

	name(&w, false, "www.example.org");
	name(&w, false, "mail.corp.example");
	name(&w, false, "*.example.org");
	ck_assert_ptr_null(ca_filter(ca, NULL, 0, &w));
	ck_assert_uint_eq(w.nnames, 2);
	ck_assert_str_eq(w.names[1].text, "*.example.org");
	ca_free(ca);
	buf_free(&cert);
}
END_TEST

START_TEST(k4_the_management_names_are_never_signed)
{
	static const char *const none[TEXTS_MAX] = { 0 };
	static const struct {
		bool is_ip;
		const char *name;
		bool ok;
	} asked[] = { { false, "gw.corp.example", false }, { false, "*.corp.example", false },
		{ true, "192.0.2.1", false }, { true, "2001:db8::1", false },
		{ false, "www.corp.example", true }, { false, "a.gw.corp.example", true },
		{ false, "*.gw.corp.example", true }, { false, "corp.example", true },
		{ true, "192.0.2.2", true } };
	static struct leaf_wish w;
	struct leaf_name own[3];
	struct buf cert;
	struct ca *ca = make(none, none, &cert);

	leaf_name_set(&own[0], false, STR("gw.corp.example"));
	leaf_name_set(&own[1], true, STR("192.0.2.1"));
	leaf_name_set(&own[2], true, STR("2001:db8::1"));
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		w.nnames = 0;
		name(&w, asked[i].is_ip, asked[i].name);
		ck_assert_msg((ca_filter(ca, own, 3, &w) == NULL) == asked[i].ok, "%s", asked[i].name);
		w.nnames = 0;
		name(&w, false, "www.example.org");
		name(&w, asked[i].is_ip, asked[i].name);
		ck_assert_ptr_null(ca_filter(ca, own, 3, &w));
		ck_assert_msg(w.nnames == (asked[i].ok ? 2 : 1), "%s", asked[i].name);
	}
	ca_free(ca);
	buf_free(&cert);
}
END_TEST

START_TEST(odd_constraints_are_refused)
{
	static const char *const odd[] = { "", "*.example.org", "Exa mple", "10.0.0.0/33", "10.0.0/8",
		"::/129", "/8", "10.0.0.0/", "..", "-a.b" };

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		GENERAL_NAME *g = ca_constraint(str_c(odd[i]));

		ck_assert_msg(g == NULL, "%s", odd[i]);
	}
}
END_TEST

START_TEST(an_encrypted_key_is_made_and_opened)
{
	struct ca_plan plan = { .common_name = "Sealed", .now = time(NULL), .passphrase = STR("open sesame") };
	struct ca_source from = { 0 };
	struct buf cert, key;
	struct ca *ca;

	buf_init(&cert, 16384);
	buf_init(&key, 16384);
	ck_assert_int_eq(ca_make(&plan, &cert, &key), 0);
	ck_assert_ptr_nonnull(memmem(key.p, key.len, "BEGIN ENCRYPTED PRIVATE KEY", 27));
	from.cert = buf_view(&cert);
	from.key = buf_view(&key);
	ck_assert_ptr_null(ca_open(&from, &why));
	from.passphrase = STR("open barley");
	ck_assert_ptr_null(ca_open(&from, &why));
	from.passphrase = plan.passphrase;
	ca = ca_open(&from, &why);
	ck_assert_msg(ca != NULL, "%s", why);
	ca_free(ca);
	buf_free(&cert);
	buf_wipe(&key);
}
END_TEST

START_TEST(a_revoked_ca_is_refused)
{
	struct buf cert, key, list;
	char hex[CA_FINGERPRINT_HEX];
	struct ca_source from = { 0 };
	struct ca *ca;

	buf_init(&cert, 16384);
	buf_init(&key, 16384);
	buf_init(&list, 4096);
	ck_assert_int_eq(ca_create("Gone", time(NULL), &cert, &key), 0);
	ck_assert(ca_cert_fingerprint(buf_view(&cert), hex));
	from.cert = buf_view(&cert);
	from.key = buf_view(&key);
	buf_printf(&list, "00%s 2026-01-01T00:00:00Z\n", hex + 2);
	from.revoked = buf_view(&list);
	ca = ca_open(&from, &why);
	ck_assert(hex[0] == '0' || ca != NULL);
	ca_free(ca);
	buf_printf(&list, "%s 2026-01-01T00:00:00Z\n", hex);
	from.revoked = buf_view(&list);
	ck_assert_ptr_null(ca_open(&from, &why));
	ck_assert_ptr_nonnull(strstr(why, "revoked"));
	buf_free(&cert);
	buf_wipe(&key);
	buf_free(&list);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ca_names");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(
	    c, k5_a_leaf_outside_of_the_constraints_is_refused, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(c, k5_the_library_has_the_last_word);
	tcase_add_test(c, k5_second_names_outside_are_left_out);
	tcase_add_test(c, k4_the_management_names_are_never_signed);
	tcase_add_test(c, odd_constraints_are_refused);
	tcase_add_test(c, an_encrypted_key_is_made_and_opened);
	tcase_add_test(c, a_revoked_ca_is_refused);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
