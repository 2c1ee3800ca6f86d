/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about the table of limits. */
#include <check.h>
#include <stdlib.h>

#include "core/err.h"
#include "core/limit.h"

START_TEST(every_default_lies_between_least_and_most)
{
	struct limits l;
	uint64_t v, least, most;

	limits_default(&l);
	for (size_t i = 0; i < limit_rows_n; i++) {
		const struct limit_row *row = &limit_rows[i];

		ck_assert_int_eq(limit_parse(row->kind, str_c(row->def), &v), 0);
		ck_assert_int_eq(limit_parse(row->kind, str_c(row->least), &least), 0);
		ck_assert_int_eq(limit_parse(row->kind, str_c(row->most), &most), 0);
		ck_assert_msg(least <= v && v <= most, "%s", row->name);
		ck_assert_uint_eq(*(uint64_t *)((char *)&l + row->offset), v);
	}
}
END_TEST

START_TEST(units_belong_to_their_kind)
{
	static const struct {
		enum limit_kind kind;
		const char *text;
		int want;
		uint64_t value;
	} rows[] = {
		{ LIMIT_SIZE, "8M", 0, 8 << 20 }, { LIMIT_SIZE, "512", 0, 512 },
		{ LIMIT_SIZE, "8s", -ERR_NUMBER, 0 }, { LIMIT_TIME, "30s", 0, 30000 },
		{ LIMIT_TIME, "250ms", 0, 250 }, { LIMIT_TIME, "30", -ERR_NUMBER, 0 },
		{ LIMIT_COUNT, "12", 0, 12 }, { LIMIT_COUNT, "12K", -ERR_NUMBER, 0 },
		{ LIMIT_SIZE, "99999999999999999999", -ERR_NUMBER, 0 },
		{ LIMIT_SIZE, "18446744073709551615G", -ERR_NUMBER, 0 }, { LIMIT_SIZE, "", -ERR_NUMBER, 0 },
	};
	uint64_t v = 0;

	ck_assert_int_eq(limit_parse(rows[_i].kind, str_c(rows[_i].text), &v), rows[_i].want);
	if (rows[_i].want == 0)
		ck_assert_uint_eq(v, rows[_i].value);
}
END_TEST

START_TEST(a_limit_out_of_range_changes_nothing)
{
	struct limits l;
	uint64_t before;

	limits_default(&l);
	before = l.hello;
	ck_assert_int_eq(limits_set(&l, STR("hello"), STR("1G")), -ERR_NUMBER);
	ck_assert_int_eq(limits_set(&l, STR("helo"), STR("8K")), -ERR_NOT_FOUND);
	ck_assert_uint_eq(l.hello, before);
	ck_assert_int_eq(limits_set(&l, STR("hello"), STR("8K")), 0);
	ck_assert_uint_eq(l.hello, 8192);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("limit");
	TCase *t = tcase_create("limit");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, every_default_lies_between_least_and_most);
	tcase_add_loop_test(t, units_belong_to_their_kind, 0, 11);
	tcase_add_test(t, a_limit_out_of_range_changes_nothing);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
