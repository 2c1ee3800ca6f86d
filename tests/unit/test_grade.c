/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of the grade, and what became of post-quantum key agreement: pure tables. */
#include <check.h>
#include <stdlib.h>

#include "core/err.h"
#include "mitm/grade.h"

#define MODERN                                                                                     \
	{                                                                                          \
		.version = 0x0304, .bits = 128, .key_bits = 128, .aead = true,                     \
		.forward_secrecy = true                                                            \
	}
#define BIT(e) TLS_ERROR_BIT(TLS_ERROR_##e)

enum leg { NEITHER, CLIENT, ORIGIN };

/* One departure from a modern connection, on one leg. */
static const struct row {
	enum leg leg;
	uint16_t version, bits, key_bits;
	bool no_aead, no_secrecy;
	uint32_t accepted;
	enum tls_pq pq;
	enum grade want;
	const char *rule;
} rows[] = {
	{ .want = GRADE_A, .rule = "modern" },
	{ .leg = CLIENT, .version = 0x0303, .want = GRADE_A, .rule = "modern" },
	{ .leg = ORIGIN, .version = 0x0303, .want = GRADE_A, .rule = "modern" },
	{ .leg = ORIGIN, .bits = 256, .want = GRADE_A, .rule = "modern" },
	{ .leg = ORIGIN, .key_bits = 112, .want = GRADE_A, .rule = "modern" },
	{ .pq = TLS_PQ_BOTH, .want = GRADE_A, .rule = "modern" },
	{ .pq = TLS_PQ_ORIGIN_LACKS, .want = GRADE_A, .rule = "modern" },
	{ .pq = TLS_PQ_LOST, .want = GRADE_B, .rule = "post_quantum_lost" },
	{ .accepted = BIT(REVOCATION_UNKNOWN), .want = GRADE_B, .rule = "revocation_unknown" },
	{ .leg = ORIGIN, .no_aead = true, .want = GRADE_B, .rule = "no_aead" },
	{ .leg = CLIENT, .no_aead = true, .want = GRADE_B, .rule = "no_aead" },
	{ .leg = ORIGIN, .no_secrecy = true, .want = GRADE_B, .rule = "no_forward_secrecy" },
	{ .leg = ORIGIN, .bits = 112, .want = GRADE_C, .rule = "weak_cipher" },
	{ .leg = ORIGIN, .key_bits = 80, .want = GRADE_C, .rule = "weak_key" },
	{ .accepted = BIT(WEAK), .want = GRADE_C, .rule = "weak_key" },
	{ .leg = ORIGIN, .version = 0x0302, .want = GRADE_C, .rule = "old_protocol" },
	{ .leg = CLIENT, .version = 0x0301, .want = GRADE_C, .rule = "old_protocol" },
	{ .accepted = BIT(OLD_PROTOCOL), .want = GRADE_C, .rule = "old_protocol" },
	{ .leg = ORIGIN, .bits = 56, .want = GRADE_F, .rule = "no_encryption" },
	{ .accepted = BIT(EXPIRED), .want = GRADE_F, .rule = "not_verified" },
	{ .accepted = BIT(NOT_YET), .want = GRADE_F, .rule = "not_verified" },
	{ .accepted = BIT(SELF_SIGNED), .want = GRADE_F, .rule = "not_verified" },
	{ .accepted = BIT(UNTRUSTED), .want = GRADE_F, .rule = "not_verified" },
	{ .accepted = BIT(INCOMPLETE), .want = GRADE_F, .rule = "not_verified" },
	{ .accepted = BIT(NAME), .want = GRADE_F, .rule = "not_verified" },
	{ .accepted = BIT(REVOKED), .want = GRADE_F, .rule = "not_verified" },
	{ .accepted = BIT(INVALID), .want = GRADE_F, .rule = "not_verified" },
	{ .accepted = BIT(WEAK) | BIT(NAME), .want = GRADE_F, .rule = "not_verified" },
	{ .accepted = BIT(WEAK), .pq = TLS_PQ_LOST, .want = GRADE_C, .rule = "weak_key" },
};

START_TEST(the_worst_rule_that_holds_gives_the_grade)
{
	const struct row *r = &rows[_i];
	struct tls_facts client = MODERN, origin = MODERN;
	struct tls_facts *l = r->leg == CLIENT ? &client : &origin;
	const char *rule = NULL;
	enum grade got;

	l->version = r->version != 0 ? r->version : l->version;
	l->bits = r->bits != 0 ? r->bits : l->bits;
	l->key_bits = r->key_bits != 0 ? r->key_bits : l->key_bits;
	l->aead = !r->no_aead;
	l->forward_secrecy = !r->no_secrecy;
	got = tls_grade(
	    &(struct grade_facts){
		.accepted = r->accepted, .client = &client, .origin = &origin, .pq = r->pq },
	    &rule);
	ck_assert_msg(got == r->want, "row %d: %s by %s", _i, grade_word(got), rule);
	ck_assert_str_eq(rule, r->rule);
}
END_TEST

/* A fault that is added to the closed set must not become an A by being forgotten here. */
START_TEST(no_accepted_fault_is_graded_a)
{
	struct tls_facts leg = MODERN;
	const char *rule;

	for (unsigned e = 0; e < TLS_ERROR_COUNT; e++)
		ck_assert_int_ne(tls_grade(&(struct grade_facts){ TLS_ERROR_BIT(e), &leg, &leg, 0 },
				     &rule),
		    GRADE_A);
}
END_TEST

START_TEST(rules_go_from_worst_to_best_and_have_their_sentence)
{
	const char *name, *doc;
	enum grade grade, before = GRADE_F;
	unsigned i = 0;

	for (; grade_rule(i, &name, &grade, &doc); i++) {
		ck_assert_int_le(grade, before);
		ck_assert_uint_gt(strlen(doc), 20);
		before = grade;
	}
	ck_assert_uint_gt(i, 5);
	ck_assert_int_eq(before, GRADE_A);
	ck_assert_str_eq(grade_word(GRADE_A), "A");
	ck_assert_str_eq(grade_word(GRADE_F), "F");
	ck_assert_ptr_null(grade_word(GRADE_NONE));
	ck_assert_ptr_null(grade_word((enum grade)99));
}
END_TEST

START_TEST(u8_post_quantum_is_lost_only_where_the_gateway_is_why)
{
	static const struct {
		bool offered, ours, client, origin;
		enum tls_pq want;
	} pq[] = {
		{ false, false, false, false, TLS_PQ_NONE },
		{ false, true, false, true, TLS_PQ_NONE },
		{ true, true, true, true, TLS_PQ_BOTH },
		{ true, true, false, false, TLS_PQ_ORIGIN_LACKS },
		{ true, true, true, false, TLS_PQ_ORIGIN_LACKS },
		{ true, true, false, true, TLS_PQ_LOST }, /* another of these groups */
		{ true, false, false, false, TLS_PQ_LOST },
	};

	for (size_t i = 0; i < sizeof(pq) / sizeof(pq[0]); i++) {
		struct tls_facts client = MODERN, origin = MODERN;

		client.post_quantum = pq[i].client;
		origin.post_quantum = pq[i].origin;
		ck_assert_msg(tls_pq(pq[i].offered, pq[i].ours, &client, &origin) == pq[i].want,
		    "row %zu", i);
	}
	ck_assert_ptr_null(tls_pq_word(TLS_PQ_NONE));
	ck_assert_str_eq(tls_pq_word(TLS_PQ_LOST), "lost");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grade");
	TCase *t = tcase_create("grade");
	SRunner *r;
	int failed;

	tcase_add_loop_test(
	    t, the_worst_rule_that_holds_gives_the_grade, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, no_accepted_fault_is_graded_a);
	tcase_add_test(t, rules_go_from_worst_to_best_and_have_their_sentence);
	tcase_add_test(t, u8_post_quantum_is_lost_only_where_the_gateway_is_why);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
