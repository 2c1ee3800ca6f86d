/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of ticket keys: looked at every so often, sent when it changed. */
#include "gateway/ticketing.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/bundle.h"
#include "core/err.h"
#include "core/log.h"
#include "core/secret.h"
#include "mitm/ticket_ring.h"

/* Much less than a turn: the clock may be set, the machine may sleep. */
enum { LOOK_EVERY = 600 * 1000 };

struct ticketing {
	struct parent *p;
	struct timer *timer;
	struct ticket_ring *ring; /* secret */
};

/* Sealed memory rather than a message's body: it leaves no copies in the channels' buffers. */
static int sealed_ring(const struct ticketing *t)
{
	struct bundle *b = bundle_new();
	struct buf bytes;
	int r = b != NULL ? 0 : -ERR_NOMEM;

	buf_init(&bytes, TICKET_RING_BYTES);
	if (r == 0 && buf_reserve(&bytes, TICKET_RING_BYTES) == NULL) /* does not move then */
		r = -ERR_NOMEM;
	if (r == 0)
		r = ticket_ring_write(t->ring, &bytes);
	if (r == 0)
		r = bundle_add(b, STR("ring"), buf_view(&bytes));
	if (r == 0)
		r = bundle_seal(b);
	buf_wipe(&bytes);
	bundle_free(b);
	return r;
}

void ticketing_send(struct ticketing *t, struct child *worker)
{
	int fd;

	if (worker->chan == NULL || worker->state == CHILD_DRAINING)
		return;
	fd = sealed_ring(t);
	if (fd < 0 || chan_send(worker->chan, MSG_TICKET_KEYS, STR_NONE, &fd, 1) != 0)
		log_warn("%s gets no keys for session tickets", worker->name);
	if (fd >= 0)
		close(fd);
}

static void look(void *arg)
{
	struct ticketing *t = arg;
	int r = ticket_ring_turn(t->ring, time(NULL));

	if (r < 0)
		log_error("no random numbers for the keys of session tickets");
	for (unsigned i = 0; r != 0 && i < t->p->nworkers; i++)
		ticketing_send(t, &t->p->workers[i]);
	timer_set(t->timer, LOOK_EVERY);
}

struct ticketing *ticketing_new(struct parent *p)
{
	struct ticketing *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->p = p;
	t->ring = secret_new(sizeof(*t->ring));
	t->timer = timer_new(p->loop, look, t);
	if (t->ring == NULL || t->timer == NULL) {
		ticketing_free(t);
		return NULL;
	}
	look(t);
	return t;
}

void ticketing_free(struct ticketing *t)
{
	if (t == NULL)
		return;
	timer_free(t->timer);
	secret_free(t->ring, sizeof(*t->ring));
	free(t);
}
