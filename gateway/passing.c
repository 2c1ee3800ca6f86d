/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages between workers. */
#include "gateway/passing.h"

#include "core/err.h"
#include "gateway/wait_msg.h"

enum { MESSAGE_MAX = 96 << 10 };

static int pass(struct child *to, enum msg_type type, const struct buf *b, int fd)
{
	return to->chan != NULL ? chan_send(to->chan, type, buf_view(b), &fd, fd >= 0) : -ERR_CLOSED;
}

/* There is no such worker, or it cannot be reached: it has no such download, either. */
static void has_none(struct child *from, struct str question)
{
	struct rd r = rd_of(question);
	struct wait_answer none = { .id = rd_u64(&r) };
	struct buf b;

	buf_init(&b, MESSAGE_MAX);
	if (wait_pack_answer(&b, &none) == 0)
		pass(from, MSG_WAIT_SAID, &b, -1);
	buf_free(&b);
}

void passing_message(struct child *from, enum msg_type type, struct str body, int fd)
{
	struct rd r = rd_of(body);
	uint32_t n = rd_u32(&r);
	struct child *to = n < from->p->nworkers ? &from->p->workers[n] : NULL;
	struct buf b;
	int err;

	if (r.bad != 0 || from->role != ROLE_WORKER)
		return;
	buf_init(&b, MESSAGE_MAX);
	err = type == MSG_WAIT_ASK ? pack_u32(&b, from->index) : 0;
	if (err == 0)
		err = buf_str(&b, r.s);
	if (err == 0 && to != NULL)
		err = pass(to, type == MSG_WAIT_ASK ? MSG_WAIT_ASKED : MSG_WAIT_SAID, &b, fd);
	if ((err != 0 || to == NULL) && type == MSG_WAIT_ASK)
		has_none(from, r.s);
	buf_free(&b);
}

void passing_cut(struct child *from, struct str body)
{
	struct parent *p = from->p;

	if (from->role != ROLE_WORKER)
		return;
	for (unsigned i = 0; i < p->nworkers; i++)
		if (&p->workers[i] != from && p->workers[i].chan != NULL)
			chan_send(p->workers[i].chan, MSG_CUT_TOLD, body, NULL, 0);
}
