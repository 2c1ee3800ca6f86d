/* SPDX-License-Identifier: BSD-2-Clause */
/* A small memory of texts, each until a time. */
#include "gateway/known.h"

#include <stdlib.h>
#include <string.h>

struct slot {
	char *text; /* NULL: free */
	uint64_t until;
};

struct known {
	size_t n;
	struct slot slots[];
};

struct known *known_new(size_t most)
{
	struct known *k = calloc(1, sizeof(*k) + most * sizeof(struct slot));

	if (k != NULL)
		k->n = most;
	return k;
}

void known_clear(struct known *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->slots[i].text);
		k->slots[i] = (struct slot){ 0 };
	}
}

void known_free(struct known *k)
{
	if (k != NULL)
		known_clear(k);
	free(k);
}

static size_t slot_of(const struct known *k, const char *text)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (const char *p = text; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	return (size_t)((h ^ h >> 32) % k->n);
}

void known_put(struct known *k, const char *text, uint64_t until)
{
	struct slot *s = &k->slots[slot_of(k, text)];

	if (s->text == NULL || strcmp(s->text, text) != 0) {
		free(s->text);
		s->text = strdup(text);
	}
	s->until = until;
}

bool known_has(const struct known *k, const char *text, uint64_t now)
{
	const struct slot *s = &k->slots[slot_of(k, text)];

	return s->text != NULL && now < s->until && strcmp(s->text, text) == 0;
}

void known_forget(struct known *k, const char *text)
{
	struct slot *s = &k->slots[slot_of(k, text)];

	if (s->text == NULL || strcmp(s->text, text) != 0)
		return;
	free(s->text);
	*s = (struct slot){ 0 };
}
