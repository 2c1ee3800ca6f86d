/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit client: a queue of numbered lines between the process that decides and the recorder.
 * Nothing leaves the queue before it is on disk; nothing that had no room is left unsaid.
 */
#include "gateway/audit.h"

#include <stdlib.h>
#include <string.h>

#include "core/counter.h"
#include "core/err.h"
#include "core/log.h"
#include "core/pack.h"

enum { BATCH_HEAD = 12, BATCH_MAX = 98304 - BATCH_HEAD }; /* the AUDIT row of core/proto.def */
enum { LINE_USUAL = 2048, BYTES_LEAST = 1 << 20, IN_CHANNEL = 1 << 20, RETRY_MS = 20 };
enum { PER_FLOW = 2, SPARE = 64 };

struct line {
	struct line *next;
	size_t n;
	char bytes[];
};

struct audit {
	struct loop *loop;
	const struct limits *limits;
	enum role self;
	unsigned index;
	struct chan *recorder;
	struct timer *flush;
	struct line *oldest, **tail;
	struct line *unsent; /* the first that this channel did not carry yet */
	uint64_t oldest_number, unsent_number;
	size_t lines, bytes;
	uint64_t lost; /* not reported yet */
	bool trouble;  /* the recorder cannot write */
	bool flushing;
	audit_idle_fn *on_idle;
	void *idle_arg;
};

static void on_flush(void *arg);

struct audit *audit_new(struct loop *l, const struct limits *limits, enum role self, unsigned index)
{
	struct audit *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	*a = (struct audit){ .loop = l, .limits = limits, .self = self, .index = index };
	a->oldest_number = a->unsent_number = 1;
	a->tail = &a->oldest;
	a->flush = timer_new(l, on_flush, a);
	if (a->flush == NULL) {
		free(a);
		return NULL;
	}
	return a;
}

static void drop_oldest(struct audit *a)
{
	struct line *l = a->oldest;

	a->oldest = l->next;
	if (a->oldest == NULL)
		a->tail = &a->oldest;
	if (a->unsent == l) {
		a->unsent = l->next;
		a->unsent_number++;
	}
	a->oldest_number++;
	a->lines--;
	a->bytes -= l->n;
	COUNT_SUB(audit_pending, 1);
	free(l);
}

void audit_free(struct audit *a)
{
	if (a == NULL)
		return;
	if (a->lines + a->lost > 0)
		log_error("audit: %llu lines were not on disk at the end",
		    (unsigned long long)(a->lines + a->lost));
	while (a->oldest != NULL)
		drop_oldest(a);
	chan_free(a->recorder);
	timer_free(a->flush);
	free(a);
}

/* Lines are sent on the next turn, so that one turn's lines travel together. */
static void flush_in(struct audit *a, uint64_t ms)
{
	if (a->flushing || a->recorder == NULL || a->trouble || a->unsent == NULL)
		return;
	a->flushing = true;
	timer_set(a->flush, ms);
}

static size_t soft_bytes(const struct audit *a)
{
	size_t n = (size_t)a->limits->audit_pending * LINE_USUAL;

	return n > BYTES_LEAST ? n : BYTES_LEAST;
}

static bool soft_room(const struct audit *a)
{
	return a->lines < a->limits->audit_pending && a->bytes < soft_bytes(a);
}

/* Beyond the declared limit: the flows that are open end with a line each, and a few more. */
static bool hard_room(const struct audit *a)
{
	size_t more = (size_t)a->limits->flows * PER_FLOW + SPARE;

	return a->lines < a->limits->audit_pending + more &&
	       a->bytes < soft_bytes(a) + more * LINE_USUAL;
}

bool audit_full(const struct audit *a)
{
	return a->trouble || !soft_room(a);
}

bool audit_idle(const struct audit *a)
{
	return a->lines == 0 && a->lost == 0;
}

void audit_on_idle(struct audit *a, audit_idle_fn *fn, void *arg)
{
	a->on_idle = fn;
	a->idle_arg = arg;
}

static bool push(struct audit *a, struct str text)
{
	struct line *l = malloc(sizeof(*l) + text.n);

	if (l == NULL)
		return false;
	l->next = NULL;
	l->n = text.n;
	memcpy(l->bytes, text.p, text.n);
	*a->tail = l;
	a->tail = &l->next;
	if (a->unsent == NULL)
		a->unsent = l;
	a->lines++;
	a->bytes += text.n;
	COUNT_ADD(audit_pending, 1);
	return true;
}

static void report_lost(struct audit *a)
{
	struct json j;
	struct buf b;

	if (a->lost == 0 || !soft_room(a))
		return;
	buf_init(&b, AUDIT_LINE_MAX);
	audit_begin(&j, &b, "audit_lost");
	json_c(&j, "source", role_name(a->self));
	json_u64(&j, "worker", a->index);
	json_u64(&j, "count", a->lost);
	if (json_end(&j) == 0 && push(a, buf_view(&b)))
		a->lost = 0;
	buf_free(&b);
}

static int lose(struct audit *a, int why)
{
	if (a->lost == 0)
		log_error("audit: a line is lost: %s", err_text(why));
	a->lost++;
	COUNT_ADD(audit_lost, 1);
	report_lost(a);
	flush_in(a, 0);
	return why;
}

int audit_line(struct audit *a, struct str line)
{
	if (line.n < 3 || line.n > AUDIT_LINE_MAX || str_chr(line, '\n') != (ptrdiff_t)line.n - 1)
		return lose(a, -ERR_TOO_LONG);
	report_lost(a);
	if (!hard_room(a))
		return lose(a, -ERR_LIMIT);
	if (!push(a, line))
		return lose(a, -ERR_NOMEM);
	flush_in(a, 0);
	return 0;
}

/* How many lines from unsent on fit one message; their bytes in *n. */
static size_t batch_of(const struct audit *a, size_t *n)
{
	size_t lines = 0;

	*n = 0;
	for (const struct line *l = a->unsent; l != NULL && *n + l->n <= BATCH_MAX; l = l->next) {
		*n += l->n;
		lines++;
	}
	return lines;
}

static int pack_batch(const struct audit *a, struct buf *b, size_t lines, size_t n)
{
	int r = pack_u64(b, a->unsent_number);
	const struct line *l = a->unsent;

	if (r == 0)
		r = pack_u32(b, (uint32_t)n);
	for (size_t i = 0; i < lines && r == 0; i++, l = l->next)
		r = buf_append(b, l->bytes, l->n);
	return r;
}

static int send_batch(struct audit *a)
{
	size_t n, lines = batch_of(a, &n);
	struct buf b;
	int r;

	if (chan_queued(a->recorder) > IN_CHANNEL)
		return -ERR_LIMIT;
	buf_init(&b, BATCH_MAX + BATCH_HEAD);
	r = pack_batch(a, &b, lines, n);
	if (r == 0)
		r = chan_send(a->recorder, MSG_AUDIT, buf_view(&b), NULL, 0);
	buf_free(&b);
	for (size_t i = 0; i < lines && r == 0; i++) {
		a->unsent = a->unsent->next;
		a->unsent_number++;
	}
	return r;
}

static void on_flush(void *arg)
{
	struct audit *a = arg;
	int r = 0;

	a->flushing = false;
	while (r == 0 && a->recorder != NULL && !a->trouble && a->unsent != NULL)
		r = send_batch(a);
	if (r != 0 && r != -ERR_CLOSED) /* a lost channel announces itself */
		flush_in(a, RETRY_MS);
}

static void send_all_again(struct audit *a)
{
	a->unsent = a->oldest;
	a->unsent_number = a->oldest_number;
}

static void on_close(void *arg, int why)
{
	struct audit *a = arg;

	chan_free(a->recorder);
	a->recorder = NULL;
	if (why != 0)
		log_warn("audit: the channel to the recorder is lost: %s", err_text(why));
}

/* After trouble the recorder knows nothing past its acknowledgement: send all that follows. */
static void on_ack(struct audit *a, uint64_t last, bool trouble)
{
	bool was_idle = audit_idle(a);

	while (a->oldest != NULL && a->oldest_number <= last) {
		drop_oldest(a);
		COUNT_ADD(audit_lines, 1);
	}
	if (a->trouble && !trouble)
		send_all_again(a);
	a->trouble = trouble;
	report_lost(a);
	flush_in(a, 0);
	if (!was_idle && audit_idle(a) && a->on_idle != NULL)
		a->on_idle(a->idle_arg); /* last: it may free us */
}

static void on_msg(void *arg, enum msg_type type, struct str body, int *fds, size_t nfds)
{
	struct audit *a = arg;
	struct rd r = rd_of(body);
	uint64_t last = rd_u64(&r);
	uint8_t state = rd_u8(&r);

	(void)fds;
	(void)nfds;
	if (type != MSG_AUDIT_ACK || rd_done(&r) != 0 || state > 1 || last >= a->unsent_number)
		on_close(a, -ERR_PROTO);
	else
		on_ack(a, last, state == 1);
}

int audit_connect(struct audit *a, int fd)
{
	chan_free(a->recorder);
	a->recorder = chan_new(a->loop, fd, a->self, ROLE_RECORDER, on_msg, on_close, a);
	if (a->recorder == NULL)
		return -ERR_NOMEM;
	a->trouble = false;
	send_all_again(a);
	flush_in(a, 0);
	return 0;
}
