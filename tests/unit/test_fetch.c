/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the fetcher: URLs, addresses, answers, names, messages, what is remembered. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "gateway/connecting.h"
#include "gateway/fetch_cache.h"
#include "gateway/fetch_msg.h"
#include "gateway/fetch_reply.h"
#include "gateway/resolver.h"
#include "intercept/address.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

/* ---- URLs ---- */

START_TEST(v13_urls_are_read_strictly)
{
	static const struct {
		const char *url, *host, *path;
		uint16_t port;
		bool literal;
	} good[] = {
		{ "http://a.example/x.crt", "a.example", "/x.crt", 80, false },
		{ "HTTP://A.Example/X.crt", "a.example", "/X.crt", 80, false },
		{ "http://a.example", "a.example", "/", 80, false },
		{ "http://a.example?q=1", "a.example", "/?q=1", 80, false },
		{ "http://a.example:80/", "a.example", "/", 80, false },
		{ "http://a.example:8080/", "a.example", "/", 8080, false },
		{ "http://pki/a%20b?c=d&e/f", "pki", "/a%20b?c=d&e/f", 80, false },
		{ "http://a_b.example/", "a_b.example", "/", 80, false },
		{ "http://192.0.2.1/x", "192.0.2.1", "/x", 80, true },
		{ "http://[2001:db8::1]/x", "2001:db8::1", "/x", 80, true },
		{ "http://[2001:db8::1]:81/x", "2001:db8::1", "/x", 81, true },
	};

	for (size_t i = 0; i < ROWS(good); i++) {
		struct fetch_url u;

		ck_assert_msg(fetch_url_parse(str_c(good[i].url), &u) == 0, "%s", good[i].url);
		ck_assert_str_eq(u.host, good[i].host);
		ck_assert_str_eq(u.path, good[i].path);
		ck_assert_uint_eq(u.port, good[i].port);
		ck_assert(u.literal == good[i].literal);
	}
}
END_TEST

START_TEST(v13_other_urls_are_refused)
{
	static const char *const bad[] = { "", "http:/a.example/", "http://", "http:///x", "https://a.example/",
		"ftp://a.example/", "file:///etc/passwd", "ldap://a.example/", "//a.example/", "a.example",
		"http://user@a.example/", "http://user:pw@a.example/", "http://a.example@b.example/",
		"http://a.example:/", "http://a.example:0/", "http://a.example:080/", "http://a.example:65536/",
		"http://a.example:123456/", "http://a.example:8x/", "http://a.example:-1/", "http://a.example:80:80/",
		"http://a.example/x#y", "http://a.example\\@b/", "http://a.example/ x", "http://a.example/\tx",
		"http://a.example/\r\nHost: b", "http://a.example/%", "http://a.example/%2", "http://a.example/%zz",
		"http://a.example/\x7f", "http://a.example/\xc3\xa4", "http://\xc3\xa4.example/", "http://a..example/",
		"http://.a.example/", "http://a.example./", "http://-a.example/", "http://a-.example/",
		"http://a.example-/", "http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://0x7f000001/",
		"http://0177.0.0.1/", "http://1.2.3/", "http://1.2.3.4.5/", "http://1.2.3.256/", "http://a.1/",
		"http://[::1/", "http://::1/", "http://[::1]x/", "http://[::1]:/", "http://[]/", "http://[1.2.3.4]/",
		"http://[fe80::1%25eth0]/", "http://[::1]]/", "http://a[::1]/", "http://a.example%2f/", "http://a.exa%6dple/",
		"http://a.example,b.example/", "http://a.example;b/" };
	char text[INTERMEDIATES_URL + 16] = "http://a.example/";
	struct fetch_url u;

	for (size_t i = 0; i < ROWS(bad); i++)
		ck_assert_msg(fetch_url_parse(str_c(bad[i]), &u) != 0, "'%s' is taken", bad[i]);
	ck_assert_int_ne(fetch_url_parse(str_of("http://a.example/\0x", 19), &u), 0);
	ck_assert_int_ne(fetch_url_parse(str_of("http://a\0.example/", 18), &u), 0);
	memset(text + strlen(text), 'x', INTERMEDIATES_URL - 1 - strlen(text));
	ck_assert_int_eq(fetch_url_parse(str_c(text), &u), 0);
	strcat(text, "x");
	ck_assert_int_ne(fetch_url_parse(str_c(text), &u), 0);
	snprintf(text, sizeof(text), "http://%064d.example/", 0);
	ck_assert_int_ne(fetch_url_parse(str_c(text), &u), 0); /* a label of 64 */
}
END_TEST

START_TEST(v13_the_request_is_one_get)
{
	static const struct {
		const char *url, *start;
	} rows[] = {
		{ "http://a.example/x?y", "GET /x?y HTTP/1.1\r\nHost: a.example\r\n" },
		{ "http://a.example:81", "GET / HTTP/1.1\r\nHost: a.example:81\r\n" },
		{ "http://[2001:db8::1]:81/", "GET / HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n" },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct fetch_url u;
		struct buf b;

		buf_init(&b, 2048);
		ck_assert_int_eq(fetch_url_parse(str_c(rows[i].url), &u), 0);
		ck_assert_int_eq(fetch_request(&u, &b), 0);
		ck_assert(str_iprefix(buf_view(&b), str_c(rows[i].start)));
		ck_assert(str_isuffix(buf_view(&b), STR("\r\nConnection: close\r\n\r\n")));
		buf_free(&b);
	}
}
END_TEST

/* ---- addresses ---- */

static struct in6_addr address(const char *text)
{
	struct in6_addr a = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	ck_assert_msg(inet_pton(AF_INET6, text, &a) == 1 || inet_pton(AF_INET, text, a.s6_addr + 12) == 1, "%s", text);
	return a;
}

START_TEST(v13_addresses_have_classes)
{
	static const struct {
		const char *text;
		enum address_class class;
	} rows[] = {
		{ "0.0.0.0", ADDRESS_NEVER }, { "0.255.255.255", ADDRESS_NEVER }, { "1.0.0.0", ADDRESS_PUBLIC },
		{ "9.255.255.255", ADDRESS_PUBLIC }, { "10.0.0.0", ADDRESS_PRIVATE }, { "10.255.255.255", ADDRESS_PRIVATE },
		{ "11.0.0.0", ADDRESS_PUBLIC }, { "100.63.255.255", ADDRESS_PUBLIC }, { "100.64.0.0", ADDRESS_PRIVATE },
		{ "100.127.255.255", ADDRESS_PRIVATE }, { "100.128.0.0", ADDRESS_PUBLIC }, { "126.255.255.255", ADDRESS_PUBLIC },
		{ "127.0.0.1", ADDRESS_NEVER }, { "127.255.255.255", ADDRESS_NEVER }, { "128.0.0.0", ADDRESS_PUBLIC },
		{ "169.253.255.255", ADDRESS_PUBLIC }, { "169.254.169.254", ADDRESS_NEVER }, { "169.255.0.0", ADDRESS_PUBLIC },
		{ "172.15.255.255", ADDRESS_PUBLIC }, { "172.16.0.0", ADDRESS_PRIVATE }, { "172.31.255.255", ADDRESS_PRIVATE },
		{ "172.32.0.0", ADDRESS_PUBLIC }, { "191.255.255.255", ADDRESS_PUBLIC }, { "192.0.0.1", ADDRESS_NEVER },
		{ "192.0.1.0", ADDRESS_PUBLIC }, { "192.0.2.1", ADDRESS_NEVER }, { "192.0.3.0", ADDRESS_PUBLIC },
		{ "192.88.99.1", ADDRESS_NEVER }, { "192.167.255.255", ADDRESS_PUBLIC }, { "192.168.0.0", ADDRESS_PRIVATE },
		{ "192.168.255.255", ADDRESS_PRIVATE }, { "192.169.0.0", ADDRESS_PUBLIC }, { "198.17.255.255", ADDRESS_PUBLIC },
		{ "198.18.0.0", ADDRESS_NEVER }, { "198.19.255.255", ADDRESS_NEVER }, { "198.20.0.0", ADDRESS_PUBLIC },
		{ "198.51.100.7", ADDRESS_NEVER }, { "203.0.113.7", ADDRESS_NEVER }, { "203.0.114.0", ADDRESS_PUBLIC },
		{ "223.255.255.255", ADDRESS_PUBLIC }, { "224.0.0.1", ADDRESS_NEVER }, { "239.255.255.255", ADDRESS_NEVER },
		{ "240.0.0.1", ADDRESS_NEVER }, { "255.255.255.255", ADDRESS_NEVER },
		{ "::", ADDRESS_NEVER }, { "::1", ADDRESS_NEVER }, { "::2", ADDRESS_NEVER }, { "::7f00:1", ADDRESS_NEVER },
		{ "::ffff:127.0.0.1", ADDRESS_NEVER }, { "::ffff:10.0.0.1", ADDRESS_PRIVATE }, { "::ffff:8.8.8.8", ADDRESS_PUBLIC },
		{ "64:ff9b::8.8.8.8", ADDRESS_PUBLIC }, { "64:ff9b::127.0.0.1", ADDRESS_NEVER },
		{ "64:ff9b::10.0.0.1", ADDRESS_PRIVATE }, { "64:ff9b:1::8.8.8.8", ADDRESS_NEVER }, { "100::1", ADDRESS_NEVER },
		{ "1fff:ffff::", ADDRESS_NEVER }, { "2000::", ADDRESS_PUBLIC }, { "2001::1", ADDRESS_NEVER },
		{ "2001:1ff::1", ADDRESS_NEVER }, { "2001:200::1", ADDRESS_PUBLIC }, { "2001:db7:ffff::1", ADDRESS_PUBLIC },
		{ "2001:db8::1", ADDRESS_NEVER }, { "2001:db9::1", ADDRESS_PUBLIC }, { "2002:7f00:1::1", ADDRESS_NEVER },
		{ "2003::1", ADDRESS_PUBLIC }, { "2606:4700::1111", ADDRESS_PUBLIC }, { "3ffe::1", ADDRESS_PUBLIC },
		{ "3fff::1", ADDRESS_NEVER }, { "3fff:1000::1", ADDRESS_PUBLIC }, { "4000::1", ADDRESS_NEVER },
		{ "5f00::1", ADDRESS_NEVER }, { "fbff::1", ADDRESS_NEVER }, { "fc00::1", ADDRESS_PRIVATE },
		{ "fd77::1", ADDRESS_PRIVATE }, { "fe00::1", ADDRESS_NEVER }, { "fe80::1", ADDRESS_NEVER },
		{ "fec0::1", ADDRESS_NEVER }, { "ff02::1", ADDRESS_NEVER },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct in6_addr a = address(rows[i].text), back;
		struct sockaddr_storage sa;

		ck_assert_msg(address_class(&a) == rows[i].class, "%s", rows[i].text);
		address_sockaddr(&a, 80, &sa);
		ck_assert(address_of((struct sockaddr *)&sa, &back));
		ck_assert_int_eq(memcmp(&a, &back, sizeof(a)), 0);
	}
}
END_TEST

START_TEST(v13_the_parent_decides_where_a_download_goes)
{
	static const struct {
		const char *to;
		uint16_t port;
		bool by_default, private_too;
	} rows[] = {
		{ "8.8.8.8", 80, true, true },
		{ "8.8.8.8", 22, false, true },
		{ "2606:4700::1111", 80, true, true },
		{ "10.0.0.1", 80, false, true },
		{ "fd77::1", 8080, false, true },
		{ "127.0.0.1", 80, false, false },
		{ "::1", 80, false, false },
		{ "169.254.169.254", 80, false, false },
		{ "fe80::1", 80, false, false },
		{ "::ffff:127.0.0.1", 80, false, false },
		{ "64:ff9b::7f00:1", 80, false, false },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct in6_addr a = address(rows[i].to);

		ck_assert_msg((connecting_refusal(&a, rows[i].port, false) == NULL) == rows[i].by_default, "%s", rows[i].to);
		ck_assert_msg((connecting_refusal(&a, rows[i].port, true) == NULL) == rows[i].private_too, "%s", rows[i].to);
	}
}
END_TEST

/* ---- answers ---- */

/* Fed whole, byte by byte and cut at each place. */
static int read_cut(const struct limits *l, struct str in, size_t cut, bool bytewise, char *body, size_t cap)
{
	struct fetch_reply r;
	int e = -ERR_MORE;

	ck_assert_int_eq(fetch_reply_init(&r, l), 0);
	for (size_t at = 0; at < in.n && e == -ERR_MORE;) {
		size_t n = bytewise ? 1 : at < cut ? cut - at : in.n - at;

		e = fetch_reply_feed(&r, str_sub(in, at, n));
		at += n;
	}
	if (e == -ERR_MORE)
		e = fetch_reply_end(&r);
	ck_assert(e == 0 || r.why[0] != '\0');
	if (e == 0)
		ck_assert_int_eq(str_copy(buf_view(&r.body), body, cap), 0);
	fetch_reply_free(&r);
	return e;
}

#define OK "HTTP/1.1 200 OK\r\n"

START_TEST(v13_answers_are_read_strictly)
{
	static const struct {
		const char *in, *want; /* NULL: refused */
	} rows[] = {
		{ OK "Content-Length: 3\r\n\r\nabc", "abc" },
		{ OK "Content-Length: 3\r\n\r\nabcmore", "abc" },
		{ OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "abc" },
		{ OK "Connection: close\r\n\r\nabc", "abc" },
		{ "HTTP/1.0 200 OK\r\n\r\nabc", "abc" },
		{ "HTTP/1.1 103 Early Hints\r\n\r\n" OK "Content-Length: 1\r\n\r\na", "a" },
		{ OK "Content-Length: 4\r\n\r\nabc", NULL },
		{ OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", NULL },
		{ OK "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", NULL },
		{ OK "Content-Length: 3\nX: y\r\n\r\nabc", NULL },
		{ OK "Content-Length: 2000\r\n\r\n", NULL },
		{ "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", NULL },
		{ "HTTP/1.1 204 None\r\n\r\n", NULL },
		{ "HTTP/1.1 206 Part\r\nContent-Length: 3\r\n\r\nabc", NULL },
		{ "HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc", NULL },
		{ "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", NULL },
		{ "SSH-2.0-OpenSSH\r\n", NULL },
		{ "<!doctype html>", NULL },
		{ OK, NULL },
		{ "", NULL },
	};
	struct limits l;
	char body[64];

	limits_default(&l);
	l.fetch_size = 1024;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct str in = str_c(rows[i].in);

		for (size_t cut = 0; cut <= in.n + 1; cut++) {
			int e = read_cut(&l, in, cut, cut > in.n, body, sizeof(body));

			ck_assert_msg((e == 0) == (rows[i].want != NULL), "%s: %d", rows[i].in, e);
			if (e == 0)
				ck_assert_str_eq(body, rows[i].want);
		}
	}
}
END_TEST

START_TEST(v13_answers_have_a_size)
{
	char in[4096], body[2048];
	struct limits l;
	int n;

	limits_default(&l);
	l.fetch_size = 1024;
	for (int i = 0; i < 2; i++) { /* the last that is taken, the first that is not */
		n = sprintf(in, OK "\r\n%0*d", 1024 + i, 7);
		ck_assert_int_eq(read_cut(&l, str_of(in, (size_t)n), 0, false, body, sizeof(body)) == 0, i == 0);
		n = sprintf(in, OK "Transfer-Encoding: chunked\r\n\r\n%x\r\n%0*d\r\n0\r\n\r\n", 1024 + i, 1024 + i, 7);
		ck_assert_int_eq(read_cut(&l, str_of(in, (size_t)n), 0, false, body, sizeof(body)) == 0, i == 0);
	}
}
END_TEST

/* ---- names ---- */

START_TEST(names_are_found_in_hosts)
{
	static const char hosts[] = "# a.example 192.0.2.9\n127.0.0.1 localhost\n192.0.2.1\ta.example A.alias # b.example\r\n"
				    "bad b.example\n\n   2001:db8::1   b.example a.example\n192.0.2.3 a.example.org\n192.0.2.4 last";
	static const struct {
		const char *name;
		size_t n;
		const char *first;
	} rows[] = {
		{ "a.example", 2, "192.0.2.1" },
		{ "A.EXAMPLE", 2, "192.0.2.1" },
		{ "a.alias", 1, "192.0.2.1" },
		{ "b.example", 1, "2001:db8::1" },
		{ "last", 1, "192.0.2.4" },
		{ "example", 0, NULL },
		{ "192.0.2.1", 0, NULL },
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct in6_addr at[RESOLVER_ADDRESSES], want;
		size_t n = resolver_in_hosts(STR(hosts), rows[i].name, at);

		ck_assert_msg(n == rows[i].n, "%s: %zu", rows[i].name, n);
		if (n > 0) {
			want = address(rows[i].first);
			ck_assert_int_eq(memcmp(&at[0], &want, sizeof(want)), 0);
		}
	}
}
END_TEST

START_TEST(name_servers_are_read)
{
	char text[64];

	resolver_servers(STR("search a.example\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 # x\nnameserver\n"
			     "#nameserver 192.0.2.2\nnameserver example\nnameservers 192.0.2.3\n"), text, sizeof(text));
	ck_assert_str_eq(text, "192.0.2.1,2001:db8::1");
	resolver_servers(STR_NONE, text, sizeof(text));
	ck_assert_str_eq(text, "");
	resolver_servers(STR("nameserver 192.0.2.1\nnameserver 192.0.2.2\n"), text, 15);
	ck_assert_str_eq(text, "192.0.2.1"); /* the other has no room */
}
END_TEST

static size_t found;
static unsigned answers;

static void on_found(void *arg, const struct in6_addr *at, size_t n)
{
	(void)at;
	found = n;
	answers++;
	if (arg != NULL)
		loop_stop(arg);
}

START_TEST(a_name_without_a_server_has_no_address)
{
	struct loop *l = loop_new();
	struct resolver *r = resolver_new(l);
	struct lookup *k;

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(resolver_use(r, STR("nameserver 127.0.0.1\n"), STR("192.0.2.1 a.example\n")), 0);
	ck_assert_ptr_null(resolver_ask(r, "a.example", on_found, NULL));
	ck_assert_uint_eq(found, 1);
	ck_assert_uint_eq(answers, 1);
	if (resolver_ask(r, "b.example", on_found, l) != NULL) /* nobody listens there */
		loop_run(l);
	ck_assert_uint_eq(found, 0);
	ck_assert_uint_eq(answers, 2);
	k = resolver_ask(r, "c.example", on_found, NULL);
	resolver_forget(k);
	resolver_free(r);
	loop_free(l);
	ck_assert_uint_eq(answers, k != NULL ? 2 : 3);
}
END_TEST

/* ---- messages ---- */

START_TEST(messages_are_read_as_they_were_packed)
{
	struct str der[INTERMEDIATES_PER_ANSWER] = { STR("one"), STR("two") }, back[INTERMEDIATES_PER_ANSWER], why;
	struct in6_addr a = address("192.0.2.1"), b;
	char url[INTERMEDIATES_URL];
	struct buf m, f;
	uint64_t id;
	uint16_t port;
	size_t n;

	buf_init(&m, 1024);
	buf_init(&f, 1024);
	ck_assert_int_eq(fetch_pack_question(&m, 7, "http://a.example/"), 0);
	ck_assert_int_eq(fetch_read_question(buf_view(&m), &id, url), 0);
	ck_assert_uint_eq(id, 7);
	ck_assert_str_eq(url, "http://a.example/");
	ck_assert_int_ne(fetch_read_question(str_sub(buf_view(&m), 0, m.len - 1), &id, url), 0);
	m.p[m.off + m.len - 1] = '\0';
	ck_assert_int_ne(fetch_read_question(buf_view(&m), &id, url), 0);
	buf_free(&m);
	ck_assert_int_eq(fetch_pack_found(&f, "", der, 2), 0);
	ck_assert_int_eq(fetch_pack_answer(&m, 8, buf_view(&f)), 0);
	ck_assert_int_eq(fetch_read_answer(buf_view(&m), &id, &why, back, &n), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert(str_eq(back[1], STR("two")));
	ck_assert_int_ne(fetch_read_answer(str_sub(buf_view(&m), 0, m.len - 1), &id, &why, back, &n), 0);
	buf_free(&m);
	buf_free(&f);
	ck_assert_int_eq(fetch_pack_found(&f, "", NULL, 0), 0); /* neither certificates nor a reason */
	ck_assert_int_eq(fetch_pack_answer(&m, 8, buf_view(&f)), 0);
	ck_assert_int_ne(fetch_read_answer(buf_view(&m), &id, &why, back, &n), 0);
	buf_free(&m);
	buf_free(&f);
	ck_assert_int_eq(fetch_pack_connect(&m, 9, &a, 80), 0);
	ck_assert_int_eq(fetch_read_connect(buf_view(&m), &id, &b, &port), 0);
	ck_assert_int_eq(memcmp(&a, &b, sizeof(a)), 0);
	ck_assert_int_ne(fetch_read_connect(str_sub(buf_view(&m), 1, m.len), &id, &b, &port), 0);
	buf_free(&m);
	ck_assert_int_eq(fetch_pack_connect(&m, 9, &a, 0), 0);
	ck_assert_int_ne(fetch_read_connect(buf_view(&m), &id, &b, &port), 0);
	buf_free(&m);
}
END_TEST

/* ---- what is remembered ---- */

START_TEST(what_was_found_is_remembered_for_a_time)
{
	struct fetch_cache *c = fetch_cache_new();
	struct str s;

	fetch_cache_put(c, "u", STR("one"), 100);
	ck_assert(fetch_cache_get(c, "u", 99, &s));
	ck_assert(str_eq(s, STR("one")));
	ck_assert(!fetch_cache_get(c, "v", 99, &s));
	fetch_cache_put(c, "u", STR("two"), 100);
	ck_assert(fetch_cache_get(c, "u", 99, &s));
	ck_assert(str_eq(s, STR("two")));
	ck_assert(!fetch_cache_get(c, "u", 100, &s));
	ck_assert(!fetch_cache_get(c, "u", 50, &s)); /* it is gone */
	fetch_cache_free(c);
}
END_TEST

START_TEST(the_oldest_goes_first)
{
	struct fetch_cache *c = fetch_cache_new();
	char *big = calloc(1, FETCH_CACHE_BYTES / 2), url[32];
	struct str s;

	for (int i = 0; i <= FETCH_CACHE_ROWS; i++) {
		snprintf(url, sizeof(url), "u%d", i);
		fetch_cache_put(c, url, STR("x"), 100);
		ck_assert(fetch_cache_get(c, "u0", 1, &s)); /* always in use */
	}
	ck_assert(!fetch_cache_get(c, "u1", 1, &s));
	ck_assert(fetch_cache_get(c, "u2", 1, &s));
	fetch_cache_put(c, "a", str_of(big, FETCH_CACHE_BYTES / 2 - 100), 100);
	fetch_cache_put(c, "b", str_of(big, FETCH_CACHE_BYTES / 2 - 100), 100);
	ck_assert(fetch_cache_get(c, "b", 1, &s));
	fetch_cache_put(c, "c", str_of(big, FETCH_CACHE_BYTES / 2 - 100), 100);
	ck_assert(!fetch_cache_get(c, "a", 1, &s)); /* no room in bytes */
	ck_assert(fetch_cache_get(c, "b", 1, &s));
	ck_assert(fetch_cache_get(c, "c", 1, &s));
	free(big);
	fetch_cache_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fetch");
	TCase *t = tcase_create("fetch");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 30);
	tcase_add_test(t, v13_urls_are_read_strictly);
	tcase_add_test(t, v13_other_urls_are_refused);
	tcase_add_test(t, v13_the_request_is_one_get);
	tcase_add_test(t, v13_addresses_have_classes);
	tcase_add_test(t, v13_the_parent_decides_where_a_download_goes);
	tcase_add_test(t, v13_answers_are_read_strictly);
	tcase_add_test(t, v13_answers_have_a_size);
	tcase_add_test(t, names_are_found_in_hosts);
	tcase_add_test(t, name_servers_are_read);
	tcase_add_test(t, a_name_without_a_server_has_no_address);
	tcase_add_test(t, messages_are_read_as_they_were_packed);
	tcase_add_test(t, what_was_found_is_remembered_for_a_time);
	tcase_add_test(t, the_oldest_goes_first);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
