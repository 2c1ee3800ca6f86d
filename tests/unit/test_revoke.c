/* SPDX-License-Identifier: BSD-2-Clause */
/* Revocation: stapled answers, lists, the set, known keys; each against chains made here. */
#include <openssl/err.h>

#include "core/err.h"
#include "mitm/revoke_local.h"
#include "mitm/verify_x509.h"
#include "tests/unit/ocsp_rig.h"

enum { AGE = 10 * 86400 };

static struct cert root, inter, leaf, other, stranger, stapling;
static struct cert responder, clerk, cousin; /* with the purpose; without; of another issuer */
static const struct cert *trusted;           /* NULL: the root */
static struct verify_report report;
static char why[300];

static void setup(void)
{
	root = rig_make((struct spec){ .cn = "Root", .ca = true });
	inter = rig_make((struct spec){ .cn = "Intermediate", .ca = true, .issuer = &root });
	stranger = rig_make((struct spec){ .cn = "Stranger", .ca = true });
	leaf = rig_make((struct spec){ .san = "DNS:www.example.com", .issuer = &inter });
	other = rig_make((struct spec){ .san = "DNS:www.example.com", .issuer = &inter });
	stapling = rig_make((struct spec){
	    .san = "DNS:www.example.com", .issuer = &inter, .feature = "status_request" });
	responder = rig_make((struct spec){ .cn = "R", .issuer = &inter, .eku = "OCSPSigning" });
	clerk = rig_make((struct spec){ .cn = "C", .issuer = &inter });
	cousin = rig_make((struct spec){ .cn = "K", .issuer = &root, .eku = "OCSPSigning" });
	trusted = NULL;
	report = (struct verify_report){ 0 };
	why[0] = '\0';
}

static void teardown(void)
{
	struct cert *all[] = { &root, &inter, &stranger, &leaf, &other, &stapling, &responder,
		&clerk, &cousin };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		rig_free(all[i]);
}

/* Verify a leaf with a store that trusts the root and knows r; then with a staple, if any. */
static bool judge(struct revoke *r, const struct cert *who, struct str staple, bool hard)
{
	struct verify_store *s = rig_store(trusted != NULL ? trusted : &root, NULL, NULL);
	STACK_OF(X509) *sent = sk_X509_new_null(), *path = NULL;
	bool good;

	verify_store_revoke(s, r);
	sk_X509_push(sent, inter.x);
	verify_x509(s, who->x, sent, STR("www.example.com"), NULL, &report, &path);
	good = revoke_staple(verify_store_revoked(s), path, staple, AGE, &report);
	revoke_settle(path, good, hard, &report);
	ck_assert_int_eq(report.err == 0, report.errors == 0);
	sk_X509_pop_free(path, X509_free);
	sk_X509_free(sent);
	verify_store_free(s);
	revoke_free(r);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	return good;
}

static bool judge_staple(const struct cert *who, struct answer a, bool hard)
{
	size_t n;
	char *der = rig_answer(a, &n);
	bool good = judge(NULL, who, str_of(der, n), hard);

	OPENSSL_free(der);
	return good;
}

#define BIT(e) TLS_ERROR_BIT(TLS_ERROR_##e)

/* ---- stapled answers ---- */

static const struct staple_row {
	const char *name;
	struct answer a;
	enum revocation want;
} staples[] = {
	{ "good, by the issuer", { GOOD, &leaf, &inter }, REVOCATION_GOOD },
	{ "named by its key", { GOOD, &leaf, &inter, .by_key = true }, REVOCATION_GOOD },
	{ "certID in SHA-256", { GOOD, &leaf, &inter, .sha256_id = true }, REVOCATION_GOOD },
	{ "by a responder", { GOOD, &leaf, &inter, .signer = &responder }, REVOCATION_GOOD },
	{ "by a responder, by key", { GOOD, &leaf, &inter, .signer = &responder, .by_key = true },
	    REVOCATION_GOOD },
	{ "without an end", { GOOD, &leaf, &inter, .no_next = true }, REVOCATION_GOOD },
	{ "in force in 2 min", { GOOD, &leaf, &inter, .minutes_from = 2, .minutes_to = 60 },
	    REVOCATION_GOOD },
	{ "out of force since 2 min",
	    { GOOD, &leaf, &inter, .minutes_from = -60, .minutes_to = -2 }, REVOCATION_GOOD },
	{ "revoked", { REVOKED, &leaf, &inter }, REVOCATION_REVOKED },
	{ "revoked, by a responder", { REVOKED, &leaf, &inter, .signer = &responder },
	    REVOCATION_REVOKED },
	{ "revoked, old", { REVOKED, &leaf, &inter, .minutes_from = -90, .minutes_to = -60 },
	    REVOCATION_REVOKED },
	{ "not known there", { NOT_KNOWN, &leaf, &inter }, REVOCATION_UNKNOWN },
	{ "expired", { GOOD, &leaf, &inter, .minutes_from = -90, .minutes_to = -10 },
	    REVOCATION_UNKNOWN },
	{ "of the future", { GOOD, &leaf, &inter, .minutes_from = 10, .minutes_to = 90 },
	    REVOCATION_UNKNOWN },
	{ "too old for us", { GOOD, &leaf, &inter, .minutes_from = -11 * 1440, .minutes_to = 1440 },
	    REVOCATION_UNKNOWN },
	{ "too old and without an end",
	    { GOOD, &leaf, &inter, .minutes_from = -11 * 1440, .minutes_to = 1, .no_next = true },
	    REVOCATION_UNKNOWN },
	{ "of another serial number", { GOOD, &other, &inter }, REVOCATION_UNKNOWN },
	{ "of another issuer", { GOOD, &leaf, &stranger }, REVOCATION_UNKNOWN },
	{ "signed by a stranger", { GOOD, &leaf, &inter, .signer = &stranger },
	    REVOCATION_UNKNOWN },
	{ "signed by the root", { GOOD, &leaf, &inter, .signer = &root }, REVOCATION_UNKNOWN },
	{ "signed by the leaf itself", { GOOD, &leaf, &inter, .signer = &leaf },
	    REVOCATION_UNKNOWN },
	{ "by a responder without the purpose", { GOOD, &leaf, &inter, .signer = &clerk },
	    REVOCATION_UNKNOWN },
	{ "by another issuer's responder", { GOOD, &leaf, &inter, .signer = &cousin },
	    REVOCATION_UNKNOWN },
	{ "with a responder that did not sign it",
	    { GOOD, &leaf, &inter, .signer = &stranger, .embed = &responder }, REVOCATION_UNKNOWN },
	{ "revoked, but forged", { REVOKED, &leaf, &inter, .broken = true }, REVOCATION_UNKNOWN },
	{ "a bit of the signature is wrong", { GOOD, &leaf, &inter, .broken = true },
	    REVOCATION_UNKNOWN },
	{ "signed with SHA-1", { GOOD, &leaf, &inter, .sha1_signature = true },
	    REVOCATION_UNKNOWN },
};

#define ROWS(a) (int)(sizeof(a) / sizeof((a)[0]))

START_TEST(v14_a_staple_counts_only_if_all_of_it_is_right)
{
	const struct staple_row *row = &staples[_i];
	bool good = judge_staple(&leaf, row->a, false);

	ck_assert_msg(report.revocation == row->want, "%s: %s (%s)", row->name,
	    revocation_word(report.revocation), report.revocation_why);
	ck_assert_int_eq(good, row->want == REVOCATION_GOOD);
	ck_assert_int_eq(report.errors, row->want == REVOCATION_REVOKED ? BIT(REVOKED) : 0);
	ck_assert_int_eq(report.err, row->want == REVOCATION_REVOKED ? -ERR_CERT_REVOKED : 0);
	ck_assert_int_eq(report.revocation_until > 0, row->want == REVOCATION_GOOD);
	ck_assert(row->want != REVOCATION_UNKNOWN || report.revocation_why[0] != '\0');
	ck_assert_int_eq(report.revocation_by,
	    row->want == REVOCATION_UNKNOWN ? REVOCATION_BY_NONE : REVOCATION_BY_STAPLE);
}
END_TEST

START_TEST(v14_hard_fail_refuses_what_is_not_known)
{
	judge_staple(&leaf, staples[_i].a, true);
	ck_assert_int_eq(report.errors, staples[_i].want == REVOCATION_GOOD ? 0
					: staples[_i].want == REVOCATION_REVOKED
					    ? BIT(REVOKED)
					    : BIT(REVOCATION_UNKNOWN));
	judge(NULL, &leaf, STR_NONE, true);
	ck_assert_int_eq(report.err, -ERR_CERT_REVOCATION_UNKNOWN);
	ck_assert_int_eq(report.errors, BIT(REVOCATION_UNKNOWN));
}
END_TEST

START_TEST(v14_must_staple_is_never_forgiven)
{
	struct answer a = staples[_i].a;

	if (a.about == &leaf)
		a.about = &stapling;
	if (a.signer == &leaf)
		a.signer = &stapling;
	judge_staple(&stapling, a, false);
	ck_assert_msg(report.errors == (staples[_i].want == REVOCATION_GOOD ? 0
					   : staples[_i].want == REVOCATION_REVOKED
					       ? BIT(REVOKED) | BIT(INVALID)
					       : BIT(INVALID)),
	    "%s: %x", staples[_i].name, report.errors);
	judge(NULL, &stapling, STR_NONE, false);
	ck_assert_int_eq(report.err, -ERR_CERT_STAPLE);
	ck_assert_int_eq(report.errors, BIT(INVALID));
	judge(NULL, &leaf, STR_NONE, false);
	ck_assert_int_eq(report.errors, 0);
}
END_TEST

START_TEST(v14_must_staple_of_an_issuer_binds_its_leaves)
{
	struct cert plain = inter;

	inter = rig_make((struct spec){ .cn = "Intermediate",
	    .ca = true,
	    .issuer = &root,
	    .key_of = &plain,
	    .feature = "status_request" });
	judge(NULL, &leaf, STR_NONE, false);
	ck_assert_int_eq(report.err, -ERR_CERT_STAPLE);
	ck_assert(judge_staple(&leaf, (struct answer){ GOOD, &leaf, &inter }, false));
	ck_assert_int_eq(report.err, 0);
	rig_free(&plain);
}
END_TEST

START_TEST(v14_an_issuer_whom_nobody_trusts_proves_nothing)
{
	trusted = &stranger;
	ck_assert(judge_staple(&stapling, (struct answer){ GOOD, &stapling, &inter }, true));
	ck_assert_int_eq(report.revocation, REVOCATION_UNKNOWN);
	ck_assert_uint_eq(report.errors & BIT(INVALID), 0);
	ck_assert_uint_ne(report.errors & BIT(REVOCATION_UNKNOWN), 0);
	judge_staple(&leaf, (struct answer){ REVOKED, &leaf, &inter }, false);
	ck_assert_uint_ne(report.errors & BIT(REVOKED), 0);
}
END_TEST

/* What is cut or changed anywhere is at best unknown; the sanitizers watch. */
START_TEST(v14_a_mutilated_staple_is_never_good)
{
	size_t n;
	char *der = rig_answer((struct answer){ GOOD, &leaf, &inter, .signer = &responder }, &n);

	for (size_t i = 0; i < n; i += 3) {
		ck_assert(!judge(NULL, &leaf, str_of(der, i), false));
		ck_assert_int_eq(report.revocation, REVOCATION_UNKNOWN);
		der[i] ^= 0x41;
		judge(NULL, &leaf, str_of(der, n), false);
		ck_assert_msg(report.revocation != REVOCATION_GOOD, "byte %zu", i);
		der[i] ^= 0x41;
	}
	der = OPENSSL_realloc(der, n + 1);
	der[n] = 0;
	ck_assert(!judge(NULL, &leaf, str_of(der, n + 1), false));
	OPENSSL_free(der);
}
END_TEST

START_TEST(v14_a_blocked_responder_vouches_for_nobody)
{
	char line[100];
	size_t n;
	char *der = rig_answer((struct answer){ GOOD, &leaf, &inter, .signer = &responder }, &n);
	struct revoke_file f = { "set", STR_NONE };

	rig_spki_line(line, sizeof(line), "spki", &responder);
	f.bytes = str_c(line);
	ck_assert(!judge(revoke_new(&f, NULL, 0, why, sizeof(why)), &leaf, str_of(der, n), false));
	ck_assert_int_eq(report.revocation, REVOCATION_UNKNOWN);
	OPENSSL_free(der);
}
END_TEST

/* ---- revocation lists ---- */

static struct revoke *with_lists(const struct list *lists, size_t n)
{
	struct revoke_file files[4] = { { NULL, STR_NONE } }, none = { "set", STR_NONE };
	char *p[4];
	struct revoke *r;

	for (size_t i = 0; i < n; i++) {
		size_t len;

		p[i] = rig_list(lists[i], &len);
		files[i] = (struct revoke_file){ "some.crl", str_of(p[i], len) };
	}
	r = revoke_new(&none, files, n, why, sizeof(why));
	for (size_t i = 0; i < n; i++)
		free(p[i]);
	return r;
}

static const struct list_row {
	const char *name;
	struct list l;
	enum revocation want;
} lists[] = {
	{ "the leaf", { .issuer = &inter, .revoked = &leaf }, REVOCATION_REVOKED },
	{ "in PEM", { .issuer = &inter, .revoked = &leaf, .pem = true }, REVOCATION_REVOKED },
	{ "among others", { .issuer = &inter, .revoked = &leaf, .more = 1000 },
	    REVOCATION_REVOKED },
	{ "the intermediate", { .issuer = &root, .revoked = &inter }, REVOCATION_REVOKED },
	{ "of another leaf", { .issuer = &inter, .revoked = &other }, REVOCATION_GOOD },
	{ "without entries", { .issuer = &inter }, REVOCATION_GOOD },
	{ "only about the intermediate", { .issuer = &root, .revoked = &leaf },
	    REVOCATION_UNKNOWN },
	{ "of a stranger", { .issuer = &stranger, .revoked = &leaf }, REVOCATION_UNKNOWN },
	{ "out of date", { .issuer = &inter, .minutes_from = -90, .minutes_to = -30 },
	    REVOCATION_UNKNOWN },
	{ "out of date, with the leaf",
	    { .issuer = &inter, .revoked = &leaf, .minutes_from = -90, .minutes_to = -30 },
	    REVOCATION_REVOKED },
	{ "of the future", { .issuer = &inter, .minutes_from = 30, .minutes_to = 90 },
	    REVOCATION_UNKNOWN },
	{ "signed by a stranger", { .issuer = &inter, .revoked = &leaf, .signer = &stranger },
	    REVOCATION_UNKNOWN },
	{ "about CAs only", { .issuer = &inter, .idp = "critical,onlyCA:TRUE" },
	    REVOCATION_UNKNOWN },
	{ "about leaves only", { .issuer = &inter, .idp = "critical,onlyuser:TRUE" },
	    REVOCATION_GOOD },
	{ "for some reasons only",
	    { .issuer = &inter, .idp = "critical,onlysomereasons:keyCompromise" },
	    REVOCATION_UNKNOWN },
	{ "of another distribution point",
	    { .issuer = &inter, .idp = "critical,fullname:URI:http://a.test/1" },
	    REVOCATION_UNKNOWN },
	{ "of another distribution point, with the leaf",
	    { .issuer = &inter, .revoked = &leaf, .idp = "critical,fullname:URI:http://a.test/1" },
	    REVOCATION_REVOKED },
};

START_TEST(v14_lists_speak_for_what_their_issuer_signed)
{
	struct revoke *r = with_lists(&lists[_i].l, 1);

	ck_assert_msg(r != NULL, "%s: %s", lists[_i].name, why);
	revoke_ref(r);
	for (int twice = 0; twice < 2; twice++) {
		revoke_ref(r);
		judge(r, &leaf, STR_NONE, false);
		ck_assert_msg(report.revocation == lists[_i].want, "%s: %s (%s)", lists[_i].name,
		    revocation_word(report.revocation), report.revocation_why);
		ck_assert_int_eq(
		    report.errors, lists[_i].want == REVOCATION_REVOKED ? BIT(REVOKED) : 0);
	}
	revoke_free(r);
	judge(r, &leaf, STR_NONE, true);
	ck_assert_int_eq(report.err == 0, lists[_i].want == REVOCATION_GOOD);
}
END_TEST

START_TEST(v14_a_list_of_the_leafs_distribution_point_covers_it)
{
	struct cert placed = rig_make((struct spec){
	    .san = "DNS:www.example.com", .issuer = &inter, .cdp = "URI:http://a.test/1" });
	struct list l = { .issuer = &inter, .idp = "critical,fullname:URI:http://a.test/1" };

	judge(with_lists(&l, 1), &placed, STR_NONE, true);
	ck_assert_int_eq(report.revocation, REVOCATION_GOOD);
	l.idp = "critical,fullname:URI:http://a.test/2";
	judge(with_lists(&l, 1), &placed, STR_NONE, true);
	ck_assert_int_eq(report.err, -ERR_CERT_REVOCATION_UNKNOWN);
	rig_free(&placed);
}
END_TEST

START_TEST(v14_a_fresh_list_beside_an_old_one_is_enough)
{
	struct list two[] = {
		{ .issuer = &inter, .minutes_from = -90, .minutes_to = -30 },
		{ .issuer = &inter, .revoked = &other },
		{ .issuer = &root, .revoked = &stranger },
	};

	judge(with_lists(two, 3), &leaf, STR_NONE, true);
	ck_assert_int_eq(report.err, 0);
	ck_assert_int_eq(report.revocation_by, REVOCATION_BY_CRL);
	judge(with_lists(two, 3), &other, STR_NONE, false);
	ck_assert_int_eq(report.err, -ERR_CERT_REVOKED);
}
END_TEST

START_TEST(v14_an_issuer_that_may_not_sign_lists_signs_none)
{
	struct cert mute = rig_make((struct spec){ .cn = "Intermediate",
	    .ca = true,
	    .issuer = &root,
	    .key_of = &inter,
	    .ku = "critical,keyCertSign" });
	struct cert was = inter;

	inter = mute;
	judge(with_lists(&(struct list){ .issuer = &mute, .revoked = &leaf }, 1), &leaf, STR_NONE,
	    true);
	inter = was;
	ck_assert_int_eq(report.err, -ERR_CERT_REVOCATION_UNKNOWN);
	ck_assert_str_eq(report.revocation_why, "the issuer may not sign revocation lists");
	rig_free(&mute);
}
END_TEST

/* A good staple of the leaf does not outweigh a list: neither a revoked nor an old one's. */
START_TEST(v14_lists_and_staples_are_both_heard)
{
	struct list revoked = { .issuer = &inter, .revoked = &leaf };
	struct list stale = { .issuer = &root, .minutes_from = -90, .minutes_to = -30 };
	size_t n;
	char *der = rig_answer((struct answer){ GOOD, &leaf, &inter }, &n);

	judge(with_lists(&revoked, 1), &leaf, str_of(der, n), false);
	ck_assert_int_eq(report.err, -ERR_CERT_REVOKED);
	ck_assert_int_eq(report.revocation_by, REVOCATION_BY_CRL);
	judge(with_lists(&stale, 1), &leaf, str_of(der, n), true);
	ck_assert_int_eq(report.err, -ERR_CERT_REVOCATION_UNKNOWN);
	OPENSSL_free(der);
}
END_TEST

static const struct bad_list_row {
	struct list l;
	const char *want;
} bad_lists[] = {
	{ { .issuer = &inter, .delta = true }, "some.crl: a delta list" },
	{ { .issuer = &inter, .no_number = true }, "some.crl: it has no number" },
	{ { .issuer = &inter, .critical_number = true }, "some.crl: it has a critical extension" },
	{ { .issuer = &inter, .sha1 = true }, "some.crl: its signature is too weak" },
	{ { .issuer = &inter, .idp = "critical,indirectCRL:TRUE" }, "some.crl: an indirect list" },
};

START_TEST(v14_lists_that_cannot_be_used_are_told)
{
	ck_assert_ptr_null(with_lists(&bad_lists[_i].l, 1));
	ck_assert_msg(strncmp(why, bad_lists[_i].want, strlen(bad_lists[_i].want)) == 0, "%s", why);
}
END_TEST

START_TEST(v14_a_cut_list_is_refused_at_every_place)
{
	size_t n;
	char *der = rig_list((struct list){ .issuer = &inter, .revoked = &leaf }, &n);
	struct revoke_file none = { "set", STR_NONE };

	for (size_t i = 0; i <= n; i++) {
		struct revoke_file f = { "cut.crl", str_of(der, i) };
		struct revoke *r = revoke_new(&none, &f, 1, why, sizeof(why));

		ck_assert_msg((r != NULL) == (i == n), "%zu of %zu: %s", i, n, why);
		revoke_free(r);
	}
	free(der);
}
END_TEST

/* ---- the set ---- */

static struct revoke *with_set(const char *text)
{
	struct revoke_file f = { "a.set", str_c(text) };

	return revoke_new(&f, NULL, 0, why, sizeof(why));
}

START_TEST(v14_the_set_revokes_by_key_at_each_place_of_the_chain)
{
	const struct cert *at[] = { &leaf, &inter, &root, &other };
	char line[100];

	rig_spki_line(line, sizeof(line), "spki", at[_i]);
	judge(with_set(line), &leaf, STR_NONE, false);
	ck_assert_int_eq(report.err, _i < 3 ? -ERR_CERT_REVOKED : 0);
	ck_assert_int_eq(report.revocation_by, _i < 3 ? REVOCATION_BY_SET : REVOCATION_BY_NONE);
}
END_TEST

START_TEST(v14_the_set_revokes_by_issuer_and_serial_number)
{
	char text[600], a[100], b[100];
	long serial = ASN1_INTEGER_get(X509_get0_serialNumber(leaf.x));

	rig_spki_line(a, sizeof(a), "issuer", &inter);
	rig_spki_line(b, sizeof(b), "issuer", &stranger);
	snprintf(text, sizeof(text), "# one\n%s\nserial 0102\n%sserial %04lX\n%sserial 00%04lx\n",
	    b, a, (unsigned long)serial, a, (unsigned long)serial + 1000);
	judge(with_set(text), &leaf, STR_NONE, false);
	ck_assert_int_eq(report.err, -ERR_CERT_REVOKED);
	judge(with_set(text), &other, STR_NONE, false);
	ck_assert_int_eq(report.err, 0);
	/* The same number of another issuer. */
	snprintf(text, sizeof(text), "%sserial %04lx\n", b, (unsigned long)serial);
	judge(with_set(text), &leaf, STR_NONE, false);
	ck_assert_int_eq(report.err, 0);
}
END_TEST

#define H8 "0123456789abcdef"
#define H64 H8 H8 H8 H8

static const struct set_row {
	const char *text, *want; /* NULL: good */
} sets[] = {
	{ "", NULL },
	{ "# only\n\n  # words\r\n", NULL },
	{ "spki " H64, NULL },
	{ "spki " H64 "\nissuer " H64 "\nserial 01\nserial " H8 H8 "01234567\n", NULL },
	{ "spki " H64 "\n\nspki 0123\n", "a.set:3: '0123': expected the SHA-256 of a key" },
	{ "spki " H64 "0", "a.set:1: '" },
	{ "spki  " H64, "a.set:1: '" },
	{ "spki", "a.set:1: 'spki': expected the SHA-256" },
	{ "key " H64, "a.set:1: 'key': expected spki, issuer, serial" },
	{ "serial 01\n", "a.set:1: '01': expected a line 'issuer" },
	{ "issuer " H64 "\nserial 1\n", "a.set:2: '1': expected a serial number" },
	{ "issuer " H64 "\nserial 0x01\n", "a.set:2: '0x01': expected a serial number" },
	{ "issuer " H64 "\nserial\n", "a.set:2: 'serial': expected a serial number" },
	{ "issuer " H64 "\nserial " H8 H8 "0123456789", "a.set:2: '" },
	{ "issuer " H8, "a.set:1: '" H8 "': expected the SHA-256 of the issuer's key" },
};

START_TEST(v14_a_mistake_in_the_set_is_told_with_its_line)
{
	struct revoke *r = with_set(sets[_i].text);

	ck_assert_msg((r != NULL) == (sets[_i].want == NULL), "row %d: %s", _i, why);
	if (sets[_i].want != NULL)
		ck_assert_msg(strncmp(why, sets[_i].want, strlen(sets[_i].want)) == 0, "%s", why);
	revoke_free(r);
}
END_TEST

/* ---- keys that everybody knows ---- */

/* Public certificates of keys that were published; the product has their digests only. */
static const char superfish[] =
#include "tests/unit/superfish.inc"
    ;

START_TEST(v16_superfish_is_refused_also_where_it_is_trusted)
{
	BIO *b = BIO_new_mem_buf(superfish, -1);
	struct cert c = { PEM_read_bio_X509(b, NULL, NULL, NULL), NULL };
	/* Its 1024 bits keep it out of the anchors, too: another one must stand beside it. */
	struct cert beside = rig_make((struct spec){ .cn = "Other", .ca = true });
	struct verify_store *s = rig_store(&c, &beside, NULL);
	unsigned char *der = NULL;
	int n = i2d_X509(c.x, &der);
	struct str chain = str_of((const char *)der, (size_t)n);

	ck_assert_int_gt(n, 0);
	verify_chain(s, &chain, 1, STR("www.example.com"), NULL, &report);
	ck_assert_uint_ne(report.errors & BIT(REVOKED), 0);
	ck_assert_int_eq(report.revocation_by, REVOCATION_BY_KEY);
	verify_store_free(s);
	OPENSSL_free(der);
	BIO_free(b);
	rig_free(&c);
	rig_free(&beside);
}
END_TEST

START_TEST(v16_each_row_of_the_table_is_a_digest_and_is_found)
{
	static const char *const rows[] = {
#define KNOWN_KEY(name, spki) spki,
#include "mitm/revoke_keys.def"
#undef KNOWN_KEY
	};
	unsigned char spki[VERIFY_DIGEST];

	ck_assert_int_ge(ROWS(rows), 6);
	for (int i = 0; i < ROWS(rows); i++) {
		long n = 0;
		unsigned char *p = OPENSSL_hexstr2buf(rows[i], &n);

		ck_assert_int_eq(n, VERIFY_DIGEST);
		ck_assert(revoke_known_key(p));
		p[31] ^= 1;
		ck_assert(!revoke_known_key(p));
		OPENSSL_free(p);
	}
	ck_assert(revoke_spki(leaf.x, spki));
	ck_assert(!revoke_known_key(spki));
}
END_TEST

/* ---- the cost ---- */

START_TEST(v14_a_list_of_300000_costs_a_lookup)
{
	struct list l = { .issuer = &inter, .revoked = &leaf, .more = 300000 };
	struct timespec a, b;
	struct revoke *r = with_lists(&l, 1);
	int64_t until, ns;
	const char *text;
	unsigned char spki[VERIFY_DIGEST];

	ck_assert_uint_eq(revoke_counts(r).listed, 300001);
	ck_assert(revoke_spki(inter.x, spki));
	ck_assert_int_eq(
	    crls_ask(revoke_crls(r), other.x, inter.x, spki, time(NULL), &until, &text), CRL_GOOD);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(crls_ask(revoke_crls(r), i % 2 ? leaf.x : other.x, inter.x, spki,
				     time(NULL), &until, &text),
		    i % 2 ? CRL_REVOKED : CRL_GOOD);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ns = (b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec;
	printf("lookup among 300000: %lld ns\n", (long long)ns / 10000);
	ck_assert_int_lt(ns / 10000, 100000);
	revoke_free(r);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, v14_a_staple_counts_only_if_all_of_it_is_right, 0, ROWS(staples));
	tcase_add_loop_test(t, v14_hard_fail_refuses_what_is_not_known, 0, ROWS(staples));
	tcase_add_loop_test(t, v14_must_staple_is_never_forgiven, 0, ROWS(staples));
	tcase_add_test(t, v14_must_staple_of_an_issuer_binds_its_leaves);
	tcase_add_test(t, v14_an_issuer_whom_nobody_trusts_proves_nothing);
	tcase_add_test(t, v14_a_mutilated_staple_is_never_good);
	tcase_add_test(t, v14_a_blocked_responder_vouches_for_nobody);
	tcase_add_loop_test(t, v14_lists_speak_for_what_their_issuer_signed, 0, ROWS(lists));
	tcase_add_test(t, v14_a_list_of_the_leafs_distribution_point_covers_it);
	tcase_add_test(t, v14_a_fresh_list_beside_an_old_one_is_enough);
	tcase_add_test(t, v14_an_issuer_that_may_not_sign_lists_signs_none);
	tcase_add_test(t, v14_lists_and_staples_are_both_heard);
	tcase_add_loop_test(t, v14_lists_that_cannot_be_used_are_told, 0, ROWS(bad_lists));
	tcase_add_test(t, v14_a_cut_list_is_refused_at_every_place);
	tcase_add_loop_test(t, v14_the_set_revokes_by_key_at_each_place_of_the_chain, 0, 4);
	tcase_add_test(t, v14_the_set_revokes_by_issuer_and_serial_number);
	tcase_add_loop_test(t, v14_a_mistake_in_the_set_is_told_with_its_line, 0, ROWS(sets));
	tcase_add_test(t, v16_superfish_is_refused_also_where_it_is_trusted);
	tcase_add_test(t, v16_each_row_of_the_table_is_a_digest_and_is_found);
	tcase_add_test(t, v14_a_list_of_300000_costs_a_lookup);
	return t;
}

int main(void)
{
	Suite *s = suite_create("revoke");
	SRunner *r;
	int failed;

	suite_add_tcase(s, cases());
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
