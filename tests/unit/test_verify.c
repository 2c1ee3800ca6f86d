/* SPDX-License-Identifier: BSD-2-Clause */
/* Verification of origins: chains made at run time, and what a mirrored leaf copies. */
#include <stdio.h>
#include <time.h>

#include "core/err.h"
#include "tests/unit/x509_rig.h"

enum { CHAIN_MAX = 128 };

static struct cert root, inter, own;
static struct verify_store *store;
static struct verify_report report;

static void setup(void)
{
	root = rig_make((struct spec){ .cn = "Root", .ca = true });
	own = rig_make((struct spec){ .cn = "Own CA", .ca = true });
	inter = rig_make((struct spec){ .cn = "Intermediate", .ca = true, .issuer = &root });
	store = rig_store(&root, NULL, &own);
}

static void teardown(void)
{
	rig_free(&root);
	rig_free(&own);
	rig_free(&inter);
	verify_store_free(store);
}

/* Verify DER forms of certificates, leaf first. */
static int verify_in(struct verify_store *s, const struct cert *const *chain, size_t n,
    const char *name, const char *ip)
{
	struct str der[CHAIN_MAX];
	unsigned char *p[CHAIN_MAX] = { NULL };
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

#define CHAIN(...)                                                                                 \
	(const struct cert *const[]){ __VA_ARGS__ },                                               \
	    sizeof((const struct cert *const[]){ __VA_ARGS__ }) / sizeof(struct cert *)

static int verify(const struct cert *const *chain, size_t n)
{
	return verify_in(store, chain, n, "www.example.com", "192.0.2.1");
}

/* A leaf under the intermediate; made and judged for www.example.com. */
static int judge(struct spec s)
{
	struct cert leaf;
	int r;

	s.san = s.san == NULL ? "DNS:www.example.com" : s.san[0] == '\0' ? NULL : s.san;
	s.issuer = s.issuer == NULL ? &inter : s.issuer;
	leaf = rig_make(s);
	r = verify(CHAIN(&leaf, &inter));
	rig_free(&leaf);
	return r;
}

/* ---- the leaf ---- */

static const struct leaf_row {
	const char *name;
	struct spec s;
	int want;
} leaves[] = {
	{ "good", { .cn = "x" }, 0 },
	{ "server purpose", { .eku = "serverAuth,clientAuth" }, 0 },
	{ "RSA-2048", { .rsa_bits = 2048, .ku = "digitalSignature,keyEncipherment" }, 0 },
	{ "underscore", { .san = "DNS:www.example.com,DNS:my_host.example.com" }, 0 },
	{ "expired", { .hours_from = -48, .hours_to = -1 }, -ERR_CERT_EXPIRED },
	{ "not yet", { .hours_from = 1, .hours_to = 48 }, -ERR_CERT_NOT_YET },
	{ "other name", { .san = "DNS:other.example.com" }, -ERR_CERT_NAME },
	{ "other name, CN right", { .cn = "www.example.com", .san = "DNS:other.example.com" },
	    -ERR_CERT_NAME },
	{ "CN only", { .cn = "www.example.com", .san = "" }, -ERR_CERT_NAME },
	{ "e-mail only", { .cn = "www.example.com", .san = "email:a@example.com" },
	    -ERR_CERT_NAME },
	{ "an address is no name", { .san = "IP:192.0.2.1" }, -ERR_CERT_NAME },
	{ "a CA as leaf", { .ca = true, .ku = "digitalSignature,keyCertSign" }, -ERR_CERT_INVALID },
	{ "a CA that may not sign", { .ca = true, .ku = "digitalSignature" }, -ERR_CERT_INVALID },
	{ "any purpose", { .eku = "anyExtendedKeyUsage" }, -ERR_CERT_PURPOSE },
	{ "any purpose and client", { .eku = "anyExtendedKeyUsage,clientAuth" },
	    -ERR_CERT_PURPOSE },
	{ "any purpose and server", { .eku = "anyExtendedKeyUsage,serverAuth" }, 0 },
	{ "a CA that cannot serve", { .ca = true }, -ERR_CERT_PURPOSE },
	{ "client only", { .eku = "clientAuth" }, -ERR_CERT_PURPOSE },
	{ "code signing only", { .eku = "codeSigning" }, -ERR_CERT_PURPOSE },
	{ "RSA-1024", { .rsa_bits = 1024 }, -ERR_CERT_WEAK },
	{ "SHA-1", { .sha1 = true }, -ERR_CERT_WEAK },
	{ "wildcard", { .san = "DNS:*.example.com" }, 0 },
	{ "wildcard over two labels", { .san = "DNS:*.com" }, -ERR_CERT_NAME },
	{ "bare wildcard", { .san = "DNS:*" }, -ERR_CERT_NAME },
	{ "partial wildcard", { .san = "DNS:w*.example.com" }, -ERR_CERT_NAME },
	{ "partial wildcard beside", { .san = "DNS:www.example.com,DNS:w*.example.com" },
	    -ERR_CERT_INVALID },
	{ "inner wildcard", { .san = "DNS:www.*.com" }, -ERR_CERT_NAME },
	{ "blank in a name", { .san = "DNS:www.example.com,DNS:a b.example" }, -ERR_CERT_INVALID },
	{ "leading dot beside", { .san = "DNS:www.example.com,DNS:.example.com" },
	    -ERR_CERT_INVALID },
	{ "two dots beside", { .san = "DNS:www.example.com,DNS:a..example.com" },
	    -ERR_CERT_INVALID },
	{ "trailing dot beside", { .san = "DNS:www.example.com,DNS:example.com." },
	    -ERR_CERT_INVALID },
	{ "leading dot", { .san = "DNS:.example.com" }, -ERR_CERT_NAME },
	{ "key for certificates", { .ku = "keyCertSign" }, -ERR_CERT_INVALID },
	{ "key for agreement of nothing", { .ku = "cRLSign" }, -ERR_CERT_PURPOSE },
};

START_TEST(v7_a_leaf_is_judged)
{
	int r = judge(leaves[_i].s);

	ck_assert_msg(r == leaves[_i].want, "%s: %s (%s)", leaves[_i].name, err_name(r), report.why);
	ck_assert_msg(r == 0 || report.why[0] != '\0', "%s: no reason", leaves[_i].name);
}
END_TEST

static const struct name_row {
	const char *san, *asked;
	int want;
} names[] = {
	{ "DNS:*.example.com", "a.example.com", 0 },
	{ "DNS:*.example.com", "A.Example.COM", 0 },
	{ "DNS:*.EXAMPLE.com", "a.example.com", 0 },
	{ "DNS:*.example.com", "example.com", -ERR_CERT_NAME },
	{ "DNS:*.example.com", "a.b.example.com", -ERR_CERT_NAME },
	{ "DNS:*.example.com", "xn--bcher-kva.example.com", 0 },
	{ "DNS:a.example.com,DNS:b.example.com", "b.example.com", 0 },
	{ "DNS:example.com", "xexample.com", -ERR_CERT_NAME },
	{ "DNS:example.com", "www.example.com", -ERR_CERT_NAME },
	{ "IP:192.0.2.1", "", 0 },
	{ "IP:192.0.2.2", "", -ERR_CERT_NAME },
	{ "DNS:192.0.2.1", "", -ERR_CERT_NAME },
	{ "DNS:www.example.com", "", -ERR_CERT_NAME },
};

START_TEST(v3_names_are_matched)
{
	struct cert leaf = rig_make((struct spec){ .issuer = &inter, .san = names[_i].san });
	int r = verify_in(store, CHAIN(&leaf, &inter), names[_i].asked, "192.0.2.1");

	ck_assert_msg(r == names[_i].want, "row %d: %s (%s)", _i, err_name(r), report.why);
	rig_free(&leaf);
}
END_TEST

START_TEST(v4_an_ipv6_address_is_matched)
{
	struct cert leaf = rig_make((struct spec){ .issuer = &root, .san = "IP:2001:db8::1" });

	ck_assert_int_eq(verify_in(store, CHAIN(&leaf), "", "2001:db8::1"), 0);
	ck_assert_int_eq(verify_in(store, CHAIN(&leaf), "", "2001:db8::2"), -ERR_CERT_NAME);
	ck_assert_int_ne(verify_in(store, CHAIN(&leaf), "", "no address"), 0);
	ck_assert_int_ne(verify_in(store, CHAIN(&leaf), "", ""), 0);
	rig_free(&leaf);
}
END_TEST

/* ---- the chain ---- */

static const struct chain_row {
	const char *name;
	struct spec inter;
	int want;
} chains[] = {
	{ "expired", { .ca = true, .hours_from = -48, .hours_to = -1 }, -ERR_CERT_EXPIRED },
	{ "not yet", { .ca = true, .hours_from = 1, .hours_to = 48 }, -ERR_CERT_NOT_YET },
	{ "no CA", { .ku = "keyCertSign" }, -ERR_CERT_INVALID },
	{ "may not sign", { .ca = true, .ku = "critical,digitalSignature" }, -ERR_CERT_INVALID },
	{ "client only", { .ca = true, .eku = "clientAuth" }, -ERR_CERT_PURPOSE },
	{ "RSA-1024", { .ca = true, .rsa_bits = 1024 }, -ERR_CERT_WEAK },
	{ "SHA-1", { .ca = true, .sha1 = true }, -ERR_CERT_WEAK },
	{ "permitted", { .ca = true, .nc = "critical,permitted;DNS:example.com" }, 0 },
	{ "not permitted", { .ca = true, .nc = "critical,permitted;DNS:example.org" },
	    -ERR_CERT_INVALID },
	{ "excluded", { .ca = true, .nc = "critical,excluded;DNS:example.com" },
	    -ERR_CERT_INVALID },
	{ "other excluded", { .ca = true, .nc = "critical,excluded;DNS:example.org" }, 0 },
	{ "empty constraints", { .ca = true, .empty_nc = true }, -ERR_CERT_INVALID },
};

START_TEST(v6_an_intermediate_is_judged)
{
	struct spec s = chains[_i].inter;
	struct cert mid, leaf;
	int r;

	s.cn = "Mid";
	s.issuer = &root;
	mid = rig_make(s);
	leaf = rig_make((struct spec){ .issuer = &mid, .san = "DNS:www.example.com" });
	r = verify(CHAIN(&leaf, &mid));
	ck_assert_msg(r == chains[_i].want || (r != 0 && chains[_i].want == -ERR_CERT_INVALID),
	    "%s: %s (%s)", chains[_i].name, err_name(r), report.why);
	rig_free(&mid);
	rig_free(&leaf);
}
END_TEST

START_TEST(v8_a_wildcard_does_not_reach_excluded_names)
{
	static const char *const nc[] = { "critical,excluded;DNS:bad.example.com",
		"critical,excluded;DNS:.bad.example.com",
		"critical,excluded;DNS:a.bad.example.com" };
	struct cert mid =
	    rig_make((struct spec){ .cn = "Mid", .ca = true, .issuer = &root, .nc = nc[_i] });
	struct cert leaf = rig_make((struct spec){ .issuer = &mid, .san = "DNS:*.example.com" });

	ck_assert_int_ne(verify(CHAIN(&leaf, &mid)), 0);
	rig_free(&mid);
	rig_free(&leaf);
}
END_TEST

START_TEST(v13_a_missing_intermediate_is_told)
{
	struct cert leaf =
	    rig_make((struct spec){ .issuer = &inter, .san = "DNS:www.example.com" });

	ck_assert_int_eq(verify(CHAIN(&leaf)), -ERR_CERT_INCOMPLETE);
	rig_free(&leaf);
}
END_TEST

START_TEST(v1_self_signed_is_said_so)
{
	struct cert leaf = rig_make((struct spec){ .san = "DNS:www.example.com" });

	ck_assert_int_eq(verify(CHAIN(&leaf)), -ERR_CERT_SELF_SIGNED);
	rig_free(&leaf);
}
END_TEST

START_TEST(v1_a_root_that_is_sent_is_not_trusted_for_that)
{
	struct cert other = rig_make((struct spec){ .cn = "Other", .ca = true });
	struct cert leaf =
	    rig_make((struct spec){ .issuer = &other, .san = "DNS:www.example.com" });

	ck_assert_int_eq(verify(CHAIN(&leaf)), -ERR_CERT_INCOMPLETE);
	ck_assert_int_eq(verify(CHAIN(&leaf, &other)), -ERR_CERT_UNTRUSTED);
	rig_free(&other);
	rig_free(&leaf);
}
END_TEST

START_TEST(v1_a_roots_name_with_another_key_is_untrusted)
{
	struct cert twin = rig_make((struct spec){ .cn = "Root", .ca = true });
	struct cert leaf = rig_make((struct spec){ .issuer = &twin, .san = "DNS:www.example.com" });
	struct cert bare = rig_make(
	    (struct spec){ .issuer = &twin, .san = "DNS:www.example.com", .no_ids = true });

	ck_assert_int_ne(verify(CHAIN(&leaf, &twin)), 0);
	ck_assert_int_ne(verify(CHAIN(&bare, &twin)), 0);
	ck_assert_int_ne(verify(CHAIN(&bare)), 0);
	rig_free(&twin);
	rig_free(&leaf);
	rig_free(&bare);
}
END_TEST

START_TEST(v2_a_changed_byte_breaks_the_signature)
{
	struct cert leaf = rig_make((struct spec){ .issuer = &root, .san = "DNS:www.example.com" });
	unsigned char *p = NULL;
	int n = i2d_X509(leaf.x, &p);
	struct str der = str_of((const char *)p, (size_t)n);

	ck_assert_int_eq(verify_chain(store, &der, 1, STR("www.example.com"), "", &report), 0);
	p[n - 1] ^= 1;
	ck_assert_int_ne(verify_chain(store, &der, 1, STR("www.example.com"), "", &report), 0);
	p[n - 1] ^= 1;
	for (int i = 0; i < n; i += 9) {
		der.n = (size_t)i;
		ck_assert_int_eq(verify_chain(store, &der, 1, STR("www.example.com"), "", &report),
		    -ERR_CERT_INVALID);
	}
	ck_assert_int_eq(
	    verify_chain(store, NULL, 0, STR("www.example.com"), "", &report), -ERR_CERT_INVALID);
	OPENSSL_free(p);
	rig_free(&leaf);
}
END_TEST

/* ---- our own CA ---- */

START_TEST(v15_what_our_own_ca_issued_is_refused)
{
	struct cert leaf = rig_make((struct spec){ .issuer = &own, .san = "DNS:www.example.com" });
	struct cert again =
	    rig_make((struct spec){ .cn = "Own CA, renewed", .ca = true, .key_of = &own });
	struct verify_store *with = rig_store(&root, &own, &own),
			    *renewed = rig_store(&root, &again, &own);
	struct cert other =
	    rig_make((struct spec){ .issuer = &again, .san = "DNS:www.example.com" });

	ck_assert_uint_eq(verify_store_counts(with).anchors, 1); /* it does not get in */
	ck_assert_int_eq(verify(CHAIN(&leaf)), -ERR_CERT_PROXY_CA);
	ck_assert_int_eq(verify(CHAIN(&leaf, &own)), -ERR_CERT_PROXY_CA);
	ck_assert_int_eq(
	    verify_in(with, CHAIN(&leaf, &own), "www.example.com", ""), -ERR_CERT_PROXY_CA);
	/* The same key under another name. */
	ck_assert_int_eq(
	    verify_in(renewed, CHAIN(&other), "www.example.com", ""), -ERR_CERT_PROXY_CA);
	verify_store_free(with);
	verify_store_free(renewed);
	rig_free(&leaf);
	rig_free(&again);
	rig_free(&other);
}
END_TEST

START_TEST(v15_a_chain_through_our_own_ca_is_refused)
{
	/* The trusted root signed our CA, and a cross-sign of it is sent. */
	struct cert cross =
	    rig_make((struct spec){ .cn = "Own CA", .ca = true, .key_of = &own, .issuer = &root });
	struct cert leaf = rig_make((struct spec){ .issuer = &own, .san = "DNS:www.example.com" });

	ck_assert_int_eq(verify(CHAIN(&leaf, &cross)), -ERR_CERT_PROXY_CA);
	rig_free(&cross);
	rig_free(&leaf);
}
END_TEST

START_TEST(a_store_needs_an_anchor)
{
	struct verify_store *s;
	BIO *b = BIO_new(BIO_s_mem());
	int err;

	ck_assert_ptr_null(verify_store_new(STR(""), STR(""), &err));
	ck_assert_int_eq(err, -ERR_NOT_FOUND);
	ck_assert_ptr_null(verify_store_new(STR("no PEM\n"), STR(""), &err));
	rig_pem(b, &own);
	ck_assert_ptr_null(verify_store_new(rig_text(b), rig_text(b), &err));
	/* One that cannot be read does not hide those behind it. */
	BIO_puts(b, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	rig_pem(b, &root);
	s = verify_store_new(rig_text(b), STR(""), &err);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(verify_store_counts(s).anchors, 2);
	verify_store_free(verify_store_ref(s));
	verify_store_free(s);
	BIO_free(b);
}
END_TEST

/* ---- finding a path ---- */

START_TEST(v11_order_and_surplus_do_not_matter)
{
	struct cert mid = rig_make((struct spec){ .cn = "Mid", .ca = true, .issuer = &inter });
	struct cert leaf = rig_make((struct spec){ .issuer = &mid, .san = "DNS:www.example.com" });

	ck_assert_int_eq(verify(CHAIN(&leaf, &mid, &inter)), 0);
	ck_assert_int_eq(verify(CHAIN(&leaf, &inter, &mid)), 0);
	ck_assert_int_eq(verify(CHAIN(&leaf, &own, &inter, &root, &mid, &mid, &leaf)), 0);
	ck_assert_int_eq(verify(CHAIN(&leaf, &root, &mid, &inter)), 0);
	rig_free(&mid);
	rig_free(&leaf);
}
END_TEST

START_TEST(v11_an_expired_cross_sign_beside_a_good_one_is_passed_over)
{
	struct cert old_root =
	    rig_make((struct spec){ .cn = "Old", .ca = true, .hours_from = -99, .hours_to = -9 });
	struct cert dead = rig_make((struct spec){ .cn = "Intermediate",
	    .ca = true,
	    .issuer = &old_root,
	    .key_of = &inter,
	    .hours_from = -48,
	    .hours_to = -1 });
	struct cert late = rig_make((struct spec){ .cn = "Intermediate",
	    .ca = true,
	    .issuer = &root,
	    .key_of = &inter,
	    .hours_from = -48,
	    .hours_to = -1 });
	struct cert leaf =
	    rig_make((struct spec){ .issuer = &inter, .san = "DNS:www.example.com" });

	ck_assert_int_eq(verify(CHAIN(&leaf, &dead, &inter)), 0);
	ck_assert_int_eq(verify(CHAIN(&leaf, &late, &inter)), 0);
	ck_assert_int_eq(verify(CHAIN(&leaf, &dead, &old_root, &late, &inter)), 0);
	ck_assert_int_ne(verify(CHAIN(&leaf, &dead, &late)), 0);
	rig_free(&old_root);
	rig_free(&dead);
	rig_free(&late);
	rig_free(&leaf);
}
END_TEST

START_TEST(v11_a_cross_sign_to_an_unknown_root_is_passed_over)
{
	struct cert other = rig_make((struct spec){ .cn = "Other", .ca = true });
	struct cert cross =
	    rig_make((struct spec){ .cn = "Root", .ca = true, .issuer = &other, .key_of = &root });
	struct cert mid = rig_make(
	    (struct spec){ .cn = "Intermediate", .ca = true, .issuer = &other, .key_of = &inter });
	struct cert leaf =
	    rig_make((struct spec){ .issuer = &inter, .san = "DNS:www.example.com" });

	ck_assert_int_eq(verify(CHAIN(&leaf, &inter, &cross, &other)), 0);
	ck_assert_int_eq(verify(CHAIN(&leaf, &mid, &other, &inter)), 0);
	rig_free(&other);
	rig_free(&cross);
	rig_free(&mid);
	rig_free(&leaf);
}
END_TEST

START_TEST(v11_a_cross_sign_with_constraints_is_passed_over)
{
	struct cert tight = rig_make((struct spec){ .cn = "Intermediate",
	    .ca = true,
	    .issuer = &root,
	    .key_of = &inter,
	    .nc = "critical,permitted;DNS:example.org" });
	struct cert leaf =
	    rig_make((struct spec){ .issuer = &inter, .san = "DNS:www.example.com" });

	ck_assert_int_ne(verify(CHAIN(&leaf, &tight)), 0);
	ck_assert_int_eq(verify(CHAIN(&leaf, &tight, &inter)), 0);
	ck_assert_int_eq(verify(CHAIN(&leaf, &inter, &tight)), 0);
	rig_free(&tight);
	rig_free(&leaf);
}
END_TEST

/* Verify under `n` cross-signs of one name and key, all expired; the time must stay bounded. */
static int64_t time_of(size_t n, int want)
{
	struct cert many[CHAIN_MAX],
	    leaf = rig_make((struct spec){ .issuer = &inter, .san = "DNS:www.example.com" });
	const struct cert *chain[CHAIN_MAX] = { &leaf };
	struct timespec a, b;

	for (size_t i = 0; i < n; i++) {
		many[i] = rig_make((struct spec){ .cn = "Intermediate",
		    .ca = true,
		    .issuer = &root,
		    .key_of = &inter,
		    .hours_from = -48,
		    .hours_to = -1 });
		chain[i + 1] = &many[i];
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	ck_assert_int_eq(verify(chain, n + 1), want);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	for (size_t i = 0; i < n; i++)
		rig_free(&many[i]);
	rig_free(&leaf);
	return (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
}

START_TEST(v12_many_intermediates_take_bounded_time)
{
	int64_t some = time_of(60, -ERR_CERT_EXPIRED), too_many = time_of(100, -ERR_CERT_INVALID);

	ck_assert_msg(some < 2000, "60 took %ld ms", (long)some);
	ck_assert_msg(too_many < 500, "100 took %ld ms", (long)too_many);
}
END_TEST

/* ---- mirroring ---- */

static int mirror(const struct cert *c, struct str requested, struct leaf_wish *w)
{
	unsigned char *p = NULL;
	int n = i2d_X509(c->x, &p), r;

	r = verify_mirror(str_of((const char *)p, (size_t)n), requested, w);
	OPENSSL_free(p);
	return r;
}

START_TEST(a_leaf_mirrors_names_and_dates)
{
	static struct leaf_wish w;
	struct cert c = rig_make(
	    (struct spec){ .san = "DNS:a.example.com,DNS:WWW.example.com,DNS:*.example.com,"
				  "IP:192.0.2.1,IP:2001:db8::1,email:x@example.com,DNS:a b" });
	time_t now = time(NULL);

	ck_assert_int_eq(mirror(&c, STR("www.example.com"), &w), 0);
	ck_assert_uint_eq(w.nnames, 5);
	ck_assert_str_eq(w.names[0].text, "www.example.com");
	ck_assert_str_eq(w.names[1].text, "a.example.com");
	ck_assert_str_eq(w.names[2].text, "*.example.com");
	ck_assert_str_eq(w.names[3].text, "192.0.2.1");
	ck_assert(w.names[3].is_ip && w.names[4].is_ip && !w.names[0].is_ip);
	ck_assert(w.not_before <= now - 3590 && w.not_after > now + 23 * 3600);
	ck_assert_int_eq(mirror(&c, STR(""), &w), 0);
	ck_assert_str_eq(w.names[0].text, "a.example.com");
	ck_assert_int_eq(mirror(&c, STR("192.0.2.1"), &w), 0);
	ck_assert(w.names[0].is_ip);
	rig_free(&c);
}
END_TEST

START_TEST(a_leaf_has_at_most_a_hundred_names)
{
	static struct leaf_wish w;
	char san[16384] = "DNS:first.example";
	size_t n = strlen(san);
	struct cert c;

	for (int i = 0; i < 300; i++)
		n += (size_t)snprintf(san + n, sizeof(san) - n, ",DNS:n%d.example", i);
	c = rig_make((struct spec){ .san = san });
	ck_assert_int_eq(mirror(&c, STR("n299.example"), &w), 0);
	ck_assert_uint_eq(w.nnames, LEAF_MAX_NAMES);
	ck_assert_str_eq(w.names[0].text, "n299.example");
	rig_free(&c);
}
END_TEST

START_TEST(nothing_is_mirrored_of_what_has_no_names)
{
	static struct leaf_wish w;
	struct cert c = rig_make((struct spec){ .cn = "www.example.com" });

	ck_assert_int_eq(mirror(&c, STR("www.example.com"), &w), -ERR_CERT_INVALID);
	ck_assert_int_eq(verify_mirror(STR("junk"), STR(""), &w), -ERR_CERT_INVALID);
	rig_free(&c);
}
END_TEST

#define ROWS(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *s = suite_create("verify");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, v7_a_leaf_is_judged, 0, ROWS(leaves));
	tcase_add_loop_test(t, v3_names_are_matched, 0, ROWS(names));
	tcase_add_test(t, v4_an_ipv6_address_is_matched);
	tcase_add_loop_test(t, v6_an_intermediate_is_judged, 0, ROWS(chains));
	tcase_add_loop_test(t, v8_a_wildcard_does_not_reach_excluded_names, 0, 3);
	tcase_add_test(t, v13_a_missing_intermediate_is_told);
	tcase_add_test(t, v1_self_signed_is_said_so);
	tcase_add_test(t, v1_a_root_that_is_sent_is_not_trusted_for_that);
	tcase_add_test(t, v1_a_roots_name_with_another_key_is_untrusted);
	tcase_add_test(t, v2_a_changed_byte_breaks_the_signature);
	tcase_add_test(t, v15_what_our_own_ca_issued_is_refused);
	tcase_add_test(t, v15_a_chain_through_our_own_ca_is_refused);
	tcase_add_test(t, a_store_needs_an_anchor);
	tcase_add_test(t, v11_order_and_surplus_do_not_matter);
	tcase_add_test(t, v11_an_expired_cross_sign_beside_a_good_one_is_passed_over);
	tcase_add_test(t, v11_a_cross_sign_to_an_unknown_root_is_passed_over);
	tcase_add_test(t, v11_a_cross_sign_with_constraints_is_passed_over);
	tcase_add_test(t, v12_many_intermediates_take_bounded_time);
	tcase_add_test(t, a_leaf_mirrors_names_and_dates);
	tcase_add_test(t, a_leaf_has_at_most_a_hundred_names);
	tcase_add_test(t, nothing_is_mirrored_of_what_has_no_names);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
