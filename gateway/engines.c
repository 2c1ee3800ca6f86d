/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes of external engines, and where they may connect to. */
#include "gateway/engines.h"

#include <arpa/inet.h>
#include <string.h>

#include "gateway/connecting.h"
#include "http/icap_url.h"

enum { SLOTS = 2 };

static uint64_t mix(uint64_t key, const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		key = (key ^ (unsigned char)*text) * 0x100000001b3;
	return (key ^ 0x100) * 0x100000001b3;
}

/* What a process is started with; 0: there is no such engine. */
static uint64_t key_of(const struct parent *p, unsigned i)
{
	const struct config_scanner *s = config_scanner(p->config);
	const struct config_engine *e = i < s->engines_n ? &s->engines[i] : NULL;
	uint64_t key;

	if (!s->enabled || e == NULL)
		return 0;
	key = mix(mix(mix(0xcbf29ce484222325, e->name), e->url), e->ca);
	return key != 0 ? key : 1;
}

static struct engine_slot *slot_of(const struct child *c)
{
	return &c->p->engine_slots[c - c->p->engines];
}

void engines_init(struct parent *p)
{
	for (unsigned k = 0; k < SLOTS * ENGINES_MAX; k++) {
		child_init(&p->engines[k], p, ROLE_ICAP, k / SLOTS);
		p->engines[k].replace = true;
	}
}

bool engines_wanted(const struct child *c)
{
	return !c->replace && slot_of(c)->key == key_of(c->p, c->index);
}

static void give_up(struct child *c)
{
	c->replace = true;
	child_drain(c);
}

static void configure(struct child slots[SLOTS], uint64_t key)
{
	struct child *room = NULL;

	for (unsigned k = 0; k < SLOTS; k++) {
		struct child *c = &slots[k];

		if (key != 0 && !c->replace && slot_of(c)->key == key)
			return; /* it runs, or will be started again */
		if (c->pid == 0 && (room == NULL || room->replace == c->replace))
			room = c;
	}
	for (unsigned k = 0; k < SLOTS; k++)
		if (key == 0 || slots[k].state != CHILD_READY)
			give_up(&slots[k]);
		else
			slots[k].replace = true; /* it serves until the new one does */
	if (key == 0 || room == NULL)
		return; /* when one has ended this is called again */
	slot_of(room)->key = key;
	icap_url_parse(str_c(config_scanner(room->p->config)->engines[room->index].url), &slot_of(room)->url);
	room->replace = false;
	child_start(room);
}

void engines_configured(struct parent *p)
{
	for (unsigned i = 0; i < ENGINES_MAX; i++)
		configure(&p->engines[SLOTS * i], key_of(p, i));
}

void engines_serving(struct child *c)
{
	struct child *slots = &c->p->engines[SLOTS * c->index], *other = c == slots ? slots + 1 : slots;

	if (c->replace) /* the configuration has changed while it was started */
		child_drain(c);
	else
		give_up(other);
}

bool engines_stopped(struct parent *p)
{
	bool all = true;

	for (unsigned k = 0; k < SLOTS * ENGINES_MAX; k++) {
		child_drain(&p->engines[k]);
		all = all && p->engines[k].pid == 0;
	}
	return all;
}

/* ---- connections ---- */

/* A name may be any address, this host's among them: the role resolves it. */
static bool may_be(const struct icap_url *url, const struct in6_addr *to)
{
	struct in6_addr a = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	if (inet_pton(AF_INET6, url->host, &a) == 1 || inet_pton(AF_INET, url->host, &a.s6_addr[12]) == 1)
		return memcmp(&a, to, sizeof(a)) == 0;
	return true;
}

static int open_to(const struct child *c, const struct in6_addr *to, uint16_t port, const char **why)
{
	const struct icap_url *url = &slot_of(c)->url;

	*why = "not the address of its service";
	return url->port == port && may_be(url, to) ? connecting_socket(c->p, to, port, why) : -1;
}

void engines_connect(struct child *c, struct str body)
{
	connecting_answer(c, body, MSG_ENGINE_CONNECTED, open_to);
}
