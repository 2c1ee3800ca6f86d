/* SPDX-License-Identifier: BSD-2-Clause */
/* What is learned of clients that refuse our certificates, and what never is. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/known.h"
#include "gateway/learned.h"

static struct limits limits;
static struct learned *table;

static void setup(void)
{
	limits_default(&limits);
	table = learned_new();
	ck_assert_ptr_nonnull(table);
}

static void teardown(void)
{
	learned_free(table);
}

static struct learned_fact fact(const char *client, const char *name)
{
	struct learned_fact f = { .kind = LEARNED_PINNED, .alert = 48, .destination = { .port = 443 } };

	ck_assert(addr_parse(str_c(client), &f.client.ip));
	ck_assert(addr_parse(STR("192.0.2.1"), &f.destination.ip));
	snprintf(f.name, sizeof(f.name), "%s", name);
	return f;
}

static struct learned_entry *refuse(const char *client, const char *name, uint64_t now)
{
	struct learned_fact f = fact(client, name);

	return learned_refused(table, &limits, &f, now);
}

static unsigned entries(void)
{
	struct learned_entry *e = NULL;
	unsigned n = 0;

	while ((e = learned_next(table, e)) != NULL)
		n++;
	return n;
}

START_TEST(x4_only_alerts_about_certificates_are_refusals)
{
	static const unsigned yes[] = { 42, 43, 46, 48 };

	for (unsigned alert = 1; alert < 256; alert++) {
		struct learned_end e = { .cert_sent = true, .closed = true, .alert = alert };
		bool want = false;

		for (size_t i = 0; i < 4; i++)
			want |= alert == yes[i];
		ck_assert_msg(learned_is_refusal(&e) == want, "alert %u", alert);
		e.done = true; /* TLS 1.3: the alert comes after the handshake */
		ck_assert_msg(learned_is_refusal(&e) == want, "late alert %u", alert);
		e.data = 1;
		ck_assert(!learned_is_refusal(&e));
		e = (struct learned_end){ .closed = true, .alert = alert }; /* before ours was sent */
		ck_assert(!learned_is_refusal(&e));
	}
}
END_TEST

START_TEST(x4_a_close_right_after_the_certificate_is_a_refusal)
{
	struct learned_end e = { .cert_sent = true, .closed = true };

	ck_assert(learned_is_refusal(&e));
	e.closed = false; /* a timeout of ours */
	ck_assert(!learned_is_refusal(&e));
	e = (struct learned_end){ .cert_sent = true, .closed = true, .done = true, .since = 100 };
	ck_assert(learned_is_refusal(&e));
	e.since = 30000; /* a connection made in advance and not used */
	ck_assert(!learned_is_refusal(&e));
	e.since = 100;
	e.data = 1;
	ck_assert(!learned_is_refusal(&e));
}
END_TEST

START_TEST(x4_two_refusals_of_one_client_and_name_within_the_window)
{
	struct learned_entry *e;

	ck_assert_ptr_null(refuse("10.0.0.1", "a.example", 1000));
	ck_assert_ptr_null(refuse("10.0.0.2", "a.example", 1001)); /* another client */
	ck_assert_ptr_null(refuse("10.0.0.1", "b.example", 1002)); /* another name */
	e = refuse("10.0.0.1", "a.example", 1003);
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(e->state, LEARNED_ASKED);
	ck_assert_uint_eq(e->count, 2);
	ck_assert_ptr_null(refuse("10.0.0.1", "a.example", 1004)); /* told once */
	ck_assert_ptr_null(refuse("10.0.0.1", "b.example", 1002 + limits.pinning_window + 1));
	ck_assert_ptr_nonnull(refuse("10.0.0.1", "b.example", 1002 + limits.pinning_window + 2));
}
END_TEST

START_TEST(x4_what_worked_once_is_no_pinning)
{
	struct learned_fact f = fact("10.0.0.1", "a.example"), other = fact("10.0.0.2", "a.example");

	refuse("10.0.0.1", "a.example", 1);
	ck_assert_ptr_nonnull(refuse("10.0.0.1", "a.example", 2));
	ck_assert_int_eq(learned_trusted(table, &other.client, STR("a.example")), LEARNED_FREE);
	ck_assert_int_eq(learned_trusted(table, &f.client, STR("b.example")), LEARNED_FREE);
	ck_assert_int_eq(learned_trusted(table, &f.client, STR("a.example")), LEARNED_ASKED);
	ck_assert_uint_eq(entries(), 0);
}
END_TEST

START_TEST(x4_a_bypass_and_a_candidate_end)
{
	struct learned_entry *e;

	refuse("10.0.0.1", "a.example", 1);
	e = refuse("10.0.0.1", "a.example", 2);
	e->state = LEARNED_BYPASS;
	e->until = 2 + limits.pinning_bypass;
	ck_assert_uint_le(limits.pinning_bypass, 24 * 3600 * 1000);
	learned_expire(table, &limits, e->until - 1);
	ck_assert_uint_eq(entries(), 1);
	learned_expire(table, &limits, e->until);
	ck_assert_uint_eq(entries(), 0);
	refuse("10.0.0.1", "a.example", 1);
	learned_expire(table, &limits, 1 + limits.pinning_window + 1);
	ck_assert_uint_eq(entries(), 0);
	refuse("10.0.0.1", "a.example", 1);
	e = refuse("10.0.0.1", "a.example", 2);
	e->state = LEARNED_CANDIDATE;
	learned_expire(table, &limits, 24 * 3600 * 1000);
	ck_assert_uint_eq(entries(), 1);
	learned_expire(table, &limits, 24 * 3600 * 1000 + 10);
	ck_assert_uint_eq(entries(), 0);
}
END_TEST

START_TEST(x4_an_origin_that_insists_is_a_candidate_at_once_whoever_asks)
{
	struct learned_fact f = fact("10.0.0.1", "bank.example");
	struct learned_entry *e;

	f.kind = LEARNED_CLIENT_CERT;
	f.alert = 116;
	e = learned_refused(table, &limits, &f, 1);
	ck_assert_int_eq(e->state, LEARNED_CANDIDATE);
	f.client = fact("10.0.0.2", "").client;
	ck_assert_ptr_null(learned_refused(table, &limits, &f, 2));
	ck_assert_uint_eq(entries(), 1);
	f.destination.port = 8443;
	ck_assert_ptr_nonnull(learned_refused(table, &limits, &f, 3));
}
END_TEST

START_TEST(x4_one_client_cannot_drive_out_others)
{
	struct learned_entry *e;
	char name[32];

	refuse("10.0.0.1", "a.example", 1);
	e = refuse("10.0.0.1", "a.example", 2);
	e->state = LEARNED_BYPASS;
	e->until = 1000000;
	for (unsigned i = 0; i < 5000; i++) { /* a /64 of IPv6 is one client */
		char client[64];

		snprintf(client, sizeof(client), "fd77::%x", i % 999);
		snprintf(name, sizeof(name), "n%u.example", i);
		refuse(client, name, 10 + i);
	}
	ck_assert_uint_eq(entries(), 1 + LEARNED_EACH_CLIENT);
	for (unsigned i = 0; i < 3000; i++) { /* many clients: what is in force stays */
		char client[64];

		snprintf(client, sizeof(client), "10.%u.%u.9", 1 + i / 250, i % 250);
		refuse(client, "x.example", 20000 + i);
	}
	ck_assert_uint_eq(entries(), LEARNED_MOST);
	ck_assert_int_eq(e->state, LEARNED_BYPASS);
	ck_assert_str_eq(e->fact.name, "a.example");
	for (unsigned i = 0; i < 100; i++) { /* its own entries give way, what is in force last */
		snprintf(name, sizeof(name), "n%u.example", i);
		refuse("10.0.0.1", name, 30000 + i);
	}
	ck_assert_int_eq(e->state, LEARNED_BYPASS);
}
END_TEST

START_TEST(what_is_known_is_known_until_its_time_and_under_its_own_text)
{
	struct known *k = known_new(4);
	char text[16];

	known_put(k, "a", 10);
	ck_assert(known_has(k, "a", 9));
	ck_assert(!known_has(k, "a", 10));
	ck_assert(!known_has(k, "b", 9));
	for (int i = 0; i < 100; i++) { /* collisions replace, never match */
		snprintf(text, sizeof(text), "t%d", i);
		known_put(k, text, 1000);
		ck_assert(known_has(k, text, 1));
		snprintf(text, sizeof(text), "u%d", i);
		ck_assert(!known_has(k, text, 1));
	}
	known_put(k, "a", 10);
	known_forget(k, "a");
	ck_assert(!known_has(k, "a", 1));
	known_clear(k);
	known_free(k);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("learned");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, x4_only_alerts_about_certificates_are_refusals);
	tcase_add_test(t, x4_a_close_right_after_the_certificate_is_a_refusal);
	tcase_add_test(t, x4_two_refusals_of_one_client_and_name_within_the_window);
	tcase_add_test(t, x4_what_worked_once_is_no_pinning);
	tcase_add_test(t, x4_a_bypass_and_a_candidate_end);
	tcase_add_test(t, x4_an_origin_that_insists_is_a_candidate_at_once_whoever_asks);
	tcase_add_test(t, x4_one_client_cannot_drive_out_others);
	tcase_add_test(t, what_is_known_is_known_until_its_time_and_under_its_own_text);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
