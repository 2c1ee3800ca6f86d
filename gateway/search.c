/* SPDX-License-Identifier: BSD-2-Clause */
/* Several engines, one verdict. */
#include "gateway/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/counter.h"

struct part {
	struct search *s;
	struct scan_client *client;
	const struct config_engine *engine; /* NULL: the scanner */
	uint64_t handle; /* 0: answered */
};

struct search {
	scan_fn *fn;
	void *arg;
	struct policy *policy; /* its engines' names are in use */
	struct verdict worst;
	bool any; /* worst holds something */
	size_t open;
	struct part parts[1 + ENGINES_MAX];
};

static void cancel_rest(struct search *s)
{
	for (size_t i = 0; i < 1 + ENGINES_MAX; i++)
		if (s->parts[i].handle != 0)
			scan_cancel(s->parts[i].client, s->parts[i].handle);
}

void search_cancel(struct search *s)
{
	cancel_rest(s);
	policy_free(s->policy);
	free(s);
}

/* Type, layers and kinds are the scanner's: the other engines do not tell them. */
static void take_facts(struct verdict *to, const struct verdict *from)
{
	memcpy(to->type, from->type, sizeof(to->type));
	to->kind = from->kind;
	to->kinds = from->kinds;
	to->objects = from->objects;
	to->object_bytes = from->object_bytes;
	to->layers = from->layers;
	to->scanned = from->scanned;
	to->usec = from->usec;
}

static void take(struct search *s, const struct verdict *v, bool scanner)
{
	struct verdict found = s->worst;

	if (!s->any || verdict_rank(v->class) > verdict_rank(s->worst.class))
		found = *v;
	if (scanner)
		take_facts(&found, v);
	else if (s->any)
		take_facts(&found, &s->worst);
	s->worst = found;
	s->any = true;
}

/* An engine that has no answer: whose it is; or it does not count. */
static bool counts(const struct part *p, struct verdict *v)
{
	char name[VERDICT_NAME_MAX];

	if (p->engine == NULL || v->class != VERDICT_UNSCANNABLE)
		return true;
	COUNT_ADD(engine_failures, 1);
	if (p->engine->on_error == ENGINE_IGNORE)
		return false;
	if (strncmp(v->name, p->engine->name, strlen(p->engine->name)) != 0) {
		snprintf(name, sizeof(name), "%.40s:%.80s", p->engine->name, v->name);
		memcpy(v->name, name, sizeof(name));
	}
	return true;
}

static void on_verdict(void *arg, const struct verdict *v)
{
	struct part *p = arg;
	struct search *s = p->s;
	struct verdict own = *v;
	scan_fn *fn = s->fn;

	p->handle = 0;
	s->open--;
	if (counts(p, &own))
		take(s, &own, p->engine == NULL);
	if (s->open > 0 && s->worst.class != VERDICT_INFECTED)
		return;
	own = s->worst;
	arg = s->arg;
	search_cancel(s);
	fn(arg, &own);
}

bool search_begin(struct worker *w)
{
	if ((w->scanner = scan_client_new(w->loop, &w->limits)) == NULL)
		return false;
	for (unsigned i = 0; i < ENGINES_MAX; i++)
		if ((w->engines[i] = scan_client_new(w->loop, &w->limits)) == NULL)
			return false;
	return true;
}

void search_connect(struct worker *w, enum role role, uint32_t index, int fd)
{
	if (role == ROLE_SCANNER)
		scan_client_connect(w->scanner, fd);
	else if (index < ENGINES_MAX)
		scan_client_connect(w->engines[index], fd);
	else
		close(fd);
}

void search_end(struct worker *w)
{
	scan_client_free(w->scanner);
	for (unsigned i = 0; i < ENGINES_MAX; i++)
		scan_client_free(w->engines[i]);
}

static bool applies(const struct config_engine *e, int direction)
{
	return e->direction == ENGINE_BOTH || (e->direction == ENGINE_UPLOAD) == (direction == 0);
}

bool search_external(const struct worker *w, int direction)
{
	const struct config_scanner *c = w->policy != NULL ? config_scanner(policy_config(w->policy)) : NULL;

	for (unsigned i = 0; c != NULL && i < c->engines_n && i < ENGINES_MAX; i++)
		if (applies(&c->engines[i], direction))
			return true;
	return false;
}

/* False: it takes no more. */
static bool ask(struct part *p, int memfd, uint64_t length, const struct scan_about *about)
{
	if (p->engine == NULL)
		p->handle = scan_submit_known(p->client, about->digest, length, on_verdict, p);
	if (p->handle == 0)
		p->handle = scan_submit(p->client, memfd, length, about, on_verdict, p);
	p->s->open += p->handle != 0;
	return p->handle != 0;
}

static void ask_engines(struct search *s, struct worker *w, int memfd, uint64_t length, const struct scan_about *about)
{
	const struct config_scanner *c = config_scanner(policy_config(w->policy));

	for (unsigned i = 0; i < c->engines_n && i < ENGINES_MAX; i++) {
		struct part *p = &s->parts[1 + i];
		struct verdict full = verdict_make(VERDICT_UNSCANNABLE, REASON_LIMIT, STR("queue"));

		if (!applies(&c->engines[i], about->direction))
			continue;
		*p = (struct part){ .s = s, .client = w->engines[i], .engine = &c->engines[i] };
		if (!ask(p, memfd, length, about) && counts(p, &full))
			take(s, &full, false);
	}
}

struct search *search_submit(struct worker *w, int memfd, uint64_t length, const struct scan_about *about,
    scan_fn *fn, void *arg)
{
	struct search *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->fn = fn;
	s->arg = arg;
	s->parts[0] = (struct part){ .s = s, .client = w->scanner };
	if (!ask(&s->parts[0], memfd, length, about)) {
		free(s);
		return NULL;
	}
	s->policy = policy_ref(w->policy);
	ask_engines(s, w, memfd, length, about);
	return s;
}
