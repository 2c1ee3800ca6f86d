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

static bool read_digest(struct str s, unsigned char to[POISON_DIGEST])
{
	if (s.n != 2 * POISON_DIGEST)
		return false;
	for (size_t i = 0; i < POISON_DIGEST; i++) {
		uint64_t v;

		if (str_hex64(str_sub(s, 2 * i, 2), &v) != 0)
			return false;
		to[i] = (unsigned char)v;
	}
	return true;
}

static void read_line(struct poison *p, struct str line, uint64_t now)
{
	struct str word[4] = { STR_NONE, STR_NONE, STR_NONE, STR_NONE };
	unsigned char digest[POISON_DIGEST];
	uint64_t n[3];

	for (size_t i = 0; i < 4; i++)
		if (!str_next(&line, ' ', &word[i]))
			return;
	for (size_t i = 0; i < 3; i++)
		if (str_u64(word[i + 1], &n[i]) != 0)
			return;
	if (read_digest(word[0], digest) && (n[1] == REASON_ERROR || n[1] == REASON_TIMEOUT))
		poison_add(p, digest, n[0], (enum verdict_reason)n[1], POISON_SURE, now, now + n[2]);
}

void poison_read(struct poison *p, struct str lines, uint64_t now)
{
	struct str line;

	while (str_next(&lines, '\n', &line))
		read_line(p, line, now);
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
