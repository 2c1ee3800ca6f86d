/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channels between processes: SOCK_SEQPACKET messages checked against the table on both ends.
 * Never blocks; unsent messages wait in a bounded queue with duplicates of their descriptors.
 */
#include "core/chan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"

enum { CHAN_QUEUE_BYTES = 8 << 20, CHAN_PER_TURN = 64, CHAN_SNDBUF = 1 << 20 };

struct packet {
	struct packet *next;
	size_t n, nfds;
	int fds[CHAN_MAX_FDS];
	char bytes[];
};

struct chan {
	struct watch *watch;
	int fd;
	enum role self, peer;
	chan_msg_fn *on_msg;
	chan_close_fn *on_close;
	void *arg;
	struct packet *head, **tail;
	size_t queued;
	bool busy; /* callbacks run: chan_free only marks, on_ready frees */
	bool gone, dead;
};

static const struct {
	const char *name;
	enum role from, to;
	size_t max, fds;
} messages[MSG_COUNT] = {
#define MSG(name, from, to, max, fds, doc)                                                         \
	[MSG_##name] = { #name, ROLE_##from, ROLE_##to, max, fds },
#include "core/proto.def"
#undef MSG
};

const char *role_name(enum role r)
{
	static const char *const names[ROLE_COUNT] = { "any", "parent", "worker", "signer",
		"scanner", "recorder", "fetcher", "icap" };

	return r < ROLE_COUNT ? names[r] : "unknown";
}

const char *msg_name(enum msg_type t)
{
	return t > MSG_NONE && t < MSG_COUNT ? messages[t].name : "unknown";
}

int chan_pair(int fd[2])
{
	int n = CHAN_SNDBUF;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) != 0)
		return -ERR_SYSTEM;
	/* The default is smaller than a full audit batch plus its bookkeeping. */
	for (int i = 0; i < 2; i++)
		if (setsockopt(fd[i], SOL_SOCKET, SO_SNDBUFFORCE, &n, sizeof(n)) != 0)
			setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &n, sizeof(n));
	return 0;
}

static bool role_fits(enum role row, enum role r)
{
	return row == ROLE_ANY || row == r;
}

int chan_check(enum role from, enum role to, struct str packet, size_t nfds, enum msg_type *type,
    struct str *body)
{
	unsigned t;

	if (packet.n < 2)
		return -ERR_PROTO;
	t = (unsigned char)packet.p[0] | (unsigned)(unsigned char)packet.p[1] << 8;
	if (t == MSG_NONE || t >= MSG_COUNT || !role_fits(messages[t].from, from) ||
	    !role_fits(messages[t].to, to) || packet.n - 2 > messages[t].max ||
	    nfds > messages[t].fds)
		return -ERR_PROTO;
	*type = (enum msg_type)t;
	*body = str_sub(packet, 2, packet.n);
	return 0;
}

static void packet_free(struct packet *p)
{
	for (size_t i = 0; i < p->nfds; i++)
		close(p->fds[i]);
	free(p);
}

/* Tell the owner once that the channel is over; it frees the channel, now or later. */
static void chan_dead(struct chan *c, int why)
{
	if (c->dead)
		return;
	c->dead = true;
	watch_set(c->watch, 0);
	c->on_close(c->arg, why);
}

static ssize_t send_packet(int fd, const void *bytes, size_t n, const int *fds, size_t nfds)
{
	union {
		char space[CMSG_SPACE(CHAN_MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { (void *)(uintptr_t)bytes, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nfds > 0) {
		struct cmsghdr *h;

		memset(&control, 0, sizeof(control));
		m.msg_control = control.space;
		m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		h = &control.align;
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(h), fds, nfds * sizeof(int));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool would_block(int e)
{
	return e == EAGAIN || e == EWOULDBLOCK || e == ENOBUFS || e == EINTR;
}

static void chan_flush(struct chan *c)
{
	while (c->head != NULL) {
		struct packet *p = c->head;

		if (send_packet(c->fd, p->bytes, p->n, p->fds, p->nfds) < 0) {
			if (would_block(errno))
				break;
			chan_dead(c, -ERR_CLOSED);
			return;
		}
		c->queued -= p->n;
		c->head = p->next;
		if (c->head == NULL)
			c->tail = &c->head;
		packet_free(p);
	}
	watch_set(c->watch, LOOP_READ | (c->head != NULL ? LOOP_WRITE : 0));
}

static void deliver(struct chan *c, struct str packet, int *fds, size_t nfds)
{
	enum msg_type type;
	struct str body;

	if (chan_check(c->peer, c->self, packet, nfds, &type, &body) == 0) {
		c->on_msg(c->arg, type, body, fds, nfds);
		return;
	}
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
	chan_dead(c, -ERR_PROTO);
}

static size_t take_fds(struct msghdr *m, int *fds)
{
	size_t n = 0;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h != NULL; h = CMSG_NXTHDR(m, h)) {
		size_t k = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < k && n < CHAN_MAX_FDS; i++, n++)
			memcpy(&fds[n], CMSG_DATA(h) + i * sizeof(int), sizeof(int));
	}
	return n;
}

/* One message; false when there is none or the channel is over. */
static bool chan_read_one(struct chan *c)
{
	static char bytes[CHAN_MAX_BYTES]; /* one loop, one thread; never kept beyond a call */
	union {
		char space[CMSG_SPACE(CHAN_MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space,
		.msg_controllen = sizeof(control.space) };
	int fds[CHAN_MAX_FDS];
	ssize_t n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	size_t nfds;

	if (n < 0 && would_block(errno))
		return false;
	if (n <= 0) {
		chan_dead(c, n == 0 ? 0 : -ERR_CLOSED);
		return false;
	}
	nfds = take_fds(&m, fds);
	/* What does not fit our largest message is checked as over-long. */
	deliver(c, str_of(bytes, m.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? 0 : (size_t)n), fds, nfds);
	return true;
}

static void chan_destroy(struct chan *c)
{
	while (c->head != NULL) {
		struct packet *p = c->head;

		c->head = p->next;
		packet_free(p);
	}
	free(c);
}

static void on_ready(void *arg, int events)
{
	struct chan *c = arg;

	c->busy = true;
	if (events & LOOP_WRITE)
		chan_flush(c);
	for (int i = 0; i < CHAN_PER_TURN && !c->dead && (events & LOOP_READ); i++)
		if (!chan_read_one(c))
			break;
	c->busy = false;
	if (c->gone)
		chan_destroy(c);
}

struct chan *chan_new(struct loop *l, int fd, enum role self, enum role peer, chan_msg_fn *on_msg,
    chan_close_fn *on_close, void *arg)
{
	struct chan *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->watch = watch_new(l, fd, on_ready, c);
	if (c == NULL || c->watch == NULL) {
		free(c);
		close(fd);
		return NULL;
	}
	c->fd = fd;
	c->self = self;
	c->peer = peer;
	c->on_msg = on_msg;
	c->on_close = on_close;
	c->arg = arg;
	c->tail = &c->head;
	watch_set(c->watch, LOOP_READ);
	return c;
}

void chan_free(struct chan *c)
{
	if (c == NULL)
		return;
	watch_free(c->watch);
	close(c->fd);
	c->dead = c->gone = true;
	if (!c->busy)
		chan_destroy(c);
}

void chan_set_arg(struct chan *c, void *arg)
{
	if (c != NULL)
		c->arg = arg;
}

static int enqueue(struct chan *c, struct packet *p, const int *fds, size_t nfds)
{
	for (; p->nfds < nfds; p->nfds++) {
		p->fds[p->nfds] = fcntl(fds[p->nfds], F_DUPFD_CLOEXEC, 3);
		if (p->fds[p->nfds] < 0) {
			packet_free(p);
			return -ERR_LIMIT;
		}
	}
	*c->tail = p;
	c->tail = &p->next;
	c->queued += p->n;
	watch_set(c->watch, LOOP_READ | LOOP_WRITE);
	return 0;
}

int chan_send(struct chan *c, enum msg_type type, struct str body, const int *fds, size_t nfds)
{
	char head[2] = { (char)type, (char)((unsigned)type >> 8) };
	struct packet *p;
	enum msg_type t;
	struct str b;
	int r;

	if (c->dead)
		return -ERR_CLOSED;
	if (nfds > CHAN_MAX_FDS || c->queued + body.n > CHAN_QUEUE_BYTES)
		return -ERR_LIMIT;
	p = calloc(1, sizeof(*p) + body.n + 2);
	if (p == NULL)
		return -ERR_LIMIT;
	memcpy(p->bytes, head, 2);
	if (body.n > 0)
		memcpy(p->bytes + 2, body.p, body.n);
	p->n = body.n + 2;
	r = chan_check(c->self, c->peer, str_of(p->bytes, p->n), nfds, &t, &b);
	if (r == 0 && c->head == NULL && send_packet(c->fd, p->bytes, p->n, fds, nfds) >= 0) {
		packet_free(p);
		return 0;
	}
	if (r == 0 && (c->head != NULL || would_block(errno)))
		return enqueue(c, p, fds, nfds);
	packet_free(p);
	return r != 0 ? r : -ERR_CLOSED; /* the reading side will see the end and say so */
}

size_t chan_queued(const struct chan *c)
{
	return c->queued;
}
