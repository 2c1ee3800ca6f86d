/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The recorder's process: takes lines from workers and the signer, writes them in groups, and
 * acknowledges what is on disk. In disk trouble it keeps the group at hand, takes nothing more
 * and says so; afterwards everybody sends again what was not acknowledged.
 */
#include "gateway/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"
#include "core/sandbox.h"
#include "gateway/audit.h"
#include "gateway/logfile.h"
#include "gateway/role.h"

enum { COMMIT_MS = 50, RETRY_MS = 1000, LOUD_EVERY = 10 };
enum { OUT_MAX = 4 << 20, OUT_COMMIT = 1 << 20, MSG_LINES_MAX = 98304 };

struct client {
	struct client *next;
	struct recorder *r;
	struct chan *chan;
	enum role role;
	uint32_t index;
	uint64_t received, acked; /* numbers of lines: taken, on disk */
	bool begun;		  /* the first message said where the numbers start */
	bool asked_again;	  /* a gap was seen and told */
};

struct recorder {
	struct role_host *host;
	struct client *clients;
	struct logfile file;
	int dir;
	struct buf out; /* taken, not on disk */
	struct timer *commit, *retry;
	uint64_t committed_at;
	unsigned retries;
	bool due, trouble, draining;
};

bool recorder_next_line(struct str *rest, struct str *line, bool *good)
{
	ptrdiff_t lf = str_chr(*rest, '\n');
	size_t n = lf >= 0 ? (size_t)lf + 1 : rest->n;

	if (rest->n == 0)
		return false;
	*line = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, rest->n);
	*good = lf >= 2 && n <= AUDIT_LINE_MAX && line->p[0] == '{' && line->p[n - 2] == '}';
	for (size_t i = 0; i + 1 < n && *good; i++)
		*good = (unsigned char)line->p[i] >= 0x20 && line->p[i] != 0x7f;
	return true;
}

static void client_free(struct client *c)
{
	struct client **at = &c->r->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	chan_free(c->chan);
	free(c);
}

static void client_close(void *arg, int why)
{
	struct client *c = arg;

	if (why != 0)
		log_error("%s %u: channel dropped: %s", role_name(c->role), c->index, err_text(why));
	client_free(c);
}

static void client_ack(struct client *c, bool trouble)
{
	struct buf b;

	buf_init(&b, 16);
	if (pack_u64(&b, c->acked) == 0 && pack_u8(&b, trouble) == 0)
		chan_send(c->chan, MSG_AUDIT_ACK, buf_view(&b), NULL, 0);
	buf_free(&b);
}

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
		client_ack(c, true);
}

static void commit_now(struct recorder *r)
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
			client_ack(c, false);
	}
	if (r->draining)
		role_done(r->host);
}

static void on_commit(void *arg)
{
	struct recorder *r = arg;

	r->due = false;
	if (!r->trouble)
		commit_now(r);
}

static void on_retry(void *arg)
{
	commit_now(arg);
}

/* One wait for the disk serves all lines of COMMIT_MS. */
static void commit_soon(struct recorder *r)
{
	uint64_t at = r->committed_at + COMMIT_MS, now = loop_now(role_host_loop(r->host));

	if (r->out.len >= OUT_COMMIT) {
		commit_now(r);
	} else if (!r->due) {
		r->due = true;
		timer_set(r->commit, at > now ? at - now : 0);
	}
}

/* A line is taken or refused, and counted as received; false when it must come again. */
static bool take_line(struct client *c, struct str line, bool good)
{
	struct recorder *r = c->r;

	if (!good)
		log_error("%s %u: line %llu of %zu bytes is malformed and was not recorded",
		    role_name(c->role), c->index, (unsigned long long)c->received + 1, line.n);
	else if (buf_str(&r->out, line) != 0)
		return false;
	c->received++;
	return true;
}

static void take_lines(struct client *c, uint64_t number, struct str lines)
{
	struct str line;
	bool good;

	for (; recorder_next_line(&lines, &line, &good); number++)
		if (number == c->received + 1 && !take_line(c, line, good)) {
			commit_now(c->r); /* makes room, or ends in trouble */
			if (c->r->trouble || !take_line(c, line, good))
				return;
		}
	commit_soon(c->r);
}

static void on_lines(struct client *c, uint64_t first, struct str lines)
{
	if (!c->begun) {
		c->begun = true;
		c->received = c->acked = first - 1;
	}
	if (c->r->trouble) {
		client_ack(c, true);
	} else if (first > c->received + 1) {
		/* What stood before was refused in trouble: ask for it again, once. */
		if (!c->asked_again) {
			client_ack(c, true);
			client_ack(c, false);
		}
		c->asked_again = true;
	} else {
		c->asked_again = false;
		take_lines(c, first, lines);
	}
}

static void client_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct client *c = arg;
	struct rd rd = rd_of(body);
	uint64_t first = rd_u64(&rd);
	struct str lines = rd_str(&rd, MSG_LINES_MAX);

	(void)fds;
	(void)nfds; /* the table allows none */
	if (type != MSG_AUDIT || rd_done(&rd) != 0 || first == 0 || first > UINT64_MAX / 2)
		client_close(c, -ERR_PROTO);
	else
		on_lines(c, first, lines);
}

static struct client *client_of(struct recorder *r, enum role role, uint32_t index)
{
	struct client *c = r->clients;

	while (c != NULL && (c->role != role || c->index != index))
		c = c->next;
	return c;
}

static void peer(void *arg, enum role role, uint32_t index, int fd)
{
	struct recorder *r = arg;
	struct client *old = client_of(r, role, index), *c = calloc(1, sizeof(*c));

	if (old != NULL)
		client_free(old);
	if (c == NULL) {
		close(fd);
		return;
	}
	*c = (struct client){ .next = r->clients, .r = r, .role = role, .index = index };
	c->chan = chan_new(role_host_loop(r->host), fd, ROLE_RECORDER, role, client_msg,
	    client_close, c);
	if (c->chan == NULL) {
		free(c);
		return;
	}
	r->clients = c;
	if (r->trouble)
		client_ack(c, true);
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

	(void)b; /* the folder cannot change: the sandbox holds it */
	commit_now(r);
	e = logfile_reopen(&r->file, &cut);
	snprintf(text, ROLE_TEXT_MAX, e == 0 ? "reopened" : "cannot reopen " RECORDER_FILE ": %s",
	    strerror(errno));
	if (r->trouble)
		commit_now(r);
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
	commit_now(r); /* in trouble: goes on trying until the parent loses its patience */
}

static void release(struct recorder *r)
{
	if (r->out.len > 0)
		log_error("%zu bytes of lines were not on disk at the end", r->out.len);
	while (r->clients != NULL)
		client_free(r->clients);
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
	static const struct role_ops ops = { start, reload, peer, drain };
	struct recorder r = { .dir = -1, .file = { .fd = -1 } };
	int code = 1;

	buf_init(&r.out, OUT_MAX);
	r.host = role_host_new(ROLE_RECORDER, parent_fd, &ops, &r);
	if (r.host == NULL)
		return 1;
	r.commit = timer_new(role_host_loop(r.host), on_commit, &r);
	r.retry = timer_new(role_host_loop(r.host), on_retry, &r);
	if (r.commit != NULL && r.retry != NULL &&
	    loop_signal(role_host_loop(r.host), SIGHUP, on_hup, &r) == 0) {
		code = role_host_run(r.host);
		if (r.file.fd >= 0 && !r.draining)
			commit_now(&r);
	}
	release(&r);
	return code;
}
