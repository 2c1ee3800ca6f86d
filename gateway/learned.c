/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of what was learned. It is small and asked seldom: it is searched from the front. */
#include "gateway/learned.h"

#include <stdlib.h>
#include <string.h>

enum { RIGHT_AFTER = 2000, CANDIDATE_LIFE = 24 * 3600 * 1000 };

struct learned {
	struct learned_entry entries[LEARNED_MOST];
};

struct learned *learned_new(void)
{
	return calloc(1, sizeof(struct learned));
}

void learned_free(struct learned *l)
{
	free(l);
}

/* An IPv6 client has a /64 of addresses at its disposal; they share one quota. */
static bool same_quota(const struct addr *a, const struct addr *b)
{
	size_t n = IN6_IS_ADDR_V4MAPPED(&a->ip) ? 16 : 8;

	return memcmp(&a->ip, &b->ip, n) == 0;
}

static bool same_ip(const struct addr *a, const struct addr *b)
{
	return memcmp(&a->ip, &b->ip, sizeof(a->ip)) == 0;
}

static bool same(const struct learned_fact *a, const struct learned_fact *b)
{
	if (a->kind != b->kind || strcmp(a->name, b->name) != 0)
		return false;
	if (a->kind == LEARNED_PINNED)
		return same_ip(&a->client, &b->client);
	return same_ip(&a->destination, &b->destination) &&
	       a->destination.port == b->destination.port;
}

static struct learned_entry *find(struct learned *l, const struct learned_fact *fact)
{
	struct learned_entry *e = NULL;

	while ((e = learned_next(l, e)) != NULL)
		if (same(&e->fact, fact))
			return e;
	return NULL;
}

/* What is in force is the last to go. */
static bool goes_first(const struct learned_entry *a, const struct learned_entry *b)
{
	bool a_kept = a->state == LEARNED_BYPASS, b_kept = b != NULL && b->state == LEARNED_BYPASS;

	return b == NULL || (a_kept != b_kept ? b_kept : a->last < b->last);
}

static struct learned_entry *place_for(struct learned *l, const struct learned_fact *fact)
{
	struct learned_entry *own = NULL, *any = NULL;
	unsigned mine = 0;

	for (size_t i = 0; i < LEARNED_MOST; i++) {
		struct learned_entry *e = &l->entries[i];

		if (e->state == LEARNED_FREE) {
			if (any == NULL || any->state != LEARNED_FREE)
				any = e;
			continue;
		}
		if ((any == NULL || any->state != LEARNED_FREE) && goes_first(e, any))
			any = e;
		if (!same_quota(&e->fact.client, &fact->client))
			continue;
		mine++;
		if (goes_first(e, own))
			own = e;
	}
	return mine >= LEARNED_EACH_CLIENT ? own : any;
}

struct learned_entry *learned_refused(struct learned *l, const struct limits *limits,
    const struct learned_fact *fact, uint64_t now)
{
	struct learned_entry *e = find(l, fact);

	if (e == NULL || (e->state == LEARNED_COUNTING && now - e->first > limits->pinning_window)) {
		if (e == NULL)
			e = place_for(l, fact);
		*e = (struct learned_entry){ .state = LEARNED_COUNTING, .first = now };
	}
	e->fact = *fact;
	e->last = now;
	e->count++;
	if (e->state != LEARNED_COUNTING)
		return NULL;
	if (fact->kind == LEARNED_CLIENT_CERT) {
		e->state = LEARNED_CANDIDATE; /* the origin said it in so many words */
		return e;
	}
	if (e->count < limits->pinning_refusals)
		return NULL;
	e->state = LEARNED_ASKED;
	e->asked = now;
	return e;
}

enum learned_state learned_trusted(struct learned *l, const struct addr *client, struct str name)
{
	struct learned_entry *e = NULL;

	while ((e = learned_next(l, e)) != NULL) {
		enum learned_state was = e->state;

		if (e->fact.kind != LEARNED_PINNED || !same_ip(&e->fact.client, client) ||
		    !str_eq(str_c(e->fact.name), name))
			continue;
		e->state = LEARNED_FREE;
		return was;
	}
	return LEARNED_FREE;
}

static bool over(const struct learned_entry *e, const struct limits *limits, uint64_t now)
{
	switch (e->state) {
	case LEARNED_COUNTING:
		return now - e->last > limits->pinning_window;
	case LEARNED_BYPASS:
		return now >= e->until;
	case LEARNED_CANDIDATE:
		return now - e->last > CANDIDATE_LIFE;
	default:
		return false;
	}
}

void learned_expire(struct learned *l, const struct limits *limits, uint64_t now)
{
	struct learned_entry *e = NULL;

	while ((e = learned_next(l, e)) != NULL)
		if (over(e, limits, now))
			e->state = LEARNED_FREE;
}

struct learned_entry *learned_next(struct learned *l, struct learned_entry *after)
{
	struct learned_entry *e = after != NULL ? after + 1 : l->entries;

	while (e < l->entries + LEARNED_MOST && e->state == LEARNED_FREE)
		e++;
	return e < l->entries + LEARNED_MOST ? e : NULL;
}

const char *learned_kind_word(enum learned_kind k)
{
	return k == LEARNED_PINNED ? "pinned" : "client_cert";
}

const char *learned_state_word(enum learned_state s)
{
	static const char *const words[] = { "free", "counting", "counting", "candidate", "bypass" };

	return words[s];
}

bool learned_is_refusal(const struct learned_end *e)
{
	if (!e->cert_sent || e->data > 0)
		return false;
	if (e->alert != 0)
		return e->alert == 42 || e->alert == 43 || e->alert == 46 || e->alert == 48;
	return e->closed && (!e->done || e->since <= RIGHT_AFTER);
}
