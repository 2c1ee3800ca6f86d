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
#include "http/coding_stage.h"

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

/* All of it, a small budget a call. */
static int push(struct coding *c, struct str in)
{
	int r = 1;

	while (r == 1) {
		size_t budget = 100000, before = in.n;

		r = coding_push(c, &in, &budget);
		ck_assert_uint_le(in.n, before);
		ck_assert(r != 1 || budget == 0);
		ck_assert(r != 0 || in.n == 0);
	}
	return r;
}

static int decode_with(
    const struct limits *l, const char *codings, struct str in, size_t piece, struct buf *out)
{
	struct coding *c = NULL;
	int r;

	buf_init(out, OUT_MAX);
	r = coding_new(str_c(codings), l, keep, out, &c);
	if (r != 0 || c == NULL)
		return r;
	for (size_t at = 0; at < in.n && r == 0; at += piece)
		r = push(c, str_sub(in, at, piece));
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

/* What clients see that stop there. */
static void expect_first(const char *codings, bool several, uint64_t want)
{
	struct limits l;
	struct coding *c;
	struct buf out;
	uint64_t first;

	limits_default(&l);
	for (size_t piece = 1; piece < 3000; piece += 499) {
		buf_init(&out, OUT_MAX);
		ck_assert_int_eq(coding_new(str_c(codings), &l, keep, &out, &c), 0);
		for (size_t at = 0; at < coded.len; at += piece)
			ck_assert_int_eq(push(c, str_sub(buf_view(&coded), at, piece)), 0);
		ck_assert_int_eq(coding_end(c), 0);
		ck_assert_int_eq(coding_first(c, &first), several);
		ck_assert_uint_eq(first, want);
		coding_free(c);
		buf_free(&out);
	}
}

START_TEST(the_end_of_the_first_member_is_told)
{
	deflated(&coded, str_sub(ALL, 0, 100000), 31);
	expect_first("gzip", false, 0);
	deflated(&coded, str_sub(ALL, 100000, TEXT), 31);
	expect_first("gzip", true, 100000);
	buf_free(&coded);
	zstded(&coded, str_sub(ALL, 0, 5000));
	expect_first("zstd", false, 0);
	zstded(&coded, str_sub(ALL, 5000, TEXT));
	expect_first("zstd", true, 5000);
	buf_free(&coded);
	buf_append(&coded, "\x5f\x2a\x4d\x18\x03\0\0\0abc", 11);
	zstded(&coded, ALL);
	expect_first("zstd", true, 0);
}
END_TEST

/* One call gives what its budget says, and a piece more at most, however dense the input is. */
START_TEST(a_call_is_bounded_by_its_budget)
{
	static char zeros[8 << 20];
	struct limits l;
	struct coding *c;
	struct buf out;
	struct str in;
	int r = 1;

	limits_default(&l);
	l.ratio = 100000;
	deflated(&coded, str_of(zeros, sizeof(zeros)), 31);
	buf_init(&out, OUT_MAX);
	ck_assert_int_eq(coding_new(STR("gzip"), &l, keep, &out, &c), 0);
	in = buf_view(&coded);
	while (r == 1) {
		size_t budget = 256 << 10, before = out.len;

		r = coding_push(c, &in, &budget);
		ck_assert_uint_le(out.len - before, (256 + 64) << 10);
	}
	ck_assert_int_eq(r, 0);
	ck_assert_uint_eq(out.len, sizeof(zeros));
	ck_assert_int_eq(coding_end(c), 0);
	coding_free(c);
	buf_free(&out);
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

/* Output that ends with a piece must not look like output that goes on. */
START_TEST(whole_pieces_are_whole)
{
	static char many[4 << 16];
	size_t n = (size_t)(_i + 1) << 16;

	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = (char)(i * 2654435761u >> 20);
	deflated(&coded, str_of(many, n), 31);
	expect("gzip", buf_view(&coded), 0, str_of(many, n));
	buf_free(&coded);
	deflated(&coded, str_of(many, n), -15);
	expect("deflate", buf_view(&coded), 0, str_of(many, n));
	buf_free(&coded);
	zstded(&coded, str_of(many, n));
	expect("zstd", buf_view(&coded), 0, str_of(many, n));
}
END_TEST

START_TEST(brotli_of_one_piece_is_whole)
{
	static char as[1 << 16];

	memset(as, 'a', sizeof(as));
	expect("br", str_of("\x1b\xff\xff\xf8\x25\xc2\xe2\xb1\x40\x20\xf7\x1e\x00", 13), 0,
	    str_of(as, sizeof(as)));
}
END_TEST

/* Clients that stop at the end of the first would stop at different places. */
START_TEST(several_members_in_a_stack_are_malformed)
{
	struct buf once, twice;

	buf_init(&once, OUT_MAX);
	buf_init(&twice, OUT_MAX);
	zstded(&once, str_sub(ALL, 0, 100000));
	zstded(&once, str_sub(ALL, 100000, TEXT));
	deflated(&twice, str_sub(buf_view(&once), 0, 500), 31);
	deflated(&twice, str_sub(buf_view(&once), 500, once.len), 31);
	expect("zstd, identity, GZIP", buf_view(&twice), -ERR_CODING_MALFORMED, STR_NONE);
	buf_free(&twice);
	deflated(&twice, buf_view(&once), 31);
	expect("zstd, identity, GZIP", buf_view(&twice), -ERR_CODING_MALFORMED, STR_NONE);
	buf_free(&once);
	buf_free(&twice);
}
END_TEST

static void zstd_window(int log)
{
	size_t bound = ZSTD_compressBound(TEXT);
	char *to = buf_reserve(&coded, bound);
	ZSTD_inBuffer in = { text, TEXT, 0 };
	ZSTD_outBuffer out = { to, bound, 0 };
	ZSTD_CCtx *z = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, log);
	ck_assert(!ZSTD_isError(ZSTD_compressStream2(z, &out, &in, ZSTD_e_flush)));
	ck_assert_uint_eq(ZSTD_compressStream2(z, &out, &in, ZSTD_e_end), 0);
	buf_commit(&coded, out.pos);
	ZSTD_freeCCtx(z);
}

START_TEST(zstd_windows_are_limited)
{
	zstd_window(23);
	expect("zstd", buf_view(&coded), 0, ALL);
	buf_free(&coded);
	zstd_window(24);
	expect("zstd", buf_view(&coded), -ERR_CODING_LIMIT, STR_NONE);
}
END_TEST

START_TEST(zstd_frames_to_skip_are_skipped)
{
	buf_append(&coded, "\x5f\x2a\x4d\x18\x03\0\0\0abc", 11);
	zstded(&coded, ALL);
	buf_append(&coded, "\x50\x2a\x4d\x18\0\0\0\0", 8);
	expect("zstd", buf_view(&coded), 0, ALL);
}
END_TEST

static const struct {
	const char *name, *coding;
	struct str in;
	int want;
} streams[] = {
	{ "zstd of an older format", "zstd", { "\x27\xb5\x2f\xfd\0\0\0\0\0\0", 10 },
	    -ERR_CODING_MALFORMED },
	{ "zstd of the oldest", "zstd", { "\x1e\xb5\x2f\xfd\0\0\0\0\0\0", 10 },
	    -ERR_CODING_MALFORMED },
	{ "no zstd", "zstd", { "hello", 5 }, -ERR_CODING_MALFORMED },
	{ "half a magic number", "zstd", { "\x28\xb5", 2 }, -ERR_CODING_MALFORMED },
	{ "no gzip", "gzip", { "hello", 5 }, -ERR_CODING_MALFORMED },
	{ "half a gzip header", "gzip", { "\x1f\x8b\x08\0", 4 }, -ERR_CODING_MALFORMED },
	{ "zlib called gzip", "gzip", { "\x78\x9c\x03\0\0\0\0\x01", 8 }, -ERR_CODING_MALFORMED },
	{ "empty zlib", "deflate", { "\x78\x9c\x03\0\0\0\0\x01", 8 }, 0 },
	{ "empty raw deflate", "deflate", { "\x03\0", 2 }, 0 },
	{ "one byte of deflate", "deflate", { "\x78", 1 }, -ERR_CODING_MALFORMED },
	{ "a zlib header alone", "deflate", { "\x78\x9c", 2 }, -ERR_CODING_MALFORMED },
	{ "zlib with a dictionary", "deflate", { "\x78\xbb\0\0\0\1\x03\0", 8 },
	    -ERR_CODING_MALFORMED },
	{ "a wrong checksum", "deflate", { "\x78\x9c\x03\0\0\0\0\x02", 8 }, -ERR_CODING_MALFORMED },
	{ "a byte after raw deflate", "deflate", { "\x03\0\0", 3 }, -ERR_CODING_MALFORMED },
	/* Its first bytes are no zlib header that a client would take: a window beyond 32 KiB. */
	{ "raw deflate that looks like zlib", "deflate", { "\x88\x1c\0\xe3\xff", 5 },
	    -ERR_CODING_MALFORMED },
	{ "empty brotli", "br", { "\x06", 1 }, 0 },
	{ "no brotli", "br", { "\xff\xff\xff\xff", 4 }, -ERR_CODING_MALFORMED },
	{ "half a brotli stream", "br", { "\x0b\x02\x80he", 5 }, -ERR_CODING_MALFORMED },
	{ "a brotli window beyond 16 MiB", "br", { "\x11\x1e\0\0", 4 }, -ERR_CODING_MALFORMED },
};

START_TEST(streams_begin_and_end_as_their_coding_says)
{
	struct limits l;
	struct buf out;

	limits_default(&l);
	for (size_t piece = 1; piece <= streams[_i].in.n; piece++) {
		int r = decode_with(&l, streams[_i].coding, streams[_i].in, piece, &out);

		ck_assert_msg(r == streams[_i].want, "%s: %s", streams[_i].name, err_name(r));
		buf_free(&out);
	}
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
	expect(rows[_i].coding, str_sub(buf_view(&coded), 0, coded.len - 3), -ERR_CODING_MALFORMED,
	    STR_NONE);
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

/* 64 MiB of zeros in 106 bytes. */
static const char br_bomb[] = "\xcb\xff\xff\x3f\xf8\x27\x00\xe2\xb1\x40\x20\xf7\xfe\x8f\xff\xff\x7f"
			      "\xf0\x4f\x00\xc4\x61\x11\x80"
			      "\xee\xfd\x1f\xff\xff\xff\xe0\x9f\x00\x88\xc3\x02\x00\xdd\xfb\x3f\xfe"
			      "\xff\xfc\x13\xf0\x11\x08\x70"
			      "\x50\x0b\xaf\x77\xff\xcf\xff\xf8\x37\xf0\x22\x00\xe0\xb0\x07\x4e\xff"
			      "\xf8\xff\xff\x07\xff\x04\x40"
			      "\x1c\x16\x00\xe8\xde\xff\xf1\xff\xff\x0f\xfe\x09\x80\x38\x2c\x00\xd0"
			      "\xbd\xff\xcb\xff\xff\x3f\xfc"
			      "\x13\x00\x71\x58\x00\xa0\x7b\xff\x07";

static void bomb(const char *coding)
{
	static char zeros[8 << 20];

	buf_free(&coded);
	if (strcmp(coding, "br") == 0)
		buf_append(&coded, br_bomb, sizeof(br_bomb) - 1);
	else if (strcmp(coding, "zstd") == 0)
		zstded(&coded, str_of(zeros, sizeof(zeros)));
	else
		deflated(
		    &coded, str_of(zeros, sizeof(zeros)), strcmp(coding, "gzip") == 0 ? 31 : 15);
}

START_TEST(bombs_end_early)
{
	static const char *const codings[] = { "gzip", "deflate", "br", "zstd" };
	struct limits l;
	struct buf out;

	limits_default(&l);
	bomb(codings[_i]);
	ck_assert_int_eq(
	    decode_with(&l, codings[_i], buf_view(&coded), coded.len, &out), -ERR_CODING_LIMIT);
	ck_assert_uint_le(out.len, 1 << 20); /* what is free of the ratio, and no piece more */
	buf_free(&out);
	l.ratio = 100000000;
	l.decoded = 3000000;
	ck_assert_int_eq(
	    decode_with(&l, codings[_i], buf_view(&coded), coded.len, &out), -ERR_CODING_LIMIT);
	ck_assert_uint_le(out.len, 3000000);
	buf_free(&out);
}
END_TEST

START_TEST(bombs_in_bombs_end_early)
{
	struct limits l;
	struct buf out, outer;

	limits_default(&l);
	buf_init(&outer, OUT_MAX);
	bomb("gzip");
	deflated(&outer, buf_view(&coded), 31);
	ck_assert_int_eq(
	    decode_with(&l, "gzip, gzip", buf_view(&outer), outer.len, &out), -ERR_CODING_LIMIT);
	ck_assert_uint_le(out.len, 1 << 20);
	buf_free(&out);
	buf_free(&outer);
}
END_TEST

START_TEST(dense_content_may_be_larger_than_the_free_part)
{
	struct limits l;
	struct buf out, in;

	limits_default(&l);
	buf_init(&in, OUT_MAX);
	for (size_t i = 0; i < (5 << 20) / sizeof(uint32_t); i++) {
		uint32_t v = (uint32_t)i * 2654435761u >> 7;

		buf_append(&in, &v, sizeof(v));
	}
	deflated(&coded, buf_view(&in), 31);
	ck_assert_int_eq(decode_with(&l, "gzip", buf_view(&coded), 1460, &out), 0);
	ck_assert(str_eq(buf_view(&out), buf_view(&in)));
	buf_free(&out);
	buf_free(&in);
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
	ck_assert_int_eq(push(c, buf_view(&coded)), -ERR_DENIED);
	ck_assert_int_eq(coding_end(c), -ERR_DENIED);
	coding_free(c);
}
END_TEST

static int count(void *arg, struct str s)
{
	*(size_t *)arg += s.n;
	return 0;
}

/* Uncompressed meta-blocks behind the widest window (RFC 7932 sections 9.1 and 9.2); raw blocks behind 8 MB (RFC 8878 section 3.1.1). */
static void stored(struct buf *b, bool br, size_t n)
{
	static const char zeros[64 << 10];

	buf_append(b, br ? "\x8f\xff\xff" : "\x28\xb5\x2f\xfd\0\x68\0\0\x08", br ? 3 : 9);
	for (size_t at = 0; at < n; at += sizeof(zeros)) {
		if (at > 0)
			buf_append(b, br ? "\xf8\xff\x0f" : "\0\0\x08", 3);
		buf_append(b, zeros, sizeof(zeros));
	}
}

START_TEST(all_decoders_have_one_budget_of_memory)
{
	static const struct {
		const char *coding;
		uint64_t most;
	} kinds[] = { { "br", 28 << 20 }, { "zstd", 12 << 20 } };
	bool br = _i == 0;
	struct coding *a, *b;
	struct limits l;
	struct buf in;
	size_t got = 0;

	limits_default(&l);
	l.decoders = kinds[_i].most;
	buf_init(&in, 32 << 20);
	stored(&in, br, 12 << 20);
	ck_assert_int_eq(coding_new(str_c(kinds[_i].coding), &l, count, &got, &a), 0);
	ck_assert_int_eq(push(a, buf_view(&in)), 0);
	ck_assert_uint_eq(got, 12 << 20);
	ck_assert_uint_ge(stage_memory(), 8 << 20);
	ck_assert_int_eq(coding_new(str_c(kinds[_i].coding), &l, count, &got, &b), 0);
	ck_assert_int_eq(push(b, buf_view(&in)), -ERR_CODING_LIMIT);
	coding_free(b);
	coding_free(a);
	ck_assert_uint_eq(stage_memory(), 0);
	ck_assert_int_eq(coding_new(str_c(kinds[_i].coding), &l, count, &got, &b), 0);
	ck_assert_int_eq(push(b, buf_view(&in)), 0);
	coding_free(b);
	ck_assert_uint_eq(stage_memory(), 0);
	buf_free(&in);
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
	tcase_add_test(t, the_end_of_the_first_member_is_told);
	tcase_add_test(t, a_call_is_bounded_by_its_budget);
	tcase_add_test(t, deflate_is_zlib_or_raw);
	tcase_add_test(t, zstd_frames_are_undone);
	tcase_add_loop_test(t, whole_pieces_are_whole, 0, 4);
	tcase_add_test(t, brotli_of_one_piece_is_whole);
	tcase_add_test(t, several_members_in_a_stack_are_malformed);
	tcase_add_test(t, zstd_windows_are_limited);
	tcase_add_test(t, zstd_frames_to_skip_are_skipped);
	tcase_add_loop_test(t, streams_begin_and_end_as_their_coding_says, 0,
	    (int)(sizeof(streams) / sizeof(streams[0])));
	tcase_add_test(t, brotli_is_undone);
	tcase_add_test(t, stacks_are_undone_from_the_last);
	tcase_add_test(t, unknown_and_too_many_codings_are_refused);
	tcase_add_loop_test(t, what_is_cut_short_is_malformed, 0, 3);
	tcase_add_test(t, what_trails_is_malformed);
	tcase_add_test(t, an_empty_body_is_an_empty_object);
	tcase_add_loop_test(t, bombs_end_early, 0, 4);
	tcase_add_test(t, bombs_in_bombs_end_early);
	tcase_add_test(t, dense_content_may_be_larger_than_the_free_part);
	tcase_add_loop_test(t, all_decoders_have_one_budget_of_memory, 0, 2);
	tcase_add_test(t, the_sinks_error_is_passed_on_and_stays);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
