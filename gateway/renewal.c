/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * New signatures: when to load, and what comes of it. Two slots: `scanner` is in force, `second` loads or drains.
 */
#include "gateway/renewal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/exit.h"
#include "core/err.h"
#include "core/log.h"
#include "gateway/notify.h"
#include "gateway/renewal_int.h"
#include "gateway/sigwatch.h"

/* Loading that was killed (memory, a hand) says nothing of the files: it is tried again, not for ever. */
static const uint64_t again_after[] = { 1000, 10000, 60000 };

enum { TRIES = sizeof(again_after) / sizeof(again_after[0]), DRAIN_GRACE = 10000 };

static bool searching(const struct renewal *r)
{
	return config_scanner(r->p->config)->enabled && !r->p->stopping;
}

/* What a scanner's work depends on: files, and the configuration that it is started with. */
static uint64_t key_now(const struct renewal *r)
{
	const struct config_scanner *s = config_scanner(r->p->config);
	uint64_t key = sigwatch_stamp(s->signatures, s->own_signatures) + s->jobs + ((uint64_t)s->phishing << 32);

	for (const char *c = s->signatures; *c != '\0'; c++)
		key = key * 31 + (unsigned char)*c;
	for (const char *c = s->own_signatures; *c != '\0'; c++)
		key = key * 31 + (unsigned char)*c;
	for (size_t i = 0; i < limit_rows_n; i++)
		if (strncmp(limit_rows[i].name, "scan", 4) == 0)
			key = key * 31 + *(const uint64_t *)((const char *)&r->p->limits + limit_rows[i].offset);
	return key;
}

static struct told *told_of(struct renewal *r, const struct child *c)
{
	return c == &r->p->scanner ? &r->force : &r->next;
}

static bool loading(const struct renewal *r)
{
	return r->p->second.state == CHILD_STARTING || r->p->scanner.state == CHILD_STARTING;
}

/* ---- answers to who asked ---- */

static void answer(struct renewal *r, int code, const char *text)
{
	for (unsigned i = 0; i < r->replies_n; i++)
		control_reply_send(r->replies[i], code, str_c(text));
	r->replies_n = 0;
}

/* ---- load ---- */

static void begin(struct renewal *r)
{
	struct parent *p = r->p;
	struct child *c = p->scanner.state == CHILD_READY ? &p->second : &p->scanner;

	r->key = key_now(r);
	r->again = false;
	*told_of(r, c) = (struct told){ 0 };
	child_start(c);
	if (c->pid > 0) {
		timer_set(r->timer, p->limits.signatures_load);
		log_info("signatures are being loaded%s", c == &p->second ? " beside those in force" : "");
	}
}

/* Where something is under way, it is looked at again when that has ended. False: nothing is to be done. */
static bool look(struct renewal *r, bool force)
{
	if (!searching(r))
		return false;
	if (r->p->second.pid > 0 || r->p->scanner.state == CHILD_STARTING) {
		r->again = true;
		r->again_forced = r->again_forced || (force && !loading(r));
		return true;
	}
	if (!force && key_now(r) == r->key)
		return false;
	r->again_forced = false;
	r->tries = 0;
	begin(r);
	return true;
}

static void look_again(struct renewal *r)
{
	bool force = r->again_forced;

	if (!r->again)
		return;
	r->again = r->again_forced = false;
	look(r, force);
}

static void on_changed(void *arg)
{
	look(arg, false);
}

/* ---- failure ---- */

static void broken(struct renewal *r, const char *why)
{
	bool old = r->p->scanner.state == CHILD_READY;

	r->broken = true;
	snprintf(r->why, sizeof(r->why), "%s", why);
	log_error("SIGNATURES ARE BROKEN: %s; %s", r->why,
	    old ? "the old ones stay in force" : "there are none in force, and what has to be searched is not passed");
	renewal_event(r, "failed", r->why);
	answer(r, EXIT_CONFIG, r->why);
	parent_may_be_ready(r->p);
}

bool renewal_is_broken(const struct renewal *r)
{
	return r->broken;
}

static const char *why_of(const struct told *t)
{
	return t->set.why[0] != '\0' ? t->set.why : "the scanner ended while it loaded them";
}

/* With old ones in force, that ends; without, it is all that can be done. */
static void try_again(struct renewal *r, const struct child *c, const char *why)
{
	uint64_t wait = again_after[r->tries < TRIES ? r->tries : TRIES - 1];

	if (r->tries++ == TRIES)
		broken(r, why);
	if (r->tries > TRIES && c == &r->p->second)
		return;
	log_warn("%s; they are tried again in %llu s", why, (unsigned long long)wait / 1000);
	timer_set(r->timer, wait);
}

/* It has not got ready. */
static void failed(struct renewal *r, struct child *c)
{
	const struct told *t = told_of(r, c);

	timer_stop(r->timer);
	if (t->is && t->set.outcome == SIGSET_CHANGING) {
		log_info("%s; they are tried again when they are quiet", t->set.why);
		r->key = 0; /* as they are now, nobody has tried them */
		sigwatch_poke(r->watch);
		return;
	}
	if (t->is) {
		broken(r, why_of(t));
		return;
	}
	try_again(r, c, why_of(t));
}

/* A load that takes too long, a drain that does not end, a pause before the next try. */
static void on_timer(void *arg)
{
	struct renewal *r = arg;
	struct parent *p = r->p;
	struct child *c = p->second.pid > 0 ? &p->second : &p->scanner;

	if (c->pid > 0 && c->state == CHILD_STARTING) {
		struct told *t = told_of(r, c);

		t->is = true;
		t->set.outcome = SIGSET_BROKEN;
		snprintf(t->set.why, sizeof(t->set.why), "loading them took longer than limits.signatures_load");
		child_stop(c, SIGKILL);
	} else if (p->second.pid > 0) {
		log_warn("the old scanner did not end in time");
		child_stop(&p->second, SIGKILL);
	} else if (searching(r)) {
		begin(r);
	}
}

bool renewal_gone(struct child *c, enum child_state was)
{
	struct parent *p = c->p;
	struct renewal *r = p->renewal;

	if (p->stopping || !searching(r))
		return false;
	if (was == CHILD_STARTING) {
		failed(r, c);
		if (c == &p->second)
			look_again(r);
		return false;
	}
	if (c == &p->second) {
		timer_stop(r->timer);
		look_again(r);
		return false;
	}
	if (p->second.state == CHILD_STARTING) /* takes its place when it has loaded */
		return false;
	r->key = key_now(r); /* that is what it will load */
	r->tries = 0;
	return true;
}

/* ---- success ---- */

void renewal_told(struct child *c, struct str body)
{
	struct told *t = told_of(c->p->renewal, c);

	if (t->is || c->state != CHILD_STARTING || sigset_read(body, &t->set) != 0)
		return;
	t->is = true;
}

/* Real signatures are never given up for none: a folder that was emptied is a mistake. */
static bool gives_up(const struct renewal *r)
{
	return r->p->scanner.state == CHILD_READY && r->next.set.test && !r->force.set.test;
}

struct child *renewal_ready(struct child *c)
{
	struct parent *p = c->p;
	struct renewal *r = p->renewal;
	struct told t;

	if (c == &p->scanner)
		return c;
	if (gives_up(r)) {
		r->next.set.outcome = SIGSET_BROKEN;
		snprintf(r->next.set.why, sizeof(r->next.set.why), "%.300s holds no signatures any more",
		    config_scanner(p->config)->signatures);
		child_stop(c, SIGKILL);
		return NULL;
	}
	child_swap(&p->scanner, &p->second);
	t = r->force;
	r->force = r->next;
	r->next = t;
	return &p->scanner;
}

void renewal_serving(struct renewal *r)
{
	struct parent *p = r->p;
	char text[200];

	timer_stop(r->timer);
	r->broken = false;
	r->tries = 0;
	if (p->second.pid > 0) { /* workers have the new channel by now */
		child_drain(&p->second);
		timer_set(r->timer, p->limits.scan + p->limits.scan_queue + DRAIN_GRACE);
	}
	renewal_event(r, "loaded", NULL);
	snprintf(text, sizeof(text), "%u signatures are in force, generation %016llx", r->force.set.number,
	    (unsigned long long)r->force.set.generation);
	answer(r, EXIT_OK, text);
	if (key_now(r) != r->key) /* changed while they were loaded */
		sigwatch_poke(r->watch);
}

/* ---- who asks ---- */

void renewal_hint(void *renewal)
{
	struct renewal *r = renewal;

	sigwatch_poke(r->watch);
}

void renewal_command(struct renewal *r, struct control_reply *reply)
{
	if (!searching(r)) {
		control_reply_send(reply, EXIT_CONFIG, STR("search is off by configuration"));
		return;
	}
	if (r->replies_n == RENEWAL_REPLIES) {
		control_reply_send(reply, EXIT_OTHER, STR("too many ask at a time"));
		return;
	}
	r->replies[r->replies_n++] = reply;
	if (!look(r, r->broken || r->p->scanner.state != CHILD_READY))
		answer(r, EXIT_OK, "nothing has changed");
	else if (r->again && !loading(r) && key_now(r) == r->key && !r->broken)
		answer(r, EXIT_OK, "nothing has changed");
}

void renewal_configured(struct renewal *r)
{
	const struct config_scanner *s = config_scanner(r->p->config);

	sigwatch_folders(r->watch, s->signatures, s->own_signatures);
	notify_listen(r->notify, s->notify);
	if (searching(r) && r->p->scanner.pid == 0 && r->p->second.pid == 0)
		begin(r);
	else
		look(r, false);
}

/* ---- life ---- */

struct renewal *renewal_new(struct parent *p)
{
	struct renewal *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->p = p;
	r->timer = timer_new(p->loop, on_timer, r);
	r->watch = sigwatch_new(p->loop, &p->limits, on_changed, renewal_watch_state, r);
	r->notify = notify_new(p->loop, renewal_hint, r);
	if (r->timer != NULL && r->watch != NULL && r->notify != NULL)
		return r;
	renewal_free(r);
	return NULL;
}

void renewal_free(struct renewal *r)
{
	if (r == NULL)
		return;
	answer(r, EXIT_OTHER, "the gateway stops");
	notify_free(r->notify);
	sigwatch_free(r->watch);
	timer_free(r->timer);
	free(r);
}
