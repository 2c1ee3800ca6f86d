/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about a job that was taken over: what it tries is denied or ends it, its scan is answered
 * UNSCANNABLE{error} (or {timeout} at the deadline), and the next scan is answered right. The
 * program under test is the real scanner with a job that attacks on command.
 */
#include <errno.h>
#include <sys/syscall.h>

#include "scan_rig.h"

#define LIMITS "scan 3000ms\nscan_memory 268435456\nscan_file 1048576\nscan_scratch 8388608\nscan_files 100\n"

static struct rig r;

static void setup(void)
{
	log_level(LOG_LEVEL_ERROR);
	rig_start(&r, "sallyport-scanner-hostile", "2", LIMITS);
}

static void teardown(void)
{
	rig_stop(&r);
}

/*
 * What comes of an act: DENIED with an error number, its job DIES of a signal (or ends with
 * status 0), is KILLED as one that broke the rules, or comes to its DEADLINE. HOLDS: the act is
 * answered as said early, and whatever it does then harms nobody.
 */
enum want { DENIED, DIES, EXITS, KILLED, DEADLINE, HOLDS };

static const struct row {
	const char *act;
	enum want want;
	int number;
	int weak; /* number where the own root is missing; 0: the same; -1: not denied there */
} rows[] = {
	/* files */
	{ "passwd", DENIED, ENOENT, EACCES },
	{ "proc", DENIED, ENOENT, EACCES },
	{ "proc-parent", DENIED, ENOENT, EACCES },
	{ "above", DENIED, EACCES, 0 },
	{ "create-above", DENIED, EACCES, 0 },
	{ "sibling", DENIED, EACCES, 0 },
	{ "mode", DENIED, EPERM, 0 },
	{ "mode-own", DENIED, EPERM, 0 },
	{ "file-size", DENIED, ENOSPC, -1 },
	{ "fill-bytes", DENIED, ENOSPC, -1 },
	{ "fill-inodes", DENIED, ENOSPC, -1 },
	{ "nest", DENIED, ENOSPC, -1 },
	{ "nest-and-die", DIES, SIGSYS, -1 },
	{ "left-over", DENIED, ENOENT, 0 },
	/* the body and the channel */
	{ "body-write", DIES, SIGSYS, 0 },
	{ "body-store", DENIED, EPERM, 0 },
	{ "body-map", DENIED, EPERM, 0 },
	{ "body-cut", DENIED, EPERM, 0 },
	{ "body-seal", DIES, SIGSYS, 0 },
	{ "send-fd", DIES, SIGSYS, 0 },
	{ "lie", KILLED, 0, 0 },
	{ "other-order", KILLED, 0, 0 },
	{ "odd-verdict", KILLED, 0, 0 },
	{ "close", KILLED, 0, 0 },
	{ "twice", HOLDS, 0, 0 },
	{ "flood", HOLDS, 0, 0 },
	{ "answer-and-spin", HOLDS, 0, 0 },
	/* time and memory */
	{ "spin", DEADLINE, 0, 0 },
	{ "sleep", DEADLINE, 0, 0 },
	{ "address-space", DENIED, ENOMEM, 0 },
	{ "memory", DENIED, ENOMEM, 0 },
	{ "stack", DIES, SIGSEGV, 0 },
	{ "null", DIES, SIGSEGV, 0 },
	{ "exit", EXITS, 0, 0 },
	/* calls */
	{ "socket", DIES, SIGSYS, 0 },
	{ "connect", DIES, SIGSYS, 0 },
	{ "fork", DIES, SIGSYS, 0 },
	{ "exec", DIES, SIGSYS, 0 },
	{ "mmap-exec", DIES, SIGSYS, 0 },
	{ "mprotect-exec", DIES, SIGSYS, 0 },
	{ "kill", DIES, SIGSYS, 0 },
	{ "stop", DIES, SIGSYS, 0 },
	{ "sigio", DIES, SIGSYS, 0 },
	{ "ptrace", DIES, SIGSYS, 0 },
	{ "limit", DIES, SIGSYS, 0 },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void await_sample(unsigned n)
{
	while (r.samples < n)
		loop_run(r.loop);
}

static void expect_death(const char *act, enum sample_how how, int number, unsigned before)
{
	ck_assert_msg(r.verdict.class == VERDICT_UNSCANNABLE &&
			  r.verdict.reason == (how == SAMPLE_DEADLINE ? REASON_TIMEOUT : REASON_ERROR),
	    "%s gave %s.%s %s", act, verdict_word(r.verdict.class), reason_word(r.verdict.reason),
	    r.verdict.name);
	await_sample(before + 1);
	ck_assert_msg(r.sample.how == how && (how > SAMPLE_EXIT || r.sample.number == number),
	    "%s: how %d, number %u", act, (int)r.sample.how, r.sample.number);
}

static void expect_denied(const char *act, int error)
{
	char name[32];

	snprintf(name, sizeof(name), "errno-%d", error);
	ck_assert_msg(r.verdict.class == VERDICT_CLEAN && strcmp(r.verdict.name, name) == 0,
	    "%s gave %s.%s %s, not %s", act, verdict_word(r.verdict.class),
	    reason_word(r.verdict.reason), r.verdict.name, name);
}

/* The scans after an attack. */
static void expect(const char *act, enum verdict_class class, const char *name)
{
	ck_assert_msg(r.verdict.class == class && (name == NULL || strcmp(r.verdict.name, name) == 0),
	    "after %s: %s.%s %s", act, verdict_word(r.verdict.class), reason_word(r.verdict.reason),
	    r.verdict.name);
}

static void attack(const struct row *row, int number)
{
	unsigned before = r.samples;
	char body[64];

	snprintf(body, sizeof(body), "HOSTILE:%s", row->act);
	rig_scan(&r, str_c(body));
	switch (row->want) {
	case DENIED:
		expect_denied(row->act, number);
		break;
	case DIES:
		expect_death(row->act, SAMPLE_SIGNAL, number, before);
		break;
	case EXITS:
		expect_death(row->act, SAMPLE_EXIT, number, before);
		break;
	case KILLED:
		expect_death(row->act, SAMPLE_LIED, 0, before);
		break;
	case DEADLINE:
		expect_death(row->act, SAMPLE_DEADLINE, 0, before);
		break;
	case HOLDS:
		ck_assert_str_eq(r.verdict.name, "said-early");
		break;
	}
	rig_scan(&r, STR("a harmless text that follows"));
	expect(row->act, VERDICT_CLEAN, "");
	rig_scan(&r, rig_eicar());
	expect(row->act, VERDICT_INFECTED, NULL);
}

START_TEST(each_attack_is_denied_in_its_own_way_and_the_next_scans_are_answered_right)
{
	for (size_t i = 0; i < ROWS; i++)
		attack(&rows[i], rows[i].number);
}
END_TEST

START_TEST(all_six_kinds_of_confinement_hold_for_root)
{
	if (geteuid() != 0)
		return;
	ck_assert_msg(
	    strstr(r.note, "sandbox seccomp,caps,uid,landlock,netns,root") != NULL, "%s", r.note);
}
END_TEST

/*
 * In a container without CAP_SYS_ADMIN, or without root at all: less, said aloud. All is denied but
 * to fill the scratch space, which is then no mount of the job's own.
 */
START_TEST(with_fewer_rights_less_holds_and_the_note_says_so)
{
	if (geteuid() != 0)
		return;
	rig_stop(&r);
	rig_rights = _i == 0 ? RIG_NO_MOUNT : RIG_NOBODY;
	setup();
	ck_assert_msg(strstr(r.note, "sandbox seccomp,caps,uid,landlock") != NULL, "%s", r.note);
	ck_assert_msg(
	    strstr(r.note, "root") == NULL && strstr(r.note, "netns") == NULL, "%s", r.note);
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].weak >= 0)
			attack(&rows[i], rows[i].weak > 0 ? rows[i].weak : rows[i].number);
}
END_TEST

#ifdef __x86_64__
/* The job's list, by number: all others end it, whatever their arguments are. */
static const int permitted[] = { SYS_read, SYS_write, SYS_lseek, SYS_pread64, SYS_openat, SYS_close,
	SYS_fstat, SYS_newfstatat, SYS_munmap, SYS_mremap, SYS_brk, SYS_madvise, SYS_futex, SYS_unlink,
	SYS_unlinkat, SYS_rmdir, SYS_mkdir, SYS_mkdirat, SYS_getdents64, SYS_ftruncate,
	SYS_clock_gettime, SYS_gettimeofday, SYS_time, SYS_getrandom, SYS_recvmsg, SYS_exit_group,
	SYS_exit, SYS_rt_sigreturn, SYS_restart_syscall,
	/* with some arguments only, or without effect */
	SYS_mmap, SYS_mprotect, SYS_ioctl, SYS_fcntl, SYS_chmod, SYS_fchmod, SYS_fchmodat };

START_TEST(every_other_system_call_ends_the_job)
{
	for (int n = 0; n <= 470; n++) {
		unsigned before = r.samples;
		bool may = false;
		char body[64];

		for (size_t i = 0; i < sizeof(permitted) / sizeof(permitted[0]); i++)
			may |= permitted[i] == n;
		if (may || (n > 334 && n < 424)) /* numbers that are not used */
			continue;
		snprintf(body, sizeof(body), "HOSTILE:call-%d", n);
		rig_scan(&r, str_c(body));
		expect_death(body, SAMPLE_SIGNAL, SIGSYS, before);
	}
	rig_expect(&r, rig_eicar(), INFECTED, NONE);
}
END_TEST
#endif

static bool no_shared_mapping(pid_t job)
{
	char path[64], line[512];
	bool shared = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", job);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		const char *rights = strchr(line, ' ');

		shared |= rights != NULL && rights[4] == 's';
	}
	fclose(f);
	return !shared;
}

START_TEST(a_job_shares_no_memory_and_has_four_descriptors)
{
	pid_t jobs[RIG_JOBS_MOST];
	char path[64];
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	rig_await_jobs(&r, 2, jobs);
	ck_assert(no_shared_mapping(jobs[0]));
	snprintf(path, sizeof(path), "/proc/%d/fd", jobs[0]);
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	ck_assert_uint_eq(n, 4);
}
END_TEST

START_TEST(a_job_that_works_after_its_answer_is_ended_though_nobody_asks)
{
	pid_t before[RIG_JOBS_MOST], after[RIG_JOBS_MOST];
	int i;

	rig_await_jobs(&r, 2, before);
	rig_scan(&r, STR("HOSTILE:answer-and-spin"));
	ck_assert_str_eq(r.verdict.name, "said-early");
	for (i = 0; i < 100; i++) {
		usleep(50000);
		if (rig_jobs(&r, after) == 2 && (kill(before[0], 0) != 0 || kill(before[1], 0) != 0))
			break;
	}
	ck_assert_int_lt(i, 100);
}
END_TEST

START_TEST(a_job_that_keeps_memory_is_replaced)
{
	pid_t before[RIG_JOBS_MOST], after[RIG_JOBS_MOST];

	rig_await_jobs(&r, 2, before);
	rig_scan(&r, STR("HOSTILE:keep-memory"));
	ck_assert_int_eq(r.verdict.class, VERDICT_CLEAN);
	rig_expect(&r, STR("harmless"), CLEAN, NONE);
	for (int i = 0; i < 100; i++) {
		rig_await_jobs(&r, 2, after);
		if (memcmp(before, after, 2 * sizeof(pid_t)) != 0)
			return;
		usleep(20000);
	}
	ck_abort_msg("no job was replaced");
}
END_TEST

START_TEST(a_body_that_killed_a_job_is_not_given_to_a_second)
{
	rig_expect(&r, STR("HOSTILE:null"), UNSCANNABLE, ERROR);
	ck_assert_str_eq(r.verdict.name, "scanner-crash");
	await_sample(1);
	ck_assert(r.sample.sure);
	rig_expect(&r, STR("harmless"), CLEAN, NONE);
	rig_expect(&r, STR("HOSTILE:null"), UNSCANNABLE, ERROR);
	ck_assert_str_eq(r.verdict.name, "known-to-crash");
	ck_assert_uint_eq(r.samples, 1);
	rig_expect(&r, STR("HOSTILE:nulL"), CLEAN, NONE); /* same length, other bytes */
}
END_TEST

/* The processor time was its own: not again. */
START_TEST(a_body_that_took_all_its_time_is_not_tried_again)
{
	rig_expect(&r, STR("HOSTILE:spin"), UNSCANNABLE, TIMEOUT);
	await_sample(1);
	ck_assert_uint_gt(r.sample.cpu_ms, 0);
	if (!r.sample.sure) { /* this machine was too busy: the second time it is not tried any more either */
		rig_expect(&r, STR("HOSTILE:spin"), UNSCANNABLE, TIMEOUT);
		await_sample(2);
	}
	rig_expect(&r, STR("HOSTILE:spin"), UNSCANNABLE, TIMEOUT);
	ck_assert_str_eq(r.verdict.name, "known-to-take-too-long");
}
END_TEST

/* It used none: the machine may have been busy. One more chance. */
START_TEST(a_body_that_waited_is_tried_once_more)
{
	rig_expect(&r, STR("HOSTILE:sleep"), UNSCANNABLE, TIMEOUT);
	await_sample(1);
	ck_assert(!r.sample.sure);
	rig_expect(&r, STR("HOSTILE:sleep"), UNSCANNABLE, TIMEOUT);
	ck_assert_str_eq(r.verdict.name, "scan-deadline");
	rig_expect(&r, STR("HOSTILE:sleep"), UNSCANNABLE, TIMEOUT);
	ck_assert_str_eq(r.verdict.name, "known-to-take-too-long");
}
END_TEST

/* The operator gets the very bytes, sealed. */
START_TEST(the_sample_is_the_body)
{
	char bytes[64];

	rig_expect(&r, STR("HOSTILE:null and more"), UNSCANNABLE, ERROR);
	await_sample(1);
	ck_assert_uint_eq(r.sample.length, 21);
	ck_assert_int_eq(pread(r.sample_fd, bytes, sizeof(bytes), 0), 21);
	ck_assert_mem_eq(bytes, "HOSTILE:null and more", 21);
	ck_assert_int_eq(r.sample.number, SIGSEGV);
}
END_TEST

START_TEST(a_small_body_has_less_time)
{
	double start;

	rig_stop(&r);
	rig_start(&r, "sallyport-scanner-hostile", "2", "scan 20000ms\nscan_small 300ms\n");
	start = rig_now();
	rig_expect(&r, STR("HOSTILE:spin"), UNSCANNABLE, TIMEOUT);
	ck_assert_double_lt(rig_now() - start, 10000.0);
}
END_TEST

/* Jobs are replaced at once: there is no pause that others would feel. */
START_TEST(many_crashes_do_not_end_the_service)
{
	char body[64];

	for (int i = 0; i < 50; i++) {
		snprintf(body, sizeof(body), "HOSTILE:null %d", i);
		rig_expect(&r, str_c(body), UNSCANNABLE, ERROR);
	}
	rig_expect(&r, STR("harmless"), CLEAN, NONE);
	await_sample(50);
}
END_TEST

START_TEST(a_job_killed_in_mid_scan_gives_error)
{
	pid_t jobs[RIG_JOBS_MOST];
	unsigned want = r.answers + 1;

	rig_await_jobs(&r, 2, jobs);
	ck_assert_uint_ne(rig_submit(&r, STR("HOSTILE:spin")), 0);
	usleep(100000);
	kill(jobs[0], SIGKILL);
	kill(jobs[1], SIGKILL);
	rig_wait(&r, want);
	ck_assert_int_eq(r.verdict.class, VERDICT_UNSCANNABLE);
	ck_assert_int_eq(r.verdict.reason, REASON_ERROR);
	rig_expect(&r, STR("harmless"), CLEAN, NONE);
	rig_expect(
	    &r, STR("HOSTILE:spin"), UNSCANNABLE, TIMEOUT); /* not the body's fault: tried again */
	ck_assert_str_eq(r.verdict.name, "scan-deadline");
}
END_TEST

START_TEST(a_job_killed_while_idle_costs_no_scan)
{
	pid_t jobs[RIG_JOBS_MOST];

	for (int i = 0; i < 5; i++) {
		rig_await_jobs(&r, 2, jobs);
		kill(jobs[0], SIGKILL);
		kill(jobs[1], SIGKILL);
		usleep(i * 500);
		rig_scan(&r, STR("harmless"));
		ck_assert_str_ne(r.verdict.name, "known-to-crash");
	}
	rig_expect(&r, STR("harmless"), CLEAN, NONE);
}
END_TEST

START_TEST(jobs_end_with_their_zygote)
{
	pid_t jobs[RIG_JOBS_MOST];
	int status;

	rig_await_jobs(&r, 2, jobs);
	kill(r.pid, SIGKILL);
	waitpid(r.pid, &status, 0);
	for (int i = 0; i < 100 && kill(jobs[0], 0) == 0; i++) {
		char path[64], line[256] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", jobs[0]);
		f = fopen(path, "r");
		if (f == NULL || fgets(line, sizeof(line), f) == NULL ||
		    strstr(line, ") Z ") != NULL) {
			if (f != NULL)
				fclose(f);
			break; /* dead; whoever inherited it has not looked yet */
		}
		fclose(f);
		ck_assert_int_lt(i, 99);
		usleep(20000);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scanner_isolation");
	TCase *t = tcase_create("job");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_attack_is_denied_in_its_own_way_and_the_next_scans_are_answered_right);
	tcase_add_test(t, all_six_kinds_of_confinement_hold_for_root);
	tcase_add_loop_test(t, with_fewer_rights_less_holds_and_the_note_says_so, 0, 2);
#ifdef __x86_64__
	tcase_add_test(t, every_other_system_call_ends_the_job);
#endif
	tcase_add_test(t, a_job_shares_no_memory_and_has_four_descriptors);
	tcase_add_test(t, a_job_that_works_after_its_answer_is_ended_though_nobody_asks);
	tcase_add_test(t, a_job_that_keeps_memory_is_replaced);
	tcase_add_test(t, a_body_that_killed_a_job_is_not_given_to_a_second);
	tcase_add_test(t, a_body_that_took_all_its_time_is_not_tried_again);
	tcase_add_test(t, a_body_that_waited_is_tried_once_more);
	tcase_add_test(t, the_sample_is_the_body);
	tcase_add_test(t, a_small_body_has_less_time);
	tcase_add_test(t, many_crashes_do_not_end_the_service);
	tcase_add_test(t, a_job_killed_in_mid_scan_gives_error);
	tcase_add_test(t, a_job_killed_while_idle_costs_no_scan);
	tcase_add_test(t, jobs_end_with_their_zygote);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
