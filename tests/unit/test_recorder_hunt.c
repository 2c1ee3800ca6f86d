/* SPDX-License-Identifier: BSD-2-Clause */
/* Retro-hunts in the recorder's process, in its sandbox: found, told, and nobody waits for it. */
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "core/err.h"
#include "gateway/audit.h"
#include "gateway/hunt_msg.h"
#include "gateway/recorder.h"
#include "tests/unit/role_rig.h"

static char folder[64], file[96];
static struct limits limits;
static struct audit *audit;
static struct buf said;
static unsigned done, refused;

static void on_said(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	enum hunt_state state;
	struct str text;
	uint64_t id;

	(void)arg;
	(void)fds;
	(void)nfds;
	ck_assert_int_eq(type, MSG_HUNTED);
	ck_assert_int_eq(hunt_read_answer(body, &id, &state, &text), 0);
	if (state == HUNT_PIECE)
		ck_assert_int_eq(buf_str(&said, text), 0);
	done += state == HUNT_DONE;
	refused += state == HUNT_REFUSED;
}

static void setup(void)
{
	strcpy(folder, "/tmp/recorder-hunt-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/" RECORDER_FILE, folder);
	limits_default(&limits);
	buf_init(&said, 16 << 20);
	rig_other = on_said;
}

static void teardown(void)
{
	char command[200];

	audit_free(audit);
	audit = NULL;
	rig_free();
	buf_free(&said);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void start(const char *more_limits)
{
	struct rig_entry e[] = { { "audit.folder", str_c(folder) }, { "limits", str_c(more_limits) } };

	rig_start(ROLE_RECORDER, recorder_main);
	rig_bundle(MSG_START, e, 2);
	rig_until(&rig_ready);
	audit = audit_new(rig_loop, &limits, ROLE_WORKER, 0);
	ck_assert_int_eq(audit_connect(audit, rig_peer(ROLE_WORKER, 0)), 0);
}

/* n lines of transactions, the digest of each being its number's last digit 64 times. */
static void write_lines(const char *name, unsigned n)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	for (unsigned i = 0; i < n; i++) {
		char digits[65];

		memset(digits, '0' + (int)(i % 10), 64);
		digits[64] = '\0';
		fprintf(f, "{\"ts\":\"2026-01-01T00:00:00.%03uZ\",\"event\":\"transaction\",\"worker\":0,\"flow\":%u,\"client\":"
			   "\"10.0.0.%u\",\"host\":\"h.test\",\"path\":\"/%u\",\"status\":200,\"pad\":\"%0200d\",\"sha256_down\":"
			   "\"%s\",\"length_down\":5,\"passed_down\":\"whole\"}\n", i % 1000, i, i % 200, i % 300, 0, digits);
	}
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
}

static void ask(uint64_t id, enum hunt_form form, unsigned digit)
{
	struct turned row = { .name = "Test.Signature" };
	struct buf b;

	memset(row.sha256, (int)(digit * 0x11), sizeof(row.sha256));
	buf_init(&b, HUNT_MSG_MAX);
	ck_assert_int_eq(hunt_pack(&b, id, form, &row, 1), 0);
	ck_assert_int_eq(chan_send(rig_chan, MSG_HUNT, buf_view(&b), NULL, 0), 0);
	buf_free(&b);
}

static bool holds(const char *path, const char *what)
{
	char command[400];

	snprintf(command, sizeof(command), "grep -q '%s' %s", what, path);
	return system(command) == 0;
}

static void says(const char *what)
{
	struct str s = buf_view(&said);

	ck_assert_msg(memmem(s.p, s.n, what, strlen(what)) != NULL, "%s is not in: %.*s", what, STR_FMT(s));
}

START_TEST(an_alert_is_on_disk_when_the_hunt_is_over)
{
	write_lines(RECORDER_FILE, 1000);
	start("");
	ask(1, HUNT_ALERT, 3);
	rig_until(&done);
	ck_assert(holds(file, "\"event\":\"retro_alert\",\"sha256\":\"3333333*\",\"signature\":\"Test.Signature\",\"found\":true,\"length\":5"));
	ck_assert(holds(file, "\"downloads\":100,"));
	ck_assert(holds(file, "\"event\":\"retro_hunt\",\"digests\":1,\"digests_found\":1,\"files\":1,\"files_left\":0,"));
	ck_assert_uint_eq(said.len, 0);
	rig_drain();
}
END_TEST

START_TEST(that_nobody_had_it_is_said_too)
{
	write_lines(RECORDER_FILE, 10);
	start("");
	ask(1, HUNT_ALERT, 0xf);
	rig_until(&done);
	ck_assert(holds(file, "\"event\":\"retro_alert\",\"sha256\":\"fffffff*\",\"signature\":\"Test.Signature\",\"found\":false}"));
	rig_drain();
}
END_TEST

START_TEST(what_was_just_recorded_is_found)
{
	char digits[65], text[400];

	start("");
	ck_assert_int_eq(audit_line(audit, STR("{\"n\":1}\n")), 0);
	for (int i = 0; i < 1000 && !audit_idle(audit); i++) /* our channel has come to the recorder */
		rig_run(10);
	memset(digits, 'a', 64);
	digits[64] = '\0';
	snprintf(text, sizeof(text), "{\"ts\":\"2026\",\"event\":\"transaction\",\"client\":\"c\",\"sha256_up\":\"%s\",\"passed_up\":\"whole\"}\n", digits);
	ck_assert_int_eq(audit_line(audit, str_c(text)), 0);
	rig_run(1); /* it has left; it need not be on disk */
	ask(1, HUNT_JSON, 0xa);
	rig_until(&done);
	says("\"uploads\":1");
	rig_drain();
}
END_TEST

static void transaction(char digit, const char *passed)
{
	char digits[65], text[400];

	memset(digits, digit, 64);
	digits[64] = '\0';
	snprintf(text, sizeof(text), "{\"ts\":\"2027\",\"event\":\"transaction\",\"client\":\"c%c\",\"sha256_down\":\"%s\",\"passed_down\":\"%s\"}\n",
	    digit, digits, passed);
	ck_assert_int_eq(audit_line(audit, str_c(text)), 0);
}

START_TEST(a_transfer_that_ends_behind_the_alert_has_one_of_its_own)
{
	write_lines(RECORDER_FILE, 10);
	start("");
	ask(1, HUNT_ALERT, 3);
	rig_until(&done);
	transaction('3', "whole");
	transaction('3', "none");
	transaction('4', "whole");
	for (int i = 0; i < 100 && !holds(file, "retro_alert.*\"late\":true"); i++)
		rig_run(100);
	ck_assert(holds(file, "\"sha256\":\"3333333*\".*\"downloads\":1,.*\"blocked\":1,\"clients\":\"c3\".*\"late\":true"));
	transaction('3', "none");
	rig_run(2500);
	ck_assert(!holds(file, "retro_alert.*\"downloads\":0,")); /* blocked alone: no news */
	rig_drain();
}
END_TEST

START_TEST(rotated_and_compressed_files_are_searched_and_others_named)
{
	char command[400];

	write_lines(RECORDER_FILE, 10);
	write_lines(RECORDER_FILE ".1", 20);
	write_lines(RECORDER_FILE "-20260101", 30);
	write_lines("other", 10);
	snprintf(command, sizeof(command), "cd %s && gzip " RECORDER_FILE "-20260101 && echo x >" RECORDER_FILE ".2.xz && "
					   "gzip -c " RECORDER_FILE ".1 | head -c 200 >" RECORDER_FILE ".3.gz && ln -s other " RECORDER_FILE ".4",
	    folder);
	ck_assert_int_eq(system(command), 0);
	start("");
	ask(1, HUNT_JSON, 3);
	rig_until(&done);
	says("\"downloads\":6,");
	says("\"files\":3,\"files_left\":3,");
	says(RECORDER_FILE ".2.xz(compressed)");
	says(RECORDER_FILE ".3.gz(damaged)");
	says(RECORDER_FILE ".4(cannot-open)");
	rig_drain();
}
END_TEST

START_TEST(the_limit_names_what_is_left)
{
	write_lines(RECORDER_FILE ".1", 10000);
	usleep(20000);
	write_lines(RECORDER_FILE, 10);
	start("hunt_bytes 1048576\nhunt_step 65536\n");
	ask(1, HUNT_TEXT, 3);
	rig_until(&done);
	says("NOT searched: 1 files: " RECORDER_FILE ".1(limit)");
	rig_drain();
}
END_TEST

START_TEST(more_questions_than_places_are_refused)
{
	write_lines(RECORDER_FILE, 50000);
	start("hunt_step 4096\n");
	for (unsigned i = 0; i < 20; i++)
		ask(i + 1, HUNT_JSON, 3);
	for (int i = 0; i < 1000 && done + refused < 20; i++)
		rig_run(10);
	ck_assert_uint_ge(refused, 1);
	ck_assert_uint_ge(done, 10);
	ck_assert_uint_eq(done + refused, 20);
	rig_drain();
}
END_TEST

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Microseconds until a line that is handed over now is on disk. */
static uint64_t commit_time(void)
{
	uint64_t from = now_us();

	ck_assert_int_eq(audit_line(audit, STR("{\"n\":1}\n")), 0);
	while (!audit_idle(audit))
		rig_run(1);
	return now_us() - from;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Many commits during one hunt, the median of which takes no longer than twice what it takes else. */
START_TEST(lines_are_committed_while_a_hunt_runs)
{
	enum { MOST = 100, BEFORE = 15, HUNTS = 6 };
	uint64_t before[BEFORE], during[MOST], began, all;
	unsigned n = 0;

	write_lines(RECORDER_FILE ".1", 100000);
	start("");
	for (unsigned i = 0; i < BEFORE; i++)
		before[i] = commit_time();
	began = now_us();
	for (unsigned k = 1; k <= HUNTS; k++)
		ask(k, HUNT_JSON, 3);
	while (done < HUNTS && n < MOST)
		during[n++] = commit_time();
	all = now_us() - began;
	while (done < HUNTS)
		rig_run(10);
	qsort(before, BEFORE, sizeof(before[0]), by_number);
	qsort(during, n, sizeof(during[0]), by_number);
	printf("commit: median %llu us, longest %llu us; during a hunt of %llu us: %u commits, median %llu us, longest %llu us\n",
	    (unsigned long long)before[BEFORE / 2], (unsigned long long)before[BEFORE - 1], (unsigned long long)all, n,
	    (unsigned long long)during[n / 2], (unsigned long long)during[n - 1]);
	ck_assert_uint_ge(n, 3);
	ck_assert_uint_le(during[n / 2], 2 * before[BEFORE / 2] + 10000);
	rig_drain();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recorder_hunt");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, an_alert_is_on_disk_when_the_hunt_is_over);
	tcase_add_test(c, that_nobody_had_it_is_said_too);
	tcase_add_test(c, what_was_just_recorded_is_found);
	tcase_add_test(c, a_transfer_that_ends_behind_the_alert_has_one_of_its_own);
	tcase_add_test(c, rotated_and_compressed_files_are_searched_and_others_named);
	tcase_add_test(c, the_limit_names_what_is_left);
	tcase_add_test(c, more_questions_than_places_are_refused);
	tcase_add_test(c, lines_are_committed_while_a_hunt_runs);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
