/* SPDX-License-Identifier: BSD-2-Clause */
/* Hostile first bytes, names and pieces of media. The first byte says where the pieces are cut. */
#include <stdint.h>
#include <stdlib.h>

#include "gateway/media.h"
#include "gateway/recall.h"
#include "gateway/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *in_pieces(struct str s, size_t step)
{
	struct foreign f = { .n = 0 };
	const char *word = NULL;

	for (size_t i = 0; i < s.n && word == NULL; i += step)
		word = foreign_find(&f, str_sub(s, i, step));
	return word;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data + 1, size > 0 ? size - 1 : 0);
	struct limits l;
	enum release free_most, held;
	struct recall_row row;

	if (size == 0)
		return 0;
	limits_default(&l);
	free_most = release_most(in, STR("video/mp4"), STR("film.mp4"));
	held = release_most(in, STR("video/mp4"), STR("film.exe"));
	if (held != RELEASE_HOLD || (free_most == RELEASE_STREAM) != (media_of(in) == MEDIA_STREAM && free_most >= RELEASE_STREAM))
		abort();
	(void)release_most(in, in, in);
	(void)release_disposition(in);
	if (recall_unpack(in, &row) == 0 && (row.key == 0 || row.what == RECALL_NOTHING))
		abort();
	if (size > 1 && release_gate(RELEASE_TAIL, &l, size, size) >= size)
		abort();
	/* What is found does not depend on how it comes. */
	if ((in_pieces(in, in.n + 1) == NULL) != (in_pieces(in, 1u + data[0] % 40u) == NULL))
		abort();
	return 0;
}
