/* SPDX-License-Identifier: BSD-2-Clause */
/* Wait pages: who gets one, their paths, what workers tell each other, what is on the page. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/err.h"
#include "gateway/body.h"
#include "gateway/navigation.h"
#include "gateway/wait_msg.h"
#include "gateway/wait_page.h"

#define F(name, value) { STR(name), STR(value) }
#define BROWSER F("User-Agent", "Mozilla/5.0 (X11)")
#define HTML F("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")

static const struct {
	const char *method;
	bool want;
	struct field f[4];
} requests[] = {
	{ "GET", true, { F("Sec-Fetch-Mode", "navigate"), F("Sec-Fetch-Dest", "document") } },
	{ "POST", true, { F("Sec-Fetch-Mode", "navigate"), F("Sec-Fetch-Dest", "document") } },
	{ "GET", true, { F("Sec-Fetch-Mode", "navigate"), F("Sec-Fetch-Dest", "iframe") } },
	{ "GET", true, { F("Sec-Fetch-Dest", "document") } },
	{ "HEAD", false, { F("Sec-Fetch-Mode", "navigate"), F("Sec-Fetch-Dest", "document") } },
	{ "PUT", false, { F("Sec-Fetch-Mode", "navigate"), F("Sec-Fetch-Dest", "document") } },
	{ "GET", false, { F("Sec-Fetch-Mode", "navigate"), F("Sec-Fetch-Dest", "empty"), HTML, BROWSER } },
	{ "GET", false, { F("Sec-Fetch-Mode", "no-cors"), F("Sec-Fetch-Dest", "image"), HTML, BROWSER } },
	{ "GET", false, { F("Sec-Fetch-Mode", "cors"), F("Sec-Fetch-Dest", "document") } },
	{ "GET", false, { F("Sec-Fetch-Mode", "navigate"), F("Sec-Fetch-Dest", "embed") } },
	{ "GET", false, { F("Sec-Fetch-Mode", "navigate"), F("Sec-Fetch-Dest", "document"), F("Range", "bytes=1-") } },
	{ "GET", false, { F("Sec-Fetch-Mode", "navigate"), F("Sec-Fetch-Dest", "document"), F("Sec-Purpose", "prefetch") } },
	{ "GET", true, { HTML, BROWSER } },
	{ "GET", false, { HTML, F("User-Agent", "curl/8") } },
	{ "GET", false, { HTML } },
	{ "GET", false, { F("Accept", "*/*"), BROWSER } },
	{ "GET", false, { F("Accept", "image/avif,text/html"), BROWSER } },
	{ "GET", false, { BROWSER } },
};

START_TEST(a_page_is_for_navigations_alone)
{
	struct head h = { .method = str_c(requests[_i].method), .fields = requests[_i].f };

	while (h.nfields < 4 && h.fields[h.nfields].name.n > 0)
		h.nfields++;
	ck_assert_int_eq(navigation_of(&h), requests[_i].want);
}
END_TEST

static const struct {
	bool want;
	struct field f[2];
} responses[] = {
	{ true, { F("Content-Type", "application/zip") } },
	{ true, { F("Content-Type", "application/octet-stream; x=y") } },
	{ true, { F("Content-Type", "text/html"), F("Content-Disposition", "attachment; filename=a") } },
	{ true, { F("Content-Disposition", "ATTACHMENT") } },
	{ true, { F("Content-Type", "text/plain") } },
	{ false, { F("Content-Type", "text/html; charset=utf-8") } },
	{ false, { F("Content-Type", "Text/HTML") } },
	{ false, { F("Content-Type", "image/svg+xml"), F("Content-Disposition", "inline") } },
	{ false, { F("Content-Type", "") } },
	{ false, { F("X", "y") } },
};

START_TEST(and_for_what_is_no_document)
{
	struct head h = { .status = 200, .fields = responses[_i].f };

	while (h.nfields < 2 && h.fields[h.nfields].name.n > 0)
		h.nfields++;
	ck_assert_int_eq(navigation_downloads(&h), responses[_i].want);
}
END_TEST

START_TEST(a_path_is_read_as_it_was_written)
{
	static const char *const names[] = { "", "a.zip", "a b\"<>\r\n.zip", ".", "..", "%2e%2e", "\xc3\xa4" };
	struct wait_path p = { .worker = 12, .whole = true }, got;
	char text[WAIT_PATH_MAX], long_name[400];

	for (unsigned i = 0; i < WAIT_TOKEN; i++)
		p.token[i] = (unsigned char)(i * 17);
	memset(long_name, 'x', sizeof(long_name));
	wait_path_write(&p, _i < 7 ? str_c(names[_i]) : str_of(long_name, sizeof(long_name)), text);
	ck_assert(wait_path_reserved(str_c(text)));
	ck_assert_ptr_null(strpbrk(text, " \"<>\r\n&;'"));
	ck_assert_int_eq(wait_path_read(str_c(text), &got), 0);
	ck_assert(got.worker == 12 && got.whole && memcmp(got.token, p.token, WAIT_TOKEN) == 0);
	p.whole = false;
	wait_path_write(&p, STR("never"), text);
	ck_assert_ptr_null(strstr(text, "never"));
	ck_assert_int_eq(wait_path_read(str_c(text), &got), 0);
	ck_assert(!got.whole);
}
END_TEST

#define TOKEN "000102030405060708090a0b0c0d0e0f"
static const char *const bad_paths[] = { "", "/", "/.well-known/sallyport/", "/.well-known/sallyport/wait/",
	"/.well-known/sallyport/wait/1", "/.well-known/sallyport/wait/1-", "/.well-known/sallyport/wait/-" TOKEN,
	"/.well-known/sallyport/wait/256-" TOKEN, "/.well-known/sallyport/wait/00001-" TOKEN,
	"/.well-known/sallyport/wait/1-" TOKEN "0", "/.well-known/sallyport/wait/1-" TOKEN "?x",
	"/.well-known/sallyport/wait/1-0001", "/.well-known/sallyport/wait/+1-" TOKEN,
	"/.well-known/sallyport/wait/1-000102030405060708090A0B0C0D0E0F", "/.well-known/SALLYPORT/wait/1-" TOKEN };

START_TEST(other_paths_are_none)
{
	struct wait_path got;

	ck_assert_int_eq(wait_path_read(str_c(bad_paths[_i]), &got), -ERR_HTTP_TARGET);
}
END_TEST

START_TEST(the_reserved_path_is_so_in_any_letters)
{
	ck_assert(wait_path_reserved(STR("/.well-known/sallyport/")));
	ck_assert(wait_path_reserved(STR("/.Well-Known/SallyPort/x?y")));
	ck_assert(!wait_path_reserved(STR("/.well-known/sallyport")));
	ck_assert(!wait_path_reserved(STR("/x/.well-known/sallyport/")));
}
END_TEST

static struct buf b;

static void setup(void)
{
	buf_init(&b, 256 << 10);
}

static void teardown(void)
{
	buf_free(&b);
}

START_TEST(questions_are_read_as_they_were_packed)
{
	struct wait_question q = { .id = 7, .token = "0123456789abcde", .client = "fedcba987654321", .tls = true,
		.whole = _i != 0, .host = STR("www.example") }, got;

	ck_assert_int_eq(wait_pack_question(&b, &q), 0);
	ck_assert_int_eq(wait_read_question(buf_view(&b), &got), 0);
	ck_assert(got.id == 7 && got.tls && got.whole == q.whole && str_eq(got.host, q.host));
	ck_assert(memcmp(got.token, q.token, WAIT_TOKEN) == 0 && memcmp(got.client, q.client, WAIT_CLIENT) == 0);
	for (size_t n = 0; n < b.len; n++)
		ck_assert_int_eq(wait_read_question(str_of(b.p, n), &got), -ERR_PROTO);
	buf_append(&b, "", 1);
	ck_assert_int_eq(wait_read_question(buf_view(&b), &got), -ERR_PROTO);
}
END_TEST

START_TEST(answers_are_read_as_they_were_packed)
{
	static struct field room[HEAD_MAX_FIELDS];
	struct field f[] = { F("Content-Type", "a/b"), F("X-Empty", "") };
	struct wait_answer a = { .id = 9, .state = WAIT_READY, .bytes = 5, .total = 6, .url = STR("/u"),
		.page = STR("page"), .status = 403, .head = { .status = 200, .fields = f, .nfields = 2, .length = 77 } }, got;

	ck_assert_int_eq(wait_pack_answer(&b, &a), 0);
	ck_assert_int_eq(wait_read_answer(buf_view(&b), &got, room), 0);
	ck_assert(got.id == 9 && got.state == WAIT_READY && got.bytes == 5 && got.total == 6 && got.status == 403);
	ck_assert(str_eq(got.url, a.url) && str_eq(got.page, a.page));
	ck_assert(got.head.status == 200 && got.head.nfields == 2 && got.head.length == 77 && got.head.has_length);
	ck_assert(str_eq(got.head.fields[0].value, STR("a/b")) && str_eq(got.head.fields[1].name, STR("X-Empty")));
	for (size_t n = 0; n < b.len; n++)
		ck_assert_int_eq(wait_read_answer(str_of(b.p, n), &got, room), -ERR_PROTO);
}
END_TEST

static const struct field bad_fields[] = { F("A", "x\r\ny"), F("A:", "x"), F("", "x"), F("A b", "x"), F("A", "x\x7f") };

START_TEST(a_field_that_would_split_a_head_is_refused)
{
	static struct field room[HEAD_MAX_FIELDS];
	struct wait_answer a = { .head = { .fields = &bad_fields[_i], .nfields = 1 } }, got;

	ck_assert_int_eq(wait_pack_answer(&b, &a), 0);
	ck_assert_int_eq(wait_read_answer(buf_view(&b), &got, room), -ERR_PROTO);
}
END_TEST

START_TEST(what_is_too_large_for_a_message_is_not_packed)
{
	static char text[WAIT_HEAD_MAX + 1];
	struct field f = { STR("A"), { text, sizeof(text) } };
	struct wait_answer a = { .page = _i == 0 ? str_of(text, WAIT_PAGE_MAX + 1) : STR_NONE,
		.head = { .fields = &f, .nfields = _i != 0 } };

	ck_assert_int_eq(wait_pack_answer(&b, &a), -ERR_LIMIT);
}
END_TEST

START_TEST(the_page_goes_on_and_leads_to_the_object_when_it_is_good)
{
	static const enum wait_state states[] = { WAIT_FETCHING, WAIT_SEARCHING, WAIT_READY };
	struct wait_answer a = { .state = states[_i], .bytes = 3 << 20, .total = 6 << 20, .url = STR("/d/<b>.zip?x") };

	ck_assert_int_eq(wait_page(&b, &a, STR("www.example"), "/own", "/own/b.zip", 2500), 0);
	buf_append(&b, "", 1);
	ck_assert_ptr_nonnull(strstr(b.p, _i == 2 ? "content=\"0;url=/own/b.zip\"" : "content=\"3;url=/own\""));
	ck_assert_int_eq(strstr(b.p, "href=\"/own/b.zip\"") != NULL, _i == 2);
	ck_assert_ptr_nonnull(strstr(b.p, _i == 2 ? "3.0 MiB<" : "3.0 MiB of 6.0 MiB"));
	ck_assert_ptr_nonnull(strstr(b.p, "&lt;b&gt;.zip"));
	ck_assert_ptr_null(strstr(b.p, "<b>"));
	ck_assert_ptr_null(strstr(b.p, "<script"));
}
END_TEST

/* What comes from another worker: 0 good, 1 not sealed, 2 sealed in part, 3 shorter than it says. */
START_TEST(an_object_is_sealed_memory_of_its_length)
{
	static struct worker w;
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING), seals = F_SEAL_SHRINK | F_SEAL_GROW;
	struct body *body;
	char text[8];

	ck_assert(write(fd, "object", 6) == 6);
	if (_i != 1)
		ck_assert(fcntl(fd, F_ADD_SEALS, _i == 2 ? seals : seals | F_SEAL_WRITE | F_SEAL_SEAL) == 0);
	body = body_from(&w, fd, _i == 3 ? 7 : 6);
	ck_assert_int_eq(body != NULL, _i == 0);
	if (body == NULL)
		return;
	ck_assert_int_eq(body_read(body, 0, text, sizeof(text)), 6);
	ck_assert(memcmp(text, "object", 6) == 0 && body_length(body) == 6);
	body_free(body);
}
END_TEST

#define ROWS(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *s = suite_create("wait");
	TCase *t = tcase_create("wait");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_page_is_for_navigations_alone, 0, ROWS(requests));
	tcase_add_loop_test(t, and_for_what_is_no_document, 0, ROWS(responses));
	tcase_add_loop_test(t, a_path_is_read_as_it_was_written, 0, 8);
	tcase_add_loop_test(t, other_paths_are_none, 0, ROWS(bad_paths));
	tcase_add_test(t, the_reserved_path_is_so_in_any_letters);
	tcase_add_loop_test(t, questions_are_read_as_they_were_packed, 0, 2);
	tcase_add_test(t, answers_are_read_as_they_were_packed);
	tcase_add_loop_test(t, a_field_that_would_split_a_head_is_refused, 0, ROWS(bad_fields));
	tcase_add_loop_test(t, what_is_too_large_for_a_message_is_not_packed, 0, 2);
	tcase_add_loop_test(t, the_page_goes_on_and_leads_to_the_object_when_it_is_good, 0, 3);
	tcase_add_loop_test(t, an_object_is_sealed_memory_of_its_length, 0, 4);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
