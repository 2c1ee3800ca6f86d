/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways in which libclamav says "clean" without having looked, one test each, through the real
 * program: what we say instead. And its alerts that turn "gave up" into a result.
 */
#include "scan_rig.h"
#include "scan_wrap.h"
#include "scan_zip.h"

#define LIMITS "scan 10000ms\nscan_file 1048576\nscan_total 67108864\nscan_recursion 12\n"

static struct rig r;
static struct buf made;

static void setup(void)
{
	log_level(LOG_LEVEL_ERROR);
	buf_init(&made, 64 << 20);
	rig_start(&r, "sallyport-scanner", "1", LIMITS);
}

static void teardown(void)
{
	rig_stop(&r);
	buf_free(&made);
}

/* EICAR behind so many bytes of text. */
static struct str eicar_behind(struct buf *b, size_t n)
{
	while (b->len < n)
		buf_str(b, STR("a line of text that nobody minds\n"));
	buf_str(b, rig_eicar());
	return buf_view(b);
}

START_TEST(rule_1_a_body_over_the_size_limit_is_over_a_limit)
{
	struct buf b;

	buf_init(&b, 4 << 20);
	rig_expect(&r, eicar_behind(&b, 1 << 20), UNSCANNABLE, LIMIT);
	ck_assert_str_eq(r.verdict.name, "body-size");
	buf_free(&b);
}
END_TEST

/* The engine cuts the member at its limit; the headers may say the truth or lie. */
START_TEST(rule_2_a_zip_member_that_is_cut_is_over_a_limit)
{
	static const uint32_t claims[] = { 0, 1000, 3 << 20 };
	struct buf plain, packed;
	struct zip_member m = { .name = STR("m.txt"), .method = 8, .size = claims[_i] };

	buf_init(&plain, 4 << 20);
	buf_init(&packed, 4 << 20);
	wrap_deflate(&packed, eicar_behind(&plain, 2 << 20), -15);
	m.bytes = buf_view(&packed);
	if (m.size == 0)
		m.size = (uint32_t)plain.len;
	zip_make(&made, &m, 1);
	rig_expect(&r, buf_view(&made), UNSCANNABLE, LIMIT);
	buf_free(&plain);
	buf_free(&packed);
}
END_TEST

START_TEST(rule_2_a_gzip_member_over_the_size_limit_is_over_a_limit)
{
	struct buf plain;

	buf_init(&plain, 4 << 20);
	wrap_deflate(&made, eicar_behind(&plain, 2 << 20), 31);
	rig_expect(&r, buf_view(&made), UNSCANNABLE, LIMIT);
	buf_free(&plain);
}
END_TEST

START_TEST(rule_3_a_scan_that_reaches_its_time_is_a_timeout)
{
	struct zip_member m[16];
	struct buf plain, packed;

	rig_stop(&r);
	rig_start(&r, "sallyport-scanner", "1",
	    "scan 1000ms\nscan_file 33554432\nscan_total 1073741824\nscan_ratio 100000\n");
	buf_init(&plain, 24 << 20);
	buf_init(&packed, 24 << 20);
	while (plain.len < 20 << 20)
		buf_str(&plain, STR("<p>some <b>paragraph</b> of <a href=\"/x\">text</a></p>\n"));
	wrap_deflate(&packed, buf_view(&plain), -15);
	for (size_t i = 0; i < 16; i++)
		m[i] = (struct zip_member){ STR("m.html"), buf_view(&packed), 0, 8,
			(uint32_t)plain.len };
	zip_make(&made, m, 16);
	rig_expect(&r, buf_view(&made), UNSCANNABLE, TIMEOUT);
	rig_expect(&r, rig_eicar(), INFECTED, NONE);
	buf_free(&plain);
	buf_free(&packed);
}
END_TEST

/* The engine turns its parsers' errors into "clean". */
static const struct magic {
	struct str bytes;
	const char *name;
} broken[] = {
	{ { "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10 }, "gz.nothing-unpacked" },
	{ { "BZh91AY&SY", 10 }, "bz2.nothing-unpacked" },
	{ { "\xfd"
	    "7zXZ\0\0\4\xe6\xd6\xb4\x46",
	      12 },
	    "xz.nothing-unpacked" },
	{ { "7z\xbc\xaf\x27\x1c\0\4", 8 }, "7z.nothing-unpacked" },
	{ { "MSCF\0\0\0\0", 8 }, "cab.nothing-unpacked" },
	/* An empty file, and then no header. */
	{ { "07070100000001000081800000000000000000000000010000000000000000000000000000000000000000000000000000000200000000a\0", 112 },
	    "cpio.nothing-unpacked" },
	{ { "\xc7\x71\1\0\1\0\xa4\x81\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0a\0", 28 }, "cpio.nothing-unpacked" },
	{ { "xar!\0\x1c\0\1", 8 }, "xar.nothing-unpacked" },
	{ { "ITSF\3\0\0\0\x60\0\0\0", 12 }, "chm.nothing-unpacked" },
	{ { "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8 }, "ole2.nothing-unpacked" },
	{ { "%PDF-1.4\n1 0 obj\n<</Filter/FlateDecode/Len", 41 }, "pdf.nothing-unpacked" },
	{ { "CWS\x0a\xff\xff\1\0", 8 }, "swf.nothing-unpacked" },
};

START_TEST(rule_4_an_archive_that_its_parser_gives_up_is_malformed)
{
	static char junk[1600];

	buf_str(&made, broken[_i].bytes);
	memset(junk, 0xf5, sizeof(junk));
	buf_append(&made, junk, sizeof(junk));
	rig_expect(&r, buf_view(&made), UNSCANNABLE, MALFORMED);
	ck_assert_str_eq(r.verdict.name, broken[_i].name);
}
END_TEST

/* What merely looks like an archive by its first bytes, or has them in it, is none. */
START_TEST(accidents_are_clean)
{
	static const struct str rows[] = {
		STR("070701 is how an archive of cpio begins"),
		/* "ccc..." as base64: 0x71c7 is another of its beginnings. */
		STR("char classes = \"" "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
		    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\";"),
		/* Names of magic numbers in a program; the length of the "member" is 4 GB. */
		STR("\x7f" "ELF\2\1\1 zip: \0PK\5\6\0\0PK\1\2\0PK\3\4\x14\0\0\0\x08\0....zzzz\x20\0\0\0\xff\xff\xff\xff\4\0\0\0name..."
		    "............................................................................................."),
	};

	rig_expect(&r, rows[_i], CLEAN, NONE);
}
END_TEST

START_TEST(rule_5_rar_is_an_error_alone_and_inside_others)
{
	static const struct str rar[] = {
		{ "Rar!\x1a\x07\x00\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0", 20 },
		{ "Rar!\x1a\x07\x01\x00\x33\x92\xb5\xe5\x0a\x01\x05\x06\0\5\1\1\x80\x80\0", 23 },
	};
	struct zip_member m = { .name = STR("a.rar"), .bytes = rar[_i] };

	rig_expect(&r, rar[_i], UNSCANNABLE, ERROR);
	ck_assert_str_eq(r.verdict.name, "unsupported.rar");
	zip_make(&made, &m, 1);
	rig_expect(&r, buf_view(&made), UNSCANNABLE, ERROR);
	ck_assert_str_eq(r.verdict.name, "unsupported.rar");
}
END_TEST

START_TEST(rule_5_what_has_no_unpacker_is_an_error)
{
	static const struct {
		struct str bytes;
		const char *name;
	} rows[] = {
		{ STR("\x28\xb5\x2f\xfd\x04\0\x41\0\0some bytes"), "unsupported.zstd" },
		{ STR("\x04\x22\x4d\x18\x64\x40\xa7some bytes"), "unsupported.lz4" },
		{ STR("LZIP\1some bytes"), "unsupported.lzip" },
		{ STR("\x1f\x9d\x90some bytes"), "unsupported.compress" },
		{ STR("1234567**ACE**some bytes"), "unsupported.ace" },
		{ STR("ISc(some bytes"), "unsupported.installshield" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_expect(&r, rows[i].bytes, UNSCANNABLE, ERROR);
		ck_assert_str_eq(r.verdict.name, rows[i].name);
	}
}
END_TEST

START_TEST(rule_6_a_zip_without_its_end_is_malformed)
{
	struct buf packed;
	struct zip_member m = { .name = STR("e.com"), .method = 8, .size = 68 };
	size_t directory;

	buf_init(&packed, 4096);
	wrap_deflate(&packed, rig_eicar(), -15);
	m.bytes = buf_view(&packed);
	directory = zip_make(&made, &m, 1);
	rig_expect(&r, buf_view(&made), INFECTED, NONE);
	for (size_t n = directory; n < made.len; n += 7) {
		rig_scan(&r, str_sub(buf_view(&made), 0, n));
		ck_assert_msg(r.verdict.class == VERDICT_INFECTED ||
				  (r.verdict.class == VERDICT_UNSCANNABLE &&
				      r.verdict.reason == REASON_MALFORMED),
		    "cut at %zu: %s", n, verdict_word(r.verdict.class));
	}
	buf_free(&packed);
}
END_TEST

/* What fits into five bytes does nothing: clean, and only those. */
START_TEST(rule_7_up_to_five_bytes_are_clean_and_six_are_searched)
{
	rig_expect(&r, STR("12345"), CLEAN, NONE);
	rig_expect(&r, STR("123456"), CLEAN, NONE);
	ck_assert_uint_eq(r.verdict.layers, 1);
}
END_TEST

START_TEST(rule_8_a_second_scan_sees_the_same_layers)
{
	struct zip_member m[] = { { STR("a.txt"), STR("a harmless member"), 0, 0, 0 },
		{ STR("b.txt"), STR("another harmless member"), 0, 0, 0 } };
	uint32_t layers;

	zip_make(&made, m, 2);
	rig_expect(&r, buf_view(&made), CLEAN, NONE);
	layers = r.verdict.layers;
	ck_assert_uint_ge(layers, 3);
	for (int i = 0; i < 3; i++) {
		rig_expect(&r, buf_view(&made), CLEAN, NONE);
		ck_assert_uint_eq(r.verdict.layers, layers);
	}
}
END_TEST

/* ---- alerts ---- */

/* Archives: test_scanner.c; macros: content_rules.sh; phishing: own_signatures.sh. */
START_TEST(an_encrypted_document_is_unscannable)
{
	static const char pdf[] =
	    "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
	    "3 0 obj\n<</Filter/Other/V 2/R 3/Length 128/O<31>/U<32>/P -4>>\nendobj\n"
	    "trailer\n<</Size 4/Root 1 0 R/Encrypt 3 0 R/ID[<00><00>]>>\nstartxref\n9\n%%EOF\n";

	rig_expect(&r, str_of(pdf, sizeof(pdf) - 1), UNSCANNABLE, ENCRYPTED);
	ck_assert_str_eq(r.verdict.name, "Heuristics.Encrypted.PDF");
}
END_TEST

START_TEST(broken_media_is_malformed)
{
	static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"
				  "\x90\x77\x53\xde\0\0\0\xffIDATcut off";

	rig_expect(&r, str_of(png, sizeof(png) - 1), UNSCANNABLE, MALFORMED);
	ck_assert_ptr_nonnull(strstr(r.verdict.name, "Heuristics.Broken.Media"));
}
END_TEST

static void partition(char *to, unsigned kind, uint32_t first, uint32_t n)
{
	memset(to, 0, 16);
	to[4] = (char)kind;
	for (int i = 0; i < 4; i++) {
		to[8 + i] = (char)(first >> (8 * i));
		to[12 + i] = (char)(n >> (8 * i));
	}
}

START_TEST(partitions_that_overlap_are_malformed)
{
	static char disk[64 << 10];

	memset(disk, 0, sizeof(disk));
	memcpy(disk, "\xfa\x33\xc0\x8e\xd0\xbc\0\x7c", 8);
	partition(disk + 446, 0x83, 2, 40);
	partition(disk + 462, 0x83, 20, 60);
	memcpy(disk + 510, "\x55\xaa", 2);
	rig_expect(&r, str_of(disk, sizeof(disk)), UNSCANNABLE, MALFORMED);
	ck_assert_ptr_nonnull(strstr(r.verdict.name, "Partition"));
}
END_TEST

START_TEST(too_many_files_are_over_a_limit)
{
	struct zip_member m[16];

	rig_stop(&r);
	rig_start(&r, "sallyport-scanner", "1", "scan_files 8\n");
	for (size_t i = 0; i < 16; i++)
		m[i] = (struct zip_member){ STR("m.txt"), STR("a harmless member"), 0, 0, 0 };
	zip_make(&made, m, 16);
	rig_expect(&r, buf_view(&made), UNSCANNABLE, LIMIT);
}
END_TEST

START_TEST(too_many_bytes_over_all_layers_are_over_a_limit)
{
	struct zip_member m[8];
	struct buf plain;

	rig_stop(&r);
	rig_start(&r, "sallyport-scanner", "1", "scan_file 1048576\nscan_total 1048576\n");
	buf_init(&plain, 1 << 20);
	while (plain.len < 200000)
		buf_str(&plain, STR("another line of harmless text\n"));
	for (size_t i = 0; i < 8; i++) {
		struct buf packed;

		buf_init(&packed, 1 << 20);
		plain.p[plain.off] = (char)('a' + i);
		wrap_deflate(&packed, buf_view(&plain), -15);
		m[i] = (struct zip_member){ STR("m.txt"), buf_view(&packed), 0, 8,
			(uint32_t)plain.len };
	}
	zip_make(&made, m, 8);
	rig_expect(&r, buf_view(&made), UNSCANNABLE, LIMIT);
	for (size_t i = 0; i < 8; i++)
		free((void *)(uintptr_t)m[i].bytes.p);
	buf_free(&plain);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scanner_rules");
	TCase *t = tcase_create("rules");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rule_1_a_body_over_the_size_limit_is_over_a_limit);
	tcase_add_loop_test(t, rule_2_a_zip_member_that_is_cut_is_over_a_limit, 0, 3);
	tcase_add_test(t, rule_2_a_gzip_member_over_the_size_limit_is_over_a_limit);
	tcase_add_test(t, rule_3_a_scan_that_reaches_its_time_is_a_timeout);
	tcase_add_loop_test(t, rule_4_an_archive_that_its_parser_gives_up_is_malformed, 0,
	    sizeof(broken) / sizeof(broken[0]));
	tcase_add_loop_test(t, accidents_are_clean, 0, 3);
	tcase_add_loop_test(t, rule_5_rar_is_an_error_alone_and_inside_others, 0, 2);
	tcase_add_test(t, rule_5_what_has_no_unpacker_is_an_error);
	tcase_add_test(t, rule_6_a_zip_without_its_end_is_malformed);
	tcase_add_test(t, rule_7_up_to_five_bytes_are_clean_and_six_are_searched);
	tcase_add_test(t, rule_8_a_second_scan_sees_the_same_layers);
	tcase_add_test(t, an_encrypted_document_is_unscannable);
	tcase_add_test(t, broken_media_is_malformed);
	tcase_add_test(t, partitions_that_overlap_are_malformed);
	tcase_add_test(t, too_many_files_are_over_a_limit);
	tcase_add_test(t, too_many_bytes_over_all_layers_are_over_a_limit);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
