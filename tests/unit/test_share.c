/* SPDX-License-Identifier: BSD-2-Clause */
/* What one client may take of a worker. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/share.h"

static struct limits limits;
static struct shares *all;
static const char *why;
static uint64_t now = 1000000;

static void setup(void)
{
	limits_default(&limits);
	limits.client_flows = 3;
	limits.client_rate = 2;
	limits.client_streams = 2;
	limits.client_faults = 3;
	limits.client_pause = 10000;
	all = shares_new();
	ck_assert_ptr_nonnull(all);
}

static void teardown(void)
{
	shares_free(all);
}

static struct share *enter(const char *ip)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, ip, &a), 1);
	return share_enter(all, &limits, &a, now, &why);
}

START_TEST(connections_of_one_client_are_counted)
{
	struct share *first = enter("::ffff:10.0.0.1");

	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_eq(enter("::ffff:10.0.0.1"), first);
	ck_assert_ptr_eq(enter("::ffff:10.0.0.1"), first);
	ck_assert_ptr_null(enter("::ffff:10.0.0.1"));
	ck_assert_str_eq(why, "client_flows");
	ck_assert_ptr_nonnull(enter("::ffff:10.0.0.2"));
	share_leave(first);
	ck_assert_ptr_nonnull(enter("::ffff:10.0.0.1"));
}
END_TEST

START_TEST(a_host_has_a_whole_net_of_ipv6)
{
	struct share *first = enter("2001:db8::1");

	ck_assert_ptr_eq(enter("2001:db8::ffff:1:2:3"), first);
	ck_assert_ptr_ne(enter("2001:db8:0:1::1"), first);
	ck_assert_uint_eq(shares_count(all), 2);
}
END_TEST

START_TEST(connections_come_at_a_rate)
{
	for (int i = 0; i < 20; i++)
		share_leave(enter("::ffff:10.0.0.1"));
	ck_assert_ptr_null(enter("::ffff:10.0.0.1"));
	ck_assert_str_eq(why, "client_rate");
	now += 500;
	share_leave(enter("::ffff:10.0.0.1"));
	ck_assert_ptr_null(why);
	ck_assert_ptr_null(enter("::ffff:10.0.0.1"));
	for (int i = 0; i < 100; i++, now += 500) {
		now += i % 2; /* each millisecond counts, however often it is asked */
		share_leave(enter("::ffff:10.0.0.1"));
	}
}
END_TEST

START_TEST(streams_are_counted_over_connections)
{
	struct share *s = enter("::ffff:10.0.0.1");

	ck_assert(share_stream(s, &limits) && share_stream(s, &limits));
	ck_assert(!share_stream(s, &limits));
	share_stream_end(s);
	ck_assert(share_stream(s, &limits));
}
END_TEST

START_TEST(who_is_at_fault_often_is_paused_alone)
{
	struct share *s = enter("::ffff:10.0.0.1");

	ck_assert(!share_fault(s, &limits, now));
	ck_assert(!share_fault(s, &limits, now + 9000));
	ck_assert(!share_fault(s, &limits, now + 10000)); /* the first was too long ago */
	ck_assert(!share_fault(s, &limits, now + 10001));
	ck_assert(share_fault(s, &limits, now + 10002));
	now += 10003;
	ck_assert_ptr_null(enter("::ffff:10.0.0.1"));
	ck_assert_str_eq(why, "client_pause");
	ck_assert_ptr_nonnull(enter("::ffff:10.0.0.2"));
	now += 10000;
	ck_assert_ptr_eq(enter("::ffff:10.0.0.1"), s);
}
END_TEST

/* Each address once: nothing of them stays for longer than it has a meaning. */
START_TEST(who_has_left_is_forgotten)
{
	char ip[64];

	for (unsigned round = 0; round < 20; round++, now += 20000)
		for (unsigned i = 0; i < 4096; i++) {
			snprintf(ip, sizeof(ip), "::ffff:10.%u.%u.%u", round, i / 256, i % 256);
			share_leave(enter(ip));
		}
	ck_assert_uint_le(shares_count(all), 4096 * 4);
}
END_TEST

START_TEST(a_client_has_one_number)
{
	uint64_t a = share_number(enter("::ffff:10.0.0.1"));

	ck_assert_uint_eq(share_number(enter("::ffff:10.0.0.1")), a);
	ck_assert_uint_ne(share_number(enter("::ffff:10.0.0.2")), a);
	ck_assert_uint_eq(share_number(enter("fd77::1")), share_number(enter("fd77::2")));
	ck_assert_uint_ne(share_number(enter("fd77::1")), share_number(enter("fd77:0:0:1::1")));
	ck_assert_uint_ne(share_number(enter("::1")), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("share");
	TCase *t = tcase_create("share");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, connections_of_one_client_are_counted);
	tcase_add_test(t, a_host_has_a_whole_net_of_ipv6);
	tcase_add_test(t, connections_come_at_a_rate);
	tcase_add_test(t, streams_are_counted_over_connections);
	tcase_add_test(t, who_is_at_fault_often_is_paused_alone);
	tcase_add_test(t, who_has_left_is_forgotten);
	tcase_add_test(t, a_client_has_one_number);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
