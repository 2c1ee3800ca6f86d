/* SPDX-License-Identifier: BSD-2-Clause */
/* CA files that are refused, each with its reason; chains above a CA; its end coming near. */
#include <check.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "certs/ca_file.h"
#include "certs/signer.h"
#include "core/err.h"
#include "tests/unit/x509_rig.h"

enum { DAY = 86400 };

static const char *why;

/* The CA of these certificates (its own first) and that key. */
static struct ca *load_as(const struct cert *const *certs, size_t n, EVP_PKEY *key)
{
	BIO *pem = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_mem());
	struct ca *ca;

	for (size_t i = 0; i < n; i++)
		rig_pem(pem, certs[i]);
	ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(k, key, NULL, NULL, 0, NULL, NULL), 1);
	ca = ca_new(rig_text(pem), rig_text(k), &why);
	BIO_free(pem);
	BIO_free(k);
	return ca;
}

static struct ca *load(const struct cert *c)
{
	return load_as(&c, 1, c->key);
}

static const char good_ku[] = "critical,keyCertSign,cRLSign";

/* What a CA is like, and a word of why it is refused; NULL: it is good. */
static const struct {
	struct spec spec;
	const char *word;
} rows[] = {
	{ { .ca = true }, NULL },
	{ { .ca = true, .rsa_bits = 3072 }, NULL },
	{ { .ca = false }, "not for a CA" },
	{ { .ca = false, .ku = good_ku }, "not for a CA" },
	{ { .ca = true, .ku = "critical,cRLSign" }, "keyCertSign" },
	{ { .ca = true, .ku = "critical,digitalSignature" }, "keyCertSign" },
	{ { .ca = true, .eku = "clientAuth" }, "leaves out servers" },
	{ { .ca = true, .eku = "serverAuth,clientAuth" }, NULL },
	{ { .ca = true, .hours_from = -48, .hours_to = -1 }, "expired" },
	{ { .ca = true, .hours_from = 1, .hours_to = 48 }, "not valid yet" },
	{ { .ca = true, .rsa_bits = 1024 }, "3072" },
	{ { .ca = true, .rsa_bits = 2048 }, "3072" },
};

START_TEST(k1_a_bad_ca_is_refused_with_the_reason)
{
	struct cert c = rig_make(rows[_i].spec);
	struct ca *ca = load(&c);

	if (rows[_i].word == NULL)
		ck_assert_msg(ca != NULL, "%s", why);
	else
		ck_assert(ca == NULL && strstr(why, rows[_i].word) != NULL);
	ca_free(ca);
	rig_free(&c);
}
END_TEST

/* As rows, but with a key that the rig does not make. */
static void odd_key(EVP_PKEY *k, bool good)
{
	struct cert give = { NULL, k };
	struct cert c = rig_make((struct spec){ .ca = true, .key_of = &give });
	struct ca *ca = load(&c);

	ck_assert_msg((ca != NULL) == good, "%s", why != NULL ? why : "");
	ca_free(ca);
	rig_free(&c);
	EVP_PKEY_free(k);
}

START_TEST(k1_only_curves_that_browsers_take)
{
	odd_key(EVP_EC_gen("P-256"), true);
	odd_key(EVP_EC_gen("P-384"), true);
	odd_key(EVP_EC_gen("P-521"), true);
	odd_key(EVP_EC_gen("P-224"), false);
	odd_key(EVP_EC_gen("secp256k1"), false);
}
END_TEST

START_TEST(a_key_of_another_ca_is_refused)
{
	struct cert a = rig_make((struct spec){ .ca = true }), b = rig_make((struct spec){ .ca = true });
	const struct cert *only = &a;

	ck_assert_ptr_null(load_as(&only, 1, b.key));
	ck_assert_ptr_nonnull(strstr(why, "belong"));
	rig_free(&a);
	rig_free(&b);
}
END_TEST

START_TEST(an_intermediate_with_its_chain_is_a_ca)
{
	struct cert root = rig_make((struct spec){ .ca = true, .cn = "root" });
	struct cert mid = rig_make((struct spec){ .ca = true, .cn = "mid", .issuer = &root });
	struct cert low = rig_make((struct spec){ .ca = true, .cn = "low", .issuer = &mid });
	struct cert old = rig_make((struct spec){
	    .ca = true, .cn = "mid", .issuer = &root, .key_of = &mid, .hours_from = -9, .hours_to = -1 });
	const struct cert *whole[] = { &low, &mid, &root }, *gap[] = { &low, &root };
	const struct cert *turned[] = { &low, &root, &mid }, *ended[] = { &low, &old, &root };
	struct ca *ca = load_as(whole, 3, low.key);

	ck_assert_msg(ca != NULL, "%s", why);
	ca_free(ca);
	ck_assert_ptr_null(load_as(gap, 2, low.key));
	ck_assert_ptr_nonnull(strstr(why, "no chain"));
	ck_assert_ptr_null(load_as(turned, 3, low.key));
	ck_assert_ptr_nonnull(strstr(why, "no chain"));
	ck_assert_ptr_null(load_as(ended, 3, low.key));
	ck_assert_ptr_nonnull(strstr(why, "above the CA has expired"));
	rig_free(&root);
	rig_free(&mid);
	rig_free(&low);
	rig_free(&old);
}
END_TEST

START_TEST(an_intermediate_under_sha1_is_refused_and_a_root_is_not)
{
	struct cert root = rig_make((struct spec){ .ca = true, .cn = "root", .sha1 = true });
	struct cert mid = rig_make((struct spec){ .ca = true, .issuer = &root, .sha1 = true });
	struct ca *ca = load(&root);

	ck_assert_msg(ca != NULL, "%s", why);
	ca_free(ca);
	ck_assert_ptr_null(load(&mid));
	ck_assert_ptr_nonnull(strstr(why, "too weak"));
	rig_free(&root);
	rig_free(&mid);
}
END_TEST

START_TEST(its_end_is_announced_ninety_days_ahead)
{
	int64_t now = 1800000000;
	char text[160];

	ck_assert(!ca_ends_soon(now + 91 * DAY, now, text, sizeof(text)));
	ck_assert(!ca_ends_soon(now + 90 * DAY, now, text, sizeof(text)));
	ck_assert(ca_ends_soon(now + 90 * DAY - 1, now, text, sizeof(text)));
	ck_assert_str_eq(text, "the CA ends in 89 days (2027-04-15); fix: sallyport ca rotate");
	ck_assert(ca_ends_soon(now - 1, now, text, sizeof(text)));
	ck_assert_ptr_nonnull(strstr(text, "has ended on 2027-01-15"));
}
END_TEST

static int secret(mode_t mode, const char *bytes, char *text)
{
	int fd = memfd_create("secret", MFD_CLOEXEC), r;
	struct buf out;

	ck_assert_int_ge(write(fd, bytes, strlen(bytes)), 0);
	lseek(fd, 0, SEEK_SET);
	fchmod(fd, mode);
	buf_init(&out, CA_SECRET_MAX);
	r = ca_secret_read(fd, "the CA key", &out, text);
	ck_assert(r != 0 || str_eq(buf_view(&out), str_c(bytes)));
	buf_wipe(&out);
	close(fd);
	return r;
}

START_TEST(k2_a_secret_that_others_may_read_or_change_is_refused)
{
	static const mode_t good[] = { 0600, 0400, 0700 };
	static const mode_t bad[] = { 0640, 0620, 0604, 0602, 0644, 0660, 0777, 0601 };
	char text[CA_WHY_MAX];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_int_eq(secret(good[i], "bytes", text), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(secret(bad[i], "bytes", text), -ERR_DENIED);
		ck_assert_ptr_nonnull(strstr(text, "the CA key: others than its owner"));
	}
	ck_assert_int_eq(secret(0600, "", text), -ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(text, "empty"));
}
END_TEST

START_TEST(k2_a_secret_is_a_plain_file_of_ours)
{
	int dir = open("/", O_RDONLY), pipes[2], foreign;
	char text[CA_WHY_MAX];

	ck_assert_int_eq(ca_secret_check(dir, "it", text), -ERR_DENIED);
	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_int_eq(ca_secret_check(pipes[0], "it", text), -ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(text, "plain file"));
	foreign = memfd_create("foreign", MFD_CLOEXEC);
	ck_assert_int_eq(ftruncate(foreign, 5), 0);
	fchmod(foreign, 0600);
	ck_assert_int_eq(ca_secret_check(foreign, "it", text), 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(fchown(foreign, 65534, 65534), 0);
		ck_assert_int_eq(ca_secret_check(foreign, "it", text), -ERR_DENIED);
		ck_assert_ptr_nonnull(strstr(text, "another user"));
	}
	close(dir);
	close(pipes[0]);
	close(pipes[1]);
	close(foreign);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ca_check");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(
	    c, k1_a_bad_ca_is_refused_with_the_reason, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(c, k1_only_curves_that_browsers_take);
	tcase_add_test(c, a_key_of_another_ca_is_refused);
	tcase_add_test(c, an_intermediate_with_its_chain_is_a_ca);
	tcase_add_test(c, an_intermediate_under_sha1_is_refused_and_a_root_is_not);
	tcase_add_test(c, its_end_is_announced_ninety_days_ahead);
	tcase_add_test(c, k2_a_secret_that_others_may_read_or_change_is_refused);
	tcase_add_test(c, k2_a_secret_is_a_plain_file_of_ours);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
