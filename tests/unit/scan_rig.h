/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A rig for tests of the scanner: plays the parent (starts the real program, hands it channels)
 * and a worker (scanner/client.h), and runs one scan at a time to its verdict.
 */
#ifndef TESTS_SCAN_RIG_H
#define TESTS_SCAN_RIG_H

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/bundle.h"
#include "core/chan.h"
#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"
#include "scanner/client.h"
#include "scanner/sample.h"
#include "scanner/turned.h"

enum { RIG_FD = 3, RIG_JOBS_MOST = 16 };

struct rig {
	struct loop *loop;
	struct timer *guard;
	struct chan *parent;
	struct scan_client *client;
	struct limits limits;
	pid_t pid;
	char note[1024];
	bool ready, drained, closed, reloaded;
	unsigned reload_ok, reload_generation;
	unsigned answers;
	struct verdict verdict; /* the last answer */
	unsigned samples;
	struct scan_sample sample; /* the last; without its url */
	int sample_fd;
	size_t turned; /* rows of MSG_TURNED */
	struct turned turned_rows[TURNED_ROWS]; /* the last message's */
};

static inline void rig_on_guard(void *arg)
{
	(void)arg;
	ck_abort_msg("nothing happened in time");
}

static inline void rig_on_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct rig *r = arg;
	struct rd rd = rd_of(body);

	ck_assert_uint_eq(nfds, type == MSG_SAMPLE);
	if (type == MSG_SAMPLE) {
		ck_assert_int_eq(sample_read(body, &r->sample), 0);
		if (r->samples++ > 0)
			close(r->sample_fd);
		r->sample_fd = fds[0];
	}
	if (type == MSG_TURNED) {
		size_t n;

		ck_assert_int_eq(turned_read(&rd, r->turned_rows, &n), 0);
		r->turned += n;
	}
	if (type == MSG_READY) {
		ck_assert_int_eq(
		    str_copy(rd_str(&rd, sizeof(r->note) - 1), r->note, sizeof(r->note)), 0);
		r->ready = true;
	}
	if (type == MSG_RELOADED) {
		r->reload_generation = rd_u32(&rd);
		r->reload_ok = rd_u8(&rd);
		r->reloaded = true;
	}
	r->drained |= type == MSG_DRAINED;
	loop_stop(r->loop);
}

static inline void rig_on_close(void *arg, int why)
{
	struct rig *r = arg;

	(void)why;
	r->closed = true;
	loop_stop(r->loop);
}

/* The program beside the test in the build tree. */
static inline void rig_program(const char *name, char *path, size_t n)
{
	char self[512];
	ssize_t k = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ck_assert_int_gt(k, 0);
	self[k] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(path, n, "%s/../../scanner/%s", self, name);
	ck_assert_msg(access(path, X_OK) == 0, "%s is not built", path);
}

/* What the scanner starts with; set before rig_process. */
enum rig_rights { RIG_ALL_RIGHTS, RIG_NO_MOUNT, RIG_NOBODY };
static enum rig_rights rig_rights;

static inline void rig_drop_rights(void)
{
	if (rig_rights == RIG_NO_MOUNT)
		prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN); /* as in a container; exec takes it away */
	if (rig_rights == RIG_NOBODY && setgid(65534) + setuid(65534) != 0)
		_exit(126);
}

static inline pid_t rig_exec(const char *program, int fd)
{
	char path[1024];
	pid_t pid;

	rig_program(program, path, sizeof(path));
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(fd, RIG_FD);
		fcntl(RIG_FD, F_SETFD, 0);
		close_range(RIG_FD + 1, ~0U, 0);
		rig_drop_rights();
		execl(path, "sallyport-scanner", "role", "scanner", (char *)NULL);
		_exit(127);
	}
	return pid;
}

static inline int rig_bundle(const char *signatures, const char *jobs, const char *limits)
{
	struct bundle *b = bundle_new();
	int fd;

	ck_assert_int_eq(bundle_add(b, STR("limits"), str_c(limits)), 0);
	ck_assert_int_eq(bundle_add(b, STR("scanner.signatures"), str_c(signatures)), 0);
	ck_assert_int_eq(bundle_add(b, STR("scanner.jobs"), str_c(jobs)), 0);
	fd = bundle_seal(b);
	ck_assert_int_ge(fd, 0);
	bundle_free(b);
	return fd;
}

/* The parent's START or RELOAD. */
static inline void rig_send_bundle(
    struct rig *r, enum msg_type type, const char *signatures, const char *jobs, const char *limits)
{
	int fd = rig_bundle(signatures, jobs, limits);
	char space[16];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };

	if (type == MSG_START)
		pack_u32(&b, 0);
	pack_u32(&b, 7);
	ck_assert_int_eq(chan_send(r->parent, type, buf_view(&b), &fd, 1), 0);
	close(fd);
}

/* A channel between our worker and the scanner. */
static inline void rig_wire(struct rig *r)
{
	char space[16];
	struct buf b = { .p = space, .cap = sizeof(space), .max = sizeof(space) };
	int fd[2];

	ck_assert_int_eq(chan_pair(fd), 0);
	pack_u8(&b, ROLE_WORKER);
	pack_u32(&b, 0);
	ck_assert_int_eq(chan_send(r->parent, MSG_PEER, buf_view(&b), &fd[1], 1), 0);
	close(fd[1]);
	ck_assert_int_eq(scan_client_connect(r->client, fd[0]), 0);
}

/* The scanner's process, up to READY or its end. Limits as lines "name value". */
static inline void rig_process(struct rig *r, const char *program, const char *signatures,
    const char *jobs, const char *limits)
{
	int fd[2];

	r->ready = r->drained = r->closed = false;
	ck_assert_int_eq(chan_pair(fd), 0);
	r->pid = rig_exec(program, fd[1]);
	close(fd[1]);
	r->parent =
	    chan_new(r->loop, fd[0], ROLE_PARENT, ROLE_SCANNER, rig_on_msg, rig_on_close, r);
	rig_send_bundle(r, MSG_START, signatures, jobs, limits);
	while (!r->ready && !r->closed)
		loop_run(r->loop);
}

/* Loop and client, without a scanner yet. */
static inline void rig_init(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	limits_default(&r->limits);
	r->loop = loop_new();
	r->guard = timer_new(r->loop, rig_on_guard, r);
	timer_set(r->guard, 60000);
	r->client = scan_client_new(r->loop, &r->limits);
}

static inline void rig_start(
    struct rig *r, const char *program, const char *jobs, const char *limits)
{
	rig_init(r);
	rig_process(r, program, "/nonexistent", jobs, limits);
	ck_assert_msg(r->ready, "the scanner did not start");
	rig_wire(r);
}

static inline void rig_stop(struct rig *r)
{
	int status;

	scan_client_free(r->client);
	chan_free(r->parent);
	kill(r->pid, SIGKILL);
	waitpid(r->pid, &status, 0);
	loop_free(r->loop);
}

static inline void rig_on_verdict(void *arg, const struct verdict *v)
{
	struct rig *r = arg;

	r->verdict = *v;
	r->answers++;
	loop_stop(r->loop);
}

static inline int rig_memfd(struct str body, int seals)
{
	int fd = memfd_create("body", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_ge(fd, 0);
	for (size_t at = 0; at < body.n;) {
		ssize_t n = write(fd, body.p + at, body.n - at);

		ck_assert_int_gt(n, 0);
		at += (size_t)n;
	}
	/* EBUSY: the kernel moves a page of it just now. */
	for (int i = 0; i < 20 && fcntl(fd, F_ADD_SEALS, seals) != 0; i++)
		usleep(10000);
	ck_assert_int_eq(fcntl(fd, F_GET_SEALS) & seals, seals);
	return fd;
}

enum { RIG_SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW };

static inline uint64_t rig_submit_as(struct rig *r, uint64_t client, struct str body)
{
	struct scan_about about = { .direction = 1, .client = client, .file_name = STR("test") };
	int fd = rig_memfd(body, RIG_SEALS);
	uint64_t h = scan_submit(r->client, fd, body.n, &about, rig_on_verdict, r);

	close(fd);
	return h;
}

static inline uint64_t rig_submit(struct rig *r, struct str body)
{
	return rig_submit_as(r, 0, body);
}

static inline void rig_wait(struct rig *r, unsigned answers)
{
	timer_set(r->guard, 60000);
	while (r->answers < answers)
		loop_run(r->loop);
}

static inline const struct verdict *rig_scan(struct rig *r, struct str body)
{
	unsigned want = r->answers + 1;

	ck_assert_uint_ne(rig_submit(r, body), 0);
	rig_wait(r, want);
	return &r->verdict;
}

#define rig_expect(r, body, class_, reason_)                                                       \
	do {                                                                                       \
		const struct verdict *v_ = rig_scan((r), (body));                                  \
		ck_assert_msg(v_->class == VERDICT_##class_ && v_->reason == REASON_##reason_,     \
		    "%s.%s %s", verdict_word(v_->class), reason_word(v_->reason), v_->name);       \
	} while (0)

/* The jobs of the scanner: its children. Their number. */
static inline unsigned rig_jobs(const struct rig *r, pid_t *jobs)
{
	char path[64], text[512];
	unsigned n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", r->pid, r->pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	if (fgets(text, sizeof(text), f) != NULL)
		for (char *s = strtok(text, " "); s != NULL && n < RIG_JOBS_MOST;
		     s = strtok(NULL, " "))
			jobs[n++] = atoi(s);
	fclose(f);
	return n;
}

/* Until there is this number of them: one that was killed is replaced after a pause. */
static inline void rig_await_jobs(const struct rig *r, unsigned n, pid_t *jobs)
{
	for (int i = 0; rig_jobs(r, jobs) != n; i++) {
		ck_assert_int_lt(i, 1000);
		usleep(10000);
	}
}

static inline double rig_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The test file, put together here so that no file of ours carries it. */
static inline struct str rig_eicar(void)
{
	static char text[69];

	snprintf(text, sizeof(text), "%s%s", "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-",
	    "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*");
	return str_of(text, 68);
}

#endif
