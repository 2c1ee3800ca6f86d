/* SPDX-License-Identifier: BSD-2-Clause */
/* Hunts in the recorder's loop: queued, searched, told. */
#include "gateway/recorder_hunt.h"

#include <stdlib.h>

#include "core/err.h"
#include "core/log.h"
#include "gateway/audit.h"
#include "gateway/hunt_files.h"
#include "gateway/hunt_msg.h"
#include "gateway/recorder_late.h"

enum { TASKS = 10, AGAIN_MS = 500 };

struct task {
	struct task *next;
	uint64_t id;
	enum hunt_form form;
	struct hunt *hunt;
	struct hunt_files *files; /* NULL: not begun */
	bool searched, closed;	  /* all files are; the closing line is written */
	size_t told;		  /* findings */
	uint64_t began;
};

struct recorder_hunt {
	struct recorder *r;
	struct task *first; /* the one under way */
	struct timer *again;
};

static void work(void *arg);

static void on_again(void *arg)
{
	struct recorder_hunt *h = arg;

	loop_busy(role_host_loop(h->r->host), h->first != NULL ? work : NULL, h);
}

struct recorder_hunt *recorder_hunt_new(struct recorder *r)
{
	struct recorder_hunt *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->r = r;
	h->again = timer_new(role_host_loop(r->host), on_again, h);
	if (h->again == NULL) {
		free(h);
		return NULL;
	}
	return h;
}

static void task_free(struct task *t)
{
	hunt_free(t->hunt);
	hunt_files_free(t->files);
	free(t);
}

void recorder_hunt_stop(struct recorder_hunt *h)
{
	struct task *t;

	while ((t = h->first) != NULL) {
		h->first = t->next;
		task_free(t);
	}
	loop_busy(role_host_loop(h->r->host), NULL, NULL);
	timer_stop(h->again);
}

void recorder_hunt_free(struct recorder_hunt *h)
{
	if (h == NULL)
		return;
	recorder_hunt_stop(h);
	timer_free(h->again);
	free(h);
}

/* 0, or an error of the channel: -ERR_LIMIT passes. */
static int say(struct recorder_hunt *h, uint64_t id, enum hunt_state state, struct str text)
{
	struct buf b;
	int r;

	buf_init(&b, HUNT_MSG_MAX);
	r = hunt_pack_answer(&b, id, state, text);
	if (r == 0)
		r = role_send(h->r->host, MSG_HUNTED, buf_view(&b));
	buf_free(&b);
	return r;
}

/* ---- what was found ---- */

static void begin_line(struct json *j, struct buf *line, const struct task *t, const char *event)
{
	buf_init(line, HUNT_TEXT_MAX);
	if (t->form == HUNT_ALERT)
		audit_begin(j, line, event);
	else
		json_begin(j, line);
}

static int end_line(struct recorder_hunt *h, const struct task *t, struct json *j, struct buf *line)
{
	int r = json_end(j);

	if (r != 0)
		log_error("retro-hunt: a line is lost: %s", err_text(r));
	else
		r = t->form == HUNT_ALERT ? recorder_keep_line(h->r, buf_view(line)) : say(h, t->id, HUNT_PIECE, buf_view(line));
	buf_free(line);
	return r == -ERR_LIMIT ? r : 0;
}

/* The next finding is told: 0, or -ERR_LIMIT when it has to be tried again. */
static int tell(struct recorder_hunt *h, struct task *t)
{
	const struct hunt_finding *f = hunt_at(t->hunt, t->told);
	struct json j;
	struct buf line;
	int r;

	if (t->form == HUNT_TEXT) {
		buf_init(&line, HUNT_TEXT_MAX);
		r = hunt_print(&line, f);
		r = r == 0 ? say(h, t->id, HUNT_PIECE, buf_view(&line)) : r;
		buf_free(&line);
	} else {
		begin_line(&j, &line, t, "retro_alert");
		hunt_fields(&j, f);
		r = end_line(h, t, &j, &line);
	}
	if (r == -ERR_LIMIT)
		return r;
	if (t->form == HUNT_ALERT)
		hunt_log(f, false);
	t->told++;
	return 0;
}

static int tell_scope(struct recorder_hunt *h, struct task *t)
{
	struct hunt_scope s = *hunt_files_scope(t->files);
	struct json j;
	struct buf line;
	size_t found = 0;
	int r;

	s.unread = hunt_unread(t->hunt);
	for (size_t i = 0; i < hunt_count(t->hunt); i++)
		found += hunt_found(hunt_at(t->hunt, i));
	if (t->form == HUNT_TEXT) {
		buf_init(&line, HUNT_TEXT_MAX);
		hunt_scope_print(&line, &s);
		r = say(h, t->id, HUNT_PIECE, buf_view(&line));
		buf_free(&line);
		return r == -ERR_LIMIT ? r : 0;
	}
	begin_line(&j, &line, t, "retro_hunt");
	json_u64(&j, "digests", hunt_count(t->hunt));
	json_u64(&j, "digests_found", found);
	hunt_scope_fields(&j, &s);
	json_u64(&j, "duration_ms", loop_now(role_host_loop(h->r->host)) - t->began);
	return end_line(h, t, &j, &line);
}

/* Its lines are on disk before the parent forgets what it asked for. */
static int finish(struct recorder_hunt *h, struct task *t)
{
	if (t->form == HUNT_ALERT && h->r->out.len > 0)
		recorder_commit_now(h->r);
	if (t->form == HUNT_ALERT && h->r->trouble)
		return -ERR_LIMIT;
	if (say(h, t->id, HUNT_DONE, STR_NONE) == -ERR_LIMIT)
		return -ERR_LIMIT;
	h->first = t->next;
	task_free(t);
	return 0;
}

/* ---- the search ---- */

/* What is in hand goes to the disk first, where it is found. */
static int begin(struct recorder_hunt *h, struct task *t)
{
	if (h->r->out.len > 0)
		recorder_commit_now(h->r);
	if (h->r->trouble)
		return -ERR_LIMIT;
	t->began = loop_now(role_host_loop(h->r->host));
	if (t->form == HUNT_ALERT)
		recorder_late_watch(h->r->late, t->hunt);
	t->files = hunt_files_open(h->r->dir, RECORDER_FILE, &h->r->limits);
	return t->files != NULL ? 0 : -ERR_LIMIT;
}

static int turn(struct recorder_hunt *h, struct task *t)
{
	if (t->files == NULL)
		return begin(h, t);
	if (!t->searched) {
		t->searched = !hunt_files_step(t->files, t->hunt);
		return 0;
	}
	if (t->told < hunt_count(t->hunt))
		return tell(h, t);
	if (!t->closed) {
		int r = tell_scope(h, t);

		t->closed = r == 0;
		return r;
	}
	return finish(h, t);
}

/* One slice; what has no room is tried again later. */
static void work(void *arg)
{
	struct recorder_hunt *h = arg;
	struct loop *l = role_host_loop(h->r->host);
	bool wait = h->first != NULL && turn(h, h->first) != 0;

	if (wait)
		timer_set(h->again, AGAIN_MS);
	if (wait || h->first == NULL)
		loop_busy(l, NULL, NULL);
}

static struct task *task_new(struct recorder_hunt *h, const struct turned *rows, size_t n)
{
	struct task *t = calloc(1, sizeof(*t));
	int r = 0;

	if (t == NULL || (t->hunt = hunt_new(&h->r->limits)) == NULL) {
		free(t);
		return NULL;
	}
	for (size_t i = 0; i < n && r == 0; i++)
		r = hunt_want(t->hunt, rows[i].sha256, str_c(rows[i].name));
	return t;
}

void recorder_hunt_ask(struct recorder_hunt *h, struct str body)
{
	static struct turned rows[TURNED_ROWS];
	struct task **at = &h->first, *t;
	enum hunt_form form;
	size_t n, waiting = 0;
	uint64_t id;

	if (hunt_read(body, &id, &form, rows, &n) != 0) {
		log_error("a question for a retro-hunt cannot be read");
		return;
	}
	for (; *at != NULL; at = &(*at)->next)
		waiting++;
	t = waiting < TASKS ? task_new(h, rows, n) : NULL;
	if (t == NULL) {
		say(h, id, HUNT_REFUSED, STR("too many hunts are under way"));
		return;
	}
	t->id = id;
	t->form = form;
	*at = t;
	loop_busy(role_host_loop(h->r->host), work, h);
}
