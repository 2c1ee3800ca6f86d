/* SPDX-License-Identifier: BSD-2-Clause */
/* Retro-hunts: audit lines read again, digests found in them, messages and texts about it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "gateway/audit.h"
#include "gateway/hunt_msg.h"
#include "gateway/hunt_text.h"

#define D1 "1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "2222222222222222222222222222222222222222222222222222222222222222"

static struct limits limits;
static struct hunt *hunt;

static void setup(void)
{
	unsigned char one[32], two[32];

	limits_default(&limits);
	limits.hunt_clients = 3;
	limits.hunt_paths = 2;
	hunt = hunt_new(&limits);
	ck_assert(audit_read_sha256(STR(D1), one) && audit_read_sha256(STR(D2), two));
	ck_assert_int_eq(hunt_want(hunt, two, STR("Two")), 0);
	ck_assert_int_eq(hunt_want(hunt, one, STR("One")), 0);
	ck_assert_int_eq(hunt_want(hunt, one, STR("Other")), 0);
	ck_assert_uint_eq(hunt_count(hunt), 2);
}

static void teardown(void)
{
	hunt_free(hunt);
}

static void line_of(struct buf *b, const char *ts, const char *client, const char *path, const char *more)
{
	ck_assert_int_eq(buf_printf(b, "{\"ts\":\"%s\",\"event\":\"transaction\",\"client\":\"%s\",\"host\":\"h\",\"path\":\"%s\"%s}\n",
			     ts, client, path, more), 0);
}

static void feed_line(const char *ts, const char *client, const char *path, const char *more)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	line_of(&b, ts, client, path, more);
	hunt_feed(hunt, buf_view(&b));
	buf_free(&b);
}

#define DOWN(d, how) ",\"sha256_down\":\"" d "\",\"length_down\":7,\"passed_down\":\"" how "\""
#define UP(d, how) ",\"sha256_up\":\"" d "\",\"length_up\":7,\"passed_up\":\"" how "\""

START_TEST(who_had_it_is_found_with_times_and_counts)
{
	const struct hunt_finding *f = hunt_at(hunt, 0);

	feed_line("2026-01-02T00:00:00.000Z", "10.0.0.2", "/b", DOWN(D1, "whole"));
	feed_line("2026-01-01T00:00:00.000Z", "10.0.0.1", "/a", UP(D1, "whole") DOWN(D2, "none") ",\"incident\":\"abc\"");
	feed_line("2026-01-03T00:00:00.000Z", "10.0.0.1", "/a", DOWN(D1, "part"));
	feed_line("2026-01-03T00:00:00.000Z", "10.0.0.1", "/a", DOWN(D1, "later"));
	ck_assert_str_eq(f->name, "One");
	ck_assert(hunt_found(f));
	ck_assert_uint_eq(f->downloads, 1);
	ck_assert_uint_eq(f->uploads, 1);
	ck_assert_uint_eq(f->downloads_part, 1);
	ck_assert_uint_eq(f->downloads_later, 1);
	ck_assert_uint_eq(f->blocked, 0);
	ck_assert_uint_eq(f->length, 7);
	ck_assert_str_eq(f->first, "2026-01-01T00:00:00.000Z");
	ck_assert_str_eq(f->last, "2026-01-03T00:00:00.000Z");
	ck_assert_uint_eq(f->clients.n, 2);
	ck_assert_str_eq(f->clients.text[0], "10.0.0.2");
	ck_assert_str_eq(f->paths.text[1], "/a");
	ck_assert_str_eq(f->incidents.text[0], "abc");
	ck_assert_uint_eq(hunt_at(hunt, 1)->blocked, 1);
	ck_assert_str_eq(hunt_at(hunt, 1)->incidents.text[0], "abc");
}
END_TEST

START_TEST(any_segmentation_finds_the_same)
{
	struct buf b;
	struct str s;

	buf_init(&b, 1 << 20);
	for (int i = 0; i < 5; i++) {
		line_of(&b, "2026-01-02T00:00:00.000Z", "10.0.0.2", "/b", DOWN(D1, "whole"));
		line_of(&b, "2026-01-02T00:00:00.000Z", "10.0.0.2", "/c", "");
	}
	s = buf_view(&b);
	for (size_t piece = 1; piece < 600; piece += 7) {
		hunt_free(hunt);
		setup();
		for (size_t at = 0; at < s.n; at += piece)
			hunt_feed(hunt, str_sub(s, at, piece));
		hunt_end(hunt);
		ck_assert_uint_eq(hunt_at(hunt, 0)->downloads, 5);
		ck_assert_uint_eq(hunt_bytes(hunt), s.n);
	}
	buf_free(&b);
}
END_TEST

START_TEST(lists_are_bounded_and_the_rest_is_counted)
{
	const struct hunt_finding *f = hunt_at(hunt, 0);
	char client[32];

	for (int k = 0; k < 2; k++)
		for (int i = 0; i < 2000; i++) {
			snprintf(client, sizeof(client), "10.0.%d.%d", i / 256, i % 256);
			feed_line("2026-01-02T00:00:00.000Z", client, i < 10 ? client : "/", DOWN(D1, "whole"));
		}
	ck_assert_uint_eq(f->clients.n, 3);
	ck_assert_uint_eq(f->clients.nothers, 1024);
	ck_assert(f->clients.more);
	ck_assert_uint_eq(f->paths.n, 2);
	ck_assert_uint_eq(f->paths.nothers, 9);
	ck_assert(!f->paths.more);
	ck_assert_uint_eq(f->downloads, 4000);
}
END_TEST

START_TEST(a_line_too_long_is_passed_over_and_the_next_is_read)
{
	struct str a = STR("{\"ts\":\"");
	static char big[70000];

	memset(big, 'a', sizeof(big));
	hunt_feed(hunt, a);
	hunt_feed(hunt, str_of(big, sizeof(big)));
	hunt_feed(hunt, STR("\",\"sha256_down\":\"" D1 "\"}\n"));
	feed_line("2026-01-02T00:00:00.000Z", "10.0.0.2", "/b", DOWN(D1, "whole"));
	ck_assert_uint_eq(hunt_at(hunt, 0)->downloads, 1);
}
END_TEST

START_TEST(a_line_that_is_still_written_is_passed_over)
{
	hunt_feed(hunt, STR("{\"event\":\"transaction\",\"sha256_down\":\"" D1 "\"}"));
	hunt_end(hunt);
	feed_line("2026-01-02T00:00:00.000Z", "10.0.0.2", "/b", DOWN(D1, "whole"));
	ck_assert_uint_eq(hunt_at(hunt, 0)->downloads, 1);
	ck_assert_uint_eq(hunt_at(hunt, 0)->blocked, 0);
}
END_TEST

/* Lines of hostile texts: what a client put into its path is no member. */
static const struct {
	struct str line;
	bool seen, find;
} rows[] = {
	{ STR("{\"event\":\"transaction\",\"sha256_down\":\"" D1 "\"}"), true, true },
	{ STR("{\"event\":\"transaction\",\"path\":\"\\\"sha256_down\\\":\\\"" D1 "\\\"\"}"), false, false },
	{ STR("{\"event\":\"transaction\",\"path\":\"/\\\\\",\"sha256_up\":\"" D1 "\"}"), true, true },
	{ STR("{\"event\":\"retro_alert\",\"sha256_down\":\"" D1 "\"}"), false, true },
	{ STR("{\"event\":\"transaction\",\"sha256_down\":\"11\"}"), false, false },
	{ STR("{\"event\":\"transaction\",\"sha256_down\":\"" D1 "\""), false, true },
	{ STR("{\"event\":\"transaction\",\"sha256_down\":\"" D1 "\"}x"), false, true },
	{ STR("{\"event\":\"transaction\",\"sha256_down\":\"" D1 "\",}"), false, true },
	{ STR("{\"event\":\"transaction\"\"sha256_down\":\"" D1 "\"}"), false, true },
	{ STR("{\"event\":\"transaction\",\"a\":{\"sha256_down\":\"" D1 "\"}}"), false, true },
	{ STR("{\"event\":\"transaction\",\"a\":-1,\"b\":true,\"sha256_down\":\"" D1 "\"}"), true, true },
	{ STR("{}"), false, false },
	{ STR("{"), false, false },
	{ STR(""), false, false },
};

START_TEST(lines_are_read_strictly)
{
	struct audit_seen s;

	ck_assert_int_eq(audit_read_seen(rows[_i].line, &s), rows[_i].seen);
	ck_assert_int_eq(audit_find_digest(rows[_i].line, 0) >= 0, rows[_i].find);
}
END_TEST

START_TEST(texts_lose_their_escapes_and_control_bytes)
{
	struct audit_seen s;

	ck_assert(audit_read_seen(STR("{\"event\":\"transaction\",\"path\":\"/\\\"\\\\\\u0041\\u001b\\n\xc3\xbc\\u20ac\",\"sha256_up\":\"" D1 "\"}"), &s));
	ck_assert_str_eq(s.path, "/\"\\A??\xc3\xbc?");
}
END_TEST

/* What the audit's own writer makes of hostile texts is read as it was. */
START_TEST(lines_as_they_are_written_are_read)
{
	struct audit_seen s;
	struct json j;
	struct buf b;
	char path[257];

	for (size_t i = 0; i < 256; i++)
		path[i] = (char)(i + 1);
	path[256] = '\0';
	buf_init(&b, AUDIT_LINE_MAX);
	audit_begin(&j, &b, "transaction");
	audit_str(&j, "path", str_c(path));
	audit_str(&j, "host", STR("\",\"sha256_up\":\"" D2 "\",\"x\":\""));
	json_c(&j, "sha256_down", D1);
	json_c(&j, "passed_down", "whole");
	ck_assert_int_eq(json_end(&j), 0);
	ck_assert(audit_read_seen(str_sub(buf_view(&b), 0, b.len - 1), &s));
	ck_assert(!s.up.known && s.down.known);
	ck_assert_int_eq(s.down.passed, PASSED_WHOLE);
	ck_assert_str_eq(s.host, "\",\"sha256_up\":\"" D2 "\",\"x\":\"");
	ck_assert_int_eq(memcmp(s.path + 0x1f, " !\"#", 4), 0);
	hunt_feed(hunt, buf_view(&b));
	ck_assert_uint_eq(hunt_at(hunt, 0)->downloads, 1);
	ck_assert(!hunt_found(hunt_at(hunt, 1)));
	buf_free(&b);
}
END_TEST

/* The longest texts of every kind still make one line that the recorder would take. */
START_TEST(the_largest_finding_is_one_line)
{
	struct hunt *h;
	struct json j;
	struct buf b;
	char path[300], more[400], client[64];
	unsigned char one[32];

	limits.hunt_clients = 500;
	limits.hunt_paths = 32;
	h = hunt_new(&limits);
	audit_read_sha256(STR(D1), one);
	hunt_want(h, one, STR("Name"));
	for (int i = 0; i < 600; i++) {
		struct buf in;

		buf_init(&in, 8192);
		memset(path, '\0', sizeof(path));
		for (int k = 0; k < 250; k++)
			path[k] = (char)0xc3; /* three bytes each when they are written again */
		snprintf(path, 8, "%d", i);
		path[strlen(path)] = '/';
		snprintf(client, sizeof(client), "2001:db8:1111:2222:3333:4444:5555:%04x", i);
		snprintf(more, sizeof(more), ",\"incident\":\"%d\"" DOWN(D1, "whole"), i);
		buf_printf(&in, "{\"ts\":\"2026\",\"event\":\"transaction\",\"client\":\"%s\",\"host\":\"%s\",\"path\":\"%s\"%s}\n",
		    client, path, path, more);
		hunt_feed(h, buf_view(&in));
		buf_free(&in);
	}
	ck_assert_uint_eq(hunt_at(h, 0)->clients.n, 500);
	buf_init(&b, 1 << 20);
	audit_begin(&j, &b, "retro_alert");
	hunt_fields(&j, hunt_at(h, 0));
	ck_assert_int_eq(json_end(&j), 0);
	ck_assert_uint_lt(b.len, AUDIT_LINE_MAX);
	buf_free(&b);
	buf_init(&b, HUNT_TEXT_MAX);
	ck_assert_int_eq(hunt_print(&b, hunt_at(h, 0)), 0);
	buf_free(&b);
	hunt_free(h);
}
END_TEST

START_TEST(messages_are_read_as_they_were_packed_and_not_cut)
{
	static struct turned rows_in[TURNED_ROWS], rows_out[TURNED_ROWS];
	enum hunt_state state;
	enum hunt_form form;
	struct str text;
	struct buf b;
	uint64_t id;
	size_t n;

	for (size_t i = 0; i < TURNED_ROWS; i++) {
		memset(rows_in[i].sha256, (int)i, TURNED_SHA256);
		memset(rows_in[i].name, 'x', TURNED_NAME - 1);
	}
	buf_init(&b, HUNT_MSG_MAX);
	ck_assert_int_eq(hunt_pack(&b, 7, HUNT_JSON, rows_in, TURNED_ROWS), 0);
	ck_assert_int_eq(hunt_read(buf_view(&b), &id, &form, rows_out, &n), 0);
	ck_assert_uint_eq(n, TURNED_ROWS);
	ck_assert_uint_eq(id, 7);
	ck_assert_int_eq(form, HUNT_JSON);
	ck_assert_int_eq(memcmp(rows_in, rows_out, sizeof(rows_in)), 0);
	for (size_t cut = 0; cut < b.len; cut += 101)
		ck_assert_int_eq(hunt_read(str_sub(buf_view(&b), 0, cut), &id, &form, rows_out, &n), -ERR_PROTO);
	buf_free(&b);
	ck_assert_int_eq(turned_pack(&b, rows_in, TURNED_ROWS + 1), -ERR_LIMIT);
	ck_assert_int_eq(hunt_pack_answer(&b, 9, HUNT_DONE, STR("text")), 0);
	ck_assert_int_eq(hunt_read_answer(buf_view(&b), &id, &state, &text), 0);
	ck_assert(id == 9 && state == HUNT_DONE && str_eq(text, STR("text")));
	buf_free(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hunt");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, who_had_it_is_found_with_times_and_counts);
	tcase_add_test(c, any_segmentation_finds_the_same);
	tcase_add_test(c, lists_are_bounded_and_the_rest_is_counted);
	tcase_add_test(c, a_line_too_long_is_passed_over_and_the_next_is_read);
	tcase_add_test(c, a_line_that_is_still_written_is_passed_over);
	tcase_add_loop_test(c, lines_are_read_strictly, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(c, texts_lose_their_escapes_and_control_bytes);
	tcase_add_test(c, lines_as_they_are_written_are_read);
	tcase_add_test(c, the_largest_finding_is_one_line);
	tcase_add_test(c, messages_are_read_as_they_were_packed_and_not_cut);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
