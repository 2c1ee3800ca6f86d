/* SPDX-License-Identifier: BSD-2-Clause */
/* From an origin's certificate to a leaf: names and dates, nothing else, and bounded. */
#include <check.h>
#include <time.h>

#include "certs/signer.h"
#include "core/err.h"
#include "mitm/verify_x509.h"
#include "tests/unit/x509_rig.h"

enum { MANY = 10000, DAY = 86400 };

static struct buf ca_cert, ca_key, der;
static struct ca *ca;
static const char *why;

static void setup(void)
{
	buf_init(&ca_cert, 16384);
	buf_init(&ca_key, 16384);
	buf_init(&der, LEAF_DER_MAX);
	ck_assert_int_eq(ca_create("Test CA", time(NULL), &ca_cert, &ca_key), 0);
	ca = ca_new(buf_view(&ca_cert), buf_view(&ca_key), &why);
	ck_assert_msg(ca != NULL, "%s", why);
}

static void teardown(void)
{
	ca_free(ca);
	buf_free(&ca_cert);
	buf_wipe(&ca_key);
	buf_free(&der);
}

static X509 *sign(const struct leaf_wish *w)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");
	unsigned char *spki = NULL;
	int n = i2d_PUBKEY(k, &spki);
	const unsigned char *p;
	char serial[CA_SERIAL_TEXT];
	int64_t end;
	X509 *x;

	ck_assert_msg(ca_sign(ca, str_of((char *)spki, (size_t)n), w, time(NULL), &der, &end, serial,
			  &why) == 0,
	    "%s", why);
	p = (const unsigned char *)der.p;
	x = d2i_X509(NULL, &p, (long)der.len);
	ck_assert_ptr_nonnull(x);
	OPENSSL_free(spki);
	EVP_PKEY_free(k);
	return x;
}

static GENERAL_NAMES *names_of(X509 *x)
{
	return X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
}

START_TEST(c10_an_origin_with_10000_names_gives_a_leaf_of_100)
{
	static struct leaf_wish w;
	struct buf san;
	struct cert c;
	X509 *x;
	GENERAL_NAMES *names;
	const GENERAL_NAME *first;

	buf_init(&san, 1 << 20);
	for (int i = 0; i < MANY; i++)
		buf_printf(&san, "%sDNS:host-%d.example.org", i > 0 ? "," : "", i);
	buf_append(&san, "", 1);
	c = rig_make((struct spec){ .cn = "many", .san = san.p });
	ck_assert_int_eq(verify_mirror_x509(c.x, STR("host-9876.example.org"), &w), 0);
	ck_assert_uint_eq(w.nnames, LEAF_MAX_NAMES);
	x = sign(&w);
	names = names_of(x);
	ck_assert_int_eq(sk_GENERAL_NAME_num(names), LEAF_MAX_NAMES);
	first = sk_GENERAL_NAME_value(names, 0);
	ck_assert_int_eq(first->type, GEN_DNS);
	ck_assert(str_eq(str_of((const char *)ASN1_STRING_get0_data(first->d.dNSName),
			     (size_t)ASN1_STRING_length(first->d.dNSName)),
	    STR("host-9876.example.org")));
	ck_assert_int_eq(X509_check_host(x, "host-9876.example.org", 0, 0, NULL), 1);
	ck_assert_uint_le(der.len, 4096);
	GENERAL_NAMES_free(names);
	X509_free(x);
	rig_free(&c);
	buf_free(&san);
}
END_TEST

/* What an origin's certificate may say, and a leaf must not repeat. */
START_TEST(k4_nothing_but_names_and_dates_is_copied)
{
	static struct leaf_wish w;
	struct cert c = rig_make((struct spec){ .cn = "The Organisation, Inc.",
	    .san = "DNS:www.example.org,URI:https://www.example.org/,email:me@example.org",
	    .eku = "serverAuth,clientAuth,codeSigning",
	    .ku = "critical,digitalSignature,keyEncipherment,keyCertSign",
	    .ca = true });
	GENERAL_NAMES *names;
	char cn[80];
	X509 *x;

	ck_assert_int_eq(verify_mirror_x509(c.x, STR("www.example.org"), &w), 0);
	x = sign(&w);
	names = names_of(x);
	ck_assert_int_eq(sk_GENERAL_NAME_num(names), 1);
	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, cn, sizeof(cn));
	ck_assert_str_eq(cn, "www.example.org");
	ck_assert_int_eq(X509_NAME_entry_count(X509_get_subject_name(x)), 1);
	ck_assert_int_eq(X509_check_ca(x), 0);
	ck_assert_uint_eq(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
	ck_assert_uint_eq(X509_get_extended_key_usage(x), XKU_SSL_SERVER);
	ck_assert_int_eq(X509_get_ext_count(x), 5);
	GENERAL_NAMES_free(names);
	X509_free(x);
	rig_free(&c);
}
END_TEST

/* The rules of browsers for a server's certificate, one by one. */
START_TEST(c10_a_leaf_passes_the_rules_of_browsers)
{
	static struct leaf_wish w;
	struct cert c = rig_make((struct spec){
	    .cn = "x", .san = "DNS:www.example.org,IP:192.0.2.7", .hours_from = -1, .hours_to = 24 * 800 });
	BIO *b = BIO_new_mem_buf(ca_cert.p, (int)ca_cert.len);
	X509 *root = PEM_read_bio_X509(b, NULL, NULL, NULL), *x;
	int days, seconds;

	ck_assert_int_eq(verify_mirror_x509(c.x, STR("www.example.org"), &w), 0);
	x = sign(&w);
	ck_assert_int_eq(
	    ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(x), X509_get0_subject_key_id(root)), 0);
	ck_assert_int_eq(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(x), X509_get0_notAfter(x)), 1);
	ck_assert_int_le(days, 8); /* Apple: 825, CA/Browser Forum: 398; ours: 7 ahead, 1 back */
	ck_assert_int_ge(ASN1_STRING_length(X509_get0_serialNumber(x)), 8); /* 64 bits and more */
	ck_assert_int_le(ASN1_STRING_length(X509_get0_serialNumber(x)), 20); /* RFC 5280 */
	ck_assert_int_eq(X509_get_signature_nid(x), NID_ecdsa_with_SHA256);
	ck_assert_int_eq(X509_verify(x, X509_get0_pubkey(root)), 1);
	ck_assert_int_eq(X509_check_issued(root, x), X509_V_OK);
	ck_assert_ptr_null(X509_get0_subject_key_id(x));
	X509_free(root);
	X509_free(x);
	BIO_free(b);
	rig_free(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mirror");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, c10_an_origin_with_10000_names_gives_a_leaf_of_100);
	tcase_add_test(c, k4_nothing_but_names_and_dates_is_copied);
	tcase_add_test(c, c10_a_leaf_passes_the_rules_of_browsers);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
