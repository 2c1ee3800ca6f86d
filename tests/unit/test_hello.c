/* SPDX-License-Identifier: BSD-2-Clause */
/* The ClientHello reader: over any cutting into segments and records; names and extensions. */
#include "tests/unit/hello_rig.h"

static void expect_every_prefix(struct str s, size_t step)
{
	struct hello h;

	for (size_t n = 0; n < s.n; n += step)
		ck_assert_msg(
		    parse_exact(str_sub(s, 0, n), MAX, &h) == -ERR_MORE, "prefix of %zu", n);
	ck_assert_int_eq(parse_exact(s, MAX, &h), 0);
	ck_assert_uint_eq(h.length, s.n);
	ck_assert_str_eq(h.sni, "www.example.com");
}

/* ---- segmentation ---- */

START_TEST(c2_every_prefix_wants_more_and_the_whole_is_read)
{
	static const size_t pads[] = { 150, 1200, 1600, 4096, 16384 - 400 };
	struct recipe r = { .sni = "www.example.com", .pad = pads[_i] };

	expect_every_prefix(hello_of(&r), pads[_i] > 4000 ? 7 : 1);
}
END_TEST

START_TEST(c2_records_of_any_size_are_put_together)
{
	static const size_t each[] = { 1, 2, 3, 4, 5, 32, 400, 1399 };
	struct recipe r = { .sni = "www.example.com", .pad = 1600, .sni_last = true };

	made.n = wire.n = 0;
	message(&made, &r);
	records(&wire, &made, each[_i]);
	expect_every_prefix(str_of((char *)wire.p, wire.n), each[_i] == 1 ? 3 : 1);
}
END_TEST

/* Byte by byte: the records are walked over once, the message is read once. */
START_TEST(c2_bytes_that_come_one_by_one_are_looked_at_once)
{
	static const size_t each[] = { 16384, 400, 32, 1 };
	struct recipe r = { .sni = "www.example.com", .pad = each[_i] == 1 ? 8000 : 16384 * 3 };
	struct hello_walk w = { 0 }, whole = { 0 };
	size_t records_walked = 0;
	struct hello h;
	struct str s;

	made.n = wire.n = 0;
	message(&made, &r);
	records(&wire, &made, each[_i]);
	s = str_of((char *)wire.p, wire.n);
	ck_assert_uint_le(s.n, MAX);
	for (size_t n = 0; n < s.n; n++) {
		size_t was = w.at;

		ck_assert_int_eq(hello_walk(&w, str_sub(s, 0, n), MAX), -ERR_MORE);
		records_walked += w.at != was;
		ck_assert_uint_le(w.at, n);
	}
	ck_assert_uint_eq(records_walked, made.n / each[_i] - (made.n % each[_i] == 0));
	ck_assert_int_eq(hello_walk(&w, s, MAX), 0);
	ck_assert_int_eq(hello_walk(&whole, s, MAX), 0);
	ck_assert_int_eq(memcmp(&w, &whole, sizeof(w)), 0);
	ck_assert_uint_eq(w.at, s.n);
	ck_assert_int_eq(hello_parse(s, MAX, &h), 0);
	ck_assert_str_eq(h.sni, "www.example.com");
}
END_TEST

START_TEST(c2_a_hello_of_64_kib_in_small_records_is_read_within_its_limit)
{
	struct recipe r = { .sni = "www.example.com", .pad = 16384 };
	struct hello h;
	struct str s;

	made.n = wire.n = 0;
	message(&made, &r);
	records(&wire, &made, 2);
	s = str_of((char *)wire.p, wire.n);
	ck_assert_int_eq(hello_parse(s, s.n, &h), 0);
	ck_assert_int_eq(hello_parse(s, s.n - 1, &h), -ERR_LIMIT);
}
END_TEST

START_TEST(bytes_after_the_hellos_record_do_not_count)
{
	struct recipe r = { .sni = "www.example.com" };
	struct hello h;
	size_t n = hello_of(&r).n;

	put(&wire, "\x14\3\3\0\1\1", 6);
	ck_assert_int_eq(hello_parse(str_of((char *)wire.p, wire.n), MAX, &h), 0);
	ck_assert_uint_eq(h.length, n);
}
END_TEST

START_TEST(c2_bytes_after_the_hello_in_its_record_are_refused)
{
	struct recipe r = { .sni = "www.example.com" };
	struct hello h;

	made.n = wire.n = 0;
	message(&made, &r);
	put(&made, "x", 1);
	records(&wire, &made, 16384);
	ck_assert_int_eq(hello_parse(str_of((char *)wire.p, wire.n), MAX, &h), -ERR_HELLO);
}
END_TEST

START_TEST(a_failure_leaves_the_result_alone)
{
	struct recipe r = { .sni = "bad name" };
	struct hello h, before;

	memset(&h, 0x5a, sizeof(h));
	before = h;
	ck_assert_int_eq(parse(&r, &h), -ERR_HELLO);
	ck_assert_int_eq(memcmp(&h, &before, sizeof(h)), 0);
}
END_TEST

/* ---- records ---- */

#define RAW(lit, want)                                                                             \
	{                                                                                          \
		STR(lit), want                                                                     \
	}
static const struct raw {
	struct str in;
	int want;
} raws[] = {
	RAW("", -ERR_MORE), RAW("\x16", -ERR_MORE), RAW("\x16\3", -ERR_MORE),
	RAW("\x16\3\1", -ERR_MORE), RAW("\x16\3\1\1", -ERR_MORE),
	RAW("\x80\x2e\1\3\1", -ERR_NOT_TLS), /* SSLv2 */
	RAW("\x80", -ERR_NOT_TLS), RAW("GET / HTTP/1.1\r\n\r\n", -ERR_NOT_TLS),
	RAW("SSH-2.0-x\r\n", -ERR_NOT_TLS), RAW("\x17\3\3\0\1x", -ERR_NOT_TLS),
	RAW("\x15\3\3\0\2\1\0", -ERR_NOT_TLS), RAW("\x16\2\1\0\5", -ERR_NOT_TLS),
	RAW("\x16\3\5\0\5", -ERR_NOT_TLS), RAW("\x16\3\1\0\0", -ERR_HELLO), /* empty record */
	RAW("\x16\3\1\0\1\1\x16\3\1\0\0", -ERR_HELLO),
	RAW("\x16\3\1\x40\1", -ERR_HELLO),                                     /* 16385 */
	RAW("\x16\3\1\xff\xff", -ERR_HELLO), RAW("\x16\3\1\x40\0", -ERR_MORE), /* 16384 */
	RAW("\x16\3\1\0\5\2", -ERR_HELLO),                                     /* ServerHello */
	RAW("\x16\3\1\0\1\1\x17", -ERR_HELLO), /* other record between */
	RAW("\x16\3\1\0\1\1\x16\3\1\0\1\0\x15\3\3\0\2\1\0", -ERR_HELLO),
	RAW("\x16\3\1\0\4\1\xff\xff\xff", -ERR_LIMIT), /* announced: 16 MiB */
	RAW("\x16\3\1\0\4\1\1\0\0", -ERR_LIMIT),       /* announced: 64 KiB and 4 */
	RAW("\x16\3\1\0\4\1\0\0\0", -ERR_HELLO),       /* an empty hello */
	RAW("\x16\3\1\0\6\1\0\0\2\3\3", -ERR_HELLO),   /* only a version */
};

START_TEST(c2_records_are_judged_as_early_as_can_be)
{
	struct hello h;

	ck_assert_msg(parse_exact(raws[_i].in, MAX, &h) == raws[_i].want, "row %d: got %s", _i,
	    err_name(parse_exact(raws[_i].in, MAX, &h)));
}
END_TEST

START_TEST(sniffing_needs_three_bytes)
{
	ck_assert_int_eq(hello_sniff(STR("")), -ERR_MORE);
	ck_assert_int_eq(hello_sniff(STR("\x16\3")), -ERR_MORE);
	ck_assert_int_eq(hello_sniff(STR("\x16\3\1")), 1);
	ck_assert_int_eq(hello_sniff(STR("\x16\3\4")), 1);
	ck_assert_int_eq(hello_sniff(STR("\x16\3\5")), 0);
	ck_assert_int_eq(hello_sniff(STR("G")), 0);
	ck_assert_int_eq(hello_sniff(STR("\x16\4")), 0);
}
END_TEST

/* ---- names ---- */

#define L63 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc"
#define NAME(lit, name)                                                                            \
	{                                                                                          \
		STR(lit), name                                                                     \
	}
static const struct name_row {
	struct str sni;
	const char *want; /* NULL: refused */
} names[] = {
	NAME("www.example.com", "www.example.com"),
	NAME("www.example.com.", "www.example.com"),
	NAME("WWW.ExAmPle.COM", "www.example.com"),
	NAME("localhost", "localhost"),
	NAME("_dmarc.my_host.example", "_dmarc.my_host.example"),
	NAME("xn--bcher-kva.example", "xn--bcher-kva.example"),
	NAME("1and1.example", "1and1.example"),
	NAME(L63 ".example", L63 ".example"),
	NAME(L63 "." L63 "." L63 "."
		 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijo",
	    L63 "." L63 "." L63 "."
		"abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijo"),
	NAME("", NULL),
	NAME(".", NULL),
	NAME("..", NULL),
	NAME(".example.com", NULL),
	NAME("a..example.com", NULL),
	NAME("example.com..", NULL),
	NAME("x" L63 ".example", NULL),
	NAME(L63 "." L63 "." L63 "."
		 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijab",
	    NULL),
	NAME(L63 "." L63 "." L63 "." L63 "." L63, NULL),
	NAME("192.0.2.1.", NULL),
	NAME("[2001:db8::1]", NULL),
	NAME("127.1", NULL),
	NAME("2130706433", NULL),
	NAME("host.1", NULL),
	NAME("example.com\0.evil.example", NULL),
	NAME("\0", NULL),
	NAME("a b.example", NULL),
	NAME("b\xc3\xbc"
	     "cher.example",
	    NULL),
	NAME("*.example.com", NULL),
	NAME("example.com:443", NULL),
	NAME("user@example.com", NULL),
	NAME("example.com/", NULL),
	NAME("%41.example", NULL),
};

START_TEST(c2_only_host_names_are_names)
{
	for (int last = 0; last < 2; last++) {
		struct recipe r = {
			.sni = names[_i].sni.p, .sni_n = names[_i].sni.n, .sni_last = last
		};
		struct hello h;
		int got = parse(&r, &h);

		if (names[_i].want == NULL) {
			ck_assert_msg(got == -ERR_HELLO, "%.*s: %d", STR_FMT(names[_i].sni), got);
			continue;
		}
		ck_assert_msg(got == 0, "%.*s: %d", STR_FMT(names[_i].sni), got);
		ck_assert_str_eq(h.sni, names[_i].want);
	}
}
END_TEST

#define LITERAL(lit, ...)                                                                          \
	{                                                                                          \
		STR(lit), { __VA_ARGS__ }                                                          \
	}
#define MAPPED [10] = 0xff, [11] = 0xff

static const struct literal_row {
	struct str sni;
	unsigned char want[16];
} literals[] = {
	LITERAL("192.0.2.1", MAPPED, [12] = 192, [14] = 2, [15] = 1),
	LITERAL("255.255.255.255", MAPPED, [12] = 255, 255, 255, 255),
	LITERAL("2001:db8::1", 0x20, 1, 0x0d, 0xb8, [15] = 1),
	LITERAL("::ffff:192.0.2.1", MAPPED, [12] = 192, [14] = 2, [15] = 1),
	LITERAL("::", 0),
};

/* RFC 6066 section 3 forbids addresses; what the caller makes of one is the caller's. */
START_TEST(c2_an_address_is_told_apart_from_names)
{
	struct recipe r = { .sni = literals[_i].sni.p, .sni_n = literals[_i].sni.n };
	struct hello h;

	ck_assert_int_eq(parse(&r, &h), 0);
	ck_assert_str_eq(h.sni, "");
	ck_assert(h.has_literal);
	ck_assert_int_eq(memcmp(h.literal, literals[_i].want, 16), 0);
}
END_TEST

#define EXTRA(lit, want)                                                                           \
	{                                                                                          \
		STR(lit), want                                                                     \
	}
static const struct raw extras[] = {
	EXTRA("\0\0\0\0", -ERR_HELLO),                     /* SNI without a list */
	EXTRA("\0\0\0\2\0\0", -ERR_HELLO),                 /* empty list */
	EXTRA("\0\0\0\5\0\3\0\0\0", -ERR_HELLO),           /* empty name */
	EXTRA("\0\0\0\6\0\4\1\0\1a", -ERR_HELLO),          /* another type of name */
	EXTRA("\0\0\0\xa\0\x8\0\0\1a\0\0\1b", -ERR_HELLO), /* two names in one list */
	EXTRA("\0\0\0\7\0\4\0\0\1ax", -ERR_HELLO),         /* bytes after the list */
	EXTRA("\0\0\0\6\0\3\0\0\1a", -ERR_HELLO),          /* list shorter than its name */
	EXTRA("\0\0\0\6\0\4\0\0\1a\0\0\0\6\0\4\0\0\1a", -ERR_HELLO), /* the extension twice */
	EXTRA("\0\0\0\6\0\4\0\0\1a", 0),
	EXTRA("\0\x17\0\0\0\x17\0\0", -ERR_HELLO), /* any extension twice */
	EXTRA("\x3a\x3a\0\0\x4a\x4a\0\1\0", 0),    /* GREASE */
	EXTRA("\x3a\x3a\0\0\x3a\x3a\0\0", -ERR_HELLO),
	EXTRA("\0\x10\0\2\0\0", -ERR_HELLO), /* empty ALPN list */
	EXTRA("\0\x10\0\0", -ERR_HELLO),
	EXTRA("\0\x10\0\3\0\1\0", -ERR_HELLO),   /* empty protocol */
	EXTRA("\0\x10\0\5\0\3\3h2", -ERR_HELLO), /* protocol longer than list */
	EXTRA("\0\x10\0\6\0\3\2h2x", -ERR_HELLO),
	EXTRA("\0\x17\0\1", -ERR_HELLO), /* body missing */
	EXTRA("\0\x17\0", -ERR_HELLO),
	EXTRA("\0", -ERR_HELLO),
	EXTRA("\xff\xff\0\0", 0),
};

START_TEST(c2_extensions_are_well_formed_and_single)
{
	struct recipe r = { .extra = extras[_i].in.p, .extra_n = extras[_i].in.n };
	struct hello h;

	ck_assert_msg(parse(&r, &h) == extras[_i].want, "row %d: got %d", _i, parse(&r, &h));
}
END_TEST

START_TEST(c2_without_a_name_the_name_is_empty)
{
	struct recipe r = { .pad = 1 };
	struct hello h;

	ck_assert_int_eq(parse(&r, &h), 0);
	ck_assert_str_eq(h.sni, "");
	ck_assert(!h.has_alpn && !h.psk && !h.early_data && !h.ech);
	ck_assert_uint_eq(h.alpn_n, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hello");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, c2_every_prefix_wants_more_and_the_whole_is_read, 0, 5);
	tcase_add_loop_test(t, c2_records_of_any_size_are_put_together, 0, 8);
	tcase_add_loop_test(t, c2_bytes_that_come_one_by_one_are_looked_at_once, 0, 4);
	tcase_add_loop_test(t, c2_an_address_is_told_apart_from_names, 0, ROWS(literals));
	tcase_add_test(t, c2_a_hello_of_64_kib_in_small_records_is_read_within_its_limit);
	tcase_add_test(t, bytes_after_the_hellos_record_do_not_count);
	tcase_add_test(t, c2_bytes_after_the_hello_in_its_record_are_refused);
	tcase_add_test(t, a_failure_leaves_the_result_alone);
	tcase_add_loop_test(t, c2_records_are_judged_as_early_as_can_be, 0, ROWS(raws));
	tcase_add_test(t, sniffing_needs_three_bytes);
	tcase_add_loop_test(t, c2_only_host_names_are_names, 0, ROWS(names));
	tcase_add_loop_test(t, c2_extensions_are_well_formed_and_single, 0, ROWS(extras));
	tcase_add_test(t, c2_without_a_name_the_name_is_empty);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
