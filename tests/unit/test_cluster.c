/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaf keys of a cluster: the same everywhere, for one host and one day. */
#include <check.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/cluster.h"
#include "certs/signer.h"
#include "mitm/leaf_key.h"

enum { DAY20000 = 20000 };

struct derived {
	unsigned char key[CLUSTER_KEY], spki[CLUSTER_SPKI];
	int64_t until;
};

static char secret[32];
static const char *why;

static void setup(void)
{
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (char)i;
}

static struct derived derive(struct str of, bool is_ip, const char *host, int64_t now)
{
	struct cluster *c = cluster_new(of, &why);
	struct leaf_name n;
	struct derived d;

	ck_assert_msg(c != NULL, "%s", why);
	ck_assert_int_eq(leaf_name_set(&n, is_ip, str_c(host)), 0);
	ck_assert(cluster_key(c, &n, now, d.key, d.spki, &d.until));
	cluster_free(c);
	return d;
}

static bool same(const struct derived *a, const struct derived *b)
{
	bool keys = memcmp(a->key, b->key, CLUSTER_KEY) == 0;

	ck_assert_int_eq(keys, memcmp(a->spki, b->spki, CLUSTER_SPKI) == 0);
	return keys;
}

/* Computed by another implementation: HKDF-SHA-256, modulo n - 1, plus 1. */
static const struct {
	bool is_ip;
	const char *host, *want;
} known[] = {
	{ false, "www.example.org", "5aea17830aade1610df2276723ffa38c6093e3230724b74e88d38a14a5139b5e" },
	{ true, "192.0.2.7", "d8275565276f4a2b89b553d0b029900554265c3deeb972872d6ab5ee5eddd2c7" },
};

START_TEST(its_keys_are_those_of_every_other_version)
{
	struct derived d =
	    derive(str_of(secret, 32), known[_i].is_ip, known[_i].host, DAY20000 * 86400LL + 5);
	char hex[2 * CLUSTER_KEY + 1];

	for (size_t i = 0; i < CLUSTER_KEY; i++)
		snprintf(hex + 2 * i, 3, "%02x", d.key[i]);
	ck_assert_str_eq(hex, known[_i].want);
	ck_assert_int_eq(d.until, (DAY20000 + 1) * 86400LL);
}
END_TEST

START_TEST(k3_a_hosts_key_is_the_same_on_all_nodes_for_a_day)
{
	struct str s = str_of(secret, 32);
	int64_t t = DAY20000 * 86400LL;
	struct derived a = derive(s, false, "a.example", t), b = derive(s, false, "a.example", t + 86399);
	struct derived tomorrow = derive(s, false, "a.example", t + 86400);
	struct derived other = derive(s, false, "b.example", t), ip = derive(s, true, "192.0.2.7", t);
	struct derived longer;

	ck_assert(same(&a, &b));
	ck_assert(!same(&a, &tomorrow));
	ck_assert(!same(&a, &other));
	ck_assert(!same(&a, &ip));
	secret[31] ^= 1;
	longer = derive(s, false, "a.example", t);
	ck_assert(!same(&a, &longer));
}
END_TEST

START_TEST(a_short_secret_is_refused)
{
	ck_assert_ptr_null(cluster_new(str_of(secret, 31), &why));
	ck_assert_ptr_nonnull(strstr(why, "less than 32"));
}
END_TEST

/* The worker's side: number and certificate make a key that can sign for that certificate. */
START_TEST(k3_the_worker_gets_a_key_that_fits_its_leaf)
{
	struct derived d = derive(str_of(secret, 32), false, "a.example", DAY20000 * 86400LL);
	struct leaf_wish w = { .nnames = 1, .not_before = 0, .not_after = INT64_MAX };
	struct str spki = str_of((char *)d.spki, CLUSTER_SPKI);
	struct buf cert, key, der;
	char serial[CA_SERIAL_TEXT];
	struct leaf_key *k;
	struct leaf *l;
	struct ca *ca;
	int64_t end;

	buf_init(&cert, 16384);
	buf_init(&key, 16384);
	buf_init(&der, LEAF_DER_MAX);
	ck_assert_int_eq(ca_create("Test CA", time(NULL), &cert, &key), 0);
	ca = ca_new(buf_view(&cert), buf_view(&key), &why);
	leaf_name_set(&w.names[0], false, STR("a.example"));
	ck_assert_int_eq(ca_sign(ca, spki, &w, time(NULL), &der, &end, serial, &why), 0);
	l = leaf_new(buf_view(&der));
	k = leaf_key_of(str_of((char *)d.key, CLUSTER_KEY), l);
	ck_assert_ptr_nonnull(k);
	ck_assert(str_eq(leaf_key_spki(k), spki));
	leaf_use_key(l, k);
	leaf_key_free(k);
	ck_assert_ptr_null(leaf_key_of(str_of((char *)d.key, CLUSTER_KEY - 1), l));
	leaf_free(l);
	ca_free(ca);
	buf_free(&cert);
	buf_wipe(&key);
	buf_free(&der);
}
END_TEST

START_TEST(an_rsa_key_survives_its_way_from_the_maker)
{
	struct leaf_key *k = leaf_key_new(false), *got;
	struct buf der;

	buf_init(&der, LEAF_KEY_DER_MAX);
	ck_assert_int_eq(leaf_key_write(k, &der), 0);
	got = leaf_key_read(buf_view(&der));
	ck_assert_ptr_nonnull(got);
	ck_assert(str_eq(leaf_key_spki(k), leaf_key_spki(got)));
	ck_assert_ptr_null(leaf_key_read(STR("nonsense")));
	ck_assert_ptr_null(leaf_key_read(str_of(der.p, der.len - 1)));
	buf_wipe(&der);
	leaf_key_free(k);
	leaf_key_free(got);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cluster");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_loop_test(c, its_keys_are_those_of_every_other_version, 0, 2);
	tcase_add_test(c, k3_a_hosts_key_is_the_same_on_all_nodes_for_a_day);
	tcase_add_test(c, a_short_secret_is_refused);
	tcase_add_test(c, k3_the_worker_gets_a_key_that_fits_its_leaf);
	tcase_add_test(c, an_rsa_key_survives_its_way_from_the_maker);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
