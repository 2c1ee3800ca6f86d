/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of bodies that killed a job. */
#include "scanner/poison.h"

#include <string.h>
#include <sys/mman.h>

/* Sealed against shrinking, so that reading the mapping cannot fault. */
static bool digest_of(int fd, uint64_t length, unsigned char out[ENGINE_DIGEST])
{
	void *p = length > 0 ? mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;

	if (p == MAP_FAILED)
		return false;
	engine_digest(str_of(p, length), out);
	munmap(p, length);
	return true;
}

void poison_add(struct poison *p, int fd, uint64_t length)
{
	if (!digest_of(fd, length, p->bodies[p->next].digest))
		return;
	p->bodies[p->next].length = length;
	p->next = (p->next + 1) % POISON_MOST;
	if (p->n < POISON_MOST)
		p->n++;
}

static bool length_known(const struct poison *p, uint64_t length)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->bodies[i].length == length)
			return true;
	return false;
}

bool poison_has(const struct poison *p, int fd, uint64_t length)
{
	unsigned char digest[ENGINE_DIGEST];

	if (!length_known(p, length) || !digest_of(fd, length, digest))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (p->bodies[i].length == length &&
		    memcmp(p->bodies[i].digest, digest, ENGINE_DIGEST) == 0)
			return true;
	return false;
}
