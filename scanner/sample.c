/* SPDX-License-Identifier: BSD-2-Clause */
/* SAMPLE messages. Pure; the scanner may have been taken over. */
#include "scanner/sample.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/pack.h"

int sample_read(struct str body, struct scan_sample *s)
{
	struct rd r = rd_of(body);
	struct str digest = rd_str(&r, SCAN_DIGEST);
	struct scan_sample got = { .length = rd_u64(&r) };
	unsigned reason = rd_u8(&r), how = rd_u8(&r);

	got.number = rd_u8(&r);
	got.direction = rd_u8(&r);
	got.sure = rd_u8(&r) != 0;
	got.cpu_ms = rd_u32(&r);
	got.wall_ms = rd_u32(&r);
	got.client = rd_u64(&r);
	got.url = rd_str(&r, SCAN_URL_MAX);
	if (rd_done(&r) != 0 || digest.n != SCAN_DIGEST || how >= SAMPLE_HOWS || got.direction > 1 ||
	    (reason != REASON_ERROR && reason != REASON_TIMEOUT))
		return -ERR_PROTO;
	memcpy(got.digest, digest.p, SCAN_DIGEST);
	got.reason = (enum verdict_reason)reason;
	got.how = (enum sample_how)how;
	*s = got;
	return 0;
}

int sample_pack(struct buf *out, const struct scan_sample *s)
{
	int r = pack_str(out, str_of((const char *)s->digest, SCAN_DIGEST));

	r = r != 0 ? r : pack_u64(out, s->length);
	r = r != 0 ? r : pack_u8(out, (uint8_t)s->reason);
	r = r != 0 ? r : pack_u8(out, (uint8_t)s->how);
	r = r != 0 ? r : pack_u8(out, s->number);
	r = r != 0 ? r : pack_u8(out, s->direction);
	r = r != 0 ? r : pack_u8(out, s->sure);
	r = r != 0 ? r : pack_u32(out, s->cpu_ms);
	r = r != 0 ? r : pack_u32(out, s->wall_ms);
	r = r != 0 ? r : pack_u64(out, s->client);
	return r != 0 ? r : pack_str(out, str_sub(s->url, 0, SCAN_URL_MAX));
}

void sample_text(const struct scan_sample *s, char *to, size_t n)
{
	static const char *const words[SAMPLE_HOWS] = { [SAMPLE_SIGNAL] = "signal",
		[SAMPLE_EXIT] = "exit", [SAMPLE_LIED] = "nonsense", [SAMPLE_DEADLINE] = "deadline",
		[SAMPLE_KILLED] = "killed" };

	if (s->how == SAMPLE_SIGNAL || s->how == SAMPLE_EXIT)
		snprintf(to, n, "%s %u", words[s->how], s->number);
	else
		snprintf(to, n, "%s", words[s->how]);
}
