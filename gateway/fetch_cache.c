/* SPDX-License-Identifier: BSD-2-Clause */
/* A table that is looked through: a download costs far more than 512 comparisons. */
#include "gateway/fetch_cache.h"

#include <stdlib.h>
#include <string.h>

struct row {
	char *url; /* NULL: free; what was found stands behind its NUL */
	size_t n, size;
	int64_t until;
	uint64_t used;
};

struct fetch_cache {
	struct row rows[FETCH_CACHE_ROWS];
	size_t bytes;
	uint64_t uses;
};

struct fetch_cache *fetch_cache_new(void)
{
	return calloc(1, sizeof(struct fetch_cache));
}

static void clear(struct fetch_cache *c, struct row *r)
{
	c->bytes -= r->size;
	free(r->url);
	*r = (struct row){ 0 };
}

void fetch_cache_free(struct fetch_cache *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < FETCH_CACHE_ROWS; i++)
		clear(c, &c->rows[i]);
	free(c);
}

static struct row *find(struct fetch_cache *c, const char *url)
{
	for (size_t i = 0; i < FETCH_CACHE_ROWS; i++)
		if (c->rows[i].url != NULL && strcmp(c->rows[i].url, url) == 0)
			return &c->rows[i];
	return NULL;
}

/* NULL: none is in use. */
static struct row *oldest(struct fetch_cache *c)
{
	struct row *o = NULL;

	for (size_t i = 0; i < FETCH_CACHE_ROWS; i++)
		if (c->rows[i].url != NULL && (o == NULL || c->rows[i].used < o->used))
			o = &c->rows[i];
	return o;
}

static struct row *free_row(struct fetch_cache *c)
{
	for (size_t i = 0; i < FETCH_CACHE_ROWS; i++)
		if (c->rows[i].url == NULL)
			return &c->rows[i];
	return NULL;
}

/* A free row, with room for so many bytes. */
static struct row *make_room(struct fetch_cache *c, size_t size)
{
	struct row *o;

	while ((c->bytes + size > FETCH_CACHE_BYTES || free_row(c) == NULL) && (o = oldest(c)) != NULL)
		clear(c, o);
	return free_row(c);
}

void fetch_cache_put(struct fetch_cache *c, const char *url, struct str found, int64_t until)
{
	size_t n = strlen(url) + 1, size = n + found.n;
	struct row *r = find(c, url);

	if (r != NULL)
		clear(c, r);
	if (size > FETCH_CACHE_BYTES)
		return;
	r = make_room(c, size);
	if (r == NULL)
		return;
	*r = (struct row){ .url = malloc(size), .n = found.n, .until = until, .used = ++c->uses };
	if (r->url == NULL)
		return;
	r->size = size;
	c->bytes += size;
	memcpy(r->url, url, n);
	if (found.n > 0)
		memcpy(r->url + n, found.p, found.n);
}

bool fetch_cache_get(struct fetch_cache *c, const char *url, int64_t now, struct str *found)
{
	struct row *r = find(c, url);

	if (r == NULL)
		return false;
	if (r->until <= now) {
		clear(c, r);
		return false;
	}
	r->used = ++c->uses;
	*found = str_of(r->url + strlen(r->url) + 1, r->n);
	return true;
}
