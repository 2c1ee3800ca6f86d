/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Audit lines as a retro-hunt reads them, in any pieces, and its messages. The first byte picks
 * which, and the size of the pieces.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/hunt_msg.h"
#include "gateway/hunt_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 200000 };

static struct hunt *hunt_for(const struct limits *l)
{
	struct hunt *h = hunt_new(l);
	unsigned char sha256[AUDIT_SHA256];

	assert(h != NULL);
	for (int i = 0; i < 16; i++) {
		memset(sha256, i * 0x11, sizeof(sha256));
		assert(hunt_want(h, sha256, STR("Name")) == 0);
	}
	return h;
}

/* What was found fits one line, and does not depend on the pieces. */
static void lines(struct str in, size_t piece)
{
	struct limits l;
	struct hunt *whole, *parts;

	limits_default(&l);
	l.hunt_clients = 2;
	l.hunt_paths = 2;
	whole = hunt_for(&l);
	parts = hunt_for(&l);
	hunt_feed(whole, in);
	hunt_end(whole);
	for (size_t at = 0; at < in.n; at += piece)
		hunt_feed(parts, str_sub(in, at, piece));
	hunt_end(parts);
	assert(hunt_unread(whole) == hunt_unread(parts));
	for (size_t i = 0; i < hunt_count(whole); i++) {
		struct buf a, b;
		struct json j;

		buf_init(&a, 65536);
		buf_init(&b, 65536);
		json_begin(&j, &a);
		hunt_fields(&j, hunt_at(whole, i));
		assert(json_end(&j) == 0);
		json_begin(&j, &b);
		hunt_fields(&j, hunt_at(parts, i));
		assert(json_end(&j) == 0);
		assert(str_eq(buf_view(&a), buf_view(&b)));
		buf_free(&a);
		buf_free(&b);
	}
	hunt_free(whole);
	hunt_free(parts);
}

static void line(struct str in)
{
	struct audit_seen s;

	if (audit_read_seen(in, &s))
		assert(s.up.known || s.down.known);
}

static void messages(struct str in)
{
	static struct turned rows[TURNED_ROWS];
	enum hunt_form form;
	enum hunt_state state;
	struct str text;
	uint64_t id;
	size_t n;
	struct buf b;

	buf_init(&b, HUNT_MSG_MAX);
	if (hunt_read(in, &id, &form, rows, &n) == 0) {
		assert(hunt_pack(&b, id, form, rows, n) == 0);
		for (size_t i = 0; i < n; i++)
			assert(strlen(rows[i].name) < TURNED_NAME);
	}
	buf_free(&b);
	if (hunt_read_answer(in, &id, &state, &text) == 0) {
		assert(hunt_pack_answer(&b, id, state, text) == 0);
		assert(str_eq(buf_view(&b), in));
	}
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data + 1, size > 0 ? size - 1 : 0);

	if (size == 0 || size > INPUT_MAX)
		return 0;
	if (data[0] % 4 == 0)
		line(in);
	else if (data[0] % 4 == 1)
		messages(in);
	else
		lines(in, 1 + data[0] / 4);
	return 0;
}
