/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about the table of known content: what is found in it and what is not, that readers never
 * see a mixture, who may write, and that a damaged file is none.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/err.h"
#include "core/siphash.h"
#include "scanner/known_file.h"

enum { NOW = 1000000, AGE = 100, GENERATION = 7 };

static struct {
	int fd;
	struct known_content *k;
} t;

static void setup_of(uint64_t entries)
{
	t.fd = known_content_create(entries);
	ck_assert_int_ge(t.fd, 0);
	t.k = known_content_map(t.fd, true);
	ck_assert_ptr_nonnull(t.k);
	known_content_serve(t.k, GENERATION);
}

static void setup(void)
{
	setup_of(64);
}

static void teardown(void)
{
	known_content_free(t.k);
	close(t.fd);
}

/* Content number i. */
static struct known_content_row row_of(uint64_t i)
{
	struct known_content_row row = { .length = 100 + i, .generation = GENERATION, .at = NOW };

	memcpy(row.digest, &i, sizeof(i));
	memset(row.digest + 8, (int)i, sizeof(row.digest) - 8);
	row.verdict = verdict_make(VERDICT_CLEAN, REASON_NONE, STR_NONE);
	strcpy(row.verdict.type, "text");
	row.verdict.layers = (uint32_t)i;
	row.verdict.scanned = i;
	return row;
}

static void add(uint64_t i)
{
	struct known_content_row row = row_of(i);

	known_content_add(t.k, &row);
}

static bool finds(uint64_t i, uint64_t now)
{
	struct known_content_row row = row_of(i);
	struct verdict v;
	bool found = known_content_find(t.k, row.digest, row.length, now, AGE, &v);

	if (found)
		ck_assert(v.class == VERDICT_CLEAN && strcmp(v.type, "text") == 0 && v.layers == i && v.scanned == i);
	return found;
}

START_TEST(what_was_added_is_found)
{
	struct known_content_row row = row_of(3);
	struct verdict v;

	ck_assert(!finds(3, NOW));
	add(3);
	ck_assert(finds(3, NOW) && !finds(4, NOW));
	ck_assert(!known_content_find(t.k, row.digest, row.length + 1, NOW, AGE, &v));
	row.digest[31] ^= 1;
	ck_assert(!known_content_find(t.k, row.digest, row.length, NOW, AGE, &v));
	ck_assert_uint_eq(known_content_count(t.k), 1);
	add(3);
	ck_assert_uint_eq(known_content_count(t.k), 1);
}
END_TEST

START_TEST(it_counts_for_its_age_and_its_generation)
{
	add(3);
	ck_assert(finds(3, NOW + AGE) && !finds(3, NOW + AGE + 1));
	ck_assert(finds(3, NOW - 10) && !finds(3, NOW - 4000)); /* the clock was set back */
	known_content_serve(t.k, GENERATION + 1);
	ck_assert(!finds(3, NOW));
	known_content_serve(t.k, 0);
	ck_assert(!finds(3, NOW));
	known_content_serve(t.k, GENERATION);
	ck_assert(finds(3, NOW));
}
END_TEST

/* One row for one content, by whichever generation; what turns out bad says whose result it was. */
START_TEST(another_generation_takes_its_place)
{
	struct known_content_row row = row_of(3);
	uint64_t was = 0;

	add(3);
	row.generation = GENERATION + 1;
	known_content_add(t.k, &row);
	ck_assert_uint_eq(known_content_count(t.k), 1);
	ck_assert(!finds(3, NOW));
	ck_assert(known_content_drop(t.k, row.digest, row.length, &was) && was == GENERATION + 1);
	ck_assert(!known_content_drop(t.k, row.digest, row.length, &was));
	ck_assert_uint_eq(known_content_count(t.k), 0);
}
END_TEST

static const enum verdict_class not_clean[] = { VERDICT_NONE, VERDICT_INFECTED, VERDICT_SUSPECT, VERDICT_UNSCANNABLE,
	VERDICT_BYPASSED };

START_TEST(nothing_but_clean_is_taken)
{
	struct known_content_row row = row_of(3);

	row.verdict.class = not_clean[_i];
	known_content_add(t.k, &row);
	ck_assert_uint_eq(known_content_count(t.k), 0);
	ck_assert(!finds(3, NOW));
}
END_TEST

/* One bucket. */
START_TEST(the_oldest_of_a_bucket_goes)
{
	teardown();
	setup_of(KNOWN_CONTENT_WAYS);
	for (uint64_t i = 0; i < KNOWN_CONTENT_WAYS; i++) {
		struct known_content_row row = row_of(i);

		row.at = i == 5 ? NOW - 1 : NOW;
		known_content_add(t.k, &row);
	}
	ck_assert(finds(5, NOW));
	add(KNOWN_CONTENT_WAYS);
	for (uint64_t i = 0; i <= KNOWN_CONTENT_WAYS; i++)
		ck_assert(finds(i, NOW) == (i != 5));
	ck_assert_uint_eq(known_content_count(t.k), KNOWN_CONTENT_WAYS);
}
END_TEST

/* A clock that was a year ahead for a while: what was written then goes first, and not last. */
START_TEST(what_the_future_wrote_goes_first)
{
	teardown();
	setup_of(KNOWN_CONTENT_WAYS);
	for (uint64_t i = 0; i < KNOWN_CONTENT_WAYS; i++) {
		struct known_content_row row = row_of(i);

		row.at = NOW + 31536000;
		known_content_add(t.k, &row);
	}
	for (uint64_t i = 100; i < 100 + KNOWN_CONTENT_WAYS; i++)
		add(i);
	for (uint64_t i = 100; i < 100 + KNOWN_CONTENT_WAYS; i++)
		ck_assert(finds(i, NOW));
}
END_TEST

/* What falls into one bucket in one table does not in another: nobody can prepare that. */
START_TEST(places_cannot_be_arranged)
{
	unsigned stayed = 0;

	teardown();
	setup_of(1024 * KNOWN_CONTENT_WAYS);
	add(7);
	for (uint64_t i = 1; i <= 4 * KNOWN_CONTENT_WAYS; i++) {
		struct known_content_row row = row_of(7);

		/* The same first words, so the same bucket by any part of them. */
		row.length = i;
		memcpy(row.digest + 24, &i, sizeof(i));
		row.at = NOW + 1;
		known_content_add(t.k, &row);
		stayed += finds(7, NOW);
	}
	ck_assert_uint_eq(stayed, 4 * KNOWN_CONTENT_WAYS);
	ck_assert_uint_eq(known_content_count(t.k), 1 + 4 * KNOWN_CONTENT_WAYS);
}
END_TEST

static void add_of(uint64_t i, uint64_t client)
{
	struct known_content_row row = row_of(i);

	row.of = known_content_of(t.k, client);
	row.at = NOW + i % AGE; /* later is newer */
	known_content_add(t.k, &row);
}

static unsigned found_among(uint64_t first, uint64_t n)
{
	unsigned found = 0;

	for (uint64_t i = first; i < first + n; i++)
		found += finds(i, NOW + AGE);
	return found;
}

/* One client has any number of contents: half of what others had stays. */
START_TEST(nobody_alone_makes_all_be_forgotten)
{
	enum { TABLE = 64 * KNOWN_CONTENT_WAYS };

	teardown();
	setup_of(TABLE);
	for (uint64_t i = 0; i < 4 * TABLE; i++)
		add_of(i, 1000 + i % 97);
	for (uint64_t i = 0; i < 16 * TABLE; i++)
		add_of(100000 + i, 5);
	ck_assert_uint_ge(found_among(0, 4 * TABLE), TABLE / 2 - TABLE / 16);
	ck_assert_uint_ge(found_among(100000, 16 * TABLE), TABLE / 4); /* and it has its share */
}
END_TEST

/* Where there is nobody else, all of it is one client's; whose nothing is (0) has no share. */
START_TEST(who_is_alone_has_the_table)
{
	teardown();
	setup_of(KNOWN_CONTENT_WAYS);
	ck_assert_uint_eq(known_content_of(t.k, 0), 0);
	for (uint64_t i = 0; i < 3 * KNOWN_CONTENT_WAYS; i++)
		add_of(i, 5);
	ck_assert_uint_eq(found_among(0, 3 * KNOWN_CONTENT_WAYS), KNOWN_CONTENT_WAYS);
	for (uint64_t i = 50; i < 50 + KNOWN_CONTENT_WAYS; i++)
		add_of(i, 0);
	ck_assert_uint_eq(found_among(50, KNOWN_CONTENT_WAYS), KNOWN_CONTENT_WAYS);
}
END_TEST

static bool has_client(void *arg, const struct known_content_row *row)
{
	*(bool *)arg |= row->of != 0;
	return true;
}

START_TEST(whose_it_was_is_not_in_the_file)
{
	struct buf b;
	bool has = false;

	add_of(3, 5);
	known_content_each(t.k, has_client, &has);
	ck_assert(has);
	buf_init(&b, known_file_most(1));
	ck_assert_int_eq(known_file_write(t.k, &b), 0);
	teardown();
	setup();
	ck_assert_int_eq(known_file_read(buf_view(&b), t.k), 0);
	buf_free(&b);
	has = false;
	known_content_each(t.k, has_client, &has);
	ck_assert(!has && known_content_count(t.k) == 1);
}
END_TEST

/* The first vectors of the reference implementation whose length is in whole words: 0 and 8 bytes. */
START_TEST(siphash_is_the_one_of_its_authors)
{
	const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	const uint64_t word = 0x0706050403020100;

	ck_assert_uint_eq(siphash(key, NULL, 0), 0x726fdb47dd0e0e31);
	ck_assert_uint_eq(siphash(key, &word, 1), 0x93f5f5799a932462);
}
END_TEST

static bool count_rows(void *arg, const struct known_content_row *row)
{
	uint64_t *sum = arg;

	*sum += row->length;
	return *sum < 300;
}

START_TEST(all_rows_come_up_until_that_is_enough)
{
	uint64_t sum = 0;

	add(0);
	add(1);
	known_content_each(t.k, count_rows, &sum);
	ck_assert_uint_eq(sum, 201);
	add(2);
	add(3);
	sum = 0;
	known_content_each(t.k, count_rows, &sum);
	ck_assert(sum >= 303 && sum <= 306); /* three of the four */
}
END_TEST

/*
 * Writers that die at any place and write at the same time; the slots are few, so that each is written
 * all the time. A reader checks that what it finds is whole: type, layers and scanned are of one row.
 */
enum { STRESS_ROWS = 64, STRESS_MS = 400 };

static void write_forever(void)
{
	for (uint64_t i = (uint64_t)getpid();; i = i * 6364136223846793005u + 1) {
		struct known_content_row row = row_of(i >> 32 & (STRESS_ROWS - 1));
		uint64_t was;

		if ((i >> 40 & 7) == 0)
			known_content_drop(t.k, row.digest, row.length, &was);
		else
			known_content_add(t.k, &row);
	}
}

START_TEST(readers_never_see_a_mixture)
{
	struct timespec begin, now;
	pid_t writer[2] = { 0 };
	uint64_t found = 0;

	teardown();
	setup_of(32);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		for (unsigned i = 0; i < 2; i++) {
			if (writer[i] > 0) {
				kill(writer[i], SIGKILL);
				waitpid(writer[i], NULL, 0);
			}
			writer[i] = fork();
			if (writer[i] == 0) {
				t.k = known_content_map(t.fd, true);
				write_forever();
			}
		}
		for (uint64_t i = 0; i < 20000; i++)
			found += finds(i & (STRESS_ROWS - 1), NOW);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < STRESS_MS || found == 0);
	for (unsigned i = 0; i < 2; i++) {
		kill(writer[i], SIGKILL);
		waitpid(writer[i], NULL, 0);
	}
}
END_TEST

/* ---- who may write ---- */

START_TEST(a_worker_reads_and_cannot_write)
{
	int fd = known_content_read_only(t.fd);
	struct known_content *reader = known_content_map(fd, false), *writer = t.k;
	void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	ck_assert_ptr_nonnull(reader);
	ck_assert_ptr_null(known_content_map(fd, true));
	ck_assert(p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_WRITE) != 0);
	ck_assert(write(fd, "x", 1) < 0 && ftruncate(fd, 0) != 0 && ftruncate(t.fd, 0) != 0);
	add(3);
	t.k = reader;
	ck_assert(finds(3, NOW));
	t.k = writer;
	munmap(p, 4096);
	known_content_free(reader);
	close(fd);
}
END_TEST

START_TEST(a_job_does_not_have_the_memory)
{
	int status;
	pid_t pid;

	add(3);
	pid = fork();
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		known_content_serve(t.k, 99);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ck_assert(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
	ck_assert(finds(3, NOW));
}
END_TEST

/* 0 empty, 1 too small, 2 zeros, 3 can be cut, 4 no memory at all. */
START_TEST(other_memory_is_no_table)
{
	int fd = _i == 4 ? open("/dev/null", O_RDWR) : memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (_i == 1)
		ck_assert_int_eq(ftruncate(fd, 64), 0);
	if (_i >= 2 && _i < 4)
		ck_assert_int_eq(ftruncate(fd, 1 << 16), 0);
	if (_i != 3 && _i != 4)
		ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	ck_assert_ptr_null(known_content_map(fd, true));
	close(fd);
}
END_TEST

/* ---- the file ---- */

static struct buf file_of_three(void)
{
	struct buf b;

	add(1);
	add(2);
	add(3);
	buf_init(&b, known_file_most(known_content_most(t.k)));
	ck_assert_int_eq(known_file_write(t.k, &b), 0);
	teardown();
	setup();
	return b;
}

START_TEST(the_file_brings_all_back)
{
	struct buf b = file_of_three();

	ck_assert_uint_eq(b.len, known_file_most(3));
	ck_assert_int_eq(known_file_read(buf_view(&b), t.k), 0);
	ck_assert(finds(1, NOW) && finds(2, NOW) && finds(3, NOW) && !finds(4, NOW));
	ck_assert_uint_eq(known_content_count(t.k), 3);
	buf_free(&b);
}
END_TEST

/* Each byte changed, each length cut, bytes too many: nothing of it is used. */
START_TEST(a_damaged_file_brings_nothing)
{
	struct buf b = file_of_three();

	for (size_t i = 0; i < b.len; i++) {
		b.p[b.off + i] ^= 1 << i % 8;
		ck_assert_int_eq(known_file_read(buf_view(&b), t.k), -ERR_PROTO);
		b.p[b.off + i] ^= 1 << i % 8;
		ck_assert_int_eq(known_file_read(str_sub(buf_view(&b), 0, i), t.k), -ERR_PROTO);
	}
	ck_assert_uint_eq(known_content_count(t.k), 0);
	ck_assert_int_eq(known_file_read(buf_view(&b), t.k), 0);
	buf_free(&b);
}
END_TEST

START_TEST(a_smaller_table_takes_what_it_has_room_for)
{
	struct buf b;

	for (uint64_t i = 0; i < 64; i++)
		add(i);
	b = (struct buf){ 0 };
	buf_init(&b, known_file_most(64));
	ck_assert_int_eq(known_file_write(t.k, &b), 0);
	teardown();
	setup_of(8);
	ck_assert_int_eq(known_file_read(buf_view(&b), t.k), 0);
	ck_assert_uint_eq(known_content_count(t.k), 8);
	buf_free(&b);
}
END_TEST

#define ROWS(a) (int)(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	Suite *s = suite_create("known");
	TCase *c = tcase_create("known");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, what_was_added_is_found);
	tcase_add_test(c, it_counts_for_its_age_and_its_generation);
	tcase_add_test(c, another_generation_takes_its_place);
	tcase_add_loop_test(c, nothing_but_clean_is_taken, 0, ROWS(not_clean));
	tcase_add_test(c, the_oldest_of_a_bucket_goes);
	tcase_add_test(c, what_the_future_wrote_goes_first);
	tcase_add_test(c, places_cannot_be_arranged);
	tcase_add_test(c, nobody_alone_makes_all_be_forgotten);
	tcase_add_test(c, who_is_alone_has_the_table);
	tcase_add_test(c, whose_it_was_is_not_in_the_file);
	tcase_add_test(c, siphash_is_the_one_of_its_authors);
	tcase_add_test(c, all_rows_come_up_until_that_is_enough);
	tcase_add_test(c, readers_never_see_a_mixture);
	tcase_add_test(c, a_worker_reads_and_cannot_write);
	tcase_add_test(c, a_job_does_not_have_the_memory);
	tcase_add_loop_test(c, other_memory_is_no_table, 0, 5);
	tcase_add_test(c, the_file_brings_all_back);
	tcase_add_test(c, a_damaged_file_brings_nothing);
	tcase_add_test(c, a_smaller_table_takes_what_it_has_room_for);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
