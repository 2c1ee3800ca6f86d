/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages between worker and signer. Pure. The signer reads wishes as hostile: a worker may
 * have been taken over by the bytes it carries.
 */
#include "certs/signer.h"

#include <string.h>

#include "certs/cluster.h"
#include "core/err.h"
#include "core/pack.h"

enum { WHY_MAX = 255, NAME_TEXT_MAX = LEAF_NAME_MAX - 1 };

/*
 * Names that the signer would refuse as malformed are left out here: an origin's odd second
 * name must not cost the connection. The requested name must be good.
 */
static size_t good_names(const struct leaf_wish *w, bool good[LEAF_MAX_NAMES])
{
	struct leaf_name unused;
	size_t n = 0;

	for (size_t i = 0; i < w->nnames; i++) {
		good[i] = leaf_name_set(&unused, w->names[i].is_ip, str_c(w->names[i].text)) == 0;
		n += good[i];
	}
	return n;
}

static int pack_names(struct buf *out, const struct leaf_wish *w)
{
	bool good[LEAF_MAX_NAMES];
	size_t n = good_names(w, good);
	int r;

	if (!good[0])
		return -ERR_CERT_NAME;
	r = pack_u16(out, (uint16_t)n);
	for (size_t i = 0; i < w->nnames && r == 0; i++)
		if (good[i] && (r = pack_u8(out, w->names[i].is_ip)) == 0)
			r = pack_str(out, str_c(w->names[i].text));
	return r;
}

int signer_pack_wish(struct buf *out, uint64_t id, struct str spki, const struct leaf_wish *w)
{
	size_t start = out->len;
	int r;

	if (w->nnames == 0 || w->nnames > LEAF_MAX_NAMES || spki.n > SIGNER_SPKI_MAX)
		return -ERR_LIMIT;
	if ((r = pack_u64(out, id)) != 0 || (r = pack_str(out, spki)) != 0 ||
	    (r = pack_u64(out, (uint64_t)w->not_before)) != 0 ||
	    (r = pack_u64(out, (uint64_t)w->not_after)) != 0 ||
	    (r = pack_names(out, w)) != 0 || (r = pack_u8(out, w->untrusted)) != 0)
		out->len = start;
	return r;
}

static void read_name(struct rd *r, struct leaf_name *n)
{
	uint8_t is_ip = rd_u8(r);
	struct str text = rd_str(r, NAME_TEXT_MAX);

	if (is_ip > 1 || leaf_name_set(n, is_ip == 1, text) != 0)
		r->bad = -ERR_PROTO;
}

int signer_read_wish(struct str body, uint64_t *id, struct str *spki, struct leaf_wish *w)
{
	struct rd r = rd_of(body);
	uint8_t untrusted;

	*id = rd_u64(&r);
	*spki = rd_str(&r, SIGNER_SPKI_MAX);
	w->not_before = (int64_t)rd_u64(&r);
	w->not_after = (int64_t)rd_u64(&r);
	w->nnames = rd_u16(&r);
	memset(w->origin, 0, sizeof(w->origin));
	if (w->nnames == 0 || w->nnames > LEAF_MAX_NAMES || spki->n == 0)
		r.bad = -ERR_PROTO;
	for (size_t i = 0; i < w->nnames && r.bad == 0; i++)
		read_name(&r, &w->names[i]);
	untrusted = rd_u8(&r);
	if (untrusted > 1)
		r.bad = -ERR_PROTO;
	w->untrusted = untrusted == 1;
	return rd_done(&r);
}

int signer_pack_leaf(struct buf *out, const struct leaf_answer *a)
{
	bool ok = a->why.n == 0;
	size_t start = out->len;
	int r;

	if ((r = pack_u64(out, a->id)) != 0 || (r = pack_u8(out, ok)) != 0 ||
	    (r = pack_str(out, ok ? a->der : STR_NONE)) != 0 ||
	    (r = pack_str(out, ok ? a->key : STR_NONE)) != 0 ||
	    (r = pack_u64(out, (uint64_t)a->until)) != 0 || (r = pack_str(out, a->why)) != 0)
		out->len = start;
	return r;
}

static bool printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

int signer_read_leaf(struct str body, struct leaf_answer *a)
{
	struct rd r = rd_of(body);
	uint8_t ok;

	a->id = rd_u64(&r);
	ok = rd_u8(&r);
	a->der = rd_str(&r, LEAF_DER_MAX);
	a->key = rd_str(&r, CLUSTER_KEY);
	a->until = (int64_t)rd_u64(&r);
	a->why = rd_str(&r, WHY_MAX);
	if (ok > 1 || (a->der.n > 0) != ok || (a->why.n == 0) != ok || !printable(a->why) ||
	    (a->key.n != 0 && (!ok || a->key.n != CLUSTER_KEY)))
		return -ERR_PROTO;
	return rd_done(&r);
}
