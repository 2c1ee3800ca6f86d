/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bodies of the messages between workers, the scanner and its jobs: SCAN and VERDICT, read with
 * every field checked against its range. Pure; the other side may have been taken over.
 */
#include <string.h>

#include "core/err.h"
#include "core/pack.h"
#include "scanner/client.h"

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
	unsigned class = rd_u8(&r), reason = rd_u8(&r), kind;

	if (rd_word(&r, got.name, sizeof(got.name)) != 0 ||
	    rd_word(&r, got.type, sizeof(got.type)) != 0)
		return -ERR_PROTO;
	got.layers = rd_u32(&r);
	got.scanned = rd_u64(&r);
	got.usec = rd_u32(&r);
	kind = rd_u8(&r);
	got.kinds = rd_u32(&r);
	got.objects = rd_u32(&r);
	got.object_bytes = rd_u64(&r);
	if (rd_done(&r) != 0 || class >= VERDICT_COUNT || reason >= REASON_COUNT || kind >= KIND_COUNT ||
	    (got.kinds & ~(KIND_BIT(KIND_COUNT) - 1)) != 0)
		return -ERR_PROTO;
	got.kind = (enum kind)kind;
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
	r = r != 0 ? r : pack_u32(out, v->usec);
	r = r != 0 ? r : pack_u8(out, (uint8_t)v->kind);
	r = r != 0 ? r : pack_u32(out, v->kinds);
	r = r != 0 ? r : pack_u32(out, v->objects);
	return r != 0 ? r : pack_u64(out, v->object_bytes);
}

int scan_read_answer(struct str body, uint64_t *id, unsigned char digest[SCAN_DIGEST], struct verdict *v)
{
	int r = scan_read_verdict(str_sub(body, SCAN_DIGEST, body.n), id, v);

	if (r == 0)
		memcpy(digest, body.p, SCAN_DIGEST);
	return r;
}

int scan_pack_answer(struct buf *out, uint64_t id, const unsigned char digest[SCAN_DIGEST], const struct verdict *v)
{
	int r = buf_append(out, digest, SCAN_DIGEST);

	return r != 0 ? r : scan_pack_verdict(out, id, v);
}

int scan_read_order(struct str body, struct scan_order *o)
{
	struct rd r = rd_of(body);
	struct scan_order got = { 0 };
	struct str digest;

	got.id = rd_u64(&r);
	got.length = rd_u64(&r);
	got.about.direction = rd_u8(&r);
	got.deadline_ms = rd_u32(&r);
	got.about.client = rd_u64(&r);
	digest = rd_str(&r, SCAN_DIGEST);
	got.about.file_name = rd_str(&r, SCAN_NAME_MAX);
	got.about.type = rd_str(&r, SCAN_TYPE_MAX);
	got.about.method = rd_str(&r, SCAN_METHOD_MAX);
	got.about.url = rd_str(&r, SCAN_URL_MAX);
	if (rd_done(&r) != 0 || got.about.direction > 1 || (digest.n != 0 && digest.n != SCAN_DIGEST))
		return -ERR_PROTO;
	if (digest.n > 0)
		got.about.digest = (const unsigned char *)digest.p;
	*o = got;
	return 0;
}

int scan_pack_order(struct buf *out, const struct scan_order *o)
{
	const struct scan_about *a = &o->about;
	int r = pack_u64(out, o->id);

	r = r != 0 ? r : pack_u64(out, o->length);
	r = r != 0 ? r : pack_u8(out, a->direction);
	r = r != 0 ? r : pack_u32(out, o->deadline_ms);
	r = r != 0 ? r : pack_u64(out, a->client);
	r = r != 0 ? r : pack_str(out, str_of((const char *)a->digest, a->digest != NULL ? SCAN_DIGEST : 0));
	r = r != 0 ? r : pack_str(out, str_sub(a->file_name, 0, SCAN_NAME_MAX));
	r = r != 0 ? r : pack_str(out, str_sub(a->type, 0, SCAN_TYPE_MAX));
	r = r != 0 ? r : pack_str(out, str_sub(a->method, 0, SCAN_METHOD_MAX));
	return r != 0 ? r : pack_str(out, str_sub(a->url, 0, SCAN_URL_MAX));
}
