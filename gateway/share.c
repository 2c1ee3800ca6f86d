/* SPDX-License-Identifier: BSD-2-Clause */
/* The shares of clients, found by a hash that none of them can foresee. */
#include "gateway/share.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { BUCKETS = 4096, SECONDS = 10, NET6 = 8, THOUSAND = 1000 };

struct shares {
	uint64_t seed;
	size_t n;
	struct share *buckets[BUCKETS];
};

struct shares *shares_new(void)
{
	struct shares *all = calloc(1, sizeof(*all));

	if (all != NULL && getrandom(&all->seed, sizeof(all->seed), 0) != (ssize_t)sizeof(all->seed)) {
		free(all);
		return NULL;
	}
	return all;
}

void shares_free(struct shares *all)
{
	for (size_t i = 0; all != NULL && i < BUCKETS; i++)
		while (all->buckets[i] != NULL) {
			struct share *s = all->buckets[i];

			all->buckets[i] = s->next;
			free(s);
		}
	free(all);
}

static void read_net(const struct in6_addr *ip, unsigned char net[16])
{
	memset(net, 0, 16);
	memcpy(net, ip->s6_addr, IN6_IS_ADDR_V4MAPPED(ip) ? 16 : NET6);
}

static size_t bucket(const struct shares *all, const unsigned char net[16])
{
	uint64_t h = all->seed;

	for (int i = 0; i < 16; i++) {
		h = (h ^ net[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return (size_t)(h % BUCKETS);
}

/* As many connections as are permitted in ten seconds may come at once. */
static uint64_t most(const struct limits *l)
{
	return l->client_rate * SECONDS * THOUSAND;
}

static void refill(struct share *s, const struct limits *l, uint64_t now)
{
	uint64_t gain = (now - s->begun_at) * l->client_rate;

	s->begun = s->begun + gain < most(l) ? s->begun + gain : most(l);
	s->begun_at = now;
}

static bool forgettable(struct share *s, const struct limits *l, uint64_t now)
{
	if (s->flows > 0 || s->paused_until > now || (s->faults > 0 && now - s->first_fault < l->client_pause))
		return false;
	refill(s, l, now);
	return s->begun == most(l);
}

/* The client's, if it is known; those of its bucket that are not needed any more go. */
static struct share *find(
    struct shares *all, struct share **p, const unsigned char net[16], const struct limits *l, uint64_t now)
{
	struct share *found = NULL;

	while (*p != NULL) {
		struct share *s = *p;

		if (memcmp(s->net, net, 16) == 0) {
			found = s;
		} else if (forgettable(s, l, now)) {
			*p = s->next;
			free(s);
			all->n--;
			continue;
		}
		p = &s->next;
	}
	return found;
}

static struct share *add(struct shares *all, struct share **p, const unsigned char net[16],
    const struct limits *l, uint64_t now)
{
	struct share *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	memcpy(s->net, net, 16);
	s->begun = most(l);
	s->begun_at = now;
	s->next = *p;
	*p = s;
	all->n++;
	return s;
}

struct share *share_enter(struct shares *all, const struct limits *l, const struct in6_addr *ip,
    uint64_t now, const char **why)
{
	unsigned char net[16];
	struct share **p, *s;

	read_net(ip, net);
	p = &all->buckets[bucket(all, net)];
	s = find(all, p, net, l, now);
	if (s == NULL && (s = add(all, p, net, l, now)) == NULL) {
		*why = "no memory";
		return NULL;
	}
	refill(s, l, now);
	*why = s->paused_until > now	     ? "client_pause" :
	       s->flows >= l->client_flows ? "client_flows" :
	       s->begun < THOUSAND	     ? "client_rate" :
					       NULL;
	if (*why != NULL)
		return NULL;
	s->begun -= THOUSAND;
	s->flows++;
	return s;
}

void share_leave(struct share *s)
{
	if (s != NULL)
		s->flows--;
}

bool share_stream(struct share *s, const struct limits *l)
{
	if (s->streams >= l->client_streams)
		return false;
	s->streams++;
	return true;
}

void share_stream_end(struct share *s)
{
	s->streams--;
}

bool share_fault(struct share *s, const struct limits *l, uint64_t now)
{
	if (now - s->first_fault >= l->client_pause)
		s->faults = 0;
	if (s->faults++ == 0)
		s->first_fault = now;
	if (s->faults < l->client_faults)
		return false;
	s->faults = 0;
	s->paused_until = now + l->client_pause;
	return true;
}

size_t shares_count(const struct shares *all)
{
	return all->n;
}

uint64_t share_number(const struct share *s)
{
	uint64_t halves[2] = { 0, 0 };

	for (size_t i = 0; i < sizeof(s->net); i++)
		halves[i / 8] = halves[i / 8] << 8 | s->net[i];
	/* An IPv6 /64 stands in the first half, an IPv4 address (mapped) in the second. */
	halves[0] ^= halves[1];
	return halves[0] != 0 ? halves[0] : 1;
}
