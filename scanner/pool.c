/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The jobs' life. A job is down (waiting for its next start), starting (confines itself), idle or
 * busy. Its socket's end means its death; what it says is checked as if it were taken over.
 */
#include "scanner/pool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"
#include "scanner/client.h"
#include "scanner/job.h"

enum { CRASHES_MOST = 10, CRASHES_WITHIN = 60000, CRASH_PAUSE = 1000 };
enum { START_TIME = 10000, FIRST_FAILURES = 3 };

enum job_state { JOB_DOWN, JOB_STARTING, JOB_IDLE, JOB_BUSY };

struct slot {
	struct pool *pool;
	enum job_state state;
	pid_t pid;
	int sock;
	struct watch *watch;
	struct timer *timer; /* JOB_DOWN: next start; JOB_STARTING, JOB_BUSY: deadline */
	bool overdue, liar;
	unsigned name; /* number of its folder */
	uint64_t uses, number;
	struct order *order;
};

struct pool {
	struct loop *loop;
	const struct limits *limits;
	struct engine *engine;
	const struct jail *jail;
	pool_done_fn *done;
	pool_idle_fn *idle;
	void *arg;
	unsigned names;
	uint64_t numbers;
	bool served; /* all jobs were ready at a time */
	unsigned failures;
	uint64_t crashes[CRASHES_MOST];
	size_t crash;
	unsigned n;
	struct slot slots[];
};

static void start(struct slot *s);

/* ---- the end of a job ---- */

/* Pause before the next start when jobs die all the time: forks are dear, and someone tries. */
static uint64_t pause_after_crash(struct pool *p)
{
	uint64_t now = loop_now(p->loop), oldest = p->crashes[p->crash];

	p->crashes[p->crash] = now;
	p->crash = (p->crash + 1) % CRASHES_MOST;
	if (oldest == 0 || now - oldest > CRASHES_WITHIN)
		return 0;
	log_warn("more than %d jobs died within a minute", CRASHES_MOST);
	return CRASH_PAUSE + CRASH_PAUSE * (CRASHES_WITHIN - (now - oldest)) / CRASHES_WITHIN;
}

static void log_death(const struct slot *s, int status)
{
	if (s->overdue)
		log_warn("job %u was killed at its deadline", s->name);
	else if (WIFSIGNALED(status))
		log_warn("job %u died of signal %d%s", s->name, WTERMSIG(status),
		    WTERMSIG(status) == SIGSYS ? " (a system call that it has no right to)" : "");
	else
		log_warn("job %u ended with status %d", s->name, WEXITSTATUS(status));
}

/*
 * Kill, reap and clean up. True when it died of what it did: a kill from outside (an operator, the
 * kernel short of memory) says nothing about the body.
 */
static bool bury(struct slot *s, bool wanted)
{
	int status = 0;

	watch_free(s->watch);
	s->watch = NULL;
	close(s->sock);
	timer_stop(s->timer);
	/* It may have closed its socket and live on: from here on it does not. */
	kill(s->pid, SIGKILL);
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!wanted)
		log_death(s, status);
	jail_job_clear(s->pool->jail, s->name);
	s->state = JOB_DOWN;
	return !wanted && !s->overdue &&
	       (s->liar || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL);
}

static void ended(struct slot *s, bool wanted)
{
	struct pool *p = s->pool;
	struct order *o = s->order;
	enum verdict_reason reason = s->overdue ? REASON_TIMEOUT : REASON_ERROR;
	struct verdict v = verdict_make(
	    VERDICT_UNSCANNABLE, reason, s->overdue ? STR("scan-deadline") : STR("scanner-crash"));
	bool crashed = bury(s, wanted);

	if (!p->served && ++p->failures >= FIRST_FAILURES) {
		log_error("no job can confine itself and serve");
		_exit(1);
	}
	s->order = NULL;
	s->overdue = s->liar = false;
	timer_set(s->timer, crashed ? pause_after_crash(p) : 0);
	if (o != NULL)
		p->done(p->arg, o, &v, crashed);
}

/* ---- what a job says ---- */

static bool believable(const struct verdict *v)
{
	switch (v->class) {
	case VERDICT_CLEAN:
	case VERDICT_INFECTED:
	case VERDICT_SUSPECT:
		return v->reason == REASON_NONE;
	case VERDICT_UNSCANNABLE:
		return v->reason >= REASON_ENCRYPTED && v->reason <= REASON_MALFORMED;
	default:
		return false;
	}
}

static bool all_ready(const struct pool *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].state != JOB_IDLE && p->slots[i].state != JOB_BUSY)
			return false;
	return true;
}

static void hear_ready(struct slot *s, struct str bytes)
{
	struct rd r = rd_of(bytes);
	uint32_t flags = rd_u32(&r);

	if (rd_done(&r) != 0 || (flags & SANDBOX_SECCOMP) == 0) {
		ended(s, false);
		return;
	}
	timer_stop(s->timer);
	s->state = JOB_IDLE;
	s->uses = 0;
	s->pool->served = s->pool->served || all_ready(s->pool);
	s->pool->idle(s->pool->arg);
}

static void hear_verdict(struct slot *s, struct str bytes)
{
	struct pool *p = s->pool;
	struct order *o = s->order;
	struct verdict v;
	uint64_t number;

	if (scan_read_verdict(bytes, &number, &v) != 0 || number != s->number || !believable(&v)) {
		log_error("job %u gave a nonsense answer", s->name);
		s->liar = true;
		ended(s, false);
		return;
	}
	timer_stop(s->timer);
	s->order = NULL;
	s->state = JOB_IDLE;
	if (++s->uses >= p->limits->scan_job_uses)
		ended(s, true);
	p->done(p->arg, o, &v, false);
	p->idle(p->arg);
}

static void on_ready(void *arg, int events)
{
	struct slot *s = arg;
	char bytes[JOB_MSG_MAX + 1];
	/* Without room for control messages the kernel drops descriptors that a job may send. */
	ssize_t n = recv(s->sock, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && s->state == JOB_STARTING)
		hear_ready(s, str_of(bytes, (size_t)n));
	else if (n > 0 && s->state == JOB_BUSY)
		hear_verdict(s, str_of(bytes, (size_t)n));
	else
		ended(s, false);
}

/* ---- start ---- */

static void on_timer(void *arg)
{
	struct slot *s = arg;

	if (s->state == JOB_DOWN) {
		start(s);
	} else {
		s->overdue = true;
		ended(s, false);
	}
}

static void in_child(struct pool *p, int sock, const char *folder)
{
	signal(SIGCHLD, SIG_DFL);
	job_main(sock, p->engine, p->jail, folder, p->limits);
}

static int spawn(struct slot *s)
{
	struct pool *p = s->pool;
	char folder[JAIL_PATH];
	int fd[2];

	s->name = p->names++;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) != 0)
		return -ERR_SYSTEM;
	s->sock = fd[0];
	s->watch = watch_new(p->loop, fd[0], on_ready, s);
	s->pid = -1;
	if (s->watch != NULL && jail_job_folder(p->jail, s->name, folder) == 0)
		s->pid = fork();
	if (s->pid == 0)
		in_child(p, fd[1], folder);
	close(fd[1]);
	if (s->pid > 0)
		return 0;
	watch_free(s->watch);
	s->watch = NULL;
	close(fd[0]);
	return -ERR_SYSTEM;
}

static void start(struct slot *s)
{
	if (spawn(s) != 0) {
		log_error("a job cannot be started: %s", strerror(errno));
		timer_set(s->timer, CRASH_PAUSE);
		return;
	}
	s->state = JOB_STARTING;
	s->overdue = false;
	watch_set(s->watch, LOOP_READ);
	timer_set(s->timer, START_TIME);
}

struct pool *pool_new(struct loop *l, const struct limits *limits, struct engine *e,
    const struct jail *j, unsigned jobs, pool_done_fn *done, pool_idle_fn *idle, void *arg)
{
	struct pool *p = calloc(1, sizeof(*p) + jobs * sizeof(p->slots[0]));

	if (p == NULL)
		return NULL;
	p->loop = l;
	p->limits = limits;
	p->engine = e;
	p->jail = j;
	p->done = done;
	p->idle = idle;
	p->arg = arg;
	p->n = jobs;
	for (unsigned i = 0; i < jobs; i++) {
		p->slots[i].pool = p;
		p->slots[i].timer = timer_new(l, on_timer, &p->slots[i]);
		if (p->slots[i].timer == NULL)
			return NULL; /* the process ends: nothing to give back */
		start(&p->slots[i]);
	}
	return p;
}

/* ---- orders ---- */

bool pool_served(const struct pool *p)
{
	return p->served;
}

static struct slot *idle_slot(const struct pool *p)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].state == JOB_IDLE)
			return (struct slot *)(uintptr_t)&p->slots[i];
	return NULL;
}

bool pool_room(const struct pool *p, bool large)
{
	unsigned running = 0;

	for (unsigned i = 0; i < p->n; i++)
		running += p->slots[i].state == JOB_BUSY && order_large(p->slots[i].order);
	/* One job of several is always left to small bodies. */
	return idle_slot(p) != NULL && (!large || p->n == 1 || running + 1 < p->n);
}

unsigned pool_share(const struct pool *p)
{
	return p->n > 1 ? p->n - 1 : 1;
}

int pool_run(struct pool *p, struct order *o)
{
	struct slot *s = idle_slot(p);

	if (s == NULL)
		abort(); /* our own mistake: pool_room() was not asked */
	s->number = ++p->numbers;
	if (job_send(s->sock, s->number, o->length, o->fd) != 0) {
		ended(s, false); /* it died while idle */
		return -ERR_CLOSED;
	}
	s->order = o;
	s->state = JOB_BUSY;
	timer_set(s->timer, p->limits->scan);
	return 0;
}

size_t pool_busy(const struct pool *p)
{
	size_t n = 0;

	for (unsigned i = 0; i < p->n; i++)
		n += p->slots[i].order != NULL;
	return n;
}

void pool_forget(struct pool *p, const struct peer *peer, uint64_t id)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct order *o = p->slots[i].order;

		if (o != NULL && o->peer == peer && o->id == id)
			o->peer = NULL;
	}
}

void pool_forget_peer(struct pool *p, const struct peer *peer)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->slots[i].order != NULL && p->slots[i].order->peer == peer)
			p->slots[i].order->peer = NULL;
}
