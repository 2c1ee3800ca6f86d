/* SPDX-License-Identifier: BSD-2-Clause */
/* What is remembered of downloads: noted, told to other workers, asked. */
#include "gateway/recalling.h"

#include <string.h>

#include "core/counter.h"
#include "gateway/recall.h"
#include "gateway/share.h"

static struct recall seen; /* the worker's */

static uint64_t key_of(const struct txn *t)
{
	const struct flow *f = t->f;

	if (f->share == NULL || t->path == NULL || strcmp(t->method, "GET") != 0)
		return 0;
	return recall_key(share_number(f->share), f->generation, f->client.tls != NULL, str_c(t->host), str_c(t->path));
}

static void note(struct txn *t, enum recall_what what, const struct verdict *v)
{
	struct worker *w = t->f->w;
	uint64_t now = loop_now(w->loop);
	struct recall_row row = { .key = key_of(t), .until = now + w->limits.refused_memory, .what = what };
	struct buf b;

	if (row.key == 0)
		return;
	if (v != NULL) {
		row.class = v->class;
		str_copy(str_sub(str_c(v->name), 0, RECALL_NAME - 1), row.name, sizeof(row.name));
	}
	recall_note(&seen, &row, now);
	buf_init(&b, 128);
	if (recall_pack(&b, &row) == 0)
		chan_send(w->parent, MSG_CUT, buf_view(&b), NULL, 0);
	buf_free(&b);
}

void recalling_refused(struct txn *t, const struct verdict *v)
{
	if (t->early.bytes > 0 || (t->early.held && t->pass_ranges))
		note(t, RECALL_REFUSED, v);
}

/* A stream is taken up in the middle by every player: its end waits each time. What was noted as refused stays so. */
void recalling_over(struct txn *t)
{
	if (t->early.bytes > 0 && t->early.used != RELEASE_STREAM && (t->refused || !t->down.all_out))
		note(t, RECALL_BROKEN, NULL);
}

bool recalling_asked(struct txn *t)
{
	uint64_t key = key_of(t);
	const struct recall_row *row = key != 0 ? recall_find(&seen, key, loop_now(t->f->w->loop)) : NULL;

	if (row == NULL)
		return false;
	if (row->what == RECALL_BROKEN) {
		t->no_ranges = true;
		return false;
	}
	COUNT_ADD(refused_again, 1);
	t->down.verdict = verdict_make(row->class, REASON_NONE, str_c(row->name));
	txn_refuse(t, 403, "block", NULL, &t->down.verdict, "this download was refused a moment ago: %s",
	    row->name[0] != '\0' ? row->name : verdict_word(row->class));
	return true;
}

void recalling_message(struct worker *w, struct str body)
{
	uint64_t now = loop_now(w->loop);
	struct recall_row row;

	if (recall_unpack(body, &row) != 0)
		return;
	row.until = now + w->limits.refused_memory;
	recall_note(&seen, &row, now);
}
