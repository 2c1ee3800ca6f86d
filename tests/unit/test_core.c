/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about views, buffers, packed messages, JSON lines, bundles and verdict words. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base64.h"
#include "core/bundle.h"
#include "core/err.h"
#include "core/json.h"
#include "core/pack.h"
#include "core/verdict.h"

START_TEST(numbers_have_digits_only_and_do_not_overflow)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = { { "0", 0 }, { "18446744073709551615", 0 }, { "18446744073709551616", -ERR_NUMBER },
		{ "", -ERR_NUMBER }, { "+1", -ERR_NUMBER }, { "-1", -ERR_NUMBER }, { " 1", -ERR_NUMBER },
		{ "1 ", -ERR_NUMBER }, { "0x10", -ERR_NUMBER }, { "1e3", -ERR_NUMBER } };
	uint64_t v;

	ck_assert_int_eq(str_u64(str_c(rows[_i].text), &v), rows[_i].want);
}
END_TEST

START_TEST(hexadecimal_is_at_most_sixteen_digits)
{
	uint64_t v = 0;

	ck_assert_int_eq(str_hex64(STR("fFfFfFfFfFfFfFfF"), &v), 0);
	ck_assert_uint_eq(v, UINT64_MAX);
	ck_assert_int_eq(str_hex64(STR("10000000000000000"), &v), -ERR_NUMBER);
	ck_assert_int_eq(str_hex64(STR(""), &v), -ERR_NUMBER);
	ck_assert_int_eq(str_hex64(STR("0x1"), &v), -ERR_NUMBER);
}
END_TEST

START_TEST(list_elements_are_trimmed_and_empty_ones_skipped)
{
	struct str rest = STR(" , gzip ,,\tbr,"), e;

	ck_assert(str_next(&rest, ',', &e) && str_eq(e, STR("gzip")));
	ck_assert(str_next(&rest, ',', &e) && str_eq(e, STR("br")));
	ck_assert(!str_next(&rest, ',', &e));
}
END_TEST

START_TEST(a_buffer_never_exceeds_its_maximum)
{
	struct buf b;
	char eight[8] = "abcdefgh";

	buf_init(&b, 20);
	ck_assert_int_eq(buf_append(&b, eight, 8), 0);
	ck_assert_int_eq(buf_append(&b, eight, 8), 0);
	ck_assert_int_eq(buf_append(&b, eight, 8), -ERR_LIMIT);
	ck_assert_uint_eq(b.len, 16);
	buf_consume(&b, 8);
	ck_assert_int_eq(buf_append(&b, eight, 8), 0);
	ck_assert(str_eq(buf_view(&b), STR("abcdefghabcdefgh")));
	ck_assert_int_eq(buf_printf(&b, "%s", "12345"), -ERR_LIMIT);
	buf_free(&b);
}
END_TEST

START_TEST(a_reader_refuses_left_over_and_missing_bytes)
{
	struct buf b;
	struct rd r;

	buf_init(&b, 100);
	pack_u16(&b, 0x1234);
	pack_str(&b, STR("name"));
	r = rd_of(buf_view(&b));
	ck_assert_uint_eq(rd_u16(&r), 0x1234);
	ck_assert_int_eq(rd_done(&r), -ERR_PROTO);
	ck_assert(str_eq(rd_str(&r, 4), STR("name")));
	ck_assert_int_eq(rd_done(&r), 0);
	rd_u8(&r);
	ck_assert_int_eq(rd_done(&r), -ERR_PROTO);
	r = rd_of(buf_view(&b));
	rd_u16(&r);
	ck_assert_uint_eq(rd_str(&r, 3).n, 0); /* longer than the caller allows */
	ck_assert_int_eq(rd_done(&r), -ERR_PROTO);
	buf_free(&b);
}
END_TEST

START_TEST(json_escapes_controls_quotes_and_bad_utf8)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "a\"b\\c", "{\"k\":\"a\\\"b\\\\c\"}\n" },
		{ "x\n\x01\x7f", "{\"k\":\"x\\u000a\\u0001\\u007f\"}\n" },
		{ "\xc3\xa4", "{\"k\":\"\xc3\xa4\"}\n" },
		{ "\xc0\xaf", "{\"k\":\"\xef\xbf\xbd\xef\xbf\xbd\"}\n" },
		{ "\xed\xa0\x80", "{\"k\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}\n" },
		{ "\xf0\x9f\x92\xa9", "{\"k\":\"\xf0\x9f\x92\xa9\"}\n" },
		{ "cut\xe2\x82", "{\"k\":\"cut\xef\xbf\xbd\xef\xbf\xbd\"}\n" },
	};
	struct json j;
	struct buf b;

	buf_init(&b, 1000);
	json_begin(&j, &b);
	json_c(&j, "k", rows[_i].in);
	ck_assert_int_eq(json_end(&j), 0);
	ck_assert(str_eq(buf_view(&b), str_c(rows[_i].want)));
	buf_free(&b);
}
END_TEST

START_TEST(a_json_line_without_room_leaves_nothing)
{
	struct json j;
	struct buf b;

	buf_init(&b, 16);
	json_begin(&j, &b);
	json_c(&j, "key", "a value that is too long");
	ck_assert_int_eq(json_end(&j), -ERR_LIMIT);
	ck_assert_uint_eq(b.len, 0);
	buf_free(&b);
}
END_TEST

START_TEST(a_bundle_gives_back_its_entries)
{
	struct bundle *b = bundle_new();
	struct str s;
	int err, fd;

	ck_assert_int_eq(bundle_add(b, STR("config"), STR("a: b\n")), 0);
	ck_assert_int_eq(bundle_add(b, STR("empty"), STR_NONE), 0);
	fd = bundle_seal(b);
	bundle_free(b);
	ck_assert_int_ge(fd, 0);
	b = bundle_open(fd, &err);
	close(fd);
	ck_assert_ptr_nonnull(b);
	ck_assert(bundle_get(b, STR("config"), &s) && str_eq(s, STR("a: b\n")));
	ck_assert(bundle_get(b, STR("empty"), &s) && s.n == 0);
	ck_assert(!bundle_get(b, STR("other"), &s));
	bundle_free(b);
}
END_TEST

START_TEST(an_unsealed_bundle_is_refused)
{
	int err = 0, fd = memfd_create("x", MFD_ALLOW_SEALING);

	ck_assert_int_eq(write(fd, "\0\0\0\0\0\0\0\0", 8), 8);
	ck_assert_ptr_null(bundle_open(fd, &err));
	ck_assert_int_eq(err, -ERR_PROTO);
	close(fd);
}
END_TEST

START_TEST(verdict_words_are_found_again)
{
	enum verdict_class c;
	enum verdict_reason r;

	for (int i = 0; i < VERDICT_COUNT; i++)
		ck_assert(verdict_of(str_c(verdict_word((enum verdict_class)i)), &c) && c == (enum verdict_class)i);
	for (int i = 0; i < REASON_COUNT; i++)
		ck_assert(reason_of(str_c(reason_word((enum verdict_reason)i)), &r) && r == (enum verdict_reason)i);
	ck_assert(!verdict_of(STR("fine"), &c));
}
END_TEST

START_TEST(verdict_names_are_printable)
{
	struct verdict v = verdict_make(VERDICT_INFECTED, REASON_NONE, str_of("a\n\0b", 4));

	ck_assert_str_eq(v.name, "a??b");
}
END_TEST

START_TEST(every_error_has_a_text_and_a_lower_case_name)
{
	for (int i = 1; i < ERR_COUNT; i++) {
		ck_assert_str_ne(err_text(-i), "unknown error");
		ck_assert_int_eq(strpbrk(err_name(i), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL, 1);
	}
	ck_assert_str_eq(err_text(ERR_COUNT), "unknown error");
}
END_TEST

START_TEST(base64)
{
	static const struct {
		const char *in, *out;
	} rows[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "\xfb\xff", "+/8=" } }; /* RFC 4648 section 10 */
	char to[16];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_uint_eq(base64_write(rows[i].in, strlen(rows[i].in), to), strlen(rows[i].out));
		ck_assert_str_eq(to, rows[i].out);
		for (const char *p = to; *p != '\0' && *p != '='; p++)
			ck_assert_int_ge(base64_value(*p), 0);
	}
	ck_assert_int_eq(base64_value('+'), 62);
	ck_assert_int_eq(base64_value('='), -1);
	ck_assert_int_eq(base64_value('-'), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("core");
	TCase *t = tcase_create("core");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, numbers_have_digits_only_and_do_not_overflow, 0, 10);
	tcase_add_test(t, hexadecimal_is_at_most_sixteen_digits);
	tcase_add_test(t, list_elements_are_trimmed_and_empty_ones_skipped);
	tcase_add_test(t, a_buffer_never_exceeds_its_maximum);
	tcase_add_test(t, a_reader_refuses_left_over_and_missing_bytes);
	tcase_add_loop_test(t, json_escapes_controls_quotes_and_bad_utf8, 0, 7);
	tcase_add_test(t, a_json_line_without_room_leaves_nothing);
	tcase_add_test(t, a_bundle_gives_back_its_entries);
	tcase_add_test(t, an_unsealed_bundle_is_refused);
	tcase_add_test(t, verdict_words_are_found_again);
	tcase_add_test(t, verdict_names_are_printable);
	tcase_add_test(t, every_error_has_a_text_and_a_lower_case_name);
	tcase_add_test(t, base64);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
