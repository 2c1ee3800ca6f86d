/* SPDX-License-Identifier: BSD-2-Clause */
/* WebSocket frames read whole, byte by byte and cut at each place: always the same story. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/buf.h"
#include "core/err.h"
#include "http/ws.h"

static struct limits limits;

/* "t(hello)." a text message, "b(..)." binary, "<9:x>" control, "!name" an error. */
static void tell(struct buf *b, const struct message_ev *ev, bool *open)
{
	switch (ev->type) {
	case MESSAGE_BEGIN:
		buf_printf(b, "%c(", ev->text ? 't' : 'b');
		*open = true;
		break;
	case MESSAGE_DATA:
		buf_str(b, ev->data);
		break;
	case MESSAGE_END:
		buf_printf(b, ").");
		break;
	case MESSAGE_CONTROL:
		buf_printf(b, "<%u:%.*s>", ev->opcode, STR_FMT(ev->data));
		break;
	case MESSAGE_ERROR:
		buf_printf(b, "!%s", err_name(ev->err));
		break;
	default:
		break;
	}
}

static void feed(struct ws *w, struct str in, struct buf *b, bool *dead)
{
	bool open = false;

	while (!*dead) {
		struct message_ev ev;
		size_t used;

		ws_next(w, in, &used, &ev);
		ck_assert_uint_le(used, in.n);
		in = str_sub(in, used, in.n);
		tell(b, &ev, &open);
		*dead = ev.type == MESSAGE_ERROR;
		if (ev.type == MESSAGE_MORE) {
			ck_assert_uint_eq(in.n, 0);
			return;
		}
	}
}

/* In two parts, or in bytes (cut > n). */
static void read_cut(
    enum ws_side side, const struct ws_deflate *d, struct str in, size_t cut, struct buf *b)
{
	struct ws *w = ws_new(side, d, &limits);
	bool dead = false;

	buf_init(b, 1 << 20);
	if (cut <= in.n) {
		feed(w, str_sub(in, 0, cut), b, &dead);
		feed(w, str_sub(in, cut, in.n), b, &dead);
	}
	for (size_t i = 0; cut > in.n && i < in.n; i++)
		feed(w, str_sub(in, i, 1), b, &dead);
	buf_append(b, "", 1);
	ws_free(w);
}

static void same_story(enum ws_side side, const struct ws_deflate *d, struct str in, const char *want,
    const char *name)
{
	for (size_t cut = 0; cut <= in.n + 1; cut++) {
		struct buf b;

		read_cut(side, d, in, cut, &b);
		ck_assert_msg(strcmp(b.p + b.off, want) == 0, "%s, cut at %zu: %s, not %s", name, cut,
		    b.p + b.off, want);
		buf_free(&b);
	}
}

#define S(lit) { lit, sizeof(lit) - 1 }
static const struct {
	const char *name;
	enum ws_side side;
	struct str in;
	const char *want;
} rows[] = {
	{ "text", WS_SERVER, S("\x81\5hello"), "t(hello)." },
	{ "binary", WS_SERVER, S("\x82\1x"), "b(x)." },
	{ "empty", WS_SERVER, S("\x81\0"), "t()." },
	{ "masked", WS_CLIENT, S("\x81\x85\1\2\3\4\x69\x67\x6f\x68\x6e"), "t(hello)." },
	{ "fragments", WS_SERVER, S("\1\2he\0\2ll\x80\1o"), "t(hello)." },
	{ "ping between fragments", WS_SERVER, S("\1\2he\x89\2hi\x80\3llo"), "t(he<9:hi>llo)." },
	{ "close", WS_SERVER, S("\x88\4\x03\xe8" "ok"), "<8:\x03\xe8" "ok>" },
	{ "close without a code", WS_SERVER, S("\x88\0"), "<8:>" },
	{ "two messages", WS_SERVER, S("\x81\1a\x82\1b"), "t(a).b(b)." },
	{ "client without mask", WS_CLIENT, S("\x81\1a"), "!ws" },
	{ "server with mask", WS_SERVER, S("\x81\x81\0\0\0\0a"), "!ws" },
	{ "reserved bit 2", WS_SERVER, S("\xa1\1a"), "!ws" },
	{ "compressed without the extension", WS_SERVER, S("\xc1\1a"), "!ws" },
	{ "unknown opcode", WS_SERVER, S("\x83\1a"), "!ws" },
	{ "unknown control", WS_SERVER, S("\x8b\1a"), "!ws" },
	{ "fragmented ping", WS_SERVER, S("\x09\1a"), "!ws" },
	{ "long ping", WS_SERVER, S("\x89\x7e\0\x7e"), "!ws" },
	{ "continuation of nothing", WS_SERVER, S("\x80\1a"), "!ws" },
	{ "a new message within another", WS_SERVER, S("\1\1a\x81\1b"), "t(a!ws" },
	{ "length in too many bytes", WS_SERVER, S("\x82\x7e\0\x05hello"), "!ws" },
	{ "length in far too many bytes", WS_SERVER, S("\x82\x7f\0\0\0\0\0\0\0\x05hello"), "!ws" },
	{ "length with the sign", WS_SERVER, S("\x82\x7f\x80\0\0\0\0\0\0\0"), "!ws" },
	{ "data behind a close", WS_SERVER, S("\x88\0\x81\1a"), "<8:>!ws" },
	{ "a second close", WS_SERVER, S("\x88\0\x88\0"), "<8:>!ws" },
	{ "a pong behind a close", WS_SERVER, S("\x88\0\x8a\0"), "<8:><10:>" },
	{ "close with half a code", WS_SERVER, S("\x88\1\x03"), "!ws" },
	{ "close with a code that is never sent", WS_SERVER, S("\x88\2\x03\xed"), "!ws" },
	{ "utf-8 over fragments", WS_SERVER, S("\1\1\xc3\x80\1\xa4"), "t(\xc3\xa4)." },
	{ "utf-8 with a ping between", WS_SERVER, S("\1\1\xc3\x89\0\x80\1\xa4"), "t(\xc3<9:>\xa4)." },
	{ "utf-8 cut off", WS_SERVER, S("\x81\1\xc3"), "t(\xc3!ws" },
	{ "binary needs none", WS_SERVER, S("\x82\1\xc3"), "b(\xc3)." },
};

START_TEST(frames_have_one_meaning)
{
	same_story(rows[_i].side, NULL, rows[_i].in, rows[_i].want, rows[_i].name);
}
END_TEST

START_TEST(text_that_is_not_utf8_is_an_error)
{
	static const struct str bad[] = { S("\x81\2\xc0\x80"), S("\x81\3\xed\xa0\x80"),
		S("\x81\4\xf4\x90\x80\x80"), S("\x81\3\xe0\x80\x80"), S("\x81\1\xff"),
		S("\x81\1\x80") };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf b;

		read_cut(WS_SERVER, NULL, bad[i], 0, &b);
		ck_assert_msg(strstr(b.p, "!ws") != NULL, "row %zu", i);
		buf_free(&b);
	}
}
END_TEST

/* A message as RFC 7692 has it: raw deflate, flushed, without its last four bytes. */
static void squeeze(z_stream *z, const char *text, struct buf *b)
{
	unsigned char out[4096], head[2];
	size_t n;

	z->next_in = (unsigned char *)(uintptr_t)text;
	z->avail_in = (unsigned)strlen(text);
	z->next_out = out;
	z->avail_out = sizeof(out);
	ck_assert_int_eq(deflate(z, Z_SYNC_FLUSH), Z_OK);
	n = sizeof(out) - z->avail_out - 4;
	ck_assert_uint_lt(n, 126);
	head[0] = 0xc1;
	head[1] = (unsigned char)n;
	buf_append(b, head, 2);
	buf_append(b, out, n);
}

START_TEST(compressed_messages_are_read_with_and_without_their_past)
{
	struct ws_deflate d = { .on = true, .no_context = { false, _i == 1 } };
	z_stream z = { 0 };
	struct buf b;

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	buf_init(&b, 65536);
	squeeze(&z, "a text that comes twice, a text that comes twice", &b);
	if (_i == 1)
		deflateReset(&z);
	squeeze(&z, "a text that comes twice", &b);
	buf_append(&b, "\x81\3raw", 5);
	buf_append(&b, "\xc1\1", 3); /* an empty message is one empty block */
	same_story(WS_SERVER, &d, buf_view(&b),
	    "t(a text that comes twice, a text that comes twice).t(a text that comes twice)."
	    "t(raw).t().",
	    "deflate");
	deflateEnd(&z);
	buf_free(&b);
}
END_TEST

START_TEST(compressed_rubbish_is_an_error)
{
	struct ws_deflate d = { .on = true };
	struct buf b;

	read_cut(WS_SERVER, &d, STR("\xc1\4\xff\xff\xff\xff"), 0, &b);
	ck_assert_ptr_nonnull(strstr(b.p, "!coding_malformed"));
	buf_free(&b);
}
END_TEST

START_TEST(a_bomb_meets_the_limit)
{
	struct ws_deflate d = { .on = true };
	static char zeros[1 << 20];
	unsigned char *out = malloc(1 << 16), head[4] = { 0xc2, 126, 0, 0 };
	z_stream z = { 0 };
	struct buf in, b;
	size_t n;

	limits.decoded = 65536;
	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)zeros;
	z.avail_in = sizeof(zeros);
	z.next_out = out;
	z.avail_out = 1 << 16;
	ck_assert_int_eq(deflate(&z, Z_SYNC_FLUSH), Z_OK);
	n = (1 << 16) - z.avail_out - 4;
	head[2] = (unsigned char)(n >> 8);
	head[3] = (unsigned char)n;
	buf_init(&in, 1 << 20);
	buf_append(&in, head, 4);
	buf_append(&in, out, n);
	read_cut(WS_SERVER, &d, buf_view(&in), 0, &b);
	ck_assert_uint_le(b.len, 65536 + 32);
	ck_assert_int_eq(memcmp(b.p + b.len - 14, "!coding_limit", 13), 0);
	deflateEnd(&z);
	free(out);
	buf_free(&in);
	buf_free(&b);
}
END_TEST

static const struct {
	const char *value;
	int r;
	bool on, client, server;
} extensions[] = {
	{ "", 0, false, false, false },
	{ "permessage-deflate", 0, true, false, false },
	{ "permessage-deflate; client_no_context_takeover; server_max_window_bits=10", 0, true, true, false },
	{ "permessage-deflate;server_no_context_takeover", 0, true, false, true },
	{ "permessage-deflate; client_max_window_bits=\"12\"", 0, true, false, false },
	{ "permessage-deflate; client_max_window_bits=7", -ERR_WS, true, false, false },
	{ "permessage-deflate; other", -ERR_WS, true, false, false },
	{ "permessage-deflate, permessage-deflate", -ERR_UNSUPPORTED, true, false, false },
	{ "x-webkit-deflate-frame", -ERR_UNSUPPORTED, false, false, false },
};

START_TEST(what_was_negotiated_is_read)
{
	struct ws_deflate d;

	ck_assert_int_eq(ws_extensions(str_c(extensions[_i].value), &d), extensions[_i].r);
	if (extensions[_i].r != 0)
		return;
	ck_assert_int_eq(d.on, extensions[_i].on);
	ck_assert_int_eq(d.no_context[WS_CLIENT], extensions[_i].client);
	ck_assert_int_eq(d.no_context[WS_SERVER], extensions[_i].server);
}
END_TEST

START_TEST(our_close_frames_are_read_by_ourselves)
{
	unsigned char out[WS_CLOSE_MAX];
	size_t n = ws_close_frame(1008, STR("blocked"), NULL, out);

	same_story(WS_SERVER, NULL, str_of((char *)out, n), "<8:\x03\xf0" "blocked>", "to a client");
	n = ws_close_frame(1008, STR("blocked"), (const unsigned char *)"\1\2\3\4", out);
	same_story(WS_CLIENT, NULL, str_of((char *)out, n), "<8:\x03\xf0" "blocked>", "to a server");
}
END_TEST

static void setup(void)
{
	limits_default(&limits);
}

int main(void)
{
	Suite *s = suite_create("ws");
	TCase *t = tcase_create("ws");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, frames_have_one_meaning, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, text_that_is_not_utf8_is_an_error);
	tcase_add_loop_test(t, compressed_messages_are_read_with_and_without_their_past, 0, 2);
	tcase_add_test(t, compressed_rubbish_is_an_error);
	tcase_add_test(t, a_bomb_meets_the_limit);
	tcase_add_loop_test(
	    t, what_was_negotiated_is_read, 0, sizeof(extensions) / sizeof(extensions[0]));
	tcase_add_test(t, our_close_frames_are_read_by_ourselves);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
