/* SPDX-License-Identifier: BSD-2-Clause */
/* The role processes: fork and exec, channels and peers, the end and the next start. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs/ca_file.h"
#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"
#include "gateway/connecting.h"
#include "gateway/content.h"
#include "gateway/engines.h"
#include "gateway/hunting.h"
#include "gateway/learning.h"
#include "gateway/parent.h"
#include "gateway/passing.h"
#include "gateway/renewal.h"
#include "gateway/samples.h"
#include "gateway/ticketing.h"
#include "intercept/sock.h"

enum { CHILD_FD = 3, BACKOFF_FIRST = 100, BACKOFF_MOST = 10000, GOOD_RUN = 10000 };

void child_init(struct child *c, struct parent *p, enum role role, unsigned index)
{
	*c = (struct child){ .p = p, .role = role, .index = index, .counters_fd = -1 };
	if (role == ROLE_WORKER || index > 0)
		snprintf(c->name, sizeof(c->name), "%s %u", role_name(role), index);
	else
		snprintf(c->name, sizeof(c->name), "%s", role_name(role));
}

struct child *child_next(struct parent *p, struct child *c)
{
	if (c == NULL)
		return &p->recorder;
	if (c == &p->recorder)
		return &p->signer;
	if (c == &p->signer)
		return &p->fetcher;
	if (c == &p->fetcher)
		return &p->scanner;
	if (c == &p->scanner)
		return &p->second;
	if (c == &p->second)
		return &p->engines[0];
	if (c >= p->engines && c < p->engines + 2 * ENGINES_MAX - 1)
		return c + 1;
	if (c == &p->engines[2 * ENGINES_MAX - 1])
		return p->nworkers > 0 ? &p->workers[0] : NULL;
	return c + 1 < p->workers + p->nworkers ? c + 1 : NULL;
}

/* The scanner's executable: beside ours, in the build tree, or installed. */
static const char *scanner_path(char *to, size_t n)
{
	static const char *const below[] = { "../scanner/sallyport-scanner", "sallyport-scanner" };
	char self[512];
	ssize_t k = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[k > 0 ? k : 0] = '\0';
	if (strrchr(self, '/') != NULL)
		*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		snprintf(to, n, "%s/%s", self, below[i]);
		if (access(to, X_OK) == 0)
			return to;
	}
	snprintf(to, n, "%s/sallyport-scanner", SALLYPORT_LIBEXEC);
	return to;
}

/* In the child: only the channel and the standard descriptors stay. */
static void exec_role(const struct child *c, int fd)
{
	char title[64], path[1024];
	char *argv[] = { title, (char *)"role", (char *)(uintptr_t)role_name(c->role), NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int s = 1; s < 32; s++)
		signal(s, s == SIGPIPE ? SIG_IGN : SIG_DFL);
	/* Only the parent answers the terminal and the service manager. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (fd != CHILD_FD && dup2(fd, CHILD_FD) < 0)
		_exit(127);
	fcntl(CHILD_FD, F_SETFD, 0);
	close_range(CHILD_FD + 1, ~0U, 0);
	snprintf(title, sizeof(title), c->role == ROLE_SCANNER ? "sallyport-scanner" : "sallyport: %s",
	    c->name);
	execv(c->role == ROLE_SCANNER ? scanner_path(path, sizeof(path)) : "/proc/self/exe", argv);
	log_error("%s: %s", c->role == ROLE_SCANNER ? path : "cannot run", strerror(errno));
	_exit(127);
}

static int send_fd(struct child *c, enum msg_type type, struct buf *b, int fd)
{
	int r = c->chan != NULL && fd >= 0 ? chan_send(c->chan, type, buf_view(b), &fd, 1) : -ERR_CLOSED;

	if (r != 0)
		log_error("cannot send %s to %s: %s", msg_name(type), c->name, err_text(r));
	return r;
}

static void send_start(struct child *c)
{
	int fd = bundle_for(c->p, c->p->config, c->role);
	char space[16];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };
	char why[CA_WHY_MAX];

	if (c->role == ROLE_SIGNER && secrets_send(c, c->p->config, why, sizeof(why)) != 0)
		log_error("%s", why);
	send_fd(c, MSG_COUNTERS, &b, c->counters_fd);
	pack_u32(&b, c->index);
	pack_u32(&b, c->p->generation);
	if (send_fd(c, MSG_START, &b, fd) != 0)
		child_stop(c, SIGKILL);
	if (fd >= 0)
		close(fd);
}

static void send_listeners(struct child *c)
{
	for (unsigned i = 0; i < c->p->nlistening; i++) {
		char space[16];
		struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

		pack_u8(&b, c->p->listening[i].kind);
		pack_u16(&b, c->p->listening[i].port);
		send_fd(c, MSG_LISTENER, &b, c->p->listening[i].fd[c->index]);
	}
}

static void send_peer(struct child *to, const struct child *peer, int fd)
{
	char space[16];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	pack_u8(&b, (uint8_t)peer->role);
	pack_u32(&b, peer->index);
	send_fd(to, MSG_PEER, &b, fd);
}

void child_wire(struct child *a, struct child *b)
{
	int fd[2];

	if (a->chan == NULL || b->chan == NULL || a->state == CHILD_DRAINING || b->state == CHILD_DRAINING)
		return;
	if (chan_pair(fd) != 0) {
		log_error("no channel between %s and %s: %s", a->name, b->name, strerror(errno));
		return;
	}
	send_peer(a, b, fd[0]);
	send_peer(b, a, fd[1]);
	close(fd[0]);
	close(fd[1]);
}

/* The parent's own audit lines go the same way as everybody's. */
static void wire_self(struct child *recorder)
{
	struct child self = { .role = ROLE_PARENT };
	int fd[2];

	if (chan_pair(fd) != 0)
		return;
	send_peer(recorder, &self, fd[1]);
	close(fd[1]);
	audit_connect(recorder->p->audit, fd[0]);
}

/* Channels to everybody that it works with and that is up. */
static void wire_all(struct child *c)
{
	struct parent *p = c->p;

	if (c->role == ROLE_RECORDER) {
		wire_self(c);
		child_wire(&p->signer, c);
	}
	if (c->role == ROLE_SIGNER)
		child_wire(c, &p->recorder);
	if (c->role == ROLE_WORKER) {
		child_wire(c, &p->recorder);
		child_wire(c, &p->signer);
		child_wire(c, &p->fetcher);
		if (p->scanner.state == CHILD_READY)
			child_wire(c, &p->scanner);
		for (unsigned i = 0; i < 2 * ENGINES_MAX; i++)
			if (p->engines[i].state == CHILD_READY)
				child_wire(c, &p->engines[i]);
		return;
	}
	for (unsigned i = 0; i < p->nworkers; i++)
		child_wire(&p->workers[i], c);
}

static void send_sockets(struct child *c, struct str body)
{
	const struct config_network *n = config_network(c->p->config);
	struct rd r = rd_of(body);
	unsigned family = rd_u8(&r), count = rd_u16(&r), k = 0;
	int fds[CHAN_MAX_FDS];
	char space[4];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	if (rd_done(&r) != 0 || (family != 4 && family != 6))
		return;
	while (k < count && k < CHAN_MAX_FDS) {
		fds[k] = sock_prepare(family == 4 ? AF_INET : AF_INET6, n->mark, n->source == SOURCE_CLIENT);
		if (fds[k] < 0)
			break;
		k++;
	}
	pack_u8(&b, (uint8_t)family);
	if (k == 0)
		log_error("no outbound sockets: %s", strerror(errno));
	chan_send(c->chan, MSG_SOCKETS, buf_view(&b), fds, k);
	while (k > 0)
		close(fds[--k]);
}

static bool searches(const struct child *c)
{
	return c->role == ROLE_SCANNER || c->role == ROLE_ICAP;
}

static void note_ready(struct child *c, struct str body)
{
	struct rd r = rd_of(body);
	struct str note = rd_str(&r, sizeof(c->note) - 1);

	if (c->role == ROLE_SCANNER && (c = renewal_ready(c)) == NULL)
		return;
	str_copy(note, c->note, sizeof(c->note));
	c->state = CHILD_READY;
	log_info("%s is ready (%s)", c->name, c->note);
	if (searches(c))
		wire_all(c); /* not before: scans wait for signatures, not in a channel */
	parent_on_ready(c);
}

static void on_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct child *c = arg;
	struct rd r = rd_of(body);
	bool ok;

	if (type == MSG_WAIT_ASK || type == MSG_WAIT_SAY)
		passing_message(c, type, body, nfds > 0 ? fds[0] : -1);
	if (type == MSG_SAMPLE && nfds == 1 && c->role == ROLE_SCANNER) {
		samples_message(c->p->samples, body, fds[0]);
		nfds = 0;
	}
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
	switch (type) {
	case MSG_READY:
		note_ready(c, body);
		break;
	case MSG_SIGNATURES:
		renewal_told(c, body);
		break;
	case MSG_NEED_SOCKETS:
		if (c->role == ROLE_WORKER)
			send_sockets(c, body);
		break;
	case MSG_CONNECT:
		if (c->role == ROLE_FETCHER)
			connecting_message(c, body);
		break;
	case MSG_ENGINE_CONNECT:
		engines_connect(c, body);
		break;
	case MSG_REFUSED:
	case MSG_TRUSTED:
		if (c->role == ROLE_WORKER)
			learning_message(c->p, type, body);
		break;
	case MSG_CUT:
		passing_cut(c, body);
		break;
	case MSG_TURNED:
		hunting_turned(c->p->hunting, body);
		break;
	case MSG_HUNTED:
		hunting_answer(c->p->hunting, body);
		break;
	case MSG_RELOADED:
		rd_u32(&r);
		ok = rd_u8(&r) != 0;
		parent_on_reloaded(c, ok, rd_str(&r, 2048));
		break;
	default:
		break;
	}
}

static void on_close(void *arg, int why)
{
	struct child *c = arg;

	chan_free(c->chan);
	c->chan = NULL;
	if (why == -ERR_PROTO) {
		log_error("%s broke the protocol", c->name);
		child_stop(c, SIGKILL);
	}
	child_reap(c->p);
}

void child_start(struct child *c)
{
	int fd[2];

	if (c->pid > 0 || c->p->stopping)
		return;
	if (c->counters_fd < 0) {
		c->counters_fd = counters_create();
		c->counters = c->counters_fd >= 0 ? counters_view(c->counters_fd) : NULL;
	}
	if (c->counters_fd < 0 || chan_pair(fd) != 0) {
		log_error("%s cannot be started: %s", c->name, strerror(errno));
		return;
	}
	c->pid = fork();
	if (c->pid == 0)
		exec_role(c, fd[1]);
	close(fd[1]);
	c->started = loop_now(c->p->loop);
	c->state = CHILD_STARTING;
	c->note[0] = '\0';
	c->chan = chan_new(c->p->loop, fd[0], ROLE_PARENT, c->role, on_msg, on_close, c);
	if (c->pid < 0 || c->chan == NULL) {
		log_error("%s cannot be started: %s", c->name, strerror(errno));
		c->state = CHILD_DOWN;
		return;
	}
	if (c->role == ROLE_SCANNER)
		content_send(c->p->content, c); /* it compares that with the signatures while it can read them */
	send_start(c);
	if (c->role == ROLE_WORKER)
		content_send(c->p->content, c);
	if (c->role == ROLE_WORKER)
		send_listeners(c);
	if (c->role == ROLE_WORKER && c->p->ticketing != NULL)
		ticketing_send(c->p->ticketing, c);
	if (!searches(c))
		wire_all(c);
}

void child_stop(struct child *c, int signo)
{
	if (c->pid > 0)
		kill(c->pid, signo);
}

void child_drain(struct child *c)
{
	if (c->chan == NULL || c->state == CHILD_DRAINING)
		return;
	c->state = CHILD_DRAINING;
	if (chan_send(c->chan, MSG_DRAIN, STR_NONE, NULL, 0) != 0)
		child_stop(c, SIGKILL);
}

void child_swap(struct child *a, struct child *b)
{
	struct child was = *a;

	a->state = b->state, b->state = was.state;
	a->pid = b->pid, b->pid = was.pid;
	a->chan = b->chan, b->chan = was.chan;
	a->counters_fd = b->counters_fd, b->counters_fd = was.counters_fd;
	a->counters = b->counters, b->counters = was.counters;
	a->started = b->started, b->started = was.started;
	memcpy(a->note, b->note, sizeof(a->note));
	memcpy(b->note, was.note, sizeof(b->note));
	if (a->chan != NULL)
		chan_set_arg(a->chan, a);
	if (b->chan != NULL)
		chan_set_arg(b->chan, b);
}

static void on_again(void *arg)
{
	child_start(arg);
}

/* Immediately after a good run, else later and later. */
static void start_again(struct child *c)
{
	uint64_t delay = BACKOFF_FIRST;

	if (c->p->stopping || c->replace)
		return;
	if (loop_now(c->p->loop) - c->started > GOOD_RUN)
		c->failures = 0;
	for (unsigned i = 1; i < c->failures && delay < BACKOFF_MOST; i++)
		delay *= 2;
	delay = c->failures == 0 ? 0 : delay > BACKOFF_MOST ? BACKOFF_MOST : delay;
	c->failures++;
	c->restarts++;
	if (c->again == NULL)
		c->again = timer_new(c->p->loop, on_again, c);
	if (c->again != NULL)
		timer_set(c->again, delay);
}

static void ended(struct child *c, int status)
{
	bool wanted = c->state == CHILD_DRAINING || c->p->stopping;
	enum child_state was = c->state;

	if (WIFSIGNALED(status) && !wanted)
		log_error("%s was killed by signal %d", c->name, WTERMSIG(status));
	else if (!wanted)
		log_error("%s ended with status %d", c->name, WEXITSTATUS(status));
	c->pid = 0;
	c->state = CHILD_DOWN;
	chan_free(c->chan);
	c->chan = NULL;
	if (c->counters != NULL && c->role == ROLE_WORKER) {
		/* What it had open is gone; its gauges must not count any more. */
		struct counters *own = counters_own(c->counters_fd);

		if (own != NULL) {
			c->flows_lost = own->flows_open;
			counters_clear_gauges(own);
		}
	}
	parent_on_gone(c);
	if ((c->role != ROLE_SCANNER || renewal_gone(c, was)) && !wanted)
		start_again(c);
}

void child_reap(struct parent *p)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (struct child *c = child_next(p, NULL); c != NULL; c = child_next(p, c))
			if (c->pid == pid) {
				ended(c, status);
				break;
			}
}
