/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions about digests, between scanners, operators and the recorder. */
#include "gateway/hunting.h"

#include <stdlib.h>
#include <string.h>

#include "control/exit.h"
#include "core/err.h"
#include "core/log.h"
#include "gateway/audit_read.h"
#include "gateway/hunt_msg.h"
#include "gateway/state_file.h"

/* Rows that wait, rows that were told of, questions of operators at a time; what is gathered. */
enum { WAITING = 4096, TOLD = 4096, ASKERS = 4, GATHER_MS = 1000 };
enum { FRAMES = (WAITING + TURNED_ROWS - 1) / TURNED_ROWS, ROOM = 1 << 16 };
#define NAME "retro-waiting" /* as many TURNED messages as it takes, each a string (core/pack.h) */

struct question {
	uint64_t id; /* 0: free */
	struct control_reply *reply; /* NULL: the alerts' */
	struct buf body, answer;
};

struct hunting {
	struct parent *p;
	struct timer *gather;
	struct turned *waiting, *told; /* told is a ring */
	size_t nwaiting, ntold, next_told;
	size_t nasked; /* the first of those that wait: the recorder looks for them */
	uint64_t asked, rest; /* loop time: when they were; no alerts until then */
	bool gathering; /* the timer is set */
	struct question alert, askers[ASKERS];
	uint64_t next;
	uint64_t dropped; /* rows without room, not said yet */
};

static void send_alerts(void *arg);
static void restore(struct hunting *h);

struct hunting *hunting_new(struct parent *p)
{
	struct hunting *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->p = p;
	h->waiting = calloc(WAITING, sizeof(*h->waiting));
	h->told = calloc(TOLD, sizeof(*h->told));
	h->gather = timer_new(p->loop, send_alerts, h);
	if (h->waiting == NULL || h->told == NULL || h->gather == NULL) {
		hunting_free(h);
		return NULL;
	}
	restore(h);
	return h;
}

static void question_end(struct question *q)
{
	buf_free(&q->body);
	buf_free(&q->answer);
	*q = (struct question){ 0 };
}

void hunting_free(struct hunting *h)
{
	if (h == NULL)
		return;
	question_end(&h->alert);
	for (size_t i = 0; i < ASKERS; i++) {
		if (h->askers[i].id != 0)
			control_reply_send(h->askers[i].reply, EXIT_OTHER, STR("the gateway stops"));
		question_end(&h->askers[i]);
	}
	timer_free(h->gather);
	free(h->waiting);
	free(h->told);
	free(h);
}

/* ---- to the recorder ---- */

static void send_question(struct hunting *h, const struct question *q)
{
	struct child *c = &h->p->recorder;

	/* Where it cannot be sent, hunting_recorder() sends it. */
	if (c->state == CHILD_READY && c->chan != NULL && chan_send(c->chan, MSG_HUNT, buf_view(&q->body), NULL, 0) != 0)
		log_warn("a retro-hunt could not be handed to the recorder yet");
}

static int ask(struct hunting *h, struct question *q, enum hunt_form form, const struct turned *rows, size_t n)
{
	int r;

	q->id = ++h->next;
	buf_init(&q->body, HUNT_MSG_MAX);
	buf_init(&q->answer, CONTROL_REPLY_MAX);
	if ((r = hunt_pack(&q->body, q->id, form, rows, n)) == 0)
		send_question(h, q);
	else
		question_end(q);
	return r;
}

void hunting_recorder(struct hunting *h)
{
	if (h->alert.id != 0)
		send_question(h, &h->alert);
	for (size_t i = 0; i < ASKERS; i++) {
		buf_consume(&h->askers[i].answer, h->askers[i].answer.len);
		if (h->askers[i].id != 0)
			send_question(h, &h->askers[i]);
	}
}

/* ---- alerts ---- */

static bool has(const struct turned *rows, size_t n, const struct turned *x)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(rows[i].sha256, x->sha256, TURNED_SHA256) == 0 && strcmp(rows[i].name, x->name) == 0)
			return true;
	return false;
}

static void remember(struct hunting *h, const struct turned *x)
{
	h->told[h->next_told] = *x;
	h->next_told = (h->next_told + 1) % TOLD;
	if (h->ntold < TOLD)
		h->ntold++;
}

/* Not put off by what comes meanwhile. */
static void gather(struct hunting *h)
{
	uint64_t now = loop_now(h->p->loop), at = h->rest > now + GATHER_MS ? h->rest : now + GATHER_MS;

	if (h->gathering || h->alert.id != 0 || h->nwaiting == 0)
		return;
	h->gathering = true;
	timer_set(h->gather, at - now);
}

static void send_alerts(void *arg)
{
	struct hunting *h = arg;
	size_t n = h->nwaiting < TURNED_ROWS ? h->nwaiting : TURNED_ROWS;

	h->gathering = false;
	if (h->dropped > 0)
		log_error("retro-hunt: of %llu objects that turned bad nobody was looked for: too many at a time; "
			  "`sallyport hunt` can ask", (unsigned long long)h->dropped);
	h->dropped = 0;
	if (n == 0 || h->alert.id != 0 || ask(h, &h->alert, HUNT_ALERT, h->waiting, n) != 0)
		return;
	h->nasked = n;
	h->asked = loop_now(h->p->loop);
}

static void take_rows(struct hunting *h, const struct turned *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (has(h->told, h->ntold, &rows[i]))
			continue;
		if (h->nwaiting == WAITING) {
			h->dropped++;
			continue;
		}
		h->waiting[h->nwaiting++] = rows[i];
		remember(h, &rows[i]);
	}
}

void hunting_turned(struct hunting *h, struct str body)
{
	static struct turned rows[TURNED_ROWS];
	struct rd r = rd_of(body);
	size_t n;

	if (turned_read(&r, rows, &n) != 0) {
		log_error("a scanner's list of what turned bad cannot be read");
		return;
	}
	take_rows(h, rows, n);
	gather(h);
}

/* ---- over a stop ---- */

static int pack_waiting(const struct hunting *h, struct buf *to)
{
	int r = 0;

	for (size_t at = 0; r == 0 && at < h->nwaiting; at += TURNED_ROWS) {
		size_t n = h->nwaiting - at < TURNED_ROWS ? h->nwaiting - at : TURNED_ROWS;
		struct buf frame;

		buf_init(&frame, TURNED_MSG);
		r = turned_pack(&frame, h->waiting + at, n);
		r = r != 0 ? r : pack_str(to, buf_view(&frame));
		buf_free(&frame);
	}
	return r;
}

void hunting_save(const struct hunting *h)
{
	struct buf text;

	if (h->nwaiting == 0)
		return;
	buf_init(&text, FRAMES * (TURNED_MSG + sizeof(uint32_t)));
	if (pack_waiting(h, &text) != 0 || state_file_write(h->p, NAME, buf_view(&text)) != 0)
		log_error("retro-hunt: %zu objects that turned bad are not told of, and cannot be kept", h->nwaiting);
	else
		log_warn("retro-hunt: %zu objects that turned bad are looked for after the next start", h->nwaiting);
	buf_free(&text);
}

static int read_waiting(struct hunting *h, struct str text)
{
	static struct turned rows[TURNED_ROWS];
	struct rd all = rd_of(text);
	size_t n = 0;

	for (unsigned i = 0; all.s.n > 0; i++) {
		struct rd frame = rd_of(rd_str(&all, TURNED_MSG));

		if (i == FRAMES)
			return -ERR_PROTO;
		if (all.bad != 0 || turned_read(&frame, rows, &n) != 0)
			return -ERR_PROTO;
		take_rows(h, rows, n);
	}
	return 0;
}

/* Once: what kills us over this file is not read again. */
static void restore(struct hunting *h)
{
	struct buf text;
	int r;

	buf_init(&text, FRAMES * (TURNED_MSG + sizeof(uint32_t)) + ROOM);
	r = state_file_read(h->p, NAME, &text);
	if (r != -ERR_NOT_FOUND)
		state_file_remove(h->p, NAME);
	if (r == 0)
		r = read_waiting(h, buf_view(&text));
	buf_free(&text);
	if (r != 0 && r != -ERR_NOT_FOUND)
		log_error("retro-hunt: what was not told of before the last stop cannot be read");
	gather(h);
}

/* ---- answers ---- */

static void alert_done(struct hunting *h, enum hunt_state state, struct str text)
{
	uint64_t now;

	if (state == HUNT_REFUSED)
		log_error("retro-hunt: the recorder refused to look for what turned bad: %.*s", STR_FMT(text));
	if (state == HUNT_PIECE)
		return;
	question_end(&h->alert);
	h->nwaiting -= h->nasked;
	memmove(h->waiting, h->waiting + h->nasked, h->nwaiting * sizeof(h->waiting[0]));
	h->nasked = 0;
	/* A pause as long as that took: however often something turns bad, half of the recorder's time is for others. */
	now = loop_now(h->p->loop);
	h->rest = now + (now - h->asked);
	gather(h);
}

void hunting_answer(struct hunting *h, struct str body)
{
	enum hunt_state state;
	struct str text;
	uint64_t id;

	if (hunt_read_answer(body, &id, &state, &text) != 0 || id == 0)
		return;
	if (id == h->alert.id) {
		alert_done(h, state, text);
		return;
	}
	for (size_t i = 0; i < ASKERS; i++) {
		struct question *q = &h->askers[i];

		if (q->id != id)
			continue;
		if (state != HUNT_DONE && buf_str(&q->answer, text) != 0 && state == HUNT_PIECE)
			log_warn("hunt: the answer is too long and was cut");
		if (state == HUNT_PIECE)
			return;
		control_reply_send(q->reply, state == HUNT_DONE ? EXIT_OK : EXIT_OTHER, buf_view(&q->answer));
		question_end(q);
	}
}

/* ---- the command ---- */

static struct question *free_asker(struct hunting *h)
{
	for (size_t i = 0; i < ASKERS; i++)
		if (h->askers[i].id == 0)
			return &h->askers[i];
	return NULL;
}

/* Digests with blanks between them: how many, or -1. */
static int read_digests(struct str words, struct turned rows[TURNED_ROWS])
{
	struct str one;
	int n = 0;

	while (str_next(&words, ' ', &one)) {
		if (n == TURNED_ROWS || !audit_read_sha256(one, rows[n].sha256))
			return -1;
		rows[n++].name[0] = '\0';
	}
	return n > 0 ? n : -1;
}

void hunting_command(struct hunting *h, struct str words, struct control_reply *reply)
{
	static struct turned rows[TURNED_ROWS];
	struct question *q = free_asker(h);
	bool json = str_eq(str_sub(words, 0, 7), STR("--json "));
	int n = read_digests(json ? str_sub(words, 7, words.n) : words, rows);

	if (n < 0) {
		control_reply_send(reply, EXIT_USAGE, STR("expected: hunt [--json] SHA256..., at most 512 of 64 hexadecimal digits"));
	} else if (q == NULL || ask(h, q, json ? HUNT_JSON : HUNT_TEXT, rows, (size_t)n) != 0) {
		control_reply_send(reply, EXIT_OTHER, STR("too many hunts are under way; try again"));
	} else {
		q->reply = reply;
	}
}
