/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dense.h"

#include <string.h>
#include <zlib.h>

enum { PIECE = 64 << 10, STEP = PIECE, RAW = -15, GZIP = 31, STRIDE = 64, REPEAT_MOST = 30 };

/* Up to so many bytes on, or to the end of a member: how many came out. */
static uint64_t step(z_stream *z, uint64_t most, int *r)
{
	static unsigned char out[PIECE];
	uint64_t before = z->total_out;

	*r = Z_OK;
	while (*r == Z_OK && z->total_out - before < most) {
		z->next_out = out;
		z->avail_out = PIECE;
		*r = inflate(z, Z_NO_FLUSH);
		if (z->avail_out == PIECE && *r == Z_OK)
			*r = Z_BUF_ERROR;
	}
	return z->total_out - before;
}

static bool begins_dense(struct dense *d, z_stream *z)
{
	int r = Z_OK;

	while (z->total_out < DENSE_OUT) {
		uint64_t n = step(z, STEP, &r);

		if (z->total_out / (z->total_in > 0 ? z->total_in : 1) <= d->ratio)
			return false;
		d->begun += n;
		if (d->begun >= DENSE_ALL)
			return true;
		if (r != Z_OK)
			return false;
	}
	return true;
}

/*
 * Long repeats are packed as one pair of length and distance again and again: 2 to 30 bits, so bytes that come again
 * after as many bytes at most. Each shift stands for those that divide it.
 */
static bool repeats_itself(struct str packed)
{
	static const size_t shifts[] = { 24, 20, 28, 18, 22, 26, 30 };

	for (size_t at = 0; at + STRIDE + REPEAT_MOST <= packed.n; at += STRIDE) {
		const char *p = packed.p + at;

		for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++)
			/* Few get past the first eight bytes, which cost no call. */
			if (memcmp(p, p + shifts[i], 8) == 0 && memcmp(p, p + shifts[i], STRIDE) == 0)
				return true;
	}
	return false;
}

/* Unpack it for its length alone. */
static bool unpacks_to_more(struct dense *d, z_stream *z, bool gzip)
{
	uint64_t out = 0;
	int r = Z_OK;

	while (r == Z_OK && out <= d->most) {
		uint64_t n = step(z, STEP, &r);

		out += n;
		d->walked += n;
		if (d->walked > d->total)
			return true;
		if (r == Z_STREAM_END && gzip && z->avail_in > 0)
			r = inflateReset(z);
	}
	return out > d->most;
}

bool dense_deflate(struct dense *d, struct str packed, bool gzip)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)packed.p, .avail_in = (uInt)packed.n };
	bool is;

	if (packed.n < DENSE_LEAST || packed.n > UINT32_MAX || inflateInit2(&z, gzip ? GZIP : RAW) != Z_OK)
		return false;
	is = begins_dense(d, &z);
	if (!is && repeats_itself(packed)) {
		inflateReset(&z);
		z.next_in = (Bytef *)(uintptr_t)packed.p;
		z.avail_in = (uInt)packed.n;
		is = unpacks_to_more(d, &z, gzip);
	}
	inflateEnd(&z);
	return is;
}
