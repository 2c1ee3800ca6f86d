/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of ticket keys. Keys change by the clock, so all workers change at the same second. */
#include "mitm/ticket_ring.h"

#include <string.h>
#include <sys/random.h>

#include "core/err.h"
#include "core/pack.h"

static bool issues(const struct ticket_key *k, int64_t now)
{
	return k->from != 0 && now >= k->from && now - k->from < TICKET_TURN;
}

static bool accepted(const struct ticket_key *k, int64_t now)
{
	return k->from != 0 && now >= k->from && now - k->from < 2 * TICKET_TURN;
}

/* Its turn is still to come; further ahead only where the clock was set back. */
static bool ahead(const struct ticket_key *k, int64_t now)
{
	return k->from > now && k->from - now <= TICKET_TURN;
}

static void wipe(struct ticket_key *k)
{
	explicit_bzero(k, sizeof(*k));
}

static int make(struct ticket_ring *r, int64_t from)
{
	for (size_t i = 0; i < TICKET_KEYS; i++) {
		struct ticket_key *k = &r->keys[i];

		if (k->from != 0)
			continue;
		if (getrandom(k->name, sizeof(k->name), 0) != sizeof(k->name) ||
		    getrandom(k->cipher, sizeof(k->cipher), 0) != sizeof(k->cipher) ||
		    getrandom(k->mac, sizeof(k->mac), 0) != sizeof(k->mac)) {
			explicit_bzero(r, sizeof(*r));
			return -ERR_SYSTEM;
		}
		k->from = from;
		return 1;
	}
	return 0;
}

int ticket_ring_turn(struct ticket_ring *r, int64_t now)
{
	const struct ticket_key *current;
	int64_t next;
	int changed = 0, made;

	for (size_t i = 0; i < TICKET_KEYS; i++) {
		struct ticket_key *k = &r->keys[i];

		if (k->from != 0 && !accepted(k, now) && !ahead(k, now)) {
			wipe(k);
			changed = 1;
		}
	}
	if ((current = ticket_ring_issue(r, now)) == NULL) {
		made = make(r, now);
		if (made == 0) { /* only after wild jumps of the clock */
			explicit_bzero(r, sizeof(*r));
			made = make(r, now);
		}
		if (made < 0)
			return made;
		changed |= made;
		current = ticket_ring_issue(r, now);
	}
	next = current != NULL ? current->from + TICKET_TURN : 0;
	for (size_t i = 0; i < TICKET_KEYS; i++)
		if (ahead(&r->keys[i], now))
			next = 0;
	if (next == 0)
		return changed;
	made = make(r, next);
	return made < 0 ? made : changed | made;
}

const struct ticket_key *ticket_ring_issue(const struct ticket_ring *r, int64_t now)
{
	for (size_t i = 0; i < TICKET_KEYS; i++)
		if (issues(&r->keys[i], now))
			return &r->keys[i];
	return NULL;
}

const struct ticket_key *ticket_ring_find(
    const struct ticket_ring *r, const unsigned char name[TICKET_NAME], int64_t now)
{
	for (size_t i = 0; i < TICKET_KEYS; i++)
		if (accepted(&r->keys[i], now) && memcmp(r->keys[i].name, name, TICKET_NAME) == 0)
			return &r->keys[i];
	return NULL;
}

int ticket_ring_write(const struct ticket_ring *r, struct buf *out)
{
	int bad = pack_u8(out, TICKET_KEYS);

	for (size_t i = 0; i < TICKET_KEYS; i++) {
		const struct ticket_key *k = &r->keys[i];

		bad |= pack_u64(out, (uint64_t)k->from);
		bad |= buf_append(out, k->name, sizeof(k->name));
		bad |= buf_append(out, k->cipher, sizeof(k->cipher));
		bad |= buf_append(out, k->mac, sizeof(k->mac));
	}
	return bad != 0 ? -ERR_LIMIT : 0;
}

static void take(struct rd *in, unsigned char *to, size_t n)
{
	if (in->s.n < n) {
		in->bad = 1;
		return;
	}
	memcpy(to, in->s.p, n);
	in->s = str_sub(in->s, n, in->s.n - n);
}

int ticket_ring_read(struct ticket_ring *r, struct str bytes)
{
	struct rd in = rd_of(bytes);
	struct ticket_ring got = { 0 };
	int bad = rd_u8(&in) != TICKET_KEYS;

	for (size_t i = 0; i < TICKET_KEYS; i++) {
		uint64_t from = rd_u64(&in);

		bad |= from > INT64_MAX / 2;
		got.keys[i].from = bad ? 0 : (int64_t)from;
		take(&in, got.keys[i].name, TICKET_NAME);
		take(&in, got.keys[i].cipher, TICKET_KEY);
		take(&in, got.keys[i].mac, TICKET_KEY);
	}
	if (!bad && rd_done(&in) == 0)
		*r = got;
	else
		bad = 1;
	explicit_bzero(&got, sizeof(got));
	return bad ? -ERR_PROTO : 0;
}
