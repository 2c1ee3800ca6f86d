/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dense.h"

#include <zlib.h>

enum { PIECE = 64 << 10, STEP = 1 << 20, RAW = -15, GZIP = 31 };

/* One MiB on: false at the end, at damage, and where it is thin. */
static bool step(z_stream *z, uint64_t ratio)
{
	static unsigned char out[PIECE];
	uint64_t until = z->total_out + STEP;
	int r = Z_OK;

	while (r == Z_OK && z->total_out < until) {
		z->next_out = out;
		z->avail_out = PIECE;
		r = inflate(z, Z_NO_FLUSH);
		if (z->avail_out == PIECE)
			return false;
	}
	return r == Z_OK && z->total_out / (z->total_in > 0 ? z->total_in : 1) > ratio;
}

bool dense_deflate(struct str packed, bool gzip, uint64_t ratio)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)packed.p, .avail_in = (uInt)packed.n };
	bool dense = packed.n >= DENSE_LEAST && packed.n <= UINT32_MAX && inflateInit2(&z, gzip ? GZIP : RAW) == Z_OK;

	if (!dense)
		return false;
	while (dense && z.total_out < DENSE_OUT)
		dense = step(&z, ratio);
	inflateEnd(&z);
	return dense;
}
