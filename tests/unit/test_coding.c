/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about content codings: every member, every stack, every cap, in pieces of any size. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "core/buf.h"
#include "core/err.h"
#include "http/coding.h"

enum { TEXT = 200000, OUT_MAX = 64 << 20 };

static char text[TEXT];

static void fill(void)
{
	for (size_t i = 0; i < TEXT; i++)
		text[i] = (char)("the quick brown fox "[i % 20] + (i / 977) % 3);
}

/* zlib's window bits tell the format: 31 gzip, 15 zlib, -15 raw. */
static void deflated(struct buf *out, struct str in, int bits)
{
	z_stream z = { 0 };
	size_t bound = compressBound(in.n) + 64;
	char *to = buf_reserve(out, bound);

	ck_assert_ptr_nonnull(to);
	deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (unsigned char *)(uintptr_t)in.p;
	z.avail_in = (uInt)in.n;
	z.next_out = (unsigned char *)to;
	z.avail_out = (uInt)bound;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_commit(out, bound - z.avail_out);
	deflateEnd(&z);
}

static void zstded(struct buf *out, struct str in)
{
	size_t bound = ZSTD_compressBound(in.n), n;
	char *to = buf_reserve(out, bound);

	n = ZSTD_compress(to, bound, in.p, in.n, 3);
	ck_assert(!ZSTD_isError(n));
	buf_commit(out, n);
}

static int keep(void *arg, struct str s)
{
	return buf_str(arg, s);
}

static int decode_with(const struct limits *l, const char *codings, struct str in, size_t piece,
    struct buf *out)
{
	struct coding *c = NULL;
	int r;

	buf_init(out, OUT_MAX);
	r = coding_new(str_c(codings), l, keep, out, &c);
	if (r != 0 || c == NULL)
		return r;
	for (size_t at = 0; at < in.n && r == 0; at += piece)
		r = coding_push(c, str_sub(in, at, piece));
	if (r == 0)
		r = coding_end(c);
	coding_free(c);
	return r;
}

static void expect(const char *codings, struct str in, int want, struct str result)
{
	static const size_t pieces[] = { 1, 2, 7, 1460, 1 << 20 };
	struct limits l;
	struct buf out;

	limits_default(&l);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		ck_assert_int_eq(decode_with(&l, codings, in, pieces[i], &out), want);
		if (want == 0)
			ck_assert(str_eq(buf_view(&out), result));
		buf_free(&out);
	}
}

static struct buf coded;

static void begin(void)
{
	fill();
	buf_init(&coded, OUT_MAX);
}

static void end(void)
{
	buf_free(&coded);
}

#define ALL str_of(text, TEXT)

START_TEST(gzip_is_undone)
{
	deflated(&coded, ALL, 31);
	expect("gzip", buf_view(&coded), 0, ALL);
	expect("x-gzip", buf_view(&coded), 0, ALL);
	expect(" GZip , identity", buf_view(&coded), 0, ALL);
}
END_TEST

START_TEST(all_gzip_members_are_undone)
{
	deflated(&coded, str_sub(ALL, 0, 1000), 31);
	deflated(&coded, str_sub(ALL, 1000, TEXT), 31);
	expect("gzip", buf_view(&coded), 0, ALL);
}
END_TEST

START_TEST(deflate_is_zlib_or_raw)
{
	deflated(&coded, ALL, 15);
	expect("deflate", buf_view(&coded), 0, ALL);
	buf_free(&coded);
	deflated(&coded, ALL, -15);
	expect("deflate", buf_view(&coded), 0, ALL);
}
END_TEST

START_TEST(zstd_frames_are_undone)
{
	zstded(&coded, str_sub(ALL, 0, 5000));
	zstded(&coded, str_sub(ALL, 5000, TEXT));
	expect("zstd", buf_view(&coded), 0, ALL);
}
END_TEST

START_TEST(brotli_is_undone)
{
	/* An uncompressed meta-block of five bytes, then the last, empty one (RFC 7932). */
	expect("br", str_of("\x0b\x02\x80hello\x03", 9), 0, STR("hello"));
}
END_TEST

START_TEST(stacks_are_undone_from_the_last)
{
	struct buf inner;

	buf_init(&inner, OUT_MAX);
	deflated(&inner, ALL, 31);
	zstded(&coded, buf_view(&inner));
	expect("gzip, zstd", buf_view(&coded), 0, ALL);
	expect("zstd, gzip", buf_view(&coded), -ERR_CODING_MALFORMED, STR_NONE);
	buf_free(&inner);
}
END_TEST

START_TEST(unknown_and_too_many_codings_are_refused)
{
	struct limits l;
	struct coding *c;

	limits_default(&l);
	ck_assert_int_eq(coding_new(STR("dcb"), &l, keep, NULL, &c), -ERR_CODING_UNKNOWN);
	ck_assert_int_eq(coding_new(STR("gzip, br, gzip"), &l, keep, NULL, &c), -ERR_CODING_LIMIT);
	ck_assert_int_eq(coding_new(STR("identity"), &l, keep, NULL, &c), 0);
	ck_assert_ptr_null(c);
	ck_assert_int_eq(coding_new(STR(""), &l, keep, NULL, &c), 0);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(what_is_cut_short_is_malformed)
{
	static const struct {
		const char *coding;
		int bits;
	} rows[] = { { "gzip", 31 }, { "deflate", 15 }, { "deflate", -15 } };

	deflated(&coded, ALL, rows[_i].bits);
	expect(rows[_i].coding, str_sub(buf_view(&coded), 0, coded.len - 3), -ERR_CODING_MALFORMED, STR_NONE);
}
END_TEST

START_TEST(what_trails_is_malformed)
{
	deflated(&coded, ALL, 31);
	buf_str(&coded, STR("PK\3\4"));
	expect("gzip", buf_view(&coded), -ERR_CODING_MALFORMED, STR_NONE);
	buf_free(&coded);
	deflated(&coded, ALL, 15);
	buf_str(&coded, STR("x"));
	expect("deflate", buf_view(&coded), -ERR_CODING_MALFORMED, STR_NONE);
	expect("br", str_of("\x0b\x02\x80hello\x03x", 10), -ERR_CODING_MALFORMED, STR_NONE);
}
END_TEST

START_TEST(an_empty_body_is_an_empty_object)
{
	expect("gzip", STR(""), 0, STR(""));
	expect("br", STR(""), 0, STR(""));
}
END_TEST

START_TEST(bombs_end_early)
{
	static char zeros[8 << 20];
	struct limits l;
	struct buf out;

	limits_default(&l);
	deflated(&coded, str_of(zeros, sizeof(zeros)), 31);
	ck_assert_int_eq(decode_with(&l, "gzip", buf_view(&coded), coded.len, &out), -ERR_CODING_LIMIT);
	ck_assert_uint_le(out.len, 2 << 20); /* the free MiB and a few pieces */
	buf_free(&out);
	l.ratio = 100000;
	l.decoded = 3 << 20;
	ck_assert_int_eq(decode_with(&l, "gzip", buf_view(&coded), coded.len, &out), -ERR_CODING_LIMIT);
	ck_assert_uint_le(out.len, (3 << 20));
	buf_free(&out);
}
END_TEST

static int refuse(void *arg, struct str s)
{
	(void)arg;
	(void)s;
	return -ERR_DENIED;
}

START_TEST(the_sinks_error_is_passed_on_and_stays)
{
	struct limits l;
	struct coding *c;

	limits_default(&l);
	deflated(&coded, ALL, 31);
	ck_assert_int_eq(coding_new(STR("gzip"), &l, refuse, NULL, &c), 0);
	ck_assert_int_eq(coding_push(c, buf_view(&coded)), -ERR_DENIED);
	ck_assert_int_eq(coding_end(c), -ERR_DENIED);
	coding_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("coding");
	TCase *t = tcase_create("coding");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, gzip_is_undone);
	tcase_add_test(t, all_gzip_members_are_undone);
	tcase_add_test(t, deflate_is_zlib_or_raw);
	tcase_add_test(t, zstd_frames_are_undone);
	tcase_add_test(t, brotli_is_undone);
	tcase_add_test(t, stacks_are_undone_from_the_last);
	tcase_add_test(t, unknown_and_too_many_codings_are_refused);
	tcase_add_loop_test(t, what_is_cut_short_is_malformed, 0, 3);
	tcase_add_test(t, what_trails_is_malformed);
	tcase_add_test(t, an_empty_body_is_an_empty_object);
	tcase_add_test(t, bombs_end_early);
	tcase_add_test(t, the_sinks_error_is_passed_on_and_stays);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
