/* SPDX-License-Identifier: BSD-2-Clause */
/* Readers of message streams: gRPC, gRPC-web, event streams, and codings around them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/buf.h"
#include "core/err.h"
#include "http/event_stream.h"
#include "http/grpc.h"
#include "http/layered.h"

static struct limits limits;
static struct buf told;

static void setup(void)
{
	limits_default(&limits);
	buf_init(&told, 1 << 20);
}

static void teardown(void)
{
	buf_free(&told);
}

/* ---- a stream told as text: "[" begin, content, "]" end, "." control, "!" and "?" errors ---- */

static bool tell(const struct message_ev *ev)
{
	switch (ev->type) {
	case MESSAGE_BEGIN:
		buf_printf(&told, "[");
		return true;
	case MESSAGE_DATA:
		buf_str(&told, ev->data);
		return true;
	case MESSAGE_END:
		buf_printf(&told, ev->err == 0 ? "]" : "?%s]", err_name(ev->err));
		return true;
	case MESSAGE_CONTROL:
		buf_printf(&told, ".");
		return true;
	case MESSAGE_ERROR:
		buf_printf(&told, "!%s", err_name(ev->err));
		return false;
	default:
		return true;
	}
}

/* As the gateway does: what was not used comes again, with what came meanwhile. */
static const char *read_in(const struct message_reader *r, void *self, struct str in, size_t piece, bool finish)
{
	struct message_ev ev = { .type = MESSAGE_MORE };
	size_t used, at = 0, have = 0;

	ck_assert_ptr_nonnull(self);
	buf_free(&told);
	while (have < in.n && ev.type != MESSAGE_ERROR) {
		have = in.n - have < piece ? in.n : have + piece;
		do {
			r->next(self, str_sub(in, at, have - at), &used, &ev);
			ck_assert_uint_le(used, have - at);
			at += used;
		} while (tell(&ev) && ev.type != MESSAGE_MORE);
		ck_assert(ev.type == MESSAGE_ERROR || at == have);
	}
	while (finish && ev.type != MESSAGE_ERROR && r->end != NULL) {
		r->end(self, &ev);
		if (ev.type == MESSAGE_MORE || !tell(&ev))
			break;
	}
	if (ev.type != MESSAGE_ERROR && !r->idle(self))
		buf_printf(&told, "~");
	buf_append(&told, "", 1);
	r->free(self);
	return told.p;
}

/* ---- event streams ---- */

static const char *events(const char *text, size_t piece)
{
	return read_in(&event_stream_reader, event_stream_new(&limits), str_c(text), piece, true);
}

static const struct {
	const char *in, *out;
} event_rows[] = {
	{ "data: a\n\n", "[a]" },
	{ "data:a\n\ndata:  b\n\n", "[a][ b]" },
	{ "data: a\ndata: b\n\n", "[a\nb]" },
	{ "data: a\r\ndata: b\r\n\r\n", "[a\nb]." },
	{ "data: a\rdata: b\r\r", "[a\nb]" },
	{ "event: x\nid: 7\ndata: a\n\n", "[aevent: x\nid: 7\n]" },
	{ "data\ndata\n\n", "[\n]" },
	{ "data:\n\n", "[]" },
	{ ":\n:\n", "[\n][\n]" },
	{ ": ping\n\n", "[ ping\n]." },
	{ "data: a\n: note\ndata: b\n\n", "[a\nb note\n]" },
	{ "\n\n\n", "..." },
	{ "\r\n\r\n", "...." },
	{ "\xef\xbb\xbf" "data: a\n\n", "[a]" },
	{ "retry: 100\n\ndata: a\n\n", "[retry: 100\n][a]" },
	{ "unknown: a\n\n", "[unknown: a\n]" },
	{ "data: a", "[a]" },
	{ "data: a\n", "[a]" },
	{ "dat", "[dat]" },
	{ ": comment", "[ comment]" },
	{ "MZ\x90\n", "[!event_stream" },
	{ "#!/bin/sh\n", "[!event_stream" },
	{ "two words\n", "[!event_stream" },
	{ "\xef\xbb" "data: a\n\n", "!event_stream" },
	{ "a_name_that_is_longer_than_any_field_has: x\n\n", "[!event_stream" },
};

START_TEST(event_stream_rows)
{
	const char *in = event_rows[_i].in;

	for (size_t piece = 1; piece <= strlen(in); piece++)
		ck_assert_str_eq(events(in, piece), event_rows[_i].out);
}
END_TEST

START_TEST(event_stream_nul)
{
	struct str in = str_of("data: a\0b\n\n", 11);

	ck_assert_str_eq(read_in(&event_stream_reader, event_stream_new(&limits), in, in.n, true),
	    "[a!event_stream");
}
END_TEST

START_TEST(event_stream_bounds_what_it_keeps)
{
	char *s = malloc(10001);

	limits.head = 4096;
	memset(s, 'x', 10000);
	memcpy(s, "id: ", 4);
	s[10000] = '\0';
	ck_assert_str_eq(events(s, 1000), "[!limit");
	memcpy(s, "data", 4);
	s[4] = ':';
	ck_assert_uint_eq(strlen(events(s, 1000)), 1 + 9995 + 1); /* data is not kept here */
	free(s);
}
END_TEST

/* ---- gRPC ---- */

static struct buf stream;

static void frame(unsigned flags, const void *p, size_t n)
{
	unsigned char h[5] = { (unsigned char)flags, (unsigned char)(n >> 24), (unsigned char)(n >> 16),
		(unsigned char)(n >> 8), (unsigned char)n };

	buf_append(&stream, h, 5);
	buf_append(&stream, p, n);
}

static void compressed(const char *text, int bits)
{
	unsigned char out[70000];
	z_stream z = { 0 };

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, bits, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)text;
	z.avail_in = (unsigned)strlen(text);
	z.next_out = out;
	z.avail_out = sizeof(out);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	frame(1, out, sizeof(out) - z.avail_out);
	deflateEnd(&z);
}

static void begin_stream(void)
{
	buf_free(&stream);
	buf_init(&stream, 1 << 20);
}

/* Every split tells the same. */
static void grpc_tells(enum grpc_form form, const char *encoding, const char *expected)
{
	for (size_t piece = 1; piece <= stream.len; piece += piece < 20 ? 1 : 37)
		ck_assert_str_eq(read_in(&grpc_reader, grpc_new(form, str_c(encoding), &limits),
				     buf_view(&stream), piece, true), expected);
	buf_free(&stream);
}

START_TEST(grpc_messages)
{
	begin_stream();
	frame(0, "hello", 5);
	frame(0, "", 0);
	frame(0, "x", 1);
	grpc_tells(GRPC_PLAIN, "", "[hello][][x]");
}
END_TEST

START_TEST(grpc_compressed)
{
	begin_stream();
	compressed("hello hello hello", 31);
	frame(0, "plain", 5);
	compressed("again", 31);
	grpc_tells(GRPC_PLAIN, "gzip", "[hello hello hello][plain][again]");
	begin_stream();
	compressed("zlib", 15);
	grpc_tells(GRPC_PLAIN, "deflate", "[zlib]");
}
END_TEST

START_TEST(grpc_bad_content_keeps_the_frames)
{
	begin_stream();
	frame(1, "no gzip", 7);
	frame(0, "next", 4);
	grpc_tells(GRPC_PLAIN, "gzip", "[?coding_malformed][next]");
	begin_stream();
	compressed("text", 31);
	frame(0, "next", 4);
	stream.len = stream.len; /* whole */
	grpc_tells(GRPC_PLAIN, "snappy", "[?coding_unknown][next]");
	begin_stream();
	compressed("text", 31);
	grpc_tells(GRPC_PLAIN, "identity", "[?coding_malformed]");
}
END_TEST

START_TEST(grpc_cut_and_padded_content)
{
	struct buf one;

	begin_stream();
	compressed("text", 31);
	buf_init(&one, 1 << 16);
	buf_append(&one, stream.p + 5, stream.len - 5);
	begin_stream();
	frame(1, one.p, one.len - 3);
	grpc_tells(GRPC_PLAIN, "gzip", "[text?coding_malformed]");
	begin_stream();
	buf_append(&one, one.p, one.len); /* a second member */
	frame(1, one.p, one.len);
	ck_assert_ptr_nonnull(strstr(read_in(&grpc_reader, grpc_new(GRPC_PLAIN, STR("gzip"), &limits),
					 buf_view(&stream), stream.len, true), "?coding_malformed]"));
	buf_free(&one);
	buf_free(&stream);
}
END_TEST

START_TEST(grpc_bomb)
{
	char *zeros = malloc(40 << 20);

	memset(zeros, 'a', 40 << 20);
	zeros[(40 << 20) - 1] = '\0';
	begin_stream();
	limits.decoded = 1 << 20;
	compressed(zeros, 31);
	free(zeros);
	buf_init(&told, 8 << 20);
	ck_assert_ptr_nonnull(strstr(read_in(&grpc_reader, grpc_new(GRPC_PLAIN, STR("gzip"), &limits),
					 buf_view(&stream), stream.len, true), "?coding_limit]"));
	ck_assert_uint_lt(told.len, 2 << 20);
	buf_free(&stream);
}
END_TEST

START_TEST(grpc_bad_frames)
{
	begin_stream();
	frame(2, "x", 1);
	grpc_tells(GRPC_PLAIN, "", "!grpc");
	begin_stream();
	frame(0x80, "x", 1);
	grpc_tells(GRPC_PLAIN, "", "!grpc");
	begin_stream();
	frame(0, "a", 1);
	frame(0x80, "grpc-status: 0\r\n", 16);
	grpc_tells(GRPC_WEB, "", "[a][grpc-status: 0\r\n]");
	begin_stream();
	frame(0x80, "t", 1);
	frame(0, "a", 1);
	grpc_tells(GRPC_WEB, "", "[t]!grpc");
	begin_stream();
	frame(0, "abc", 3);
	stream.len -= 1;
	grpc_tells(GRPC_PLAIN, "", "[ab~");
}
END_TEST

START_TEST(grpc_types)
{
	ck_assert_int_eq(grpc_form(STR("application/grpc")), GRPC_PLAIN);
	ck_assert_int_eq(grpc_form(STR("application/grpc+proto")), GRPC_PLAIN);
	ck_assert_int_eq(grpc_form(STR("application/grpc-web")), GRPC_WEB);
	ck_assert_int_eq(grpc_form(STR("application/grpc-web+json")), GRPC_WEB);
	ck_assert_int_eq(grpc_form(STR("application/grpc-web-text+proto")), GRPC_WEB_TEXT);
	ck_assert_int_eq(grpc_form(STR("application/grpcx")), GRPC_NONE);
	ck_assert_int_eq(grpc_form(STR("application/json")), GRPC_NONE);
}
END_TEST

START_TEST(grpc_words)
{
	char to[64], frame_out[GRPC_TRAILERS_MAX];
	size_t n;

	grpc_accept_encoding(STR("identity, snappy,gzip ,deflate"), to, sizeof(to));
	ck_assert_str_eq(to, "identity,gzip,deflate");
	grpc_message("a b%\n\xc3", to, sizeof(to));
	ck_assert_str_eq(to, "a b%25%0A%C3");
	grpc_message("0123456789", to, 8);
	ck_assert_str_eq(to, "0123");
	n = grpc_web_trailers(GRPC_WEB, 7, "no", frame_out);
	ck_assert_uint_eq(n, 5 + 34);
	ck_assert_int_eq(memcmp(frame_out, "\x80\0\0\0\x22grpc-status: 7\r\ngrpc-message: no\r\n", n), 0);
	n = grpc_web_trailers(GRPC_WEB_TEXT, 7, "no", frame_out);
	ck_assert_int_eq(memcmp(frame_out, "gAAAACJncnBj", 12), 0);
}
END_TEST

/* ---- codings around a stream ---- */

static const char *text_form(const char *chars, size_t piece)
{
	void *self = NULL;

	ck_assert_int_eq(layered_base64(&limits, &grpc_reader, grpc_new(GRPC_WEB_TEXT, STR_NONE, &limits), &self), 0);
	return read_in(&layered_reader, self, str_c(chars), piece, true);
}

START_TEST(base64_of_grpc_web)
{
	/* Two messages in pieces of their own, padding between. */
	static const char in[] = "AAAAAAFhAAAAAAJiYw==AAAAAAFk";

	for (size_t piece = 1; piece < sizeof(in); piece++) {
		const char *got = text_form(in, piece);
		char without[64];
		size_t n = 0;

		for (; *got != '\0'; got++)
			if (*got != '.')
				without[n++] = *got;
		without[n] = '\0';
		ck_assert_str_eq(without, "[a][bc][d]");
	}
	ck_assert_str_eq(text_form("AAAA*AAA", 8), "!coding_malformed");
	ck_assert_str_eq(text_form("A=AA", 4), "!coding_malformed");
	ck_assert_str_eq(text_form("AB==", 4), "!coding_malformed"); /* bits that nobody reads */
	ck_assert_str_eq(text_form("AAAAAAFh AAA", 12), "!coding_malformed");
	ck_assert_str_eq(text_form("AAAAAAF", 7), "~");
	/* The first characters of a frame are not for sending on before it is known. */
	ck_assert_str_eq(text_form("AAAAAAFhAA", 10), "[a]~");
}
END_TEST

/* Deflate with a flush behind each text, as servers send event streams. */
static size_t flushed(const char *const *texts, unsigned char *out, size_t room, size_t *ends)
{
	z_stream z = { 0 };

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = out;
	z.avail_out = (unsigned)room;
	for (size_t i = 0; texts[i] != NULL; i++) {
		z.next_in = (unsigned char *)(uintptr_t)texts[i];
		z.avail_in = (unsigned)strlen(texts[i]);
		deflate(&z, texts[i + 1] != NULL ? Z_SYNC_FLUSH : Z_FINISH);
		ends[i] = room - z.avail_out;
	}
	deflateEnd(&z);
	return room - z.avail_out;
}

START_TEST(gzip_around_events)
{
	const char *const texts[] = { "data: one\n\n", "data: two\n\n", "data: thr", "ee\n\n", NULL };
	unsigned char out[4096];
	size_t ends[4], n = flushed(texts, out, sizeof(out), ends);
	struct message_ev ev;
	void *self = NULL;
	size_t used, at = 0;

	ck_assert_int_eq(layered_coding(STR("gzip"), &limits, &event_stream_reader, event_stream_new(&limits), &self), 0);
	ck_assert_str_eq(read_in(&layered_reader, self, str_of((char *)out, n), n, true), "[one][two][three].");
	/* The bytes of an event count as used only once nothing else has begun in them. */
	ck_assert_int_eq(layered_coding(STR("gzip"), &limits, &event_stream_reader, event_stream_new(&limits), &self), 0);
	for (size_t i = 0; i < 4; i++) {
		size_t before = at, ended = SIZE_MAX;

		do {
			layered_reader.next(self, str_of((char *)out + at, ends[i] - at), &used, &ev);
			at += used;
			if (ev.type == MESSAGE_END)
				ended = at;
		} while (ev.type != MESSAGE_MORE);
		ck_assert_uint_eq(at, ends[i]);
		if (i != 2)
			ck_assert_uint_eq(ended, before);
		ck_assert_int_eq(layered_reader.idle(self), i == 3);
	}
	layered_reader.free(self);
}
END_TEST

START_TEST(layered_faults)
{
	void *self = NULL;

	ck_assert_int_eq(layered_coding(STR("gzip, br"), &limits, &event_stream_reader, event_stream_new(&limits), &self),
	    -ERR_CODING_UNKNOWN);
	ck_assert_int_eq(layered_coding(STR("gzip"), &limits, &event_stream_reader, event_stream_new(&limits), &self), 0);
	ck_assert_str_eq(read_in(&layered_reader, self, STR("data: a\n\n"), 9, true), "!coding_malformed");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("streaming");
	TCase *tc = tcase_create("streaming");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, event_stream_rows, 0, (int)(sizeof(event_rows) / sizeof(event_rows[0])));
	tcase_add_test(tc, event_stream_nul);
	tcase_add_test(tc, event_stream_bounds_what_it_keeps);
	tcase_add_test(tc, grpc_messages);
	tcase_add_test(tc, grpc_compressed);
	tcase_add_test(tc, grpc_bad_content_keeps_the_frames);
	tcase_add_test(tc, grpc_cut_and_padded_content);
	tcase_add_test(tc, grpc_bomb);
	tcase_add_test(tc, grpc_bad_frames);
	tcase_add_test(tc, grpc_types);
	tcase_add_test(tc, grpc_words);
	tcase_add_test(tc, base64_of_grpc_web);
	tcase_add_test(tc, gzip_around_events);
	tcase_add_test(tc, layered_faults);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
