/* SPDX-License-Identifier: BSD-2-Clause */
/* The ClientHello reader: what it says about protocols, versions, keys and flags; a real hello. */
#include <openssl/ssl.h>

#include "tests/unit/hello_rig.h"

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

/* Suites that we speak, by version and strength; an ECDSA leaf for TLS 1.2; post-quantum. */
static const struct suites_row {
	struct recipe r;
	unsigned suites;
	bool ecdsa_12, pq;
} suites_rows[] = {
	{ { .pad = 1 }, HELLO_13_128 | HELLO_12_128, true, false },
	{ { LIST(versions, "\3\4") }, HELLO_13_128, true, false },
	{ { LIST(versions, "\3\3") }, HELLO_12_128, true, false },
	{ { V_NONE }, HELLO_12_128, true, false },
	{ { .no_extensions = true }, HELLO_12_128, true, false },
	{ { V_NONE, .legacy = 0x0301 }, 0, true, false },
	{ { LIST(suites, GREASE "\x13\2\x13\3") }, HELLO_13_256, false, false },
	{ { LIST(suites, "\x13\2\xc0\x30") }, HELLO_13_256 | HELLO_12_256, false, false },
	{ { LIST(suites, "\x13\1\xcc\xa9") }, HELLO_13_128 | HELLO_12_256, true, false },
	{ { LIST(suites, "\0\x2f\0\x9c\xc0\x09\xc0\x13") }, 0, false, false }, /* CBC, static RSA */
	{ { LIST(groups, "\0\x1d") }, HELLO_13_128 | HELLO_12_128, false, false },
	{ { LIST(groups, "\x11\xec\0\x1d\0\x17") }, HELLO_13_128 | HELLO_12_128, true, true },
	{ { LIST(groups, GREASE "\x11\xed\0\x17") }, HELLO_13_128 | HELLO_12_128, true, true },
	{ { LIST(groups, "\x11\xea\x11\xee\0\x17") }, HELLO_13_128 | HELLO_12_128, true, false },
};

START_TEST(u9_strength_and_post_quantum_groups_are_found)
{
	struct hello h;

	ck_assert_int_eq(parse(&suites_rows[_i].r, &h), 0);
	ck_assert_msg(h.suites == suites_rows[_i].suites, "row %d: %x", _i, h.suites);
	ck_assert_msg(h.ecdsa_12 == suites_rows[_i].ecdsa_12, "row %d: %d", _i, h.ecdsa_12);
	ck_assert_msg(h.pq == suites_rows[_i].pq, "row %d: %d", _i, h.pq);
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

int main(void)
{
	Suite *s = suite_create("hello_facts");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, protocols_stand_in_wire_form);
	tcase_add_test(t, protocols_that_do_not_fit_are_left_out);
	tcase_add_loop_test(t, version_and_key_type_are_found, 0, ROWS(facts));
	tcase_add_loop_test(
	    t, u9_strength_and_post_quantum_groups_are_found, 0, ROWS(suites_rows));
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
