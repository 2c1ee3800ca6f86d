/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What jobs use: processor time while they search and while they should not, and memory of their
 * own. A job that runs long gives way to all others.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "scanner/pool_int.h"

/*
 * FULL_MS: processor time for which an order runs at the priority of everything else: nearly all
 * end before. IDLE_MOST_US: what an idle job may use before it counts as one that was taken over.
 */
enum { FULL_MS = 250, CPUCLOCK_SCHED = 2, IDLE_FIRST = 250, IDLE_LAST = 64000, IDLE_MOST_US = 20000, STEP_LEAST = 1 };
enum { READ_MS = 3000 }; /* for a job to read its order */

uint64_t slot_cpu(const struct slot *s)
{
	/* As clock_getcpuclockid(3) does it, which asks the kernel for more than it needs. */
	clockid_t clock = (clockid_t)(~(unsigned)s->pid << 3 | CPUCLOCK_SCHED);
	struct timespec t;

	if (clock_gettime(clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t slot_used(const struct slot *s)
{
	uint64_t now = slot_cpu(s);

	return now > s->cpu ? now - s->cpu : 0;
}

/* For good: the way back needs a right that nobody here has. The job is replaced afterwards. */
static void give_way(struct slot *s)
{
	struct sched_param none = { 0 };

	s->low = s->low || sched_setscheduler(s->pid, SCHED_IDLE, &none) == 0;
}

/* ---- busy ---- */

/* A small body may use less, counted in processor time so that a busy machine costs nobody. */
static uint64_t cpu_most(const struct slot *s)
{
	const struct limits *l = s->pool->limits;

	return order_large(s->order) || l->scan_small > l->scan ? l->scan : l->scan_small;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void slot_busy_begin(struct slot *s)
{
	s->began = loop_now(s->pool->loop);
	s->cpu = slot_cpu(s);
	timer_set(s->timer, least(FULL_MS, s->pool->limits->scan));
}

/* Was the order not even read? Then the job does something else, or nothing at all. */
static bool deaf(const struct slot *s, uint64_t wall)
{
	int bytes = 0;

	if (ioctl(s->sock, TIOCOUTQ, &bytes) != 0 || bytes == 0)
		return false;
	return slot_used(s) >= IDLE_MOST_US || wall >= READ_MS;
}

void slot_busy_look(struct slot *s)
{
	uint64_t most = s->pool->limits->scan, wall = loop_now(s->pool->loop) - s->began;
	uint64_t cpu = slot_used(s) / 1000, wait;

	if (deaf(s, wall)) {
		slot_end(s, CAUSE_LIED);
		return;
	}
	if (wall >= most || cpu >= cpu_most(s)) {
		slot_end(s, CAUSE_DEADLINE);
		return;
	}
	if (cpu >= FULL_MS)
		give_way(s);
	wait = least(most - wall, cpu_most(s) - cpu);
	if (cpu < FULL_MS)
		wait = least(wait, FULL_MS - cpu);
	timer_set(s->timer, wait > STEP_LEAST ? wait : STEP_LEAST);
}

/* ---- idle ---- */

void slot_idle_begin(struct slot *s)
{
	s->cpu = slot_cpu(s);
	s->look = IDLE_FIRST;
	timer_set(s->timer, s->look);
}

bool slot_idle_good(const struct slot *s)
{
	return slot_used(s) < IDLE_MOST_US;
}

void slot_idle_look(struct slot *s)
{
	if (!slot_idle_good(s)) {
		slot_end(s, CAUSE_LIED);
		return;
	}
	if (slot_grown(s)) {
		slot_end(s, CAUSE_WANTED);
		return;
	}
	s->look = least(s->look * 2, IDLE_LAST);
	timer_set(s->timer, s->look);
}

/* ---- memory ---- */

/* Bytes that are its own: resident, and neither of files nor shared. 0 when unknown, as *all. */
static uint64_t own_memory(const struct slot *s, uint64_t *all)
{
	char name[32], text[64];
	unsigned long long size, resident, shared;
	int fd;
	ssize_t n;

	*all = 0;
	snprintf(name, sizeof(name), "%d/statm", (int)s->pid);
	fd = s->pool->jail->proc_fd >= 0 ? openat(s->pool->jail->proc_fd, name, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3 || resident < shared)
		return 0;
	*all = resident * (uint64_t)sysconf(_SC_PAGESIZE);
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void slot_measure(struct slot *s)
{
	s->own = own_memory(s, &s->resident);
}

bool slot_grown(const struct slot *s)
{
	uint64_t all, now = own_memory(s, &all);

	return now > s->own + s->pool->limits->scan_job_rest;
}
