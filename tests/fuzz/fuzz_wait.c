/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths of wait pages as clients send them, and what workers tell each other. The first byte picks.
 * What is read is written again as the same, and a page made of it stays harmless.
 */
#include <assert.h>
#include <string.h>

#include "gateway/wait_msg.h"
#include "gateway/wait_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 90000 };

static void path(struct str in)
{
	struct wait_path p, again;
	char text[WAIT_PATH_MAX];

	if (wait_path_read(in, &p) != 0)
		return;
	assert(wait_path_reserved(in));
	wait_path_write(&p, in, text);
	assert(strpbrk(text, " \"'<>&\r\n") == NULL);
	assert(wait_path_read(str_c(text), &again) == 0);
	assert(again.worker == p.worker && again.whole == p.whole && memcmp(again.token, p.token, WAIT_TOKEN) == 0);
}

static void question(struct str in, struct buf *b)
{
	struct wait_question q;

	if (wait_read_question(in, &q) != 0)
		return;
	assert(wait_pack_question(b, &q) == 0 && str_eq(buf_view(b), in));
}

static void answer(struct str in, struct buf *b)
{
	static struct field room[HEAD_MAX_FIELDS];
	struct wait_answer a;

	if (wait_read_answer(in, &a, room) != 0)
		return;
	for (size_t i = 0; i < a.head.nfields; i++)
		assert(str_chr(a.head.fields[i].name, '\n') < 0 && str_chr(a.head.fields[i].value, '\n') < 0);
	assert(wait_page(b, &a, STR("host"), "/own", "/object", 3000) == 0);
	b->len = 0;
	if (wait_pack_answer(b, &a) == 0)
		assert(str_eq(buf_view(b), in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size < INPUT_MAX ? size : INPUT_MAX);
	struct buf b;

	if (in.n == 0)
		return 0;
	buf_init(&b, 256 << 10);
	if (in.p[0] % 3 == 0)
		path(str_sub(in, 1, in.n));
	else if (in.p[0] % 3 == 1)
		question(str_sub(in, 1, in.n), &b);
	else
		answer(str_sub(in, 1, in.n), &b);
	buf_free(&b);
	return 0;
}
