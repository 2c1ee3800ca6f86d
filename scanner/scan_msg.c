/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bodies of the messages between workers, the scanner and its jobs: SCAN and VERDICT, read with
 * every field checked against its range. Pure; the other side may have been taken over.
 */
#include <string.h>

#include "core/err.h"
#include "core/pack.h"
#include "scanner/client.h"

enum { ORDER_NAME_MAX = 255 };

/* Copy a word of visible ASCII: anything else would be forged log and audit lines. */
static int rd_word(struct rd *r, char *to, size_t cap)
{
	struct str s = rd_str(r, cap - 1);

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return -ERR_PROTO;
	return str_copy(s, to, cap) == 0 ? 0 : -ERR_PROTO;
}

int scan_read_verdict(struct str body, uint64_t *id, struct verdict *v)
{
	struct rd r = rd_of(body);
	struct verdict got = { 0 };
	uint64_t i = rd_u64(&r);
	unsigned class = rd_u8(&r), reason = rd_u8(&r);

	if (rd_word(&r, got.name, sizeof(got.name)) != 0 ||
	    rd_word(&r, got.type, sizeof(got.type)) != 0)
		return -ERR_PROTO;
	got.layers = rd_u32(&r);
	got.scanned = rd_u64(&r);
	got.usec = rd_u32(&r);
	if (rd_done(&r) != 0 || class >= VERDICT_COUNT || reason >= REASON_COUNT)
		return -ERR_PROTO;
	got.class = (enum verdict_class) class;
	got.reason = (enum verdict_reason)reason;
	*id = i;
	*v = got;
	return 0;
}

int scan_pack_verdict(struct buf *out, uint64_t id, const struct verdict *v)
{
	struct str name = str_of(v->name, strnlen(v->name, sizeof(v->name)));
	struct str type = str_of(v->type, strnlen(v->type, sizeof(v->type)));
	int r = pack_u64(out, id);

	r = r != 0 ? r : pack_u8(out, (uint8_t)v->class);
	r = r != 0 ? r : pack_u8(out, (uint8_t)v->reason);
	r = r != 0 ? r : pack_str(out, name);
	r = r != 0 ? r : pack_str(out, type);
	r = r != 0 ? r : pack_u32(out, v->layers);
	r = r != 0 ? r : pack_u64(out, v->scanned);
	return r != 0 ? r : pack_u32(out, v->usec);
}

int scan_read_order(struct str body, struct scan_order *o)
{
	struct rd r = rd_of(body);
	struct scan_order got;

	got.id = rd_u64(&r);
	got.length = rd_u64(&r);
	got.direction = rd_u8(&r);
	got.deadline_ms = rd_u32(&r);
	got.file_name = rd_str(&r, ORDER_NAME_MAX);
	if (rd_done(&r) != 0 || got.direction > 1)
		return -ERR_PROTO;
	*o = got;
	return 0;
}

int scan_pack_order(struct buf *out, const struct scan_order *o)
{
	int r = pack_u64(out, o->id);

	r = r != 0 ? r : pack_u64(out, o->length);
	r = r != 0 ? r : pack_u8(out, o->direction);
	r = r != 0 ? r : pack_u32(out, o->deadline_ms);
	return r != 0 ? r : pack_str(out, str_sub(o->file_name, 0, ORDER_NAME_MAX));
}
