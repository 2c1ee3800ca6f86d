/* SPDX-License-Identifier: BSD-2-Clause */
/* Packing and reading the messages of a retro-hunt. */
#include "gateway/hunt_msg.h"

#include "core/err.h"

static int pack_head(struct buf *out, uint64_t id, uint8_t what)
{
	int r = pack_u64(out, id);

	return r == 0 ? pack_u8(out, what) : r;
}

int hunt_pack(struct buf *out, uint64_t id, enum hunt_form form, const struct turned *rows, size_t n)
{
	int r = pack_head(out, id, (uint8_t)form);

	return r == 0 ? turned_pack(out, rows, n) : r;
}

int hunt_read(struct str body, uint64_t *id, enum hunt_form *form, struct turned rows[TURNED_ROWS], size_t *n)
{
	struct rd r = rd_of(body);
	uint8_t what;

	*id = rd_u64(&r);
	what = rd_u8(&r);
	*form = (enum hunt_form)what;
	return what < HUNT_FORMS ? turned_read(&r, rows, n) : -ERR_PROTO;
}

int hunt_pack_answer(struct buf *out, uint64_t id, enum hunt_state state, struct str text)
{
	int r = pack_head(out, id, (uint8_t)state);

	return r == 0 ? pack_str(out, text) : r;
}

int hunt_read_answer(struct str body, uint64_t *id, enum hunt_state *state, struct str *text)
{
	struct rd r = rd_of(body);
	uint8_t what;

	*id = rd_u64(&r);
	what = rd_u8(&r);
	*state = (enum hunt_state)what;
	*text = rd_str(&r, HUNT_TEXT_MAX);
	return what < HUNT_STATES ? rd_done(&r) : -ERR_PROTO;
}
