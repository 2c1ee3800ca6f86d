/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line's mistakes, the control socket from both ends, and the lock of a state folder. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/args.h"
#include "control/client.h"
#include "control/exit.h"
#include "control/files.h"
#include "control/pidfile.h"
#include "control/server.h"
#include "core/err.h"

/* ---- options ---- */

static const struct command up = { "up", "ciF", NULL, "x", "", NULL, false };
static const struct command ca = { "ca", "cf", "WORD", "x", "", NULL, false };

static int parse(const struct command *c, struct args *a, const char *const *argv)
{
	static char words[8][32]; /* the result points at them */
	char *copy[9] = { NULL };
	int n = 0;

	for (; n < 8 && argv[n] != NULL; n++)
		copy[n] = strcpy(words[n], argv[n]);
	return args_parse(c, n, copy, a);
}

START_TEST(options_and_words_are_taken)
{
	const char *const argv[] = { "up", "--inside", "a", "--inside=b", "--foreground", NULL };
	const char *const words[] = { "ca", "export", "--format", "der", NULL };
	struct args a;

	ck_assert_int_eq(parse(&up, &a, argv), 0);
	ck_assert_uint_eq(a.inside_n, 2);
	ck_assert_str_eq(a.inside[1], "b");
	ck_assert(a.foreground);
	ck_assert_int_eq(parse(&ca, &a, words), 0);
	ck_assert_str_eq(a.word, "export");
	ck_assert_str_eq(a.format, "der");
}
END_TEST

static const char *const wrong[][4] = {
	{ "up", "--bogus" }, { "up", "-x" }, { "up", "--inside" }, { "up", "--foreground=1" },
	{ "up", "word" }, { "up", "--json" }, { "up", "--", "word" }, { "ca", "show", "more" },
};

START_TEST(wrong_options_are_a_usage_error)
{
	struct args a;

	ck_assert_int_eq(parse(wrong[_i][0][0] == 'c' ? &ca : &up, &a, wrong[_i]), EXIT_USAGE);
}
END_TEST

/* ---- the control socket ---- */

static char dir[64], path[96];
static struct loop *loop;
static struct control_server *server;
static struct control_reply *held;
static unsigned asked;

static void on_command(void *arg, struct str command, struct control_reply *reply)
{
	asked++;
	if (str_eq(command, STR("hold")))
		held = reply;
	else if (str_eq(command, STR("end")))
		loop_stop(arg), control_reply_send(reply, 0, STR("bye"));
	else if (str_eq(command, STR("file"))) {
		int fd = memfd_create("answer", MFD_CLOEXEC);

		ck_assert_int_eq(write(fd, "inside", 6), 6);
		control_reply_send_fd(reply, 0, STR("6"), fd);
		close(fd);
	} else
		control_reply_send(reply, 3, command);
}

static void make_server(void)
{
	strcpy(dir, "/tmp/sallyport-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/control.sock", dir);
	ck_assert_ptr_nonnull(loop = loop_new());
	ck_assert_ptr_nonnull(server = control_server_new(loop, path, on_command, loop));
	held = NULL;
	asked = 0;
}

static void remove_server(void)
{
	control_server_free(server);
	loop_free(loop);
	unlink(path);
	snprintf(path, sizeof(path), "%s/sallyport.pid", dir);
	unlink(path);
	rmdir(dir);
}

/* A client in a process of its own; its exit code. */
static pid_t client(const char *line, int want, const char *text)
{
	struct buf answer;
	pid_t pid = fork();
	int r;

	if (pid != 0)
		return pid;
	buf_init(&answer, 65536);
	r = control_ask(dir, line, 5, &answer);
	_exit(r == want && str_eq(buf_view(&answer), str_c(text)) ? 0 : 1);
}

static void must_end_well(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static void on_tick(void *arg)
{
	loop_stop(arg);
}

static void run_for(unsigned ms)
{
	struct timer *t = timer_new(loop, on_tick, loop);

	timer_set(t, ms);
	loop_run(loop);
	timer_free(t);
}

static int raw_client(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(at.sun_path, path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

START_TEST(an_answer_carries_its_code_and_text)
{
	pid_t a = client("what now", 3, "what now\n");

	run_for(300);
	must_end_well(a);
	ck_assert_uint_eq(asked, 1);
}
END_TEST

START_TEST(an_answer_can_bring_a_descriptor)
{
	pid_t a = fork();

	if (a == 0) {
		struct buf answer;
		char bytes[8];
		int fd, r;

		buf_init(&answer, 64);
		r = control_ask_fd(dir, "file", 5, &answer, &fd);
		_exit(r == 0 && str_eq(buf_view(&answer), STR("6\n")) && pread(fd, bytes, 8, 0) == 6 &&
				memcmp(bytes, "inside", 6) == 0
			? 0
			: 1);
	}
	run_for(300);
	must_end_well(a);
	a = client("file", 0, "6\n"); /* who does not expect one */
	run_for(300);
	must_end_well(a);
}
END_TEST

START_TEST(the_socket_is_for_its_owner_alone)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(an_answer_may_come_later)
{
	pid_t a = client("hold", 0, "late\n");

	run_for(200);
	ck_assert_ptr_nonnull(held);
	control_reply_send(held, 0, STR("late"));
	run_for(200);
	must_end_well(a);
}
END_TEST

START_TEST(an_answer_to_nobody_is_dropped)
{
	int fd = raw_client();

	ck_assert_int_eq(send(fd, "hold\n", 5, 0), 5);
	run_for(100);
	close(fd);
	run_for(100);
	control_reply_send(held, 0, STR("late"));
	run_for(100);
}
END_TEST

START_TEST(an_answer_after_the_server_is_dropped)
{
	int fd = raw_client();

	ck_assert_int_eq(send(fd, "hold\n", 5, 0), 5);
	run_for(100);
	control_server_free(server);
	server = NULL;
	control_reply_send(held, 0, STR("late"));
	close(fd);
}
END_TEST

START_TEST(a_line_without_end_is_cut_off)
{
	char big[CONTROL_LINE_MAX + 100], byte;
	int fd = raw_client();

	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(send(fd, big, sizeof(big), 0), sizeof(big));
	run_for(100);
	ck_assert_int_le(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
	ck_assert_uint_eq(asked, 0);
	close(fd);
}
END_TEST

START_TEST(a_line_in_pieces_is_one_line)
{
	int fd = raw_client();
	char answer[64];

	ck_assert_int_eq(send(fd, "wh", 2, 0), 2);
	run_for(50);
	ck_assert_int_eq(send(fd, "at\nmore\n", 8, 0), 8);
	run_for(50);
	ck_assert_int_eq(recv(fd, answer, sizeof(answer), 0), 7);
	ck_assert_int_eq(memcmp(answer, "3\nwhat\n", 7), 0);
	ck_assert_uint_eq(asked, 1);
	close(fd);
}
END_TEST

START_TEST(the_client_after_the_last_is_turned_away)
{
	int fd[CONTROL_CLIENTS + 1];
	char byte;

	for (int i = 0; i <= CONTROL_CLIENTS; i++) {
		fd[i] = raw_client();
		run_for(10);
	}
	run_for(100);
	ck_assert_int_eq(recv(fd[CONTROL_CLIENTS], &byte, 1, MSG_DONTWAIT), 0);
	ck_assert_int_eq(recv(fd[0], &byte, 1, MSG_DONTWAIT), -1);
	for (int i = 0; i <= CONTROL_CLIENTS; i++)
		close(fd[i]);
}
END_TEST

START_TEST(another_user_is_not_heard)
{
	pid_t pid;
	char byte;
	int fd;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	if ((pid = fork()) == 0) {
		if (setresuid(65534, 65534, 65534) != 0)
			_exit(2);
		fd = raw_client();
		send(fd, "status\n", 7, MSG_NOSIGNAL);
		_exit(read(fd, &byte, 1) <= 0 ? 0 : 1);
	}
	run_for(300);
	must_end_well(pid);
	ck_assert_uint_eq(asked, 0);
}
END_TEST

START_TEST(nobody_there_is_said)
{
	struct buf answer;

	buf_init(&answer, 4096);
	control_server_free(server);
	server = NULL;
	ck_assert(!control_alive(dir));
	ck_assert_int_eq(control_ask(dir, "status", 1, &answer), -ERR_NOT_FOUND);
}
END_TEST

/* ---- the pid file ---- */

START_TEST(a_folder_has_one_gateway)
{
	int fd = pidfile_take(dir), status;
	pid_t pid;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pidfile_owner(dir, 1), getpid());
	ck_assert_int_eq(pidfile_take(dir), -ERR_DENIED);
	pidfile_drop(dir, fd);
	ck_assert_int_eq(pidfile_owner(dir, 0), 0);
	if ((pid = fork()) == 0) { /* dies with the lock, the file stays */
		pidfile_take(dir);
		kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(pidfile_owner(dir, 0), 0);
	ck_assert_int_ge(fd = pidfile_take(dir), 0);
	pidfile_drop(dir, fd);
}
END_TEST

START_TEST(files_are_whole_and_have_their_mode)
{
	char file[128];
	struct stat st;
	struct buf b;

	snprintf(file, sizeof(file), "%s/a/b/key", dir);
	ck_assert_int_eq(file_mkdirs_for(file, 0700), 0);
	ck_assert_int_eq(file_write(file, 0600, STR("one")), 0);
	ck_assert_int_eq(file_write(file, 0600, STR("three")), 0);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	buf_init(&b, 16384);
	ck_assert_int_eq(file_read(file, &b), 0);
	ck_assert(str_eq(buf_view(&b), STR("three")));
	buf_free(&b);
	buf_init(&b, 4);
	ck_assert_int_eq(file_read(file, &b), -ERR_LIMIT);
	buf_free(&b);
	unlink(file);
	snprintf(file, sizeof(file), "%s/a/b", dir);
	rmdir(file);
	snprintf(file, sizeof(file), "%s/a", dir);
	ck_assert_int_eq(rmdir(file), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("control");
	TCase *words = tcase_create("options"), *sock = tcase_create("socket");

	tcase_add_test(words, options_and_words_are_taken);
	tcase_add_loop_test(words, wrong_options_are_a_usage_error, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_checked_fixture(sock, make_server, remove_server);
	tcase_set_timeout(sock, 30);
	tcase_add_test(sock, an_answer_carries_its_code_and_text);
	tcase_add_test(sock, an_answer_can_bring_a_descriptor);
	tcase_add_test(sock, the_socket_is_for_its_owner_alone);
	tcase_add_test(sock, an_answer_may_come_later);
	tcase_add_test(sock, an_answer_to_nobody_is_dropped);
	tcase_add_test(sock, an_answer_after_the_server_is_dropped);
	tcase_add_test(sock, a_line_without_end_is_cut_off);
	tcase_add_test(sock, a_line_in_pieces_is_one_line);
	tcase_add_test(sock, the_client_after_the_last_is_turned_away);
	tcase_add_test(sock, another_user_is_not_heard);
	tcase_add_test(sock, nobody_there_is_said);
	tcase_add_test(sock, a_folder_has_one_gateway);
	tcase_add_test(sock, files_are_whole_and_have_their_mode);
	suite_add_tcase(s, words);
	suite_add_tcase(s, sock);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
