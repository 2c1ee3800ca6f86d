/* SPDX-License-Identifier: BSD-2-Clause */
/* The message about signatures, both ways. */
#include "scanner/sigset.h"

#include <string.h>

#include "core/err.h"
#include "core/pack.h"

int sigset_pack(struct buf *out, const struct sigset *s)
{
	int r = pack_u8(out, (uint8_t)s->outcome);

	r = r != 0 ? r : pack_u64(out, s->generation);
	r = r != 0 ? r : pack_u32(out, s->number);
	r = r != 0 ? r : pack_u32(out, s->own);
	r = r != 0 ? r : pack_u64(out, s->version);
	r = r != 0 ? r : pack_u64(out, s->made);
	r = r != 0 ? r : pack_u8(out, s->test);
	r = r != 0 ? r : pack_u32(out, s->layer_us);
	return r != 0 ? r : pack_str(out, str_c(s->why));
}

int sigset_read(struct str body, struct sigset *s)
{
	struct rd r = rd_of(body);
	struct sigset got = { .outcome = rd_u8(&r) };
	struct str why;
	unsigned test;

	got.generation = rd_u64(&r);
	got.number = rd_u32(&r);
	got.own = rd_u32(&r);
	got.version = rd_u64(&r);
	got.made = rd_u64(&r);
	test = rd_u8(&r);
	got.test = test == 1;
	got.layer_us = rd_u32(&r);
	why = rd_str(&r, SIGSET_WHY - 1);
	if (rd_done(&r) != 0 || got.outcome >= SIGSET_OUTCOMES || test > 1 ||
	    memchr(why.n > 0 ? why.p : "", '\0', why.n) != NULL)
		return -ERR_PROTO;
	str_copy(why, got.why, sizeof(got.why));
	*s = got;
	return 0;
}
