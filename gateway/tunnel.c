/* SPDX-License-Identifier: BSD-2-Clause */
/* Tunnels by splice(2) and relays of decrypted bytes; half-closes are mirrored. */
#include "gateway/tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "gateway/flow.h"
#include "gateway/visible.h"

enum { TUNNEL_PIECE = 256 << 10, TUNNEL_ROUNDS = 16, RELAY_ROUNDS = 8 };

struct way {
	int pipe[2];
	size_t n; /* bytes in the pipe */
};

struct tunnel {
	struct way up, down;
	bool looked; /* at the origin's first flight */
};

void tunnel_free(struct tunnel *t)
{
	if (t == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		close(t->up.pipe[i]);
		close(t->down.pipe[i]);
	}
	free(t);
}

static struct tunnel *tunnel_new(void)
{
	struct tunnel *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	if (pipe2(t->up.pipe, O_CLOEXEC | O_NONBLOCK) == 0) {
		if (pipe2(t->down.pipe, O_CLOEXEC | O_NONBLOCK) == 0)
			return t;
		close(t->up.pipe[0]);
		close(t->up.pipe[1]);
	}
	free(t);
	return NULL;
}

static bool again(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* Socket to pipe: false when nothing moved. */
static bool fill(struct end *from, struct way *w)
{
	ssize_t n;

	if (from->eof || from->broken)
		return false;
	n = splice(from->fd, NULL, w->pipe[1], NULL, TUNNEL_PIECE, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n > 0) {
		w->n += (size_t)n;
		from->bytes_in += (uint64_t)n;
		return true;
	}
	if (n == 0)
		from->eof = true;
	else if (!again())
		from->broken = true;
	return false;
}

/* Pipe to socket. */
static bool pour(struct end *to, struct way *w)
{
	ssize_t n;

	if (w->n == 0 || to->broken)
		return false;
	n = splice(w->pipe[0], NULL, to->fd, NULL, w->n, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n > 0) {
		w->n -= (size_t)n;
		to->bytes_out += (uint64_t)n;
		return true;
	}
	if (n < 0 && !again())
		to->broken = true;
	return false;
}

static bool pump(struct end *from, struct end *to, struct way *w)
{
	bool moved = false;

	for (int i = 0; i < TUNNEL_ROUNDS; i++) {
		bool in = fill(from, w), out = pour(to, w);

		if (!in && !out)
			break;
		moved = true;
	}
	if (from->eof && w->n == 0 && to->out.len == 0 && !to->shut) {
		to->shut = true;
		shutdown(to->fd, SHUT_WR);
	}
	return moved;
}

static void watch_way(struct end *e, const struct way *in, const struct way *out)
{
	end_watch_for(e, (in->n == 0 && !e->eof ? LOOP_READ : 0) |
			     (out->n > 0 || e->out.len > 0 ? LOOP_WRITE : 0));
}

enum flow_state step_tunnel(struct flow *f)
{
	bool moved;
	int look = 0;

	if (f->tunnel == NULL) {
		f->tunnel = tunnel_new();
		if (f->tunnel == NULL || buf_str(&f->origin.out, buf_view(&f->client.in)) != 0)
			return flow_abort(f, "refuse", NULL, -ERR_NOMEM);
		buf_free(&f->client.in);
		f->tunnel->looked = f->protocol != PROTOCOL_TLS;
	}
	if (!f->tunnel->looked && (look = visible_step(f)) < 0) {
		f->reset = true;
		return FLOW_END;
	}
	f->tunnel->looked |= look > 0;
	moved = end_flush(&f->origin) == 0 && pump(&f->client, &f->origin, &f->tunnel->up);
	if (f->tunnel->looked && end_flush(&f->client) == 0)
		moved |= pump(&f->origin, &f->client, &f->tunnel->down);
	if (end_gone(&f->client) || end_gone(&f->origin)) {
		f->reset = true;
		flow_note(f, NULL, NULL, "%s reset the connection", end_gone(&f->client) ? "client" : "origin");
		return FLOW_END;
	}
	if (f->client.eof && f->origin.eof && f->tunnel->up.n + f->tunnel->down.n == 0)
		return FLOW_END;
	if (moved)
		flow_touch(f);
	watch_way(&f->client, &f->tunnel->up, &f->tunnel->down);
	watch_way(&f->origin, &f->tunnel->down, &f->tunnel->up);
	return FLOW_TUNNEL;
}

static bool relay(struct flow *f, struct end *from, struct end *to)
{
	bool moved = false;

	if (from->in.len > 0 && buf_str(&to->out, buf_view(&from->in)) == 0)
		buf_free(&from->in);
	for (int i = 0; i < RELAY_ROUNDS && to->out.len < f->w->limits.out; i++) {
		ssize_t n = end_read(from, f->w->scratch, WORKER_SCRATCH);

		if (n <= 0 || buf_append(&to->out, f->w->scratch, (size_t)n) != 0)
			break;
		moved = true;
	}
	end_flush(to);
	if (from->eof && to->out.len == 0 && !to->shut)
		end_shut(to);
	return moved;
}

enum flow_state step_relay(struct flow *f)
{
	bool moved = relay(f, &f->client, &f->origin);

	moved |= relay(f, &f->origin, &f->client);
	if (end_gone(&f->client) || end_gone(&f->origin)) {
		f->reset = true;
		flow_note(f, NULL, NULL, "%s reset the connection", end_gone(&f->client) ? "client" : "origin");
		return FLOW_END;
	}
	if (f->client.eof && f->origin.eof && f->client.out.len + f->origin.out.len == 0)
		return FLOW_END;
	if (moved)
		flow_touch(f);
	end_watch(&f->client, f->origin.out.len < f->w->limits.out);
	end_watch(&f->origin, f->client.out.len < f->w->limits.out);
	if ((end_pending(&f->client) && f->origin.out.len < f->w->limits.out) ||
	    (end_pending(&f->origin) && f->client.out.len < f->w->limits.out))
		flow_yield(f);
	return FLOW_RELAY;
}

/* Read and forget what the client still sends, so that our last bytes are not lost to a RST. */
enum flow_state step_linger(struct flow *f)
{
	ssize_t n = 0;

	end_close(&f->origin, f->reset);
	if (end_flush(&f->client) == -ERR_WANT_WRITE) {
		end_watch(&f->client, true);
		return FLOW_LINGER;
	}
	end_shut(&f->client);
	while (f->linger_read < f->w->limits.body_held &&
	    (n = recv(f->client.fd, f->w->scratch, WORKER_SCRATCH, 0)) > 0)
		f->linger_read += (uint64_t)n;
	if (n == 0 || (n < 0 && !again()) || f->client.broken || n > 0)
		return FLOW_END;
	end_watch_for(&f->client, LOOP_READ);
	return FLOW_LINGER;
}
