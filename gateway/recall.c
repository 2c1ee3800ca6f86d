/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of downloads that were refused or broke off. */
#include "gateway/recall.h"

#include <string.h>

#include "core/err.h"
#include "core/pack.h"

/* FNV-1a: rows are of one client each, who could only make rows of its own collide. */
static uint64_t more(uint64_t h, const void *p, size_t n)
{
	for (const unsigned char *c = p; n > 0; n--)
		h = (h ^ *c++) * 0x100000001b3ull;
	return h;
}

uint64_t recall_key(uint64_t client, uint32_t generation, bool tls, struct str host, struct str path)
{
	unsigned char way = tls ? 's' : 'p';
	uint64_t h = more(0xcbf29ce484222325ull, &client, sizeof(client));

	h = more(h, &generation, sizeof(generation));
	h = more(h, &way, 1);
	h = more(more(h, host.p, host.n), "", 1);
	h = more(h, path.p, path.n);
	return h != 0 ? h : 1;
}

static size_t first_of(uint64_t key)
{
	return (size_t)((key ^ key >> 32) % (RECALL_ROWS / RECALL_WAYS)) * RECALL_WAYS;
}

void recall_note(struct recall *r, const struct recall_row *row, uint64_t now)
{
	struct recall_row *at = &r->rows[first_of(row->key)], *to = at;

	for (size_t i = 0; i < RECALL_WAYS; i++) {
		if (at[i].key == row->key) {
			to = &at[i];
			if (to->until > now && to->what > row->what)
				return;
			break;
		}
		if (at[i].until < to->until)
			to = &at[i];
	}
	*to = *row;
}

const struct recall_row *recall_find(const struct recall *r, uint64_t key, uint64_t now)
{
	const struct recall_row *at = &r->rows[first_of(key)];

	for (size_t i = 0; i < RECALL_WAYS; i++)
		if (at[i].key == key)
			return at[i].until > now ? &at[i] : NULL;
	return NULL;
}

int recall_pack(struct buf *b, const struct recall_row *row)
{
	int r = pack_u64(b, row->key);

	if (r == 0)
		r = pack_u8(b, (uint8_t)row->what);
	if (r == 0)
		r = pack_u8(b, (uint8_t)row->class);
	return r == 0 ? pack_str(b, str_c(row->name)) : r;
}

int recall_unpack(struct str body, struct recall_row *row)
{
	struct rd r = rd_of(body);
	struct recall_row x = { .key = rd_u64(&r) };
	uint8_t what = rd_u8(&r), class = rd_u8(&r);
	struct str name = rd_str(&r, RECALL_NAME - 1);

	if (rd_done(&r) != 0 || x.key == 0 || (what != RECALL_BROKEN && what != RECALL_REFUSED) || class >= VERDICT_COUNT)
		return -ERR_PROTO;
	x.what = what;
	x.class = class;
	str_copy(name, x.name, sizeof(x.name));
	*row = x;
	return 0;
}
