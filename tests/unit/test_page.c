/* SPDX-License-Identifier: BSD-2-Clause */
/* The block page: complete, harmless whatever a peer wrote, and only for those who read HTML. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "gateway/page.h"
#include "gateway/page_text.h"

static struct buf out;

static void setup(void)
{
	buf_init(&out, 65536);
}

static void teardown(void)
{
	buf_free(&out);
}

static const char *text(void)
{
	ck_assert_int_eq(buf_append(&out, "", 1), 0);
	return out.p;
}

static const char *page(bool html, const struct page *p)
{
	out.len = 0;
	ck_assert_int_eq(page_write(&out, html, p), 0);
	return text();
}

static struct page full_page(void)
{
	return (struct page){ .title = STR("Download blocked"), .reason = STR("It contains malware."),
		.rule = STR("rule one"), .verdict = STR("infected"), .name = STR("Eicar-Test"),
		.host = STR("files.example"), .url = STR("https://files.example/a"),
		.incident = STR("1-42"), .time = STR("2026-01-31T12:00:00.000Z"),
		.gateway = STR("gw.example") };
}

START_TEST(every_field_is_on_both_forms)
{
	static const char *const want[] = { "Download blocked", "It contains malware.", "rule one",
		"infected", "Eicar-Test", "files.example", "https://files.example/a", "1-42",
		"2026-01-31T12:00:00.000Z", "gw.example" };
	struct page p = full_page();
	const char *s = page(_i, &p);

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_msg(strstr(s, want[i]) != NULL, "%s is missing", want[i]);
}
END_TEST

START_TEST(empty_fields_leave_no_rows)
{
	struct page p = { .host = STR("files.example") };
	const char *s = page(_i, &p);

	ck_assert_ptr_nonnull(strstr(s, "Access blocked"));
	ck_assert_ptr_nonnull(strstr(s, "files.example"));
	ck_assert_ptr_nonnull(strstr(s, "sallyport"));
	ck_assert_ptr_null(strstr(s, "Incident"));
	ck_assert_ptr_null(strstr(s, "Verdict"));
	ck_assert_ptr_null(strstr(s, "incident number"));
}
END_TEST

START_TEST(html_is_whole_and_refers_to_nothing)
{
	struct page p = full_page();
	const char *s = page(true, &p);

	ck_assert_int_eq(strncmp(s, "<!doctype html>", 15), 0);
	ck_assert_str_eq(s + strlen(s) - 8, "</html>\n");
	ck_assert_ptr_null(strstr(s, "<script"));
	ck_assert_ptr_null(strstr(s, "href="));
	ck_assert_ptr_null(strstr(s, "src="));
	ck_assert_ptr_null(strstr(s, "url("));
	ck_assert_str_eq(page_type(true), "text/html; charset=utf-8");
	ck_assert_str_eq(page_type(false), "text/plain; charset=utf-8");
}
END_TEST

START_TEST(markup_in_any_field_is_escaped)
{
	static const struct str evil = STR("\"><script>alert('x')</script>&amp;");
	struct page p = { evil, evil, evil, evil, evil, evil, evil, evil, evil, evil };
	const char *s = page(true, &p);

	ck_assert_ptr_null(strstr(s, "<script"));
	ck_assert_ptr_null(strstr(s, "alert('x')"));
	ck_assert_ptr_nonnull(strstr(s, "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;"));
}
END_TEST

static const struct {
	struct str in;
	const char *want;
} texts[] = {
	{ STR("plain"), "plain" },
	{ STR("b\xc3\xbc" "cher \xe2\x82\xac \xf0\x9f\x94\x92"), "b\xc3\xbc" "cher \xe2\x82\xac \xf0\x9f\x94\x92" },
	{ STR("a\nb\r\tc\x7f"), "a\xef\xbf\xbd" "b\xef\xbf\xbd\xef\xbf\xbd" "c\xef\xbf\xbd" },
	{ STR("\xff\xfe"), "\xef\xbf\xbd\xef\xbf\xbd" },
	{ STR("\xc3"), "\xef\xbf\xbd" },
	{ STR("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd" },		     /* overlong '/' */
	{ STR("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },     /* surrogate */
	{ STR("\xf4\x90\x80\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ STR("\xc2\x85"), "\xef\xbf\xbd" },				     /* C1 control */
	{ STR("exe\xe2\x80\xaetxt"), "exe\xef\xbf\xbdtxt" },		     /* right-to-left override */
	{ STR("\xe2\x82<"), "\xef\xbf\xbd\xef\xbf\xbd&lt;" },		     /* cut short, then markup */
};

START_TEST(texts_become_clean_utf8)
{
	ck_assert_int_eq(page_text(&out, texts[_i].in, 100, true), 0);
	ck_assert_str_eq(text(), texts[_i].want);
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
	ck_assert_int_eq(page_text(&out, STR("ab\xe2\x82\xac" "cd"), 4, true), 0);
	ck_assert_str_eq(text(), "ab\xe2\x80\xa6");
}
END_TEST

START_TEST(the_largest_page_is_bounded_and_short_of_room_appends_nothing)
{
	static char big[100000];
	struct str s = str_of(big, sizeof(big));
	struct page p = { s, s, s, s, s, s, s, s, s, s };

	memset(big, '"', sizeof(big));
	ck_assert_int_eq(page_write(&out, true, &p), -ERR_LIMIT);
	ck_assert_uint_eq(out.len, 0);
	out.max = 1 << 20;
	ck_assert_int_eq(page_write(&out, true, &p), 0);
	ck_assert_uint_lt(out.len, 140000);
}
END_TEST

static const struct {
	const char *accept, *dest;
	bool want;
} wants[] = {
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", NULL, true },
	{ "text/html,*/*", "document", true },
	{ "*/*", "iframe", true },
	{ "text/html", "empty", false }, /* a script's fetch() */
	{ "text/html", "image", false },
	{ "*/*", NULL, false },		 /* curl */
	{ NULL, NULL, false },
	{ "application/json", NULL, false },
	{ "application/json, TEXT/HTML ;q=0.5", NULL, true },
	{ "text/html;q=0, */*", NULL, false },
	{ "text/html;q=0.000", NULL, false },
	{ "text/html;q=0.001", NULL, true },
	{ "text/htmlx", NULL, false },
};

START_TEST(html_is_for_those_who_ask_for_it)
{
	struct field fields[2];
	struct head h = { .fields = fields };

	if (wants[_i].accept != NULL)
		fields[h.nfields++] = (struct field){ STR("Accept"), str_c(wants[_i].accept) };
	if (wants[_i].dest != NULL)
		fields[h.nfields++] = (struct field){ STR("Sec-Fetch-Dest"), str_c(wants[_i].dest) };
	ck_assert_int_eq(page_wants_html(&h), wants[_i].want);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("page");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, every_field_is_on_both_forms, 0, 2);
	tcase_add_loop_test(c, empty_fields_leave_no_rows, 0, 2);
	tcase_add_test(c, html_is_whole_and_refers_to_nothing);
	tcase_add_test(c, markup_in_any_field_is_escaped);
	tcase_add_loop_test(c, texts_become_clean_utf8, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(c, long_texts_are_cut_between_characters);
	tcase_add_test(c, the_largest_page_is_bounded_and_short_of_room_appends_nothing);
	tcase_add_loop_test(c, html_is_for_those_who_ask_for_it, 0, sizeof(wants) / sizeof(wants[0]));
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
