/* SPDX-License-Identifier: BSD-2-Clause */
/* Origins with faults: choices, exceptions, what the configuration refuses; pure, with a clock. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/origin.h"
#include "policy/until.h"

#define NOW 1790000000 /* 2026-09-21 */
#define KEY_A "0102030405060708091011121314151617181920212223242526272829303132"
#define KEY_B "ff02030405060708091011121314151617181920212223242526272829303132"

enum {
	EXPIRED = TLS_ERROR_BIT(TLS_ERROR_EXPIRED),
	NOT_YET = TLS_ERROR_BIT(TLS_ERROR_NOT_YET),
	SELF = TLS_ERROR_BIT(TLS_ERROR_SELF_SIGNED),
	UNTRUSTED = TLS_ERROR_BIT(TLS_ERROR_UNTRUSTED),
	INCOMPLETE = TLS_ERROR_BIT(TLS_ERROR_INCOMPLETE),
	NAME = TLS_ERROR_BIT(TLS_ERROR_NAME),
	REVOKED = TLS_ERROR_BIT(TLS_ERROR_REVOKED),
	UNKNOWN = TLS_ERROR_BIT(TLS_ERROR_REVOCATION_UNKNOWN),
	WEAK = TLS_ERROR_BIT(TLS_ERROR_WEAK),
	OLD = TLS_ERROR_BIT(TLS_ERROR_OLD_PROTOCOL),
	INVALID = TLS_ERROR_BIT(TLS_ERROR_INVALID),
};

static const char conf[] =
    "tls: { faults: { weak: warn, revocation_unknown: accept }, refuse: page }\n"
    "origins:\n"
    "  - name: appliances\n"
    "    when: { host: [.appliance.example] }\n"
    "    faults: { self_signed: warn, wrong_name: warn, revocation_unknown: refuse }\n"
    "    refuse: alert\n"
    "  - name: old machines\n"
    "    when: { destination: [10.9.0.0/16], port: 8443 }\n"
    "    faults: { old_protocol: warn }\n"
    "  - name: late\n"
    "    when: { host: [.appliance.example] }\n"
    "    faults: { expired: warn }\n"
    "exceptions:\n"
    "  - name: old printer\n"
    "    host: [printer.example]\n"
    "    spki: \"" KEY_A "\"\n"
    "    errors: [self_signed, wrong_name, expired]\n"
    "    until: 2027-01-31\n"
    "    reason: is replaced in January\n"
    "  - name: over\n"
    "    host: over.example\n"
    "    errors: [expired]\n"
    "    until: 2026-09-01\n"
    "  - name: any key\n"
    "    host: [any.example]\n"
    "    port: 443\n"
    "    errors: [untrusted, old_protocol]\n"
    "    until: 2027-01-31T12:00:00+02:00\n"
    "  - name: by address\n"
    "    destination: [10.8.7.6]\n"
    "    errors: [wrong_name, weak]\n"
    "    until: 2027-01-31\n"
    "  - name: printer, second try\n"
    "    host: [printer.example]\n"
    "    spki: \"" KEY_B "\"\n"
    "    errors: [self_signed]\n"
    "    until: 2027-01-31\n";

static struct policy *load(const char *yaml, struct config_error *err)
{
	struct config *c = config_load(str_c(yaml), NULL, NULL, err);

	return c != NULL ? policy_new(c, err) : NULL;
}

static struct policy *good(const char *yaml)
{
	struct config_error err;
	struct policy *p = load(yaml, &err);
	char text[1024];

	if (p == NULL) {
		config_error_text(&err, "test.yaml", text, sizeof(text));
		ck_abort_msg("%s", text);
	}
	return p;
}

static struct facts facts_of(const char *host, const char *ip, uint16_t port)
{
	struct facts f = { .stage = STAGE_HELLO, .protocol = PROTOCOL_TLS, .host = str_c(host) };

	ck_assert(addr_parse(STR("10.0.0.1"), &f.client.ip));
	ck_assert(addr_parse(str_c(ip), &f.destination.ip));
	f.destination.port = port;
	return f;
}

struct row {
	const char *host, *ip;
	uint16_t port;
	const char *key; /* NULL: not known */
	int64_t now;
	uint32_t faults;
	enum fault_choice want;
	const char *by; /* the rule, or the exception */
	const char *near;
	enum exception_fails why;
};

#define ANY "10.1.1.1", 443, KEY_A, NOW
static const struct row rows[] = {
	/* X1: without a word of the operator every fault is refused, but for an unknown revocation. */
	{ "www.example", ANY, 0, FAULT_ACCEPT, NULL, NULL, 0 },
	{ "www.example", ANY, EXPIRED, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "www.example", ANY, NOT_YET, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "www.example", ANY, SELF, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "www.example", ANY, UNTRUSTED, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "www.example", ANY, INCOMPLETE, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "www.example", ANY, NAME, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "www.example", ANY, REVOKED, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "www.example", ANY, OLD, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "www.example", ANY, INVALID, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "www.example", ANY, UNKNOWN, FAULT_ACCEPT, NULL, NULL, 0 },
	/* X2: warn; the strictest fault counts. */
	{ "www.example", ANY, WEAK, FAULT_WARN, "tls.faults", NULL, 0 },
	{ "www.example", ANY, WEAK | UNKNOWN, FAULT_WARN, "tls.faults", NULL, 0 },
	{ "www.example", ANY, WEAK | EXPIRED, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "www.example", ANY, WEAK | INVALID, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "www.example", ANY, 1u << 31, FAULT_REFUSE, "tls.faults", NULL, 0 },
	/* The first entry of origins that holds; what it leaves open is tls.faults'. */
	{ "a.appliance.example", ANY, SELF, FAULT_WARN, "appliances", NULL, 0 },
	{ "a.appliance.example", ANY, SELF | NAME, FAULT_WARN, "appliances", NULL, 0 },
	{ "a.appliance.example", ANY, SELF | WEAK, FAULT_WARN, "appliances", NULL, 0 },
	{ "a.appliance.example", ANY, WEAK, FAULT_WARN, "tls.faults", NULL, 0 },
	{ "a.appliance.example", ANY, EXPIRED, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "a.appliance.example", ANY, UNKNOWN, FAULT_REFUSE, "appliances", NULL, 0 },
	{ "", "10.9.1.1", 8443, KEY_A, NOW, OLD, FAULT_WARN, "old machines", NULL, 0 },
	{ "", "10.9.1.1", 443, KEY_A, NOW, OLD, FAULT_REFUSE, "tls.faults", NULL, 0 },
	/* Exceptions: name, key, errors, end. */
	{ "printer.example", ANY, SELF, FAULT_ACCEPT, "old printer", NULL, 0 },
	{ "printer.example", ANY, SELF | NAME | EXPIRED, FAULT_ACCEPT, "old printer", NULL, 0 },
	{ "printer.example", ANY, SELF | UNKNOWN, FAULT_ACCEPT, "old printer", NULL, 0 },
	{ "printer.example", ANY, SELF | UNTRUSTED, FAULT_REFUSE, "tls.faults", "old printer", EXCEPTION_ERRORS },
	{ "printer.example", ANY, SELF | WEAK, FAULT_REFUSE, "tls.faults", "old printer", EXCEPTION_ERRORS },
	{ "printer.example", ANY, SELF | REVOKED, FAULT_REFUSE, "tls.faults", "old printer", EXCEPTION_ERRORS },
	{ "printer.example", ANY, SELF | INVALID, FAULT_REFUSE, "tls.faults", "old printer", EXCEPTION_ERRORS },
	{ "printer.example", "10.1.1.1", 443, NULL, NOW, SELF, FAULT_REFUSE, "tls.faults", "old printer", EXCEPTION_KEY },
	{ "printer.example", "10.1.1.1", 443, KEY_B, NOW, SELF, FAULT_ACCEPT, "printer, second try", NULL, 0 },
	{ "printer.example", "10.1.1.1", 443, KEY_B, NOW, NAME, FAULT_REFUSE, "tls.faults", "old printer", EXCEPTION_KEY },
	{ "a.printer.example", ANY, SELF, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "printer.example", "10.1.1.1", 443, KEY_A, 1801439999, SELF, FAULT_ACCEPT, "old printer", NULL, 0 },
	{ "printer.example", "10.1.1.1", 443, KEY_A, 1801440000, SELF, FAULT_REFUSE, "tls.faults", "old printer", EXCEPTION_OVER },
	{ "over.example", ANY, EXPIRED, FAULT_REFUSE, "tls.faults", "over", EXCEPTION_OVER },
	{ "any.example", "10.1.1.1", 443, NULL, NOW, OLD, FAULT_ACCEPT, "any key", NULL, 0 },
	{ "any.example", "10.1.1.1", 444, NULL, NOW, UNTRUSTED, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "", "10.8.7.6", 443, KEY_B, NOW, NAME, FAULT_ACCEPT, "by address", NULL, 0 },
	{ "www.example", "10.8.7.6", 443, KEY_B, NOW, NAME, FAULT_REFUSE, "tls.faults", NULL, 0 },
	{ "", "10.8.7.7", 443, KEY_B, NOW, NAME, FAULT_REFUSE, "tls.faults", NULL, 0 },
	/* Nothing to accept where nothing is refused. */
	{ "printer.example", ANY, UNKNOWN, FAULT_ACCEPT, NULL, NULL, 0 },
};

START_TEST(x1_x2_each_fault_gets_its_choice)
{
	const struct row *r = &rows[_i];
	struct policy *p = good(conf);
	struct facts f = facts_of(r->host, r->ip, r->port);
	unsigned char key[SPKI_DIGEST];
	struct origin_judgement j;

	ck_assert(r->key == NULL || digest_parse(str_c(r->key), key));
	j = policy_judge_origin(p, &f, r->faults, r->key != NULL ? key : NULL, r->now);
	ck_assert_str_eq(fault_choice_word(j.choice), fault_choice_word(r->want));
	if (r->want == FAULT_ACCEPT && r->by != NULL) {
		ck_assert_ptr_nonnull(j.exception);
		ck_assert_str_eq(j.exception->name, r->by);
	} else {
		ck_assert_ptr_null(j.exception);
	}
	if (r->want != FAULT_ACCEPT)
		ck_assert_str_eq(j.rule, r->by);
	ck_assert_str_eq(j.near != NULL ? j.near->name : "", r->near != NULL ? r->near : "");
	if (r->near != NULL)
		ck_assert_int_eq(j.near_why, r->why);
	policy_free(p);
}
END_TEST

START_TEST(how_a_refusal_is_told_is_chosen_like_the_rest)
{
	struct policy *p = good(conf), *q = good("");
	struct facts app = facts_of("x.appliance.example", "10.1.1.1", 443);
	struct facts other = facts_of("x.example", "10.1.1.1", 443);

	ck_assert_int_eq(policy_judge_origin(p, &app, EXPIRED, NULL, NOW).how, REFUSE_ALERT);
	ck_assert_int_eq(policy_judge_origin(p, &other, EXPIRED, NULL, NOW).how, REFUSE_PAGE);
	ck_assert_int_eq(policy_judge_origin(q, &other, EXPIRED, NULL, NOW).how, REFUSE_AUTO);
	policy_free(p);
	policy_free(q);
}
END_TEST

START_TEST(u1_old_protocols_are_offered_only_where_it_was_said_beforehand)
{
	static const struct {
		const char *host, *ip;
		uint16_t port;
		int64_t now;
		bool want;
	} table[] = {
		{ "www.example", "10.1.1.1", 443, NOW, false },
		{ "printer.example", "10.1.1.1", 443, NOW, false },
		{ "any.example", "10.1.1.1", 443, NOW, true },
		{ "any.example", "10.1.1.1", 444, NOW, false },
		{ "any.example", "10.1.1.1", 443, 1801389600, false }, /* its end */
		{ "any.example", "10.1.1.1", 443, 1801389599, true },
		{ "", "10.9.1.1", 8443, NOW, true },
		{ "", "10.9.1.1", 443, NOW, false },
	};
	struct policy *p = good(conf);
	struct facts f = facts_of(table[_i].host, table[_i].ip, table[_i].port);

	ck_assert_int_eq(policy_old_protocol(p, &f, table[_i].now), table[_i].want);
	policy_free(p);
}
END_TEST

#define E(rest) "exceptions:\n  - { name: x, host: a.example, errors: [expired], until: 2027-01-31" rest " }\n"
static const struct {
	const char *yaml, *token, *expected, *fix;
} wrongs[] = {
	{ "tls: { faults: { expired: accept } }\n", "accept", "refuse or warn for 'expired'", "exceptions:" },
	{ "tls: { faults: { invalid: warn } }\n", "invalid", "no choice", "always refused" },
	{ "tls: { faults: { selfsigned: warn } }\n", "selfsigned", "one of", "self_signed" },
	{ "tls: { faults: { expired: block } }\n", "block", "refuse, warn, accept", "did you mean refuse?" },
	{ "tls: { faults: { revocation_unknown: ignore } }\n", "ignore", "refuse, warn", "did you mean accept?" },
	{ "tls: { refuse: pages }\n", "pages", "auto, page, alert", "page" },
	{ "origins:\n  - faults: { expired: accept }\n", "accept", "refuse or warn", "exceptions:" },
	{ "origins:\n  - when: { path: /x }\n    faults: { expired: warn }\n", "/x", "no condition 'path'", "host" },
	{ "origins:\n  - when: { verdict: clean }\n", "clean", "no condition 'verdict'", "host" },
	{ "origins:\n  - { name: a }\n  - { name: a }\n", "a", "a name that no other", "" },
	{ "origins:\n  - when: { host: [\"*.x\"] }\n", "*.x", "", "" },
	{ "exceptions:\n  - { name: x, host: a.example, errors: [expired] }\n", "x", "'until'", "until:" },
	{ "exceptions:\n  - { host: a.example, errors: [expired], until: 2027-01-31 }\n", "rule", "'name'", "name:" },
	{ "exceptions:\n  - { name: x, host: a.example, until: 2027-01-31 }\n", "x", "'errors'", "errors:" },
	{ "exceptions:\n  - { name: x, errors: [expired], until: 2027-01-31 }\n", "host", "destination", "never for all" },
	{ "exceptions:\n  - { name: x, host: a.example, errors: [], until: 2027-01-31 }\n", "errors", "", "" },
	{ "exceptions:\n  - { name: x, host: a.example, errors: [expird], until: 2027-01-31 }\n", "expird", "one of", "expired" },
	{ "exceptions:\n  - { name: x, host: a.example, errors: [invalid], until: 2027-01-31 }\n", "invalid", "another fault", "always refused" },
	{ "exceptions:\n  - { name: x, host: a.example, errors: [expired], until: 2027-02-30 }\n", "2027-02-30", "a date", "2027-01-31" },
	{ "exceptions:\n  - { name: x, host: a.example, errors: [expired], until: never }\n", "never", "a date", "2027-01-31" },
	{ "exceptions:\n  - { name: x, host: a.example, errors: [expired], until: \"2027-01-31T10:00:00\" }\n", "2027-01-31T10:00:00", "zone", "" },
	{ E(", spki: abc"), "abc", "64 hexadecimal", "origin_spki" },
	{ E(", spki: sha256//AAAA"), "sha256//AAAA", "64 hexadecimal", "" },
	{ E("") "  - { name: x, host: b.example, errors: [expired], until: 2027-01-31 }\n", "x", "no other exception", "counted by name" },
	{ E(", client: 10.0.0.1"), "client", "one of", "" },
	{ E(", destination: printer"), "printer", "an address", "host" },
};

START_TEST(what_makes_no_sense_is_refused_with_a_way_out)
{
	struct config_error err = { 0 };
	struct policy *p = load(wrongs[_i].yaml, &err);

	ck_assert_msg(p == NULL, "row %d was taken", _i);
	ck_assert_msg(strcmp(err.token, wrongs[_i].token) == 0, "row %d: token '%s'", _i, err.token);
	ck_assert_msg(strstr(err.expected, wrongs[_i].expected) != NULL, "row %d: '%s'", _i, err.expected);
	ck_assert_msg(strstr(err.fix, wrongs[_i].fix) != NULL, "row %d: fix '%s'", _i, err.fix);
	ck_assert_uint_gt(err.line, 0);
}
END_TEST

static void join(void *arg, const char *text)
{
	strcat(arg, text);
	strcat(arg, "\n");
}

START_TEST(check_warns_of_what_is_over_ends_soon_or_has_no_key)
{
	struct policy *p = good(conf);
	char text[4096] = "";

	exceptions_warn(policy_config(p), NOW, true, join, text);
	ck_assert_ptr_nonnull(strstr(text, "'over' is over since 2026-09-02T00:00:00Z: it does nothing"));
	ck_assert_ptr_nonnull(strstr(text, "'any key' has no spki"));
	ck_assert_ptr_null(strstr(text, "'old printer'"));
	text[0] = '\0';
	exceptions_warn(policy_config(p), 1801440000 - 86400, false, join, text);
	ck_assert_ptr_nonnull(strstr(text, "'old printer' ends at 2027-02-01T00:00:00Z"));
	ck_assert_ptr_null(strstr(text, "spki"));
	policy_free(p);
}
END_TEST

static struct exception_use used(void *arg, const struct exception *e)
{
	(void)arg;
	return strcmp(e->name, "any key") == 0 ? (struct exception_use){ 7, NOW } :
						 (struct exception_use){ 0, 0 };
}

START_TEST(the_list_says_for_whom_how_long_and_how_often)
{
	struct policy *p = good(conf);
	struct buf out;

	buf_init(&out, 65536);
	exceptions_print(&out, policy_config(p), NOW, false, used, NULL);
	buf_append(&out, "", 1);
	ck_assert_ptr_nonnull(strstr(out.p, "any key\n  for      any.example, any key\n"));
	ck_assert_ptr_nonnull(strstr(out.p, "uses     7 since the gateway's start, last 2026-09-21"));
	ck_assert_ptr_nonnull(strstr(out.p, "forgives expired self_signed wrong_name\n"));
	ck_assert_ptr_nonnull(strstr(out.p, "2027-02-01T00:00:00Z, 132 days left"));
	ck_assert_ptr_nonnull(strstr(out.p, "over: it does nothing"));
	buf_free(&out);
	exceptions_print(&out, policy_config(p), NOW, true, NULL, NULL);
	buf_append(&out, "", 1);
	ck_assert_ptr_nonnull(strstr(out.p, "\"old printer\":{\"for\":\"printer.example\""));
	ck_assert_ptr_nonnull(strstr(out.p, KEY_A));
	ck_assert_ptr_null(strstr(out.p, "uses"));
	buf_free(&out);
	policy_free(p);
}
END_TEST

static const struct {
	const char *text;
	int64_t want; /* 0: malformed */
} dates[] = {
	{ "2027-01-31", 1801440000 },
	{ "2027-01-31T00:00:00Z", 1801353600 },
	{ "2027-01-31T12:00:00+02:00", 1801389600 },
	{ "2027-01-31 12:00:00.5-00:30", 1801398600 },
	{ "2028-02-29", 1835481600 },
	{ "2027-02-29", 0 },
	{ "2027-13-01", 0 },
	{ "2027-00-01", 0 },
	{ "2027-1-1", 0 },
	{ "27-01-31", 0 },
	{ "2027-01-31T", 0 },
	{ "2027-01-31T24:00:00Z", 0 },
	{ "2027-01-31T10:00Z", 0 },
	{ "2027-01-31T10:00:00", 0 },
	{ "2027-01-31T10:00:00.Z", 0 },
	{ "2027-01-31T10:00:00+2:00", 0 },
	{ "2027-01-31Z", 0 },
	{ "9999-01-01", 0 },
	{ "", 0 },
};

START_TEST(dates_are_read_as_rfc_3339_has_them)
{
	int64_t t = 0;
	char again[UNTIL_TEXT];

	ck_assert_int_eq(until_parse(str_c(dates[_i].text), &t), dates[_i].want != 0);
	ck_assert_int_eq(t, dates[_i].want);
	if (t == 0)
		return;
	until_text(t, again);
	ck_assert(until_parse(str_c(again), &t));
	ck_assert_int_eq(t, dates[_i].want);
}
END_TEST

START_TEST(digests_are_read_in_three_forms)
{
	static const char *const forms[] = {
		"0001020304050607fffefdfcfbfaf9f800112233445566778899AABBCCDDEEFF",
		"00:01:02:03:04:05:06:07:ff:fe:fd:fc:fb:fa:f9:f8:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
		"sha256//AAECAwQFBgf//v38+/r5+AARIjNEVWZ3iJmqu8zd7v8=",
		"SHA256//AAECAwQFBgf//v38+/r5+AARIjNEVWZ3iJmqu8zd7v8",
	};
	static const char *const bad[] = { "", "sha256//", "00", "sha256//AAECAwQFBgf//v38+/r5+AARIjNEVWZ3iJmqu8zd7v9",
		"g001020304050607fffefdfcfbfaf9f800112233445566778899AABBCCDDEEFF",
		"00-01:02:03:04:05:06:07:ff:fe:fd:fc:fb:fa:f9:f8:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff" };
	unsigned char first[DIGEST_BYTES], d[DIGEST_BYTES];

	ck_assert(digest_parse(str_c(forms[0]), first));
	ck_assert_uint_eq(first[8], 0xff);
	ck_assert_uint_eq(first[31], 0xff);
	for (size_t i = 1; i < 4; i++) {
		ck_assert_msg(digest_parse(str_c(forms[i]), d), "%s", forms[i]);
		ck_assert_mem_eq(first, d, sizeof(d));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!digest_parse(str_c(bad[i]), d), "%s", bad[i]);
}
END_TEST

START_TEST(explain_says_why_each_exception_does_not_help)
{
	struct policy *p = good(conf);
	struct facts f = facts_of("printer.example", "10.1.1.1", 443);
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	policy_explain_origin(out, p, &f, SELF | WEAK, NULL, NOW);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "self_signed: refuse by 'tls.faults'"));
	ck_assert_ptr_nonnull(strstr(text, "weak: warn by 'tls.faults'"));
	ck_assert_ptr_nonnull(strstr(text, "'old printer' (until 2027-02-01T00:00:00Z): it is for another key (none is given"));
	ck_assert_ptr_nonnull(strstr(text, "'any key': is not for this origin"));
	ck_assert_ptr_nonnull(strstr(text, "=> refuse by 'tls.faults', told by a page"));
	free(text);
	policy_free(p);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
	Suite *s = suite_create("origin");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, x1_x2_each_fault_gets_its_choice, 0, N(rows));
	tcase_add_test(t, how_a_refusal_is_told_is_chosen_like_the_rest);
	tcase_add_loop_test(t, u1_old_protocols_are_offered_only_where_it_was_said_beforehand, 0, 8);
	tcase_add_loop_test(t, what_makes_no_sense_is_refused_with_a_way_out, 0, N(wrongs));
	tcase_add_test(t, check_warns_of_what_is_over_ends_soon_or_has_no_key);
	tcase_add_test(t, the_list_says_for_whom_how_long_and_how_often);
	tcase_add_loop_test(t, dates_are_read_as_rfc_3339_has_them, 0, N(dates));
	tcase_add_test(t, digests_are_read_in_three_forms);
	tcase_add_test(t, explain_says_why_each_exception_does_not_help);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
