/* SPDX-License-Identifier: BSD-2-Clause */
/* Two HTTP/2 ends that talk with each other, and one that is talked to in raw frames. */
#include <check.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "http/h2.h"

static struct limits limits;
static struct h2 *server, *client;
static struct buf story; /* what the server was told, then what the client was */
static uint64_t now = 1000;
static size_t piece = SIZE_MAX; /* bytes carried at a time */
static bool hold;		/* the server gives no bytes back */

static void told(void *arg, const struct h2_ev *ev)
{
	static const char *const words[] = { "head", "data", "trailers", "end", "reset", "space",
		"goaway", "settings" };
	const char *who = arg;

	if (ev->type == H2_SETTINGS || ev->type == H2_SPACE)
		return;
	buf_printf(&story, "%s%d %s", who, ev->stream, words[ev->type]);
	if (ev->type == H2_HEAD && ev->head->status != 0)
		buf_printf(&story, " %u", ev->head->status);
	if (ev->type == H2_HEAD && ev->head->status == 0)
		buf_printf(&story, " %.*s %.*s %.*s", STR_FMT(ev->head->method),
		    STR_FMT(ev->head->host), STR_FMT(ev->head->path));
	for (size_t i = 0; ev->type == H2_TRAILERS && i < ev->head->nfields; i++)
		buf_printf(&story, " %.*s=%.*s", STR_FMT(ev->head->fields[i].name),
		    STR_FMT(ev->head->fields[i].value));
	if (ev->type == H2_DATA)
		buf_printf(&story, " %zu", ev->data.n);
	if (ev->type == H2_RESET || ev->type == H2_GOAWAY)
		buf_printf(&story, " %u", ev->code);
	buf_str(&story, STR("; "));
	if (ev->type == H2_DATA && !hold)
		h2_consumed(who[0] == 's' ? server : client, ev->stream, ev->data.n);
}

static void setup(void)
{
	limits_default(&limits);
	buf_init(&story, 1 << 20);
	server = h2_new(H2_SERVER, &limits, told, (void *)(uintptr_t) "s");
	client = h2_new(H2_CLIENT, &limits, told, (void *)(uintptr_t) "c");
	ck_assert(server != NULL && client != NULL);
	piece = SIZE_MAX;
	hold = false;
}

static void teardown(void)
{
	h2_free(server);
	h2_free(client);
	buf_free(&story);
}

static bool carry(struct h2 *from, struct h2 *to, int *err)
{
	struct str out = h2_output(from);
	char *copy;

	if (out.n == 0)
		return false;
	copy = malloc(out.n); /* exact, so that the sanitizer sees any step beyond */
	ck_assert_ptr_nonnull(copy);
	memcpy(copy, out.p, out.n);
	for (size_t at = 0; at < out.n && *err == 0; at += piece) {
		size_t n = out.n - at < piece ? out.n - at : piece;

		*err = h2_feed(to, str_of(copy + at, n), now);
		if (piece == SIZE_MAX)
			break;
	}
	free(copy);
	return true;
}

/* Until nothing moves. */
static void talk(void)
{
	int err = 0;

	for (bool moved = true; moved && err == 0;) {
		moved = carry(client, server, &err);
		moved = carry(server, client, &err) || moved;
	}
	ck_assert_int_eq(err, 0);
}

static const char *said(void)
{
	static char text[8192];

	ck_assert_int_eq(str_copy(buf_view(&story), text, sizeof(text)), 0);
	return text;
}

static struct head get(struct field *fields, size_t n)
{
	return (struct head){ .method = STR("GET"), .path = STR("/a?b"), .host = STR("www.example.com"),
		.fields = fields, .nfields = n };
}

START_TEST(a_request_and_its_answer_pass)
{
	struct head q = get(NULL, 0), a = { .status = 200 };

	piece = _i == 0 ? SIZE_MAX : 1;
	ck_assert_int_eq(h2_request(client, &q, true), 1);
	talk();
	ck_assert_int_eq(h2_response(server, 1, &a, false), 0);
	ck_assert_int_eq(h2_data(server, 1, STR("hello")), 0);
	ck_assert_int_eq(h2_end(server, 1, NULL), 0);
	talk();
	if (_i == 0)
		ck_assert_str_eq(said(), "s1 head GET www.example.com /a?b; s1 end; c1 head 200; "
					 "s1 reset 0; c1 data 5; c1 end; c1 reset 0; ");
	ck_assert_uint_eq(h2_streams(server) + h2_streams(client), 0);
}
END_TEST

START_TEST(upload_trailers_and_interim_answers_pass)
{
	struct field t = { STR("X-Sum"), STR("42") };
	struct head q = get(NULL, 0), early = { .status = 103 }, a = { .status = 200 },
		    trailers = { .fields = &t, .nfields = 1 };

	q.method = STR("POST");
	ck_assert_int_eq(h2_request(client, &q, false), 1);
	ck_assert_int_eq(h2_data(client, 1, STR("body")), 0);
	ck_assert_int_eq(h2_end(client, 1, &trailers), 0);
	talk();
	ck_assert_int_eq(h2_response(server, 1, &early, false), 0);
	ck_assert_int_eq(h2_response(server, 1, &a, false), 0);
	ck_assert_int_eq(h2_end(server, 1, &trailers), 0);
	talk();
	ck_assert_str_eq(said(),
	    "s1 head POST www.example.com /a?b; s1 data 4; s1 trailers x-sum=42; s1 end; "
	    "c1 head 103; c1 head 200; s1 reset 0; c1 trailers x-sum=42; c1 end; c1 reset 0; ");
}
END_TEST

START_TEST(what_is_not_given_back_holds_the_sender)
{
	static char block[65536];
	struct head q = get(NULL, 0);
	size_t sent = 0;

	hold = true;
	q.method = STR("POST");
	ck_assert_int_eq(h2_request(client, &q, false), 1);
	for (int i = 0; i < 12; i++) {
		if (h2_data(client, 1, str_of(block, sizeof(block))) == 0)
			sent += sizeof(block);
		talk();
	}
	ck_assert_uint_ge(sent - h2_queued(client, 1), limits.h2_window);
	ck_assert_uint_le(sent - h2_queued(client, 1), limits.h2_window);
	h2_consumed(server, 1, limits.h2_window);
	talk();
	ck_assert_uint_eq(h2_queued(client, 1), sent - 2 * limits.h2_window > sent ? 0 : sent - 2 * limits.h2_window);
}
END_TEST

START_TEST(a_reset_ends_its_stream_alone)
{
	struct head q = get(NULL, 0), a = { .status = 200 };

	ck_assert_int_eq(h2_request(client, &q, true), 1);
	ck_assert_int_eq(h2_request(client, &q, true), 3);
	talk();
	h2_reset(server, 1, NGHTTP2_CANCEL);
	ck_assert_int_eq(h2_response(server, 3, &a, true), 0);
	ck_assert_int_eq(h2_response(server, 1, &a, true), -ERR_H2_STREAM);
	talk();
	ck_assert_ptr_nonnull(strstr(said(), "c1 reset 8; "));
	ck_assert_ptr_nonnull(strstr(said(), "c3 head 200; c3 end; "));
}
END_TEST

START_TEST(after_goaway_no_new_stream_and_the_old_ones_end)
{
	struct head q = get(NULL, 0), a = { .status = 204 };

	ck_assert_int_eq(h2_request(client, &q, true), 1);
	talk();
	h2_goaway(server, NGHTTP2_NO_ERROR);
	talk();
	ck_assert(!h2_can_request(client));
	ck_assert(!h2_finished(client) && !h2_finished(server));
	ck_assert_int_eq(h2_response(server, 1, &a, true), 0);
	talk();
	ck_assert(h2_finished(client) && h2_finished(server));
}
END_TEST

START_TEST(a_request_on_its_way_at_a_notice_is_served_at_a_goaway_not)
{
	struct head q = get(NULL, 0), a = { .status = 204 };
	int err = 0;
	struct str out;
	char last[256];

	talk();
	if (_i == 0)
		h2_notice(server);
	else
		h2_goaway(server, NGHTTP2_NO_ERROR);
	out = h2_output(server); /* said, and not heard yet */
	ck_assert_uint_le(out.n, sizeof(last));
	memcpy(last, out.p, out.n);
	ck_assert_int_eq(h2_request(client, &q, true), 1);
	carry(client, server, &err);
	ck_assert_int_eq(h2_feed(client, str_of(last, out.n), now), 0);
	talk();
	ck_assert_str_eq(said(), _i == 0 ? "s1 head GET www.example.com /a?b; s1 end; c2147483647 goaway 0; " :
					   "c0 goaway 0; c1 reset 7; ");
	if (_i != 0)
		return;
	ck_assert_int_eq(h2_response(server, 1, &a, true), 0);
	talk();
	ck_assert(!h2_finished(server));
	h2_goaway(server, NGHTTP2_NO_ERROR);
	talk();
	ck_assert(h2_finished(server));
}
END_TEST

START_TEST(fields_of_the_connection_are_not_sent)
{
	struct field f[] = { { STR("Connection"), STR("X-Hop, close") }, { STR("X-Hop"), STR("1") },
		{ STR("Keep-Alive"), STR("5") }, { STR("Host"), STR("other") },
		{ STR("Transfer-Encoding"), STR("chunked") }, { STR("TE"), STR("gzip") },
		{ STR("X-End"), STR("2") } };
	struct head t = { .fields = f, .nfields = 7 }, q = get(NULL, 0);

	ck_assert_int_eq(h2_request(client, &q, false), 1);
	ck_assert_int_eq(h2_end(client, 1, &t), 0);
	talk();
	ck_assert_str_eq(
	    said(), "s1 head GET www.example.com /a?b; s1 trailers x-end=2; s1 end; ");
}
END_TEST

/* ---- a raw peer ---- */

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

static void frame(struct buf *b, unsigned type, unsigned flags, unsigned stream, struct str body)
{
	unsigned char h[9] = { (unsigned char)(body.n >> 16), (unsigned char)(body.n >> 8),
		(unsigned char)body.n, (unsigned char)type, (unsigned char)flags,
		(unsigned char)(stream >> 24), (unsigned char)(stream >> 16),
		(unsigned char)(stream >> 8), (unsigned char)stream };

	buf_append(b, h, sizeof(h));
	buf_str(b, body);
}

static void raw_begin(struct buf *b)
{
	buf_init(b, 4 << 20);
	buf_append(b, preface, 24);
	frame(b, NGHTTP2_SETTINGS, 0, 0, STR_NONE);
}

/* A head of literal fields, never indexed: "name\nvalue\n..." */
static void raw_head(struct buf *b, unsigned stream, bool end, const char *text)
{
	struct buf body;

	buf_init(&body, 1 << 20);
	for (const char *p = text; *p != '\0';) {
		const char *name = p, *value = strchr(p, '\n') + 1, *stop = strchr(value, '\n');
		unsigned char n[2] = { 0x10, (unsigned char)(value - name - 1) };
		unsigned char v = (unsigned char)(stop - value);

		buf_append(&body, n, 2);
		buf_append(&body, name, n[1]);
		buf_append(&body, &v, 1);
		buf_append(&body, value, v);
		p = stop + 1;
	}
	frame(b, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | (end ? NGHTTP2_FLAG_END_STREAM : 0), stream,
	    buf_view(&body));
	buf_free(&body);
}

#define GOOD ":method\nGET\n:scheme\nhttps\n:path\n/\n:authority\nwww.example.com\n"

static const struct {
	const char *name, *head;
	bool good;
} heads[] = {
	{ "plain", GOOD, true },
	{ "the same Host", GOOD "host\nwww.example.com\n", true },
	{ "Host alone", ":method\nGET\n:scheme\nhttps\n:path\n/\nhost\na.example\n", true },
	{ "another Host", GOOD "host\nevil.example\n", false },
	{ "two Hosts", GOOD "host\nwww.example.com\nhost\nwww.example.com\n", false },
	{ "no host at all", ":method\nGET\n:scheme\nhttps\n:path\n/\n", false },
	{ "user in the authority",
	    ":method\nGET\n:scheme\nhttps\n:path\n/\n:authority\nu@www.example.com\n", false },
	{ "capital in a name", GOOD "X-a\n1\n", false },
	{ "connection", GOOD "connection\nclose\n", false },
	{ "transfer-encoding", GOOD "transfer-encoding\nchunked\n", false },
	{ "upgrade", GOOD "upgrade\nh2c\n", false },
	{ "keep-alive", GOOD "keep-alive\n1\n", false },
	{ "te gzip", GOOD "te\ngzip\n", false },
	{ "te trailers", GOOD "te\ntrailers\n", true },
	{ "pseudo after fields", "a\nb\n" GOOD, false },
	{ "pseudo twice", ":method\nPOST\n" GOOD, false },
	{ "unknown pseudo", ":what\nis\n" GOOD, false },
	{ "status in a request", ":status\n200\n" GOOD, false },
	{ "path without slash",
	    ":method\nGET\n:scheme\nhttps\n:path\nx\n:authority\na.example\n", false },
	{ "absolute path",
	    ":method\nGET\n:scheme\nhttps\n:path\nhttp://b.example/\n:authority\na.example\n", false },
	{ "fragment", ":method\nGET\n:scheme\nhttps\n:path\n/a#b\n:authority\na.example\n", false },
	{ "blank in the path",
	    ":method\nGET\n:scheme\nhttps\n:path\n/a b\n:authority\na.example\n", false },
	{ "empty path", ":method\nGET\n:scheme\nhttps\n:path\n\n:authority\na.example\n", false },
	{ "star for GET", ":method\nGET\n:scheme\nhttps\n:path\n*\n:authority\na.example\n", false },
	{ "star for OPTIONS",
	    ":method\nOPTIONS\n:scheme\nhttps\n:path\n*\n:authority\na.example\n", true },
	{ "blank in the method",
	    ":method\nGET /\n:scheme\nhttps\n:path\n/\n:authority\na.example\n", false },
	{ "two lengths", GOOD "content-length\n0\ncontent-length\n0\n", false },
	{ "signed length", GOOD "content-length\n+0\n", false },
	{ "length and no body", GOOD "content-length\n5\n", false },
	{ "carriage return in a value", GOOD "a\nb\rc\n", false },
	{ "colon in a name", GOOD "a:b\nc\n", false },
	{ "CONNECT with a path",
	    ":method\nCONNECT\n:scheme\nhttps\n:path\n/\n:authority\na.example:443\n", false },
	{ "CONNECT", ":method\nCONNECT\n:authority\na.example:443\n", true },
	{ "extended CONNECT that was not offered",
	    ":method\nCONNECT\n:protocol\nwebsocket\n:scheme\nhttps\n:path\n/chat\n:authority\na.example\n",
	    false },
};

START_TEST(heads_are_told_only_where_they_have_one_meaning)
{
	struct buf b;
	bool good;

	raw_begin(&b);
	raw_head(&b, 1, !str_ieq(str_sub(str_c(heads[_i].head), 8, 7), STR("CONNECT")), heads[_i].head);
	ck_assert_int_eq(h2_feed(server, buf_view(&b), now), 0);
	good = strstr(said(), "s1 head") != NULL;
	ck_assert_msg(good == heads[_i].good, "%s: %s", heads[_i].name, said());
	/* A malformed one ends its stream alone (RFC 9113 section 8.1.1). */
	buf_consume(&b, b.len);
	raw_head(&b, 3, true, GOOD);
	ck_assert_int_eq(h2_feed(server, buf_view(&b), now), 0);
	ck_assert_msg(strstr(said(), "s3 head GET") != NULL, "%s: %s", heads[_i].name, said());
	buf_free(&b);
}
END_TEST

START_TEST(a_head_over_the_limit_ends_its_stream_alone)
{
	struct buf b;
	char text[300] = GOOD;

	limits.fields = 20;
	raw_begin(&b);
	for (int i = 0; i < 40; i++)
		strcat(text, "a\nb\n");
	raw_head(&b, 1, true, text);
	raw_head(&b, 3, true, GOOD);
	ck_assert_int_eq(h2_feed(server, buf_view(&b), now), 0);
	ck_assert_ptr_null(strstr(said(), "s1 head"));
	ck_assert_ptr_nonnull(strstr(said(), "s3 head"));
	buf_free(&b);
}
END_TEST

/* ---- floods: each row is one unit of it ---- */

static void unit_ping(struct buf *b, unsigned i)
{
	(void)i;
	frame(b, NGHTTP2_PING, 0, 0, STR("12345678"));
}

static void unit_settings(struct buf *b, unsigned i)
{
	(void)i;
	frame(b, NGHTTP2_SETTINGS, 0, 0, STR_NONE);
}

/* CVE-2023-44487 */
static void unit_rapid_reset(struct buf *b, unsigned i)
{
	raw_head(b, i * 2 + 1, true, GOOD);
	frame(b, NGHTTP2_RST_STREAM, 0, i * 2 + 1, STR("\0\0\0\x08"));
}

/* CVE-2025-8671: the peer makes us reset, here by a window that overflows. */
static void unit_made_you_reset(struct buf *b, unsigned i)
{
	raw_head(b, i * 2 + 1, true, GOOD);
	frame(b, NGHTTP2_WINDOW_UPDATE, 0, i * 2 + 1, STR("\x7f\xff\xff\xff"));
}

static void unit_bad_head(struct buf *b, unsigned i)
{
	raw_head(b, i * 2 + 1, true, GOOD "connection\nclose\n");
}

static void unit_empty_data(struct buf *b, unsigned i)
{
	if (i == 0)
		raw_head(b, 1, false, ":method\nPOST\n:scheme\nhttps\n:path\n/\n:authority\na.example\n");
	frame(b, NGHTTP2_DATA, 0, 1, STR_NONE);
}

static void unit_priority(struct buf *b, unsigned i)
{
	frame(b, NGHTTP2_PRIORITY, 0, i * 2 + 3, STR("\0\0\0\1\x10"));
}

static void unit_window(struct buf *b, unsigned i)
{
	(void)i;
	frame(b, NGHTTP2_WINDOW_UPDATE, 0, 0, STR("\0\0\0\1"));
}

/* CVE-2024-27316 */
static void unit_continuation(struct buf *b, unsigned i)
{
	if (i == 0)
		frame(b, NGHTTP2_HEADERS, 0, 1, STR("\x82\x87\x84"));
	frame(b, NGHTTP2_CONTINUATION, 0, 1, STR("\x10\1a\1b\x10\1a\1b\x10\1a\1b"));
}

/* Answers to pings that nobody sent. */
static void unit_pong(struct buf *b, unsigned i)
{
	(void)i;
	frame(b, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, STR("12345678"));
}

static void unit_padding(struct buf *b, unsigned i)
{
	if (i == 0)
		raw_head(b, 1, false, ":method\nPOST\n:scheme\nhttps\n:path\n/\n:authority\na.example\n");
	frame(b, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, STR("\4\0\0\0\0"));
}

/* Heads of a stream that is over are decoded and dropped. */
static void unit_old_head(struct buf *b, unsigned i)
{
	raw_head(b, 1, true, GOOD);
	if (i == 0)
		frame(b, NGHTTP2_RST_STREAM, 0, 1, STR("\0\0\0\x08"));
}

static void unit_unknown(struct buf *b, unsigned i)
{
	(void)i;
	frame(b, 0x42, 0, 0, STR("what is this"));
}

static void unit_goaway(struct buf *b, unsigned i)
{
	if (i == 0) /* without a stream the rest is not even looked at */
		raw_head(b, 1, true, GOOD);
	frame(b, NGHTTP2_GOAWAY, 0, 0, STR("\0\0\0\0\0\0\0\0"));
}

/* Streams that depend on themselves: priorities of that kind are declined and not even looked at. */
static void unit_dependency_loop(struct buf *b, unsigned i)
{
	unsigned char on_itself[5] = { 0, 0, (unsigned char)((i * 2 + 3) >> 8),
		(unsigned char)(i * 2 + 3), 16 };

	frame(b, NGHTTP2_PRIORITY, 0, i * 2 + 3, str_of((const char *)on_itself, 5));
}

static void unit_zero_window(struct buf *b, unsigned i)
{
	raw_head(b, i * 2 + 1, true, GOOD);
	frame(b, NGHTTP2_WINDOW_UPDATE, 0, i * 2 + 1, STR("\0\0\0\0"));
}

static void unit_data_after_end(struct buf *b, unsigned i)
{
	raw_head(b, i * 2 + 1, true, GOOD);
	frame(b, NGHTTP2_DATA, 0, i * 2 + 1, STR("late"));
}

static const struct {
	const char *name;
	void (*unit)(struct buf *b, unsigned i);
} floods[] = { { "ping", unit_ping }, { "settings", unit_settings }, { "reset", unit_rapid_reset },
	{ "made", unit_made_you_reset }, { "bad head", unit_bad_head },
	{ "empty data", unit_empty_data }, { "priority", unit_priority }, { "window", unit_window },
	{ "pong", unit_pong }, { "padding", unit_padding }, { "old head", unit_old_head },
	{ "unknown", unit_unknown }, { "goaway", unit_goaway }, { "zero window", unit_zero_window },
	{ "data after end", unit_data_after_end }, { "dependency loop", unit_dependency_loop },
	{ "continuation", unit_continuation } };

START_TEST(a_flood_ends_the_connection)
{
	struct buf b;
	unsigned i;
	int r = 0;

	raw_begin(&b);
	for (i = 0; i < 100000 && r == 0; i++) {
		floods[_i].unit(&b, i);
		r = h2_feed(server, buf_view(&b), now);
		buf_consume(&b, b.len);
		while (h2_output(server).n > 0)
			;
	}
	ck_assert_msg(r == -ERR_H2_FLOOD || r == -ERR_H2_PROTOCOL, "%s: %s after %u", floods[_i].name,
	    err_name(r), i);
	ck_assert_msg(i <= limits.h2_budget + 2, "%s: after %u", floods[_i].name, i);
	ck_assert_int_eq(h2_feed(server, STR("x"), now), r);
	buf_free(&b);
}
END_TEST

START_TEST(the_same_in_human_time_is_no_flood)
{
	struct buf b;

	if (floods[_i].unit == unit_continuation || floods[_i].unit == unit_dependency_loop ||
	    floods[_i].unit == unit_data_after_end || floods[_i].unit == unit_zero_window ||
	    floods[_i].unit == unit_goaway) /* faults of the connection, or its end */
		return;
	raw_begin(&b);
	for (unsigned i = 0; i < 900; i++) { /* the library has a clock of its own for resets */
		floods[_i].unit(&b, i);
		now += 250;
		ck_assert_msg(h2_feed(server, buf_view(&b), now) == 0, "%s: %s", floods[_i].name,
		    h2_failure(server));
		buf_consume(&b, b.len);
		while (h2_output(server).n > 0)
			;
	}
	buf_free(&b);
}
END_TEST

static void feed(struct h2 *to, struct buf *b, int want)
{
	int r = h2_feed(to, buf_view(b), now);

	ck_assert_msg(r == want, "%s: %s", err_name(r), h2_failure(to));
	buf_consume(b, b->len);
	while (h2_output(to).n > 0)
		;
}

/* Some give back each 4 KB at once, for the stream and for the connection, and measure by pings. */
START_TEST(updates_for_what_was_sent_are_no_flood)
{
	static char block[4096];
	struct head a = { .status = 200 };
	struct buf b;

	raw_begin(&b);
	raw_head(&b, 1, true, GOOD);
	feed(server, &b, 0);
	ck_assert_int_eq(h2_response(server, 1, &a, false), 0);
	for (unsigned i = 0; i < 10 * limits.h2_budget; i++) {
		ck_assert_int_eq(h2_data(server, 1, str_of(block, sizeof(block))), 0);
		while (h2_output(server).n > 0)
			;
		frame(&b, NGHTTP2_WINDOW_UPDATE, 0, 0, STR("\0\0\x10\0"));
		frame(&b, NGHTTP2_WINDOW_UPDATE, 0, 1, STR("\0\0\x10\0"));
		frame(&b, NGHTTP2_PING, 0, 0, STR("12345678"));
		feed(server, &b, 0);
	}
	buf_free(&b);
}
END_TEST

/* The bucket refills also where something comes in each millisecond. */
START_TEST(a_steady_trickle_is_no_flood)
{
	struct buf b;

	raw_begin(&b);
	for (unsigned i = 0; i < 20000; i++, now++) {
		if (i % 100 == 0)
			unit_ping(&b, 0);
		else
			raw_head(&b, (i - i / 100) * 2 + 1, true, GOOD);
		feed(server, &b, 0);
		h2_reset(server, (int32_t)((i - i / 100) * 2 + 1), NGHTTP2_NO_ERROR);
	}
	buf_free(&b);
}
END_TEST

/* A page with all its streams is left: they are taken back at once, some with an answer under way. */
START_TEST(leaving_a_page_is_no_flood)
{
	struct head a = { .status = 200 };
	struct buf b;

	raw_begin(&b);
	for (unsigned i = 0; i < limits.h2_streams; i++)
		raw_head(&b, i * 2 + 1, true, GOOD);
	feed(server, &b, 0);
	for (unsigned i = 0; i < limits.h2_streams; i += 2)
		ck_assert_int_eq(h2_response(server, (int32_t)(i * 2 + 1), &a, false), 0);
	for (unsigned i = 0; i < limits.h2_streams; i++)
		frame(&b, NGHTTP2_RST_STREAM, 0, i * 2 + 1, STR("\0\0\0\x08"));
	feed(server, &b, 0);
	buf_free(&b);
}
END_TEST

/* An HPACK bomb: one field of 4 KB, then references to it of one byte each. */
START_TEST(a_bomb_of_fields_ends_its_stream_alone)
{
	static char value[4000], refs[12000];
	struct buf b, body;
	const char start[] = "\x82\x87\x84\x41\x09" "a.example" "\x40\x01" "b" "\x7f\xa1\x1e";

	memset(value, 'v', sizeof(value)); /* 4000 = 127 + 3873: 7f a1 1e */
	memset(refs, 0xbe, sizeof(refs));
	buf_init(&body, 1 << 20);
	buf_append(&body, start, sizeof(start) - 1);
	buf_append(&body, value, sizeof(value));
	buf_append(&body, refs, sizeof(refs));
	raw_begin(&b);
	for (unsigned i = 0; i < 8; i++) {
		frame(&b, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, i * 2 + 1,
		    buf_view(&body));
		feed(server, &b, 0);
	}
	raw_head(&b, 1001, true, GOOD);
	feed(server, &b, 0);
	ck_assert_ptr_null(strstr(said(), "s1 head"));
	ck_assert_ptr_nonnull(strstr(said(), "s1 reset"));
	ck_assert_ptr_nonnull(strstr(said(), "s1001 head"));
	ck_assert_uint_eq(h2_streams(server), 1);
	for (unsigned i = 1002; i < 1010; i++)
		frame(&b, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, i * 2 + 1,
		    buf_view(&body));
	feed(server, &b, -ERR_H2_FLOOD);
	buf_free(&b);
	buf_free(&body);
}
END_TEST

START_TEST(what_is_queued_is_counted)
{
	struct head q = get(NULL, 0);

	q.method = STR("POST");
	limits.h2_window = 65536;
	for (int i = 1; i <= 5; i += 2) {
		ck_assert_int_eq(h2_request(client, &q, false), i);
		ck_assert_int_eq(h2_data(client, i, STR("12345")), 0);
	}
	ck_assert_uint_eq(h2_queued_all(client), 15);
	h2_reset(client, 1, NGHTTP2_CANCEL);
	ck_assert_uint_eq(h2_queued_all(client), 10);
	talk();
	ck_assert_uint_eq(h2_queued_all(client), 0);
}
END_TEST

/* ---- a hostile origin ---- */

static void origin_push(struct buf *b, unsigned i)
{
	(void)i;
	frame(b, NGHTTP2_PUSH_PROMISE, NGHTTP2_FLAG_END_HEADERS, 1, STR("\0\0\0\2\x82\x87\x84\x41\1a"));
}

static void origin_goaway(struct buf *b, unsigned i)
{
	(void)i; /* the stream that is open may go on */
	frame(b, NGHTTP2_GOAWAY, 0, 0, STR("\0\0\0\1\0\0\0\0"));
}

static void origin_reset(struct buf *b, unsigned i)
{
	(void)i; /* of no stream that is open any more */
	frame(b, NGHTTP2_RST_STREAM, 0, 1, STR("\0\0\0\x08"));
}

static void origin_heads(struct buf *b, unsigned i)
{
	(void)i;
	frame(b, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, STR("\x88"));
}

static void origin_continuation(struct buf *b, unsigned i)
{
	if (i == 0)
		frame(b, NGHTTP2_HEADERS, 0, 1, STR("\x88"));
	frame(b, NGHTTP2_CONTINUATION, 0, 1, STR("\x10\1a\1b"));
}

static void origin_bomb(struct buf *b, unsigned i)
{
	static char refs[16000];

	if (i == 0)
		frame(b, NGHTTP2_HEADERS, 0, 1, STR("\x88\x40\1a\1b"));
	memset(refs, 0xbe, sizeof(refs));
	frame(b, NGHTTP2_CONTINUATION, 0, 1, str_of(refs, sizeof(refs)));
}

static const struct {
	const char *name;
	void (*unit)(struct buf *b, unsigned i);
} hostile[] = { { "ping", unit_ping }, { "pong", unit_pong }, { "settings", unit_settings },
	{ "goaway", origin_goaway }, { "window", unit_window }, { "unknown", unit_unknown },
	{ "push", origin_push }, { "reset", origin_reset }, { "heads", origin_heads },
	{ "continuation", origin_continuation }, { "bomb", origin_bomb } };

START_TEST(an_origin_that_floods_ends_its_connection)
{
	struct head q = get(NULL, 0);
	struct buf b;
	unsigned i;
	int r = 0;

	ck_assert_int_eq(h2_request(client, &q, false), 1);
	while (h2_output(client).n > 0)
		;
	buf_init(&b, 1 << 20);
	frame(&b, NGHTTP2_SETTINGS, 0, 0, STR_NONE);
	frame(&b, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, STR_NONE);
	for (i = 0; i < 100000 && r == 0; i++) {
		hostile[_i].unit(&b, i);
		r = h2_feed(client, buf_view(&b), now);
		buf_consume(&b, b.len);
		while (h2_output(client).n > 0)
			;
	}
	ck_assert_msg(r == -ERR_H2_FLOOD || r == -ERR_H2_PROTOCOL, "%s: %s after %u", hostile[_i].name,
	    err_name(r), i);
	ck_assert_msg(i <= limits.h2_budget + 2, "%s: after %u", hostile[_i].name, i);
	buf_free(&b);
}
END_TEST

START_TEST(not_http2_is_an_error)
{
	ck_assert_int_eq(h2_feed(server, STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), now), -ERR_H2_PROTOCOL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("h2");
	TCase *t = tcase_create("h2");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_request_and_its_answer_pass, 0, 2);
	tcase_add_test(t, upload_trailers_and_interim_answers_pass);
	tcase_add_test(t, what_is_not_given_back_holds_the_sender);
	tcase_add_test(t, a_reset_ends_its_stream_alone);
	tcase_add_test(t, after_goaway_no_new_stream_and_the_old_ones_end);
	tcase_add_loop_test(t, a_request_on_its_way_at_a_notice_is_served_at_a_goaway_not, 0, 2);
	tcase_add_test(t, fields_of_the_connection_are_not_sent);
	tcase_add_loop_test(t, heads_are_told_only_where_they_have_one_meaning, 0,
	    sizeof(heads) / sizeof(heads[0]));
	tcase_add_test(t, a_head_over_the_limit_ends_its_stream_alone);
	tcase_add_loop_test(t, a_flood_ends_the_connection, 0, sizeof(floods) / sizeof(floods[0]));
	tcase_add_loop_test(
	    t, the_same_in_human_time_is_no_flood, 0, sizeof(floods) / sizeof(floods[0]));
	tcase_add_test(t, updates_for_what_was_sent_are_no_flood);
	tcase_add_test(t, a_steady_trickle_is_no_flood);
	tcase_add_test(t, leaving_a_page_is_no_flood);
	tcase_add_test(t, a_bomb_of_fields_ends_its_stream_alone);
	tcase_add_test(t, what_is_queued_is_counted);
	tcase_add_loop_test(
	    t, an_origin_that_floods_ends_its_connection, 0, sizeof(hostile) / sizeof(hostile[0]));
	tcase_add_test(t, not_http2_is_an_error);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
