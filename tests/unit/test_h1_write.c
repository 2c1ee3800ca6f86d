/* SPDX-License-Identifier: BSD-2-Clause */
/* The canonical writer: what goes out is written from the parsed form, framing by decision. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "http/h1.h"
#include "http/h1_write.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

static struct limits limits;
static struct buf out;
static struct h1 *decoder;

static void begin(void)
{
	limits_default(&limits);
	buf_init(&out, 65536);
}

static void end(void)
{
	buf_free(&out);
	h1_free(decoder);
	decoder = NULL;
}

static const struct head *head_of(enum h1_side side, const char *text)
{
	struct h1_ev ev;
	size_t used;

	h1_free(decoder);
	decoder = h1_new(side, &limits);
	ck_assert_ptr_nonnull(decoder);
	h1_next(decoder, str_c(text), &used, &ev);
	ck_assert_msg(ev.type == H1_HEAD, "%s: %s", text, err_name(ev.err));
	return ev.head;
}

static void wrote(const char *name, int r, const char *want)
{
	ck_assert_int_eq(r, 0);
	ck_assert_msg(
	    str_eq(buf_view(&out), str_c(want)), "%s: got\n%.*s", name, STR_FMT(buf_view(&out)));
}

static const char *const drop[] = { "range", "accept-encoding", NULL };
static const struct field added[] = { { { "Accept-Encoding", 15 }, { "gzip, br", 8 } },
	{ { "Via", 3 }, { "1.1 x", 5 } } };

static const struct row {
	const char *name, *in;
	struct h1_edit edit;
	const char *want;
} requests[] = {
	{ "host first, the rest in order and as it was",
	    "GET /a?b HTTP/1.1\r\nX-B:  1 \r\nx-a:\r\nHost: a:1\r\nX-B: 2\r\n\r\n", { 0 },
	    "GET /a?b HTTP/1.1\r\nHost: a:1\r\nX-B: 1\r\nx-a: \r\nX-B: 2\r\n\r\n" },
	{ "origin-form from absolute-form", "GET http://A/x HTTP/1.1\r\nHost: a\r\n\r\n", { 0 },
	    "GET /x HTTP/1.1\r\nHost: A\r\n\r\n" },
	{ "the authority of CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", { 0 },
	    "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n" },
	{ "asterisk-form from absolute-form", "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", { 0 },
	    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "HTTP/1.0 goes out as 1.1", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", { .close = true },
	    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" },
	{ "no host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", { 0 },
	    "GET / HTTP/1.1\r\nHost:\r\n\r\n" },
	{ "hop-by-hop fields are dropped",
	    "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: "
	    "5\r\nProxy-Connection: x\r\n"
	    "x-hop: y\r\nUpgrade: z\r\nHTTP2-Settings: w\r\nTE: gzip\r\nX: end\r\n\r\n",
	    { 0 }, "GET / HTTP/1.1\r\nHost: a\r\nX: end\r\n\r\n" },
	{ "Connection cannot take away what names, frames or proves",
	    "POST / HTTP/1.1\r\nConnection: Host, Content-Length, Authorization, Cookie\r\nHost: "
	    "a\r\nContent-Length: 3\r\n"
	    "Authorization: x\r\nCookie: y\r\n\r\n",
	    { .frame = H1_FRAME_LENGTH, .length = 3 },
	    "POST / HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nCookie: y\r\nContent-Length: "
	    "3\r\n\r\n" },
	{ "nor what searching and rules have judged",
	    "POST / HTTP/1.1\r\nConnection: Accept, Range, If-Range, Content-Range, "
	    "Content-Disposition, X-Forwarded-For, Sec-Fetch-Dest, X\r\nHost: a\r\nAccept: b\r\n"
	    "Range: c\r\nIf-Range: d\r\nContent-Range: e\r\nContent-Disposition: f\r\n"
	    "X-Forwarded-For: g\r\nSec-Fetch-Dest: h\r\nX: i\r\n\r\n",
	    { 0 },
	    "POST / HTTP/1.1\r\nHost: a\r\nAccept: b\r\nRange: c\r\nIf-Range: d\r\n"
	    "Content-Range: e\r\nContent-Disposition: f\r\nX-Forwarded-For: g\r\n"
	    "Sec-Fetch-Dest: h\r\n\r\n" },
	{ "TE: trailers stays and is named",
	    "GET / HTTP/1.1\r\nHost: a\r\nTE: Trailers\r\nConnection: TE\r\n\r\n", { 0 },
	    "GET / HTTP/1.1\r\nHost: a\r\nTE: Trailers\r\nConnection: TE\r\n\r\n" },
	{ "TE beside close", "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n", { .close = true },
	    "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close, TE\r\n\r\n" },
	{ "chunks as length", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
	    { .frame = H1_FRAME_LENGTH, .length = 18446744073709551615u },
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n" },
	{ "length as chunks", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n",
	    { .frame = H1_FRAME_CHUNKED },
	    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ "an upgrade that is kept",
	    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
	    { .keep_upgrade = true },
	    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n" },
	{ "nothing to keep", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", { .keep_upgrade = true },
	    "GET / HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "Expect is dropped",
	    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
	    { .frame = H1_FRAME_LENGTH, .length = 1 },
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n" },
	{ "Expect is kept",
	    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
	    { .frame = H1_FRAME_LENGTH, .length = 1, .keep_expect = true },
	    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n" },
	{ "fields dropped and added",
	    "GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\nAccept-Encoding: x\r\nB: c\r\n\r\n",
	    { .drop = drop, .add = added, .nadd = 2 },
	    "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\nAccept-Encoding: gzip, br\r\nVia: 1.1 "
	    "x\r\n\r\n" },
};

static const struct row responses[] = {
	{ "a reason", "HTTP/1.1 200 All  right\r\nContent-Length: 0\r\n\r\n",
	    { .frame = H1_FRAME_LENGTH }, "HTTP/1.1 200 All  right\r\nContent-Length: 0\r\n\r\n" },
	{ "no reason", "HTTP/1.1 204\r\nX: y\r\n\r\n", { 0 }, "HTTP/1.1 204 \r\nX: y\r\n\r\n" },
	{ "HTTP/1.0 goes out as 1.1", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n",
	    { .frame = H1_FRAME_CHUNKED },
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ "until close", "HTTP/1.1 200 OK\r\n\r\n", { .frame = H1_FRAME_CLOSE },
	    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" },
	{ "several cookies",
	    "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: "
	    "set-cookie\r\n\r\n",
	    { .frame = H1_FRAME_LENGTH, .length = 5 },
	    "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 5\r\n\r\n" },
	{ "101", "HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
	    { .keep_upgrade = true, .close = true },
	    "HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" },
};

START_TEST(requests_are_written_anew)
{
	const struct row *row = &requests[_i];

	wrote(
	    row->name, h1_write_request(&out, head_of(H1_REQUEST, row->in), &row->edit), row->want);
}
END_TEST

START_TEST(responses_are_written_anew)
{
	const struct row *row = &responses[_i];

	wrote(row->name, h1_write_response(&out, head_of(H1_RESPONSE, row->in), &row->edit),
	    row->want);
}
END_TEST

START_TEST(chunks_are_written)
{
	ck_assert_int_eq(h1_write_chunk(&out, STR("hello, chunked!!")), 0);
	ck_assert_int_eq(h1_write_chunk(&out, STR("")), 0); /* would be the last one */
	wrote("no trailers", h1_write_last(&out, NULL), "10\r\nhello, chunked!!\r\n0\r\n\r\n");
}
END_TEST

START_TEST(trailers_are_written_end_to_end_only)
{
	static const struct field fields[] = { { { "X-Sum", 5 }, { "1", 1 } },
		{ { "Connection", 10 }, { "close", 5 } }, { { "Content-Length", 14 }, { "5", 1 } },
		{ { "Transfer-Encoding", 17 }, { "chunked", 7 } }, { { "Y", 1 }, { "", 0 } } };
	struct head h = { .fields = fields, .nfields = 5 };

	wrote("trailers", h1_write_last(&out, &h), "0\r\nX-Sum: 1\r\nY: \r\n\r\n");
}
END_TEST

START_TEST(control_bytes_are_not_added)
{
	static const struct field bad[] = { { { "X", 1 }, { "a\r\nb: c", 7 } },
		{ { "X", 1 }, { "a\nb", 3 } }, { { "X", 1 }, { "a\0b", 3 } } };

	for (int i = 0; i < COUNT(bad); i++) {
		struct h1_edit e = { .add = &bad[i], .nadd = 1 };

		ck_assert_int_eq(h1_write_request(&out,
				     head_of(H1_REQUEST, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), &e),
		    -ERR_HTTP_FIELD);
		ck_assert_uint_eq(out.len, 0);
	}
}
END_TEST

START_TEST(what_does_not_fit_leaves_nothing)
{
	struct h1_edit e = { 0 };
	const struct head *h =
	    head_of(H1_REQUEST, "GET / HTTP/1.1\r\nHost: a\r\nX: 0123456789\r\n\r\n");

	ck_assert_int_eq(buf_str(&out, STR("before")), 0);
	for (out.max = 6; out.max < 6 + 42; out.max++) {
		ck_assert_int_eq(h1_write_request(&out, h, &e), -ERR_LIMIT);
		ck_assert_uint_eq(out.len, 6);
		ck_assert_int_eq(
		    h1_write_chunk(&out, STR("0123456789012345678901234567890123456789")),
		    -ERR_LIMIT);
		ck_assert_uint_eq(out.len, 6);
	}
	wrote("room", h1_write_request(&out, h, &e),
	    "beforeGET / HTTP/1.1\r\nHost: a\r\nX: 0123456789\r\n\r\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("h1_write");
	TCase *t = tcase_create("h1_write");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_loop_test(t, requests_are_written_anew, 0, COUNT(requests));
	tcase_add_loop_test(t, responses_are_written_anew, 0, COUNT(responses));
	tcase_add_test(t, chunks_are_written);
	tcase_add_test(t, trailers_are_written_end_to_end_only);
	tcase_add_test(t, control_bytes_are_not_added);
	tcase_add_test(t, what_does_not_fit_leaves_nothing);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
