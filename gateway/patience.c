/* SPDX-License-Identifier: BSD-2-Clause */
/* Patience: trickles, and downloads that go on behind a wait page. */
#include "gateway/patience.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "gateway/mux.h"
#include "gateway/navigation.h"
#include "gateway/page.h"
#include "gateway/wait_page.h"
#include "gateway/waiting.h"
#include "gateway/wire.h"

enum { PAGE_MAX = 64 << 10, CANCEL = 8 };

static enum patience choice(const struct txn *t)
{
	const struct config_patience *p = config_patience(policy_config(t->f->policy));

	if (t->early.asked == ACTION_COMFORT && !(t->navigates && p->browsers == PATIENCE_PAGE))
		return PATIENCE_TRICKLE;
	return t->navigates ? p->browsers : p->programs;
}

/* ---- trickle ---- */

/*
 * Bytes, and none of the object: clients take interim answers as they come (RFC 9110 section 15.2). Some know no
 * other than this one.
 */
static void sign_of_life(struct txn *t)
{
	static const struct head go = { .status = 100, .minor = 1, .reason = { "Continue", 8 } };

	if (!t->client_11)
		return;
	t->wire->interim(t, &go, &(struct h1_edit){ .frame = H1_FRAME_NONE });
	t->wire->wake(t);
}

/* A little of what is held, so that a waiting client stays (design: COMFORT). */
static void trickle(struct txn *t)
{
	struct leg *g = &t->down;
	uint64_t most;
	char some[512];
	ssize_t n;

	timer_set(t->comfort, t->f->w->limits.comfort_every);
	if (t->early.used != RELEASE_HOLD || !t->wire->room(t, g)) /* more of it goes out another way */
		return;
	most = early_trickle(t);
	if (most == 0 && !g->head_out)
		sign_of_life(t);
	if (g->released >= most)
		return;
	t->wire->send_head(t, g);
	n = body_read(g->body, g->released, some,
	    most - g->released < sizeof(some) ? (size_t)(most - g->released) : sizeof(some));
	if (n > 0 && t->wire->put(t, g, str_of(some, (size_t)n)) == 0) {
		g->released += (uint64_t)n;
		early_out(t, g, (size_t)n);
	}
	t->wire->wake(t);
}

/* ---- a download without a receiver: its wire leads to the table ---- */

static int no_head(struct txn *t, const struct head *h, const struct h1_edit *e)
{
	(void)t;
	(void)h;
	(void)e;
	return 0;
}

static int nothing(struct txn *t, struct leg *g)
{
	(void)t;
	(void)g;
	return 0;
}

static int no_put(struct txn *t, struct leg *g, struct str data)
{
	(void)t;
	(void)g;
	(void)data;
	return -ERR_LIMIT;
}

static ssize_t no_pour(struct txn *t, struct leg *g)
{
	(void)t;
	(void)g;
	return -ERR_LIMIT;
}

static bool room(const struct txn *t, const struct leg *g)
{
	(void)t;
	(void)g;
	return true;
}

static int no_trailers(struct txn *t, struct leg *g, const struct head *trailers)
{
	(void)t;
	(void)g;
	(void)trailers;
	return 0;
}

/* The origin's transfer is for nobody; HTTP/1.1: its connection ends with the flow. */
static void leave_stream(struct txn *t)
{
	if (t->origin_stream != 0)
		h2_reset(mux_origin(t->f->mux), t->origin_stream, CANCEL);
	t->origin_stream = 0;
}

static void leave_origin(struct txn *t)
{
	t->refused = true;
	t->up.state = t->down.state = LEG_DONE;
	leave_stream(t);
}

static void refused(struct txn *t, unsigned status, const char *type, struct str body)
{
	(void)type;
	if (t->waits != NULL)
		waiting_refused(t->waits, status, body);
	t->waits = NULL;
	leave_origin(t);
}

static void kill_download(struct txn *t)
{
	refused(t, 502, "", STR_NONE);
}

static void wake(struct txn *t)
{
	flow_run(t->f);
}

static const struct wire wire_wait = { .keep_request = no_head, .keep_response = no_head,
	.send_head = nothing, .put = no_put, .pour = no_pour, .room = room, .keep_trailers = no_trailers,
	.finish = nothing, .interim = no_head, .answer = refused, .leave = leave_stream,
	.kill = kill_download, .wake = wake };

void patience_ready(struct txn *t)
{
	struct leg *g = &t->down;

	if (!g->ended) { /* a rule lets it pass though it is too large to be held: then not this way */
		txn_refuse(t, 502, "refuse", NULL, NULL, "the download is too large for the wait page");
		return;
	}
	waiting_ready(t->waits, g->body);
	g->body = NULL;
	t->waits = NULL;
	g->state = LEG_DONE;
}

/* ---- the page ---- */

static bool may_leave(const struct txn *t)
{
	const struct leg *g = &t->down;

	return t->object != NULL && t->ranged == NULL && !t->refused && !g->head_out && g->released == 0 &&
	       t->up.state == LEG_DONE && !t->f->w->draining && !t->f->client.lost && !t->f->client.half &&
	       (!g->has_length || g->length <= t->f->w->limits.body_held);
}

static int first_page(const struct txn *t, const struct download *d, struct buf *page)
{
	struct wait_answer a = { .state = t->down.state == LEG_SEARCH ? WAIT_SEARCHING : WAIT_FETCHING,
		.bytes = body_length(t->down.body), .total = t->down.has_length ? t->down.length : 0,
		.url = str_c(t->path) };
	char path[WAIT_PATH_MAX];

	waiting_path(d, false, path);
	return wait_page(page, &a, str_c(t->host), path, NULL, t->f->w->limits.wait_refresh);
}

/*
 * The client gets the page and is free; the download lives on with the flow's (HTTP/1.1) or the
 * stream's (HTTP/2) upstream side.
 */
static void leave(struct txn *t)
{
	struct download *d = waiting_begin(t->f->w->waiting, t);
	int32_t origin = t->origin_stream;
	struct buf page;

	if (d == NULL)
		return;
	buf_init(&page, PAGE_MAX);
	first_page(t, d, &page);
	t->origin_stream = 0; /* an answer of ours would give it up */
	t->wire->answer(t, 200, page_type(true), buf_view(&page));
	t->origin_stream = origin;
	buf_free(&page);
	if (t->client_stream != 0) /* answered: what is still told of it is for nobody */
		h2_set_own(mux_client(t->f->mux), t->client_stream, NULL);
	else
		t->f->detached = true;
	t->client_stream = 0;
	t->status = 200;
	t->waits = d;
	t->waited = true;
	early_stop(t);
	t->wire = &wire_wait;
}

static void on_time(void *arg)
{
	struct txn *t = arg;
	const struct leg *g = &t->down;

	if ((g->state != LEG_HOLD && g->state != LEG_SEARCH) || t->waits != NULL)
		return;
	if (choice(t) == PATIENCE_TRICKLE) {
		trickle(t);
	} else if (may_leave(t)) {
		leave(t);
		flow_run(t->f);
	}
}

static void start(struct txn *t)
{
	const struct worker *w = t->f->w;

	if (t->comfort == NULL && (t->comfort = timer_new(w->loop, on_time, t)) != NULL)
		timer_set(t->comfort, w->limits.comfort_after);
}

void patience_begin(struct txn *t, const struct head *h)
{
	static const char *const drop[] = { "accept-ranges", "alt-svc", "connection", "content-length", "keep-alive",
		"trailer", "transfer-encoding", "upgrade", NULL };

	if (choice(t) != PATIENCE_PAGE || h->status != 200 || !navigation_downloads(h))
		return;
	t->object = head_copy(h, drop, NULL, 0);
	if (t->object != NULL)
		start(t);
}

void patience_data(struct txn *t)
{
	if (choice(t) == PATIENCE_TRICKLE)
		start(t);
}
