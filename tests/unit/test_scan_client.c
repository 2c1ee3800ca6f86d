/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about a worker's side of the scanner, against a scanner played here: each scan is answered
 * once, whatever the other side does, and nothing it sends is believed unchecked.
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "core/pack.h"
#include "scanner/client.h"

static struct {
	struct loop *loop;
	struct limits limits;
	struct scan_client *client;
	int memfd;
	unsigned answers;
	struct verdict verdict;
	uint64_t resubmit; /* a handle that a callback got */
} t;

static void setup(void)
{
	memset(&t, 0, sizeof(t));
	limits_default(&t.limits);
	t.loop = loop_new();
	t.client = scan_client_new(t.loop, &t.limits);
	t.memfd = memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ck_assert_int_eq(write(t.memfd, "body", 4), 4);
}

static void teardown(void)
{
	scan_client_free(t.client);
	loop_free(t.loop);
	close(t.memfd);
}

static void on_verdict(void *arg, const struct verdict *v)
{
	(void)arg;
	t.answers++;
	t.verdict = *v;
}

static const unsigned char digest[SCAN_DIGEST] = { 1, 2, 3 };

static uint64_t submit(void)
{
	const struct scan_about about = { .direction = 1,
		.client = 77,
		.digest = digest,
		.file_name = STR("file.txt"),
		.type = STR("text/plain"),
		.method = STR("GET"),
		.url = STR("https://a.test/file.txt") };

	return scan_submit(t.client, t.memfd, 4, &about, on_verdict, NULL);
}

/* Connect to a scanner that we play: its end. */
static int connect_scanner(void)
{
	int fd[2];

	ck_assert_int_eq(chan_pair(fd), 0);
	ck_assert_int_eq(scan_client_connect(t.client, fd[0]), 0);
	return fd[1];
}

static void on_stop(void *arg)
{
	(void)arg;
	loop_stop(t.loop);
}

static void run(uint64_t ms)
{
	struct timer *stop = timer_new(t.loop, on_stop, NULL);

	timer_set(stop, ms);
	loop_run(t.loop);
	timer_free(stop);
}

/* The next order that the scanner got: its id, and whether a body came with it. */
static enum msg_type heard(int fd, struct scan_order *o, int *body)
{
	static char bytes[2048];
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} c = { .space = { 0 } };
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.space,
		.msg_controllen = sizeof(c.space) };
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
	enum msg_type type;
	struct str b;

	*body = -1;
	if (n <= 0)
		return MSG_NONE;
	if (CMSG_FIRSTHDR(&m) != NULL)
		memcpy(body, CMSG_DATA(&c.align), sizeof(int));
	ck_assert_int_eq(
	    chan_check(ROLE_WORKER, ROLE_SCANNER, str_of(bytes, (size_t)n), *body >= 0, &type, &b),
	    0);
	if (type == MSG_SCAN)
		ck_assert_int_eq(scan_read_order(b, o), 0);
	if (*body >= 0)
		close(*body);
	return type;
}

static void say(int fd, uint64_t id, const struct verdict *v)
{
	char space[1024];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	pack_u16(&b, MSG_VERDICT);
	ck_assert_int_eq(scan_pack_verdict(&b, id, v), 0);
	ck_assert_int_eq(send(fd, b.p, b.len, 0), (ssize_t)b.len);
}

static struct verdict infected(void)
{
	return verdict_make(VERDICT_INFECTED, REASON_NONE, STR("Some.Name"));
}

START_TEST(an_order_carries_its_body_and_is_answered_once)
{
	int fd = connect_scanner(), body;
	struct verdict v = infected();
	struct scan_order o;
	uint64_t h = submit();

	ck_assert_uint_ne(h, 0);
	ck_assert_int_eq(heard(fd, &o, &body), MSG_SCAN);
	ck_assert_int_ge(body, 0);
	ck_assert_uint_eq(o.id, h);
	ck_assert_uint_eq(o.length, 4);
	ck_assert_uint_eq(o.about.direction, 1);
	ck_assert_uint_eq(o.about.client, 77);
	ck_assert_mem_eq(o.about.digest, digest, SCAN_DIGEST);
	ck_assert(str_eq(o.about.file_name, STR("file.txt")));
	ck_assert(str_eq(o.about.type, STR("text/plain")));
	ck_assert(str_eq(o.about.method, STR("GET")));
	ck_assert(str_eq(o.about.url, STR("https://a.test/file.txt")));
	ck_assert_uint_eq(t.answers, 0); /* never within scan_submit */
	say(fd, h, &v);
	say(fd, h, &v); /* again: finds nothing */
	run(50);
	ck_assert_uint_eq(t.answers, 1);
	ck_assert_str_eq(t.verdict.name, "Some.Name");
	close(fd);
}
END_TEST

START_TEST(answers_to_unknown_handles_find_nothing)
{
	int fd = connect_scanner();
	struct verdict v = infected();
	uint64_t h = submit();

	say(fd, 0, &v);
	say(fd, h + 1, &v);
	say(fd, h + (1ULL << 32), &v);
	say(fd, UINT64_MAX, &v);
	run(50);
	ck_assert_uint_eq(t.answers, 0);
	close(fd);
}
END_TEST

START_TEST(a_cancelled_handle_is_dead_and_its_slot_serves_again)
{
	int fd = connect_scanner(), body;
	struct verdict v = infected();
	struct scan_order o;
	uint64_t h = submit(), next;

	scan_cancel(t.client, h);
	next = submit();
	ck_assert_uint_ne(next, h);
	ck_assert_int_eq(heard(fd, &o, &body), MSG_SCAN);
	ck_assert_int_eq(heard(fd, &o, &body), MSG_SCAN_CANCEL);
	say(fd, h, &v);
	run(50);
	ck_assert_uint_eq(t.answers, 0);
	say(fd, next, &v);
	run(50);
	ck_assert_uint_eq(t.answers, 1);
	close(fd);
}
END_TEST

START_TEST(a_lost_scanner_gives_error)
{
	int fd = connect_scanner();

	for (int i = 0; i < 5; i++)
		ck_assert_uint_ne(submit(), 0);
	close(fd);
	run(50);
	ck_assert_uint_eq(t.answers, 5);
	ck_assert_int_eq(t.verdict.class, VERDICT_UNSCANNABLE);
	ck_assert_int_eq(t.verdict.reason, REASON_ERROR);
	ck_assert(!scan_client_ready(t.client));
}
END_TEST

START_TEST(nonsense_ends_the_channel_and_its_scans)
{
	static const char junk[] = { (char)MSG_VERDICT, 0, 1, 2, 3 };
	int fd = connect_scanner();
	char one;

	ck_assert_uint_ne(submit(), 0);
	ck_assert_int_eq(send(fd, junk, sizeof(junk), 0), sizeof(junk));
	run(50);
	ck_assert_uint_eq(t.answers, 1);
	ck_assert_int_eq(t.verdict.reason, REASON_ERROR);
	ck_assert(!scan_client_ready(t.client));
	while (recv(fd, &one, 1, MSG_DONTWAIT) > 0)
		;
	ck_assert_int_eq(recv(fd, &one, 1, MSG_DONTWAIT), 0); /* closed */
	close(fd);
}
END_TEST

START_TEST(without_a_scanner_scans_wait_and_then_time_out)
{
	t.limits.scan_queue = 100;
	ck_assert_uint_ne(submit(), 0);
	run(50);
	ck_assert_uint_eq(t.answers, 0);
	run(200);
	ck_assert_uint_eq(t.answers, 1);
	ck_assert_int_eq(t.verdict.reason, REASON_TIMEOUT);
}
END_TEST

START_TEST(what_waits_is_sent_to_the_next_scanner)
{
	struct scan_order o;
	uint64_t h = submit();
	int fd, body;

	fd = connect_scanner();
	ck_assert_int_eq(heard(fd, &o, &body), MSG_SCAN);
	ck_assert_uint_eq(o.id, h);
	ck_assert_int_ge(body, 0);
	close(fd);
	run(50);
	ck_assert_uint_eq(t.answers, 1);
}
END_TEST

START_TEST(a_silent_scanner_is_a_timeout)
{
	int fd;

	t.limits.scan_queue = 10;
	t.limits.scan = 10;
	fd = connect_scanner();
	ck_assert_uint_ne(submit(), 0);
	run(2500);
	ck_assert_uint_eq(t.answers, 1);
	ck_assert_int_eq(t.verdict.reason, REASON_TIMEOUT);
	close(fd);
}
END_TEST

START_TEST(an_older_scanner_answers_what_it_owes_and_is_left)
{
	int old = connect_scanner(), new, body;
	struct verdict v = infected();
	struct scan_order o;
	uint64_t first = submit(), second;
	char one;

	new = connect_scanner();
	second = submit();
	ck_assert_int_eq(heard(new, &o, &body), MSG_SCAN);
	ck_assert_uint_eq(o.id, second);
	say(new, first, &v); /* not its scan */
	run(20);
	ck_assert_uint_eq(t.answers, 0);
	say(old, first, &v);
	run(20);
	ck_assert_uint_eq(t.answers, 1);
	ck_assert_int_eq(heard(old, &o, &body), MSG_SCAN);
	ck_assert_int_eq(recv(old, &one, 1, MSG_DONTWAIT), 0); /* closed by us */
	ck_assert(scan_client_ready(t.client));
	close(old);
	close(new);
}
END_TEST

START_TEST(an_idle_older_scanner_is_left_at_once)
{
	int old = connect_scanner(), new = connect_scanner();
	char one;

	run(10);
	ck_assert_int_eq(recv(old, &one, 1, MSG_DONTWAIT), 0);
	close(old);
	close(new);
}
END_TEST

START_TEST(the_number_of_scans_is_bounded)
{
	int fd;

	t.limits.scan_queue_length = 20;
	for (int i = 0; i < 20; i++)
		ck_assert_uint_ne(submit(), 0);
	ck_assert_uint_eq(submit(), 0);
	fd = connect_scanner(); /* which has a bound of its own */
	for (int i = 0; i < 124; i++)
		ck_assert_uint_ne(submit(), 0);
	ck_assert_uint_eq(submit(), 0);
	close(fd);
	run(50);
	ck_assert_uint_eq(t.answers, 144);
	ck_assert_uint_ne(submit(), 0);
}
END_TEST

static void on_verdict_again(void *arg, const struct verdict *v)
{
	on_verdict(arg, v);
	t.resubmit = submit();
}

START_TEST(a_callback_may_submit_anew)
{
	int fd = connect_scanner();

	for (int i = 0; i < 40; i++)
		scan_submit(t.client, t.memfd, 4, &(struct scan_about){ 0 }, on_verdict_again, NULL);
	close(fd);
	run(50);
	ck_assert_uint_eq(t.answers, 40);
	ck_assert_uint_ne(t.resubmit, 0);
}
END_TEST

START_TEST(messages_survive_packing_and_reading)
{
	char space[1024];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };
	struct verdict v = infected(), got;
	uint64_t id;

	memcpy(v.type, "zip", 4);
	v.layers = 7;
	v.scanned = 1ULL << 40;
	v.usec = 99;
	v.kind = KIND_ARCHIVE;
	v.kinds = KIND_BIT(KIND_ARCHIVE) | KIND_BIT(KIND_EXECUTABLE);
	v.objects = 4;
	v.object_bytes = 1ULL << 41;
	ck_assert_int_eq(scan_pack_verdict(&b, 5, &v), 0);
	for (size_t i = 0; i < b.len; i++)
		ck_assert_int_eq(scan_read_verdict(str_of(b.p, i), &id, &got), -ERR_PROTO);
	ck_assert_int_eq(scan_read_verdict(buf_view(&b), &id, &got), 0);
	ck_assert_uint_eq(id, 5);
	ck_assert_str_eq(got.name, "Some.Name");
	ck_assert_str_eq(got.type, "zip");
	ck_assert_uint_eq(got.scanned, v.scanned);
	ck_assert_int_eq(got.kind, KIND_ARCHIVE);
	ck_assert_uint_eq(got.kinds, v.kinds);
	ck_assert_uint_eq(got.objects, 4);
	ck_assert_uint_eq(got.object_bytes, v.object_bytes);
	buf_append(&b, "x", 1);
	ck_assert_int_eq(scan_read_verdict(buf_view(&b), &id, &got), -ERR_PROTO);
}
END_TEST

START_TEST(verdicts_out_of_range_are_refused)
{
	static const struct {
		size_t at;
		char byte;
	} rows[] = { { 8, VERDICT_COUNT }, { 9, REASON_COUNT }, { 14, '\n' }, { 14, '\0' },
		{ 14, (char)0x80 }, { 14, ' ' }, { 14 + 9 + 4 + 16, KIND_COUNT }, { 14 + 9 + 4 + 20, 1 } };
	char space[1024];
	struct verdict v = infected(), got;
	uint64_t id;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

		ck_assert_int_eq(scan_pack_verdict(&b, 5, &v), 0);
		space[rows[i].at] = rows[i].byte;
		ck_assert_int_eq(scan_read_verdict(buf_view(&b), &id, &got), -ERR_PROTO);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scan_client");
	TCase *c = tcase_create("client");
	SRunner *sr;
	int failed;

	tcase_set_timeout(c, 30);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, an_order_carries_its_body_and_is_answered_once);
	tcase_add_test(c, answers_to_unknown_handles_find_nothing);
	tcase_add_test(c, a_cancelled_handle_is_dead_and_its_slot_serves_again);
	tcase_add_test(c, a_lost_scanner_gives_error);
	tcase_add_test(c, nonsense_ends_the_channel_and_its_scans);
	tcase_add_test(c, without_a_scanner_scans_wait_and_then_time_out);
	tcase_add_test(c, what_waits_is_sent_to_the_next_scanner);
	tcase_add_test(c, a_silent_scanner_is_a_timeout);
	tcase_add_test(c, an_older_scanner_answers_what_it_owes_and_is_left);
	tcase_add_test(c, an_idle_older_scanner_is_left_at_once);
	tcase_add_test(c, the_number_of_scans_is_bounded);
	tcase_add_test(c, a_callback_may_submit_anew);
	tcase_add_test(c, messages_survive_packing_and_reading);
	tcase_add_test(c, verdicts_out_of_range_are_refused);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
