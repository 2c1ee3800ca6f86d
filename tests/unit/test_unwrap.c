/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about unwrapping alone, without an engine: what is wrapped comes out whole, wherever it lies. */
#include <stdlib.h>
#include <string.h>

#include "core/pack.h"
#include "scan_wrap.h"
#include "scanner/unwrap.h"

enum { DEPTH = 4, SEEDS = 40 };

/* What is looked for, and how often it was an object by itself; all objects. */
struct look {
	struct str needle;
	unsigned depth, whole, objects;
};

static void look_in(struct look *l, struct str in);

static bool on_found(void *arg, struct str bytes, char *own, bool guess)
{
	struct look *l = arg;

	(void)guess;
	l->objects++;
	l->whole += str_eq(bytes, l->needle);
	if (l->depth < DEPTH && l->whole == 0) {
		l->depth++;
		look_in(l, bytes);
		l->depth--;
	}
	free(own);
	return true;
}

static bool add_length(void *arg, struct str bytes, char *own, bool guess)
{
	(void)guess;
	*(uint64_t *)arg += bytes.n;
	free(own);
	return true;
}

static void look_in(struct look *l, struct str in)
{
	struct unwrap u = { .found = on_found, .arg = l };

	unwrap(&u, in);
	ck_assert(!u.short_of_memory);
}

static struct look look(struct str in, struct str needle)
{
	struct look l = { .needle = needle };

	look_in(&l, in);
	return l;
}

/* Bytes of any value: longer than what is searched together with others. */
static struct str some_bytes(char *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (char)wrap_random(256);
	return str_of(to, n);
}

/* libclamav takes these off: nothing to see here without it. */
static bool by_the_engine(const char *name)
{
	return strcmp(name, "gzip") == 0 || strcmp(name, "zip") == 0 || strcmp(name, "tar") == 0;
}

START_TEST(each_wrapping_comes_off_and_leaves_the_bytes_as_they_were)
{
	const struct wrapping *w = &wrappings[_i];
	static char bytes[9000];

	for (wrap_seed = 0; wrap_seed < SEEDS && !by_the_engine(w->name);) {
		uint64_t seed = wrap_seed;
		struct str needle = some_bytes(bytes, 1500 + wrap_random(7000));
		struct buf b;

		buf_init(&b, 64 << 20);
		w->wrap(&b, needle);
		ck_assert_msg(look(buf_view(&b), needle).whole > 0, "%s, seed %llu", w->name, (unsigned long long)seed);
		buf_free(&b);
		wrap_seed = seed + 1;
	}
}
END_TEST

static void frame(struct buf *b, struct str s)
{
	pack_u8(b, 0);
	for (int shift = 24; shift >= 0; shift -= 8)
		pack_u8(b, (uint8_t)(s.n >> shift));
	buf_str(b, s);
}

START_TEST(a_message_behind_thousands_of_others_is_an_object)
{
	static char bytes[2000];
	struct str needle = some_bytes(bytes, sizeof(bytes));

	for (int empty = 0; empty < 2; empty++) {
		struct buf b;

		buf_init(&b, 64 << 20);
		for (unsigned i = 0; i < 20000; i++)
			frame(&b, empty ? STR_NONE : STR("a small message"));
		frame(&b, needle);
		ck_assert_uint_eq(look(buf_view(&b), needle).whole, 1);
		buf_free(&b);
	}
}
END_TEST

START_TEST(zeros_are_no_messages)
{
	static char zeros[100000];

	ck_assert_uint_eq(look(str_of(zeros, sizeof(zeros)), STR("x")).objects, 0);
}
END_TEST

/* Compressed or encrypted: there is nothing in it to take out, and nothing to refuse it for. */
START_TEST(noise_is_no_text)
{
	enum { SIZE = 1 << 20, HEAD = 600 };
	char *bytes = malloc(SIZE);

	ck_assert_ptr_nonnull(bytes);
	for (uint64_t seed = 0; seed < 12; seed++) {
		uint64_t sum = 0;
		struct unwrap u = { .found = add_length, .arg = &sum };

		wrap_seed = seed;
		some_bytes(bytes, SIZE);
		for (size_t i = 0; i < HEAD; i++) /* one of eight has no zero there */
			bytes[i] = bytes[i] == 0 ? (char)(1 + wrap_random(255)) : bytes[i];
		unwrap(&u, str_of(bytes, SIZE));
		ck_assert_msg(sum < SIZE / 64, "seed %u: %u bytes", (unsigned)seed, (unsigned)sum);
	}
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("unwrap");
	TCase *t = tcase_create("unwrap");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, each_wrapping_comes_off_and_leaves_the_bytes_as_they_were, 0, WRAPPINGS);
	tcase_add_test(t, a_message_behind_thousands_of_others_is_an_object);
	tcase_add_test(t, zeros_are_no_messages);
	tcase_add_test(t, noise_is_no_text);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
