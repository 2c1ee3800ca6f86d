/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about HTTP/1.1 messages. Each row is fed whole, byte by byte and cut at each place, and
 * must give the same events every time: "H" head, "D" data, "T" trailers, "E" end, "!name" error.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "http/h1.h"

#define REQ "GET / HTTP/1.1\r\nHost: a.test\r\n"
#define POST "POST /u HTTP/1.1\r\nHost: a.test\r\n"
#define OK "HTTP/1.1 200 OK\r\n"

struct row {
	const char *name, *in, *want;
	const char *method; /* responses: of the request; NULL is GET */
};

static const struct row requests[] = {
	{ "plain", REQ "\r\n", "HE" },
	{ "two in a row", REQ "\r\n" REQ "\r\n", "HEHE" },
	{ "one empty line before", "\r\n" REQ "\r\n", "HE" },
	{ "two empty lines before", "\r\n\r\n" REQ "\r\n", "!" },
	{ "bare LF before", "\n" REQ "\r\n", "!" },
	{ "length", POST "Content-Length: 5\r\n\r\nhello", "HD(hello)E" },
	{ "length zero", POST "Content-Length: 0\r\n\r\n", "HE" },
	{ "two equal lengths", POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "!body_length" },
	{ "length list", POST "Content-Length: 5, 5\r\n\r\nhello", "!body_length" },
	{ "signed length", POST "Content-Length: +5\r\n\r\nhello", "!body_length" },
	{ "hex length", POST "Content-Length: 0x5\r\n\r\nhello", "!body_length" },
	{ "overflowing length", POST "Content-Length: 18446744073709551621\r\n\r\n", "!body_length" },
	{ "empty length", POST "Content-Length:\r\n\r\n", "!body_length" },
	{ "length and chunked", POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "!body_length" },
	{ "chunked", POST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=\"y\"\r\nde\r\n0\r\n\r\n", "HD(abcde)E" },
	{ "chunked, any case", POST "transfer-encoding: Chunked\r\n\r\n0\r\n\r\n", "HE" },
	{ "chunked twice", POST "Transfer-Encoding: chunked, chunked\r\n\r\n", "!body_coding" },
	{ "two codings", POST "Transfer-Encoding: gzip, chunked\r\n\r\n", "!body_coding" },
	{ "two coding fields", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "!body_coding" },
	{ "xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n", "!body_coding" },
	{ "identity", POST "Transfer-Encoding: identity\r\n\r\n", "!body_coding" },
	{ "vertical tab before chunked", POST "Transfer-Encoding: \vchunked\r\n\r\n", "!http_field" },
	{ "chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "!body_coding" },
	{ "chunk size with sign", POST "Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n", "H!body_chunk" },
	{ "chunk size with 0x", POST "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n", "H!body_chunk" },
	{ "chunk size overflow", POST "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "H!body_chunk" },
	{ "chunk size negative", POST "Transfer-Encoding: chunked\r\n\r\n8000000000000000\r\n", "H!body_chunk" },
	{ "empty chunk size", POST "Transfer-Encoding: chunked\r\n\r\n\r\nabc\r\n", "H!body_chunk" },
	{ "blank after chunk size", POST "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n", "H!body_chunk" },
	{ "bare LF after chunk size", POST "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n", "H!body_chunk" },
	{ "bare CR in extension", POST "Transfer-Encoding: chunked\r\n\r\n3;a\rb\r\nabc\r\n", "H!body_chunk" },
	{ "no CRLF after chunk", POST "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", "HD(abc)!body_chunk" },
	{ "trailer", POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n", "HD(a)TE" },
	{ "length as trailer", POST "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 1\r\n\r\n", "H!trailer" },
	{ "host as trailer", POST "Transfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n", "H!trailer" },
	{ "bare LF lines", "GET / HTTP/1.1\nHost: a\n\n", "!http_line_end" },
	{ "bare CR in a value", REQ "X: a\rb\r\n\r\n", "!http_line_end" },
	{ "folded line", REQ "X: a\r\n b\r\n\r\n", "!http_fold" },
	{ "folded first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "!http_fold" },
	{ "blank before colon", REQ "X : a\r\n\r\n", "!http_field" },
	{ "no name", REQ ": a\r\n\r\n", "!http_field" },
	{ "no colon", REQ "X\r\n\r\n", "!http_field" },
	{ "escape in a value", REQ "X: \x1b[0m\r\n\r\n", "!http_field" },
	{ "delete in a value", REQ "X: \x7f\r\n\r\n", "!http_field" },
	{ "high bytes in a value", REQ "X: \xc3\xa4\r\n\r\n", "HE" },
	{ "no host", "GET / HTTP/1.1\r\n\r\n", "!http_host" },
	{ "no host in 1.0", "GET / HTTP/1.0\r\n\r\n", "HE" },
	{ "two hosts", REQ "Host: a.test\r\n\r\n", "!http_host" },
	{ "user in host", "GET / HTTP/1.1\r\nHost: u:p@host\r\n\r\n", "!http_host" },
	{ "list in host", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "!http_host" },
	{ "path in host", "GET / HTTP/1.1\r\nHost: host/x?y\r\n\r\n", "!http_host" },
	{ "port too large in host", "GET / HTTP/1.1\r\nHost: a:70000\r\n\r\n", "!http_host" },
	{ "IPv6 host", "GET / HTTP/1.1\r\nHost: [fd77::1]:80\r\n\r\n", "HE" },
	{ "absolute form", "GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n", "HE" },
	{ "absolute form of another host", "GET http://b.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n", "!http_host" },
	{ "other scheme", "GET ftp://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n", "!http_target" },
	{ "asterisk", "OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n", "HE" },
	{ "asterisk to GET", "GET * HTTP/1.1\r\nHost: a.test\r\n\r\n", "!http_target" },
	{ "connect", "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n", "HE" },
	{ "connect without port", "CONNECT a.test HTTP/1.1\r\nHost: a.test\r\n\r\n", "!http_target" },
	{ "vertical tab in target", "GET /\v HTTP/1.1\r\nHost: a.test\r\n\r\n", "!http_target" },
	{ "fragment in target", "GET /#x HTTP/1.1\r\nHost: a.test\r\n\r\n", "!http_target" },
	{ "two blanks", "GET  / HTTP/1.1\r\nHost: a.test\r\n\r\n", "!" },
	{ "HTTP/0.9", "GET /\r\n\r\n", "!" },
	{ "HTTP/1.2", "GET / HTTP/1.2\r\nHost: a.test\r\n\r\n", "!http_version" },
	{ "HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "!" },
	{ "lower-case http", "GET / http/1.1\r\nHost: a.test\r\n\r\n", "!" },
	{ "bad method", "G@T / HTTP/1.1\r\nHost: a.test\r\n\r\n", "!http_start_line" },
};

static const struct row responses[] = {
	{ "length", OK "Content-Length: 2\r\n\r\nhi", "HD(hi)E", NULL },
	{ "until close", OK "\r\nbytes", "HD(bytes)E", NULL },
	{ "chunked", OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "HD(hi)E", NULL },
	{ "short body", OK "Content-Length: 5\r\n\r\nhi", "HD(hi)!body_short", NULL },
	{ "short chunked", OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", "HD(hi)!body_short", NULL },
	{ "head with length", OK "Content-Length: 5\r\n\r\n", "HE", "HEAD" },
	{ "204", "HTTP/1.1 204 No Content\r\n\r\n", "HE", NULL },
	{ "204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc", "!body_length", NULL },
	{ "304 with length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "HE", NULL },
	{ "interim first", "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 0\r\n\r\n", "HHE", NULL },
	{ "switching", "HTTP/1.1 101 Switching Protocols\r\n\r\nraw", "HX", NULL },
	{ "connect", OK "\r\nraw", "HX", "CONNECT" },
	{ "status 0", "HTTP/1.1 000 x\r\n\r\n", "!http_start_line", NULL },
	{ "status 99", "HTTP/1.1 099 x\r\n\r\n", "!http_start_line", NULL },
	{ "status 600", "HTTP/1.1 600 x\r\n\r\n", "!http_start_line", NULL },
	{ "no reason, no blank", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "HE", NULL },
	{ "empty line before", "\r\n" OK "Content-Length: 0\r\n\r\n", "!", NULL },
	{ "lengths that differ", OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", "!body_length", NULL },
	{ "NUL in a value", NULL, "!http_field", NULL },
	{ "chunked in 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!body_coding", NULL },
	{ "trailer with coding", OK "Transfer-Encoding: chunked\r\n\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n", "H!trailer", NULL },
};

enum { OUT = 4096 };

struct trace {
	char text[OUT];
	bool data;
};

static void add(struct trace *t, const char *p, size_t n)
{
	size_t at = strlen(t->text);

	ck_assert_uint_lt(at + n, OUT);
	memcpy(t->text + at, p, n);
	t->text[at + n] = '\0';
}

static bool event(struct trace *t, const struct h1_ev *ev)
{
	if (ev->type == H1_DATA) {
		if (!t->data)
			add(t, "D(", 2);
		t->data = true;
		add(t, ev->data.p, ev->data.n);
		return true;
	}
	if (ev->type == H1_MORE)
		return true;
	if (t->data)
		add(t, ")", 1);
	t->data = false;
	switch (ev->type) {
	case H1_HEAD:
		add(t, "H", 1);
		return true;
	case H1_TRAILERS:
		add(t, "T", 1);
		return true;
	case H1_END:
		add(t, "E", 1);
		return true;
	case H1_TUNNEL:
		add(t, "X", 1);
		return false;
	default:
		add(t, "!", 1);
		add(t, err_name(ev->err), strlen(err_name(ev->err)));
		return false;
	}
}

static bool feed(struct h1 *d, struct trace *t, struct str in)
{
	struct h1_ev ev;

	do {
		size_t used = 0;

		h1_next(d, in, &used, &ev);
		ck_assert_uint_le(used, in.n);
		in = str_sub(in, used, in.n);
		if (!event(t, &ev))
			return false;
	} while (ev.type != H1_MORE);
	ck_assert_uint_eq(in.n, 0);
	return true;
}

/* first bytes, then the rest in pieces of `piece`. */
static void run(enum h1_side side, const struct row *r, struct str in, size_t first, size_t piece,
    struct trace *t)
{
	struct limits l;
	struct h1 *d;
	struct h1_ev ev;
	bool go;

	limits_default(&l);
	d = h1_new(side, &l);
	memset(t, 0, sizeof(*t));
	h1_expect(d, str_c(r->method != NULL ? r->method : "GET"));
	go = feed(d, t, str_sub(in, 0, first));
	for (size_t at = first; go && at < in.n; at += piece)
		go = feed(d, t, str_sub(in, at, piece));
	if (go) {
		h1_eof(d, &ev);
		event(t, &ev);
	}
	h1_free(d);
}

/* "!" alone in want accepts any error. */
static bool fits(const char *got, const char *want)
{
	size_t n = strlen(want);

	return n > 0 && want[n - 1] == '!' ? strncmp(got, want, n) == 0 : strcmp(got, want) == 0;
}

static void check_row(enum h1_side side, const struct row *r)
{
	static const char nul[] = OK "X: a\0b\r\n\r\n";
	struct str in = r->in != NULL ? str_c(r->in) : str_of(nul, sizeof(nul) - 1);
	struct trace whole, cut;

	run(side, r, in, in.n, 1, &whole);
	ck_assert_msg(fits(whole.text, r->want), "%s: got %s, expected %s", r->name, whole.text, r->want);
	run(side, r, in, 0, 1, &cut);
	ck_assert_msg(fits(cut.text, r->want), "%s byte by byte: got %s", r->name, cut.text);
	for (size_t at = 1; at < in.n; at++) {
		run(side, r, in, at, in.n, &cut);
		ck_assert_msg(fits(cut.text, r->want), "%s cut at %zu: got %s", r->name, at, cut.text);
	}
}

START_TEST(requests_are_read_in_one_way)
{
	check_row(H1_REQUEST, &requests[_i]);
}
END_TEST

START_TEST(responses_are_read_in_one_way)
{
	check_row(H1_RESPONSE, &responses[_i]);
}
END_TEST

static int error_of(const struct limits *l, struct str in)
{
	struct h1 *d = h1_new(H1_REQUEST, l);
	struct h1_ev ev = { 0 };
	size_t used;

	do {
		h1_next(d, in, &used, &ev);
		in = str_sub(in, used, in.n);
	} while (ev.type != H1_MORE && ev.type != H1_ERROR);
	h1_free(d);
	return ev.type == H1_ERROR ? ev.err : 0;
}

START_TEST(heads_have_limits)
{
	static char big[70000];
	struct limits l;

	limits_default(&l);
	memset(big, 'a', sizeof(big));
	memcpy(big, "GET /", 5);
	ck_assert_int_eq(error_of(&l, str_of(big, sizeof(big))), -ERR_HTTP_HEAD_SIZE);
	l.fields = 1;
	ck_assert_int_eq(error_of(&l, STR(REQ "X: 1\r\n\r\n")), -ERR_HTTP_FIELDS);
	ck_assert_int_eq(error_of(&l, STR(REQ "\r\n")), 0);
	l.target = 3;
	ck_assert_int_eq(error_of(&l, STR("GET /abc HTTP/1.1\r\nHost: a\r\n\r\n")), -ERR_HTTP_TARGET);
}
END_TEST

START_TEST(chunk_extensions_have_a_limit)
{
	static char big[2000];
	struct limits l;
	size_t n;

	limits_default(&l);
	n = (size_t)snprintf(big, sizeof(big), "%s", POST "Transfer-Encoding: chunked\r\n\r\n1;");
	memset(big + n, 'x', 1000);
	ck_assert_int_eq(error_of(&l, str_of(big, n + 1000)), -ERR_BODY_CHUNK);
}
END_TEST

START_TEST(nothing_is_kept_between_messages)
{
	struct limits l;
	struct h1 *d;
	struct h1_ev ev;
	struct str in = STR(REQ "\r\n");
	size_t used;

	limits_default(&l);
	d = h1_new(H1_REQUEST, &l);
	ck_assert(h1_idle(d));
	h1_next(d, in, &used, &ev);
	ck_assert_int_eq(ev.type, H1_HEAD);
	ck_assert(!h1_idle(d));
	ck_assert(h1_due(d));
	h1_next(d, STR_NONE, &used, &ev);
	ck_assert_int_eq(ev.type, H1_END);
	ck_assert(h1_idle(d) && !h1_due(d));
	h1_free(d);
}
END_TEST

#define ROWS(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *s = suite_create("h1");
	TCase *t = tcase_create("h1");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, requests_are_read_in_one_way, 0, ROWS(requests));
	tcase_add_loop_test(t, responses_are_read_in_one_way, 0, ROWS(responses));
	tcase_add_test(t, heads_have_limits);
	tcase_add_test(t, chunk_extensions_have_a_limit);
	tcase_add_test(t, nothing_is_kept_between_messages);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
