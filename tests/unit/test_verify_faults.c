/* SPDX-License-Identifier: BSD-2-Clause */
/* Every fault of an origin is found, a result is bound to what it was asked for, and the store
 * of anchors takes only what may be one. */
#include "tests/unit/x509_rig.h"

#include <stdio.h>
#include <time.h>

#include "core/err.h"

#define BIT(e) TLS_ERROR_BIT(TLS_ERROR_##e)
#define NAME "www.example.com"

static struct cert root, inter, own;
static struct verify_store *store;

static struct str pem_of(const struct cert *const *certs, size_t n, BIO **b)
{
	char *p;
	long len;

	*b = BIO_new(BIO_s_mem());
	for (size_t i = 0; i < n; i++)
		PEM_write_bio_X509(*b, certs[i]->x);
	len = BIO_get_mem_data(*b, &p);
	return str_of(p, (size_t)len);
}

static struct verify_store *store_of(const struct cert *const *certs, size_t n, int64_t at)
{
	BIO *a, *b;
	const struct cert *const ours[] = { &own };
	int err;
	struct verify_store *s =
	    verify_store_new_at(pem_of(certs, n, &a), pem_of(ours, 1, &b), at, &err);

	BIO_free(a);
	BIO_free(b);
	return s;
}

static void setup(void)
{
	const struct cert *const anchors[] = { &root };

	root = rig_make((struct spec){ .cn = "Root", .ca = true });
	own = rig_make((struct spec){ .cn = "Own", .ca = true });
	inter = rig_make((struct spec){ .cn = "Inter", .ca = true, .issuer = &root });
	store = store_of(anchors, 1, 0);
	ck_assert_ptr_nonnull(store);
}

static void teardown(void)
{
	verify_store_free(store);
	rig_free(&root);
	rig_free(&own);
	rig_free(&inter);
}

static struct verify_report report;

static int check_in(struct verify_store *s, const struct cert *const *chain, size_t n,
    const char *name, const char *ip)
{
	struct str der[8];
	unsigned char *p[8] = { NULL };
	int r;

	for (size_t i = 0; i < n; i++) {
		int k = i2d_X509(chain[i]->x, &p[i]);

		der[i] = str_of((const char *)p[i], (size_t)k);
	}
	r = verify_chain(s, der, n, str_c(name), ip, &report);
	for (size_t i = 0; i < n; i++)
		OPENSSL_free(p[i]);
	return r;
}

static int check(const struct cert *leaf, const struct cert *issuer)
{
	const struct cert *const chain[] = { leaf, issuer };

	return check_in(store, chain, issuer != NULL ? 2 : 1, NAME, "192.0.2.1");
}

enum by { BY_INTER, BY_SELF, BY_STRANGER, BY_MISSING };

static const struct {
	const char *name;
	enum by by;
	struct spec s;
	uint32_t want;
} rows[] = {
	{ "good", BY_INTER, { .san = "DNS:" NAME }, 0 },
	{ "expired", BY_INTER, { .san = "DNS:" NAME, .hours_from = -48, .hours_to = -1 }, BIT(EXPIRED) },
	{ "expired and wrong name", BY_INTER,
	    { .san = "DNS:other.example", .hours_from = -48, .hours_to = -1 }, BIT(EXPIRED) | BIT(NAME) },
	{ "not yet, weak and wrong name", BY_INTER,
	    { .san = "DNS:other.example", .hours_from = 24, .hours_to = 48, .rsa_bits = 1024 },
	    BIT(NOT_YET) | BIT(NAME) | BIT(WEAK) },
	{ "self-signed", BY_SELF, { .san = "DNS:" NAME }, BIT(SELF_SIGNED) },
	{ "self-signed, expired, wrong name", BY_SELF,
	    { .san = "DNS:printer", .hours_from = -48, .hours_to = -1 },
	    BIT(SELF_SIGNED) | BIT(EXPIRED) | BIT(NAME) },
	{ "self-signed as appliances do: a CA, no name", BY_SELF, { .cn = "printer", .ca = true },
	    BIT(SELF_SIGNED) | BIT(NAME) },
	{ "stranger's root, sent", BY_STRANGER, { .san = "DNS:" NAME }, BIT(UNTRUSTED) },
	{ "stranger's root, expired", BY_STRANGER,
	    { .san = "DNS:" NAME, .hours_from = -48, .hours_to = -1 }, BIT(UNTRUSTED) | BIT(EXPIRED) },
	{ "intermediate missing", BY_MISSING, { .san = "DNS:" NAME }, BIT(UNTRUSTED) | BIT(INCOMPLETE) },
	{ "wrong purpose", BY_INTER, { .san = "DNS:" NAME, .eku = "clientAuth" }, BIT(INVALID) },
	{ "wrong purpose and expired", BY_INTER,
	    { .san = "DNS:" NAME, .eku = "clientAuth", .hours_from = -48, .hours_to = -1 },
	    BIT(INVALID) | BIT(EXPIRED) },
	{ "SHA-1", BY_INTER, { .san = "DNS:" NAME, .sha1 = true }, BIT(WEAK) },
};

START_TEST(every_fault_is_found)
{
	struct cert stranger = rig_make((struct spec){ .cn = "Stranger", .ca = true });
	struct spec s = rows[_i].s;
	const struct cert *above = NULL;
	struct cert leaf;
	char words[128];

	if (rows[_i].by == BY_INTER)
		s.issuer = above = &inter;
	else if (rows[_i].by == BY_STRANGER)
		s.issuer = above = &stranger;
	else if (rows[_i].by == BY_MISSING)
		s.issuer = &inter;
	leaf = rig_make(s);
	check(&leaf, above);
	tls_error_words(report.errors, words, sizeof(words));
	ck_assert_msg(report.errors == rows[_i].want, "%s: %s (%s)", rows[_i].name, words, report.why);
	ck_assert_int_eq(report.err == 0, report.errors == 0);
	rig_free(&leaf);
	rig_free(&stranger);
}
END_TEST

START_TEST(v4_without_a_name_the_address_counts)
{
	struct cert leaf = rig_make((struct spec){ .issuer = &inter, .san = "IP:192.0.2.1,DNS:" NAME });
	const struct cert *const chain[] = { &leaf, &inter };

	ck_assert_int_eq(check_in(store, chain, 2, "", "192.0.2.1"), 0);
	ck_assert_int_eq(check_in(store, chain, 2, "", "192.0.2.2"), -ERR_CERT_NAME);
	ck_assert_int_eq(check_in(store, chain, 2, "", ""), -ERR_CERT_NAME);
	rig_free(&leaf);
}
END_TEST

START_TEST(v5_each_place_of_the_path_has_dates)
{
	const struct cert *const anchors[] = { &root };
	struct cert leaf = rig_make((struct spec){ .issuer = &inter, .san = "DNS:" NAME, .hours_from = -1, .hours_to = 96 });
	struct cert old = rig_make((struct spec){ .cn = "Inter", .ca = true, .issuer = &root, .key_of = &inter, .hours_from = -96, .hours_to = -48 });
	struct verify_store *later = store_of(anchors, 1, time(NULL) + 20 * 3600);
	const struct cert *const chain[] = { &leaf, &inter };

	ck_assert_int_eq(check(&leaf, &old), -ERR_CERT_EXPIRED);
	ck_assert_int_eq(check(&leaf, &inter), 0);
	ck_assert_int_eq(check_in(later, chain, 2, NAME, ""), 0);
	verify_store_free(later);
	later = store_of(anchors, 1, time(NULL) + 30 * 3600); /* the anchor's own end */
	ck_assert_ptr_null(later);
	rig_free(&leaf);
	rig_free(&old);
}
END_TEST

static const struct {
	const char *san;
	int want;
} wide[] = {
	{ "DNS:" NAME ",DNS:*.co.uk", -ERR_CERT_INVALID },
	{ "DNS:" NAME ",DNS:*.com", -ERR_CERT_INVALID },
	{ "DNS:" NAME ",DNS:*.example.co.uk", 0 },
	{ "DNS:" NAME ",DNS:*.s3.amazonaws.com", 0 }, /* a private registry: such names are borne */
	{ "DNS:" NAME ",DNS:*.internal", 0 },	      /* no suffix that anybody listed */
};

START_TEST(v3_wildcards_over_public_suffixes_are_refused)
{
	struct cert leaf = rig_make((struct spec){ .issuer = &inter, .san = wide[_i].san });

	ck_assert_msg(check(&leaf, &inter) == wide[_i].want, "%s: %s", wide[_i].san, report.why);
	rig_free(&leaf);
}
END_TEST

START_TEST(v9_serials_are_positive_and_short)
{
	struct cert leaf = rig_make((struct spec){ .issuer = &inter, .san = "DNS:" NAME });
	BIGNUM *n = BN_new();

	for (int bits = 1; bits <= 168; bits += 1) {
		BN_zero(n);
		BN_set_bit(n, bits - 1);
		BN_to_ASN1_INTEGER(n, X509_get_serialNumber(leaf.x));
		X509_sign(leaf.x, inter.key, EVP_sha256());
		ck_assert_msg((check(&leaf, &inter) == 0) == (bits < 160), "%d bits: %s", bits, report.why);
	}
	BN_zero(n);
	BN_to_ASN1_INTEGER(n, X509_get_serialNumber(leaf.x));
	X509_sign(leaf.x, inter.key, EVP_sha256());
	ck_assert_int_eq(check(&leaf, &inter), -ERR_CERT_INVALID);
	BN_free(n);
	rig_free(&leaf);
}
END_TEST

START_TEST(v10_weak_keys_and_hashes_are_refused)
{
	static const struct {
		int bits;
		bool sha1;
		int want;
	} keys[] = { { 1024, false, -ERR_CERT_WEAK }, { 2047, false, -ERR_CERT_WEAK },
		{ 2052, false, -ERR_CERT_WEAK }, { 2048, false, 0 }, { 0, true, -ERR_CERT_WEAK } };
	struct cert leaf = rig_make((struct spec){ .issuer = &inter, .san = "DNS:" NAME,
	    .rsa_bits = keys[_i].bits, .sha1 = keys[_i].sha1 });

	ck_assert_int_eq(check(&leaf, &inter), keys[_i].want);
	rig_free(&leaf);
}
END_TEST

START_TEST(v17_good_and_bad_of_one_name_do_not_mix)
{
	struct cert good = rig_make((struct spec){ .issuer = &inter, .san = "DNS:" NAME });
	struct cert bad = rig_make((struct spec){ .san = "DNS:" NAME });

	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(check(&good, &inter), 0);
		ck_assert_int_ne(check(&bad, NULL), 0);
	}
	rig_free(&good);
	rig_free(&bad);
}
END_TEST

START_TEST(v18_a_result_is_bound_to_what_was_asked)
{
	struct cert leaf = rig_make((struct spec){ .issuer = &inter, .san = "DNS:" NAME });
	struct cert other_root = rig_make((struct spec){ .cn = "Other", .ca = true });
	const struct cert *const chain[] = { &leaf, &inter }, *const others[] = { &other_root },
			  *const anchors[] = { &root };
	struct verify_store *other = store_of(others, 1, 0);
	struct verify_store *past = store_of(anchors, 1, time(NULL) - 7200);

	ck_assert_int_eq(check_in(store, chain, 2, NAME, ""), 0);
	ck_assert_int_ne(check_in(other, chain, 2, NAME, ""), 0);		       /* anchors */
	ck_assert_int_ne(check_in(store, chain, 1, NAME, ""), 0);		       /* chain */
	ck_assert_int_ne(check_in(store, chain, 2, "www.example.org", ""), 0);	       /* name */
	ck_assert_int_eq(check_in(past, chain, 2, NAME, ""), -ERR_CERT_NOT_YET);       /* day */
	ck_assert_int_eq(check_in(store, chain, 2, NAME, ""), 0);
	verify_store_free(other);
	verify_store_free(past);
	rig_free(&leaf);
	rig_free(&other_root);
}
END_TEST

/* Frankencerts in small: whatever is changed in a chain, it never becomes better than before. */
START_TEST(v19_mutations_are_never_better)
{
	struct cert leaf = rig_make((struct spec){ .issuer = &inter, .san = "DNS:" NAME, .eku = "serverAuth" });
	unsigned char *a = NULL, *b = NULL;
	int na = i2d_X509(leaf.x, &a), nb = i2d_X509(inter.x, &b);
	unsigned seed = 77, accepted = 0;

	for (int i = 0; i < 4000; i++) {
		unsigned char *in = i % 2 == 0 ? a : b;
		int n = i % 2 == 0 ? na : nb;
		int at = (int)((seed = seed * 1103515245u + 12345u) >> 8) % n;
		unsigned char was = in[at];
		struct str chain[2];

		in[at] = (unsigned char)(seed >> 16);
		chain[0] = str_of((char *)a, (size_t)na);
		chain[1] = str_of((char *)b, (size_t)nb);
		if (verify_chain(store, chain, 2, STR(NAME), "", &report) == 0)
			accepted += in[at] != was;
		in[at] = was;
	}
	/* Every byte of a certificate is signed, or is the signature. */
	ck_assert_uint_eq(accepted, 0);
	OPENSSL_free(a);
	OPENSSL_free(b);
	rig_free(&leaf);
}
END_TEST

START_TEST(k6_anchors_that_must_not_be_are_left_out)
{
	struct cert old = rig_make((struct spec){ .cn = "Old", .ca = true, .hours_from = -48, .hours_to = -1 });
	struct cert weak = rig_make((struct spec){ .cn = "Weak", .ca = true, .rsa_bits = 1024 });
	struct cert renewed = rig_make((struct spec){ .cn = "Renewed", .ca = true, .key_of = &own });
	const struct cert *const all[] = { &root, &old, &weak, &own, &renewed };
	struct verify_store *s = store_of(all, 5, 0);
	struct verify_counts c = verify_store_counts(s);

	ck_assert_uint_eq(c.anchors, 1);
	ck_assert_uint_eq(c.expired, 1);
	ck_assert_uint_eq(c.weak, 1);
	ck_assert_uint_eq(c.own, 2);
	verify_store_free(s);
	rig_free(&old);
	rig_free(&weak);
	rig_free(&renewed);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify faults");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_fault_is_found, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, v4_without_a_name_the_address_counts);
	tcase_add_test(t, v5_each_place_of_the_path_has_dates);
	tcase_add_loop_test(t, v3_wildcards_over_public_suffixes_are_refused, 0, sizeof(wide) / sizeof(wide[0]));
	tcase_add_test(t, v9_serials_are_positive_and_short);
	tcase_add_loop_test(t, v10_weak_keys_and_hashes_are_refused, 0, 5);
	tcase_add_test(t, v17_good_and_bad_of_one_name_do_not_mix);
	tcase_add_test(t, v18_a_result_is_bound_to_what_was_asked);
	tcase_add_test(t, v19_mutations_are_never_better);
	tcase_add_test(t, k6_anchors_that_must_not_be_are_left_out);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
