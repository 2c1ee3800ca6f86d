/* SPDX-License-Identifier: BSD-2-Clause */
/* The least rate of who is waited for, and where frames begin and end. */
#include <check.h>
#include <stdlib.h>

#include "core/pace.h"
#include "http/h2_frames.h"

static struct limits limits;
static struct pace p;

static void setup(void)
{
	limits_default(&limits);
	limits.rate_least = 100;
	limits.rate_grace = 10000;
	p = (struct pace){ 0 };
}

START_TEST(a_byte_now_and_then_is_slow_after_a_stretch)
{
	for (uint64_t s = 0; s < 10; s++)
		ck_assert(!pace_slow(&p, &limits, true, s, 1000 + s * 1000));
	ck_assert(pace_slow(&p, &limits, true, 10, 11000));
}
END_TEST

START_TEST(an_hour_at_the_rate_is_fine)
{
	for (uint64_t s = 0; s < 3600; s++)
		ck_assert(!pace_slow(&p, &limits, true, s * 100, 1000 + s * 1000));
}
END_TEST

START_TEST(a_fast_beginning_is_no_credit)
{
	bool slow = false;

	ck_assert(!pace_slow(&p, &limits, true, 0, 1000));
	for (uint64_t s = 1; s < 25; s++)
		slow |= pace_slow(&p, &limits, true, 100000000 + s, 1000 + s * 1000);
	ck_assert(slow);
}
END_TEST

START_TEST(who_waits_himself_is_not_slow)
{
	for (uint64_t s = 0; s < 100; s++)
		ck_assert(!pace_slow(&p, &limits, s % 9 != 0, 0, 1000 + s * 1000));
	limits.rate_least = 0;
	for (uint64_t s = 0; s < 100; s++)
		ck_assert(!pace_slow(&p, &limits, true, 0, 1000 + s * 1000));
}
END_TEST

static const struct {
	const char *name, *bytes;
	size_t n;
	bool waits;
} rows[] = {
	{ "nothing", "", 0, false },
	{ "a part of a header", "\0\0\4", 3, true },
	{ "a header without its payload", "\0\0\4\4\0\0\0\0\0", 9, true },
	{ "a whole frame", "\0\0\1\4\0\0\0\0\0a", 10, false },
	{ "an empty frame", "\0\0\0\4\1\0\0\0\0", 9, false },
	{ "one, and a part of the next", "\0\0\0\4\1\0\0\0\0\0", 10, true },
	{ "a head without its end", "\0\0\1\1\0\0\0\0\1a", 10, true },
	{ "and with it", "\0\0\1\1\0\0\0\0\1a\0\0\1\x9\4\0\0\0\1b", 20, false },
	{ "a body may take its time", "\0\0\4\0\0\0\0\0\1a", 10, false },
};

START_TEST(what_is_under_way_is_known_however_it_is_cut)
{
	for (size_t piece = 1; piece <= 20; piece++) {
		struct h2_frames f = { 0 };

		for (size_t at = 0; at < rows[_i].n; at += piece)
			h2_frames_walk(&f, str_of(rows[_i].bytes + at, rows[_i].n - at < piece ? rows[_i].n - at : piece), 7);
		ck_assert_msg((f.since != 0) == rows[_i].waits, "%s by %zu", rows[_i].name, piece);
	}
}
END_TEST

START_TEST(the_first_byte_says_since_when)
{
	struct h2_frames f = { .skip = 24 };

	h2_frames_walk(&f, STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 1);
	ck_assert_uint_eq(f.since, 0);
	h2_frames_walk(&f, str_of("\0", 1), 2);
	h2_frames_walk(&f, str_of("\0\4\4", 3), 3);
	ck_assert_uint_eq(f.since, 2);
	h2_frames_walk(&f, str_of("\0\0\0\0\0abcd\0", 10), 4);
	ck_assert_uint_eq(f.since, 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pace");
	TCase *t = tcase_create("pace");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_byte_now_and_then_is_slow_after_a_stretch);
	tcase_add_test(t, an_hour_at_the_rate_is_fine);
	tcase_add_test(t, a_fast_beginning_is_no_credit);
	tcase_add_test(t, who_waits_himself_is_not_slow);
	tcase_add_loop_test(
	    t, what_is_under_way_is_known_however_it_is_cut, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, the_first_byte_says_since_when);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
