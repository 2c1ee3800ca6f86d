/* SPDX-License-Identifier: BSD-2-Clause */
/* The pure parts of the renewal of signatures: waiting for quiet, a look at folders, the message about them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "core/sigfile.h"
#include "gateway/debounce.h"
#include "gateway/sigwatch.h"
#include "scanner/sigset.h"

START_TEST(nothing_changed_is_never_due)
{
	struct debounce d = { 0 };

	ck_assert_uint_eq(debounce_wait(&d, 1000, 300, 6000), UINT64_MAX);
	debounce_note(&d, 1000);
	debounce_clear(&d);
	ck_assert_uint_eq(debounce_wait(&d, 9000, 300, 6000), UINT64_MAX);
}
END_TEST

START_TEST(each_change_begins_the_quiet_time_anew)
{
	struct debounce d = { 0 };

	debounce_note(&d, 1000);
	ck_assert_uint_eq(debounce_wait(&d, 1000, 300, 6000), 300);
	ck_assert_uint_eq(debounce_wait(&d, 1200, 300, 6000), 100);
	debounce_note(&d, 1250);
	ck_assert_uint_eq(debounce_wait(&d, 1300, 300, 6000), 250);
	ck_assert_uint_eq(debounce_wait(&d, 1550, 300, 6000), 0);
	ck_assert_uint_eq(debounce_wait(&d, 9999, 300, 6000), 0);
}
END_TEST

START_TEST(what_never_rests_is_due_all_the_same)
{
	struct debounce d = { 0 };
	uint64_t now = 1000;

	for (; debounce_wait(&d, now, 300, 6000) > 0 && now < 20000; now += 100)
		debounce_note(&d, now);
	ck_assert_uint_eq(now, 7000);
}
END_TEST

static const struct {
	const char *name;
	enum sigfile want;
} names[] = { { "daily.cld", SIGFILE_DETECTS }, { "MAIN.CVD", SIGFILE_DETECTS }, { "own.yar", SIGFILE_DETECTS },
	{ "own.ign2", SIGFILE_IGNORE }, { "own.sfp", SIGFILE_OTHER }, { "freshclam.dat", SIGFILE_NONE },
	{ "own.ndb.tmp", SIGFILE_NONE }, { ".own.ndb", SIGFILE_NONE }, { "ndb", SIGFILE_NONE }, { "", SIGFILE_NONE } };

START_TEST(kinds_go_by_the_end_of_the_name)
{
	ck_assert_msg(sigfile_kind(names[_i].name) == names[_i].want, "%s", names[_i].name);
}
END_TEST

static char folder[64];

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void drop(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	ck_assert_int_eq(unlink(path), 0);
}

static uint64_t stamp(void)
{
	struct sigfolder look;

	sigfolder_look(folder, &look);
	return look.stamp;
}

START_TEST(a_stamp_follows_signature_files_alone)
{
	struct sigfolder look;
	uint64_t one;

	snprintf(folder, sizeof(folder), "/tmp/sp-stamp.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_uint_eq(stamp(), 0);
	put("own.ndb", "a");
	one = stamp();
	ck_assert_uint_ne(one, 0);
	put("freshclam.dat", "of no account");
	ck_assert_uint_eq(stamp(), one);
	put("own.ndb", "ab");
	ck_assert_uint_ne(stamp(), one);
	put("own.fp", "b");
	sigfolder_look(folder, &look);
	ck_assert_uint_eq(look.files, 2);
	ck_assert_uint_eq(look.detects, 1);
	ck_assert_int_gt(look.newest, 0);
	ck_assert_uint_ne(sigwatch_stamp(folder, NULL), sigwatch_stamp(NULL, folder));
	drop("own.ndb");
	drop("own.fp");
	ck_assert_uint_eq(stamp(), 0);
	drop("freshclam.dat");
	rmdir(folder);
}
END_TEST

START_TEST(no_folder_is_an_empty_one)
{
	const char *const none[] = { NULL, "", "/nonexistent" };
	struct sigfolder look;

	sigfolder_look(none[_i], &look);
	ck_assert_uint_eq(look.stamp, 0);
	ck_assert_uint_eq(look.files, 0);
}
END_TEST

static const struct sigset set = { .outcome = SIGSET_BROKEN,
	.generation = 0x0123456789abcdef,
	.number = 555001,
	.own = 3,
	.version = 27000,
	.made = 1760000000,
	.test = true,
	.layer_us = 2100,
	.why = "own signatures, a.ndb: Malformed database" };

static struct str message(void)
{
	static char space[SIGSET_WHY + 64];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	ck_assert_int_eq(sigset_pack(&b, &set), 0);
	return buf_view(&b);
}

START_TEST(a_message_is_read_as_it_was_packed)
{
	struct sigset got;

	ck_assert_int_eq(sigset_read(message(), &got), 0);
	ck_assert_int_eq(got.outcome, set.outcome);
	ck_assert_uint_eq(got.generation, set.generation);
	ck_assert_uint_eq(got.number, set.number);
	ck_assert_uint_eq(got.own, set.own);
	ck_assert_uint_eq(got.version, set.version);
	ck_assert_uint_eq(got.made, set.made);
	ck_assert(got.test);
	ck_assert_uint_eq(got.layer_us, set.layer_us);
	ck_assert_str_eq(got.why, set.why);
}
END_TEST

START_TEST(a_message_cut_anywhere_is_refused)
{
	struct str whole = message();
	struct sigset got = { .number = 7 };

	for (size_t n = 0; n < whole.n; n++)
		ck_assert_int_eq(sigset_read(str_sub(whole, 0, n), &got), -ERR_PROTO);
	ck_assert_uint_eq(got.number, 7);
}
END_TEST

START_TEST(nonsense_in_a_message_is_refused)
{
	char bytes[SIGSET_WHY + 64];
	struct str whole = message();
	struct sigset got;
	static const size_t outcome_at = 0, test_at = 33;

	memcpy(bytes, whole.p, whole.n);
	bytes[outcome_at] = SIGSET_OUTCOMES;
	ck_assert_int_eq(sigset_read(str_of(bytes, whole.n), &got), -ERR_PROTO);
	memcpy(bytes, whole.p, whole.n);
	ck_assert_int_eq(bytes[test_at], 1);
	bytes[test_at] = 2;
	ck_assert_int_eq(sigset_read(str_of(bytes, whole.n), &got), -ERR_PROTO);
	memcpy(bytes, whole.p, whole.n);
	bytes[whole.n - 1] = '\0';
	ck_assert_int_eq(sigset_read(str_of(bytes, whole.n), &got), -ERR_PROTO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signatures");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, nothing_changed_is_never_due);
	tcase_add_test(t, each_change_begins_the_quiet_time_anew);
	tcase_add_test(t, what_never_rests_is_due_all_the_same);
	tcase_add_loop_test(t, kinds_go_by_the_end_of_the_name, 0, sizeof(names) / sizeof(names[0]));
	tcase_add_test(t, a_stamp_follows_signature_files_alone);
	tcase_add_loop_test(t, no_folder_is_an_empty_one, 0, 3);
	tcase_add_test(t, a_message_is_read_as_it_was_packed);
	tcase_add_test(t, a_message_cut_anywhere_is_refused);
	tcase_add_test(t, nonsense_in_a_message_is_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
