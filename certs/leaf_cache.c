/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The leaf cache: a hash table with a list in order of use. Peers choose what is looked up, so
 * the key is a digest over a secret seed: nobody can aim at one bucket, and names are not kept.
 */
#include "certs/leaf.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 32, SEED_BYTES = 16 };

struct entry {
	struct entry *chain;	    /* same bucket */
	struct entry *newer, *older; /* order of use */
	struct leaf *leaf;
	int64_t not_after;
	unsigned char key[KEY_BYTES];
};

struct leaf_cache {
	struct entry **buckets;
	size_t nbuckets; /* a power of two */
	size_t n, max;
	struct entry *newest, *oldest;
	EVP_MD *sha256; /* fetched once: a lookup in the provider costs more than the digest */
	EVP_MD_CTX *ctx;
	unsigned char seed[SEED_BYTES];
};

static size_t table_size(size_t max)
{
	size_t n = 16;

	while (n < max)
		n *= 2;
	return n;
}

struct leaf_cache *leaf_cache_new(size_t max)
{
	struct leaf_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->max = max > 0 ? max : 1;
	c->nbuckets = table_size(c->max);
	c->buckets = calloc(c->nbuckets, sizeof(struct entry *));
	c->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	c->ctx = EVP_MD_CTX_new();
	if (c->buckets == NULL || c->sha256 == NULL || c->ctx == NULL ||
	    RAND_bytes(c->seed, sizeof(c->seed)) != 1) {
		leaf_cache_free(c);
		return NULL;
	}
	return c;
}

void leaf_cache_free(struct leaf_cache *c)
{
	if (c == NULL)
		return;
	leaf_cache_clear(c);
	free(c->buckets);
	EVP_MD_free(c->sha256);
	EVP_MD_CTX_free(c->ctx);
	free(c);
}

static bool make_key(struct leaf_cache *c, const struct leaf_wish *w, bool ecdsa, unsigned char *key)
{
	const struct leaf_name *n = &w->names[0];
	unsigned char kind[3] = { ecdsa, w->nnames > 0 && n->is_ip, w->untrusted };

	return EVP_DigestInit_ex(c->ctx, c->sha256, NULL) == 1 &&
	       EVP_DigestUpdate(c->ctx, c->seed, sizeof(c->seed)) == 1 &&
	       EVP_DigestUpdate(c->ctx, w->origin, sizeof(w->origin)) == 1 &&
	       EVP_DigestUpdate(c->ctx, kind, sizeof(kind)) == 1 &&
	       EVP_DigestUpdate(c->ctx, n->text, w->nnames > 0 ? strlen(n->text) : 0) == 1 &&
	       EVP_DigestFinal_ex(c->ctx, key, NULL) == 1;
}

static struct entry **bucket_of(struct leaf_cache *c, const unsigned char *key)
{
	uint64_t h;

	memcpy(&h, key, sizeof(h));
	return &c->buckets[h & (c->nbuckets - 1)];
}

static struct entry *find(struct leaf_cache *c, const unsigned char *key)
{
	struct entry *e = *bucket_of(c, key);

	while (e != NULL && memcmp(e->key, key, KEY_BYTES) != 0)
		e = e->chain;
	return e;
}

static void use_unlink(struct leaf_cache *c, struct entry *e)
{
	*(e->newer != NULL ? &e->newer->older : &c->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &c->oldest) = e->newer;
}

static void use_now(struct leaf_cache *c, struct entry *e)
{
	e->newer = NULL;
	e->older = c->newest;
	*(c->newest != NULL ? &c->newest->newer : &c->oldest) = e;
	c->newest = e;
}

static void drop(struct leaf_cache *c, struct entry *e)
{
	struct entry **at = bucket_of(c, e->key);

	while (*at != e)
		at = &(*at)->chain;
	*at = e->chain;
	use_unlink(c, e);
	c->n--;
	leaf_free(e->leaf);
	free(e);
}

void leaf_cache_clear(struct leaf_cache *c)
{
	while (c->oldest != NULL)
		drop(c, c->oldest);
}

struct leaf *leaf_cache_get(struct leaf_cache *c, const struct leaf_wish *w, bool ecdsa, int64_t now)
{
	unsigned char key[KEY_BYTES];
	struct entry *e = make_key(c, w, ecdsa, key) ? find(c, key) : NULL;

	if (e == NULL)
		return NULL;
	if (e->not_after <= now) {
		drop(c, e);
		return NULL;
	}
	use_unlink(c, e);
	use_now(c, e);
	return leaf_ref(e->leaf);
}

void leaf_cache_put(struct leaf_cache *c, const struct leaf_wish *w, bool ecdsa, struct leaf *l,
    int64_t not_after)
{
	struct entry *e = calloc(1, sizeof(*e)), *old;
	struct entry **at;

	if (e == NULL || !make_key(c, w, ecdsa, e->key)) {
		free(e);
		return; /* a cache may forget */
	}
	if ((old = find(c, e->key)) != NULL)
		drop(c, old);
	if (c->n == c->max)
		drop(c, c->oldest);
	e->leaf = leaf_ref(l);
	e->not_after = not_after;
	at = bucket_of(c, e->key);
	e->chain = *at;
	*at = e;
	use_now(c, e);
	c->n++;
}
