/* SPDX-License-Identifier: BSD-2-Clause */
/* The maker of RSA keys: one byte in, one key out, as u16 length and PKCS#8. */
#include "gateway/keymaker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "core/sandbox.h"

enum { HEAD = 2, PIPE_FD = 3, NICE = 10 };

struct keymaker {
	int fd;
	struct watch *watch;
	keymaker_fn *fn;
	void *arg;
	struct buf in;
};

/* ---- the process ---- */

static bool write_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t k = write(fd, s.p, s.n);

		if (k <= 0)
			return false;
		s = str_sub(s, (size_t)k, s.n);
	}
	return true;
}

/* False when it cannot go on. */
static bool make_one(int fd)
{
	struct leaf_key *k = leaf_key_new(false);
	struct buf out;
	bool ok;

	buf_init(&out, HEAD + LEAF_KEY_DER_MAX);
	ok = k != NULL && buf_reserve(&out, HEAD + LEAF_KEY_DER_MAX) != NULL; /* one piece */
	if (ok)
		buf_commit(&out, HEAD);
	ok = ok && leaf_key_write(k, &out) == 0;
	if (ok) {
		out.p[0] = (char)((out.len - HEAD) & 0xff);
		out.p[1] = (char)((out.len - HEAD) >> 8);
		ok = write_all(fd, buf_view(&out));
	}
	buf_wipe(&out);
	leaf_key_free(k);
	return ok;
}

static _Noreturn void be_maker(int fd)
{
	char order;

	if (fd != PIPE_FD && dup2(fd, PIPE_FD) < 0)
		_exit(1);
	close_range(PIPE_FD + 1, ~0U, 0);
	prctl(PR_SET_NAME, "keymaker");
	setpriority(PRIO_PROCESS, 0, NICE);
	/* The first key is made outside, so that the library has loaded what it needs. */
	if (!make_one(PIPE_FD) || sandbox_enter(ROLE_WORKER, NULL) < 0)
		_exit(1);
	while (read(PIPE_FD, &order, 1) == 1 && make_one(PIPE_FD))
		;
	_exit(0);
}

struct keymaker *keymaker_start(void)
{
	struct keymaker *m = calloc(1, sizeof(*m));
	int fd[2];
	pid_t pid;

	if (m == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0) {
		free(m);
		return NULL;
	}
	signal(SIGCHLD, SIG_IGN); /* its end is seen at the socket */
	pid = fork();
	if (pid == 0) {
		/* Not outliving the worker, also should that have ended by now. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
			_exit(1);
		be_maker(fd[1]);
	}
	close(fd[1]);
	m->fd = fd[0];
	buf_init(&m->in, HEAD + LEAF_KEY_DER_MAX);
	if (pid > 0 && fcntl(m->fd, F_SETFL, O_NONBLOCK) == 0)
		return m;
	keymaker_free(m);
	return NULL;
}

/* ---- the worker's side ---- */

static void gone(struct keymaker *m)
{
	log_error("the maker of RSA keys has ended");
	watch_free(m->watch);
	m->watch = NULL;
	m->fn(m->arg, NULL);
}

static void on_bytes(void *arg, int events)
{
	struct keymaker *m = arg;
	size_t left = m->in.max - m->in.len, want;
	char *to = buf_reserve(&m->in, left);
	ssize_t n = to != NULL ? read(m->fd, to, left) : 0;

	(void)events;
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			gone(m);
		return;
	}
	buf_commit(&m->in, (size_t)n);
	want = m->in.len < HEAD ? HEAD
				: HEAD + (unsigned char)m->in.p[0] +
				      ((size_t)(unsigned char)m->in.p[1] << 8);
	if (want > m->in.max || m->in.len > want) {
		gone(m);
	} else if (m->in.len >= HEAD && m->in.len == want) {
		struct leaf_key *k = leaf_key_read(str_of(m->in.p + HEAD, want - HEAD));

		buf_wipe(&m->in);
		buf_init(&m->in, HEAD + LEAF_KEY_DER_MAX);
		if (k != NULL)
			m->fn(m->arg, k);
		else
			gone(m);
	}
}

int keymaker_join(struct keymaker *m, struct loop *l, keymaker_fn *fn, void *arg)
{
	m->fn = fn;
	m->arg = arg;
	m->watch = watch_new(l, m->fd, on_bytes, m);
	if (m->watch == NULL)
		return -ERR_NOMEM;
	watch_set(m->watch, LOOP_READ);
	return 0;
}

void keymaker_order(struct keymaker *m)
{
	if (m->watch != NULL && write(m->fd, "", 1) != 1)
		log_warn("no RSA key can be ordered: %s", strerror(errno));
}

void keymaker_free(struct keymaker *m)
{
	if (m == NULL)
		return;
	watch_free(m->watch);
	close(m->fd);
	buf_wipe(&m->in);
	free(m);
}
