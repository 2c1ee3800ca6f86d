/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of bodies that killed a job. */
#include "scanner/poison.h"

#include <string.h>

static struct poison_body *find(
    const struct poison *p, const unsigned char digest[POISON_DIGEST], uint64_t length)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->bodies[i].length == length &&
		    memcmp(p->bodies[i].digest, digest, POISON_DIGEST) == 0)
			return (struct poison_body *)(uintptr_t)&p->bodies[i];
	return NULL;
}

bool poison_add(struct poison *p, const unsigned char digest[POISON_DIGEST], uint64_t length,
    enum verdict_reason reason, unsigned weight, uint64_t now, uint64_t until)
{
	struct poison_body *b = find(p, digest, length);

	if (b == NULL) {
		b = &p->bodies[p->next];
		p->next = (p->next + 1) % POISON_MOST;
		if (p->n < POISON_MOST)
			p->n++;
		b->length = length;
		b->until = 0;
		memcpy(b->digest, digest, POISON_DIGEST);
	}
	if (b->until <= now)
		b->weight = 0;
	b->until = until;
	b->reason = (uint8_t)reason;
	b->weight = (uint8_t)(b->weight + weight < POISON_SURE ? b->weight + weight : POISON_SURE);
	return b->weight >= POISON_SURE;
}

enum verdict_reason poison_of(
    const struct poison *p, const unsigned char digest[POISON_DIGEST], uint64_t length, uint64_t now)
{
	const struct poison_body *b = find(p, digest, length);

	if (b == NULL || b->weight < POISON_SURE || b->until <= now)
		return REASON_NONE;
	return (enum verdict_reason)b->reason;
}

bool poison_length(const struct poison *p, uint64_t length)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->bodies[i].length == length)
			return true;
	return false;
}
