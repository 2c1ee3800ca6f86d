/* SPDX-License-Identifier: BSD-2-Clause */
/* A walk over frame headers. */
#include "http/h2_frames.h"

enum { HEADER = 9, DATA = 0, HEADERS = 1, PUSH_PROMISE = 5, CONTINUATION = 9, END_HEADERS = 4 };

/* Its header is whole: false where the frame is, too. */
static bool begun(struct h2_frames *f)
{
	unsigned type = f->header[3];

	f->have = 0;
	f->left = (uint32_t)f->header[0] << 16 | (uint32_t)f->header[1] << 8 | f->header[2];
	f->data = type == DATA;
	if (type == HEADERS || type == PUSH_PROMISE || type == CONTINUATION)
		f->head = (f->header[4] & END_HEADERS) == 0;
	return f->left > 0;
}

static size_t payload(struct h2_frames *f, size_t n)
{
	if (n > f->left)
		n = f->left;
	f->left -= (uint32_t)n;
	return n;
}

void h2_frames_walk(struct h2_frames *f, struct str in, uint64_t now)
{
	size_t at = in.n < f->skip ? in.n : f->skip;

	f->skip -= at;
	while (at < in.n) {
		bool whole = false;

		if (f->left > 0) {
			at += payload(f, in.n - at);
			whole = f->left == 0;
		} else {
			f->header[f->have++] = (unsigned char)in.p[at++];
			whole = f->have == HEADER && !begun(f);
		}
		if (whole && !f->head)
			f->since = 0;
		else if (f->since == 0)
			f->since = now;
	}
	if (f->left > 0 && f->data)
		f->since = 0;
}
