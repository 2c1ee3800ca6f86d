/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP/2 messages of a raw peer, one row for each way to be malformed or to be read in two ways
 * (RFC 9113 section 8). What is malformed ends its own stream, and never looks complete.
 */
#include <check.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "http/h2.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))
#define IN(lit)                                                                                    \
	{                                                                                          \
		lit, sizeof(lit) - 1                                                               \
	}
/* Fields are written name=value| */
#define Q ":method=GET|:scheme=https|:path=/|:authority=a.test|"
#define P ":method=POST|:scheme=https|:path=/|:authority=a.test|"
#define TO(path, authority) ":method=GET|:scheme=https|:path=" path "|:authority=" authority "|"
#define A ":status=200|"

enum told {
	REFUSED, /* no head was told */
	CUT,	 /* a head was told, but no end: the stream was reset */
	WHOLE	 /* head and end */
};

struct row {
	const char *name;
	struct str head; /* ends the stream where neither data nor trailers follow */
	struct str data; /* "-": an empty DATA frame */
	struct str trailers;
	enum told want;
	const char *method; /* responses: of the request; NULL: GET */
};

static struct limits limits;
static struct h2 *end;
static bool head_told, end_told, reset_told;

static void told(void *arg, const struct h2_ev *ev)
{
	(void)arg;
	if (ev->stream != 1)
		return;
	head_told |= ev->type == H2_HEAD && (ev->head->status == 0 || ev->head->status >= 200);
	end_told |= ev->type == H2_END;
	reset_told |= ev->type == H2_RESET && ev->code != 0;
	if (ev->type == H2_DATA)
		h2_consumed(end, ev->stream, ev->data.n);
}

static void frame(struct buf *b, unsigned type, unsigned flags, unsigned stream, struct str body)
{
	unsigned char h[9] = { (unsigned char)(body.n >> 16), (unsigned char)(body.n >> 8),
		(unsigned char)body.n, (unsigned char)type, (unsigned char)flags,
		(unsigned char)(stream >> 24), (unsigned char)(stream >> 16),
		(unsigned char)(stream >> 8), (unsigned char)stream };

	buf_append(b, h, sizeof(h));
	buf_str(b, body);
}

/* A literal string of HPACK, not Huffman-coded (RFC 7541 section 5.2). */
static void literal(struct buf *b, struct str s)
{
	unsigned char n = s.n < 127 ? (unsigned char)s.n : 127;

	buf_append(b, &n, 1);
	for (size_t left = s.n - 127; n == 127;) {
		n = (unsigned char)(left < 128 ? left : 128 | left % 128);
		buf_append(b, &n, 1);
		n = left < 128 ? 0 : 127;
		left /= 128;
	}
	buf_str(b, s);
}

static void headers(struct buf *b, unsigned stream, bool last, struct str fields)
{
	struct buf block;

	buf_init(&block, 1 << 16);
	while (fields.n > 0) {
		ptrdiff_t stop = str_chr(fields, '|');
		struct str one = str_sub(fields, 0, (size_t)stop);
		ptrdiff_t eq = str_chr(str_sub(one, 1, one.n), '=') + 1;

		ck_assert(stop > 0 && eq >= 0);
		buf_append(&block, "\x10", 1);
		literal(&block, str_sub(one, 0, (size_t)eq));
		literal(&block, str_sub(one, (size_t)eq + 1, one.n));
		fields = str_sub(fields, (size_t)stop + 1, fields.n);
	}
	frame(b, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | (last ? NGHTTP2_FLAG_END_STREAM : 0),
	    stream, buf_view(&block));
	buf_free(&block);
}

static void message(struct buf *b, const struct row *r)
{
	struct str data = str_eq(r->data, STR("-")) ? STR_NONE : r->data;

	headers(b, 1, r->data.n == 0 && r->trailers.n == 0, r->head);
	if (r->data.n > 0)
		frame(b, NGHTTP2_DATA, r->trailers.n == 0 ? NGHTTP2_FLAG_END_STREAM : 0, 1, data);
	if (r->trailers.n > 0)
		headers(b, 1, true, r->trailers);
}

static void begin(enum h2_side side)
{
	limits_default(&limits);
	head_told = end_told = reset_told = false;
	end = h2_new(side, &limits, told, NULL);
	ck_assert_ptr_nonnull(end);
}

/* Whole or byte by byte; the connection goes on afterwards. */
static void feed(const struct row *r, struct buf *b, size_t piece)
{
	struct str in = buf_view(b);
	enum told got;

	for (size_t at = 0; at < in.n; at += piece) {
		int e = h2_feed(end, str_sub(in, at, piece), 1000);

		ck_assert_msg(e == 0, "%s: %s: %s", r->name, err_name(e), h2_failure(end));
		while (h2_output(end).n > 0)
			;
	}
	got = !head_told ? REFUSED : end_told ? WHOLE : CUT;
	ck_assert_msg(got == r->want, "%s: got %d, want %d", r->name, (int)got, (int)r->want);
	ck_assert_msg(got != CUT || reset_told, "%s: cut, but no reset was told", r->name);
}

static const struct row requests[] = {
	{ "plain", IN(Q), IN(""), IN(""), WHOLE, NULL },
	{ "a body", IN(P), IN("abc"), IN(""), WHOLE, NULL },
	{ "a body and trailers", IN(P), IN("abc"), IN("x-sum=1|"), WHOLE, NULL },
	{ "the length as it comes", IN(P "content-length=3|"), IN("abc"), IN(""), WHOLE, NULL },
	{ "a body of no bytes", IN(P "content-length=0|"), IN("-"), IN(""), WHOLE, NULL },
	/* pseudo-fields */
	{ "no method", IN(":scheme=https|:path=/|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "no scheme", IN(":method=GET|:path=/|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "no path", IN(":method=GET|:scheme=https|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "no authority", IN(":method=GET|:scheme=https|:path=/|"), IN(""), IN(""), REFUSED, NULL },
	{ "Host for the authority", IN(":method=GET|:scheme=https|:path=/|host=a.test|"), IN(""), IN(""), WHOLE, NULL },
	{ "an empty authority beside Host", IN(TO("/", "") "host=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "an empty authority", IN(TO("/", "")), IN(""), IN(""), REFUSED, NULL },
	{ "two methods", IN(":method=GET|" Q), IN(""), IN(""), REFUSED, NULL },
	{ "two paths", IN(":path=/|" Q), IN(""), IN(""), REFUSED, NULL },
	{ "two schemes", IN(":scheme=https|" Q), IN(""), IN(""), REFUSED, NULL },
	{ "two authorities", IN(":authority=a.test|" Q), IN(""), IN(""), REFUSED, NULL },
	{ "an unknown pseudo-field", IN(":what=x|" Q), IN(""), IN(""), REFUSED, NULL },
	{ "a pseudo-field of responses", IN(":status=200|" Q), IN(""), IN(""), REFUSED, NULL },
	{ "a pseudo-field behind a field", IN(":method=GET|:scheme=https|x=y|:path=/|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "a pseudo-field in capitals", IN(":Method=GET|" Q), IN(""), IN(""), REFUSED, NULL },
	{ "a pseudo-field in trailers", IN(P), IN("abc"), IN(":path=/|"), CUT, NULL },
	{ "a method in trailers", IN(P), IN("abc"), IN("x=y|:method=GET|"), CUT, NULL },
	{ "an empty method", IN(":method=|:scheme=https|:path=/|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "a method of two words", IN(":method=GET /|:scheme=https|:path=/|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "a method that rules cannot hold", IN(":method=ABCDEFGHIJKLMNOPQRSTUVWX|:scheme=https|:path=/|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "an empty path", IN(TO("", "a.test")), IN(""), IN(""), REFUSED, NULL },
	{ "a path without slash", IN(TO("x", "a.test")), IN(""), IN(""), REFUSED, NULL },
	{ "an absolute path", IN(TO("https://a.test/", "a.test")), IN(""), IN(""), REFUSED, NULL },
	{ "a blank in the path", IN(TO("/a b", "a.test")), IN(""), IN(""), REFUSED, NULL },
	{ "a second request in the path", IN(TO("/ HTTP/1.1\r\nX: y", "a.test")), IN(""), IN(""), REFUSED, NULL },
	{ "a tab in the path", IN(TO("/\t", "a.test")), IN(""), IN(""), REFUSED, NULL },
	{ "NUL in the path", IN(TO("/\0", "a.test")), IN(""), IN(""), REFUSED, NULL },
	{ "DEL in the path", IN(TO("/\x7f", "a.test")), IN(""), IN(""), REFUSED, NULL },
	{ "a byte beyond ASCII in the path", IN(TO("/\xe9", "a.test")), IN(""), IN(""), REFUSED, NULL },
	{ "a fragment", IN(TO("/#x", "a.test")), IN(""), IN(""), REFUSED, NULL },
	{ "the asterisk for GET", IN(TO("*", "a.test")), IN(""), IN(""), REFUSED, NULL },
	{ "the scheme ftp", IN(":method=GET|:scheme=ftp|:path=/|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "an empty scheme", IN(":method=GET|:scheme=|:path=/|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "a scheme in capitals", IN(":method=GET|:scheme=HTTPS|:path=/|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "a URL as scheme", IN(":method=GET|:scheme=https://a.test/x?|:path=/|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "a user in the authority", IN(TO("/", "u@a.test")), IN(""), IN(""), REFUSED, NULL },
	{ "a path in the authority", IN(TO("/", "a.test/x")), IN(""), IN(""), REFUSED, NULL },
	{ "a list as authority", IN(TO("/", "a.test, b.test")), IN(""), IN(""), REFUSED, NULL },
	{ "a blank in the authority", IN(TO("/", "a.test b")), IN(""), IN(""), REFUSED, NULL },
	{ "an escape in the authority", IN(TO("/", "a%2etest")), IN(""), IN(""), REFUSED, NULL },
	{ "port 0", IN(TO("/", "a.test:0")), IN(""), IN(""), REFUSED, NULL },
	{ "the same Host", IN(Q "host=A.test|"), IN(""), IN(""), WHOLE, NULL },
	{ "another Host", IN(Q "host=b.test|"), IN(""), IN(""), REFUSED, NULL },
	{ "Host with the port, the authority without", IN(Q "host=a.test:443|"), IN(""), IN(""), REFUSED, NULL },
	{ "two Hosts", IN(Q "host=a.test|host=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ ":protocol that was not offered", IN(":method=CONNECT|:protocol=websocket|:scheme=https|:path=/|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	{ ":protocol for GET", IN(":protocol=websocket|" Q), IN(""), IN(""), REFUSED, NULL },
	{ "CONNECT with a path", IN(":method=CONNECT|:scheme=https|:path=/|:authority=a.test:443|"), IN(""), IN(""), REFUSED, NULL },
	{ "CONNECT without a port", IN(":method=CONNECT|:authority=a.test|"), IN(""), IN(""), REFUSED, NULL },
	/* fields of the connection */
	{ "connection", IN(Q "connection=close|"), IN(""), IN(""), REFUSED, NULL },
	{ "connection that names a field", IN(Q "connection=x|x=y|"), IN(""), IN(""), REFUSED, NULL },
	{ "keep-alive", IN(Q "keep-alive=1|"), IN(""), IN(""), REFUSED, NULL },
	{ "proxy-connection", IN(Q "proxy-connection=close|"), IN(""), IN(""), REFUSED, NULL },
	{ "transfer-encoding", IN(P "transfer-encoding=chunked|"), IN("0\r\n\r\n"), IN(""), REFUSED, NULL },
	{ "transfer-encoding identity", IN(P "transfer-encoding=identity|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "upgrade", IN(Q "upgrade=websocket|"), IN(""), IN(""), REFUSED, NULL },
	{ "http2-settings", IN(Q "http2-settings=AAMAAABk|"), IN(""), IN(""), REFUSED, NULL },
	{ "te trailers", IN(Q "te=trailers|"), IN(""), IN(""), WHOLE, NULL },
	{ "te gzip", IN(Q "te=gzip|"), IN(""), IN(""), REFUSED, NULL },
	{ "te trailers and more", IN(Q "te=trailers, chunked|"), IN(""), IN(""), REFUSED, NULL },
	{ "transfer-encoding in trailers", IN(P), IN("abc"), IN("transfer-encoding=chunked|"), CUT, NULL },
	/* names and values */
	{ "a capital in a name", IN(Q "X-a=1|"), IN(""), IN(""), REFUSED, NULL },
	{ "Transfer-Encoding in capitals", IN(P "Transfer-Encoding=chunked|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "a blank in a name", IN(Q "x y=1|"), IN(""), IN(""), REFUSED, NULL },
	{ "a blank behind a name", IN(Q "x =1|"), IN(""), IN(""), REFUSED, NULL },
	{ "a colon in a name", IN(Q "x:y=1|"), IN(""), IN(""), REFUSED, NULL },
	{ "a second field in a name", IN(Q "x: y\r\nz=1|"), IN(""), IN(""), REFUSED, NULL },
	{ "NUL in a name", IN(Q "x\0=1|"), IN(""), IN(""), REFUSED, NULL },
	{ "a byte beyond ASCII in a name", IN(Q "x\xe9=1|"), IN(""), IN(""), REFUSED, NULL },
	{ "DEL in a name", IN(Q "x\x7f=1|"), IN(""), IN(""), REFUSED, NULL },
	{ "CR in a value", IN(Q "x=a\rb|"), IN(""), IN(""), REFUSED, NULL },
	{ "LF in a value", IN(Q "x=a\nb|"), IN(""), IN(""), REFUSED, NULL },
	{ "CRLF and a field in a value", IN(Q "x=a\r\ntransfer-encoding: chunked|"), IN(""), IN(""), REFUSED, NULL },
	{ "NUL in a value", IN(Q "x=a\0b|"), IN(""), IN(""), REFUSED, NULL },
	{ "ESC in a value", IN(Q "x=a\x1b[2J|"), IN(""), IN(""), REFUSED, NULL },
	{ "DEL in a value", IN(Q "x=a\x7f|"), IN(""), IN(""), REFUSED, NULL },
	{ "a tab within a value", IN(Q "x=a\tb|"), IN(""), IN(""), WHOLE, NULL },
	{ "bytes beyond ASCII in a value", IN(Q "x=\xc3\xa9|"), IN(""), IN(""), WHOLE, NULL },
	{ "a blank before a value", IN(Q "x= a|"), IN(""), IN(""), REFUSED, NULL },
	{ "a blank behind a value", IN(Q "x=a |"), IN(""), IN(""), REFUSED, NULL },
	{ "a tab behind a value", IN(Q "x=a\t|"), IN(""), IN(""), REFUSED, NULL },
	{ "an empty value", IN(Q "x=|"), IN(""), IN(""), WHOLE, NULL },
	{ "CR in a trailer", IN(P), IN("abc"), IN("x=a\rb|"), CUT, NULL },
	/* lengths */
	{ "more than the length", IN(P "content-length=2|"), IN("abc"), IN(""), CUT, NULL },
	{ "less than the length", IN(P "content-length=4|"), IN("abc"), IN(""), CUT, NULL },
	{ "less than the length, and trailers", IN(P "content-length=4|"), IN("abc"), IN("x=y|"), CUT, NULL },
	{ "bytes where none were announced", IN(P "content-length=0|"), IN("abc"), IN(""), CUT, NULL },
	{ "a length and no body", IN(P "content-length=5|"), IN(""), IN(""), REFUSED, NULL },
	{ "two lengths", IN(P "content-length=3|content-length=4|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "two lengths alike", IN(P "content-length=3|content-length=3|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "a list of lengths", IN(P "content-length=3, 3|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "a signed length", IN(P "content-length=+3|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "a hexadecimal length", IN(P "content-length=0x3|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "an empty length", IN(P "content-length=|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "a length beyond 64 bits", IN(P "content-length=18446744073709551619|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "a length in trailers", IN(P), IN("abc"), IN("content-length=3|"), CUT, NULL },
	{ "TRACE", IN(":method=TRACE|:scheme=https|:path=/|:authority=a.test|"), IN(""), IN(""), WHOLE, NULL },
	{ "TRACE with a body", IN(":method=TRACE|:scheme=https|:path=/|:authority=a.test|"), IN("abc"), IN(""), REFUSED, NULL },
	/* what else has two readings */
	{ "content_length", IN(P "content_length=1|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "transfer_encoding", IN(P "transfer_encoding=chunked|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "two types", IN(P "content-type=text/plain|content-type=text/html|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "an unknown expectation", IN(P "expect=200-ok|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "two expectations", IN(P "expect=100-continue|expect=100-continue|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "Host in trailers", IN(P), IN("abc"), IN("host=b.test|"), CUT, NULL },
	{ "authorization in trailers", IN(P), IN("abc"), IN("authorization=x|"), CUT, NULL },
	{ "content-type in trailers", IN(P), IN("abc"), IN("content-type=text/html|"), CUT, NULL },
	{ "cookie in trailers", IN(P), IN("abc"), IN("cookie=a=b|"), CUT, NULL },
};

static const struct row responses[] = {
	{ "plain", IN(A), IN("abc"), IN(""), WHOLE, NULL },
	{ "a length", IN(A "content-length=3|"), IN("abc"), IN(""), WHOLE, NULL },
	{ "trailers", IN(A), IN("abc"), IN("grpc-status=0|grpc-message=ok|"), WHOLE, NULL },
	{ "trailers alone", IN(A), IN(""), IN("grpc-status=5|"), WHOLE, NULL },
	{ "no status", IN("x=y|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "two statuses", IN(":status=200|:status=204|"), IN(""), IN(""), REFUSED, NULL },
	{ "a status behind a field", IN("x=y|:status=200|"), IN(""), IN(""), REFUSED, NULL },
	{ "a pseudo-field of requests", IN(":status=200|:path=/|"), IN(""), IN(""), REFUSED, NULL },
	{ "a status of two digits", IN(":status=20|"), IN(""), IN(""), REFUSED, NULL },
	{ "a status of four digits", IN(":status=2000|"), IN(""), IN(""), REFUSED, NULL },
	{ "a signed status", IN(":status=+20|"), IN(""), IN(""), REFUSED, NULL },
	{ "a status with a reason", IN(":status=200 OK|"), IN(""), IN(""), REFUSED, NULL },
	{ "status 099", IN(":status=099|"), IN(""), IN(""), REFUSED, NULL },
	{ "status 600", IN(":status=600|"), IN(""), IN(""), REFUSED, NULL },
	{ "101", IN(":status=101|"), IN(""), IN(""), REFUSED, NULL },
	{ "an interim answer that ends the stream", IN(":status=103|"), IN(""), IN(""), REFUSED, NULL },
	{ "a body behind an interim answer", IN(":status=103|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "a status in trailers", IN(A), IN("abc"), IN(":status=200|"), CUT, NULL },
	{ "connection", IN(A "connection=close|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "transfer-encoding", IN(A "transfer-encoding=chunked|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "upgrade", IN(A "upgrade=h2c|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "a capital in a name", IN(A "X-a=b|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "CRLF and a field in a value", IN(A "x=a\r\nset-cookie: b|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "NUL in a value", IN(A "x=\0|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "a blank before a value", IN(A "x= a|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "more than the length", IN(A "content-length=2|"), IN("abc"), IN(""), CUT, NULL },
	{ "less than the length", IN(A "content-length=4|"), IN("abc"), IN(""), CUT, NULL },
	{ "a length and no body", IN(A "content-length=4|"), IN(""), IN(""), REFUSED, NULL },
	{ "two lengths", IN(A "content-length=3|content-length=4|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "two lengths alike", IN(A "content-length=3|content-length=3|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "HEAD: a length and no body", IN(A "content-length=4|"), IN(""), IN(""), WHOLE, "HEAD" },
	{ "HEAD: an empty DATA", IN(A "content-length=4|"), IN("-"), IN(""), WHOLE, "HEAD" },
	{ "HEAD: a body", IN(A "content-length=3|"), IN("abc"), IN(""), CUT, "HEAD" },
	{ "304: a length and no body", IN(":status=304|content-length=4|"), IN(""), IN(""), WHOLE, NULL },
	{ "304: a body", IN(":status=304|"), IN("abc"), IN(""), CUT, NULL },
	{ "204: a length of zero", IN(":status=204|content-length=0|"), IN(""), IN(""), WHOLE, NULL },
	{ "204: a length", IN(":status=204|content-length=3|"), IN(""), IN(""), REFUSED, NULL },
	{ "204: a body", IN(":status=204|"), IN("abc"), IN(""), CUT, NULL },
	{ "two types", IN(A "content-type=text/plain|content-type=text/html|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "one type, two parameters", IN(A "content-type=text/html|content-type=text/html; charset=x|"), IN("abc"), IN(""), WHOLE, NULL },
	{ "two places", IN(":status=302|location=/a|location=/b|"), IN(""), IN(""), REFUSED, NULL },
	{ "two names for a file", IN(A "content-disposition=attachment; filename=a|content-disposition=attachment; filename=b|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "content_length", IN(A "content_length=1|"), IN("abc"), IN(""), REFUSED, NULL },
	{ "a length in trailers", IN(A), IN("abc"), IN("content-length=3|"), CUT, NULL },
	{ "set-cookie in trailers", IN(A), IN("abc"), IN("set-cookie=a=b|"), CUT, NULL },
	{ "content-encoding in trailers", IN(A), IN("abc"), IN("content-encoding=gzip|"), CUT, NULL },
};

START_TEST(requests_are_whole_only_where_they_have_one_meaning)
{
	const struct row *r = &requests[_i / 2];
	struct buf b;

	begin(H2_SERVER);
	buf_init(&b, 1 << 16);
	buf_str(&b, STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
	frame(&b, NGHTTP2_SETTINGS, 0, 0, STR_NONE);
	message(&b, r);
	feed(r, &b, _i % 2 == 0 ? b.len : 1);
	buf_free(&b);
	h2_free(end);
}
END_TEST

START_TEST(responses_are_whole_only_where_they_have_one_meaning)
{
	const struct row *r = &responses[_i / 2];
	struct head q = { .method = str_c(r->method != NULL ? r->method : "GET"), .path = STR("/"),
		.host = STR("a.test"), .scheme = STR("https") };
	struct buf b;

	begin(H2_CLIENT);
	ck_assert_int_eq(h2_request(end, &q, true), 1);
	while (h2_output(end).n > 0)
		;
	buf_init(&b, 1 << 16);
	frame(&b, NGHTTP2_SETTINGS, 0, 0, STR_NONE);
	message(&b, r);
	feed(r, &b, _i % 2 == 0 ? b.len : 1);
	buf_free(&b);
	h2_free(end);
}
END_TEST

/* A stream whose connection ends, or that is reset, was never complete. */
START_TEST(what_has_no_end_is_not_whole)
{
	struct row r = { "no end", IN(A "content-length=9|"), IN("-"), IN("x=y|"), CUT, NULL };
	struct head q = { .method = STR("GET"), .path = STR("/"), .host = STR("a.test"),
		.scheme = STR("https") };
	struct buf b;

	begin(H2_CLIENT);
	ck_assert_int_eq(h2_request(end, &q, true), 1);
	while (h2_output(end).n > 0)
		;
	buf_init(&b, 1 << 16);
	frame(&b, NGHTTP2_SETTINGS, 0, 0, STR_NONE);
	headers(&b, 1, false, r.head);
	frame(&b, NGHTTP2_DATA, 0, 1, STR("abc"));
	ck_assert_int_eq(h2_feed(end, buf_view(&b), 1000), 0);
	ck_assert(head_told && !end_told && !reset_told);
	buf_consume(&b, b.len);
	frame(&b, NGHTTP2_RST_STREAM, 0, 1, STR("\0\0\0\0")); /* "no error" is no end either */
	ck_assert_int_eq(h2_feed(end, buf_view(&b), 1001), 0);
	ck_assert(!end_told);
	ck_assert_uint_eq(h2_streams(end), 0);
	buf_free(&b);
	h2_free(end);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("h2_strict");
	TCase *t = tcase_create("h2_strict");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(
	    t, requests_are_whole_only_where_they_have_one_meaning, 0, 2 * COUNT(requests));
	tcase_add_loop_test(
	    t, responses_are_whole_only_where_they_have_one_meaning, 0, 2 * COUNT(responses));
	tcase_add_test(t, what_has_no_end_is_not_whole);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
