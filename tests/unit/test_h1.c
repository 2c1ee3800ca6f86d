/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The HTTP/1.1 decoder. Each row is read whole, byte by byte and cut at each place, and has to
 * say the same every time.
 */
#include <check.h>
#include <stdio.h>

#include "tests/fuzz/h1_events.h"

#define IN(lit)                                                                                    \
	{                                                                                          \
		lit, sizeof(lit) - 1                                                               \
	}
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define H "Host: a.test\r\n"
#define G "GET / HTTP/1.1\r\n" H
#define P "POST / HTTP/1.1\r\n" H
#define CHUNKED P "Transfer-Encoding: chunked\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\n"

struct row {
	const char *name;
	struct str in;
	const char *want;
};

static const struct row requests[] = {
	{ "a request without body", IN(G "\r\n"), "GET / a.test none keep; end" },
	{ "two requests in one piece", IN(G "\r\n" P "Content-Length: 2\r\n\r\nhi" G "\r\n"),
	    "GET / a.test none keep; end; POST / a.test length 2 keep; data(hi); end; "
	    "GET / a.test none keep; end" },
	{ "a length of zero", IN(P "Content-Length: 0\r\n\r\n"), "POST / a.test none 0 keep; end" },
	{ "a length with leading zeros", IN(P "Content-Length: 0003\r\n\r\nabc"),
	    "POST / a.test length 3 keep; data(abc); end" },
	{ "chunks", IN(CHUNKED "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
	    "POST / a.test chunked keep; data(abc0123456789); end" },
	{ "chunked in any case", IN(P "transfer-encoding:\tCHUNKED \r\n\r\n0\r\n\r\n"),
	    "POST / a.test chunked keep; end" },
	{ "chunk extensions are dropped", IN(CHUNKED "3;a=b;c=\"d\"\r\nabc\r\n000;x\r\n\r\n"),
	    "POST / a.test chunked keep; data(abc); end" },
	{ "trailers", IN(CHUNKED "1\r\na\r\n0\r\nX-Sum: 5\r\nY:\r\n\r\n" G "\r\n"),
	    "POST / a.test chunked keep; data(a); trailers X-Sum=5|Y=; end; GET / a.test none "
	    "keep; end" },
	{ "one empty line before a request", IN("\r\n" G "\r\n\r\n" G "\r\n"),
	    "GET / a.test none keep; end; GET / a.test none keep; end" },
	{ "nothing", IN(""), "" },
	{ "an empty line alone", IN("\r\n"), "" },
	{ "HTTP/1.0", IN("GET / HTTP/1.0\r\n\r\n"), "GET /  none; end" },
	{ "HTTP/1.0 kept", IN("GET / HTTP/1.0\r\n" H "Connection: Keep-Alive\r\n\r\n"),
	    "GET / a.test none keep; end" },
	{ "HTTP/1.0 kept and closed", IN("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"),
	    "GET /  none; end" },
	{ "64 connection options",
	    IN(G "Connection: a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a\r\n"
		 "Connection: "
		 "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,,a,a\r\n\r\n"),
	    "GET / a.test none keep; end" },
	{ "close in a list", IN(G "Connection: x\r\nConnection: y , Close\r\n\r\n"),
	    "GET / a.test none; end" },
	{ "an upgrade", IN(G "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n"),
	    "GET / a.test none keep upgrade; end" },
	{ "an upgrade with content is none",
	    IN(P "Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 1\r\n\r\n."),
	    "POST / a.test length 1 keep; data(.); end" },
	{ "Upgrade that Connection does not name", IN(G "Upgrade: websocket\r\n\r\n"),
	    "GET / a.test none keep; end" },
	{ "Expect with a body", IN(P "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx"),
	    "POST / a.test length 1 keep expect; data(x); end" },
	{ "Expect without a body", IN(G "Expect: 100-continue\r\n\r\n"),
	    "GET / a.test none keep; end" },
	{ "a method that nobody knows", IN("RPC_IN_DATA /rpc HTTP/1.1\r\n" H "\r\n"),
	    "RPC_IN_DATA /rpc a.test none keep; end" },
	{ "absolute-form", IN("GET http://a.test/x?y HTTP/1.1\r\n" H "\r\n"),
	    "GET /x?y a.test none keep; end" },
	{ "absolute-form with another case", IN("GET HTTP://A.TEST HTTP/1.1\r\n" H "\r\n"),
	    "GET / A.TEST none keep; end" },
	{ "absolute-form in HTTP/1.0 without Host", IN("GET http://b/ HTTP/1.0\r\n\r\n"),
	    "GET / b none; end" },
	{ "OPTIONS for a whole server", IN("OPTIONS http://a.test HTTP/1.1\r\n" H "\r\n"),
	    "OPTIONS * a.test none keep; end" },
	{ "asterisk-form", IN("OPTIONS * HTTP/1.1\r\n" H "\r\n"),
	    "OPTIONS * a.test none keep; end" },
	{ "authority-form", IN("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"),
	    "CONNECT  a.test:443 none keep; end" },
	{ "hosts as they are written", IN("GET / HTTP/1.1\r\nHost: A_b-c.9.:8080\r\n\r\n"),
	    "GET / A_b-c.9.:8080 none keep; end" },
	{ "an IPv6 host", IN("GET / HTTP/1.1\r\nHost: [fd77::1]:80\r\n\r\n"),
	    "GET / [fd77::1]:80 none keep; end" },
	{ "TRACE", IN("TRACE / HTTP/1.1\r\n" H "\r\n"), "TRACE / a.test none keep; end" },
	{ "Expect of HTTP/1.0", IN("GET / HTTP/1.0\r\n" H "Expect: x\r\n\r\n"),
	    "GET / a.test none; end" },
	{ "one type in two fields",
	    IN(G "Content-Type: text/html\r\nContent-Type: Text/HTML;charset=x\r\n\r\n"),
	    "GET / a.test none keep; end" },
	{ "latin-1 and tabs in a value", IN(G "X: a\tb\xe9\xff\r\n\r\n"),
	    "GET / a.test none keep; end" },
};

static const struct row bad_requests[] = {
	{ "HTTP/0.9", IN("GET /\r\n\r\n"), "http_start_line" },
	{ "no version", IN("GET / \r\n" H "\r\n"), "http_start_line" },
	{ "HTTP/2.0", IN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "http_version" },
	{ "HTTP/1.2", IN("GET / HTTP/1.2\r\n" H "\r\n"), "http_version" },
	{ "HTTP/1.10", IN("GET / HTTP/1.10\r\n" H "\r\n"), "http_start_line" },
	{ "http/1.1", IN("GET / http/1.1\r\n" H "\r\n"), "http_start_line" },
	{ "a blank after the version", IN("GET / HTTP/1.1 \r\n" H "\r\n"), "http_start_line" },
	{ "two blanks", IN("GET  / HTTP/1.1\r\n" H "\r\n"), "http_start_line" },
	{ "a tab for a blank", IN("GET\t/ HTTP/1.1\r\n" H "\r\n"), "http_start_line" },
	{ "a blank first", IN(" " G "\r\n"), "http_start_line" },
	{ "a method that is no token", IN("GE(T / HTTP/1.1\r\n" H "\r\n"), "http_start_line" },
	{ "a method of 24 bytes", IN("ABCDEFGHIJKLMNOPQRSTUVWX / HTTP/1.1\r\n" H "\r\n"),
	    "http_start_line" },
	{ "a TLS hello", IN("\x16\x03\x01\x02\x00"), "http_start_line" },
	{ "NUL first", IN("\0GET / HTTP/1.1\r\n"), "http_start_line" },
	{ "two empty lines first", IN("\r\n\r\n" G "\r\n"), "http_start_line" },
	{ "an LF first", IN("\n" G "\r\n"), "http_start_line" },
	{ "a CR first", IN("\r" G "\r\n"), "http_line_end" },
	{ "lines that end in LF", IN("GET / HTTP/1.1\nHost: a\n\n"), "http_line_end" },
	{ "one line that ends in LF", IN(G "X: y\nZ: 1\r\n\r\n"), "http_line_end" },
	{ "an LF for the empty line", IN(G "\n"), "http_line_end" },
	{ "a bare CR in a value", IN(G "X: a\rb\r\n\r\n"), "http_line_end" },
	{ "a bare CR before CRLF", IN(G "X: a\r\r\n\r\n"), "http_line_end" },
	{ "a bare CR in the start line", IN("GET /\r HTTP/1.1\r\n" H "\r\n"), "http_line_end" },
	{ "a folded value", IN(G "X: a\r\n b\r\n\r\n"), "http_fold" },
	{ "a blank before the first field", IN("GET / HTTP/1.1\r\n\tHost: a\r\n\r\n"),
	    "http_fold" },
	{ "a blank before the colon", IN(G "Content-Length : 5\r\n\r\nhello"), "http_field" },
	{ "no colon", IN(G "nonsense\r\n\r\n"), "http_field" },
	{ "no name", IN(G ": x\r\n\r\n"), "http_field" },
	{ "a control byte in a name", IN(G "X\x0b: y\r\n\r\n"), "http_field" },
	{ "a high byte in a name", IN(G "X\xa0: y\r\n\r\n"), "http_field" },
	{ "NUL in a value", IN(G "X: a\0b\r\n\r\n"), "http_field" },
	{ "VT in a value", IN(G "X: a\x0b\r\n\r\n"), "http_field" },
	{ "FF before a value", IN(G "X:\x0c y\r\n\r\n"), "http_field" },
	{ "ESC in a value", IN(G "X: \x1b[2J\r\n\r\n"), "http_field" },
	{ "DEL in a value", IN(G "X: a\x7f\r\n\r\n"), "http_field" },
	{ "VT in the target", IN("GET /\x0bx HTTP/1.1\r\n" H "\r\n"), "http_target" },
	{ "NUL in the target", IN("GET /\0x HTTP/1.1\r\n" H "\r\n"), "http_target" },
	{ "a tab in the target", IN("GET /\tx HTTP/1.1\r\n" H "\r\n"), "http_target" },
	{ "a high byte in the target", IN("GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n"), "http_target" },
	{ "a fragment", IN("GET /x#y HTTP/1.1\r\n" H "\r\n"), "http_target" },
	{ "a blank in the target", IN("GET /x y HTTP/1.1\r\n" H "\r\n"), "http_start_line" },
	{ "a path without slash", IN("GET x HTTP/1.1\r\n" H "\r\n"), "http_target" },
	{ "another scheme", IN("GET ftp://a.test/ HTTP/1.1\r\n" H "\r\n"), "http_target" },
	{ "absolute-form with a query only", IN("GET http://a.test?x HTTP/1.1\r\n" H "\r\n"),
	    "http_target" },
	{ "absolute-form for another host", IN("GET http://b.test/ HTTP/1.1\r\n" H "\r\n"),
	    "http_host" },
	{ "absolute-form with a user", IN("GET http://u@a.test/ HTTP/1.1\r\n" H "\r\n"),
	    "http_host" },
	{ "absolute-form without host", IN("GET http:///x HTTP/1.1\r\n" H "\r\n"), "http_host" },
	{ "asterisk-form for GET", IN("GET * HTTP/1.1\r\n" H "\r\n"), "http_target" },
	{ "authority-form for GET", IN("GET a.test:443 HTTP/1.1\r\n" H "\r\n"), "http_target" },
	{ "CONNECT without port", IN("CONNECT [::1] HTTP/1.1\r\nHost: [::1]\r\n\r\n"),
	    "http_target" },
	{ "CONNECT to a name without port", IN("CONNECT a.test HTTP/1.1\r\n" H "\r\n"),
	    "http_target" },
	{ "CONNECT with a path", IN("CONNECT /x HTTP/1.1\r\n" H "\r\n"), "http_target" },
	{ "CONNECT to another host", IN("CONNECT b.test:443 HTTP/1.1\r\n" H "\r\n"), "http_host" },
	{ "CONNECT with a body",
	    IN("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 1\r\n\r\nx"), "body_length" },
	{ "no Host", IN("GET / HTTP/1.1\r\nX: y\r\n\r\n"), "http_host" },
	{ "two Hosts alike", IN(G H "\r\n"), "http_host" },
	{ "two Hosts", IN(G "Host: b.test\r\n\r\n"), "http_host" },
	{ "two Hosts in HTTP/1.0", IN("GET / HTTP/1.0\r\n" H H "\r\n"), "http_host" },
	{ "no body, bytes after it", IN(G "\r\n{}\r\n\r\n"), "http_start_line" },
	{ "length and chunked",
	    IN(P "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	    "body_length" },
	{ "chunked and length",
	    IN(P "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
	    "body_length" },
	{ "two lengths alike", IN(P "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
	    "body_length" },
	{ "two lengths", IN(P "Content-Length: 5\r\ncontent-length: 6\r\n\r\nhello!"),
	    "body_length" },
	{ "another coding", IN(P "Transfer-Encoding: gzip\r\n\r\n"), "body_coding" },
	{ "a coding that ends alike", IN(P "Transfer-Encoding: xchunked\r\n\r\n"), "body_coding" },
	{ "chunked after another", IN(P "Transfer-Encoding: gzip, chunked\r\n\r\n"),
	    "body_coding" },
	{ "chunked before another", IN(P "Transfer-Encoding: chunked, identity\r\n\r\n"),
	    "body_coding" },
	{ "chunked twice", IN(P "Transfer-Encoding: chunked, chunked\r\n\r\n"), "body_coding" },
	{ "chunked in two fields",
	    IN(P "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
	    "body_coding" },
	{ "identity", IN(P "Transfer-Encoding: identity\r\n\r\n"), "body_coding" },
	{ "an empty coding", IN(P "Transfer-Encoding:\r\n\r\n"), "body_coding" },
	{ "chunked with a parameter", IN(P "Transfer-Encoding: chunked;q=1\r\n\r\n"),
	    "body_coding" },
	{ "chunked in quotes", IN(P "Transfer-Encoding: \"chunked\"\r\n\r\n"), "body_coding" },
	{ "chunked with a comma", IN(P "Transfer-Encoding: ,chunked\r\n\r\n"), "body_coding" },
	{ "chunked with VT",
	    IN(P "Transfer-Encoding: \x0b"
		 "chunked\r\n\r\n"),
	    "http_field" },
	{ "chunked in HTTP/1.0",
	    IN("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "body_coding" },
	{ "Content_Length", IN(P "Content_Length: 5\r\n\r\n"), "http_field" },
	{ "Content_Length beside a length",
	    IN(P "Content-Length: 5\r\nContent_Length: 6\r\n\r\nhello"), "http_field" },
	{ "Transfer_Encoding", IN(P "transfer_encoding: chunked\r\n\r\n"), "http_field" },
	{ "TRACE with a length",
	    IN("TRACE / HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\nx"), "body_length" },
	{ "TRACE with chunks",
	    IN("TRACE / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	    "body_length" },
	{ "an unknown expectation", IN(P "Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx"),
	    "http_expect" },
	{ "an expectation hidden by a word",
	    IN(P "Expect: x 100-continue\r\nContent-Length: 1\r\n\r\nx"), "http_expect" },
	{ "a list of expectations",
	    IN(P "Expect: 100-continue, x\r\nContent-Length: 1\r\n\r\nx"), "http_expect" },
	{ "two expectations",
	    IN(P "Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: "
		 "1\r\n\r\nx"),
	    "http_expect" },
	{ "an empty expectation", IN(G "Expect:\r\n\r\n"), "http_expect" },
	{ "two types", IN(P "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n"),
	    "http_repeated" },
	{ "two Authorizations", IN(G "Authorization: a\r\nAuthorization: b\r\n\r\n"),
	    "http_repeated" },
	{ "two Ranges", IN(G "Range: bytes=0-1\r\nRange: bytes=0-2\r\n\r\n"),
	    "http_repeated" },
	{ "65 connection options",
	    IN(G "Connection: a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a\r\n"
		 "Connection: "
		 "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a\r\n\r\n"),
	    "http_fields" },
	{ "a head cut short", IN("GET / HTTP/1.1\r\nHos"), "http_head" },
	{ "a CR alone", IN("\r"), "http_head" },
};

static const struct row lengths[] = {
	{ "signed", IN("+5"), NULL },
	{ "negative", IN("-5"), NULL },
	{ "hexadecimal", IN("0x5"), NULL },
	{ "a list", IN("5, 5"), NULL },
	{ "empty", IN(""), NULL },
	{ "a word", IN("five"), NULL },
	{ "with a comma", IN("5,"), NULL },
	{ "with a blank", IN("1 0"), NULL },
	{ "a fraction", IN("5.0"), NULL },
	{ "beyond 64 bits", IN("18446744073709551621"), NULL },
	{ "beyond 63", IN("9223372036854775808"), NULL },
	{ "other digits", IN("\xd9\xa5"), NULL },
	{ "an exponent", IN("1e1"), NULL },
	{ "with a separator", IN("1_0"), NULL },
	{ "in quotes", IN("\"5\""), NULL },
};

static const struct row hosts[] = {
	{ "empty", IN(""), NULL },
	{ "with a user", IN("u:p@host"), NULL },
	{ "a list", IN("a, b"), NULL },
	{ "with path and query", IN("host/x?y"), NULL },
	{ "with a slash", IN("host/"), NULL },
	{ "with a blank", IN("a b"), NULL },
	{ "with a word as port", IN("host:http"), NULL },
	{ "with a large port", IN("host:65536"), NULL },
	{ "with a padded port", IN("host:000080"), NULL },
	{ "with port 0", IN("host:0"), NULL },
	{ "with two ports", IN("host:1:2"), NULL },
	{ "an address without brackets", IN("::1"), NULL },
	{ "half a bracket", IN("[::1"), NULL },
	{ "bytes after a bracket", IN("[::1]x"), NULL },
	{ "no address in brackets", IN("[a]"), NULL },
	{ "a zone", IN("[fe80::1%eth0]"), NULL },
	{ "an empty label", IN("a..b"), NULL },
	{ "a dot", IN("."), NULL },
	{ "a dot first", IN(".a"), NULL },
	{ "escaped", IN("%61.test"), NULL },
	{ "a high byte", IN("\xc3\xa9.test"), NULL },
	{ "a backslash", IN("a\\b"), NULL },
	{ "a query", IN("a?b"), NULL },
	{ "a fragment", IN("a#b"), NULL },
	{ "a port alone", IN(":80"), NULL },
	{ "a scheme", IN("http://a"), NULL },
	{ "a semicolon", IN("a;b"), NULL },
	{ "a label of 64 bytes",
	    IN("0123456789012345678901234567890123456789012345678901234567890123"), NULL },
};

/* What comes after a chunked request's head. */
static const struct row bad_chunks[] = {
	{ "a word", IN("zz\r\n"), "body_chunk" },
	{ "0x", IN("0x2\r\nab\r\n"), "body_chunk" },
	{ "a sign", IN("+2\r\nab\r\n"), "body_chunk" },
	{ "nothing", IN("\r\n"), "body_chunk" },
	{ "a blank first", IN(" 2\r\nab\r\n"), "body_chunk" },
	{ "a blank after", IN("2 \r\nab\r\n"), "body_chunk" },
	{ "a blank before an extension", IN("2 ;x\r\nab\r\n"), "body_chunk" },
	{ "17 digits", IN("00000000000000002\r\nab\r\n"), "body_chunk" },
	{ "beyond 63 bits", IN("8000000000000000\r\n"), "body_chunk" },
	{ "beyond 64 bits", IN("ffffffffffffffff2\r\n"), "body_chunk" },
	{ "LF alone", IN("2\nab\r\n0\r\n\r\n"), "body_chunk" },
	{ "CR alone", IN("2\rab\r\n"), "body_chunk" },
	{ "LF in an extension", IN("2;x\ny\r\nab\r\n"), "body_chunk" },
	{ "CR in an extension", IN("2;x\ry\r\nab\r\n"), "body_chunk" },
	{ "NUL in an extension", IN("2;\0\r\nab\r\n"), "body_chunk" },
	{ "DEL in an extension", IN("2;\x7f\r\nab\r\n"), "body_chunk" },
	{ "a chunk longer than it says", IN("2\r\nabc\r\n0\r\n\r\n"),
	    "data(ab); error body_chunk" },
	{ "a chunk shorter than it says", IN("5\r\nab\r\n0\r\n\r\n"),
	    "data(ab\r\n0); error body_chunk" },
	{ "LF after a chunk", IN("2\r\nab\n0\r\n\r\n"), "data(ab); error body_chunk" },
	{ "CR after a chunk", IN("2\r\nab\r0\r\n\r\n"), "data(ab); error body_chunk" },
	{ "an end in a size", IN("2"), "body_short" },
	{ "an end in a chunk", IN("5\r\nab"), "data(ab); error body_short" },
	{ "an end after a chunk", IN("2\r\nab\r\n"), "data(ab); error body_short" },
	{ "an end before the empty line", IN("2\r\nab\r\n0\r\n"), "data(ab); error body_short" },
	{ "an end in the trailers", IN("0\r\nX: y\r\n"), "body_short" },
	{ "LF for the empty line", IN("0\r\n\n"), "http_line_end" },
	{ "LF in the trailers", IN("0\r\nX: y\n\r\n"), "http_line_end" },
	{ "bytes for the empty line", IN("0\r\nGET / HTTP/1.1\r\n\r\n"), "http_field" },
	{ "a folded trailer", IN("0\r\nX: y\r\n z\r\n\r\n"), "http_fold" },
	{ "NUL in a trailer", IN("0\r\nX: \0\r\n\r\n"), "http_field" },
	{ "a blank before a trailer's colon", IN("0\r\nX : y\r\n\r\n"), "http_field" },
};

static const char *const forbidden_trailers[] = { "Transfer-Encoding: chunked", "Content-Length: 5",
	"Host: a", "host: a", "Trailer: x", "Content-Encoding: gzip", "Content-Type: text/html",
	"Content-Range: bytes 0-1/2", "Authorization: Basic eA==", "Set-Cookie: a=b", "Cookie: a=b",
	"Expect: 100-continue", "Connection: close", "Upgrade: h2c", "TE: trailers",
	"Cache-Control: no-store", "Location: /", "Range: bytes=0-1" };

static const struct row responses[] = {
	{ "a length", IN(OK "Content-Length: 2\r\n\r\nhi"), "200 length 2 keep; data(hi); end" },
	{ "until close", IN(OK "\r\nhello"), "200 close; data(hello); end" },
	{ "until close, no byte", IN(OK "\r\n"), "200 close; end" },
	{ "chunks and trailers",
	    IN(OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n"),
	    "200 chunked keep; data(a); trailers X=y; end" },
	{ "no reason", IN("HTTP/1.1 204 \r\n\r\n"), "204 none keep; end" },
	{ "no blank for the reason", IN("HTTP/1.1 204\r\n\r\n"), "204 none keep; end" },
	{ "204 with a length of zero", IN("HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n"),
	    "204 none 0 keep; end" },
	{ "304 announces a length",
	    IN("HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n" OK "Content-Length: 0\r\n\r\n"),
	    "304 none 9 keep; end; 200 none 0 keep; end" },
	{ "interim answers",
	    IN("HTTP/1.1 100 x\r\n\r\nHTTP/1.1 103 y\r\nLink: z\r\n\r\n" OK
	       "Content-Length: 1\r\n\r\n."),
	    "100 none keep; 103 none keep; 200 length 1 keep; data(.); end" },
	{ "an interim answer alone", IN("HTTP/1.1 100 Continue\r\n\r\n"), "100 none keep" },
	{ "101", IN("HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: y\r\n\r\n\0\1"),
	    "101 tunnel keep upgrade; tunnel" },
	{ "HTTP/1.0", IN("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"),
	    "200 length 1; data(x); end" },
	{ "HTTP/1.0 kept",
	    IN("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx"),
	    "200 length 1 keep; data(x); end" },
	{ "a cut length", IN(OK "Content-Length: 5\r\n\r\nhi"),
	    "200 length 5 keep; data(hi); error body_short" },
	{ "a cut head", IN("HTTP/1.1 200 OK\r\n"), "error http_head" },
	{ "no answer", IN(""), "" },
};

static const struct row bad_responses[] = {
	{ "status 0", IN("HTTP/1.1 0 x\r\n\r\n"), "http_start_line" },
	{ "status 000", IN("HTTP/1.1 000 x\r\n\r\n"), "http_start_line" },
	{ "status 99", IN("HTTP/1.1 99 x\r\n\r\n"), "http_start_line" },
	{ "status 099", IN("HTTP/1.1 099 x\r\n\r\n"), "http_start_line" },
	{ "status 600", IN("HTTP/1.1 600 x\r\n\r\n"), "http_start_line" },
	{ "status 1000", IN("HTTP/1.1 1000 x\r\n\r\n"), "http_start_line" },
	{ "a signed status", IN("HTTP/1.1 +20 x\r\n\r\n"), "http_start_line" },
	{ "two blanks before the status", IN("HTTP/1.1  200 x\r\n\r\n"), "http_start_line" },
	{ "ESC in the reason", IN("HTTP/1.1 200 \x1b\r\n\r\n"), "http_start_line" },
	{ "NUL in the reason", IN("HTTP/1.1 200 \0\r\n\r\n"), "http_start_line" },
	{ "HTTP/2", IN("HTTP/2 200 OK\r\n\r\n"), "http_version" },
	{ "HTTP/2.0", IN("HTTP/2.0 200 OK\r\n\r\n"), "http_version" },
	{ "another protocol", IN("ICY 200 OK\r\n\r\n"), "http_start_line" },
	{ "a page without head", IN("<html>"), "http_start_line" },
	{ "an empty line first", IN("\r\n" OK "\r\n"), "http_start_line" },
	{ "LF lines", IN("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), "http_line_end" },
	{ "a folded field", IN(OK "X: a\r\n b\r\n\r\n"), "http_fold" },
	{ "a blank before the colon", IN(OK "Content-Length : 0\r\n\r\n"), "http_field" },
	{ "NUL in a value", IN(OK "X: \0\r\n\r\n"), "http_field" },
	{ "length and chunked", IN(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
	    "body_length" },
	{ "two lengths alike", IN(OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
	    "body_length" },
	{ "another coding", IN(OK "Transfer-Encoding: gzip, chunked\r\n\r\n"), "body_coding" },
	{ "chunked in HTTP/1.0", IN("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
	    "body_coding" },
	{ "204 with a length", IN("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\nhello"),
	    "body_length" },
	{ "204 with chunks", IN("HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	    "body_length" },
	{ "101 without Upgrade", IN("HTTP/1.1 101 x\r\nConnection: upgrade\r\n\r\n"),
	    "http_field" },
	{ "101 without Connection", IN("HTTP/1.1 101 x\r\nUpgrade: y\r\n\r\n"), "http_field" },
	{ "101 of HTTP/1.0",
	    IN("HTTP/1.0 101 x\r\nConnection: upgrade\r\nUpgrade: y\r\n\r\n"), "http_field" },
	{ "100 with chunks",
	    IN("HTTP/1.1 100 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	    "body_length" },
	{ "Content_Length", IN(OK "Content_Length: 5\r\n\r\n"), "http_field" },
	{ "two types", IN(OK "Content-Type: a/b\r\nContent-Type: a/c\r\n\r\n"),
	    "http_repeated" },
	{ "two places", IN("HTTP/1.1 302 x\r\nLocation: /a\r\nLocation: /b\r\n\r\n"),
	    "http_repeated" },
	{ "two names for a file",
	    IN(OK "Content-Disposition: attachment; filename=a\r\nContent-Disposition: "
		  "attachment; filename=b\r\n\r\n"),
	    "http_repeated" },
	{ "two ranges",
	    IN("HTTP/1.1 206 x\r\nContent-Range: bytes 0-1/9\r\nContent-Range: bytes "
	       "2-3/9\r\n\r\n"),
	    "http_repeated" },
	{ "a status without blank", IN("HTTP/1.1 200OK\r\n\r\n"), "http_start_line" },
	{ "a tab before the status", IN("HTTP/1.1\t200 x\r\n\r\n"), "http_start_line" },
	{ "HTTP/1.2", IN("HTTP/1.2 200 x\r\n\r\n"), "http_version" },
	{ "http/1.1", IN("http/1.1 200 x\r\n\r\n"), "http_start_line" },
	{ "a bare CR in the reason", IN("HTTP/1.1 200 a\rb\r\n\r\n"), "http_line_end" },
	{ "a bare CR in a value", IN(OK "X: a\rb\r\n\r\n"), "http_line_end" },
	{ "one line that ends in LF", IN(OK "X: y\nZ: 1\r\n\r\n"), "http_line_end" },
	{ "a blank before the first field", IN(OK " X: y\r\n\r\n"), "http_fold" },
	{ "no colon", IN(OK "nonsense\r\n\r\n"), "http_field" },
	{ "no name", IN(OK ": x\r\n\r\n"), "http_field" },
	{ "identity", IN(OK "Transfer-Encoding: identity\r\n\r\n"), "body_coding" },
	{ "chunked twice", IN(OK "Transfer-Encoding: chunked, chunked\r\n\r\n"), "body_coding" },
	{ "an empty coding", IN(OK "Transfer-Encoding:\r\n\r\n"), "body_coding" },
	{ "two lengths", IN(OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
	    "body_length" },
	{ "304 with two lengths",
	    IN("HTTP/1.1 304 x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
	    "body_length" },
	{ "a body behind 204", IN("HTTP/1.1 204 x\r\n\r\nhello"), "http_start_line" },
	{ "a body behind 304", IN("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\nhello"),
	    "http_start_line" },
	{ "bytes behind a length", IN(OK "Content-Length: 2\r\n\r\nokmore"), "http_start_line" },
	{ "bytes behind the last chunk",
	    IN(OK "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nmore"), "http_start_line" },
	{ "100 with a length", IN("HTTP/1.1 100 x\r\nContent-Length: 5\r\n\r\nhello"),
	    "body_length" },
	{ "101 with a length", IN("HTTP/1.1 101 x\r\nContent-Length: 5\r\n\r\nhello"),
	    "body_length" },
};

static void is(
    const char *name, const struct buf *log, const char *how, size_t at, const char *want)
{
	ck_assert_msg(str_eq(buf_view(log), str_c(want)), "%s (%s %zu): got \"%.*s\", want \"%s\"",
	    name, how, at, STR_FMT(buf_view(log)), want);
}

static void reads(
    const char *name, enum h1_side side, const char *expect, struct str in, const char *want)
{
	struct limits l;
	struct run r = { .side = side, .limits = &l, .expect = expect };
	struct buf log;

	limits_default(&l);
	buf_init(&log, 1 << 20);
	run(&log, &r, in, (struct cuts){ 0 });
	is(name, &log, "whole", 0, want);
	log.len = 0;
	run(&log, &r, in, (struct cuts){ .piece = 1 });
	is(name, &log, "by bytes", 0, want);
	for (size_t at = 1; at < in.n; at++) {
		log.len = 0;
		run(&log, &r, in, (struct cuts){ .first = at });
		is(name, &log, "cut at", at, want);
	}
	buf_free(&log);
}

/* Whatever came before, the last word is the error. */
static void refuses(const char *name, enum h1_side side, struct str in, const char *error)
{
	struct limits l;
	struct run r = { .side = side, .limits = &l, .expect = "GET" };
	char want[64], whole[4096];
	struct buf log;

	limits_default(&l);
	buf_init(&log, 1 << 20);
	run(&log, &r, in, (struct cuts){ 0 });
	snprintf(want, sizeof(want), "error %s", error);
	ck_assert_msg(str_isuffix(buf_view(&log), str_c(want)), "%s: got \"%.*s\", want \"%s\"",
	    name, STR_FMT(buf_view(&log)), want);
	ck_assert_int_eq(str_copy(buf_view(&log), whole, sizeof(whole)), 0);
	buf_free(&log);
	reads(name, side, "GET", in, whole);
}

static struct str join(char *to, size_t cap, struct str a, struct str b, struct str c)
{
	ck_assert_uint_le(a.n + b.n + c.n, cap);
	memcpy(to, a.p, a.n);
	memcpy(to + a.n, b.p, b.n);
	memcpy(to + a.n + b.n, c.p, c.n);
	return str_of(to, a.n + b.n + c.n);
}

START_TEST(requests_are_read)
{
	reads(requests[_i].name, H1_REQUEST, "", requests[_i].in, requests[_i].want);
}
END_TEST

START_TEST(ambiguous_requests_are_refused)
{
	refuses(bad_requests[_i].name, H1_REQUEST, bad_requests[_i].in, bad_requests[_i].want);
}
END_TEST

START_TEST(lengths_are_digits_only)
{
	char in[256];
	struct str value = lengths[_i].in;

	refuses(lengths[_i].name, H1_REQUEST,
	    join(in, sizeof(in), STR(P "Content-Length: "), value, STR("\r\n\r\n0123456789")),
	    "body_length");
	refuses(lengths[_i].name, H1_RESPONSE,
	    join(in, sizeof(in), STR(OK "Content-Length: "), value, STR("\r\n\r\n0123456789")),
	    "body_length");
}
END_TEST

START_TEST(hosts_have_one_way_to_be_written)
{
	char in[256];

	refuses(hosts[_i].name, H1_REQUEST,
	    join(in, sizeof(in), STR("GET / HTTP/1.1\r\nHost: "), hosts[_i].in, STR("\r\n\r\n")),
	    "http_host");
}
END_TEST

START_TEST(chunks_are_strict)
{
	const struct row *row = &bad_chunks[_i];
	char in[256], want[256];
	bool data = strchr(row->want, ' ') != NULL;

	snprintf(want, sizeof(want), "POST / a.test chunked keep; %s%s", data ? "" : "error ",
	    row->want);
	reads(
	    row->name, H1_REQUEST, "", join(in, sizeof(in), STR(CHUNKED), row->in, STR("")), want);
}
END_TEST

START_TEST(trailers_that_frame_or_route_are_refused)
{
	char in[256];

	refuses(forbidden_trailers[_i], H1_REQUEST,
	    join(in, sizeof(in), STR(CHUNKED "0\r\n"), str_c(forbidden_trailers[_i]),
		STR("\r\n\r\n")),
	    "trailer");
	refuses(forbidden_trailers[_i], H1_RESPONSE,
	    join(in, sizeof(in), STR(OK "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n"),
		str_c(forbidden_trailers[_i]), STR("\r\n\r\n")),
	    "trailer");
}
END_TEST

START_TEST(responses_are_read)
{
	reads(responses[_i].name, H1_RESPONSE, "GET", responses[_i].in, responses[_i].want);
}
END_TEST

START_TEST(ambiguous_responses_are_refused)
{
	refuses(bad_responses[_i].name, H1_RESPONSE, bad_responses[_i].in, bad_responses[_i].want);
}
END_TEST

START_TEST(head_and_connect_decide_what_follows)
{
	static const struct {
		const char *method;
		struct row row;
	} rows[] = {
		{ "HEAD",
		    { "a length", IN(OK "Content-Length: 5\r\n\r\n"), "200 none 5 keep; end" } },
		{ "HEAD", { "chunked", IN(OK "Transfer-Encoding: chunked\r\n\r\n"),
			      "200 none keep; end" } },
		{ "HEAD", { "neither", IN(OK "\r\n"), "200 none keep; end" } },
		{ "HEAD", { "an interim answer first",
			      IN("HTTP/1.1 100 x\r\n\r\n" OK "Content-Length: 5\r\n\r\n"),
			      "100 none keep; 200 none 5 keep; end" } },
		{ "head", { "another method", IN(OK "Content-Length: 1\r\n\r\nx"),
			      "200 length 1 keep; data(x); end" } },
		{ "CONNECT", { "200", IN(OK "\r\n\x16\x03"), "200 tunnel keep; tunnel" } },
		{ "CONNECT", { "200 with a length", IN(OK "Content-Length: 5\r\n\r\n"),
				 "error body_length" } },
		{ "CONNECT", { "200 with chunks", IN(OK "Transfer-Encoding: chunked\r\n\r\n"),
				 "error body_length" } },
		{ "CONNECT", { "403", IN("HTTP/1.1 403 x\r\nContent-Length: 2\r\n\r\nno"),
				 "403 length 2 keep; data(no); end" } },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		reads(rows[i].row.name, H1_RESPONSE, rows[i].method, rows[i].row.in,
		    rows[i].row.want);
}
END_TEST

/* A request of n bytes of head: its last field is filled up. */
static struct str head_of(char *to, size_t n)
{
	static const char start[] = G "X: ";

	memcpy(to, start, sizeof(start) - 1);
	memset(to + sizeof(start) - 1, 'x', n - sizeof(start) + 1 - 4);
	memcpy(to + n - 4, "\r\n\r\n", 4);
	return str_of(to, n);
}

START_TEST(heads_are_bounded)
{
	static const size_t pieces[] = { 0, 1, 1000, 4095, 4096 };
	char in[5000];
	struct limits l;
	struct run r = { .side = H1_REQUEST, .limits = &l, .expect = "" };
	struct buf log;

	limits_default(&l);
	l.head = 4096;
	buf_init(&log, 1 << 20);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		run(&log, &r, head_of(in, 4096), (struct cuts){ .piece = pieces[i] });
		is("4096 bytes", &log, "pieces of", pieces[i], "GET / a.test none keep; end");
		log.len = 0;
		run(&log, &r, head_of(in, 4097), (struct cuts){ .piece = pieces[i] });
		is("4097 bytes", &log, "pieces of", pieces[i], "error http_head_size");
		log.len = 0;
	}
	buf_free(&log);
}
END_TEST

START_TEST(fields_targets_and_extensions_are_bounded)
{
	struct limits l;
	struct run r = { .side = H1_REQUEST, .limits = &l, .expect = "" };
	struct buf log;
	static const struct row rows[] = {
		{ "3 fields", IN(G "A: 1\r\nB: 2\r\n\r\n"), "GET / a.test none keep; end" },
		{ "4 fields", IN(G "A: 1\r\nB: 2\r\nC: 3\r\n\r\n"), "error http_fields" },
		{ "target of 8", IN("GET /234567 HTTP/1.1\r\n" H "\r\n"),
		    "GET /234567 a.test none keep; end" },
		{ "target of 9", IN("GET /23456789 HTTP/1.1\r\n" H "\r\n"), "error http_target" },
		{ "extension of 4", IN(CHUNKED "0;abc\r\n\r\n"),
		    "POST / a.test chunked keep; end" },
		{ "extension of 5", IN(CHUNKED "0;abcd\r\n\r\n"),
		    "POST / a.test chunked keep; error body_chunk" },
		{ "4 trailers", IN(CHUNKED "0\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n"),
		    "POST / a.test chunked keep; error http_fields" },
	};

	limits_default(&l);
	l.fields = 3;
	l.target = 8;
	l.chunk_ext = 4;
	buf_init(&log, 1 << 20);
	for (size_t i = 0; i < COUNT(rows); i++) {
		log.len = 0;
		run(&log, &r, rows[i].in, (struct cuts){ 0 });
		is(rows[i].name, &log, "whole", 0, rows[i].want);
	}
	buf_free(&log);
}
END_TEST

START_TEST(data_is_a_view_of_the_input)
{
	static const char in[] = CHUNKED "5\r\nhello\r\n0\r\n\r\n";
	struct str rest = STR(in);
	struct limits l;
	struct h1 *d;
	struct h1_ev ev;
	size_t used;

	limits_default(&l);
	d = h1_new(H1_REQUEST, &l);
	ck_assert_ptr_nonnull(d);
	do {
		h1_next(d, rest, &used, &ev);
		rest = str_sub(rest, used, rest.n);
		ck_assert_int_ne(ev.type, H1_ERROR);
	} while (ev.type != H1_DATA);
	ck_assert_ptr_eq(ev.data.p, in + sizeof(CHUNKED "5\r\n") - 1);
	ck_assert_uint_eq(ev.data.n, 5);
	h1_free(d);
}
END_TEST

START_TEST(idle_is_between_messages_only)
{
	struct limits l;
	struct h1 *d;
	struct h1_ev ev;
	size_t used;

	limits_default(&l);
	d = h1_new(H1_REQUEST, &l);
	ck_assert_ptr_nonnull(d);
	ck_assert(h1_idle(d));
	h1_next(d, STR("GET / HT"), &used, &ev);
	ck_assert(ev.type == H1_MORE && !h1_idle(d) && !h1_due(d));
	h1_next(d, STR("TP/1.1\r\nHost: a\r\n\r\nGET"), &used, &ev);
	ck_assert(ev.type == H1_HEAD && !h1_idle(d) && h1_due(d));
	ck_assert_uint_eq(used, sizeof("TP/1.1\r\nHost: a\r\n\r\n") - 1);
	h1_next(d, STR("GET"), &used, &ev);
	ck_assert(ev.type == H1_END && used == 0 && h1_idle(d) && !h1_due(d));
	h1_next(d, STR("\x01"), &used, &ev);
	ck_assert(ev.type == H1_ERROR && !h1_idle(d));
	h1_next(d, STR("GET"), &used, &ev); /* dead for good */
	ck_assert(ev.type == H1_ERROR && ev.err == -ERR_HTTP_START_LINE);
	h1_eof(d, &ev);
	ck_assert(ev.type == H1_ERROR && ev.err == -ERR_HTTP_START_LINE);
	h1_free(d);
	h1_free(NULL);
}
END_TEST

START_TEST(a_host_is_split_from_its_port)
{
	static const struct {
		const char *in, *name;
		uint16_t port;
	} rows[] = { { "a", "a", 0 }, { "a:", "a", 0 }, { "a:80", "a", 80 },
		{ "[::1]", "[::1]", 0 }, { "[::1]:65535", "[::1]", 65535 } };
	static const char *const bad[] = { "a:b", "a:0", "a:65536", "a:-1", "[::1", "[::1]80" };
	struct str name;
	uint16_t port;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct head h = { .host = str_c(rows[i].in) };

		ck_assert(head_host(&h, &name, &port));
		ck_assert(str_eq(name, str_c(rows[i].name)));
		ck_assert_uint_eq(port, rows[i].port);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct head h = { .host = str_c(bad[i]) };

		ck_assert_msg(!head_host(&h, &name, &port), "%s", bad[i]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("h1");
	TCase *t = tcase_create("h1");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, requests_are_read, 0, COUNT(requests));
	tcase_add_loop_test(t, ambiguous_requests_are_refused, 0, COUNT(bad_requests));
	tcase_add_loop_test(t, lengths_are_digits_only, 0, COUNT(lengths));
	tcase_add_loop_test(t, hosts_have_one_way_to_be_written, 0, COUNT(hosts));
	tcase_add_loop_test(t, chunks_are_strict, 0, COUNT(bad_chunks));
	tcase_add_loop_test(
	    t, trailers_that_frame_or_route_are_refused, 0, COUNT(forbidden_trailers));
	tcase_add_loop_test(t, responses_are_read, 0, COUNT(responses));
	tcase_add_loop_test(t, ambiguous_responses_are_refused, 0, COUNT(bad_responses));
	tcase_add_test(t, head_and_connect_decide_what_follows);
	tcase_add_test(t, heads_are_bounded);
	tcase_add_test(t, fields_targets_and_extensions_are_bounded);
	tcase_add_test(t, data_is_a_view_of_the_input);
	tcase_add_test(t, idle_is_between_messages_only);
	tcase_add_test(t, a_host_is_split_from_its_port);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
