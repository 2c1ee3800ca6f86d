/* SPDX-License-Identifier: BSD-2-Clause */
/* Sorted tables of fixed records: twenty bytes per revoked certificate, found by halving. */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "mitm/revoke_local.h"

enum { TABLE_FIRST = 64, TABLE_MAX = 16 << 20 };

int table_add(struct table *t, const unsigned char *record)
{
	if (t->n == t->cap) {
		size_t cap = t->cap > 0 ? t->cap * 2 : TABLE_FIRST;
		unsigned char *p = cap <= TABLE_MAX ? realloc(t->at, cap * t->width) : NULL;

		if (p == NULL)
			return -ERR_NOMEM;
		t->at = p;
		t->cap = cap;
	}
	memcpy(t->at + t->n++ * t->width, record, t->width);
	return 0;
}

static int compare(const void *a, const void *b, void *width)
{
	return memcmp(a, b, *(const size_t *)width);
}

static bool sorted(const struct table *t)
{
	for (size_t i = 1; i < t->n; i++)
		if (memcmp(t->at + (i - 1) * t->width, t->at + i * t->width, t->width) > 0)
			return false;
	return true;
}

void table_sort(struct table *t)
{
	unsigned char *p;

	if (!sorted(t))
		qsort_r(t->at, t->n, t->width, compare, &t->width);
	p = t->n > 0 ? realloc(t->at, t->n * t->width) : NULL;
	if (p != NULL) {
		t->at = p;
		t->cap = t->n;
	}
}

const unsigned char *table_find(const struct table *t, const unsigned char *key, size_t k)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(t->at + middle * t->width, key, k) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == t->n || memcmp(t->at + low * t->width, key, k) != 0)
		return NULL;
	return t->at + low * t->width;
}

void table_free(struct table *t)
{
	free(t->at);
	t->at = NULL;
	t->n = t->cap = 0;
}

void serial_key(const unsigned char *p, size_t n, unsigned char to[SERIAL_KEY])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	while (n > 0 && *p == 0) {
		p++;
		n--;
	}
	memset(to, 0, SERIAL_KEY);
	if (n <= SERIAL_KEY) {
		if (n > 0)
			memcpy(to + SERIAL_KEY - n, p, n);
		return;
	}
	SHA256(p, n, digest);
	memcpy(to, digest, SERIAL_KEY);
}
