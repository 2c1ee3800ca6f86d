/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loop tells of a TCP peer that leaves, though nobody reads. */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop.h"

static struct loop *loop;
static struct watch *watch;
static int here, there, calls, events;

static void on_event(void *arg, int e)
{
	(void)arg;
	calls++;
	events = e;
	if (calls > 20) /* told for ever */
		loop_stop(loop);
	if ((e & (LOOP_END | LOOP_BROKEN)) != 0)
		watch_set(watch, (e & LOOP_BROKEN) != 0 ? 0 : LOOP_BROKEN);
}

static void on_time(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void run(uint64_t ms)
{
	struct timer *t = timer_new(loop, on_time, NULL);

	timer_set(t, ms);
	loop_run(loop);
	timer_free(t);
}

static void setup(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert(l >= 0 && bind(l, (struct sockaddr *)&a, n) == 0 && listen(l, 1) == 0);
	ck_assert(getsockname(l, (struct sockaddr *)&a, &n) == 0);
	there = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert(connect(there, (struct sockaddr *)&a, n) == 0);
	here = accept4(l, NULL, NULL, SOCK_NONBLOCK);
	ck_assert(here >= 0);
	close(l);
	loop = loop_new();
	watch = watch_new(loop, here, on_event, NULL);
	calls = events = 0;
	watch_set(watch, LOOP_END);
}

static void teardown(void)
{
	watch_free(watch);
	loop_free(loop);
	close(here);
	if (there >= 0)
		close(there);
}

static void reset_there(void)
{
	struct linger now = { 1, 0 };

	setsockopt(there, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(there);
	there = -1;
}

START_TEST(bytes_alone_are_not_told)
{
	ck_assert(send(there, "x", 1, 0) == 1);
	run(50);
	ck_assert_int_eq(calls, 0);
}
END_TEST

START_TEST(an_end_behind_unread_bytes_is_told_once)
{
	ck_assert(send(there, "x", 1, 0) == 1 && shutdown(there, SHUT_WR) == 0);
	run(50);
	ck_assert_int_eq(calls, 1);
	ck_assert_int_eq(events, LOOP_END);
}
END_TEST

START_TEST(a_reset_is_told_also_after_an_end)
{
	ck_assert(shutdown(there, SHUT_WR) == 0);
	run(50);
	ck_assert_int_eq(events, LOOP_END);
	reset_there();
	run(50);
	ck_assert_int_eq(calls, 2);
	ck_assert((events & LOOP_BROKEN) != 0);
}
END_TEST

START_TEST(a_reset_is_told_at_once)
{
	reset_there();
	run(50);
	ck_assert((events & LOOP_BROKEN) != 0);
}
END_TEST

START_TEST(an_urgent_byte_does_not_spin)
{
	watch_set(watch, LOOP_BROKEN);
	ck_assert(send(there, "!", 1, MSG_OOB) == 1);
	run(50);
	ck_assert_int_eq(calls, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("loop");
	TCase *t = tcase_create("leaving");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, bytes_alone_are_not_told);
	tcase_add_test(t, an_end_behind_unread_bytes_is_told_once);
	tcase_add_test(t, a_reset_is_told_also_after_an_end);
	tcase_add_test(t, a_reset_is_told_at_once);
	tcase_add_test(t, an_urgent_byte_does_not_spin);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
