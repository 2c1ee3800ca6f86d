/* SPDX-License-Identifier: BSD-2-Clause */
/* Packing and reading the list of what turned bad. */
#include "scanner/turned.h"

#include <string.h>

#include "core/err.h"

int turned_pack(struct buf *out, const struct turned *rows, size_t n)
{
	int r = n <= TURNED_ROWS ? pack_u32(out, (uint32_t)n) : -ERR_LIMIT;

	for (size_t i = 0; i < n && r == 0; i++) {
		r = pack_str(out, str_of((const char *)rows[i].sha256, TURNED_SHA256));
		if (r == 0)
			r = pack_str(out, str_c(rows[i].name));
	}
	return r;
}

static bool printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

int turned_read(struct rd *r, struct turned rows[TURNED_ROWS], size_t *n)
{
	uint32_t count = rd_u32(r);

	*n = 0;
	if (r->bad != 0 || count > TURNED_ROWS)
		return -ERR_PROTO;
	for (uint32_t i = 0; i < count; i++) {
		struct str sha256 = rd_str(r, TURNED_SHA256), name = rd_str(r, TURNED_NAME - 1);

		if (r->bad != 0 || sha256.n != TURNED_SHA256 || !printable(name))
			return -ERR_PROTO;
		memcpy(rows[i].sha256, sha256.p, TURNED_SHA256);
		if (str_copy(name, rows[i].name, TURNED_NAME) != 0)
			return -ERR_PROTO;
	}
	*n = count;
	return rd_done(r);
}
