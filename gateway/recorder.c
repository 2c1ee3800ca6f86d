/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The recorder's process: takes lines from workers and the signer, writes them in groups, and
 * acknowledges what is on disk. In disk trouble it keeps the group at hand, takes nothing more
 * and says so; afterwards everybody sends again what was not acknowledged.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "core/log.h"
#include "core/sandbox.h"
#include "gateway/recorder_hunt.h"
#include "gateway/recorder_late.h"

enum { COMMIT_MS = 50, RETRY_MS = 1000, LOUD_EVERY = 10 };
enum { OUT_MAX = 4 << 20, OUT_COMMIT = 1 << 20 };

static void trouble_begins(struct recorder *r)
{
	if (r->retries++ % LOUD_EVERY == 0)
		log_error("cannot write " RECORDER_FILE ": %s; %zu bytes wait, trying every second",
		    strerror(errno), r->out.len);
	timer_set(r->retry, RETRY_MS);
	if (r->trouble)
		return;
	r->trouble = true;
	for (struct client *c = r->clients; c != NULL; c = c->next)
		recorder_ack(c, true);
}

void recorder_commit_now(struct recorder *r)
{
	bool recovered = r->trouble;

	if (r->out.len > 0 && logfile_append(&r->file, buf_view(&r->out)) != 0) {
		trouble_begins(r);
		return;
	}
	buf_consume(&r->out, r->out.len);
	r->committed_at = loop_now(role_host_loop(r->host));
	r->trouble = false;
	r->retries = 0;
	if (recovered)
		log_warn(RECORDER_FILE " can be written again");
	for (struct client *c = r->clients; c != NULL; c = c->next) {
		bool news = c->acked != c->received;

		c->acked = c->received;
		if (news || recovered)
			recorder_ack(c, false);
	}
	if (r->draining)
		role_done(r->host);
}

static void on_commit(void *arg)
{
	struct recorder *r = arg;

	r->due = false;
	if (!r->trouble)
		recorder_commit_now(r);
}

static void on_retry(void *arg)
{
	recorder_commit_now(arg);
}

/* One wait for the disk serves all lines of COMMIT_MS. */
void recorder_commit_soon(struct recorder *r)
{
	uint64_t at = r->committed_at + COMMIT_MS, now = loop_now(role_host_loop(r->host));

	if (r->out.len >= OUT_COMMIT) {
		recorder_commit_now(r);
	} else if (!r->due) {
		r->due = true;
		timer_set(r->commit, at > now ? at - now : 0);
	}
}

int recorder_keep_line(struct recorder *r, struct str line)
{
	if (r->trouble)
		return -ERR_LIMIT;
	if (buf_str(&r->out, line) != 0) {
		recorder_commit_now(r);
		if (r->trouble || buf_str(&r->out, line) != 0)
			return -ERR_LIMIT;
	}
	recorder_commit_soon(r);
	return 0;
}

static int open_file(struct recorder *r, int spare, char *text)
{
	size_t cut;
	int e = logfile_open(&r->file, r->dir, RECORDER_FILE, spare, &cut);

	if (e == -ERR_DENIED)
		snprintf(text, ROLE_TEXT_MAX, RECORDER_FILE " is in use by another recorder");
	else if (e != 0)
		snprintf(text, ROLE_TEXT_MAX, "cannot open " RECORDER_FILE ": %s", strerror(errno));
	else if (cut > 0)
		log_warn("cut %zu bytes of a torn last line off " RECORDER_FILE, cut);
	return e;
}

static int start(void *arg, const struct bundle *b, uint32_t index, uint32_t generation,
    char text[ROLE_TEXT_MAX])
{
	struct recorder *r = arg;
	char folder[PATH_MAX];
	struct str s;
	int flags, spare;

	(void)index;
	(void)generation;
	role_limits(b, &r->limits);
	snprintf(text, ROLE_TEXT_MAX, "no audit.folder");
	if (!bundle_get(b, STR("audit.folder"), &s) || s.n == 0 || str_copy(s, folder, PATH_MAX) != 0)
		return -ERR_CONFIG;
	if (mkdir(folder, 0750) != 0 && errno != EEXIST)
		log_warn("cannot make %s: %s", folder, strerror(errno));
	r->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0) {
		snprintf(text, ROLE_TEXT_MAX, "cannot open the folder: %s", strerror(errno));
		return -ERR_FILE;
	}
	spare = logfile_spare(r->dir, RECORDER_FILE);
	snprintf(text, ROLE_TEXT_MAX, "no sandbox");
	if ((flags = sandbox_enter(ROLE_RECORDER, folder)) < 0)
		return flags; /* the process ends */
	if (open_file(r, spare, text) != 0)
		return -ERR_FILE;
	snprintf(text, ROLE_TEXT_MAX, "sandbox %s", sandbox_text(flags));
	return 0;
}

/* Also what logrotate asks for, by SIGHUP. */
static int reload(void *arg, const struct bundle *b, char text[ROLE_TEXT_MAX])
{
	struct recorder *r = arg;
	size_t cut;
	int e;

	if (b != NULL) /* the folder cannot change: the sandbox holds it */
		role_limits(b, &r->limits);
	recorder_commit_now(r);
	e = logfile_reopen(&r->file, &cut);
	snprintf(text, ROLE_TEXT_MAX, e == 0 ? "reopened" : "cannot reopen " RECORDER_FILE ": %s",
	    strerror(errno));
	if (r->trouble)
		recorder_commit_now(r);
	return e;
}

static void on_hup(void *arg, int signo)
{
	struct recorder *r = arg;
	char text[ROLE_TEXT_MAX];

	(void)signo;
	if (r->file.fd >= 0 && reload(r, NULL, text) != 0)
		log_error("%s", text);
}

static void drain(void *arg)
{
	struct recorder *r = arg;

	r->draining = true;
	recorder_hunt_stop(r->hunts);
	recorder_commit_now(r); /* in trouble: goes on trying until the parent loses its patience */
}

static void message(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct recorder *r = arg;

	(void)fds;
	(void)nfds; /* the table allows none */
	if (type == MSG_HUNT && r->file.fd >= 0 && !r->draining)
		recorder_hunt_ask(r->hunts, body);
}

static void release(struct recorder *r)
{
	if (r->out.len > 0)
		log_error("%zu bytes of lines were not on disk at the end", r->out.len);
	while (r->clients != NULL)
		recorder_client_free(r->clients);
	recorder_hunt_free(r->hunts);
	recorder_late_free(r->late);
	timer_free(r->commit);
	timer_free(r->retry);
	role_host_free(r->host);
	logfile_close(&r->file);
	if (r->dir >= 0)
		close(r->dir);
	buf_free(&r->out);
}

int recorder_main(int parent_fd)
{
	static const struct role_ops ops = { start, reload, recorder_peer, drain, .message = message };
	struct recorder r = { .dir = -1, .file = { .fd = -1 } };
	int code = 1;

	buf_init(&r.out, OUT_MAX);
	r.host = role_host_new(ROLE_RECORDER, parent_fd, &ops, &r);
	if (r.host == NULL)
		return 1;
	r.commit = timer_new(role_host_loop(r.host), on_commit, &r);
	r.retry = timer_new(role_host_loop(r.host), on_retry, &r);
	r.hunts = recorder_hunt_new(&r);
	r.late = recorder_late_new(&r);
	if (r.commit != NULL && r.retry != NULL && r.hunts != NULL && r.late != NULL &&
	    loop_signal(role_host_loop(r.host), SIGHUP, on_hup, &r) == 0) {
		code = role_host_run(r.host);
		if (r.file.fd >= 0 && !r.draining)
			recorder_commit_now(&r);
	}
	release(&r);
	return code;
}
