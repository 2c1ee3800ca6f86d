/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Facts about a job that was taken over: what it tries is denied or ends it, its scan is answered
 * UNSCANNABLE{error} (or {timeout} at the deadline), and the next scan is answered right. The
 * program under test is the real scanner with a job that attacks on command.
 */
#include "scan_rig.h"

#define LIMITS "scan 1000ms\nscan_memory 268435456\nscan_file 1048576\n"

static struct rig r;

static void setup(void)
{
	log_level(LOG_LEVEL_ERROR);
	rig_start(&r, "sallyport-scanner-hostile", "1", LIMITS);
}

static void teardown(void)
{
	rig_stop(&r);
}

static const struct row {
	const char *act;
	enum verdict_class class;
	enum verdict_reason reason;
} rows[] = {
	{ "socket", VERDICT_UNSCANNABLE, REASON_ERROR },
	{ "open", VERDICT_CLEAN, REASON_NONE },
	{ "sibling", VERDICT_CLEAN, REASON_NONE },
	{ "fork", VERDICT_UNSCANNABLE, REASON_ERROR },
	{ "exec", VERDICT_UNSCANNABLE, REASON_ERROR },
	{ "mmap-exec", VERDICT_UNSCANNABLE, REASON_ERROR },
	{ "mprotect-exec", VERDICT_UNSCANNABLE, REASON_ERROR },
	{ "file-size", VERDICT_UNSCANNABLE, REASON_ERROR },
	{ "memory", VERDICT_CLEAN, REASON_NONE },
	{ "null", VERDICT_UNSCANNABLE, REASON_ERROR },
	{ "kill", VERDICT_UNSCANNABLE, REASON_ERROR },
	{ "sigio", VERDICT_UNSCANNABLE, REASON_ERROR },
	{ "ptrace", VERDICT_UNSCANNABLE, REASON_ERROR },
	{ "limit", VERDICT_UNSCANNABLE, REASON_ERROR },
	{ "lie", VERDICT_UNSCANNABLE, REASON_ERROR },
	{ "loop", VERDICT_UNSCANNABLE, REASON_TIMEOUT },
};

START_TEST(an_attack_is_denied_and_the_next_scan_is_answered_right)
{
	const struct row *row = &rows[_i];
	const struct verdict *v;
	char body[64];

	snprintf(body, sizeof(body), "HOSTILE:%s", row->act);
	v = rig_scan(&r, str_c(body));
	ck_assert_msg(v->class == row->class && v->reason == row->reason, "%s gave %s.%s %s",
	    row->act, verdict_word(v->class), reason_word(v->reason), v->name);
	if (v->class == VERDICT_CLEAN)
		ck_assert_str_eq(v->name, "denied");
	rig_expect(&r, STR("a harmless text that follows"), CLEAN, NONE);
	rig_expect(&r, rig_eicar(), INFECTED, NONE);
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

/* In a container without CAP_SYS_ADMIN, or without root at all: less, said aloud, still denied. */
START_TEST(with_fewer_rights_less_holds_and_the_note_says_so)
{
	static const char *const acts[] = { "socket", "open", "sibling", "fork", "exec",
		"mmap-exec", "kill" };
	char body[64];

	if (geteuid() != 0)
		return;
	rig_stop(&r);
	rig_rights = _i == 0 ? RIG_NO_MOUNT : RIG_NOBODY;
	setup();
	ck_assert_msg(strstr(r.note, "sandbox seccomp,caps,uid,landlock") != NULL, "%s", r.note);
	ck_assert_msg(
	    strstr(r.note, "root") == NULL && strstr(r.note, "netns") == NULL, "%s", r.note);
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		snprintf(body, sizeof(body), "HOSTILE:%s", acts[i]);
		if (rig_scan(&r, str_c(body))->class == VERDICT_CLEAN)
			ck_assert_str_eq(r.verdict.name, "denied");
		else
			ck_assert_int_eq(r.verdict.reason, REASON_ERROR);
		rig_expect(&r, rig_eicar(), INFECTED, NONE);
	}
}
END_TEST

START_TEST(a_body_that_killed_a_job_is_not_given_to_a_second)
{
	pid_t before[RIG_JOBS_MOST], after[RIG_JOBS_MOST];

	rig_expect(&r, STR("HOSTILE:null"), UNSCANNABLE, ERROR);
	ck_assert_str_eq(r.verdict.name, "scanner-crash");
	rig_expect(&r, STR("harmless"), CLEAN, NONE);
	rig_await_jobs(&r, 1, before);
	rig_expect(&r, STR("HOSTILE:null"), UNSCANNABLE, ERROR);
	ck_assert_str_eq(r.verdict.name, "known-to-crash");
	rig_await_jobs(&r, 1, after);
	ck_assert_int_eq(before[0], after[0]);
	rig_expect(&r, STR("HOSTILE:nulL"), CLEAN, NONE); /* same length, other bytes */
}
END_TEST

START_TEST(many_crashes_slow_the_restart_and_do_not_end_the_service)
{
	char body[64];
	double start = rig_now();

	for (int i = 0; i < 12; i++) {
		snprintf(body, sizeof(body), "HOSTILE:null%*s", i, "");
		rig_expect(&r, str_c(body), UNSCANNABLE, ERROR);
	}
	rig_expect(&r, STR("harmless"), CLEAN, NONE);
	ck_assert_double_gt(rig_now() - start, 1000.0);
}
END_TEST

START_TEST(a_job_killed_in_mid_scan_gives_error)
{
	pid_t jobs[RIG_JOBS_MOST];
	unsigned want = r.answers + 1;

	ck_assert_uint_ne(rig_submit(&r, STR("HOSTILE:loop")), 0);
	rig_await_jobs(&r, 1, jobs);
	usleep(100000);
	kill(jobs[0], SIGKILL);
	rig_wait(&r, want);
	ck_assert_int_eq(r.verdict.class, VERDICT_UNSCANNABLE);
	ck_assert_int_eq(r.verdict.reason, REASON_ERROR);
	rig_expect(&r, STR("harmless"), CLEAN, NONE);
	rig_expect(
	    &r, STR("HOSTILE:loop"), UNSCANNABLE, TIMEOUT); /* not the body's fault: tried again */
}
END_TEST

START_TEST(a_job_killed_while_idle_costs_no_scan)
{
	pid_t jobs[RIG_JOBS_MOST];

	for (int i = 0; i < 5; i++) {
		rig_await_jobs(&r, 1, jobs);
		kill(jobs[0], SIGKILL);
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

	rig_await_jobs(&r, 1, jobs);
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
	tcase_add_loop_test(t, an_attack_is_denied_and_the_next_scan_is_answered_right, 0,
	    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, all_six_kinds_of_confinement_hold_for_root);
	tcase_add_loop_test(t, with_fewer_rights_less_holds_and_the_note_says_so, 0, 2);
	tcase_add_test(t, a_body_that_killed_a_job_is_not_given_to_a_second);
	tcase_add_test(t, many_crashes_slow_the_restart_and_do_not_end_the_service);
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
