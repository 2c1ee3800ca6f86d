/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What detectors are shown: every object at any depth, once each, with its place and kind; and what of
 * that the verdict says. The engine runs within the test, without isolation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan_wrap.h"
#include "scanner/engine.h"

enum { SHOWN_MOST = 64 };

static const char csv[] = "name,number\nfirst,1001\nsecond,1002\nthird,1003\nfourth,1004\nfifth,1005\nsixth,1006\n";

struct notes {
	unsigned n;
	struct note {
		char path[INNER_PATH];
		enum kind kind;
		unsigned depth;
		size_t bytes;
		bool wanted; /* holds the text above and nothing else */
	} of[SHOWN_MOST];
};

static void note(void *self, const struct inner *i, struct str bytes)
{
	struct notes *s = self;
	struct note *to = &s->of[s->n];

	ck_assert_uint_lt(s->n, SHOWN_MOST);
	ck_assert_int_eq(str_copy(i->path, to->path, sizeof(to->path)), 0);
	to->kind = i->kind;
	to->depth = i->depth;
	to->bytes = bytes.n;
	to->wanted = str_eq(bytes, STR(csv));
	s->n++;
}

/* What libclamav has of its own until the process ends. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libclamav\n";
}

__attribute__((visibility("default"))) const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

static char scratch[] = "/tmp/test-detect.XXXXXX";

static void remove_scratch(void)
{
	rmdir(scratch);
}

static struct engine *engine(void)
{
	static struct limits limits;
	static struct engine *e;
	struct engine_place at = { .scratch = scratch };
	struct sigset set;

	if (e != NULL)
		return e;
	limits_default(&limits);
	ck_assert_ptr_nonnull(mkdtemp(scratch));
	e = engine_load(&at, &limits, &set);
	ck_assert_msg(e != NULL, "%s", set.why);
	return e;
}

static void scan(struct buf *b, struct notes *s, struct verdict *v)
{
	const struct detector d = { .object = note, .self = s };

	*s = (struct notes){ 0 };
	engine_scan_with(engine(), buf_view(b), &d, 1, v);
	buf_free(b);
}

static unsigned times_wanted(const struct notes *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n += s->of[i].wanted;
	return n;
}

static const struct note *wanted(const struct notes *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->of[i].wanted)
			return &s->of[i];
	return NULL;
}

static void docx_of(struct buf *b, struct str name, struct str bytes)
{
	struct zip_member m[] = {
		{ .name = STR("[Content_Types].xml"), .bytes = STR("<?xml version=\"1.0\"?><Types/>") },
		{ .name = STR("word/document.xml"), .bytes = STR("<?xml version=\"1.0\"?><w:document/>") },
		{ .name = name, .bytes = bytes },
	};

	zip_make(b, m, 3);
}

/* A text in a zip in a tar in a gzip in a docx. */
static void nest(struct buf *b)
{
	struct zip_member m = { .name = STR("numbers.csv"), .bytes = STR(csv) };
	struct buf zip, tar, gz;

	buf_init(&zip, 1 << 20);
	buf_init(&tar, 1 << 20);
	buf_init(&gz, 1 << 20);
	buf_init(b, 1 << 20);
	zip_make(&zip, &m, 1);
	in_tar(&tar, buf_view(&zip));
	gzip_make(&gz, buf_view(&tar));
	docx_of(b, STR("word/embeddings/data.tar.gz"), buf_view(&gz));
	buf_free(&zip);
	buf_free(&tar);
	buf_free(&gz);
}

START_TEST(nested_archives_are_shown_to_their_ends_once_each)
{
	struct notes s;
	struct verdict v;
	struct buf b;
	const struct note *n;

	nest(&b);
	scan(&b, &s, &v);
	ck_assert_int_eq(v.class, VERDICT_CLEAN);
	ck_assert_uint_eq(times_wanted(&s), 1);
	n = wanted(&s);
	ck_assert_str_eq(n->path, "docx/data.tar.gz/tar/x.bin/numbers.csv");
	ck_assert_int_eq(n->kind, KIND_TEXT);
	ck_assert_uint_eq(n->depth, 4);
	ck_assert_str_eq(s.of[0].path, "docx");
	ck_assert_uint_eq(s.of[0].depth, 0);
	for (unsigned i = 0; i < s.n; i++)
		for (unsigned k = 0; k < i; k++)
			ck_assert_msg(strcmp(s.of[i].path, s.of[k].path) != 0, "%s twice", s.of[i].path);
}
END_TEST

START_TEST(the_verdict_says_what_is_in_it)
{
	struct notes s;
	struct verdict v;
	struct buf b;
	uint64_t bytes = 0;

	nest(&b);
	scan(&b, &s, &v);
	ck_assert_int_eq(v.kind, KIND_DOCUMENT);
	ck_assert_str_eq(v.type, "docx");
	ck_assert_uint_eq(v.kinds, KIND_BIT(KIND_DOCUMENT) | KIND_BIT(KIND_MARKUP) | KIND_BIT(KIND_ARCHIVE) | KIND_BIT(KIND_TEXT));
	for (unsigned i = 0; i < s.n; i++)
		bytes += s.of[i].bytes;
	ck_assert_uint_eq(v.objects, s.n);
	ck_assert_uint_eq(v.object_bytes, bytes);
}
END_TEST

START_TEST(each_way_of_wrapping_shows_the_object_once)
{
	struct notes s;
	struct verdict v;
	struct buf b;

	for (size_t w = 0; w < sizeof(wrappings) / sizeof(wrappings[0]); w++)
		for (uint64_t seed = 1; seed <= 2; seed++) {
			wrap_seed = seed;
			buf_init(&b, 1 << 20);
			wrappings[w].wrap(&b, STR(csv));
			scan(&b, &s, &v);
			ck_assert_msg(times_wanted(&s) == 1, "%s, seed %u: %u times", wrappings[w].name,
			    (unsigned)seed, times_wanted(&s));
		}
}
END_TEST

/* One file in two members. */
START_TEST(the_same_content_counts_once)
{
	struct zip_member m[] = { { .name = STR("a.csv"), .bytes = STR(csv) },
		{ .name = STR("b.csv"), .bytes = STR(csv) } };
	struct notes s;
	struct verdict v;
	struct buf b;

	buf_init(&b, 1 << 20);
	zip_make(&b, m, 2);
	scan(&b, &s, &v);
	ck_assert_uint_eq(times_wanted(&s), 1);
	ck_assert_str_eq(wanted(&s)->path, "zip/a.csv");
	ck_assert_uint_eq(v.objects, 2);
}
END_TEST

START_TEST(what_is_not_searched_is_still_told_by_its_first_bytes)
{
	static char tiny[] = "GIF8";
	struct notes s;
	struct verdict v;
	struct buf b;

	buf_init(&b, 1 << 20);
	scan(&b, &s, &v);
	ck_assert_str_eq(v.type, "empty");
	ck_assert_uint_eq(s.n, 1);
	buf_init(&b, 1 << 20);
	buf_append(&b, tiny, 4);
	scan(&b, &s, &v);
	ck_assert_str_eq(v.type, "text");
	ck_assert_uint_eq(s.n, 1);
}
END_TEST

START_TEST(paths_are_visible_ascii_of_bounded_length)
{
	struct place p = { .depth = 0 };
	char long_name[200], path[INNER_PATH];

	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	place_enter(&p, 0, NULL, "zip");
	place_enter(&p, 1, "caf\xc3\xa9 \n\".txt", "text");
	ck_assert_uint_eq(place_path(&p, 1, path), strlen("zip/caf____\".txt"));
	ck_assert_str_eq(path, "zip/caf____\".txt");
	for (unsigned i = 1; i < PLACE_DEEPEST + 5; i++)
		place_enter(&p, i, long_name, "text");
	place_enter(&p, 1000, "last", "text");
	ck_assert_uint_eq(place_path(&p, 1000, path), INNER_PATH - 1);
	ck_assert_str_eq(path + INNER_PATH - 1 - 5, "/last");
	p.base = STR("outer/base");
	place_enter(&p, 0, "x", "text");
	ck_assert_uint_eq(place_path(&p, 0, path), strlen("outer/base/x"));
	ck_assert_str_eq(path, "outer/base/x");
}
END_TEST

START_TEST(shown_digests_are_known_again_up_to_a_bound)
{
	struct shown s = { 0 };
	unsigned char d[INNER_DIGEST] = { 0 };

	for (unsigned i = 0; i < 60000; i++) {
		unsigned home = i < 1000 ? 7 : i; /* the first all want one place of the table */

		memcpy(d, &home, sizeof(home));
		memcpy(d + 8, &i, sizeof(i));
		d[31] = 1;
		ck_assert_msg(shown_add(&s, d), "%u", i);
		if (i < 10000)
			ck_assert_msg(!shown_add(&s, d), "%u", i);
	}
	ck_assert_uint_le(s.n, s.cap);
	shown_free(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("detect");
	TCase *t = tcase_create("detect");
	SRunner *r;
	int failed;

	tcase_add_test(t, nested_archives_are_shown_to_their_ends_once_each);
	tcase_add_test(t, the_verdict_says_what_is_in_it);
	tcase_add_test(t, each_way_of_wrapping_shows_the_object_once);
	tcase_add_test(t, the_same_content_counts_once);
	tcase_add_test(t, what_is_not_searched_is_still_told_by_its_first_bytes);
	tcase_add_test(t, paths_are_visible_ascii_of_bounded_length);
	tcase_add_test(t, shown_digests_are_known_again_up_to_a_bound);
	tcase_add_checked_fixture(t, NULL, remove_scratch);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
