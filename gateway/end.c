/* SPDX-License-Identifier: BSD-2-Clause */
/* One end of a flow over a socket, TLS or plain. */
#include "gateway/end.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "intercept/sock.h"

enum { END_IN_MAX = 512 << 10, END_OUT_MAX = 16 << 20 };

/* What to watch for in any case: how the peer leaves. */
static int leaving(const struct end *e)
{
	if (e->lost || e->broken)
		return 0;
	return e->half || e->eof ? LOOP_BROKEN : LOOP_END;
}

void end_watch_for(struct end *e, int events)
{
	e->watched = events | leaving(e);
	watch_set(e->watch, e->watched);
}

static void on_event(void *arg, int events)
{
	struct end *e = arg;

	if ((events & LOOP_BROKEN) != 0)
		e->lost = true;
	if ((events & LOOP_END) != 0 && !e->half) {
		e->half = true;
		end_watch_for(e, e->watched & (LOOP_READ | LOOP_WRITE)); /* whoever runs next may not ask anew */
	}
	e->fn(e->arg, events);
}

int end_open(struct end *e, struct loop *l, int fd, watch_fn *fn, void *arg)
{
	*e = (struct end){ .fd = fd, .fn = fn, .arg = arg };
	buf_init(&e->in, END_IN_MAX);
	buf_init(&e->out, END_OUT_MAX);
	e->watch = watch_new(l, fd, on_event, e);
	if (e->watch != NULL)
		return 0;
	close(fd);
	e->fd = -1;
	return -ERR_NOMEM;
}

void end_close(struct end *e, bool reset)
{
	if (e->fd < 0)
		return;
	tls_free(e->tls);
	e->tls = NULL;
	watch_free(e->watch);
	e->watch = NULL;
	buf_free(&e->in);
	buf_free(&e->out);
	if (reset)
		sock_reset(e->fd);
	else
		close(e->fd);
	e->fd = -1;
}

static ssize_t broken(struct end *e, int err)
{
	e->broken = true;
	e->err = err;
	e->alert = tls_alert(e->tls);
	return err;
}

static ssize_t plain_read(struct end *e, char *p, size_t n)
{
	ssize_t r = recv(e->fd, p, n, 0);

	if (r > 0)
		return r;
	if (r == 0)
		return -ERR_EOF;
	return errno == EAGAIN || errno == EINTR ? -ERR_WANT_READ : -ERR_SYSTEM;
}

static ssize_t plain_write(struct end *e, const char *p, size_t n)
{
	ssize_t r = send(e->fd, p, n, MSG_NOSIGNAL);

	if (r >= 0)
		return r;
	return errno == EAGAIN || errno == EINTR ? -ERR_WANT_WRITE : -ERR_SYSTEM;
}

bool end_gone(const struct end *e)
{
	return e->broken || e->lost;
}

ssize_t end_read(struct end *e, char *p, size_t n)
{
	ssize_t r;

	if (e->eof)
		return -ERR_EOF;
	if (e->broken)
		return e->err;
	r = e->tls != NULL ? tls_read(e->tls, p, n) : plain_read(e, p, n);
	if (r > 0) {
		e->bytes_in += (uint64_t)r;
		return r;
	}
	switch (-r) {
	case ERR_WANT_WRITE:
		e->want_write = true;
		return 0;
	case ERR_WANT_READ:
		return 0;
	case ERR_EOF:
		e->eof = true;
		return -ERR_EOF;
	default:
		return broken(e, (int)r);
	}
}

int end_flush(struct end *e)
{
	e->want_write = false;
	while (e->out.len > 0 && !e->broken) {
		struct str s = buf_view(&e->out);
		ssize_t w = e->tls != NULL ? tls_write(e->tls, s.p, s.n) : plain_write(e, s.p, s.n);

		if (w == -ERR_WANT_WRITE || w == -ERR_WANT_READ) {
			e->want_write = w == -ERR_WANT_WRITE;
			return -ERR_WANT_WRITE;
		}
		if (w <= 0)
			return (int)broken(e, (int)w);
		e->bytes_out += (uint64_t)w;
		buf_consume(&e->out, (size_t)w);
	}
	return e->broken ? e->err : 0;
}

void end_shut(struct end *e)
{
	if (e->fd < 0 || e->shut)
		return;
	e->shut = true;
	if (e->tls != NULL)
		tls_close(e->tls);
	shutdown(e->fd, SHUT_WR);
}

void end_watch(struct end *e, bool reading)
{
	if (e->fd < 0)
		return;
	end_watch_for(e, (reading && !e->eof && !e->broken ? LOOP_READ : 0) |
			     (e->out.len > 0 || e->want_write ? LOOP_WRITE : 0));
}

bool end_pending(const struct end *e)
{
	return e->fd >= 0 && !e->eof && !e->broken && e->tls != NULL && tls_pending(e->tls);
}
