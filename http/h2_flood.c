/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a peer may make us do for nothing: resets (CVE-2023-44487), streams that it makes us
 * reset (CVE-2025-8671), PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA. One bucket of
 * tokens; useful frames give some back, time gives others.
 */
#include <stdio.h>

#include "core/err.h"
#include "http/h2_local.h"

enum { COST_RESET = 4, COST_CONTROL = 1, GAIN_HEADERS = 2, GAIN_DATA = 1, DATA_USEFUL = 512 };

static void refill(struct h2 *h)
{
	uint64_t most = h->limits->h2_budget;

	if (h->now > h->refilled) {
		/* The whole bucket in ten seconds. */
		h->tokens += (h->now - h->refilled) * most / 10000;
		h->refilled = h->now;
	}
	if (h->tokens > most)
		h->tokens = most;
}

static int take(struct h2 *h, unsigned cost, const char *what)
{
	refill(h);
	if (h->tokens >= cost) {
		h->tokens -= cost;
		return 0;
	}
	snprintf(h->failure, sizeof(h->failure), "flood: too many %s", what);
	return -ERR_H2_FLOOD;
}

int h2_flood_reset(struct h2 *h)
{
	return take(h, COST_RESET, "streams that had to be reset");
}

int h2_flood_frame(struct h2 *h, const nghttp2_frame_hd *frame)
{
	switch (frame->type) {
	case NGHTTP2_DATA:
		if (frame->length >= DATA_USEFUL)
			h->tokens += GAIN_DATA;
		else if (frame->length == 0 && (frame->flags & NGHTTP2_FLAG_END_STREAM) == 0)
			return take(h, COST_CONTROL, "empty DATA frames");
		return 0;
	case NGHTTP2_HEADERS:
		return 0;
	case NGHTTP2_RST_STREAM:
		return take(h, COST_RESET, "resets");
	case NGHTTP2_PING:
		return (frame->flags & NGHTTP2_FLAG_ACK) != 0 ? 0 : take(h, COST_CONTROL, "pings");
	case NGHTTP2_SETTINGS:
		return (frame->flags & NGHTTP2_FLAG_ACK) != 0 ? 0
							      : take(h, COST_CONTROL, "settings");
	case NGHTTP2_WINDOW_UPDATE:
		/* Honest receivers send one for some frames of ours: only a surplus shows. */
		return take(h, COST_CONTROL, "window updates");
	default:
		return take(h, COST_CONTROL, "frames without use");
	}
}
