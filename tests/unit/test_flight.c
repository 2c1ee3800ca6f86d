/* SPDX-License-Identifier: BSD-2-Clause */
/* What a server's first flight shows, whole, byte by byte and cut into small records. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "mitm/flight.h"

enum { SPACE = 65536 };

static struct buf in, space;
static struct flight f;

static void setup(void)
{
	buf_init(&in, 1 << 20);
	buf_init(&space, SPACE);
}

static void teardown(void)
{
	buf_free(&in);
	buf_free(&space);
}

static void put(struct buf *b, unsigned v, size_t n)
{
	while (n-- > 0) {
		char c = (char)(v >> 8 * n);

		ck_assert_int_eq(buf_append(b, &c, 1), 0);
	}
}

/* A handshake message, in records of at most `each` bytes. */
static void message(unsigned type, struct str body, size_t each)
{
	struct buf m;
	struct str rest;

	buf_init(&m, 1 << 20);
	put(&m, type, 1);
	put(&m, (unsigned)body.n, 3);
	buf_str(&m, body);
	for (rest = buf_view(&m); rest.n > 0; rest = str_sub(rest, each, rest.n)) {
		struct str piece = str_sub(rest, 0, each);

		put(&in, 22, 1);
		put(&in, 0x0303, 2);
		put(&in, (unsigned)piece.n, 2);
		buf_str(&in, piece);
	}
	buf_free(&m);
}

static void hello(unsigned version, struct str extensions, size_t each)
{
	char random[32] = { 0 };
	struct buf b;

	buf_init(&b, 4096);
	put(&b, version, 2);
	buf_append(&b, random, sizeof(random));
	put(&b, 2, 1);
	buf_append(&b, "id", 2);
	put(&b, 0xc02b, 2);
	put(&b, 0, 1);
	if (extensions.n > 0) {
		put(&b, (unsigned)extensions.n, 2);
		buf_str(&b, extensions);
	}
	message(2, buf_view(&b), each);
	buf_free(&b);
}

static void certificates(unsigned n, struct str each_cert, size_t each)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	put(&b, (unsigned)(n * (3 + each_cert.n)), 3);
	for (unsigned i = 0; i < n; i++) {
		put(&b, (unsigned)each_cert.n, 3);
		buf_str(&b, each_cert);
	}
	message(11, buf_view(&b), each);
	buf_free(&b);
}

/* The same answer for the whole and, once it is there, for every longer prefix. */
static int parse(void)
{
	struct str all = buf_view(&in);
	struct flight part;
	int first = -ERR_MORE, r;

	for (size_t n = 0; n <= all.n; n++) {
		char *copy = malloc(n + 1); /* exact size, for the sanitizer */

		memcpy(copy, all.p, n);
		r = flight_parse(str_of(copy, n), &space, &part);
		free(copy);
		if (first == -ERR_MORE)
			first = r;
		else
			ck_assert_int_eq(r, first);
	}
	ck_assert_int_eq(flight_parse(all, &space, &f), first);
	return first;
}

START_TEST(x5_the_chain_of_tls_1_2_is_read_however_it_is_cut)
{
	static const size_t sizes[] = { 1, 7, 64, 16384 };

	hello(0x0303, STR("\xff\x01\x00\x01\x00"), sizes[_i]);
	certificates(3, STR("a certificate"), sizes[_i]);
	message(14, STR_NONE, 16384);
	ck_assert_int_eq(parse(), 0);
	ck_assert_int_eq(f.kind, FLIGHT_CHAIN);
	ck_assert_uint_eq(f.version, 0x0303);
	ck_assert_uint_eq(f.n, 3);
	ck_assert(str_eq(f.certs[2], STR("a certificate")));
}
END_TEST

START_TEST(x5_tls_1_3_hides_it)
{
	hello(0x0303, STR("\x00\x2b\x00\x02\x03\x04"), 16384);
	ck_assert_int_eq(parse(), 0);
	ck_assert_int_eq(f.kind, FLIGHT_HIDDEN);
}
END_TEST

START_TEST(x5_a_resumed_session_shows_none)
{
	hello(0x0303, STR_NONE, 16384);
	if (_i == 0)
		buf_append(&in, "\x14\x03\x03\x00\x01\x01", 6);
	else
		message(4, STR("a ticket"), 16384);
	ck_assert_int_eq(parse(), 0);
	ck_assert_int_eq(f.kind, FLIGHT_RESUMED);
}
END_TEST

START_TEST(an_alert_or_a_flight_without_certificates_shows_none)
{
	if (_i == 0) {
		buf_append(&in, "\x15\x03\x03\x00\x02\x02\x28", 7);
	} else {
		hello(0x0303, STR_NONE, 16384);
		if (_i == 1)
			message(12, STR("anonymous key exchange"), 16384);
		else
			certificates(0, STR_NONE, 16384);
	}
	ck_assert_int_eq(parse(), 0);
	ck_assert_int_eq(f.kind, FLIGHT_NONE);
}
END_TEST

START_TEST(what_is_malformed_is_an_error)
{
	static const struct {
		struct str bytes;
		int want;
	} rows[] = {
		{ { "HTTP/1.1", 8 }, -ERR_NOT_TLS },
		{ { "\x16\x02", 2 }, -ERR_MORE }, /* not a whole record header */
		{ { "\x16\x02\x00\x00\x05", 5 }, -ERR_NOT_TLS },
		{ { "\x16\x03\x03\xff\xff", 5 }, -ERR_TLS },
		{ { "\x16\x03\x03\x00\x00", 5 }, -ERR_TLS },		  /* empty */
		{ { "\x17\x03\x03\x00\x01x", 6 }, -ERR_TLS },		  /* data first */
		{ { "\x14\x03\x03\x00\x01\x01", 6 }, -ERR_TLS },	  /* ChangeCipherSpec first */
		{ { "\x16\x03\x03\x00\x01\x0b", 6 }, -ERR_TLS },	  /* Certificate first */
		{ { "\x16\x03\x03\x00\x04\x02\x00\x00\x00", 9 }, -ERR_TLS }, /* empty ServerHello */
	};

	ck_assert_int_eq(buf_str(&in, rows[_i].bytes), 0);
	ck_assert_int_eq(parse(), rows[_i].want);
}
END_TEST

START_TEST(lengths_that_do_not_fit_are_errors)
{
	struct buf b;

	buf_init(&b, 64);
	hello(0x0303, STR_NONE, 16384);
	put(&b, 5, 3); /* the list is longer than the message */
	put(&b, 9, 3);
	message(11, buf_view(&b), 16384);
	buf_free(&b);
	ck_assert_int_eq(parse(), -ERR_TLS);
}
END_TEST

START_TEST(too_many_or_too_large_certificates_meet_a_limit)
{
	char *big = calloc(1, SPACE + 1);

	hello(0x0303, STR_NONE, 16384);
	if (_i == 0)
		certificates(FLIGHT_CERTS_MAX + 1, STR("c"), 16384);
	else
		certificates(1, str_of(big, SPACE), 16384);
	ck_assert_int_eq(flight_parse(buf_view(&in), &space, &f), -ERR_LIMIT);
	free(big);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("flight");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, x5_the_chain_of_tls_1_2_is_read_however_it_is_cut, 0, 4);
	tcase_add_test(t, x5_tls_1_3_hides_it);
	tcase_add_loop_test(t, x5_a_resumed_session_shows_none, 0, 2);
	tcase_add_loop_test(t, an_alert_or_a_flight_without_certificates_shows_none, 0, 3);
	tcase_add_loop_test(t, what_is_malformed_is_an_error, 0, 9);
	tcase_add_test(t, lengths_that_do_not_fit_are_errors);
	tcase_add_loop_test(t, too_many_or_too_large_certificates_meet_a_limit, 0, 2);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
