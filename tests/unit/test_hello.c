/* SPDX-License-Identifier: BSD-2-Clause */
/* The ClientHello reader: hellos from a small generator, over any cutting; one from OpenSSL. */
#include <check.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "mitm/hello.h"

enum { MAX = 65536 };

/* Bytes that grow, with lengths filled in afterwards. */
struct gen {
	unsigned char p[4 * MAX];
	size_t n;
};

static void put(struct gen *g, const void *p, size_t n)
{
	ck_assert_uint_le(n, sizeof(g->p) - g->n);
	if (n > 0)
		memcpy(g->p + g->n, p, n);
	g->n += n;
}

static void put_be(struct gen *g, size_t v, int bytes)
{
	while (bytes-- > 0)
		g->p[g->n++] = (unsigned char)(v >> 8 * bytes);
}

/* Begin and end a vector with a length of `bytes` bytes. */
static size_t open_vector(struct gen *g, int bytes)
{
	put_be(g, 0, bytes);
	return g->n;
}

static void close_vector(struct gen *g, size_t at, int bytes)
{
	size_t end = g->n;

	g->n = at - (size_t)bytes;
	put_be(g, end - at, bytes);
	g->n = end;
}

static void put_extension(struct gen *g, unsigned type, const void *body, size_t n)
{
	put_be(g, type, 2);
	put_be(g, n, 2);
	put(g, body, n);
}

static void put_sni(struct gen *g, const char *name, size_t n)
{
	put_be(g, 0, 2);
	put_be(g, n + 5, 2);
	put_be(g, n + 3, 2);
	put_be(g, 0, 1);
	put_be(g, n, 2);
	put(g, name, n);
}

/* What a test wants to be different; zero is a plain TLS 1.3 client. */
struct recipe {
	const char *sni; /* NULL: none */
	size_t sni_n;    /* 0: strlen(sni) */
	bool sni_last;
	const char *alpn; /* wire form */
	size_t alpn_n;
	const char *suites; /* bytes; NULL: 1301 c02b c02f */
	size_t suites_n;
	const char *versions; /* bytes of the list; NULL: 0304 0303; "": no extension */
	size_t versions_n;
	const char *signatures; /* the same; NULL: 0403 0804 */
	size_t signatures_n;
	const char *groups; /* the same; NULL: 001d 0017 */
	size_t groups_n;
	const char *extra; /* extensions as bytes */
	size_t extra_n;
	size_t pad; /* bytes of padding extension */
	bool no_extensions;
	unsigned legacy; /* 0: 0303 */
};

#define LIST(field, lit) .field = (lit), .field##_n = sizeof(lit) - 1
#define GREASE "\x3a\x3a"

/* An extension that holds one list, unless the recipe has an empty one. */
static void put_list(
    struct gen *g, unsigned type, int bytes, const char *p, size_t n, struct str preset)
{
	struct gen body = { .n = 0 };

	if (p != NULL && n == 0)
		return;
	put_be(&body, p != NULL ? n : preset.n, bytes);
	put(&body, p != NULL ? p : preset.p, p != NULL ? n : preset.n);
	put_extension(g, type, body.p, body.n);
}

static void put_extensions(struct gen *g, const struct recipe *r)
{
	static const unsigned char zeros[MAX];
	size_t n = r->sni == NULL ? 0 : r->sni_n > 0 ? r->sni_n : strlen(r->sni);

	if (r->sni != NULL && !r->sni_last)
		put_sni(g, r->sni, n);
	put_list(g, 43, 1, r->versions, r->versions_n, STR("\3\4\3\3"));
	put_list(g, 13, 2, r->signatures, r->signatures_n, STR("\4\3\x08\4"));
	put_list(g, 10, 2, r->groups, r->groups_n, STR("\0\x1d\0\x17"));
	if (r->alpn_n > 0)
		put_list(g, 16, 2, r->alpn, r->alpn_n, STR_NONE);
	if (r->pad > 0)
		put_extension(g, 21, zeros, r->pad);
	put(g, r->extra, r->extra_n);
	if (r->sni != NULL && r->sni_last)
		put_sni(g, r->sni, n);
}

/* The handshake message. */
static void message(struct gen *g, const struct recipe *r)
{
	static const struct str suites = STR("\x13\1\xc0\x2b\xc0\x2f");
	size_t whole, v;

	put_be(g, 1, 1);
	whole = open_vector(g, 3);
	put_be(g, r->legacy != 0 ? r->legacy : 0x0303, 2);
	put(g, "0123456789abcdef0123456789abcdef", 32);
	put_be(g, 0, 1);
	put_be(g, r->suites != NULL ? r->suites_n : suites.n, 2);
	put(g, r->suites != NULL ? r->suites : suites.p,
	    r->suites != NULL ? r->suites_n : suites.n);
	put_be(g, 0x0100, 2);
	if (!r->no_extensions) {
		v = open_vector(g, 2);
		put_extensions(g, r);
		close_vector(g, v, 2);
	}
	close_vector(g, whole, 3);
}

/* Cut into records of `each` bytes. */
static void records(struct gen *to, const struct gen *from, size_t each)
{
	for (size_t i = 0; i < from->n; i += each) {
		size_t n = from->n - i < each ? from->n - i : each;

		put(to, "\x16\3\1", 3);
		put_be(to, n, 2);
		put(to, from->p + i, n);
	}
}

static struct gen made, wire;

static struct str hello_of(const struct recipe *r)
{
	made.n = wire.n = 0;
	message(&made, r);
	records(&wire, &made, 16384);
	return str_of((const char *)wire.p, wire.n);
}

static int parse(const struct recipe *r, struct hello *h)
{
	return hello_parse(hello_of(r), MAX, h);
}

/* A copy of exact size, so that the sanitizer sees a read behind it. */
static int parse_exact(struct str s, size_t max, struct hello *h)
{
	char *copy = malloc(s.n > 0 ? s.n : 1);
	int r;

	ck_assert_ptr_nonnull(copy);
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	r = hello_parse(str_of(copy, s.n), max, h);
	free(copy);
	return r;
}

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

START_TEST(every_prefix_wants_more_and_the_whole_is_read)
{
	static const size_t pads[] = { 150, 1200, 1600, 4096, 16384 - 400 };
	struct recipe r = { .sni = "www.example.com", .pad = pads[_i] };

	expect_every_prefix(hello_of(&r), pads[_i] > 4000 ? 7 : 1);
}
END_TEST

START_TEST(records_of_any_size_are_put_together)
{
	static const size_t each[] = { 1, 2, 3, 4, 5, 32, 400, 1399 };
	struct recipe r = { .sni = "www.example.com", .pad = 1600, .sni_last = true };

	made.n = wire.n = 0;
	message(&made, &r);
	records(&wire, &made, each[_i]);
	expect_every_prefix(str_of((char *)wire.p, wire.n), each[_i] == 1 ? 3 : 1);
}
END_TEST

START_TEST(a_hello_of_64_kib_in_small_records_is_read_within_its_limit)
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

START_TEST(bytes_after_the_hello_in_its_record_are_refused)
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

START_TEST(records_are_judged_as_early_as_can_be)
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
	NAME("192.0.2.1", NULL),
	NAME("192.0.2.1.", NULL),
	NAME("2001:db8::1", NULL),
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

START_TEST(only_host_names_are_names)
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

START_TEST(extensions_are_well_formed_and_single)
{
	struct recipe r = { .extra = extras[_i].in.p, .extra_n = extras[_i].in.n };
	struct hello h;

	ck_assert_msg(parse(&r, &h) == extras[_i].want, "row %d: got %d", _i, parse(&r, &h));
}
END_TEST

START_TEST(without_a_name_the_name_is_empty)
{
	struct recipe r = { .pad = 1 };
	struct hello h;

	ck_assert_int_eq(parse(&r, &h), 0);
	ck_assert_str_eq(h.sni, "");
	ck_assert(!h.has_alpn && !h.psk && !h.early_data && !h.ech);
	ck_assert_uint_eq(h.alpn_n, 0);
}
END_TEST

/* ---- ALPN ---- */

START_TEST(protocols_stand_in_wire_form)
{
	struct recipe r = { LIST(alpn, "\2\x3a\x3a\2h2\x08http/1.1") };
	struct hello h;

	ck_assert_int_eq(parse(&r, &h), 0);
	ck_assert(h.has_alpn);
	ck_assert(str_eq(str_of(h.alpn, h.alpn_n), STR("\2\x3a\x3a\2h2\x08http/1.1")));
	ck_assert(hello_offers(&h, "h2") && hello_offers(&h, "http/1.1"));
	ck_assert(!hello_offers(&h, "http/1.0") && !hello_offers(&h, "h") && !hello_offers(&h, ""));
}
END_TEST

START_TEST(protocols_that_do_not_fit_are_left_out)
{
	char list[400] = { (char)200 };
	struct recipe r = { .alpn = list };
	struct hello h;

	memset(list + 1, 'x', 200);
	memcpy(list + 201, "\x08http/1.1", 9);
	r.alpn_n = 210;
	ck_assert_int_eq(parse(&r, &h), 0);
	ck_assert(str_eq(str_of(h.alpn, h.alpn_n), STR("\x08http/1.1")));
	for (int i = 0; i < 100; i++)
		memcpy(list + 3 * i, "\2ab", 3);
	r.alpn_n = 300;
	ck_assert_int_eq(parse(&r, &h), 0);
	ck_assert_uint_eq(h.alpn_n, HELLO_ALPN_MAX / 3 * 3);
}
END_TEST

/* ---- versions, key types, flags ---- */

#define V_NONE .versions = "", .versions_n = 0
#define S_NONE .signatures = "", .signatures_n = 0
#define G_NONE .groups = "", .groups_n = 0
static const struct facts {
	struct recipe r;
	unsigned version;
	bool ecdsa;
} facts[] = {
	{ { .pad = 1 }, 0x0304, true },
	{ { LIST(versions, "\3\3") }, 0x0303, true },
	{ { LIST(versions, GREASE "\3\4\3\3") }, 0x0304, true },
	{ { LIST(versions, "\3\3\xfa\xfa") }, 0x0303, true },
	{ { LIST(versions, "\3\3\3\4\x7f\x1c") }, 0x0304, true }, /* a draft is no version */
	{ { LIST(versions, "\3\3\x7f\x1c") }, 0x0303, true },
	{ { V_NONE }, 0x0303, true },
	{ { V_NONE, .legacy = 0x0302 }, 0x0302, true },
	{ { V_NONE, .legacy = 0x0304 }, 0x0303, true }, /* RFC 8446 section 4.2.1: not so */
	{ { .no_extensions = true }, 0x0303, true },
	/* signature_algorithms */
	{ { LIST(signatures, "\x08\4\4\1") }, 0x0304, false },
	{ { LIST(signatures, GREASE "\4\3") }, 0x0304, true },
	{ { LIST(signatures, "\5\3\6\3") }, 0x0304, false }, /* P-384, P-521 */
	{ { LIST(signatures, "\4\3"), LIST(suites, "\x13\1") }, 0x0304, true },
	/* TLS 1.2 binds the key to the suite */
	{ { V_NONE, LIST(signatures, "\4\3\4\1"), LIST(suites, "\xc0\x2f\xc0\x30") }, 0x0303,
	    false },
	{ { V_NONE, S_NONE, LIST(suites, "\xc0\x2f\xc0\x30") }, 0x0303, false },
	{ { V_NONE, S_NONE, LIST(suites, GREASE "\xc0\x2c") }, 0x0303, true },
	{ { V_NONE, LIST(suites, "\xcc\xa9") }, 0x0303, true },
	{ { V_NONE, LIST(suites, "\xc0\x09\xc0\x23\xc0\x2f") }, 0x0303, false }, /* CBC: not ours */
	{ { LIST(suites, "\x13\1\x13\2"), S_NONE }, 0x0304, false },
	/* and the key's curve to the groups (RFC 8422 section 5.1.1); TLS 1.3 does not */
	{ { V_NONE, LIST(groups, "\0\x1d") }, 0x0303, false },
	{ { V_NONE, LIST(groups, GREASE "\0\x1d\0\x17") }, 0x0303, true },
	{ { V_NONE, G_NONE }, 0x0303, true },
	{ { LIST(groups, "\0\x1d") }, 0x0304, true },
};

START_TEST(version_and_key_type_are_found)
{
	struct hello h;

	ck_assert_int_eq(parse(&facts[_i].r, &h), 0);
	ck_assert_msg(h.version == facts[_i].version, "row %d: %x", _i, h.version);
	ck_assert_msg(h.ecdsa == facts[_i].ecdsa, "row %d: ecdsa %d", _i, h.ecdsa);
}
END_TEST

static const struct recipe malformed[] = {
	{ LIST(versions, "\3") }, { LIST(versions, "\3\4\3") }, { LIST(signatures, "\4\3\4") },
	{ LIST(groups, "\0") }, { LIST(suites, "\x13") }, { LIST(suites, "\x13\1\x13") },
	{ .suites = "", .suites_n = 0 },
	{ LIST(extra, "\0\x2b\0\1\0"), .versions = "" }, /* an empty list of versions */
};

START_TEST(half_entries_are_refused)
{
	struct hello h;

	ck_assert_int_eq(parse(&malformed[_i], &h), -ERR_HELLO);
}
END_TEST

START_TEST(resumption_early_data_and_ech_are_noted)
{
	struct recipe r = { LIST(extra, "\xfe\x0d\0\1\0"
					"\0\x2a\0\0"
					"\0\x29\0\2\0\0") };
	struct hello h;

	ck_assert_int_eq(parse(&r, &h), 0);
	ck_assert(h.psk && h.early_data && h.ech);
}
END_TEST

/* Every single-byte change of a good hello is judged without harm. */
START_TEST(no_changed_byte_does_harm)
{
	struct recipe r = { .sni = "www.example.com", LIST(alpn, "\2h2\x08http/1.1"), .pad = 30 };
	struct str s = hello_of(&r);
	struct hello h;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char was = wire.p[i];

		for (int v = 0; v < 256; v += 5) {
			wire.p[i] = (unsigned char)v;
			parse_exact(s, MAX, &h);
		}
		wire.p[i] = was;
	}
	ck_assert_int_eq(parse_exact(s, MAX, &h), 0);
}
END_TEST

/* ---- a real one ---- */

static struct str openssl_hello(SSL *ssl, BIO *out)
{
	BIO *in = BIO_new(BIO_s_mem());
	char *p = NULL;

	SSL_set_bio(ssl, in, out);
	SSL_set_tlsext_host_name(ssl, "Real.Example.com");
	SSL_set_alpn_protos(ssl, (const unsigned char *)"\2h2\x08http/1.1", 12);
	ck_assert_int_ne(SSL_connect(ssl), 1);
	return str_of(p, (size_t)BIO_get_mem_data(out, &p)).n > 0
		   ? str_of(p, (size_t)BIO_get_mem_data(out, &p))
		   : STR_NONE;
}

START_TEST(openssls_own_hello_is_read)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	struct hello h, part;
	struct str s;

	if (_i == 1)
		SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
	s = openssl_hello(ssl, BIO_new(BIO_s_mem()));
	ck_assert_int_eq(parse_exact(s, MAX, &h), 0);
	ck_assert_str_eq(h.sni, "real.example.com");
	ck_assert_uint_eq(h.version, _i == 1 ? 0x0303 : 0x0304);
	ck_assert(h.ecdsa && h.has_alpn && hello_offers(&h, "h2"));
	ck_assert_uint_eq(h.length, s.n);
	for (size_t n = 0; n < s.n; n++)
		ck_assert_int_eq(parse_exact(str_sub(s, 0, n), MAX, &part), -ERR_MORE);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}
END_TEST

#define ROWS(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *s = suite_create("hello");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_prefix_wants_more_and_the_whole_is_read, 0, 5);
	tcase_add_loop_test(t, records_of_any_size_are_put_together, 0, 8);
	tcase_add_test(t, a_hello_of_64_kib_in_small_records_is_read_within_its_limit);
	tcase_add_test(t, bytes_after_the_hellos_record_do_not_count);
	tcase_add_test(t, bytes_after_the_hello_in_its_record_are_refused);
	tcase_add_test(t, a_failure_leaves_the_result_alone);
	tcase_add_loop_test(t, records_are_judged_as_early_as_can_be, 0, ROWS(raws));
	tcase_add_test(t, sniffing_needs_three_bytes);
	tcase_add_loop_test(t, only_host_names_are_names, 0, ROWS(names));
	tcase_add_loop_test(t, extensions_are_well_formed_and_single, 0, ROWS(extras));
	tcase_add_test(t, without_a_name_the_name_is_empty);
	tcase_add_test(t, protocols_stand_in_wire_form);
	tcase_add_test(t, protocols_that_do_not_fit_are_left_out);
	tcase_add_loop_test(t, version_and_key_type_are_found, 0, ROWS(facts));
	tcase_add_loop_test(t, half_entries_are_refused, 0, ROWS(malformed));
	tcase_add_test(t, resumption_early_data_and_ech_are_noted);
	tcase_add_test(t, no_changed_byte_does_harm);
	tcase_add_loop_test(t, openssls_own_hello_is_read, 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
