/* SPDX-License-Identifier: BSD-2-Clause */
/* Digests that were hunted for lately, in the lines that come in. */
#include "gateway/recorder_late.h"

#include <stdlib.h>

#include "core/err.h"
#include "core/log.h"
#include "gateway/audit.h"
#include "gateway/hunt_text.h"

enum { TELL_MS = 2000 };

struct recorder_late {
	struct recorder *r;
	struct hunt *hunt; /* NULL: nothing to look for */
	uint64_t until;
	struct timer *tell;
};

static void on_tell(void *arg);

struct recorder_late *recorder_late_new(struct recorder *r)
{
	struct recorder_late *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->r = r;
	l->tell = timer_new(role_host_loop(r->host), on_tell, l);
	if (l->tell == NULL) {
		free(l);
		return NULL;
	}
	return l;
}

void recorder_late_free(struct recorder_late *l)
{
	if (l == NULL)
		return;
	hunt_free(l->hunt);
	timer_free(l->tell);
	free(l);
}

void recorder_late_watch(struct recorder_late *l, const struct hunt *h)
{
	int e = 0;

	if (l->hunt == NULL)
		l->hunt = hunt_new(&l->r->limits);
	for (size_t i = 0; l->hunt != NULL && e == 0 && i < hunt_count(h); i++)
		e = hunt_want(l->hunt, hunt_at(h, i)->sha256, str_c(hunt_at(h, i)->name));
	if (e != 0 || l->hunt == NULL)
		log_warn("retro-hunt: transfers that are still under way are not looked at for all that turned bad");
	l->until = loop_now(role_host_loop(l->r->host)) + l->r->limits.hunt_late;
	timer_set(l->tell, TELL_MS);
}

void recorder_late_line(struct recorder_late *l, struct str line)
{
	if (l != NULL && l->hunt != NULL)
		hunt_feed(l->hunt, line);
}

/* What was blocked by the new signatures is no news: 0, or -ERR_LIMIT while there is no room. */
static int tell(struct recorder_late *l, size_t i)
{
	const struct hunt_finding *f = hunt_at(l->hunt, i);
	struct json j;
	struct buf line;
	int r;

	if (!hunt_passed(f))
		return 0;
	buf_init(&line, AUDIT_LINE_MAX);
	audit_begin(&j, &line, "retro_alert");
	hunt_fields(&j, f);
	json_bool(&j, "late", true);
	if ((r = json_end(&j)) != 0)
		log_error("retro-hunt: a line is lost: %s", err_text(r));
	else
		r = recorder_keep_line(l->r, buf_view(&line));
	buf_free(&line);
	if (r == -ERR_LIMIT)
		return r;
	hunt_log(f, true);
	return 0;
}

static void on_tell(void *arg)
{
	struct recorder_late *l = arg;

	for (size_t i = 0; l->hunt != NULL && i < hunt_count(l->hunt); i++)
		if (hunt_found(hunt_at(l->hunt, i)) && tell(l, i) == 0)
			hunt_forget(l->hunt, i);
	if (loop_now(role_host_loop(l->r->host)) < l->until) {
		timer_set(l->tell, TELL_MS);
		return;
	}
	hunt_free(l->hunt);
	l->hunt = NULL;
}
