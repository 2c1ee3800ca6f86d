/* SPDX-License-Identifier: BSD-2-Clause */
/* The recorder as a process in its sandbox: what is acknowledged is in the file, whole. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/counter.h"
#include "core/err.h"
#include "gateway/audit.h"
#include "gateway/logfile.h"
#include "gateway/recorder.h"
#include "tests/unit/role_rig.h"

static char folder[64], file[96];
static struct limits limits;
static struct audit *audit;
static struct buf text;

static void setup(void)
{
	strcpy(folder, "/tmp/recorder-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/" RECORDER_FILE, folder);
	limits_default(&limits);
	buf_init(&text, 64 << 20);
}

static void teardown(void)
{
	char command[200];

	audit_free(audit);
	audit = NULL;
	if (rig_loop != NULL)
		rig_free();
	buf_free(&text);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void start(void)
{
	struct rig_entry e = { "audit.folder", str_c(folder) };

	rig_start(ROLE_RECORDER, recorder_main);
	rig_bundle(MSG_START, &e, 1);
	rig_until(&rig_ready);
	audit = audit_new(rig_loop, &limits, ROLE_WORKER, 0);
	ck_assert_int_eq(audit_connect(audit, rig_peer(ROLE_WORKER, 0)), 0);
}

static void write_file(const char *s)
{
	FILE *f = fopen(file, "w");

	ck_assert_ptr_nonnull(f);
	fputs(s, f);
	fclose(f);
}

static struct str read_file(const char *path)
{
	char piece[65536];
	ssize_t n;
	int fd = open(path, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	text.len = 0;
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		ck_assert_int_eq(buf_append(&text, piece, (size_t)n), 0);
	close(fd);
	return buf_view(&text);
}

static int line(int n)
{
	char s[128];

	snprintf(s, sizeof(s), "{\"n\":%d,\"pad\":\"%080d\"}\n", n, 0);
	return audit_line(audit, str_c(s));
}

static void until_idle(void)
{
	for (int i = 0; i < 1000 && !audit_idle(audit); i++)
		rig_run(10);
	ck_assert(audit_idle(audit));
}

/* The file holds line(from) ... line(to), in order, and nothing else. */
static void holds(int from, int to)
{
	struct str rest = read_file(file), one;
	bool good;
	char want[128];

	for (int i = from; i <= to; i++) {
		snprintf(want, sizeof(want), "{\"n\":%d,\"pad\":\"%080d\"}\n", i, 0);
		ck_assert(recorder_next_line(&rest, &one, &good));
		ck_assert(good);
		ck_assert_msg(str_eq(one, str_c(want)), "%.*s", STR_FMT(one));
	}
	ck_assert_uint_eq(rest.n, 0);
}

START_TEST(what_is_acknowledged_is_in_the_file)
{
	start();
	ck_assert_ptr_nonnull(strstr(rig_text, "seccomp"));
	for (int i = 1; i <= 5000; i++)
		ck_assert_int_eq(line(i), 0);
	until_idle();
	holds(1, 5000);
	for (int i = 5001; i <= 5003; i++) {
		ck_assert_int_eq(line(i), 0);
		until_idle();
	}
	rig_drain();
	holds(1, 5003);
	ck_assert_uint_eq(counters->audit_lost, 0);
}
END_TEST

START_TEST(a_torn_last_line_is_cut_off_and_the_rest_stays)
{
	write_file("{\"n\":1}\n{\"n\":2}\n{\"torn\":\"ye");
	start();
	audit_line(audit, STR("{\"n\":3}\n"));
	until_idle();
	rig_drain();
	ck_assert(str_eq(read_file(file), STR("{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n")));
}
END_TEST

START_TEST(a_killed_recorder_loses_nothing)
{
	start();
	for (int i = 1; i <= 100; i++)
		line(i);
	until_idle();
	for (int i = 101; i <= 200; i++)
		line(i);
	rig_run(1);
	kill(rig_pid, SIGKILL);
	ck_assert_int_eq(rig_wait(), 128 + SIGKILL);
	rig_run(20);
	for (int i = 201; i <= 300; i++)
		line(i);
	chan_free(rig_chan);
	rig_chan = NULL;
	/* A second one over the same file; the client stays, the loop too. */
	struct rig_entry e = { "audit.folder", str_c(folder) };
	struct loop *loop = rig_loop;
	struct timer *stop = rig_stop;

	rig_ready = 0;
	rig_start(ROLE_RECORDER, recorder_main);
	rig_bundle(MSG_START, &e, 1);
	rig_until(&rig_ready);
	int fd = rig_peer(ROLE_WORKER, 0);

	rig_run(50);
	struct loop *parent_loop = rig_loop;
	struct timer *parent_stop = rig_stop;

	rig_loop = loop;
	rig_stop = stop;
	ck_assert_int_eq(audit_connect(audit, fd), 0);
	until_idle();
	audit_free(audit);
	audit = NULL;
	timer_free(stop);
	loop_free(loop);
	rig_loop = parent_loop;
	rig_stop = parent_stop;
	rig_drain();
	for (int i = 1; i <= 300; i++) {
		char want[32];

		snprintf(want, sizeof(want), "{\"n\":%d,", i);
		struct str s = read_file(file);
		ck_assert_msg(memmem(s.p, s.n, want, strlen(want)) != NULL, "%s", want);
	}
}
END_TEST

START_TEST(bad_lines_are_refused_and_good_ones_stay)
{
	start();
	audit_line(audit, STR("{\"n\":1}\n"));
	audit_line(audit, STR("no object\n"));
	audit_line(audit, STR("{\"a\":\"\x01\"}\n"));
	audit_line(audit, STR("{\"n\":2}\n"));
	until_idle();
	rig_drain();
	ck_assert(str_eq(read_file(file), STR("{\"n\":1}\n{\"n\":2}\n")));
}
END_TEST

START_TEST(a_rotated_file_is_left_for_a_new_one)
{
	char old[120];

	snprintf(old, sizeof(old), "%s.1", file);
	start();
	line(1);
	until_idle();
	ck_assert_int_eq(rename(file, old), 0);
	kill(rig_pid, SIGHUP);
	rig_run(50);
	line(2);
	until_idle();
	holds(2, 2);
	ck_assert_int_eq(rename(file, old), 0);
	struct rig_entry e = { "audit.folder", str_c(folder) };

	rig_bundle(MSG_RELOAD, &e, 1);
	rig_until(&rig_reloaded);
	ck_assert(rig_reload_ok);
	line(3);
	until_idle();
	rig_drain();
	holds(3, 3);
}
END_TEST

/* A disk of its own with little room, seen by this test's processes alone. */
static bool small_disk(void)
{
	return unshare(CLONE_NEWNS) == 0 && mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL) == 0 &&
	       mount("none", folder, "tmpfs", 0, "size=256k") == 0;
}

START_TEST(a_full_disk_is_told_and_nothing_is_lost_or_torn)
{
	char ballast[120];
	unsigned n = 0;
	int fd;

	if (!small_disk())
		return; /* needs root */
	snprintf(ballast, sizeof(ballast), "%s/ballast", folder);
	fd = open(ballast, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_eq(posix_fallocate(fd, 0, 200 << 10), 0);
	close(fd);
	start();
	while (!audit_full(audit) && n < 5000) { /* about 100 bytes each: 56K are left */
		for (int i = 0; i < 50; i++)
			line((int)++n);
		rig_run(60);
	}
	ck_assert(audit_full(audit));
	ck_assert_uint_lt(n, 1500);
	for (int i = 0; i < 100; i++) /* flows that still end */
		line((int)++n);
	rig_run(1500);
	ck_assert(audit_full(audit));
	ck_assert(!audit_idle(audit));
	ck_assert_int_eq(unlink(ballast), 0);
	for (int i = 0; i < 300 && audit_full(audit); i++)
		rig_run(10);
	ck_assert(!audit_full(audit));
	until_idle();
	rig_drain();
	holds(1, (int)n);
	ck_assert_uint_eq(counters->audit_lost, 0);
	audit_free(audit);
	audit = NULL;
	ck_assert_int_eq(umount2(folder, MNT_DETACH), 0);
}
END_TEST

START_TEST(two_recorders_do_not_share_a_file)
{
	struct logfile a, b;
	size_t cut;
	int dir = open(folder, O_RDONLY | O_DIRECTORY);

	ck_assert_int_eq(logfile_open(&a, dir, "x", -1, &cut), 0);
	ck_assert_int_eq(logfile_open(&b, dir, "x", -1, &cut), -ERR_DENIED);
	logfile_close(&a);
	ck_assert_int_eq(logfile_open(&b, dir, "x", -1, &cut), 0);
	logfile_close(&b);
	close(dir);
}
END_TEST

START_TEST(links_and_pipes_are_no_log_files)
{
	struct logfile a;
	size_t cut;
	int dir = open(folder, O_RDONLY | O_DIRECTORY);

	ck_assert_int_eq(symlinkat("/tmp/elsewhere", dir, "link"), 0);
	ck_assert_int_eq(mkfifoat(dir, "pipe", 0600), 0);
	ck_assert_int_eq(logfile_open(&a, dir, "link", -1, &cut), -ERR_SYSTEM);
	ck_assert_int_eq(logfile_open(&a, dir, "pipe", -1, &cut), -ERR_SYSTEM);
	close(dir);
}
END_TEST

START_TEST(an_append_is_all_or_nothing)
{
	struct rlimit small = { 100, 100 };
	struct logfile f;
	size_t cut;
	int dir = open(folder, O_RDONLY | O_DIRECTORY);

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(logfile_open(&f, dir, RECORDER_FILE, -1, &cut), 0);
	ck_assert_int_eq(logfile_append(&f, STR("{\"n\":1}\n")), 0);
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(logfile_append(&f, STR("{\"n\":\"0123456789012345678901234567890"
							"123456789012345678901234567890123456"
							"78901234567890123456789\"}\n")), -ERR_SYSTEM);
	ck_assert_int_eq(logfile_append(&f, STR("{\"n\":2}\n")), 0);
	ck_assert(str_eq(read_file(file), STR("{\"n\":1}\n{\"n\":2}\n")));
	logfile_close(&f);
	close(dir);
}
END_TEST

static const struct {
	struct str in;
	bool good;
} lines[] = {
	{ STR("{}\n"), true },
	{ STR("{\"a\":1}\n"), true },
	{ STR("{\"a\":\"\xc3\xbc\"}\n"), true },
	{ STR("\n"), false },
	{ STR("{\n"), false },
	{ STR("}\n"), false },
	{ STR("[]\n"), false },
	{ STR(" {}\n"), false },
	{ STR("{} \n"), false },
	{ STR("{}\r\n"), false },
	{ STR("{\"a\":\"\0\"}\n"), false },
	{ STR("{\"a\":\"\x7f\"}\n"), false },
	{ STR("{\"a\":\"\x1b[2J\"}\n"), false },
	{ STR("{}"), false },
};

START_TEST(lines_are_checked)
{
	struct str rest = lines[_i].in, one;
	bool good;

	ck_assert(recorder_next_line(&rest, &one, &good));
	ck_assert_int_eq(good, lines[_i].good);
	ck_assert_uint_eq(one.n, lines[_i].in.n);
	ck_assert(!recorder_next_line(&rest, &one, &good));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recorder");
	TCase *c = tcase_create("facts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, what_is_acknowledged_is_in_the_file);
	tcase_add_test(c, a_torn_last_line_is_cut_off_and_the_rest_stays);
	tcase_add_test(c, a_killed_recorder_loses_nothing);
	tcase_add_test(c, bad_lines_are_refused_and_good_ones_stay);
	tcase_add_test(c, a_rotated_file_is_left_for_a_new_one);
	tcase_add_test(c, a_full_disk_is_told_and_nothing_is_lost_or_torn);
	tcase_add_test(c, two_recorders_do_not_share_a_file);
	tcase_add_test(c, links_and_pipes_are_no_log_files);
	tcase_add_test(c, an_append_is_all_or_nothing);
	tcase_add_loop_test(c, lines_are_checked, 0, sizeof(lines) / sizeof(lines[0]));
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
