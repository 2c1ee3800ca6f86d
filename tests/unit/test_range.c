/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about ranges: what is asked for, what it becomes, when it does not count. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "http/date.h"
#include "http/range.h"

/* "2-5 7-9": the ranges; "whole", "none". */
static const struct {
	const char *field;
	uint64_t length;
	const char *want;
} asked[] = {
	{ "bytes=0-499", 10000, "0-499" },
	{ "bytes=500-999", 10000, "500-999" },
	{ "bytes=-500", 10000, "9500-9999" },
	{ "bytes=9500-", 10000, "9500-9999" },
	{ "bytes=0-0,-1", 10000, "0-0 9999-9999" },
	{ "bytes= 0-0, -1", 10000, "0-0 9999-9999" },
	{ "BYTES=0-1", 10, "0-1" },
	{ "bytes=,0-1,,", 10, "0-1" },
	{ "bytes=5-100", 10, "5-9" },
	{ "bytes=-100", 10, "0-9" },
	{ "bytes=0-18446744073709551616", 10, "0-9" },
	{ "bytes=18446744073709551616-", 10, "none" },
	{ "bytes=-99999999999999999999", 10, "0-9" },
	{ "bytes=10-", 10, "none" },
	{ "bytes=10-20,-0", 10, "none" },
	{ "bytes=-0", 10, "none" },
	{ "bytes=-1", 0, "none" },
	{ "bytes=0-", 0, "none" },
	{ "bytes=20-,0-1", 10, "0-1" },
	/* Joined where they overlap, touch, or a part's head is larger than the gap. */
	{ "bytes=0-99,50-149", 10000, "0-149" },
	{ "bytes=0-99,100-149", 10000, "0-149" },
	{ "bytes=0-99,150-199", 10000, "0-199" },
	{ "bytes=0-99,181-199", 10000, "0-99 181-199" },
	{ "bytes=500-599,0-99", 10000, "500-599 0-99" },
	{ "bytes=500-599,0-99,90-510", 10000, "0-599" },
	{ "bytes=5000-5099,0-99,9000-9099,5050-5200", 10000, "5000-5200 0-99 9000-9099" },
	{ "bytes=0-,0-,0-,0-", 10, "0-9" },
	/* Malformed: ignored. */
	{ "", 10, "whole" },
	{ "bytes", 10, "whole" },
	{ "bytes=", 10, "whole" },
	{ "bytes=,", 10, "whole" },
	{ "bytes=-", 10, "whole" },
	{ "bytes=a-b", 10, "whole" },
	{ "bytes=5-2", 10, "whole" },
	{ "bytes=0-1,5-2", 10, "whole" },
	{ "bytes=+1-2", 10, "whole" },
	{ "bytes=1 -2", 10, "whole" },
	{ "bytes=1--2", 10, "whole" },
	{ "bytes=0x1-2", 10, "whole" },
	{ "bytes =0-1", 10, "whole" },
	{ "items=0-1", 10, "whole" },
	{ "0-1", 10, "whole" },
};

START_TEST(ranges_are_read)
{
	struct ranges r;
	enum range_answer a = range_read(str_c(asked[_i].field), asked[_i].length, &r);
	char got[256] = "";

	for (size_t i = 0; i < r.n; i++)
		sprintf(got + strlen(got), "%s%llu-%llu", i > 0 ? " " : "",
		    (unsigned long long)r.r[i].first, (unsigned long long)r.r[i].last);
	if (a != RANGE_PART)
		strcpy(got, a == RANGE_WHOLE ? "whole" : "none");
	ck_assert_msg(strcmp(got, asked[_i].want) == 0, "%s: %s", asked[_i].field, got);
}
END_TEST

START_TEST(too_many_ranges_are_ignored)
{
	char field[400] = "bytes=0-0";
	struct ranges r;

	for (int i = 1; i < RANGE_MOST; i++)
		sprintf(field + strlen(field), ",%d-%d", i * 1000, i * 1000);
	ck_assert_int_eq(range_read(str_c(field), 1000000, &r), RANGE_PART);
	ck_assert_uint_eq(r.n, RANGE_MOST);
	strcat(field, ",500000-");
	ck_assert_int_eq(range_read(str_c(field), 1000000, &r), RANGE_WHOLE);
}
END_TEST

START_TEST(single_ranges_are_told)
{
	ck_assert(range_single(STR("bytes=5-")));
	ck_assert(range_single(STR("bytes=-5")));
	ck_assert(range_single(STR("bytes=5-9")));
	ck_assert(!range_single(STR("bytes=5-9,20-")));
	ck_assert(!range_single(STR("bytes=9-5")));
	ck_assert(!range_single(STR("bytes=-0")));
	ck_assert(!range_single(STR("lines=5-9")));
	ck_assert(!range_single(STR("")));
}
END_TEST

#define DAY "Sun, 06 Nov 1994 08:49:37 GMT"
#define LATER "Sun, 06 Nov 1994 08:49:38 GMT"

static const struct {
	const char *if_range, *etag, *modified, *date;
	bool met;
} conditions[] = {
	{ "", "", "", "", true },
	{ "\"a\"", "\"a\"", "", "", true },
	{ "\"a\"", "\"b\"", "", "", false },
	{ "\"a\"", "", "", "", false },
	{ "\"a\"", "W/\"a\"", "", "", false },
	{ "W/\"a\"", "W/\"a\"", "", "", false },
	{ "\"", "\"a\"", "", "", false },
	{ DAY, "", DAY, LATER, true },
	{ DAY, "", DAY, DAY, false }, /* it might have changed twice within that second */
	{ DAY, "", DAY, "", false },
	{ DAY, "", LATER, LATER, false },
	{ LATER, "", DAY, LATER, false },
	{ "yesterday", "", "yesterday", LATER, false },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", "", "Sunday, 06-Nov-94 08:49:37 GMT", LATER, false },
};

START_TEST(if_range_needs_the_same_strong_validator)
{
	struct field f[3];
	struct head h = { .status = 200, .fields = f };

	if (conditions[_i].etag[0] != '\0')
		f[h.nfields++] = (struct field){ STR("ETag"), str_c(conditions[_i].etag) };
	if (conditions[_i].modified[0] != '\0')
		f[h.nfields++] = (struct field){ STR("Last-Modified"), str_c(conditions[_i].modified) };
	if (conditions[_i].date[0] != '\0')
		f[h.nfields++] = (struct field){ STR("Date"), str_c(conditions[_i].date) };
	ck_assert_msg(range_if(str_c(conditions[_i].if_range), &h) == conditions[_i].met, "row %d", _i);
}
END_TEST

static const struct {
	const char *field;
	bool good;
	uint64_t first, last, length;
} contents[] = {
	{ "bytes 0-499/1234", true, 0, 499, 1234 },
	{ "Bytes 734-1233/1234", true, 734, 1233, 1234 },
	{ "bytes 42-1233/*", true, 42, 1233, UINT64_MAX },
	{ "bytes 0-1234/1234", false, 0, 0, 0 },
	{ "bytes 5-4/1234", false, 0, 0, 0 },
	{ "bytes */1234", false, 0, 0, 0 },
	{ "bytes 0-1/", false, 0, 0, 0 },
	{ "bytes 0-1", false, 0, 0, 0 },
	{ "bytes 0-/5", false, 0, 0, 0 },
	{ "bytes=0-1/5", false, 0, 0, 0 },
	{ "bytes 0 - 1/5", false, 0, 0, 0 },
	{ "bytes 0-1/18446744073709551615", false, 0, 0, 0 },
	{ "items 0-1/5", false, 0, 0, 0 },
	{ "", false, 0, 0, 0 },
};

START_TEST(content_range_is_read)
{
	struct range r;
	uint64_t length;
	int e = range_read_content(str_c(contents[_i].field), &r, &length);

	ck_assert_msg((e == 0) == contents[_i].good, "%s", contents[_i].field);
	if (e != 0)
		return;
	ck_assert_uint_eq(r.first, contents[_i].first);
	ck_assert_uint_eq(r.last, contents[_i].last);
	ck_assert_uint_eq(length, contents[_i].length);
}
END_TEST

static const struct {
	const char *text;
	int64_t want; /* -1: none */
} dates[] = {
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
	{ "Thu, 29 Feb 2024 23:59:59 GMT", 1709251199 },
	{ "Fri, 01 Mar 2024 00:00:00 GMT", 1709251200 },
	{ "Tue, 19 Jan 2038 03:14:08 GMT", 2147483648 },
	{ "Sun, 06 Nov 1994 08:49:37 UTC", -1 },
	{ "Sun, 06 Nov 1994 24:00:00 GMT", -1 },
	{ "Sun, 00 Nov 1994 08:49:37 GMT", -1 },
	{ "Sun, 06 nov 1994 08:49:37 GMT", -1 },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", -1 },
	{ "Sun Nov  6 08:49:37 1994", -1 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT ", -1 },
	{ "", -1 },
};

START_TEST(dates_are_read)
{
	int64_t got = 0;
	int r = date_read(str_c(dates[_i].text), &got);

	ck_assert_msg(dates[_i].want < 0 ? r == -ERR_NUMBER : r == 0 && got == dates[_i].want, "%s: %lld",
	    dates[_i].text, (long long)got);
}
END_TEST

#define ROWS(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *s = suite_create("range");
	TCase *t = tcase_create("range");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, ranges_are_read, 0, ROWS(asked));
	tcase_add_test(t, too_many_ranges_are_ignored);
	tcase_add_test(t, single_ranges_are_told);
	tcase_add_loop_test(t, if_range_needs_the_same_strong_validator, 0, ROWS(conditions));
	tcase_add_loop_test(t, content_range_is_read, 0, ROWS(contents));
	tcase_add_loop_test(t, dates_are_read, 0, ROWS(dates));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
