/* SPDX-License-Identifier: BSD-2-Clause */
/* The leaf cache: who is found, who goes first, and that references come out even. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/leaf.h"
#include "core/err.h"

static int freed;

static void count_free(void *parsed)
{
	(void)parsed;
	freed++;
}

static struct leaf *new_leaf(const char *text)
{
	struct leaf *l = leaf_new(str_c(text));

	ck_assert_ptr_nonnull(l);
	l->parsed = l;
	l->free_parsed = count_free;
	return l;
}

static struct leaf_wish *wish(const char *name, unsigned char origin)
{
	static struct leaf_wish w;

	memset(&w, 0, sizeof(w));
	w.nnames = 1;
	ck_assert_int_eq(leaf_name_set(&w.names[0], false, str_c(name)), 0);
	w.origin[31] = origin;
	return &w;
}

static void put(struct leaf_cache *c, const char *name, unsigned char origin, bool ecdsa, int64_t end)
{
	struct leaf *l = new_leaf(name);

	leaf_cache_put(c, wish(name, origin), ecdsa, l, end);
	leaf_free(l);
}

static bool has(struct leaf_cache *c, const char *name, unsigned char origin, bool ecdsa, int64_t now)
{
	struct leaf *l = leaf_cache_get(c, wish(name, origin), ecdsa, now);
	bool found = l != NULL;

	leaf_free(l);
	return found;
}

START_TEST(x2_a_leaf_that_warns_is_never_found_for_one_that_does_not)
{
	struct leaf_cache *c = leaf_cache_new(8);
	struct leaf *l = new_leaf("warns");
	struct leaf_wish *w = wish("a.example", 1);

	w->untrusted = true;
	leaf_cache_put(c, w, true, l, 100);
	leaf_free(l);
	ck_assert(!has(c, "a.example", 1, true, 10));
	put(c, "a.example", 1, true, 100);
	ck_assert(has(c, "a.example", 1, true, 10));
	w = wish("a.example", 1);
	w->untrusted = true;
	l = leaf_cache_get(c, w, true, 10);
	ck_assert_ptr_nonnull(l);
	ck_assert_int_eq(memcmp(l->der, "warns", 5), 0);
	leaf_free(l);
	leaf_cache_free(c);
}
END_TEST

START_TEST(v18_a_leaf_is_found_by_origin_name_and_key_type)
{
	struct leaf_cache *c = leaf_cache_new(8);

	put(c, "a.example", 1, true, 100);
	ck_assert(has(c, "a.example", 1, true, 99));
	ck_assert(!has(c, "b.example", 1, true, 99));
	ck_assert(!has(c, "a.example", 2, true, 99));
	ck_assert(!has(c, "a.example", 1, false, 99));
	leaf_cache_free(c);
}
END_TEST

START_TEST(a_leaf_past_its_life_is_not_found_and_freed)
{
	struct leaf_cache *c = leaf_cache_new(8);

	freed = 0;
	put(c, "a.example", 1, true, 100);
	ck_assert(!has(c, "a.example", 1, true, 100));
	ck_assert_int_eq(freed, 1);
	ck_assert(!has(c, "a.example", 1, true, 50));
	leaf_cache_free(c);
}
END_TEST

START_TEST(the_least_recently_used_goes_first)
{
	struct leaf_cache *c = leaf_cache_new(3);

	put(c, "a.example", 0, true, 100);
	put(c, "b.example", 0, true, 100);
	put(c, "c.example", 0, true, 100);
	ck_assert(has(c, "a.example", 0, true, 1));
	put(c, "d.example", 0, true, 100);
	ck_assert(has(c, "a.example", 0, true, 1));
	ck_assert(!has(c, "b.example", 0, true, 1));
	ck_assert(has(c, "c.example", 0, true, 1));
	ck_assert(has(c, "d.example", 0, true, 1));
	leaf_cache_free(c);
}
END_TEST

START_TEST(a_second_put_replaces_the_first)
{
	struct leaf_cache *c = leaf_cache_new(3);
	struct leaf *l;

	freed = 0;
	put(c, "a.example", 0, true, 100);
	put(c, "a.example", 0, true, 200);
	ck_assert_int_eq(freed, 1);
	l = leaf_cache_get(c, wish("a.example", 0), true, 150);
	ck_assert_ptr_nonnull(l);
	leaf_cache_free(c);
	ck_assert_int_eq(freed, 1); /* ours is still alive */
	leaf_free(l);
	ck_assert_int_eq(freed, 2);
}
END_TEST

START_TEST(a_full_cache_stays_full_and_frees_the_rest)
{
	struct leaf_cache *c = leaf_cache_new(100);
	int found = 0;
	char name[32];

	freed = 0;
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "n%d.example", i);
		put(c, name, (unsigned char)i, i & 1, 100);
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "n%d.example", i);
		found += has(c, name, (unsigned char)i, i & 1, 1);
	}
	ck_assert_int_eq(found, 100);
	leaf_cache_clear(c);
	ck_assert_int_eq(freed, 5000);
	ck_assert(!has(c, "n4999.example", 4999 & 255, true, 1));
	leaf_cache_free(c);
}
END_TEST

START_TEST(empty_and_huge_leaves_are_refused)
{
	char *big = calloc(1, LEAF_DER_MAX + 1);

	ck_assert_ptr_null(leaf_new(STR_NONE));
	ck_assert_ptr_null(leaf_new(str_of(big, LEAF_DER_MAX + 1)));
	leaf_free(NULL);
	ck_assert_ptr_null(leaf_ref(NULL));
	free(big);
}
END_TEST

static const struct {
	bool is_ip;
	const char *text;
	bool good;
} names[] = {
	{ false, "example.org", true },
	{ false, "*.example.org", true },
	{ false, "localhost", true },
	{ false, "_dmarc.example.org", true },
	{ false, "xn--bcher-kva.example", true },
	{ false, "a-b.c3", true },
	{ false, "1.2.3.com", true },
	{ false, "", false },
	{ false, "*", false },
	{ false, "*.", false },
	{ false, "**.example.org", false },
	{ false, "a.*.example.org", false },
	{ false, "f*.example.org", false },
	{ false, "Example.org", false },
	{ false, "example.org.", false },
	{ false, ".example.org", false },
	{ false, "a..b", false },
	{ false, "-a.example", false },
	{ false, "a-.example", false },
	{ false, "a b.example", false },
	{ false, "a\n.example", false },
	{ false, "b\xc3\xbc" "cher.example", false },
	{ false, "a,DNS:evil.example", false },
	{ false, "192.0.2.1", false },
	{ false, "example.123", false },
	{ false, "2001:db8::1", false },
	{ true, "192.0.2.1", true },
	{ true, "2001:db8::1", true },
	{ true, "192.0.2.1/8", false },
	{ true, "192.0.2", false },
	{ true, "fe80::1%eth0", false },
	{ true, "example.org", false },
	{ true, "", false },
};

START_TEST(names_are_strict)
{
	struct leaf_name n = { .text = "before" };
	int r = leaf_name_set(&n, names[_i].is_ip, str_c(names[_i].text));

	ck_assert_msg((r == 0) == names[_i].good, "'%s'", names[_i].text);
	ck_assert_str_eq(n.text, names[_i].good ? names[_i].text : "before");
	if (!names[_i].good)
		ck_assert_int_eq(r, -ERR_CERT_NAME);
}
END_TEST

START_TEST(lengths_of_names_and_labels_are_bounded)
{
	char s[300];
	struct leaf_name n;

	memset(s, 'a', sizeof(s));
	ck_assert_int_eq(leaf_name_set(&n, false, str_of(s, 63)), 0);
	ck_assert_int_lt(leaf_name_set(&n, false, str_of(s, 64)), 0);
	for (size_t i = 50; i < sizeof(s); i += 50)
		s[i] = '.';
	ck_assert_int_eq(leaf_name_set(&n, false, str_of(s, 253)), 0);
	ck_assert_int_lt(leaf_name_set(&n, false, str_of(s, 254)), 0);
	ck_assert_int_lt(leaf_name_set(&n, false, STR("a\0b")), 0);
	ck_assert_int_lt(leaf_name_set(&n, true, STR("::1\0")), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("leaf_cache");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, v18_a_leaf_is_found_by_origin_name_and_key_type);
	tcase_add_test(c, x2_a_leaf_that_warns_is_never_found_for_one_that_does_not);
	tcase_add_test(c, a_leaf_past_its_life_is_not_found_and_freed);
	tcase_add_test(c, the_least_recently_used_goes_first);
	tcase_add_test(c, a_second_put_replaces_the_first);
	tcase_add_test(c, a_full_cache_stays_full_and_frees_the_rest);
	tcase_add_test(c, empty_and_huge_leaves_are_refused);
	tcase_add_loop_test(c, names_are_strict, 0, sizeof(names) / sizeof(names[0]));
	tcase_add_test(c, lengths_of_names_and_labels_are_bounded);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
