/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about ICAP (RFC 3507): what is written, and how answers read, whole and byte by byte. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "http/icap.h"
#include "http/icap_url.h"

/* What a reader told of some bytes. */
struct told {
	char events[64]; /* H head, B body (once for several), E end, X bad */
	char body[256];
	struct icap_head head; /* of the last head */
};

static void tell(struct told *t, char c)
{
	size_t n = strlen(t->events);

	if (c == 'B' && n > 0 && t->events[n - 1] == 'B')
		return;
	ck_assert_uint_lt(n, sizeof(t->events) - 1);
	t->events[n] = c;
}

/* The bytes in pieces of a length. */
static struct told read_in(struct str all, size_t piece)
{
	struct icap_reader *r = icap_reader_new();
	struct told t = { .events = "" };
	size_t used, n = 0;

	for (size_t at = 0; at < all.n; at += piece) {
		struct str in = str_sub(all, at, piece), data;
		const struct icap_head *h;
		enum icap_event e;

		do {
			e = icap_read(r, in, &used, &data, &h);
			ck_assert_uint_le(used, in.n);
			in = str_sub(in, used, in.n);
			if (e != ICAP_MORE)
				tell(&t, " HBEX"[e]);
			if (e == ICAP_HEAD)
				t.head = *h;
			for (size_t i = 0; i < data.n && n < sizeof(t.body) - 1; i++)
				t.body[n++] = data.p[i];
		} while (e != ICAP_BAD && (e != ICAP_MORE || in.n > 0));
		if (e == ICAP_BAD)
			break;
	}
	icap_reader_free(r);
	return t;
}

static struct told read_all(struct str s)
{
	struct told whole = read_in(s, s.n);

	for (size_t piece = 1; piece < 8; piece++) {
		struct told t = read_in(s, piece);

		ck_assert_str_eq(t.events, whole.events);
		ck_assert_str_eq(t.body, whole.body);
		ck_assert_str_eq(t.head.found, whole.head.found);
		ck_assert_uint_eq(t.head.http_status, whole.head.http_status);
	}
	return whole;
}

START_TEST(options_tell_what_a_service_can)
{
	struct told t = read_all(STR("ICAP/1.0 200 OK\r\nMethods: RESPMOD, REQMOD\r\nISTag: \"5BDEEEA9\"\r\nAllow: 204, 206\r\n"
				     "Preview: 1024\r\nMax-Connections: 60\r\nOptions-TTL: 3600\r\nEncapsulated: null-body=0\r\n\r\n"));

	ck_assert_str_eq(t.events, "HE");
	ck_assert(t.head.reqmod && t.head.respmod && t.head.allow_204 && !t.head.infected && !t.head.close);
	ck_assert_int_eq(t.head.preview, 1024);
	ck_assert_uint_eq(t.head.connections, 60);
	ck_assert_uint_eq(t.head.ttl, 3600);
	ck_assert_str_eq(t.head.istag, "\"5BDEEEA9\"");
	t = read_all(STR("ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\nConnection: close\r\n\r\n"));
	ck_assert_str_eq(t.events, "HE");
	ck_assert(!t.head.reqmod && t.head.respmod && t.head.close && !t.head.allow_204);
	ck_assert_int_eq(t.head.preview, ICAP_NO_PREVIEW);
}
END_TEST

START_TEST(a_preview_is_answered_in_two_steps)
{
	struct told t = read_all(STR("ICAP/1.0 100 Continue\r\n\r\nICAP/1.0 204 No Content\r\nISTag: \"a\"\r\n\r\n"));

	ck_assert_str_eq(t.events, "HHE");
	ck_assert_uint_eq(t.head.status, 204);
}
END_TEST

START_TEST(another_message_comes_with_its_head_and_body)
{
	struct told t = read_all(STR("ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test;\r\n"
				     "Encapsulated: res-hdr=0, res-body=46\r\n\r\n"
				     "HTTP/1.1 403 Forbidden\r\nContent-Length: 11\r\n\r\n"
				     "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"
				     "ICAP/1.0 204 No Content\r\n\r\n"));

	ck_assert_str_eq(t.events, "HBEHE");
	ck_assert_str_eq(t.body, "hello world");
	t = read_all(STR("ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test;\r\n"
			 "Encapsulated: req-hdr=0, res-hdr=18, res-body=42\r\n\r\n"
			 "GET / HTTP/1.1\r\n\r\nHTTP/1.1 451 Because\r\n\r\n2\r\nno\r\n0\r\nTrailer: x\r\n\r\n"));
	ck_assert_str_eq(t.events, "HBE");
	ck_assert_uint_eq(t.head.http_status, 451);
	ck_assert(t.head.infected);
	ck_assert_str_eq(t.head.found, "Eicar-Test");
}
END_TEST

static const struct found {
	const char *fields;
	bool infected;
	const char *name;
} founds[] = {
	{ "X-Infection-Found: Type=0; Resolution=2; Threat=A b;\r\n", true, "A_b" },
	{ "X-Virus-ID: Trojan.X\r\n", true, "Trojan.X" },
	{ "X-Blocked: yes\r\n", true, "yes" },
	{ "X-Infection-Found:\r\n", true, "unnamed" },
	{ "X-Violations-Found: 1\r\n\tfile.exe\r\n\tWorm.Y\r\n\t0\r\n\t2\r\n", true, "Worm.Y" },
	{ "X-Violations-Found: 0\r\n", false, "" },
	{ "X-Other: 1\r\n", false, "" },
	{ "X-Virus-ID: \x80\x1b[2J\r\n", true, "__[2J" },
};

START_TEST(what_services_say_of_threats_is_understood)
{
	const struct found *f = &founds[_i];
	struct told t;
	struct buf b;

	buf_init(&b, 4096);
	buf_printf(&b, "ICAP/1.0 204 No Content\r\n%s\r\n", f->fields);
	t = read_all(buf_view(&b));
	ck_assert_str_eq(t.events, "HE");
	ck_assert_int_eq(t.head.infected, f->infected);
	ck_assert_str_eq(t.head.found, f->name);
	buf_free(&b);
}
END_TEST

static const char *const bads[] = {
	"HTTP/1.1 200 OK\r\n\r\n",
	"ICAP/1.0 20 OK\r\n\r\n",
	"ICAP/1.0 099 OK\r\n\r\n",
	"ICAP/1.0 2000\r\n\r\n",
	"ICAP/1.0 101 Switching\r\n\r\n",
	"ICAP/1.0 200 OK\r\nno colon\r\n\r\n",
	"ICAP/1.0 200 OK\r\n: nameless\r\n\r\n",
	"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=9999999999\r\n\r\n",
	"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=20, res-body=10\r\n\r\n",
	"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0\r\n\r\n",
	"ICAP/1.0 200 OK\r\nEncapsulated: nonsense\r\n\r\n",
	"ICAP/1.0 200 OK\r\nPreview: many\r\n\r\n",
	"ICAP/1.0 200 OK\r\nEncapsulated: res-body=0\r\n\r\nxyz\r\n",
	"ICAP/1.0 200 OK\r\nEncapsulated: res-body=0\r\n\r\nffffffffffffffffffff\r\n",
	("ICAP/1.0 100 Continue\r\n\r\nICAP/1.0 100 Continue\r\n\r\nICAP/1.0 100 Continue\r\n\r\n"
	 "ICAP/1.0 100 Continue\r\n\r\nICAP/1.0 100 Continue\r\n\r\n"),
};

START_TEST(what_is_no_icap_is_refused_for_good)
{
	struct told t = read_all(str_c(bads[_i]));
	size_t n = strlen(t.events);

	ck_assert_msg(n > 0 && t.events[n - 1] == 'X', "%s: %s", bads[_i], t.events);
}
END_TEST

START_TEST(a_head_has_a_limit)
{
	static char large[20000];
	struct told t;

	memset(large, 'a', sizeof(large));
	memcpy(large, "ICAP/1.0 200 OK\r\nX: ", 20);
	t = read_in(str_of(large, sizeof(large)), 1000);
	ck_assert_str_eq(t.events, "X");
}
END_TEST

static const char *head_of(struct buf *b, const struct icap_request *q)
{
	buf_init(b, 16384);
	ck_assert_int_eq(icap_write_head(b, q), 0);
	buf_append(b, "", 1);
	return buf_view(b).p;
}

START_TEST(requests_are_written_as_the_rfc_says)
{
	struct icap_request q = { .method = ICAP_RESPMOD, .uri = STR("icap://av.test:1344/scan"), .authority = STR("av.test:1344"),
		.http_method = STR("GET"), .url = STR("https://www.test/a?b"), .type = STR("text/html"), .length = 7,
		.preview = 4, .allow_204 = true };
	struct buf b;

	ck_assert_str_eq(head_of(&b, &q),
	    "RESPMOD icap://av.test:1344/scan ICAP/1.0\r\nHost: av.test:1344\r\nUser-Agent: sallyport\r\nAllow: 204\r\n"
	    "Preview: 4\r\nEncapsulated: req-hdr=0, res-hdr=53, res-body=116\r\n\r\n"
	    "GET https://www.test/a?b HTTP/1.1\r\nHost: www.test\r\n\r\n"
	    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\n\r\n");
	buf_free(&b);
	q = (struct icap_request){ .method = ICAP_REQMOD, .uri = q.uri, .authority = q.authority, .http_method = STR("PU T"),
		.url = STR("https://www.test/a\r\nX: y"), .type = STR("a\r\nb"), .length = 0, .preview = ICAP_NO_PREVIEW };
	ck_assert_str_eq(head_of(&b, &q),
	    "REQMOD icap://av.test:1344/scan ICAP/1.0\r\nHost: av.test:1344\r\nUser-Agent: sallyport\r\n"
	    "Encapsulated: req-hdr=0, null-body=123\r\n\r\n"
	    "POST http://unknown.invalid/ HTTP/1.1\r\nHost: unknown.invalid\r\n"
	    "Content-Type: application/octet-stream\r\nContent-Length: 0\r\n\r\n");
	buf_free(&b);
	q.method = ICAP_OPTIONS;
	ck_assert_str_eq(head_of(&b, &q), "OPTIONS icap://av.test:1344/scan ICAP/1.0\r\nHost: av.test:1344\r\n"
					  "User-Agent: sallyport\r\nEncapsulated: null-body=0\r\n\r\n");
	buf_free(&b);
}
END_TEST

static const struct url {
	const char *text;
	bool ok, tls;
	const char *host;
	uint16_t port;
} urls[] = {
	{ "icap://av.test/scan", true, false, "av.test", 1344 },
	{ "icaps://av.test/scan?x=1", true, true, "av.test", 11344 },
	{ "ICAP://192.0.2.7:1000", true, false, "192.0.2.7", 1000 },
	{ "icap://[2001:db8::1]:1344/x", true, false, "2001:db8::1", 1344 },
	{ "http://av.test/", false, false, "", 0 },
	{ "icap:///scan", false, false, "", 0 },
	{ "icap://av.test:0/", false, false, "", 0 },
	{ "icap://av.test:65536/", false, false, "", 0 },
	{ "icap://user@av.test/", false, false, "", 0 },
	{ "icap://av.test/a b", false, false, "", 0 },
	{ "icap://[2001:db8::1/x", false, false, "", 0 },
	{ "icap://av_test/\r\nX:", false, false, "", 0 },
};

START_TEST(urls_of_services_are_read)
{
	const struct url *u = &urls[_i];
	struct icap_url to;

	ck_assert_msg((icap_url_parse(str_c(u->text), &to) == 0) == u->ok, "%s", u->text);
	if (!u->ok)
		return;
	ck_assert_int_eq(to.tls, u->tls);
	ck_assert_str_eq(to.host, u->host);
	ck_assert_uint_eq(to.port, u->port);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("icap");
	TCase *t = tcase_create("icap");
	SRunner *r;
	int failed;

	tcase_add_test(t, options_tell_what_a_service_can);
	tcase_add_test(t, a_preview_is_answered_in_two_steps);
	tcase_add_test(t, another_message_comes_with_its_head_and_body);
	tcase_add_loop_test(t, what_services_say_of_threats_is_understood, 0, sizeof(founds) / sizeof(founds[0]));
	tcase_add_loop_test(t, what_is_no_icap_is_refused_for_good, 0, sizeof(bads) / sizeof(bads[0]));
	tcase_add_test(t, a_head_has_a_limit);
	tcase_add_test(t, requests_are_written_as_the_rfc_says);
	tcase_add_loop_test(t, urls_of_services_are_read, 0, sizeof(urls) / sizeof(urls[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
