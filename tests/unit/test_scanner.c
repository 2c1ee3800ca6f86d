/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about the scanner from end to end: the real program, a parent, a worker, bodies and their
 * verdicts. Times are printed, not judged: the machine may be busy.
 */
#include "scan_rig.h"
#include "scan_zip.h"

#include <sys/stat.h>

#define LIMITS "scan 5000ms\nscan_file 2097152\nscan_recursion 12\n"
#define PROGRAM "sallyport-scanner"

static struct rig r;
static struct buf made;

static void setup_with(const char *jobs, const char *limits)
{
	log_level(LOG_LEVEL_ERROR);
	buf_init(&made, 16 << 20);
	rig_start(&r, PROGRAM, jobs, limits);
}

static void setup(void)
{
	setup_with("2", LIMITS);
}

static void teardown(void)
{
	rig_stop(&r);
	buf_free(&made);
}

static struct str zip_of(struct zip_member m)
{
	buf_consume(&made, made.len);
	zip_make(&made, &m, 1);
	return buf_view(&made);
}

/* ---- verdicts ---- */

START_TEST(plain_text_is_clean_and_typed)
{
	rig_expect(&r, STR("nothing but a harmless text\n"), CLEAN, NONE);
	ck_assert_str_eq(r.verdict.type, "text");
	ck_assert_uint_eq(r.verdict.layers, 1);
	ck_assert_uint_eq(r.verdict.scanned, 28);
	rig_expect(&r, STR_NONE, CLEAN, NONE);
	rig_expect(&r, STR("hi"), CLEAN, NONE);
}
END_TEST

START_TEST(the_test_file_is_found_plain_in_zip_and_in_gzip)
{
	struct buf inner;

	rig_expect(&r, rig_eicar(), INFECTED, NONE);
	ck_assert_str_eq(r.verdict.name, "Eicar-Test-Signature");
	rig_expect(&r, zip_of((struct zip_member){ STR("e.com"), rig_eicar() }), INFECTED, NONE);
	ck_assert_str_eq(r.verdict.type, "zip");
	buf_consume(&made, made.len);
	gzip_make(&made, rig_eicar());
	rig_expect(&r, buf_view(&made), INFECTED, NONE);
	ck_assert_str_eq(r.verdict.type, "gz");
	buf_init(&inner, 4096);
	gzip_make(&inner, rig_eicar());
	rig_expect(
	    &r, zip_of((struct zip_member){ STR("e.gz"), buf_view(&inner) }), INFECTED, NONE);
	buf_free(&inner);
}
END_TEST

START_TEST(encrypted_members_are_unscannable)
{
	struct zip_member m = { STR("s.txt"), STR("0123456789ab and then some bytes"), 1, 0, 0 };

	rig_expect(&r, zip_of(m), UNSCANNABLE, ENCRYPTED);
}
END_TEST

START_TEST(archives_nested_too_deep_are_over_a_limit)
{
	struct buf inner;

	buf_init(&inner, 1 << 20);
	buf_str(&inner, STR("the innermost text"));
	for (int i = 0; i < 16; i++) {
		zip_of((struct zip_member){ STR("n.zip"), buf_view(&inner) });
		buf_consume(&inner, inner.len);
		buf_str(&inner, buf_view(&made));
	}
	rig_expect(&r, buf_view(&inner), UNSCANNABLE, LIMIT);
	buf_free(&inner);
}
END_TEST

START_TEST(bodies_and_members_over_the_size_limit_are_over_a_limit)
{
	char *big = calloc(1, (2 << 20) + 1);

	rig_expect(&r, str_of(big, (2 << 20) + 1), UNSCANNABLE, LIMIT);
	ck_assert_uint_eq(r.verdict.layers, 0); /* refused before any job saw it */
	rig_expect(&r, str_of(big, 2 << 20), CLEAN, NONE);
	free(big);
	rig_expect(&r, zip_of((struct zip_member){ STR("big"), STR("stored text"), 0, 0, 3 << 20 }),
	    UNSCANNABLE, LIMIT);
}
END_TEST

START_TEST(what_was_not_looked_at_is_never_clean)
{
	struct zip_member m = { STR("m.txt"), STR("some member of an archive"), 0, 0, 0 };
	static const char rar[] =
	    "Rar!\x1a\x07\x00\xcf\x90\x73\x00\x00\x0d\x00\x00\x00\x00\x00\x00\x00";
	static const char zstd[] = "\x28\xb5\x2f\xfd\x04\x00\x41\x00\x00some bytes";
	size_t directory;

	buf_consume(&made, made.len);
	directory = zip_make(&made, &m, 1);
	rig_expect(&r, buf_view(&made), CLEAN, NONE);
	rig_expect(
	    &r, str_sub(buf_view(&made), 0, directory), UNSCANNABLE, MALFORMED); /* cut off */
	m.method = 14;
	rig_expect(&r, zip_of(m), UNSCANNABLE, ERROR);
	m.method = 8; /* not deflate at all */
	rig_expect(&r, zip_of(m), UNSCANNABLE, MALFORMED);
	rig_expect(&r, str_of(rar, sizeof(rar) - 1), UNSCANNABLE, ERROR);
	rig_expect(&r, str_of(zstd, sizeof(zstd) - 1), UNSCANNABLE, ERROR);
}
END_TEST

START_TEST(a_body_that_can_still_change_is_refused)
{
	static const int seals[] = { 0, F_SEAL_WRITE, F_SEAL_SHRINK | F_SEAL_GROW };

	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
		int fd = rig_memfd(STR("text text"), seals[i]);
		unsigned want = r.answers + 1;

		ck_assert_uint_ne(scan_submit(r.client, fd, 9, &(struct scan_about){ 0 }, rig_on_verdict, &r), 0);
		close(fd);
		rig_wait(&r, want);
		ck_assert_int_eq(r.verdict.reason, REASON_ERROR);
		ck_assert_str_eq(r.verdict.name, "bad-body");
	}
}
END_TEST

START_TEST(a_wrong_length_is_refused)
{
	static const uint64_t lengths[] = { 0, 10, UINT64_MAX };
	int fd = rig_memfd(STR("text text"), RIG_SEALS), null = open("/dev/null", O_RDONLY);

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		unsigned want = r.answers + 1;

		ck_assert_uint_ne(
		    scan_submit(r.client, fd, lengths[i], &(struct scan_about){ 0 }, rig_on_verdict, &r), 0);
		rig_wait(&r, want);
		ck_assert_str_eq(r.verdict.name, "bad-body");
	}
	ck_assert_uint_ne(scan_submit(r.client, null, 0, &(struct scan_about){ 0 }, rig_on_verdict, &r), 0);
	rig_wait(&r, r.answers + 1);
	ck_assert_str_eq(r.verdict.name, "bad-body");
	close(fd);
	close(null);
}
END_TEST

START_TEST(the_first_bytes_alone_can_be_searched)
{
	int fd = rig_memfd(STR("HOSTILE:null and more"), RIG_SEALS);

	ck_assert_uint_ne(scan_submit(r.client, fd, 8, &(struct scan_about){ 0 }, rig_on_verdict, &r), 0);
	rig_wait(&r, r.answers + 1);
	ck_assert_int_eq(r.verdict.class, VERDICT_CLEAN);
	ck_assert_uint_eq(r.verdict.scanned, 8);
	close(fd);
}
END_TEST

/* ---- queue and jobs ---- */

/* Hold all jobs still, or let them go on: makes "in mid scan" certain. */
static void signal_jobs(int signo)
{
	pid_t jobs[RIG_JOBS_MOST];

	for (unsigned n = rig_jobs(&r, jobs); n > 0; n--)
		kill(jobs[n - 1], signo);
}

START_TEST(every_one_of_many_scans_is_answered)
{
	char body[64];
	pid_t jobs[RIG_JOBS_MOST];

	for (unsigned i = 0; i < 300; i++) {
		snprintf(body, sizeof(body), "body number %u", i);
		ck_assert_uint_ne(rig_submit(&r, str_c(body)), 0);
	}
	rig_wait(&r, 300);
	ck_assert_uint_eq(r.answers, 300);
	ck_assert_int_eq(r.verdict.class, VERDICT_CLEAN);
	ck_assert_uint_eq(rig_jobs(&r, jobs), 2);
}
END_TEST

START_TEST(a_cancelled_scan_is_not_answered)
{
	uint64_t first = rig_submit(&r, STR("the first")),
		 second = rig_submit(&r, STR("the second"));

	scan_cancel(r.client, first);
	scan_cancel(r.client, second);
	scan_cancel(r.client, second); /* a stale handle finds nothing */
	rig_expect(&r, rig_eicar(), INFECTED, NONE);
	ck_assert_uint_eq(r.answers, 1);
}
END_TEST

static unsigned descriptors(pid_t pid)
{
	char path[64];
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

START_TEST(descriptors_return_to_their_base_line)
{
	unsigned before;

	rig_expect(&r, STR("warm"), CLEAN, NONE);
	usleep(100000); /* an answer is sent before its body is closed */
	before = descriptors(r.pid);
	for (int i = 0; i < 100; i++)
		rig_expect(&r, STR("some text"), CLEAN, NONE);
	for (int i = 0; i < 100 && descriptors(r.pid) != before; i++)
		usleep(10000);
	ck_assert_uint_eq(descriptors(r.pid), before);
}
END_TEST

START_TEST(a_job_is_replaced_after_its_uses)
{
	pid_t jobs[RIG_JOBS_MOST];
	pid_t first;

	teardown();
	setup_with("1", LIMITS "scan_job_uses 3\n");
	rig_await_jobs(&r, 1, jobs);
	first = jobs[0];
	for (int i = 0; i < 2; i++)
		rig_expect(&r, STR("text text"), CLEAN, NONE);
	rig_jobs(&r, jobs);
	ck_assert_int_eq(jobs[0], first);
	rig_expect(&r, STR("text text"), CLEAN, NONE);
	rig_expect(&r, STR("text text"), CLEAN, NONE); /* by the next one */
	rig_await_jobs(&r, 1, jobs);
	ck_assert_int_ne(jobs[0], first);
}
END_TEST

START_TEST(a_full_queue_is_over_a_limit)
{
	unsigned limited = 0;

	teardown();
	setup_with("1", LIMITS "scan_queue_length 2\n");
	signal_jobs(SIGSTOP);
	for (int i = 0; i < 8; i++)
		ck_assert_uint_ne(rig_submit(&r, STR("text text")), 0);
	rig_wait(&r, 5);
	signal_jobs(SIGCONT);
	for (unsigned i = 6; i <= 8; i++) {
		limited += r.verdict.reason == REASON_LIMIT;
		rig_wait(&r, i);
		ck_assert_int_eq(r.verdict.class, VERDICT_CLEAN);
	}
	ck_assert_uint_eq(limited, 1); /* of the five, the last: one ran, two waited */
}
END_TEST

START_TEST(one_clients_flood_costs_itself)
{
	teardown();
	setup_with("1", LIMITS "scan_queue_length 4\n");
	signal_jobs(SIGSTOP);
	for (int i = 0; i < 8; i++)
		ck_assert_uint_ne(rig_submit_as(&r, 1, STR("text text")), 0);
	rig_wait(&r, 3);
	ck_assert_int_eq(r.verdict.reason, REASON_LIMIT);
	ck_assert_uint_ne(rig_submit_as(&r, 2, rig_eicar()), 0);
	rig_wait(&r, 4); /* one of those that wait gives way */
	ck_assert_int_eq(r.verdict.reason, REASON_LIMIT);
	signal_jobs(SIGCONT);
	rig_wait(&r, 5); /* the one that runs */
	ck_assert_int_eq(r.verdict.class, VERDICT_CLEAN);
	rig_wait(&r, 6);
	ck_assert_int_eq(r.verdict.class, VERDICT_INFECTED);
	rig_wait(&r, 9);
}
END_TEST

START_TEST(one_clients_bodies_do_not_take_all_jobs)
{
	pid_t jobs[RIG_JOBS_MOST];

	ck_assert_uint_eq(rig_jobs(&r, jobs), 2);
	signal_jobs(SIGSTOP);
	for (int i = 0; i < 6; i++)
		ck_assert_uint_ne(rig_submit_as(&r, 1, STR("text text")), 0);
	ck_assert_uint_ne(rig_submit_as(&r, 2, rig_eicar()), 0);
	kill(jobs[1], SIGCONT); /* the first one has the first body */
	rig_wait(&r, 1);
	ck_assert_int_eq(r.verdict.class, VERDICT_INFECTED);
	signal_jobs(SIGCONT);
	rig_wait(&r, 7);
}
END_TEST

START_TEST(small_bodies_do_not_wait_behind_large_ones)
{
	static char body[1 << 20];

	signal_jobs(SIGSTOP);
	for (int i = 0; i < 6; i++)
		ck_assert_uint_ne(rig_submit(&r, str_of(body, sizeof(body))), 0);
	ck_assert_uint_ne(rig_submit(&r, rig_eicar()), 0);
	signal_jobs(SIGCONT);
	do
		rig_wait(&r, r.answers + 1);
	while (r.verdict.class != VERDICT_INFECTED);
	ck_assert_uint_lt(r.answers, 6);
	rig_wait(&r, 7);
}
END_TEST

START_TEST(a_scan_past_its_deadline_is_a_timeout)
{
	teardown();
	setup_with("1", "scan 1000ms\n");
	signal_jobs(SIGSTOP);
	rig_expect(&r, STR("text text"), UNSCANNABLE, TIMEOUT);
	rig_expect(&r, STR("text text"), CLEAN, NONE); /* its job was the one that was slow */
}
END_TEST

START_TEST(a_scan_that_waits_too_long_is_a_timeout)
{
	teardown();
	setup_with("1", "scan 5000ms\nscan_queue 1000ms\n");
	signal_jobs(SIGSTOP);
	ck_assert_uint_ne(rig_submit(&r, STR("the first holds the job")), 0);
	rig_expect(&r, STR("the second waits"), UNSCANNABLE, TIMEOUT);
	ck_assert_str_eq(r.verdict.name, "scan-queue");
	signal_jobs(SIGCONT);
	rig_wait(&r, 2);
	ck_assert_int_eq(r.verdict.class, VERDICT_CLEAN);
}
END_TEST

/* ---- signatures ---- */

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void remove_folder(const char *folder, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
	rmdir(folder);
}

START_TEST(without_signatures_the_note_warns_loudly)
{
	ck_assert_msg(
	    strstr(r.note, "TEST SIGNATURES ONLY: EICAR; install clamav-freshclam") != NULL, "%s",
	    r.note);
}
END_TEST

/* The folder is readable for root alone: it is read all the same, and by an unprivileged user. */
START_TEST(signatures_of_a_folder_are_used)
{
	char folder[] = "/tmp/sp-sigs.XXXXXX";

	rig_stop(&r);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	write_file(folder, "own.ndb", "Test.Own:0:*:68656c6c6f2d6d616c77617265\n");
	rig_init(&r);
	rig_process(&r, PROGRAM, folder, "1", LIMITS);
	remove_folder(folder, "own.ndb");
	ck_assert(r.ready);
	ck_assert_msg(strstr(r.note, "2 signatures") != NULL, "%s", r.note);
	if (geteuid() == 0)
		ck_assert_msg(strstr(r.note, "root") != NULL, "%s", r.note);
	rig_wire(&r);
	rig_expect(&r, STR("this is hello-malware indeed"), INFECTED, NONE);
	ck_assert_str_eq(r.verdict.name, "Test.Own.UNOFFICIAL");
	rig_expect(&r, rig_eicar(), INFECTED, NONE);
}
END_TEST

/* What a scanner with these signatures calls its generation. */
static unsigned long long generation_by(const char *program, const char *folder, const char *limits)
{
	const char *at;

	rig_stop(&r);
	rig_init(&r);
	rig_process(&r, program, folder, "1", limits);
	ck_assert_msg(r.ready, "no scanner");
	rig_wire(&r);
	at = strstr(r.note, "generation ");
	ck_assert_ptr_nonnull(at);
	return strtoull(at + strlen("generation "), NULL, 16);
}

static unsigned long long generation_of(const char *folder, const char *limits)
{
	return generation_by(PROGRAM, folder, limits);
}

START_TEST(the_generation_is_that_of_content_code_and_limits)
{
	char folder[] = "/tmp/sp-sigs.XXXXXX";
	static const char own[] = "Test.Own:0:*:68656c6c6f2d6d616c77617265\n";
	unsigned long long first;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	write_file(folder, "own.ndb", own);
	first = generation_of(folder, LIMITS);
	ck_assert_uint_ne(first, 0);
	write_file(folder, "own.ndb", own); /* another time of change, the same content */
	write_file(folder, "notes.txt", "not read by the engine");
	ck_assert_uint_eq(generation_of(folder, LIMITS), first);
	ck_assert_uint_eq(generation_of(folder, LIMITS "scan_queue 9s\nscan_job_uses 7\n"), first);
	ck_assert_uint_ne(generation_of(folder, LIMITS "scan_recursion 3\n"), first);
	/* The same signatures, limits and version numbers, but other code. */
	ck_assert_uint_ne(generation_by("sallyport-scanner-hostile", folder, LIMITS), first);
	write_file(folder, "own.ndb", "Test.Own:0:*:68656c6c6f2d6d616c77617266\n");
	ck_assert_uint_ne(generation_of(folder, LIMITS), first);
	write_file(folder, "own.ndb", own);
	write_file(folder, "other.fp", "5d41402abc4b2a76b9719d911017c592:5:Not.Bad\n");
	ck_assert_uint_ne(generation_of(folder, LIMITS), first);
	remove_folder(folder, "other.fp");
	remove_folder(folder, "notes.txt");
	remove_folder(folder, "own.ndb");
}
END_TEST

START_TEST(a_broken_database_ends_the_process_before_it_is_ready)
{
	char folder[] = "/tmp/sp-sigs.XXXXXX";

	rig_stop(&r);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	write_file(folder, "own.ndb", "this is no signature\n");
	rig_init(&r);
	rig_process(&r, PROGRAM, folder, "1", LIMITS);
	remove_folder(folder, "own.ndb");
	ck_assert(!r.ready);
	ck_assert(r.closed);
}
END_TEST

/* The words "class.reason" that the bare engine prints for a file (scan-files). */
static void bare_verdict(const char *path, char *to, size_t n)
{
	char program[600], line[512] = "", command[1300];
	FILE *f;

	rig_program("scan-files", program, sizeof(program));
	snprintf(command, sizeof(command), "%s - %s", program, path);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL)
		;
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_int_eq(sscanf(line, "%*s %63s", to), 1);
	ck_assert_uint_ge(n, 64);
}

/* Every unpacker that ClamAV's own test files exercise works within the lists and limits. */
START_TEST(confined_jobs_say_what_the_bare_engine_says)
{
	static const char folder[] = "/usr/share/clamav-testfiles";
	static char bytes[2 << 20];
	char path[600], want[64], got[64];
	DIR *d = opendir(folder);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		size_t n;
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		f = e->d_name[0] != '.' ? fopen(path, "r") : NULL;
		if (f == NULL)
			continue;
		n = fread(bytes, 1, sizeof(bytes), f);
		fclose(f);
		if (n == sizeof(bytes))
			continue;
		bare_verdict(path, want, sizeof(want));
		rig_scan(&r, str_of(bytes, n));
		snprintf(got, sizeof(got), "%s%s%s", verdict_word(r.verdict.class),
		    r.verdict.reason != REASON_NONE ? "." : "",
		    r.verdict.reason != REASON_NONE ? reason_word(r.verdict.reason) : "");
		ck_assert_msg(strcmp(got, want) == 0, "%s: %s, bare %s", e->d_name, got, want);
	}
	if (d != NULL)
		closedir(d);
}
END_TEST

/* ---- life ---- */

START_TEST(a_scan_waits_for_a_scanner_and_then_is_answered)
{
	rig_stop(&r);
	rig_init(&r);
	ck_assert(!scan_client_ready(r.client));
	ck_assert_uint_ne(rig_submit(&r, rig_eicar()), 0);
	rig_process(&r, PROGRAM, "/nonexistent", "1", LIMITS);
	rig_wire(&r);
	rig_wait(&r, 1);
	ck_assert_int_eq(r.verdict.class, VERDICT_INFECTED);
}
END_TEST

START_TEST(a_scanner_killed_in_mid_scan_gives_error_and_the_next_one_serves)
{
	int status;

	signal_jobs(SIGSTOP);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_ne(rig_submit(&r, STR("text text")), 0);
	kill(r.pid, SIGKILL);
	rig_wait(&r, 4);
	ck_assert_int_eq(r.verdict.reason, REASON_ERROR);
	ck_assert(!scan_client_ready(r.client));
	waitpid(r.pid, &status, 0);
	chan_free(r.parent);
	rig_process(&r, PROGRAM, "/nonexistent", "1", LIMITS);
	rig_wire(&r);
	rig_expect(&r, rig_eicar(), INFECTED, NONE);
}
END_TEST

/* As the parent does it: a second process, workers change over, the first one drains. */
START_TEST(a_change_of_scanner_loses_no_scan)
{
	struct chan *old = r.parent;
	pid_t old_pid = r.pid;
	int status;

	for (int i = 0; i < 50; i++)
		ck_assert_uint_ne(rig_submit(&r, rig_eicar()), 0);
	rig_process(&r, PROGRAM, "/nonexistent", "1", LIMITS);
	for (int i = 0; i < 50; i++)
		ck_assert_uint_ne(rig_submit(&r, rig_eicar()), 0); /* still to the old one */
	rig_wire(&r);
	ck_assert_int_eq(chan_send(old, MSG_DRAIN, STR_NONE, NULL, 0), 0);
	for (unsigned i = r.answers + 1; i <= 100; i++) {
		rig_wait(&r, i);
		ck_assert_int_eq(r.verdict.class, VERDICT_INFECTED);
	}
	while (!r.drained || !r.closed)
		loop_run(r.loop);
	chan_free(old);
	ck_assert_int_eq(waitpid(old_pid, &status, 0), old_pid);
	ck_assert_int_eq(status, 0);
	rig_expect(&r, rig_eicar(), INFECTED, NONE);
}
END_TEST

START_TEST(reload_is_done_only_where_nothing_changes)
{
	rig_send_bundle(&r, MSG_RELOAD, "/nonexistent", "2", LIMITS);
	while (!r.reloaded)
		loop_run(r.loop);
	ck_assert_uint_eq(r.reload_generation, 7);
	ck_assert_uint_eq(r.reload_ok, 1);
	r.reloaded = false;
	rig_send_bundle(&r, MSG_RELOAD, "/nonexistent", "3", LIMITS);
	while (!r.reloaded)
		loop_run(r.loop);
	ck_assert_uint_eq(r.reload_ok, 0);
}
END_TEST

/* ---- times ---- */

static void rtt(const char *what, struct str body, unsigned n)
{
	double start = rig_now();

	for (unsigned i = 0; i < n; i++)
		rig_expect(&r, body, CLEAN, NONE);
	printf("round trip of %s: %.3f ms\n", what, (rig_now() - start) / n);
}

START_TEST(round_trips_are_measured)
{
	static char text[1024];
	struct buf html;

	memset(text, 'a', sizeof(text));
	rtt("1 KB text", str_of(text, sizeof(text)), 200);
	buf_init(&html, 1 << 20);
	buf_str(&html, STR("<html><body>"));
	while (html.len < 100000)
		buf_str(&html, STR("<p>some <b>paragraph</b> of <a href=\"/x\">text</a></p>\n"));
	rtt("100 KB HTML", buf_view(&html), 30);
	buf_free(&html);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scanner");
	TCase *t = tcase_create("scanner");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, plain_text_is_clean_and_typed);
	tcase_add_test(t, the_test_file_is_found_plain_in_zip_and_in_gzip);
	tcase_add_test(t, encrypted_members_are_unscannable);
	tcase_add_test(t, archives_nested_too_deep_are_over_a_limit);
	tcase_add_test(t, bodies_and_members_over_the_size_limit_are_over_a_limit);
	tcase_add_test(t, what_was_not_looked_at_is_never_clean);
	tcase_add_test(t, a_body_that_can_still_change_is_refused);
	tcase_add_test(t, a_wrong_length_is_refused);
	tcase_add_test(t, the_first_bytes_alone_can_be_searched);
	tcase_add_test(t, every_one_of_many_scans_is_answered);
	tcase_add_test(t, a_cancelled_scan_is_not_answered);
	tcase_add_test(t, descriptors_return_to_their_base_line);
	tcase_add_test(t, a_job_is_replaced_after_its_uses);
	tcase_add_test(t, a_full_queue_is_over_a_limit);
	tcase_add_test(t, one_clients_flood_costs_itself);
	tcase_add_test(t, one_clients_bodies_do_not_take_all_jobs);
	tcase_add_test(t, small_bodies_do_not_wait_behind_large_ones);
	tcase_add_test(t, a_scan_past_its_deadline_is_a_timeout);
	tcase_add_test(t, a_scan_that_waits_too_long_is_a_timeout);
	tcase_add_test(t, without_signatures_the_note_warns_loudly);
	tcase_add_test(t, signatures_of_a_folder_are_used);
	tcase_add_test(t, the_generation_is_that_of_content_code_and_limits);
	tcase_add_test(t, a_broken_database_ends_the_process_before_it_is_ready);
	tcase_add_test(t, confined_jobs_say_what_the_bare_engine_says);
	tcase_add_test(t, a_scan_waits_for_a_scanner_and_then_is_answered);
	tcase_add_test(t, a_scanner_killed_in_mid_scan_gives_error_and_the_next_one_serves);
	tcase_add_test(t, a_change_of_scanner_loses_no_scan);
	tcase_add_test(t, reload_is_done_only_where_nothing_changes);
	tcase_add_test(t, round_trips_are_measured);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
