/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running iptables-save and iptables-restore. All three streams are memory files, so a tool that
 * prints much or reads late can never wait for us.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"
#include "intercept/tool.h"

static const char *const folders[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin",
	NULL };

struct streams {
	int in, out, err;
};

static bool find(const char *name, char *path, size_t n)
{
	const char *const *f;
	int len;

	for (f = folders; *f != NULL; f++) {
		len = snprintf(path, n, "%s/%s", *f, name);
		if (len > 0 && (size_t)len < n && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static int write_all(int fd, struct str s)
{
	ssize_t k;

	while (s.n > 0) {
		k = write(fd, s.p, s.n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return -ERR_SYSTEM;
		s = str_of(s.p + k, s.n - (size_t)k);
	}
	return 0;
}

static int read_all(int fd, struct buf *out)
{
	ssize_t k;
	char *to;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return -ERR_SYSTEM;
	for (;;) {
		if ((to = buf_reserve(out, 4096)) == NULL)
			return -ERR_LIMIT;
		k = read(fd, to, 4096);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k == 0 ? 0 : -ERR_SYSTEM;
		buf_commit(out, (size_t)k);
	}
}

static void streams_close(struct streams *s)
{
	int fd[3] = { s->in, s->out, s->err };
	unsigned i;

	for (i = 0; i < 3; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
	}
}

static int streams_open(struct streams *s, struct str input)
{
	s->in = memfd_create("tool-in", MFD_CLOEXEC);
	s->out = memfd_create("tool-out", MFD_CLOEXEC);
	s->err = memfd_create("tool-err", MFD_CLOEXEC);
	if (s->in < 0 || s->out < 0 || s->err < 0 || write_all(s->in, input) != 0 ||
	    lseek(s->in, 0, SEEK_SET) != 0) {
		streams_close(s);
		return -ERR_SYSTEM;
	}
	return 0;
}

/* Above the standard ones first, or a dup2 could overwrite the next one's source. */
static int wire(const struct streams *s)
{
	const int from[3] = { fcntl(s->in, F_DUPFD_CLOEXEC, 3), fcntl(s->out, F_DUPFD_CLOEXEC, 3),
		fcntl(s->err, F_DUPFD_CLOEXEC, 3) };
	int i;

	for (i = 0; i < 3; i++) {
		if (from[i] < 0 || dup2(from[i], i) < 0)
			return -1;
	}
	return 0;
}

static _Noreturn void child(const char *path, const char *const *argv, const struct streams *s)
{
	static const char *const env[] = { "PATH=/usr/sbin:/sbin:/usr/bin:/bin", "LC_ALL=C", NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (wire(s) == 0)
		execve(path, (char *const *)argv, (char *const *)env);
	_exit(127);
}

static void complain(const char *name, int fd, int status, char *why, size_t n)
{
	char text[512];
	ssize_t k = pread(fd, text, sizeof(text) - 1, 0);

	text[k > 0 ? k : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (text[0] != '\0')
		snprintf(why, n, "%s%s%s", strncmp(text, name, strlen(name)) == 0 ? "" : name,
		    strncmp(text, name, strlen(name)) == 0 ? "" : ": ", text);
	else if (WIFSIGNALED(status))
		snprintf(why, n, "%s: killed by signal %d", name, WTERMSIG(status));
	else
		snprintf(why, n, "%s: failed with status %d", name, WEXITSTATUS(status));
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR) /* ignored SIGCHLD: nobody can tell */
			return W_EXITCODE(126, 0);
	}
	return status;
}

int tool_run(const char *const *argv, struct str input, struct buf *out, char *why, size_t why_n)
{
	struct streams s;
	char path[128];
	int status, r = -ERR_SYSTEM;
	pid_t pid;

	if (!find(argv[0], path, sizeof(path))) {
		snprintf(why, why_n, "%s is not installed", argv[0]);
		return -ERR_NOT_FOUND;
	}
	if (streams_open(&s, input) != 0 || (pid = fork()) < 0) {
		snprintf(why, why_n, "%s cannot be started: %s", argv[0], strerror(errno));
		return -ERR_SYSTEM;
	}
	if (pid == 0)
		child(path, argv, &s);
	status = wait_for(pid);
	if (status != 0)
		complain(argv[0], s.err, status, why, why_n);
	else if ((r = out == NULL ? 0 : read_all(s.out, out)) != 0)
		snprintf(why, why_n, "%s prints too much", argv[0]);
	streams_close(&s);
	return r;
}
