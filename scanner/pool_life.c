/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Birth and death of jobs. Nothing here waits: a job with gigabytes of memory takes a while to
 * die, so its end is an event (its pidfd becomes readable), and what it left in its scratch folder
 * is removed by the job that comes after it.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "scanner/job.h"
#include "scanner/pool_int.h"

/*
 * LINGER: a process whose channel has ended gets this time to end itself. FORK_SHARE: forks get one
 * part in so many of this process's time, so that a flood of deadly bodies leaves it the rest.
 */
enum { START_TIME = 10000, START_PAUSE = 1000, LINGER = 1000, FORK_SHARE = 10 };
enum { FIRST_FAILURES = 3 };

/* ---- the end of a job ---- */

static void log_death(const struct slot *s, int status)
{
	if (s->cause == CAUSE_DEADLINE)
		log_warn("job %u was killed at its deadline", s->name);
	else if (s->cause == CAUSE_LIED)
		log_warn("job %u was killed: it did not keep to what was agreed", s->name);
	else if (WIFSIGNALED(status))
		log_warn("job %u died of signal %d%s", s->name, WTERMSIG(status),
		    WTERMSIG(status) == SIGSYS ? " (a system call that it has no right to)" : "");
	else
		log_warn("job %u ended with status %d", s->name, WEXITSTATUS(status));
}

static struct pool_death death_of(const struct slot *s, int status, const struct rusage *use)
{
	uint64_t most = (uint64_t)use->ru_maxrss << 10;
	struct pool_death d = { .how = SAMPLE_SIGNAL,
		.cpu_ms = (uint32_t)(s->cpu / 1000),
		.wall_ms = (uint32_t)(loop_now(s->pool->loop) - s->began),
		.grown = most > s->resident ? most - s->resident : 0 };

	if (s->cause == CAUSE_DEADLINE)
		d.how = SAMPLE_DEADLINE;
	else if (s->cause == CAUSE_LIED)
		d.how = SAMPLE_LIED;
	else if (!WIFSIGNALED(status))
		d.how = SAMPLE_EXIT;
	else if (WTERMSIG(status) == SIGKILL)
		d.how = SAMPLE_KILLED;
	if (d.how == SAMPLE_SIGNAL || d.how == SAMPLE_EXIT)
		d.number = (uint8_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return d;
}

/* Forks copy page tables: with large signatures that takes this whole process some milliseconds. */
static uint64_t pause_before_fork(const struct pool *p)
{
	uint64_t since = loop_us() - p->forked, share = p->fork_us * FORK_SHARE;

	return since >= share ? 0 : (share - since) / 1000;
}

static void start_later(struct slot *s)
{
	s->state = JOB_DOWN;
	timer_set(s->timer, pause_before_fork(s->pool));
}

/* The process is reaped. */
static void buried(struct slot *s, int status, const struct rusage *use)
{
	struct pool *p = s->pool;
	struct order *o = s->order;
	struct pool_death d = death_of(s, status, use);
	bool late = d.how == SAMPLE_DEADLINE;
	struct verdict v = verdict_make(VERDICT_UNSCANNABLE, late ? REASON_TIMEOUT : REASON_ERROR,
	    late ? STR("scan-deadline") : STR("scanner-crash"));

	if (s->cause != CAUSE_WANTED)
		log_death(s, status);
	if (!p->served && ++p->failures >= FIRST_FAILURES) {
		log_error("no job can confine itself and serve");
		_exit(1);
	}
	s->order = NULL;
	start_later(s);
	if (o == NULL)
		return;
	if (d.how == SAMPLE_LIED && s->uses > 0 && !o->again) {
		o->again = true;
		p->calls.again(p->calls.arg, o);
		return;
	}
	s->lost = o;
	p->calls.done(p->calls.arg, o, &v, &d);
}

static bool reap(struct slot *s, int flags)
{
	struct rusage use = { 0 };
	int status = 0;
	pid_t r;

	while ((r = wait4(s->pid, &status, flags, &use)) < 0 && errno == EINTR)
		;
	if (r == 0)
		return false;
	watch_free(s->gone);
	s->gone = NULL;
	if (s->gone_fd >= 0)
		close(s->gone_fd);
	s->gone_fd = -1;
	timer_stop(s->timer);
	buried(s, status, &use);
	return true;
}

static void on_gone(void *arg, int events)
{
	(void)events;
	reap(arg, WNOHANG);
}

void slot_end(struct slot *s, enum job_cause cause)
{
	watch_free(s->watch);
	s->watch = NULL;
	close(s->sock);
	s->cpu = s->state == JOB_BUSY ? slot_used(s) : 0;
	s->state = JOB_DYING;
	s->cause = cause;
	timer_stop(s->timer);
	if (cause == CAUSE_OWN && s->gone != NULL) {
		timer_set(s->timer, LINGER);
		return;
	}
	kill(s->pid, SIGKILL);
	if (s->gone == NULL)
		reap(s, 0);
}

/* It closed its channel and lives on: from here on it does not. */
static void lingers(struct slot *s)
{
	s->cause = CAUSE_LIED;
	kill(s->pid, SIGKILL);
}

/* ---- start ---- */

static void on_timer(void *arg)
{
	struct slot *s = arg;

	switch (s->state) {
	case JOB_DOWN:
		slot_start(s);
		break;
	case JOB_STARTING:
		slot_end(s, CAUSE_DEADLINE);
		break;
	case JOB_BUSY:
		slot_busy_look(s);
		break;
	case JOB_IDLE:
		slot_idle_look(s);
		break;
	case JOB_DYING:
		lingers(s);
		break;
	}
}

static _Noreturn void in_child(const struct slot *s, int sock)
{
	struct pool *p = s->pool;

	signal(SIGCHLD, SIG_DFL);
	if (jail_place_make(p->jail, &s->place) != 0) {
		log_warn("what was left in the scratch folder %s could not be removed", s->place.path);
		_exit(1);
	}
	job_main(sock, p->engine, p->jail, s->place.path, p->limits);
}

static void timed_fork(struct slot *s)
{
	struct pool *p = s->pool;
	uint64_t before = loop_us();

	s->pid = fork();
	if (s->pid == 0)
		return;
	p->forked = loop_us();
	p->fork_us = p->forked - before;
}

static void watch_end(struct slot *s)
{
	s->gone_fd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	s->gone = s->gone_fd >= 0 ? watch_new(s->pool->loop, s->gone_fd, on_gone, s) : NULL;
	if (s->gone != NULL)
		watch_set(s->gone, LOOP_READ);
	else
		log_debug("no event at the end of a job: %d", errno);
}

static int spawn(struct slot *s)
{
	struct pool *p = s->pool;
	int fd[2];

	s->name = p->names++;
	jail_place(p->jail, s->index, s->name, &s->place);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) != 0)
		return -ERR_SYSTEM;
	s->sock = fd[0];
	s->watch = watch_new(p->loop, fd[0], slot_heard, s);
	s->pid = -1;
	if (s->watch != NULL)
		timed_fork(s);
	if (s->pid == 0)
		in_child(s, fd[1]);
	close(fd[1]);
	if (s->pid > 0) {
		watch_end(s);
		return 0;
	}
	watch_free(s->watch);
	s->watch = NULL;
	close(fd[0]);
	return -ERR_SYSTEM;
}

void slot_start(struct slot *s)
{
	if (s->timer == NULL)
		s->timer = timer_new(s->pool->loop, on_timer, s);
	if (s->timer == NULL)
		return;
	if (spawn(s) != 0) {
		log_error("a job cannot be started: %d", errno);
		s->state = JOB_DOWN;
		timer_set(s->timer, START_PAUSE);
		return;
	}
	s->state = JOB_STARTING;
	s->low = false;
	watch_set(s->watch, LOOP_READ);
	timer_set(s->timer, START_TIME);
}
