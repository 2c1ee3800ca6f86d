/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon as a child: started, awaited, stopped. It is this program itself, executed anew. */
#include "control/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/client.h"
#include "control/exit.h"
#include "control/files.h"
#include "control/pidfile.h"

enum {
	ARGS = 64,
	TICK_US = 50000,
	TICKS = 1000000 / TICK_US,
	TAIL = 4096,
	TAIL_LINES = 5,
	PATH_SIZE = 4096
};

static void fill_args(const struct daemon_start *d, const char **argv)
{
	*argv++ = "sallyport";
	*argv++ = "run";
	if (d->config != NULL) {
		*argv++ = "--config";
		*argv++ = d->config;
	}
	for (unsigned i = 0; i < d->inside_n && i < (ARGS - 5) / 2; i++) {
		*argv++ = "--inside";
		*argv++ = d->inside[i];
	}
	*argv = NULL;
}

static _Noreturn void child(const struct daemon_start *d, int log)
{
	const char *argv[ARGS];
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	sigemptyset(&none); /* what `up --foreground` waits for, the daemon must hear itself */
	sigprocmask(SIG_SETMASK, &none, NULL);
	fill_args(d, argv);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		_exit(EXIT_OTHER);
	if (log >= 0 &&
	    (setsid() < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0))
		_exit(EXIT_OTHER);
	execv("/proc/self/exe", (char *const *)argv);
	_exit(EXIT_OTHER);
}

/* The last lines of the log, from where it ended before the start. */
static void show_tail(int log, off_t from)
{
	char text[TAIL + 1];
	struct stat st;
	ssize_t k;
	char *p;
	int lines = 0;

	if (log < 0 || fstat(log, &st) != 0)
		return;
	if (st.st_size - from > TAIL)
		from = st.st_size - TAIL;
	if ((k = pread(log, text, TAIL, from)) <= 0)
		return;
	text[k] = '\0';
	for (p = text + k - 1; p > text; p--) {
		if (p[-1] == '\n' && ++lines == TAIL_LINES)
			break;
	}
	fputs(p, stderr);
}

static int exit_code_of(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		fprintf(stderr, "sallyport: the gateway was killed by signal %d while it started\n",
		    WTERMSIG(status));
	return EXIT_OTHER;
}

static void kill_child(pid_t pid)
{
	int status;

	kill(pid, SIGTERM);
	for (int i = 0; i < 10 * TICKS; i++) {
		if (waitpid(pid, &status, WNOHANG) != 0)
			return;
		usleep(TICK_US);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static int await(const struct daemon_start *d, pid_t pid)
{
	int status;

	for (unsigned i = 0; i < d->patience * TICKS; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return exit_code_of(status);
		if (pidfile_owner(d->state_dir, 0) == pid && control_alive(d->state_dir))
			return 0;
		if (i == 5 * TICKS)
			fprintf(stderr, "sallyport: waiting for the gateway; large signature sets "
					"take a while\n");
		usleep(TICK_US);
	}
	fprintf(stderr, "sallyport: the gateway did not get ready within %u s\n", d->patience);
	kill_child(pid);
	return EXIT_OTHER;
}

int daemon_start(const struct daemon_start *d, pid_t *pid)
{
	int log = -1, r;
	off_t from = 0;
	pid_t p;

	if (d->log != NULL &&
	    (log = open(d->log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640)) < 0) {
		fprintf(stderr, "sallyport: %s cannot be written: %s\n", d->log, strerror(errno));
		return EXIT_FILE;
	}
	if (log >= 0)
		from = lseek(log, 0, SEEK_END);
	if ((p = fork()) == 0)
		child(d, log);
	if (p < 0) {
		fprintf(stderr, "sallyport: the gateway cannot be started: %s\n", strerror(errno));
		r = EXIT_OTHER;
	} else if ((r = await(d, p)) != 0) {
		show_tail(log, from);
	} else {
		*pid = p;
	}
	if (log >= 0)
		close(log);
	return r;
}

/* Our own child has to be reaped, or it would look alive for ever. */
static bool gone(const char *state_dir, pid_t pid)
{
	waitpid(pid, NULL, WNOHANG);
	return pidfile_owner(state_dir, 0) != pid;
}

/* What one that was killed leaves behind. */
static bool clean(const char *state_dir)
{
	char path[PATH_SIZE];

	pidfile_owner(state_dir, 1);
	if (file_join(state_dir, "control.sock", path, sizeof(path)) == 0)
		unlink(path);
	return true;
}

bool daemon_stop(const char *state_dir, pid_t pid, unsigned patience)
{
	if (pid == 0)
		return clean(state_dir);
	if (kill(pid, SIGTERM) != 0 && errno != ESRCH)
		return false;
	for (unsigned i = 0; i < patience * TICKS; i++) {
		if (gone(state_dir, pid))
			return clean(state_dir);
		usleep(TICK_US);
	}
	fprintf(
	    stderr, "sallyport: the gateway did not stop within %u s and is killed\n", patience);
	kill(pid, SIGKILL);
	for (unsigned i = 0; i < 5 * TICKS; i++) {
		if (gone(state_dir, pid))
			return clean(state_dir);
		usleep(TICK_US);
	}
	return false;
}
