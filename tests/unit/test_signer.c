/* SPDX-License-Identifier: BSD-2-Clause */
/* The signer's library: messages, loading a CA, the fixed profile, refusals, export. */
#include <check.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certs/cluster.h"
#include "certs/export.h"
#include "certs/signer.h"
#include "core/err.h"

enum { DAY = 86400 };

static int64_t now;
static struct ca *ca;
static struct buf ca_cert, ca_key, der;
static char serial[CA_SERIAL_TEXT];
static int64_t not_after;
static const char *why;

static void setup(void)
{
	now = time(NULL);
	buf_init(&ca_cert, 16384);
	buf_init(&ca_key, 16384);
	buf_init(&der, LEAF_DER_MAX);
	ck_assert_int_eq(ca_create("Test CA", now, &ca_cert, &ca_key), 0);
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

static struct str spki_of(EVP_PKEY *k)
{
	static unsigned char space[2048];
	unsigned char *p = space;
	int n = i2d_PUBKEY(k, &p);

	ck_assert(n > 0 && (size_t)n <= sizeof(space));
	return str_of((char *)space, (size_t)n);
}

static struct str new_spki(EVP_PKEY *k)
{
	struct str s = spki_of(k);

	EVP_PKEY_free(k);
	return s;
}

static struct leaf_wish wish_of(const char *first)
{
	struct leaf_wish w = { .nnames = 1, .not_before = now - 30 * DAY, .not_after = now + 60 * DAY };

	ck_assert_int_eq(leaf_name_set(&w.names[0], false, str_c(first)), 0);
	return w;
}

static void add(struct leaf_wish *w, bool is_ip, const char *text)
{
	ck_assert_int_eq(leaf_name_set(&w->names[w->nnames++], is_ip, str_c(text)), 0);
}

static int sign(const struct leaf_wish *w, struct str spki)
{
	return ca_sign(ca, spki, w, now, &der, &not_after, serial, &why);
}

static X509 *parse(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	X509 *x = d2i_X509(NULL, &p, (long)s.n);

	ck_assert_ptr_nonnull(x);
	ck_assert_ptr_eq(p, s.p + s.n);
	return x;
}

static X509 *parse_pem(struct str s)
{
	BIO *b = BIO_new_mem_buf(s.p, (int)s.n);
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);

	BIO_free(b);
	ck_assert_ptr_nonnull(x);
	return x;
}

static int64_t seconds(const ASN1_TIME *t)
{
	struct tm tm;

	ck_assert_int_eq(ASN1_TIME_to_tm(t, &tm), 1);
	return timegm(&tm);
}

/* The strict check of a client: chain, purpose, host. */
static int verify_strict(X509 *leaf, const char *host, const char *ip)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *root = parse_pem(buf_view(&ca_cert));
	X509_VERIFY_PARAM *p;
	int err;

	X509_STORE_add_cert(store, root);
	X509_STORE_CTX_init(ctx, store, leaf, NULL);
	p = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
	X509_VERIFY_PARAM_set_auth_level(p, 2);
	X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_SSL_SERVER);
	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (host != NULL)
		X509_VERIFY_PARAM_set1_host(p, host, 0);
	if (ip != NULL)
		X509_VERIFY_PARAM_set1_ip_asc(p, ip);
	err = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(root);
	return err;
}

static void critical_is(X509 *x, int nid, int want)
{
	int at = X509_get_ext_by_NID(x, nid, -1);

	ck_assert_msg(at >= 0, "%s is missing", OBJ_nid2sn(nid));
	ck_assert_msg(X509_EXTENSION_get_critical(X509_get_ext(x, at)) == want, "%s", OBJ_nid2sn(nid));
	ck_assert_int_eq(X509_get_ext_by_NID(x, nid, at), -1);
}

START_TEST(c10_a_leaf_follows_the_profile)
{
	struct leaf_wish w = wish_of("www.example.org");
	char cn[80];
	X509 *x;

	add(&w, false, "*.example.org");
	add(&w, true, "192.0.2.7");
	add(&w, true, "2001:db8::7");
	ck_assert_msg(sign(&w, new_spki(EVP_EC_gen("P-256"))) == 0, "%s", why);
	x = parse(buf_view(&der));
	ck_assert_int_eq(X509_get_version(x), X509_VERSION_3);
	ck_assert_int_eq(X509_get_signature_nid(x), NID_ecdsa_with_SHA256);
	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, cn, sizeof(cn));
	ck_assert_str_eq(cn, "www.example.org");
	ck_assert_uint_eq(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
	ck_assert_uint_eq(X509_get_extended_key_usage(x), XKU_SSL_SERVER);
	ck_assert_int_eq(X509_check_ca(x), 0);
	critical_is(x, NID_basic_constraints, 1);
	critical_is(x, NID_key_usage, 1);
	critical_is(x, NID_ext_key_usage, 0);
	critical_is(x, NID_subject_alt_name, 0);
	critical_is(x, NID_authority_key_identifier, 0);
	ck_assert_int_eq(X509_get_ext_count(x), 5);
	ck_assert_int_eq(verify_strict(x, "www.example.org", NULL), X509_V_OK);
	ck_assert_int_eq(verify_strict(x, "other.example.org", NULL), X509_V_OK);
	ck_assert_int_eq(verify_strict(x, NULL, "192.0.2.7"), X509_V_OK);
	ck_assert_int_eq(verify_strict(x, NULL, "2001:db8::7"), X509_V_OK);
	ck_assert_int_eq(verify_strict(x, "example.net", NULL), X509_V_ERR_HOSTNAME_MISMATCH);
	X509_free(x);
}
END_TEST

START_TEST(rsa_leaves_are_signed_too)
{
	struct leaf_wish w = wish_of("www.example.org");
	X509 *x;

	ck_assert_msg(sign(&w, new_spki(EVP_RSA_gen(2048))) == 0, "%s", why);
	x = parse(buf_view(&der));
	ck_assert_int_eq(verify_strict(x, "www.example.org", NULL), X509_V_OK);
	X509_free(x);
}
END_TEST

START_TEST(c10_serials_are_long_positive_random_and_reported)
{
	struct leaf_wish w = wish_of("a.example");
	EVP_PKEY *k = EVP_EC_gen("P-256");
	char before[CA_SERIAL_TEXT] = "";

	for (int i = 0; i < 20; i++) {
		BIGNUM *n;
		char *hex;
		X509 *x;

		der.len = 0;
		ck_assert_int_eq(sign(&w, spki_of(k)), 0);
		x = parse(buf_view(&der));
		n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
		hex = BN_bn2hex(n);
		ck_assert(!BN_is_negative(n));
		ck_assert_int_eq(BN_num_bits(n), 127);
		ck_assert_int_eq(strcasecmp(hex, serial), 0);
		ck_assert_str_ne(before, serial);
		strcpy(before, serial);
		OPENSSL_free(hex);
		BN_free(n);
		X509_free(x);
	}
	EVP_PKEY_free(k);
}
END_TEST

/* Days from now: what the origin says, what the leaf must say. */
static const struct {
	int from, to, want_from, want_to;
} lives[] = {
	{ -30, 60, 0, 7 }, /* the CA is younger than a day: see below */
	{ -30, 3, 0, 3 },
	{ 1, 60, 1, 7 },
	{ 1, 2, 1, 2 },
	{ -30, 3000, 0, 7 },
};

START_TEST(c10_validity_is_the_narrowest_of_all)
{
	struct leaf_wish w = wish_of("a.example");
	X509 *x;
	int64_t from, ca_from = now - 3600;

	w.not_before = now + lives[_i].from * DAY;
	w.not_after = now + lives[_i].to * DAY;
	ck_assert_int_eq(sign(&w, new_spki(EVP_EC_gen("P-256"))), 0);
	x = parse(buf_view(&der));
	from = now + lives[_i].want_from * DAY;
	ck_assert_int_eq(seconds(X509_get0_notBefore(x)), lives[_i].want_from > 0 ? from : ca_from);
	ck_assert_int_eq(seconds(X509_get0_notAfter(x)), now + lives[_i].want_to * DAY);
	ck_assert_int_eq(not_after, now + lives[_i].want_to * DAY);
	X509_free(x);
}
END_TEST

static void reload_ca(int64_t made)
{
	ca_free(ca);
	ca_cert.len = ca_key.len = 0;
	ck_assert_int_eq(ca_create("Test CA", made, &ca_cert, &ca_key), 0);
	ca = ca_new(buf_view(&ca_cert), buf_view(&ca_key), &why);
}

START_TEST(an_old_ca_backdates_by_a_day_and_never_outlives_itself)
{
	struct leaf_wish w = wish_of("a.example");
	X509 *x;

	reload_ca(now - 5 * 365 * DAY + 2 * DAY);
	ck_assert_ptr_nonnull(ca);
	ck_assert_int_eq(ca_not_after(ca), now + 2 * DAY);
	ck_assert_int_eq(sign(&w, new_spki(EVP_EC_gen("P-256"))), 0);
	x = parse(buf_view(&der));
	ck_assert_int_eq(seconds(X509_get0_notBefore(x)), now - DAY);
	ck_assert_int_eq(not_after, now + 2 * DAY);
	X509_free(x);
}
END_TEST

START_TEST(a_long_requested_name_makes_the_san_critical)
{
	char name[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.example.org";
	struct leaf_wish w = wish_of(name);
	X509 *x;

	ck_assert_int_eq(sign(&w, new_spki(EVP_EC_gen("P-256"))), 0);
	x = parse(buf_view(&der));
	ck_assert_int_eq(X509_NAME_entry_count(X509_get_subject_name(x)), 0);
	critical_is(x, NID_subject_alt_name, 1);
	ck_assert_int_eq(verify_strict(x, name, NULL), X509_V_OK);
	X509_free(x);
}
END_TEST

START_TEST(many_long_names_are_cut_to_a_bounded_leaf)
{
	struct leaf_wish w = wish_of("www.example.org");
	GENERAL_NAMES *names;
	char name[254];
	X509 *x;

	memset(name, 'a', sizeof(name) - 1);
	name[253] = '\0';
	for (size_t i = 50; i < 250; i += 50)
		name[i] = '.';
	while (w.nnames < LEAF_MAX_NAMES)
		add(&w, false, name);
	ck_assert_int_eq(sign(&w, new_spki(EVP_EC_gen("P-256"))), 0);
	ck_assert_uint_le(der.len, LEAF_DER_MAX);
	x = parse(buf_view(&der));
	ck_assert_int_eq(verify_strict(x, "www.example.org", NULL), X509_V_OK);
	names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	ck_assert_int_gt(sk_GENERAL_NAME_num(names), 40);
	ck_assert_int_lt(sk_GENERAL_NAME_num(names), LEAF_MAX_NAMES);
	GENERAL_NAMES_free(names);
	X509_free(x);
}
END_TEST

static void refused(const struct leaf_wish *w, struct str spki, const char *word)
{
	size_t before = der.len;

	ck_assert_int_eq(sign(w, spki), -ERR_DENIED);
	ck_assert_msg(strstr(why, word) != NULL, "%s", why);
	ck_assert_uint_eq(der.len, before);
}

START_TEST(k4_foreign_and_weak_keys_are_refused)
{
	struct leaf_wish w = wish_of("a.example");
	EVP_PKEY *k = EVP_EC_gen("P-256");
	char bytes[2048];
	struct str s = spki_of(k);

	refused(&w, STR_NONE, "malformed");
	refused(&w, STR("not a key"), "malformed");
	memcpy(bytes, s.p, s.n);
	bytes[s.n] = 0;
	refused(&w, str_of(bytes, s.n + 1), "malformed");
	refused(&w, str_of(bytes, s.n - 1), "malformed");
	bytes[40] ^= 1; /* off the curve */
	refused(&w, str_of(bytes, s.n), "malformed");
	EVP_PKEY_set_utf8_string_param(k, "point-format", "compressed");
	refused(&w, spki_of(k), "kind");
	EVP_PKEY_free(k);
	refused(&w, new_spki(EVP_EC_gen("P-384")), "kind");
	refused(&w, new_spki(EVP_EC_gen("secp256k1")), "kind");
	refused(&w, new_spki(EVP_RSA_gen(1024)), "kind");
	refused(&w, new_spki(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")), "kind");
}
END_TEST

START_TEST(k3_the_cas_own_key_is_never_a_leafs)
{
	struct leaf_wish w = wish_of("a.example");
	X509 *x = parse_pem(buf_view(&ca_cert));

	refused(&w, spki_of(X509_get0_pubkey(x)), "own");
	refused(&w, spki_of(X509_get0_pubkey(x)), "own");
	X509_free(x);
}
END_TEST

START_TEST(k4_bad_names_and_empty_lives_are_refused)
{
	struct leaf_wish w = wish_of("a.example");
	EVP_PKEY *k = EVP_EC_gen("P-256");

	strcpy(w.names[0].text, "A.example");
	refused(&w, spki_of(k), "name");
	memset(w.names[0].text, 'a', LEAF_NAME_MAX); /* no end */
	refused(&w, spki_of(k), "name");
	w = wish_of("a.example");
	w.nnames = 0;
	refused(&w, spki_of(k), "name");
	w = wish_of("a.example");
	w.not_after = now - 1;
	refused(&w, spki_of(k), "valid");
	w.not_before = now + 9 * DAY;
	w.not_after = now + 90 * DAY;
	refused(&w, spki_of(k), "valid");
	w.not_before = INT64_MAX;
	w.not_after = INT64_MIN;
	refused(&w, spki_of(k), "valid");
	EVP_PKEY_free(k);
}
END_TEST

START_TEST(bad_cas_are_refused_with_the_reason)
{
	struct buf other_cert, other_key;
	const char *says = NULL;

	buf_init(&other_cert, 16384);
	buf_init(&other_key, 16384);
	ck_assert_int_eq(ca_create("Other", now, &other_cert, &other_key), 0);
	ck_assert_ptr_null(ca_new(buf_view(&ca_cert), buf_view(&other_key), &says));
	ck_assert_ptr_nonnull(strstr(says, "belong"));
	ck_assert_ptr_null(ca_new(STR("nonsense"), buf_view(&other_key), &says));
	ck_assert_ptr_nonnull(strstr(says, "certificate is not readable"));
	ck_assert_ptr_null(ca_new(buf_view(&ca_cert), STR_NONE, &says));
	ck_assert_ptr_nonnull(strstr(says, "key is not readable"));
	other_cert.len = other_key.len = 0;
	ck_assert_int_eq(ca_create("Old", now - 6 * 365 * DAY, &other_cert, &other_key), 0);
	ck_assert_ptr_null(ca_new(buf_view(&other_cert), buf_view(&other_key), &says));
	ck_assert_ptr_nonnull(strstr(says, "expired"));
	other_cert.len = other_key.len = 0;
	ck_assert_int_eq(ca_create("Future", now + 30 * DAY, &other_cert, &other_key), 0);
	ck_assert_ptr_null(ca_new(buf_view(&other_cert), buf_view(&other_key), &says));
	ck_assert_ptr_nonnull(strstr(says, "not valid yet"));
	buf_free(&other_cert);
	buf_free(&other_key);
}
END_TEST

START_TEST(a_leaf_is_no_ca)
{
	struct leaf_wish w = wish_of("a.example");
	EVP_PKEY *k = EVP_EC_gen("P-256");
	BIO *cert = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_mem());
	const char *says = NULL;
	char *p, *q;
	X509 *x;

	ck_assert_int_eq(sign(&w, spki_of(k)), 0);
	x = parse(buf_view(&der));
	PEM_write_bio_X509(cert, x);
	PEM_write_bio_PrivateKey(key, k, NULL, NULL, 0, NULL, NULL);
	size_t n = (size_t)BIO_get_mem_data(cert, &p), m = (size_t)BIO_get_mem_data(key, &q);
	ck_assert_ptr_null(ca_new(str_of(p, n), str_of(q, m), &says));
	ck_assert_ptr_nonnull(strstr(says, "not for a CA"));
	X509_free(x);
	BIO_free(cert);
	BIO_free(key);
	EVP_PKEY_free(k);
}
END_TEST

START_TEST(a_wish_survives_packing_and_odd_second_names_do_not)
{
	static struct leaf_wish w, got;
	struct buf b;
	struct str spki;
	uint64_t id;

	w = wish_of("www.example.org");
	add(&w, true, "2001:db8::7");
	strcpy(w.names[w.nnames++].text, "Odd Name");
	add(&w, false, "*.example.org");
	buf_init(&b, 32768);
	ck_assert_int_eq(signer_pack_wish(&b, 77, STR("spki"), &w), 0);
	ck_assert_int_eq(signer_read_wish(buf_view(&b), &id, &spki, &got), 0);
	ck_assert_uint_eq(id, 77);
	ck_assert(str_eq(spki, STR("spki")));
	ck_assert_uint_eq(got.nnames, 3);
	ck_assert_str_eq(got.names[0].text, "www.example.org");
	ck_assert(got.names[1].is_ip);
	ck_assert_str_eq(got.names[2].text, "*.example.org");
	ck_assert_int_eq(got.not_before, w.not_before);
	ck_assert_int_eq(got.not_after, w.not_after);
	for (size_t cut = 0; cut < b.len; cut++)
		ck_assert_int_lt(signer_read_wish(str_of(b.p, cut), &id, &spki, &got), 0);
	buf_append(&b, "", 1);
	ck_assert_int_lt(signer_read_wish(buf_view(&b), &id, &spki, &got), 0);
	strcpy(w.names[0].text, "Odd Name");
	b.len = 0;
	ck_assert_int_eq(signer_pack_wish(&b, 77, STR("spki"), &w), -ERR_CERT_NAME);
	ck_assert_uint_eq(b.len, 0);
	buf_free(&b);
}
END_TEST

START_TEST(x2_a_wish_says_which_ca_it_means)
{
	static struct leaf_wish w, got;
	struct str spki;
	uint64_t id;
	struct buf b;

	for (int untrusted = 0; untrusted < 2; untrusted++) {
		buf_init(&b, 4096);
		w = wish_of("www.example.org");
		w.untrusted = untrusted == 1;
		got.untrusted = !w.untrusted;
		ck_assert_int_eq(signer_pack_wish(&b, 77, STR("spki"), &w), 0);
		ck_assert_int_eq(signer_read_wish(buf_view(&b), &id, &spki, &got), 0);
		ck_assert_int_eq(got.untrusted, w.untrusted);
		b.p[b.off + b.len - 1] = 2; /* neither */
		ck_assert_int_lt(signer_read_wish(buf_view(&b), &id, &spki, &got), 0);
		buf_free(&b);
	}
}
END_TEST

START_TEST(the_largest_wish_fits_its_message)
{
	static struct leaf_wish w;
	char name[254], spki[SIGNER_SPKI_MAX] = { 0 };
	struct buf b;

	memset(name, 'a', 253);
	name[253] = '\0';
	for (size_t i = 50; i < 250; i += 50)
		name[i] = '.';
	w = wish_of(name);
	while (w.nnames < LEAF_MAX_NAMES)
		add(&w, false, name);
	buf_init(&b, 32768);
	ck_assert_int_eq(signer_pack_wish(&b, 1, str_of(spki, sizeof(spki)), &w), 0);
	buf_free(&b);
}
END_TEST

START_TEST(a_leaf_message_is_either_a_leaf_or_a_reason)
{
	static const char number[CLUSTER_KEY] = "of thirty-two bytes";
	struct leaf_answer a = { .id = 5, .der = STR("der"), .until = 99 }, got;
	struct buf b;

	buf_init(&b, 32768);
	ck_assert_int_eq(signer_pack_leaf(&b, &a), 0);
	ck_assert_int_eq(signer_read_leaf(buf_view(&b), &got), 0);
	ck_assert(got.id == 5 && got.until == 99 && str_eq(got.der, STR("der")) && got.why.n == 0 &&
		  got.key.n == 0);
	for (size_t cut = 0; cut < b.len; cut++)
		ck_assert_int_lt(signer_read_leaf(str_of(b.p, cut), &got), 0);
	b.len = 0;
	a.key = str_of(number, sizeof(number));
	ck_assert_int_eq(signer_pack_leaf(&b, &a), 0);
	ck_assert_int_eq(signer_read_leaf(buf_view(&b), &got), 0);
	ck_assert(str_eq(got.key, a.key));
	b.len = 0;
	a.key.n--; /* no such keys */
	ck_assert_int_eq(signer_pack_leaf(&b, &a), 0);
	ck_assert_int_lt(signer_read_leaf(buf_view(&b), &got), 0);
	b.len = 0;
	a.why = STR("rate");
	ck_assert_int_eq(signer_pack_leaf(&b, &a), 0);
	ck_assert_int_eq(signer_read_leaf(buf_view(&b), &got), 0);
	ck_assert(got.id == 5 && got.der.n == 0 && got.key.n == 0 && str_eq(got.why, STR("rate")));
	b.p[8] = 1; /* says ok, has none */
	ck_assert_int_lt(signer_read_leaf(buf_view(&b), &got), 0);
	b.len = 0;
	a.why = STR("line\nbreak");
	ck_assert_int_eq(signer_pack_leaf(&b, &a), 0);
	ck_assert_int_lt(signer_read_leaf(buf_view(&b), &got), 0);
	buf_free(&b);
}
END_TEST

START_TEST(the_certificate_is_exported_in_every_form)
{
	struct buf out, both;
	X509 *x, *y;
	enum ca_format f;

	buf_init(&out, 16384);
	buf_init(&both, 16384);
	buf_printf(&both, "%.*s%.*s", STR_FMT(buf_view(&ca_key)), STR_FMT(buf_view(&ca_cert)));
	ck_assert_int_eq(ca_export(buf_view(&both), CA_PEM, &out), 0);
	ck_assert(str_eq(buf_view(&out), buf_view(&ca_cert)));
	out.len = 0;
	ck_assert_int_eq(ca_export(buf_view(&ca_cert), CA_DER, &out), 0);
	x = parse(buf_view(&out));
	y = parse_pem(buf_view(&ca_cert));
	ck_assert_int_eq(X509_cmp(x, y), 0);
	out.len = 0;
	ck_assert_int_eq(ca_export(buf_view(&ca_cert), CA_FINGERPRINT, &out), 0);
	ck_assert_uint_eq(out.len, 96);
	ck_assert_int_eq(out.p[2], ':');
	ck_assert_int_eq(out.p[95], '\n');
	out.len = 0;
	ck_assert_int_eq(ca_export(buf_view(&ca_cert), CA_TEXT, &out), 0);
	buf_append(&out, "", 1);
	ck_assert_ptr_nonnull(strstr(out.p, "subject: CN=Test CA\n"));
	ck_assert_ptr_nonnull(strstr(out.p, "key: EC, 256 bits\n"));
	ck_assert_int_eq(ca_export(STR("nothing"), CA_PEM, &out), -ERR_CERT_INVALID);
	ck_assert(ca_format_of(STR("der"), &f) && f == CA_DER);
	ck_assert(!ca_format_of(STR("bmp"), &f));
	X509_free(x);
	X509_free(y);
	buf_free(&out);
	buf_wipe(&both);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signer");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, c10_a_leaf_follows_the_profile);
	tcase_add_test(c, rsa_leaves_are_signed_too);
	tcase_add_test(c, c10_serials_are_long_positive_random_and_reported);
	tcase_add_loop_test(c, c10_validity_is_the_narrowest_of_all, 0, sizeof(lives) / sizeof(lives[0]));
	tcase_add_test(c, an_old_ca_backdates_by_a_day_and_never_outlives_itself);
	tcase_add_test(c, a_long_requested_name_makes_the_san_critical);
	tcase_add_test(c, many_long_names_are_cut_to_a_bounded_leaf);
	tcase_add_test(c, k4_foreign_and_weak_keys_are_refused);
	tcase_add_test(c, k3_the_cas_own_key_is_never_a_leafs);
	tcase_add_test(c, k4_bad_names_and_empty_lives_are_refused);
	tcase_add_test(c, bad_cas_are_refused_with_the_reason);
	tcase_add_test(c, a_leaf_is_no_ca);
	tcase_add_test(c, a_wish_survives_packing_and_odd_second_names_do_not);
	tcase_add_test(c, x2_a_wish_says_which_ca_it_means);
	tcase_add_test(c, the_largest_wish_fits_its_message);
	tcase_add_test(c, a_leaf_message_is_either_a_leaf_or_a_reason);
	tcase_add_test(c, the_certificate_is_exported_in_every_form);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
