/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket: bounded clients, bounded lines, deadlines for those who ask or read slowly.
 */
#include "control/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/log.h"

enum { SLOW_MS = 10000 };

enum client_state { CLIENT_FREE, CLIENT_ASKING, CLIENT_WAITING, CLIENT_READING };

struct control_reply {
	struct client *client; /* NULL: gone */
};

struct client {
	struct control_server *server;
	struct control_reply *reply; /* while it waits */
	enum client_state state;
	int fd;
	struct watch *watch;
	struct timer *timer;
	struct buf in, out;
	int pass; /* a descriptor that goes with the first byte; -1: none */
};

union control {
	char space[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

struct control_server {
	struct loop *loop;
	control_cmd_fn *fn;
	void *arg;
	int fd;
	struct watch *watch;
	struct sockaddr_un at;
	struct client clients[CONTROL_CLIENTS];
};

static void end_client(struct client *c)
{
	if (c->reply != NULL)
		c->reply->client = NULL;
	c->reply = NULL;
	watch_free(c->watch);
	timer_free(c->timer);
	close(c->fd);
	if (c->pass >= 0)
		close(c->pass);
	c->pass = -1;
	buf_free(&c->in);
	buf_free(&c->out);
	c->watch = NULL;
	c->timer = NULL;
	c->state = CLIENT_FREE;
}

static void on_slow(void *arg)
{
	end_client(arg);
}

static ssize_t send_some(struct client *c, struct str s)
{
	union control a = { .space = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)s.p, s.n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (c->pass >= 0) {
		m.msg_control = a.space;
		m.msg_controllen = sizeof(a.space);
		a.align.cmsg_level = SOL_SOCKET;
		a.align.cmsg_type = SCM_RIGHTS;
		a.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&a.align), &c->pass, sizeof(int));
	}
	return sendmsg(c->fd, &m, MSG_NOSIGNAL);
}

static void write_some(struct client *c)
{
	struct str s = buf_view(&c->out);
	ssize_t k = s.n > 0 ? send_some(c, s) : 0;

	if (k < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (k > 0 && c->pass >= 0) {
		close(c->pass);
		c->pass = -1;
	}
	if (k > 0)
		buf_consume(&c->out, (size_t)k);
	if (k < 0 || c->out.len == 0)
		end_client(c);
}

/* A whole line is there, or the client has ended its side after it. */
static void take_line(struct client *c, bool ended)
{
	struct control_server *s = c->server;
	struct str text = buf_view(&c->in);
	ptrdiff_t lf = str_chr(text, '\n');

	if (lf < 0 && !ended)
		return;
	if ((c->reply = calloc(1, sizeof(*c->reply))) == NULL) {
		end_client(c);
		return;
	}
	c->reply->client = c;
	c->state = CLIENT_WAITING;
	timer_stop(c->timer);
	watch_set(c->watch, 0);
	s->fn(s->arg, str_trim(str_sub(text, 0, lf < 0 ? text.n : (size_t)lf)), c->reply);
}

static void read_some(struct client *c)
{
	char *to = buf_reserve(&c->in, CONTROL_LINE_MAX - c->in.len);
	ssize_t k = to != NULL && c->in.len < CONTROL_LINE_MAX
			? recv(c->fd, to, CONTROL_LINE_MAX - c->in.len, 0)
			: -1;

	if (to != NULL && k < 0 && (errno == EAGAIN || errno == EINTR) &&
	    c->in.len < CONTROL_LINE_MAX)
		return;
	if (k < 0 || (k == 0 && c->in.len == 0)) {
		end_client(c); /* a line without end, or nobody there */
		return;
	}
	buf_commit(&c->in, (size_t)k);
	take_line(c, k == 0);
}

static void on_client(void *arg, int events)
{
	struct client *c = arg;

	if (c->state == CLIENT_READING && (events & LOOP_WRITE))
		write_some(c);
	else if (c->state == CLIENT_ASKING && (events & LOOP_READ))
		read_some(c);
}

/* Others may have been let into the folder by mistake: the socket asks for itself. */
static bool may_ask(int fd)
{
	struct ucred u;
	socklen_t n = sizeof(u);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n) == 0 &&
	       (u.uid == 0 || u.uid == geteuid());
}

static struct client *free_client(struct control_server *s)
{
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		if (s->clients[i].state == CLIENT_FREE)
			return &s->clients[i];
	}
	return NULL;
}

static void begin_client(struct control_server *s, struct client *c, int fd)
{
	c->server = s;
	c->fd = fd;
	c->pass = -1;
	buf_init(&c->in, CONTROL_LINE_MAX);
	buf_init(&c->out, CONTROL_REPLY_MAX + 16);
	c->watch = watch_new(s->loop, fd, on_client, c);
	c->timer = timer_new(s->loop, on_slow, c);
	c->state = CLIENT_ASKING;
	if (c->watch == NULL || c->timer == NULL) {
		end_client(c);
		return;
	}
	timer_set(c->timer, SLOW_MS);
	watch_set(c->watch, LOOP_READ);
}

static void on_connect(void *arg, int events)
{
	struct control_server *s = arg;
	struct client *c;
	int fd;

	(void)events;
	fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	c = free_client(s);
	if (c == NULL || !may_ask(fd)) {
		if (c != NULL)
			log_warn("a process of another user was refused at the control socket");
		close(fd);
		return;
	}
	begin_client(s, c, fd);
}

static int listen_at(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), e;
	mode_t before;

	if (fd < 0)
		return -1;
	unlink(at->sun_path);
	before = umask(0177);
	e = bind(fd, (const struct sockaddr *)at, sizeof(*at));
	umask(before);
	if (e == 0 && listen(fd, CONTROL_CLIENTS) == 0)
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

struct control_server *control_server_new(
    struct loop *l, const char *path, control_cmd_fn *fn, void *arg)
{
	struct control_server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	*s = (struct control_server){ .loop = l, .fn = fn, .arg = arg, .fd = -1 };
	s->at.sun_family = AF_UNIX;
	if (str_copy(str_c(path), s->at.sun_path, sizeof(s->at.sun_path)) != 0) {
		errno = ENAMETOOLONG;
		goto fail;
	}
	if ((s->fd = listen_at(&s->at)) < 0)
		goto fail;
	if ((s->watch = watch_new(l, s->fd, on_connect, s)) == NULL) {
		control_server_free(s);
		errno = ENOMEM;
		return NULL;
	}
	watch_set(s->watch, LOOP_READ);
	return s;
fail:
	free(s);
	return NULL;
}

void control_server_free(struct control_server *s)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		if (s->clients[i].state != CLIENT_FREE)
			end_client(&s->clients[i]);
	}
	watch_free(s->watch);
	close(s->fd);
	unlink(s->at.sun_path);
	free(s);
}

void control_reply_send(struct control_reply *reply, int code, struct str text)
{
	control_reply_send_fd(reply, code, text, -1);
}

void control_reply_send_fd(struct control_reply *reply, int code, struct str text, int fd)
{
	struct client *c = reply->client;

	free(reply);
	if (c == NULL)
		return;
	c->reply = NULL;
	c->state = CLIENT_READING;
	text = str_sub(text, 0, CONTROL_REPLY_MAX);
	if (buf_printf(&c->out, "%d\n", code) != 0 || buf_str(&c->out, text) != 0 ||
	    (text.n > 0 && text.p[text.n - 1] != '\n' && buf_str(&c->out, STR("\n")) != 0)) {
		end_client(c);
		return;
	}
	c->pass = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
	timer_set(c->timer, SLOW_MS);
	watch_set(c->watch, LOOP_WRITE);
}
