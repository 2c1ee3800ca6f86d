/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files inside whatever carries files, through the real program with signatures that know whole
 * files only: the test file at its start, ClamAV's test program by its hash. So an object that is
 * not taken out byte for byte is not found. And clean twins, which must pass.
 *
 * SCAN_CASES=n runs so many mutations instead of 500, SCAN_SEED=n those of a seed, else of the
 * time; the seed is printed. SCAN_KEEP=FOLDER keeps bodies that failed. CK_RUN_CASE=mutations: them alone.
 */
#include "scan_rig.h"
#include "scan_wrap.h"

#define LIMITS "scan 20000ms\n"
#define FILES "/usr/share/clamav-testfiles"

enum { FILES_MOST = 64, DEPTH = 3, LARGE = 100000 };

static struct rig r;
static char signatures[] = "/tmp/sp-wraps.XXXXXX";
static char text[512];
static struct file {
	char name[256];
	char *bytes;
	size_t n;
} files[FILES_MOST];
static size_t files_n;

/* ---- the material ---- */

static void read_file(const char *name)
{
	struct file *f = &files[files_n];
	char path[512];
	FILE *in;

	snprintf(path, sizeof(path), FILES "/%s", name);
	in = fopen(path, "r");
	if (in == NULL || files_n == FILES_MOST - 1)
		return;
	f->bytes = malloc(4 << 20);
	f->n = fread(f->bytes, 1, 4 << 20, in);
	snprintf(f->name, sizeof(f->name), "%s", name);
	fclose(in);
	files_n++;
}

static void read_files(void)
{
	DIR *d = opendir(FILES);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			read_file(e->d_name);
	if (d != NULL)
		closedir(d);
}

static void setup(void)
{
	char path[64];
	FILE *f;

	log_level(LOG_LEVEL_ERROR);
	snprintf(signatures, sizeof(signatures), "/tmp/sp-wraps.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(signatures));
	chmod(signatures, 0755);
	snprintf(path, sizeof(path), "%s/own.hdb", signatures);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "aa15bcf478d165efd2065190eb473bcb:544:Clamav.Test.File-6\n");
	fclose(f);
	rig_init(&r);
	rig_process(&r, "sallyport-scanner", signatures, "2", LIMITS);
	ck_assert(r.ready);
	ck_assert_ptr_null(strstr(r.note, "TEST SIGNATURES"));
	rig_wire(&r);
	unlink(path);
	rmdir(signatures);
	if (files_n == 0)
		read_files();
}

static void teardown(void)
{
	rig_stop(&r);
}

static const struct file *file(const char *name)
{
	for (size_t i = 0; i < files_n; i++)
		if (strcmp(files[i].name, name) == 0)
			return &files[i];
	return NULL;
}

/* A payload: the test file, the test program, or (whole) one of ClamAV's containers of it. */
static struct str payload(unsigned number)
{
	const struct file *f = file("clam.exe");

	if (number == 0 || f == NULL)
		return rig_eicar();
	/* Three times wrapped, the largest become 100 MB: the other test has them. */
	while (number > 1 && files[number % files_n].n > LARGE)
		number++;
	return number == 1 ? str_of(f->bytes, f->n) :
			     str_of(files[number % files_n].bytes, files[number % files_n].n);
}

/* The same with one bit changed. */
static struct str twin(unsigned number, char *room)
{
	struct str s = payload(number);

	memcpy(room, s.p, s.n);
	room[s.n / 2] ^= 1;
	return str_of(room, s.n);
}

/* ---- judgement ---- */

static bool passes(struct str body)
{
	return rig_scan(&r, body)->class == VERDICT_CLEAN;
}

/* A body that failed, for scan-files. */
static void keep(const char *what, unsigned number, struct str body)
{
	const char *folder = getenv("SCAN_KEEP");
	char path[512];
	FILE *f;

	if (folder == NULL)
		return;
	snprintf(path, sizeof(path), "%s/%s-%u", folder, what, number);
	f = fopen(path, "w");
	if (f != NULL && (fwrite(body.p, 1, body.n, f) != body.n) + fclose(f) != 0)
		perror(path);
}

static void wrap_all(struct buf *to, struct str s, const unsigned *which, unsigned n)
{
	struct buf inner;

	buf_init(&inner, 64 << 20);
	buf_str(&inner, s);
	text[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		buf_consume(to, to->len);
		wrappings[which[i]].wrap(to, buf_view(&inner));
		buf_consume(&inner, inner.len);
		buf_str(&inner, buf_view(to));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " in %s",
		    wrappings[which[i]].name);
	}
	buf_free(&inner);
}

START_TEST(the_test_files_are_found_in_each_wrapping_and_twins_pass)
{
	unsigned which = (unsigned)_i;
	char room[1024];
	struct buf b;

	wrap_seed = 1;
	buf_init(&b, 64 << 20);
	for (unsigned turn = 0; turn < 16; turn++) {
		wrap_all(&b, payload(turn & 1), &which, 1);
		rig_scan(&r, buf_view(&b));
		ck_assert_msg(r.verdict.class == VERDICT_INFECTED, "%u%s: %s %s", turn & 1, text,
		    verdict_word(r.verdict.class), r.verdict.name);
		wrap_all(&b, twin(turn & 1, room), &which, 1);
		rig_scan(&r, buf_view(&b));
		ck_assert_msg(r.verdict.class == VERDICT_CLEAN, "twin %u%s: %s %s", turn & 1, text,
		    verdict_word(r.verdict.class), r.verdict.name);
	}
	buf_free(&b);
}
END_TEST

START_TEST(clamavs_own_containers_do_not_pass_bare_or_wrapped)
{
	struct buf b;

	wrap_seed = 2;
	buf_init(&b, 64 << 20);
	for (size_t i = 0; i < files_n; i++) {
		struct str s = str_of(files[i].bytes, files[i].n);
		unsigned which = (unsigned)_i;

		if (s.n > LARGE && which % 4 != 0)
			continue; /* installers of 1 MB and more: in every fourth */
		if (which < WRAPPINGS)
			wrap_all(&b, s, &which, 1);
		else
			buf_str(&b, s);
		ck_assert_msg(!passes(buf_view(&b)), "%s%s", files[i].name, text);
		buf_consume(&b, b.len);
	}
	buf_free(&b);
}
END_TEST

START_TEST(three_random_wrappings_neither_leak_nor_block_twins)
{
	const char *seed = getenv("SCAN_SEED"), *cases = getenv("SCAN_CASES");
	unsigned n = cases != NULL ? (unsigned)atoi(cases) : 500, leaks = 0, blocks = 0, gaps = 0;
	double start = rig_now();
	char room[1024];
	struct buf b;

	setvbuf(stdout, NULL, _IOLBF, 0);
	wrap_seed = seed != NULL ? strtoull(seed, NULL, 10) : 0;
	if (wrap_seed == 0)
		wrap_seed = (uint64_t)time(NULL);
	printf("mutations: SCAN_SEED=%llu\n", (unsigned long long)wrap_seed);
	buf_init(&b, 64 << 20);
	for (unsigned i = 0; i < n; i++) {
		unsigned which[DEPTH], what = wrap_random(3);

		for (unsigned k = 0; k < DEPTH; k++)
			which[k] = wrap_random(WRAPPINGS);
		wrap_all(&b, payload(what == 2 ? 2 + wrap_random(200) : what), which, DEPTH);
		if (passes(buf_view(&b)) && ++leaks) {
			printf("LEAK case %u: payload %u%s\n", i, what, text);
			keep("leak", i, buf_view(&b));
		}
		gaps += r.verdict.class == VERDICT_UNSCANNABLE;
		if (what == 2)
			continue;
		wrap_all(&b, twin(what, room), which, DEPTH);
		if (!passes(buf_view(&b)) && ++blocks) {
			printf("BLOCK case %u: twin %u%s: %s\n", i, what, text, r.verdict.name);
			keep("block", i, buf_view(&b));
		}
	}
	printf("mutations: %u cases, %u leaks, %u unscannable, %u twins blocked, %.1f s\n", n, leaks,
	    gaps, blocks, (rig_now() - start) / 1000);
	buf_free(&b);
	ck_assert_uint_eq(leaks + blocks, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scanner_wraps");
	TCase *t = tcase_create("wraps");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 100);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
	    t, the_test_files_are_found_in_each_wrapping_and_twins_pass, 0, WRAPPINGS);
	tcase_add_loop_test(
	    t, clamavs_own_containers_do_not_pass_bare_or_wrapped, 0, WRAPPINGS + 1);
	suite_add_tcase(s, t);
	t = tcase_create("mutations");
	tcase_set_timeout(t, getenv("SCAN_CASES") != NULL ? 3600 : 100);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, three_random_wrappings_neither_leak_nor_block_twins);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
