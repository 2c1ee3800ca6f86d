/* SPDX-License-Identifier: BSD-2-Clause */
/* The audit client against a recorder that the test plays: nothing is lost silently. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/counter.h"
#include "core/err.h"
#include "core/pack.h"
#include "gateway/audit.h"

static struct loop *loop;
static struct limits limits;
static struct audit *audit;
static struct timer *stop;
static struct chan *recorder; /* the test's end; NULL: gone */
static struct buf got;	      /* all lines as they came */
static uint64_t first, last;  /* numbers of the last message */
static unsigned messages, idles;

static void on_stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void run(uint64_t ms)
{
	timer_set(stop, ms);
	loop_run(loop);
}

static void on_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct rd r = rd_of(body);
	struct str lines;

	(void)arg;
	(void)fds;
	(void)nfds;
	ck_assert_int_eq(type, MSG_AUDIT);
	ck_assert_uint_le(body.n, 98304);
	first = rd_u64(&r);
	lines = rd_str(&r, 98304);
	ck_assert_int_eq(rd_done(&r), 0);
	ck_assert_int_eq(buf_str(&got, lines), 0);
	last = first - 1;
	for (size_t i = 0; i < lines.n; i++)
		last += lines.p[i] == '\n';
	messages++;
}

static void on_close(void *arg, int why)
{
	(void)arg;
	(void)why;
	chan_free(recorder);
	recorder = NULL;
}

static void connect_recorder(void)
{
	int fd[2];

	ck_assert_int_eq(chan_pair(fd), 0);
	chan_free(recorder);
	recorder = chan_new(loop, fd[0], ROLE_RECORDER, ROLE_WORKER, on_msg, on_close, NULL);
	ck_assert_ptr_nonnull(recorder);
	ck_assert_int_eq(audit_connect(audit, fd[1]), 0);
}

static void ack(uint64_t number, uint8_t state)
{
	struct buf b;

	buf_init(&b, 64);
	pack_u64(&b, number);
	pack_u8(&b, state);
	ck_assert_int_eq(chan_send(recorder, MSG_AUDIT_ACK, buf_view(&b), NULL, 0), 0);
	buf_free(&b);
}

static void on_idle(void *arg)
{
	(void)arg;
	idles++;
}

static void setup(void)
{
	loop = loop_new();
	stop = timer_new(loop, on_stop, NULL);
	limits_default(&limits);
	audit = audit_new(loop, &limits, ROLE_WORKER, 3);
	ck_assert_ptr_nonnull(audit);
	audit_on_idle(audit, on_idle, NULL);
	buf_init(&got, 64 << 20);
}

static void teardown(void)
{
	audit_free(audit);
	chan_free(recorder);
	recorder = NULL;
	timer_free(stop);
	loop_free(loop);
	buf_free(&got);
	ck_assert_uint_eq(counters->audit_pending, 0);
}

static int line(int n)
{
	char text[64];

	snprintf(text, sizeof(text), "{\"n\":%d}\n", n);
	return audit_line(audit, str_c(text));
}

static bool holds(const char *text)
{
	return got.len > 0 && memmem(got.p, got.len, text, strlen(text)) != NULL;
}

START_TEST(lines_of_a_turn_travel_together_and_go_when_acknowledged)
{
	connect_recorder();
	ck_assert(audit_idle(audit));
	for (int i = 1; i <= 10; i++)
		ck_assert_int_eq(line(i), 0);
	ck_assert(!audit_idle(audit));
	run(20);
	ck_assert_uint_eq(messages, 1);
	ck_assert(first == 1 && last == 10);
	ck_assert_uint_eq(counters->audit_pending, 10);
	ack(9, 0);
	run(20);
	ck_assert_uint_eq(counters->audit_pending, 1);
	ck_assert_uint_eq(idles, 0);
	ack(10, 0);
	run(20);
	ck_assert(audit_idle(audit));
	ck_assert_uint_eq(idles, 1);
	ck_assert_uint_eq(counters->audit_lines, 10);
	ck_assert_uint_eq(counters->audit_lost, 0);
}
END_TEST

START_TEST(lines_wait_for_a_recorder)
{
	for (int i = 1; i <= 5; i++)
		ck_assert_int_eq(line(i), 0);
	run(20);
	ck_assert_uint_eq(messages, 0);
	connect_recorder();
	run(20);
	ck_assert(first == 1 && last == 5);
}
END_TEST

START_TEST(what_was_not_acknowledged_comes_again_over_a_new_channel)
{
	connect_recorder();
	for (int i = 1; i <= 5; i++)
		line(i);
	run(20);
	ack(2, 0);
	run(20);
	chan_free(recorder);
	recorder = NULL;
	run(20);
	line(6);
	run(20);
	got.len = 0;
	connect_recorder();
	run(20);
	ck_assert(first == 3 && last == 6);
	ck_assert(str_eq(buf_view(&got), STR("{\"n\":3}\n{\"n\":4}\n{\"n\":5}\n{\"n\":6}\n")));
	ack(6, 0);
	run(20);
	ck_assert(audit_idle(audit));
}
END_TEST

START_TEST(big_queues_are_cut_into_messages_that_fit)
{
	char text[AUDIT_LINE_MAX];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	connect_recorder();
	for (size_t i = 0; i < 40; i++) {
		size_t n = i & 1 ? sizeof(text) : 20000;

		ck_assert_int_eq(audit_line(audit, str_of(text + sizeof(text) - n, n)), 0);
	}
	run(100);
	ck_assert_uint_eq(last, 40);
	ck_assert_uint_eq(got.len, 20 * (sizeof(text) + 20000));
	ck_assert_uint_ge(messages, 20);
}
END_TEST

START_TEST(a_line_is_one_line)
{
	static char big[AUDIT_LINE_MAX + 1];

	ck_assert_int_lt(audit_line(audit, STR_NONE), 0);
	ck_assert_int_lt(audit_line(audit, STR("{}")), 0);
	ck_assert_int_lt(audit_line(audit, STR("{}\n{}\n")), 0);
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\n';
	ck_assert_int_eq(audit_line(audit, str_of(big, sizeof(big))), -ERR_TOO_LONG);
	ck_assert_uint_eq(counters->audit_lost, 4);
	connect_recorder();
	run(20);
	ck_assert(holds("\"event\":\"audit_lost\""));
	ck_assert(holds("\"source\":\"worker\""));
	ck_assert(holds("\"worker\":3"));
}
END_TEST

START_TEST(full_is_said_early_and_losses_are_reported)
{
	uint64_t n = 0, lost;

	limits_set(&limits, STR("audit_pending"), STR("16"));
	limits_set(&limits, STR("flows"), STR("10"));
	for (int i = 0; i < 16; i++) {
		ck_assert(!audit_full(audit));
		ck_assert_int_eq(line(i), 0);
	}
	ck_assert(audit_full(audit));
	while (line(99) == 0) /* open flows still have room */
		n++;
	ck_assert_uint_ge(n, 20);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(line(100), -ERR_LIMIT);
	lost = counters->audit_lost;
	ck_assert_uint_eq(lost, 10);
	connect_recorder();
	run(20);
	ck_assert(!holds("audit_lost"));
	ack(last, 0);
	run(20);
	ck_assert(!audit_full(audit));
	ck_assert(holds("\"count\":10}"));
	ck_assert(!audit_idle(audit));
	ack(last, 0);
	run(20);
	ck_assert(audit_idle(audit));
}
END_TEST

START_TEST(disk_trouble_makes_it_full_and_stops_sending)
{
	connect_recorder();
	line(1);
	run(20);
	ack(0, 1);
	run(20);
	ck_assert(audit_full(audit));
	line(2);
	run(40);
	ck_assert_uint_eq(messages, 1);
	got.len = 0;
	ack(0, 0);
	run(20);
	ck_assert(!audit_full(audit));
	ck_assert(str_eq(buf_view(&got), STR("{\"n\":1}\n{\"n\":2}\n")));
	ack(2, 0);
	run(20);
	ck_assert(audit_idle(audit));
}
END_TEST

START_TEST(an_acknowledgement_of_what_was_not_sent_ends_the_channel)
{
	connect_recorder();
	line(1);
	run(20);
	ack(2, 0);
	run(20);
	ck_assert_ptr_null(recorder);
	ck_assert(!audit_idle(audit));
	connect_recorder();
	run(20);
	ack(1, 0);
	run(20);
	ck_assert(audit_idle(audit));
}
END_TEST

START_TEST(times_are_rfc3339)
{
	char ts[AUDIT_TS_MAX];

	audit_ts(0, ts);
	ck_assert_str_eq(ts, "1970-01-01T00:00:00.000Z");
	audit_ts(1769860805007, ts);
	ck_assert_str_eq(ts, "2026-01-31T12:00:05.007Z");
	audit_ts(-1, ts);
	ck_assert_str_eq(ts, "");
	audit_ts(INT64_MAX, ts);
	ck_assert_str_eq(ts, "");
}
END_TEST

START_TEST(a_line_of_the_longest_texts_fits)
{
	static char bad[100000];
	struct json j;
	struct buf b;

	buf_init(&b, AUDIT_LINE_MAX);
	audit_begin(&j, &b, "transaction");
	for (int i = 0; i < 12; i++) { /* every byte value, cheap and dear ones */
		memset(bad, (char)(i * 21), sizeof(bad));
		audit_str(&j, "text", str_of(bad, sizeof(bad)));
	}
	ck_assert_int_eq(json_end(&j), 0);
	ck_assert_int_eq(audit_line(audit, buf_view(&b)), 0);
	buf_free(&b);
}
END_TEST

START_TEST(texts_are_cut_between_characters)
{
	static char euros[9000];
	struct json j;
	struct buf b;

	for (size_t i = 0; i < sizeof(euros); i++)
		euros[i] = "\xe2\x82\xac"[i % 3];
	for (size_t from = 0; from < 3; from++) {
		buf_init(&b, AUDIT_LINE_MAX);
		json_begin(&j, &b);
		audit_str(&j, "t", str_of(euros, sizeof(euros)));
		ck_assert_int_eq(json_end(&j), 0);
		ck_assert_ptr_null(memmem(b.p, b.len, "\xef\xbf\xbd", 3));
		ck_assert_ptr_nonnull(memmem(b.p, b.len, "\xe2\x82\xac\xe2\x80\xa6\"", 7));
		buf_free(&b);
	}
}
END_TEST

START_TEST(the_table_of_fields_is_printed)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	audit_fields_print(f);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "## `flow`"));
	ck_assert_ptr_nonnull(strstr(text, "## `certificate`"));
	ck_assert_ptr_nonnull(strstr(text, "| `response_verdict` | text | known |"));
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("audit");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, lines_of_a_turn_travel_together_and_go_when_acknowledged);
	tcase_add_test(c, lines_wait_for_a_recorder);
	tcase_add_test(c, what_was_not_acknowledged_comes_again_over_a_new_channel);
	tcase_add_test(c, big_queues_are_cut_into_messages_that_fit);
	tcase_add_test(c, a_line_is_one_line);
	tcase_add_test(c, full_is_said_early_and_losses_are_reported);
	tcase_add_test(c, disk_trouble_makes_it_full_and_stops_sending);
	tcase_add_test(c, an_acknowledgement_of_what_was_not_sent_ends_the_channel);
	tcase_add_test(c, times_are_rfc3339);
	tcase_add_test(c, a_line_of_the_longest_texts_fits);
	tcase_add_test(c, texts_are_cut_between_characters);
	tcase_add_test(c, the_table_of_fields_is_printed);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
