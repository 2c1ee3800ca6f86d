/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of hashes against what was clean: lines, whitelists, containers. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/err.h"
#include "scanner/hashlist.h"
#include "scanner/retro.h"

#define D1 "1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "2222222222222222222222222222222222222222222222222222222222222222"
#define DA "AaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaAa"
#define MD5 "44d88612fea8a8f36de82e1278abb02f"
#define SHA1 "3395856ce81f2b7382dee72602f798b642f14140"

enum { LEVEL = 210 };

static struct retro *retro;
static char told[4096];

static void setup(void)
{
	unsigned char d[32];

	retro = retro_new(LEVEL);
	memset(d, 0x22, sizeof(d));
	ck_assert_int_eq(retro_remember(retro, d, 20), 0);
	memset(d, 0x11, sizeof(d));
	ck_assert_int_eq(retro_remember(retro, d, 10), 0);
	memset(d, 0xaa, sizeof(d));
	ck_assert_int_eq(retro_remember(retro, d, 30), 0);
}

static void teardown(void)
{
	retro_free(retro);
}

static void tell(void *arg, const struct turned *t, uint64_t length)
{
	size_t n = strlen(told);

	(void)arg;
	snprintf(told + n, sizeof(told) - n, "%02x %llu %s;", t->sha256[31], (unsigned long long)length, t->name);
}

/* What turned bad, as one text. */
static const char *result(void)
{
	told[0] = '\0';
	retro_each(retro, tell, NULL);
	return told;
}

static const struct {
	const char *file, *text, *want;
} rows[] = {
	{ "a.hsb", D1 ":10:One:73\n", "11 10 One.UNOFFICIAL;" },
	{ "a.hsb", D1 ":10:One", "11 10 One.UNOFFICIAL;" },
	{ "a.hsb", D1 ":10:One\r\n" D2 ":20:Two\r\n", "11 10 One.UNOFFICIAL;22 20 Two.UNOFFICIAL;" },
	{ "a.hdb", D1 ":10:One\n", "11 10 One.UNOFFICIAL;" },
	{ "a.hsu", DA ":*:Any:73\n", "aa 30 Any.UNOFFICIAL;" },
	{ "a.hdu", D1 ":10:One\n" D1 ":10:Again\n", "11 10 One.UNOFFICIAL;" },
	{ "a.hsb", D1 ":11:Other size\n", "" },
	{ "a.hsb", "#" D1 ":10:One\n", "" },
	{ "a.hsb", D1 ":10:New:211\n", "" },
	{ "a.hsb", D1 ":10:Old:1:209\n", "" },
	{ "a.hsb", D1 ":10:Now:210:210\n", "11 10 Now.UNOFFICIAL;" },
	{ "a.hsb", D1 ":10:\n", "" },
	{ "a.hsb", D1 ":x:One\n", "" },
	{ "a.hsb", D1 "1:10:One\n", "" },
	{ "a.hsb", D1 "\n\n:::\n", "" },
	{ "a.mdb", D1 ":10:One\n", "" },
	{ "a.txt", D1 ":10:One\n", "" },
	{ "a.hsb", D1 ":10:Na\x1b[me\n", "11 10 Na?[me.UNOFFICIAL;" },
};

START_TEST(lines_are_read_as_libclamav_does)
{
	ck_assert_int_eq(retro_bytes(retro, str_c(rows[_i].file), str_c(rows[_i].text)), 0);
	ck_assert_str_eq(result(), rows[_i].want);
}
END_TEST

START_TEST(what_is_whitelisted_is_no_news)
{
	retro_bytes(retro, STR("a.hsb"), STR(D1 ":10:One\n" D2 ":20:Two\n" DA ":30:Three\n"));
	retro_bytes(retro, STR("good.sfp"), STR(D1 ":10:fine\n"));
	retro_bytes(retro, STR("good.fp"), STR(D2 ":*:fine:73\n" DA ":31:of another size\n"));
	ck_assert_str_eq(result(), "aa 30 Three.UNOFFICIAL;");
}
END_TEST

START_TEST(ignored_signatures_are_none)
{
	retro_bytes(retro, STR("a.hsb"), STR(D1 ":10:One\n" D2 ":20:Two\n" DA ":30:Three\n"));
	retro_bytes(retro, STR("a.ign2"), STR("# names\nOn\nOne\nThre\n"));
	retro_bytes(retro, STR("a.ign"), STR("a.hsb:2:Two\n"));
	ck_assert_str_eq(result(), "aa 30 Three.UNOFFICIAL;");
}
END_TEST

START_TEST(other_hashes_are_counted)
{
	uint64_t compared, others;

	retro_bytes(retro, STR("a.hdb"), STR(MD5 ":68:Eicar\n" SHA1 ":68:Eicar\n" D1 ":1:x\n"));
	retro_lines(retro, &compared, &others);
	ck_assert_uint_eq(compared, 1);
	ck_assert_uint_eq(others, 2);
}
END_TEST

START_TEST(long_lines_are_passed_over)
{
	static char text[10000];

	memset(text, 'a', 9000);
	strcpy(text + 9000, "\n" D1 ":10:One\n");
	ck_assert_int_eq(retro_bytes(retro, STR("a.hsb"), str_c(text)), 0);
	ck_assert_str_eq(result(), "11 10 One.UNOFFICIAL;");
}
END_TEST

/* ---- containers ---- */

static void add_member(struct buf *b, const char *name, const char *text)
{
	static const char zeros[512];
	char head[512] = "";
	size_t n = strlen(text);

	snprintf(head, 100, "%s", name);
	snprintf(head + 124, 12, "%011o", (unsigned)n);
	head[156] = '0';
	buf_append(b, head, 512);
	buf_append(b, text, n);
	buf_append(b, zeros, (512 - n % 512) % 512);
}

static void zip(struct buf *to, struct str s)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)s.p, .avail_in = (unsigned)s.n };
	unsigned char out[65536];

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, 0), Z_OK);
	z.next_out = out;
	z.avail_out = sizeof(out);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	buf_append(to, out, sizeof(out) - z.avail_out);
}

static void make_container(struct buf *b, bool compressed)
{
	static const char zeros[1024];
	char head[513];
	struct buf tar;

	buf_init(b, 1 << 20);
	buf_init(&tar, 1 << 20);
	snprintf(head, sizeof(head), "%-512s", "ClamAV-VDB:01 Jan 2026 00-00 +0000:1:3:90:x:x:builder:1");
	add_member(&tar, "COPYING", "text");
	add_member(&tar, "daily.hsb", D1 ":10:One:73\n" D2 ":20:Two:73\n");
	add_member(&tar, "daily.ndb", D1 ":10:No:73\n");
	add_member(&tar, "daily.sfp", D2 ":20:fine\n");
	add_member(&tar, "daily.hsu", DA ":30:Unwanted");
	buf_append(&tar, zeros, sizeof(zeros));
	buf_append(b, head, 512);
	if (compressed)
		zip(b, buf_view(&tar));
	else
		buf_str(b, buf_view(&tar));
	buf_free(&tar);
}

START_TEST(containers_are_taken_apart)
{
	struct buf b;

	make_container(&b, _i == 0);
	ck_assert_int_eq(retro_bytes(retro, _i == 0 ? STR("daily.cvd") : STR("daily.cld"), buf_view(&b)), 0);
	ck_assert_str_eq(result(), "11 10 One;aa 30 Unwanted;");
	buf_free(&b);
}
END_TEST

static void count_line(void *arg, enum hashlist kind, bool contained, struct str line)
{
	ck_assert(contained && line.n > 0 && kind != HASHLIST_NONE);
	++*(unsigned *)arg;
}

START_TEST(containers_in_any_pieces_and_cut)
{
	struct buf b;

	make_container(&b, _i == 0);
	for (size_t piece = 1; piece < 700; piece += 13) {
		unsigned n = 0;
		struct hashlist_reader *r = hashlist_reader_new(HASHLIST_CONTAINER, 1 << 20, count_line, &n);

		for (size_t at = 0; at < b.len; at += piece)
			ck_assert_int_eq(hashlist_feed(r, str_sub(buf_view(&b), at, piece)), 0);
		ck_assert_int_eq(hashlist_end(r), 0);
		ck_assert_uint_eq(n, 4);
		hashlist_reader_free(r);
	}
	for (size_t cut = 0; cut < 512 + 60; cut += 7) {
		unsigned n = 0;
		struct hashlist_reader *r = hashlist_reader_new(HASHLIST_CONTAINER, 1 << 20, count_line, &n);

		hashlist_feed(r, str_sub(buf_view(&b), 0, cut));
		ck_assert_int_eq(hashlist_end(r), -ERR_PROTO);
		hashlist_reader_free(r);
	}
	buf_free(&b);
}
END_TEST

START_TEST(a_container_gives_no_more_than_it_may)
{
	struct hashlist_reader *r;
	unsigned n = 0;
	struct buf b;

	make_container(&b, true);
	r = hashlist_reader_new(HASHLIST_CONTAINER, 1500, count_line, &n);
	ck_assert_int_eq(hashlist_feed(r, buf_view(&b)), -ERR_LIMIT);
	hashlist_reader_free(r);
	buf_free(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("retro");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, lines_are_read_as_libclamav_does, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(c, what_is_whitelisted_is_no_news);
	tcase_add_test(c, ignored_signatures_are_none);
	tcase_add_test(c, other_hashes_are_counted);
	tcase_add_test(c, long_lines_are_passed_over);
	tcase_add_loop_test(c, containers_are_taken_apart, 0, 2);
	tcase_add_loop_test(c, containers_in_any_pieces_and_cut, 0, 2);
	tcase_add_test(c, a_container_gives_no_more_than_it_may);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
