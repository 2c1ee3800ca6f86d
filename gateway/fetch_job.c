/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps of a download. An end is told on the loop's next turn, so that no step is freed under
 * its own feet. */
#include "gateway/fetch_job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/err.h"
#include "gateway/fetch_reply.h"
#include "intercept/sock.h"

enum { REQUEST_MAX = 2048, READ_SIZE = 16384, READS_PER_TURN = 8 };

struct fetch_job {
	const struct fetch_env *env;
	fetch_done_fn *fn;
	void *arg;
	struct fetch_url url;
	struct lookup *lookup;
	struct in6_addr at[RESOLVER_ADDRESSES];
	size_t n, next; /* addresses, and which is tried next */
	struct timer *timer;
	struct watch *watch;
	int fd;
	bool connected, over, good;
	struct buf request;
	struct fetch_reply reply;
	char why[64];
};

static void close_socket(struct fetch_job *j)
{
	watch_free(j->watch);
	j->watch = NULL;
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

static void end(struct fetch_job *j, const char *why)
{
	if (j->over)
		return;
	j->over = true;
	j->good = why == NULL;
	if (why != NULL)
		snprintf(j->why, sizeof(j->why), "%s", why);
	close_socket(j);
	resolver_forget(j->lookup);
	j->lookup = NULL;
	timer_set(j->timer, 0);
}

static void on_timer(void *arg)
{
	struct fetch_job *j = arg;

	if (!j->over)
		end(j, "time is up");
	else
		j->fn(j->arg, j, j->good ? NULL : j->why, j->good ? buf_view(&j->reply.body) : STR_NONE);
}

/* Ask for a connection to the next address. */
static void try_next(struct fetch_job *j, const char *why)
{
	if (j->next == j->n)
		end(j, why);
	else if (!j->env->connect(j->env->arg, j, &j->at[j->next++], j->url.port))
		end(j, "no connection can be asked for");
}

static void on_addresses(void *arg, const struct in6_addr *at, size_t n)
{
	struct fetch_job *j = arg;

	j->lookup = NULL;
	memcpy(j->at, at, n * sizeof(*at));
	j->n = n;
	try_next(j, "the name has no address");
}

static int send_request(struct fetch_job *j)
{
	ssize_t n = 1;

	while (j->request.len > 0 && n > 0) {
		struct str s = buf_view(&j->request);

		n = send(j->fd, s.p, s.n, MSG_NOSIGNAL);
		if (n > 0)
			buf_consume(&j->request, (size_t)n);
	}
	return n > 0 || errno == EAGAIN || errno == EINTR ? 0 : -ERR_SYSTEM;
}

/* 0: the answer is complete; -ERR_MORE; else it is over without one. */
static int read_reply(struct fetch_job *j)
{
	char piece[READ_SIZE];
	int r = -ERR_MORE;

	for (int i = 0; r == -ERR_MORE && i < READS_PER_TURN; i++) {
		ssize_t n = recv(j->fd, piece, sizeof(piece), 0);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? -ERR_MORE : -ERR_SYSTEM;
		r = n == 0 ? fetch_reply_end(&j->reply) :
			     fetch_reply_feed(&j->reply, str_of(piece, (size_t)n));
	}
	return r;
}

static void on_socket(void *arg, int events)
{
	struct fetch_job *j = arg;
	int r;

	if (!j->connected && sock_connected(j->fd) != 0) {
		close_socket(j);
		try_next(j, "the connection failed");
		return;
	}
	j->connected = true;
	if ((events & LOOP_WRITE) != 0 && send_request(j) != 0) {
		end(j, "the connection was lost");
		return;
	}
	r = (events & LOOP_READ) != 0 ? read_reply(j) : -ERR_MORE;
	if (r == -ERR_MORE)
		watch_set(j->watch, LOOP_READ | (j->request.len > 0 ? LOOP_WRITE : 0));
	else if (r == 0)
		end(j, NULL);
	else
		end(j, r == -ERR_SYSTEM ? "the connection was lost" : j->reply.why);
}

void fetch_job_connected(struct fetch_job *j, int fd, struct str why)
{
	char text[sizeof(j->why)];

	if (j->over || j->fd >= 0) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (fd < 0) {
		str_copy(str_sub(why, 0, sizeof(text) - 1), text, sizeof(text));
		try_next(j, text);
		return;
	}
	j->fd = fd;
	j->connected = false;
	j->watch = watch_new(j->env->loop, fd, on_socket, j);
	if (j->watch == NULL)
		end(j, "no memory");
	else
		watch_set(j->watch, LOOP_WRITE);
}

struct fetch_job *fetch_job_new(const struct fetch_env *env, fetch_done_fn *fn, void *arg)
{
	struct fetch_job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->env = env;
	j->fn = fn;
	j->arg = arg;
	j->fd = -1;
	buf_init(&j->request, REQUEST_MAX);
	j->timer = timer_new(env->loop, on_timer, j);
	if (j->timer != NULL && fetch_reply_init(&j->reply, env->limits) == 0)
		return j;
	fetch_job_free(j);
	return NULL;
}

void fetch_job_start(struct fetch_job *j, const char *url)
{
	timer_set(j->timer, j->env->limits->fetch_time);
	if (fetch_url_parse(str_c(url), &j->url) != 0)
		end(j, "not a URL that is fetched");
	else if (fetch_request(&j->url, &j->request) != 0)
		end(j, "no memory");
	else if (j->url.literal)
		on_addresses(j, &j->url.ip, 1);
	else
		j->lookup = resolver_ask(j->env->resolver, j->url.host, on_addresses, j);
}

void fetch_job_free(struct fetch_job *j)
{
	if (j == NULL)
		return;
	close_socket(j);
	resolver_forget(j->lookup);
	timer_free(j->timer);
	fetch_reply_free(&j->reply);
	buf_free(&j->request);
	free(j);
}
