/* SPDX-License-Identifier: BSD-2-Clause */
/* clamd's socket, as far as freshclam needs it: one command, one answer. */
#include "gateway/notify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"
#include "core/str.h"

enum { CLIENTS = 4, COMMAND_MAX = 32, CLIENT_MS = 2000 };

struct asker {
	struct notify *notify;
	int fd; /* -1: free */
	struct watch *watch;
};

struct notify {
	struct loop *loop;
	timer_fn *fn;
	void *arg;
	struct sockaddr_un at;
	int fd; /* -1: not listening */
	struct watch *watch;
	struct timer *timer; /* ends all askers: none has a reason to stay */
	struct asker askers[CLIENTS];
};

static void end_asker(struct asker *a)
{
	if (a->fd < 0)
		return;
	watch_free(a->watch);
	close(a->fd);
	a->fd = -1;
}

static void on_slow(void *arg)
{
	struct notify *n = arg;

	for (int i = 0; i < CLIENTS; i++)
		end_asker(&n->askers[i]);
}

/* "RELOAD", or with clamd's marks before and its end behind: "zRELOAD\0", "nRELOAD\n". */
static void on_command(void *arg, int events)
{
	struct asker *a = arg;
	struct notify *n = a->notify;
	char space[COMMAND_MAX];
	ssize_t k = recv(a->fd, space, sizeof(space), MSG_DONTWAIT);
	struct str s = k > 0 ? str_of(space, (size_t)k) : STR_NONE;
	bool said;

	(void)events;
	if (s.n > 0 && (s.p[0] == 'z' || s.p[0] == 'n'))
		s = str_sub(s, 1, s.n);
	said = str_iprefix(s, STR("RELOAD"));
	if (said)
		send(a->fd, "RELOADING\n", 10, MSG_NOSIGNAL | MSG_DONTWAIT);
	else if (s.n > 0)
		send(a->fd, "UNKNOWN COMMAND\n", 16, MSG_NOSIGNAL | MSG_DONTWAIT);
	end_asker(a);
	if (said)
		n->fn(n->arg);
}

static void on_connect(void *arg, int events)
{
	struct notify *n = arg;
	int fd = accept4(n->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct asker *a = NULL;

	(void)events;
	for (int i = 0; i < CLIENTS && a == NULL; i++)
		if (n->askers[i].fd < 0)
			a = &n->askers[i];
	if (fd < 0)
		return;
	if (a == NULL || (a->watch = watch_new(n->loop, fd, on_command, a)) == NULL) {
		close(fd);
		return;
	}
	a->notify = n;
	a->fd = fd;
	watch_set(a->watch, LOOP_READ);
	timer_set(n->timer, CLIENT_MS);
}

static void stop_listening(struct notify *n)
{
	on_slow(n);
	if (n->fd < 0)
		return;
	watch_free(n->watch);
	close(n->fd);
	unlink(n->at.sun_path);
	n->fd = -1;
}

/* Only a socket is put out of the way: the path is the operator's, and may be mistaken. */
static int listen_at(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct stat st;

	if (fd < 0)
		return -1;
	if (lstat(at->sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(at->sun_path);
	if (bind(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 && chmod(at->sun_path, 0666) == 0 &&
	    listen(fd, CLIENTS) == 0)
		return fd;
	close(fd);
	return -1;
}

void notify_listen(struct notify *n, const char *path)
{
	if (n->fd >= 0 && path != NULL && strcmp(path, n->at.sun_path) == 0)
		return;
	stop_listening(n);
	if (path == NULL || path[0] == '\0')
		return;
	n->at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	errno = ENAMETOOLONG;
	if (str_copy(str_c(path), n->at.sun_path, sizeof(n->at.sun_path)) == 0)
		n->fd = listen_at(&n->at);
	n->watch = n->fd >= 0 ? watch_new(n->loop, n->fd, on_connect, n) : NULL;
	if (n->fd < 0 || n->watch == NULL) {
		log_warn("scanner.notify: no socket at %s: %s", path, strerror(errno));
		return;
	}
	watch_set(n->watch, LOOP_READ);
}

struct notify *notify_new(struct loop *l, timer_fn *fn, void *arg)
{
	struct notify *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	*n = (struct notify){ .loop = l, .fn = fn, .arg = arg, .fd = -1 };
	for (int i = 0; i < CLIENTS; i++)
		n->askers[i].fd = -1;
	n->timer = timer_new(l, on_slow, n);
	if (n->timer != NULL)
		return n;
	free(n);
	return NULL;
}

void notify_free(struct notify *n)
{
	if (n == NULL)
		return;
	stop_listening(n);
	timer_free(n->timer);
	free(n);
}
