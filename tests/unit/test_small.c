/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about the gateway's small pure readers: sniffing, media magic, field cutting. */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "gateway/authority.h"
#include "gateway/disposition.h"
#include "gateway/fields.h"
#include "gateway/sniff.h"

START_TEST(an_http_request_begins_with_a_method_and_a_space)
{
	static const struct {
		const char *in;
		int want;
	} rows[] = {
		{ "GET / HTTP/1.1\r\n", 1 }, { "\r\nPOST /", 1 }, { "M-SEARCH * ", 1 }, { "GE", -ERR_MORE },
		{ "", -ERR_MORE }, { " GET", 0 }, { "get / ", -ERR_MORE }, { "SSH-2.0-OpenSSH_9 x\r\n", 0 }, { "G@T / HTTP/1.1\r\n", 1 },
		{ "\x16\x03\x01", 0 }, { "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0 }, { "\r\n\r\nGET ", 0 },
	};

	ck_assert_int_eq(sniff_http(str_c(rows[_i].in)), rows[_i].want);
}
END_TEST

START_TEST(http_2_begins_with_its_whole_preface)
{
	static const struct {
		const char *in;
		int want;
	} rows[] = {
		{ "", -ERR_MORE }, { "P", -ERR_MORE }, { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r", -ERR_MORE },
		{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 1 }, { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\t", 1 },
		{ "POST /", 0 }, { "PRI * HTTP/1.1\r\n", 0 }, { "PRI * HTTP/2.0\r\n\r\nXX", 0 }, { "\r\nPRI", 0 },
	};

	ck_assert_int_eq(sniff_h2(str_c(rows[_i].in)), rows[_i].want);
}
END_TEST

static struct head with(const struct field *f, size_t n)
{
	return (struct head){ .fields = f, .nfields = n };
}

START_TEST(accept_encoding_is_cut_to_what_can_be_undone)
{
	struct field f[] = { { STR("Accept-Encoding"), STR("gzip;q=1, sdch, br") },
		{ STR("accept-encoding"), STR("dcz, zstd;q=0.5,*") } };
	struct head h = with(f, 2);
	char to[160], small[8];

	fields_accept_encoding(&h, to, sizeof(to));
	ck_assert_str_eq(to, "gzip;q=1, br, zstd;q=0.5");
	fields_accept_encoding(&h, small, sizeof(small));
	ck_assert_str_eq(small, "br");
}
END_TEST

START_TEST(a_coding_is_surely_undone_where_it_was_asked_for)
{
	static const struct {
		const char *coding, *asked;
		bool undone;
	} rows[] = {
		{ "gzip", "gzip, br", true },
		{ "x-GZIP", "br, gzip;q=0.3", true },
		{ "gzip", "x-gzip", true },
		{ "gzip", "", false },
		{ "br", "gzip", false },
		{ "gzip", "gzip;q=0, br", false },
		{ "gzip", "gzip; q=0.000", false },
		{ "gzip", "gzip;q=0.001", true },
		{ "gzip,gzip", "gzip", false },
		{ "deflate, gzip", "deflate, gzip", false },
		{ "", "gzip", false },
	};

	ck_assert_msg(fields_undone(str_c(rows[_i].coding), str_c(rows[_i].asked)) == rows[_i].undone,
	    "%s for %s", rows[_i].coding, rows[_i].asked);
}
END_TEST

START_TEST(q1_alternative_services_go_and_only_clear_stays)
{
	static const struct field h3 = { STR("Alt-Svc"), STR("h3=\":443\"") },
				  clear = { STR("ALT-SVC"), STR("clear") };
	const struct field both[] = { clear, h3 }, other = { STR("X-Alt-Svc"), STR("h3") };
	struct head h = with(both, 2);

	ck_assert(fields_alt_svc(&h));
	h = with(&h3, 1);
	ck_assert(fields_alt_svc(&h));
	h = with(&clear, 1);
	ck_assert(!fields_alt_svc(&h));
	h = with(&other, 1);
	ck_assert(!fields_alt_svc(&h));
}
END_TEST

START_TEST(q2_all_accept_fields_are_one_list)
{
	static const struct field f[] = { { STR("Accept"), STR("text/html") }, { STR("X"), STR("y") },
		{ STR("accept"), STR_NONE }, { STR("ACCEPT"), STR("a/b;q=1, c/d") } };
	struct head h = with(f, 4), none = with(f + 1, 1);
	char *all = NULL;

	ck_assert_int_eq(fields_accept(&h, &all), 0);
	ck_assert_str_eq(all, "text/html,,a/b;q=1, c/d");
	free(all);
	ck_assert_int_eq(fields_accept(&none, &all), 0);
	ck_assert_ptr_null(all);
}
END_TEST

START_TEST(content_codings_of_several_fields_are_one_list)
{
	struct field f[] = { { STR("Content-Encoding"), STR("gzip") },
		{ STR("Content-Type"), STR("Text/HTML; charset=x") }, { STR("content-encoding"), STR("br") } };
	struct head h = with(f, 3);
	struct leg g = { 0 };

	fields_leg(&h, &g);
	ck_assert_str_eq(g.coding, "gzip,br");
	ck_assert_str_eq(g.type, "text/html");
}
END_TEST

START_TEST(file_names_are_read_as_browsers_do)
{
	static const struct {
		const char *value, *want;
	} rows[] = {
		{ "attachment", "" },
		{ "attachment; filename=a.txt", "a.txt" },
		{ "attachment;FileName=\"a b.txt\" ; size=3", "a b.txt" },
		{ "attachment; filename=\"a\\\"b;c\\\\.exe\"", "a\"b;c\\.exe" },
		{ "attachment; filename=a.txt; filename=b.exe", "a.txt" },
		{ "attachment; filename=a.txt; filename*=UTF-8''%e2%82%ac.e%78e", "\xe2\x82\xac.exe" },
		{ "attachment; filename*=UTF-8''b.exe; filename=a.txt", "b.exe" },
		{ "attachment; filename*=b%00%4.exe", "b_%4.exe" },
		{ "attachment; filename=", "" },
		{ "attachment; filename=\"", "\"" },
		{ "filename=a.b", "a.b" },
		{ "attachment; filename=0123456789012345678901234567890123456789.exe", "3456789.exe" },
	};
	char to[12], whole[128];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool some = disposition_name(str_c(rows[i].value), whole, sizeof(whole));

		ck_assert_msg(some == (rows[i].want[0] != '\0'), "%s", rows[i].value);
		if (strlen(whole) < sizeof(to))
			ck_assert_str_eq(whole, rows[i].want);
		disposition_name(str_c(rows[i].value), to, sizeof(to));
		ck_assert_msg(strlen(rows[i].want) >= sizeof(to) || strcmp(to, rows[i].want) == 0, "%s: %s", rows[i].value, to);
	}
}
END_TEST

START_TEST(codings_too_long_to_keep_are_unknown_not_none)
{
	char many[100];
	struct field f = { STR("Content-Encoding"), { many, sizeof(many) } };
	struct head h = with(&f, 1);
	struct leg g = { 0 };

	memset(many, 'x', sizeof(many));
	fields_leg(&h, &g);
	ck_assert_str_eq(g.coding, "too-long");
}
END_TEST

START_TEST(an_upgrade_is_to_one_protocol_and_not_to_h2c)
{
	static const struct {
		const char *value;
		bool asks;
	} rows[] = { { "lab", true }, { " lab", true }, { "h2c", false }, { "H2C", false }, { "", false },
		{ "lab, h2c", false }, { "h2c, lab", false }, { "websocket, lab", false }, { "lab, lab", false } };
	struct field twice[] = { { STR("Upgrade"), STR("lab") }, { STR("upgrade"), STR("lab") } };
	struct head two = with(twice, 2);
	struct str to;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct field f = { STR("Upgrade"), str_c(rows[i].value) };
		struct head h = with(&f, 1);

		ck_assert_msg(fields_upgrade(&h, &to) == rows[i].asks, "%s", rows[i].value);
	}
	ck_assert(!fields_upgrade(&two, &to));
}
END_TEST

/* A flow to that address and port; tls: only whether it is there is looked at. */
static struct flow to(const char *address, uint16_t port, const char *sni, bool tls)
{
	static char there;
	struct flow f = { .to = { .port = port }, .sni = sni != NULL };
	struct sockaddr_in *in = (struct sockaddr_in *)&f.to_sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&f.to_sa;

	if (inet_pton(AF_INET, address, &in->sin_addr) == 1)
		in->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, address, &in6->sin6_addr) == 1)
		in6->sin6_family = AF_INET6;
	if (sni != NULL)
		str_copy(str_c(sni), f.host, sizeof(f.host));
	if (tls)
		f.client.tls = (struct tls *)(void *)&there;
	return f;
}

START_TEST(a_request_without_host_is_for_its_connection)
{
	static const struct {
		const char *address, *sni;
		uint16_t port;
		bool tls;
		const char *want;
	} rows[] = { { "192.0.2.1", NULL, 80, false, "192.0.2.1" },
		{ "192.0.2.1", NULL, 8080, false, "192.0.2.1:8080" },
		{ "192.0.2.1", NULL, 443, false, "192.0.2.1:443" },
		{ "::ffff:192.0.2.1", NULL, 80, false, "192.0.2.1" },
		{ "2001:db8::1", NULL, 80, false, "[2001:db8::1]" },
		{ "2001:db8::1", NULL, 443, true, "[2001:db8::1]" },
		{ "2001:db8::1", NULL, 8443, true, "[2001:db8::1]:8443" },
		{ "192.0.2.1", "a.test", 443, true, "a.test" },
		{ "192.0.2.1", "a.test", 8443, true, "a.test:8443" } };
	char text[AUTHORITY_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct flow f = to(rows[i].address, rows[i].port, rows[i].sni, rows[i].tls);
		struct str got = authority_of_connection(&f, text);

		ck_assert_msg(str_eq(got, str_c(rows[i].want)), "%s: %.*s", rows[i].want, STR_FMT(got));
	}
}
END_TEST

START_TEST(a_request_is_for_its_connections_scheme)
{
	struct flow plain = to("192.0.2.1", 80, NULL, false), tls = to("192.0.2.1", 443, "a.test", true);
	bool other;

	ck_assert_ptr_null(authority_misdirected(&plain, STR_NONE, STR("b.test"), &other));
	ck_assert_ptr_null(authority_misdirected(&plain, STR("http"), STR("b.test"), &other));
	ck_assert_ptr_nonnull(authority_misdirected(&plain, STR("https"), STR("b.test"), &other));
	ck_assert_ptr_null(authority_misdirected(&tls, STR("https"), STR("A.test."), &other));
	ck_assert(!other);
	ck_assert_ptr_nonnull(authority_misdirected(&tls, STR("http"), STR("a.test"), &other));
	ck_assert_ptr_nonnull(authority_misdirected(&tls, STR_NONE, STR("b.test"), &other));
	ck_assert(other);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("small");
	TCase *t = tcase_create("small");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, http_2_begins_with_its_whole_preface, 0, 9);
	tcase_add_loop_test(t, an_http_request_begins_with_a_method_and_a_space, 0, 12);
	tcase_add_test(t, accept_encoding_is_cut_to_what_can_be_undone);
	tcase_add_loop_test(t, a_coding_is_surely_undone_where_it_was_asked_for, 0, 11);
	tcase_add_test(t, content_codings_of_several_fields_are_one_list);
	tcase_add_test(t, q1_alternative_services_go_and_only_clear_stays);
	tcase_add_test(t, q2_all_accept_fields_are_one_list);
	tcase_add_test(t, file_names_are_read_as_browsers_do);
	tcase_add_test(t, codings_too_long_to_keep_are_unknown_not_none);
	tcase_add_test(t, a_request_without_host_is_for_its_connection);
	tcase_add_test(t, a_request_is_for_its_connections_scheme);
	tcase_add_test(t, an_upgrade_is_to_one_protocol_and_not_to_h2c);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
