/* SPDX-License-Identifier: BSD-2-Clause */
/* The signer as a process in its sandbox: asks and answers over channels, every serial audited. */
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "certs/signer.h"
#include "control/ca_secrets.h"
#include "core/err.h"
#include "gateway/signer_role.h"
#include "tests/unit/role_rig.h"

static struct buf cert, key, audited, spki;
static struct chan *worker, *recorder;
static unsigned answers, refusals;
static uint64_t last_id, lines;
static char last_why[256];
static struct buf last_der, last_key;
static int64_t last_until;

static void new_ca(void)
{
	cert.len = key.len = 0;
	ck_assert_int_eq(ca_create("Role CA", time(NULL), &cert, &key), 0);
}

static void setup(void)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(k, &der);

	buf_init(&cert, 16384);
	buf_init(&key, 16384);
	buf_init(&audited, 1 << 20);
	buf_init(&spki, 1024);
	buf_init(&last_der, LEAF_DER_MAX);
	buf_init(&last_key, 64);
	new_ca();
	ck_assert_int_eq(buf_append(&spki, der, (size_t)n), 0);
	OPENSSL_free(der);
	EVP_PKEY_free(k);
}

static void teardown(void)
{
	chan_free(worker);
	chan_free(recorder);
	worker = recorder = NULL;
	if (rig_loop != NULL)
		rig_free();
	buf_free(&cert);
	buf_wipe(&key);
	buf_free(&audited);
	buf_free(&spki);
	buf_free(&last_der);
	buf_free(&last_key);
}

static void on_answer(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct leaf_answer a;

	(void)arg;
	(void)fds;
	(void)nfds;
	ck_assert_int_eq(type, MSG_LEAF);
	ck_assert_int_eq(signer_read_leaf(body, &a), 0);
	last_id = a.id;
	str_copy(a.why, last_why, sizeof(last_why));
	last_der.len = last_key.len = 0;
	buf_str(&last_der, a.der);
	buf_str(&last_key, a.key);
	last_until = a.until;
	answers++;
	refusals += a.der.n == 0;
}

static void on_audit(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct rd r = rd_of(body);
	uint64_t first = rd_u64(&r);
	struct str s = rd_str(&r, 98304);
	struct buf ack;

	(void)arg;
	(void)fds;
	(void)nfds;
	ck_assert_int_eq(type, MSG_AUDIT);
	ck_assert_int_eq(rd_done(&r), 0);
	buf_str(&audited, s);
	lines = first - 1;
	for (size_t i = 0; i < s.n; i++)
		lines += s.p[i] == '\n';
	buf_init(&ack, 16);
	pack_u64(&ack, lines);
	pack_u8(&ack, 0);
	chan_send(recorder, MSG_AUDIT_ACK, buf_view(&ack), NULL, 0);
	buf_free(&ack);
}

static void on_gone(void *arg, int why)
{
	struct chan **c = arg;

	(void)why;
	chan_free(*c);
	*c = NULL;
}

/* Hand over a secret as an open file with that mode, as the parent does. */
static void give(enum ca_secret which, struct str bytes, mode_t mode)
{
	char kind = (char)which;
	int fd = memfd_create("secret", MFD_CLOEXEC);

	ck_assert_int_eq(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(chan_send(rig_chan, MSG_SECRETS, str_of(&kind, 1), &fd, 1), 0);
	close(fd);
}

static void start(struct rig_entry extra)
{
	struct rig_entry e[] = { { "ca.cert", buf_view(&cert) }, extra };

	rig_start(ROLE_SIGNER, signer_main);
	give(CA_SECRET_KEY, buf_view(&key), 0600);
	rig_bundle(MSG_START, e, extra.name != NULL ? 2 : 1);
}

static void join(void)
{
	rig_until(&rig_ready);
	worker = chan_new(rig_loop, rig_peer(ROLE_WORKER, 2), ROLE_WORKER, ROLE_SIGNER, on_answer,
	    on_gone, &worker);
	recorder = chan_new(rig_loop, rig_peer(ROLE_RECORDER, 0), ROLE_RECORDER, ROLE_SIGNER, on_audit,
	    on_gone, &recorder);
	ck_assert(worker != NULL && recorder != NULL);
}

static void ask(uint64_t id, const char *name)
{
	static struct leaf_wish w;
	struct buf b;

	w.not_before = time(NULL) - 1000;
	w.not_after = time(NULL) + 1000;
	w.nnames = 0;
	for (; w.nnames < 7; w.nnames++)
		ck_assert_int_eq(leaf_name_set(&w.names[w.nnames], false, str_c(name)), 0);
	buf_init(&b, 32768);
	ck_assert_int_eq(signer_pack_wish(&b, id, buf_view(&spki), &w), 0);
	ck_assert_int_eq(chan_send(worker, MSG_SIGN, buf_view(&b), NULL, 0), 0);
	buf_free(&b);
}

static bool was_audited(const char *text)
{
	return audited.len > 0 && memmem(audited.p, audited.len, text, strlen(text)) != NULL;
}

static X509 *leaf(void)
{
	const unsigned char *p = (const unsigned char *)last_der.p;
	X509 *x = d2i_X509(NULL, &p, (long)last_der.len);

	ck_assert_ptr_nonnull(x);
	return x;
}

START_TEST(k2_wishes_are_answered_and_serials_audited)
{
	BIGNUM *n;
	char *hex, want[100];
	X509 *x;

	start((struct rig_entry){ 0 });
	join();
	ck_assert_ptr_nonnull(strstr(rig_text, "seccomp"));
	ask(42, "www.example.org");
	rig_until(&answers);
	ck_assert_uint_eq(last_id, 42);
	ck_assert_uint_eq(refusals, 0);
	rig_run(50);
	x = leaf();
	n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	hex = BN_bn2hex(n);
	for (char *p = hex; *p != '\0'; p++)
		*p = *p >= 'A' && *p <= 'F' ? (char)(*p + 32) : *p;
	snprintf(want, sizeof(want), "\"serial\":\"%s\"", hex);
	ck_assert(was_audited(want));
	ck_assert(was_audited("\"event\":\"start\""));
	ck_assert(was_audited("\"event\":\"certificate\",\"worker\":2"));
	ck_assert(was_audited("\"names_count\":7"));
	ck_assert(was_audited("\"names\":\"www.example.org www.example.org www.example.org "
			      "www.example.org www.example.org\""));
	rig_drain();
	OPENSSL_free(hex);
	BN_free(n);
	X509_free(x);
}
END_TEST

START_TEST(k2_the_rate_is_limited)
{
	start((struct rig_entry){ "limits", STR("sign_rate 20\nidle 60000ms\n") });
	join();
	for (uint64_t i = 1; i <= 60; i++)
		ask(i, "www.example.org");
	for (int i = 0; i < 200 && answers < 60; i++)
		rig_run(10);
	ck_assert_uint_eq(answers, 60);
	ck_assert_uint_ge(refusals, 30);
	ck_assert_uint_le(refusals, 40);
	ck_assert_str_eq(last_why, "rate");
	rig_run(1000);
	refusals = 0;
	ask(61, "www.example.org");
	rig_run(100);
	ck_assert_uint_eq(refusals, 0);
	rig_drain();
}
END_TEST

START_TEST(without_a_recorder_signing_stops_when_declared)
{
	bool go_on = _i == 1;

	struct rig_entry e[] = { { "ca.cert", buf_view(&cert) },
		{ "limits", STR("audit_pending 16\nflows 1\n") },
		{ "audit.when_full", go_on ? STR("continue") : STR("block") } };

	rig_start(ROLE_SIGNER, signer_main);
	give(CA_SECRET_KEY, buf_view(&key), 0600);
	rig_bundle(MSG_START, e, 3);
	rig_until(&rig_ready);
	worker = chan_new(rig_loop, rig_peer(ROLE_WORKER, 0), ROLE_WORKER, ROLE_SIGNER, on_answer,
	    on_gone, &worker);
	for (uint64_t i = 1; i <= 200; i++)
		ask(i, "www.example.org");
	for (int i = 0; i < 300 && answers < 200; i++)
		rig_run(10);
	ck_assert_uint_eq(answers, 200);
	ck_assert_uint_eq(refusals, go_on ? 0 : 200 - 15); /* one line is the start's */
	recorder = chan_new(rig_loop, rig_peer(ROLE_RECORDER, 0), ROLE_RECORDER, ROLE_SIGNER, on_audit,
	    on_gone, &recorder);
	rig_run(100);
	ck_assert(was_audited("audit_lost") == go_on);
	ask(201, "www.example.org");
	rig_run(50);
	ck_assert_uint_eq(last_id, 201);
	ck_assert_uint_gt(last_der.len, 0);
	rig_drain();
}
END_TEST

START_TEST(a_malformed_wish_ends_its_channel_and_no_other)
{
	start((struct rig_entry){ 0 });
	join();
	ck_assert_int_eq(chan_send(worker, MSG_SIGN, STR("nonsense"), NULL, 0), 0);
	rig_run(100);
	ck_assert_ptr_null(worker);
	ck_assert_ptr_nonnull(recorder);
	worker = chan_new(rig_loop, rig_peer(ROLE_WORKER, 2), ROLE_WORKER, ROLE_SIGNER, on_answer,
	    on_gone, &worker);
	ask(1, "www.example.org");
	rig_until(&answers);
	ck_assert_uint_eq(refusals, 0);
	rig_drain();
}
END_TEST

/* A reload with the certificate in force now and these secrets; is it taken? */
static bool reloads(struct str key_pem, mode_t mode)
{
	struct rig_entry e = { "ca.cert", buf_view(&cert) };

	rig_reloaded = 0;
	if (key_pem.n > 0)
		give(CA_SECRET_KEY, key_pem, mode);
	rig_bundle(MSG_RELOAD, &e, 1);
	rig_until(&rig_reloaded);
	return rig_reload_ok;
}

START_TEST(a_reload_takes_a_good_ca_and_keeps_the_old_one_otherwise)
{
	X509 *x;

	start((struct rig_entry){ 0 });
	join();
	ck_assert_msg(reloads(buf_view(&key), 0600), "%s", rig_text);
	ck_assert(!reloads(buf_view(&key), 0640));
	ck_assert_ptr_nonnull(strstr(rig_text, "others than its owner"));
	ck_assert(!reloads(STR_NONE, 0));
	new_ca();
	ck_assert(!reloads(STR("nonsense"), 0600));
	ck_assert_ptr_nonnull(strstr(rig_text, "old CA stays"));
	ask(1, "www.example.org");
	rig_until(&answers);
	ck_assert_uint_eq(refusals, 0);
	ck_assert_msg(reloads(buf_view(&key), 0600), "%s", rig_text);
	answers = 0;
	ask(2, "www.example.org");
	rig_until(&answers);
	x = leaf();
	BIO *b = BIO_new_mem_buf(cert.p, (int)cert.len);
	X509 *ca = PEM_read_bio_X509(b, NULL, NULL, NULL);

	ck_assert_int_eq(X509_verify(x, X509_get0_pubkey(ca)), 1);
	X509_free(ca);
	BIO_free(b);
	X509_free(x);
	rig_drain();
}
END_TEST

/* The key as `openssl pkcs8 -topk8` would write it with that passphrase. */
static void encrypt_key(const char *pass, struct buf *out)
{
	BIO *in = BIO_new_mem_buf(key.p, (int)key.len), *to = BIO_new(BIO_s_mem());
	EVP_PKEY *k = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	char *p;
	long n;

	ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(to, k, EVP_aes_256_cbc(), pass,
			     (int)strlen(pass), NULL, NULL), 1);
	n = BIO_get_mem_data(to, &p);
	buf_append(out, p, (size_t)n);
	EVP_PKEY_free(k);
	BIO_free(in);
	BIO_free(to);
}

START_TEST(an_encrypted_key_is_opened_at_start_and_under_the_sandbox)
{
	struct rig_entry e = { "ca.cert", buf_view(&cert) };
	struct buf sealed;

	buf_init(&sealed, 16384);
	encrypt_key("open sesame", &sealed);
	rig_start(ROLE_SIGNER, signer_main);
	give(CA_SECRET_KEY, buf_view(&sealed), 0600);
	give(CA_SECRET_PASSPHRASE, STR("open sesame\nnot this line\n"), 0400);
	rig_bundle(MSG_START, &e, 1);
	join();
	ask(1, "www.example.org");
	rig_until(&answers);
	ck_assert_uint_eq(refusals, 0);
	ck_assert(!reloads(buf_view(&sealed), 0600)); /* no passphrase this time */
	ck_assert_ptr_nonnull(strstr(rig_text, "there is no passphrase"));
	give(CA_SECRET_PASSPHRASE, STR("open barley"), 0600);
	ck_assert(!reloads(buf_view(&sealed), 0600));
	ck_assert_ptr_nonnull(strstr(rig_text, "does not open"));
	give(CA_SECRET_PASSPHRASE, STR("open sesame"), 0604);
	ck_assert(!reloads(buf_view(&sealed), 0600));
	ck_assert_ptr_nonnull(strstr(rig_text, "CA passphrase: others"));
	give(CA_SECRET_PASSPHRASE, STR("open sesame"), 0600);
	ck_assert_msg(reloads(buf_view(&sealed), 0600), "%s", rig_text);
	rig_drain();
	buf_wipe(&sealed);
}
END_TEST

START_TEST(a_bad_start_ends_with_1)
{
	struct rig_entry e = { "ca.cert", STR("nonsense") };

	rig_start(ROLE_SIGNER, signer_main);
	rig_bundle(MSG_START, &e, 1);
	rig_run(300);
	ck_assert_uint_eq(rig_ready, 0);
	ck_assert_int_eq(rig_wait(), 1);
}
END_TEST

START_TEST(it_ends_with_its_parents_channel)
{
	start((struct rig_entry){ 0 });
	rig_until(&rig_ready);
	chan_free(rig_chan);
	rig_chan = NULL;
	ck_assert_int_eq(rig_wait(), 0);
}
END_TEST

START_TEST(terminal_and_service_signals_are_the_parents)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	start((struct rig_entry){ 0 });
	join();
	for (size_t i = 0; i < 3; i++)
		kill(rig_pid, signals[i]);
	rig_run(50);
	ask(1, "www.example.org");
	rig_until(&answers);
	rig_drain();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signer_role");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, k2_wishes_are_answered_and_serials_audited);
	tcase_add_test(c, k2_the_rate_is_limited);
	tcase_add_loop_test(c, without_a_recorder_signing_stops_when_declared, 0, 2);
	tcase_add_test(c, a_malformed_wish_ends_its_channel_and_no_other);
	tcase_add_test(c, a_reload_takes_a_good_ca_and_keeps_the_old_one_otherwise);
	tcase_add_test(c, an_encrypted_key_is_opened_at_start_and_under_the_sandbox);
	tcase_add_test(c, a_bad_start_ends_with_1);
	tcase_add_test(c, it_ends_with_its_parents_channel);
	tcase_add_test(c, terminal_and_service_signals_are_the_parents);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
