/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about held bodies: where their bytes are, whichever way they come; what digest the scanner is
 * told. The scanner is played here.
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "certs/digest.h"
#include "core/err.h"
#include "gateway/body.h"
#include "gateway/keep.h"

enum { ORDERS = 4, BYTES = 3 * KEEP_HEAP };

static struct {
	struct worker w;
	struct chan *scanner;
	char bytes[BYTES];
	unsigned n, verdicts;
	uint64_t length[ORDERS];
	bool has_digest[ORDERS], right[ORDERS];
} t;

static void digest_of(struct str s, unsigned char out[DIGEST_SIZE])
{
	struct digest *d = digest_new();

	digest_add(d, s);
	ck_assert(digest_end(d, out));
	digest_free(d);
}

/* Take an order as the zygote does: sealed memory whose digest is what the order says. */
static void on_order(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	enum { SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW };
	struct verdict v = verdict_make(VERDICT_CLEAN, REASON_NONE, STR_NONE);
	unsigned char digest[DIGEST_SIZE];
	struct scan_order o;
	struct buf b;
	void *p;

	(void)arg;
	ck_assert(type == MSG_SCAN && nfds == 1 && scan_read_order(body, &o) == 0 && t.n < ORDERS);
	ck_assert_int_eq(fcntl(fds[0], F_GET_SEALS) & SEALS, SEALS);
	p = mmap(NULL, o.length, PROT_READ, MAP_PRIVATE, fds[0], 0);
	ck_assert(p != MAP_FAILED);
	digest_of(str_of(p, o.length), digest);
	t.length[t.n] = o.length;
	t.has_digest[t.n] = o.about.digest != NULL;
	t.right[t.n] = t.has_digest[t.n] && memcmp(o.about.digest, digest, DIGEST_SIZE) == 0;
	t.n++;
	munmap(p, o.length);
	close(fds[0]);
	buf_init(&b, 512);
	ck_assert_int_eq(scan_pack_verdict(&b, o.id, &v), 0);
	ck_assert_int_eq(chan_send(t.scanner, MSG_VERDICT, buf_view(&b), NULL, 0), 0);
	buf_free(&b);
}

static void on_close(void *arg, int why)
{
	(void)arg;
	(void)why;
}

static void setup(void)
{
	int fd[2];

	memset(&t, 0, sizeof(t));
	for (size_t i = 0; i < BYTES; i++)
		t.bytes[i] = (char)(i * i >> 7);
	limits_default(&t.w.limits);
	t.w.decode = WORKER_DECODE;
	t.w.loop = loop_new();
	t.w.scanner = scan_client_new(t.w.loop, &t.w.limits);
	ck_assert_int_eq(chan_pair(fd), 0);
	t.scanner = chan_new(t.w.loop, fd[1], ROLE_SCANNER, ROLE_WORKER, on_order, on_close, NULL);
	ck_assert_int_eq(scan_client_connect(t.w.scanner, fd[0]), 0);
}

static void teardown(void)
{
	scan_client_free(t.w.scanner);
	chan_free(t.scanner);
	loop_free(t.w.loop);
}

static void on_verdict(void *arg, const struct verdict *v)
{
	(void)arg;
	ck_assert_int_eq(v->class, VERDICT_CLEAN);
	t.verdicts++;
	loop_stop(t.w.loop);
}

static void finish(struct body *b)
{
	ck_assert_int_eq(body_finish(b, on_verdict, NULL), 0);
	loop_run(t.w.loop);
	ck_assert_uint_eq(t.verdicts, 1);
}

static void push(struct body *b, struct str s, size_t piece)
{
	while (s.n > 0) {
		ck_assert_int_eq(body_push(b, str_sub(s, 0, piece)), 0);
		s = str_sub(s, piece, s.n);
	}
}

static void reads(struct body *b, size_t n)
{
	static char got[BYTES];

	for (size_t at = 0; at < n;) {
		ssize_t k = body_read(b, at, got + at, 5000);

		ck_assert(k > 0);
		at += (size_t)k;
	}
	ck_assert(memcmp(got, t.bytes, n) == 0);
	ck_assert_int_eq(body_read(b, n, got, 1), 0);
}

static const struct {
	size_t n, piece;
} shapes[] = { { 1, 1 }, { 1000, 1 }, { 4097, 7 }, { KEEP_HEAP, KEEP_HEAP }, { KEEP_HEAP, 1023 }, { KEEP_HEAP + 1, 16384 },
	{ KEEP_HEAP + 1, KEEP_HEAP + 1 }, { KEEP_HEAP + 9000, 100 }, { BYTES, 1024 }, { BYTES, 1000 }, { BYTES, 50000 } };

START_TEST(bytes_are_kept_whichever_way_they_come)
{
	size_t n = shapes[_i].n;
	struct body *b = body_new(&t.w, STR_NONE, 1, STR_NONE);
	unsigned char want[DIGEST_SIZE];

	push(b, str_of(t.bytes, n), shapes[_i].piece);
	ck_assert_uint_eq(body_length(b), n);
	ck_assert_uint_eq(t.w.held, n);
	ck_assert_ptr_null(body_digest(b));
	reads(b, n);
	finish(b);
	reads(b, n);
	digest_of(str_of(t.bytes, n), want);
	ck_assert(memcmp(body_digest(b), want, DIGEST_SIZE) == 0);
	ck_assert(t.n == 1 && t.length[0] == n && t.right[0]);
	body_free(b);
	ck_assert_uint_eq(t.w.held, 0);
}
END_TEST

START_TEST(few_bytes_take_no_descriptor)
{
	int before = dup(0), after;
	struct keep k;

	keep_init(&k);
	ck_assert_int_eq(keep_add(&k, str_of(t.bytes, KEEP_HEAP)), 0);
	ck_assert_int_eq(k.fd, -1);
	ck_assert_int_eq(keep_add(&k, str_of(t.bytes, 1)), 0);
	ck_assert_int_ge(k.fd, 0);
	ck_assert_uint_eq(keep_length(&k), KEEP_HEAP + 1);
	ck_assert_int_eq(keep_seal(&k), k.fd);
	ck_assert_int_lt(keep_add(&k, str_of(t.bytes, 1)), 0);
	keep_free(&k);
	after = dup(0);
	ck_assert_int_eq(after, before + 1);
	close(before);
	close(after);
}
END_TEST

/* gzip of "hello, hello, hello" (python's gzip.compress with mtime 0), and two members of it. */
static const unsigned char gz[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9,
	0xd7, 0x51, 0xc8, 0x40, 0xa2, 0x00, 0x9f, 0xa1, 0xca, 0x09, 0x13, 0x00, 0x00, 0x00 };

START_TEST(each_reading_has_its_own_digest)
{
	struct str member = str_of((const char *)gz, sizeof(gz)), plain = STR("hello, hello, hello");
	struct body *b = body_new(&t.w, STR("gzip"), 1, STR_NONE);
	unsigned char want[DIGEST_SIZE];

	body_search_coded(b);
	push(b, member, 3);
	if (_i == 1)
		push(b, member, 3);
	finish(b);
	digest_of(plain, want);
	ck_assert_int_eq(memcmp(body_digest(b), want, DIGEST_SIZE) == 0, _i == 0);
	/* The whole, the first member alone (of which nobody has the digest), what came. */
	ck_assert_uint_eq(t.n, _i == 0 ? 2 : 3);
	ck_assert(t.right[0] && t.length[0] == plain.n * (_i == 0 ? 1 : 2));
	ck_assert(t.right[t.n - 1] && t.length[t.n - 1] == member.n * (_i == 0 ? 1 : 2));
	ck_assert(_i == 0 || (!t.has_digest[1] && t.length[1] == plain.n));
	body_free(b);
}
END_TEST

START_TEST(shared_bytes_are_sealed_and_read_elsewhere)
{
	struct body *b = body_new(&t.w, STR_NONE, 1, STR_NONE), *other;
	int fd;

	push(b, str_of(t.bytes, 5000), 5000);
	fd = body_share(b);
	ck_assert_int_ge(fd, 0);
	other = body_from(&t.w, fd, 5000);
	ck_assert_ptr_nonnull(other);
	reads(other, 5000);
	body_free(b);
	reads(other, 5000);
	body_free(other);
}
END_TEST

#define ROWS(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *s = suite_create("body");
	TCase *c = tcase_create("body");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, bytes_are_kept_whichever_way_they_come, 0, ROWS(shapes));
	tcase_add_test(c, few_bytes_take_no_descriptor);
	tcase_add_loop_test(c, each_reading_has_its_own_digest, 0, 2);
	tcase_add_test(c, shared_bytes_are_sealed_and_read_elsewhere);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
