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

/* Rows that wait, rows that were told of, questions of operators at a time; what is gathered. */
enum { WAITING = 4096, TOLD = 4096, ASKERS = 4, GATHER_MS = 1000 };

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
	struct question alert, askers[ASKERS];
	uint64_t next;
	uint64_t dropped; /* rows without room, not said yet */
};

static void send_alerts(void *arg);

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

static void send_alerts(void *arg)
{
	struct hunting *h = arg;
	size_t n = h->nwaiting < TURNED_ROWS ? h->nwaiting : TURNED_ROWS;

	if (h->dropped > 0)
		log_error("retro-hunt: of %llu objects that turned bad nobody was looked for: too many at a time; "
			  "`sallyport hunt` can ask", (unsigned long long)h->dropped);
	h->dropped = 0;
	if (n == 0 || h->alert.id != 0 || ask(h, &h->alert, HUNT_ALERT, h->waiting, n) != 0)
		return;
	memmove(h->waiting, h->waiting + n, (h->nwaiting - n) * sizeof(h->waiting[0]));
	h->nwaiting -= n;
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
	timer_set(h->gather, GATHER_MS);
}

/* ---- answers ---- */

static void alert_done(struct hunting *h, enum hunt_state state, struct str text)
{
	if (state == HUNT_REFUSED)
		log_error("retro-hunt: the recorder refused to look for what turned bad: %.*s", STR_FMT(text));
	if (state == HUNT_PIECE)
		return;
	question_end(&h->alert);
	if (h->nwaiting > 0)
		timer_set(h->gather, GATHER_MS);
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
