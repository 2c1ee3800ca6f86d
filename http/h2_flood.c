/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a peer may make us do for nothing: resets (CVE-2023-44487), streams that it makes us
 * reset (CVE-2025-8671), PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA, heads that are for
 * no stream. One bucket of tokens; useful frames give some back, time gives others. Bytes that we
 * send earn the peer what honest receivers answer them with: window updates, and pings by which
 * some measure the line.
 */
#include <stdio.h>

#include "core/err.h"
#include "http/h2_local.h"

enum { COST_BOMB = 100, COST_RESET = 4, COST_LATE_RESET = 1, COST_CONTROL = 1, GAIN_DATA = 1, DATA_USEFUL = 512 };
/* One update for the stream and one for the connection; some send a pair for each 4 KB. */
enum { EARNED_FRAME = 2, EARNED_BYTES = 2048 };

static void refill(struct h2 *h)
{
	uint64_t most = h->limits->h2_budget;

	if (h->now > h->refilled) {
		/* The whole bucket in ten seconds; what is too little for a token stays for later. */
		uint64_t gain = (h->now - h->refilled) * most / 10000;

		h->tokens += gain;
		h->refilled = gain > 0 ? h->now : h->refilled;
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

int h2_flood_bomb(struct h2 *h)
{
	return take(h, COST_BOMB, "heads far beyond the limit");
}

void h2_flood_sent(struct h2 *h, size_t n)
{
	h->earned += EARNED_FRAME + n / EARNED_BYTES;
}

/* What comes in answer to our bytes is free of cost. */
static int take_earned(struct h2 *h, const char *what)
{
	if (h->earned == 0)
		return take(h, COST_CONTROL, what);
	h->earned--;
	return 0;
}

/* One that was answered has had its use; a request that is taken back at once is a flood's. */
static int on_reset(struct h2 *h, int32_t id)
{
	const struct h2_stream *s = h2_stream_find(h, id);

	return take(h, s != NULL && s->answered ? COST_LATE_RESET : COST_RESET, "resets");
}

/* New streams are counted by what becomes of them. Those of the past are only decoded. */
static int on_head(struct h2 *h, int32_t id)
{
	if (h2_stream_find(h, id) != NULL)
		return 0;
	if (h->side == H2_SERVER && id > h->newest) {
		h->newest = id;
		return 0;
	}
	return take(h, COST_CONTROL, "heads for no stream");
}

int h2_flood_frame(struct h2 *h, const nghttp2_frame_hd *frame)
{
	bool ack = (frame->flags & NGHTTP2_FLAG_ACK) != 0;

	switch (frame->type) {
	case NGHTTP2_DATA:
		if (frame->length >= DATA_USEFUL)
			h->tokens += GAIN_DATA;
		return 0;
	case NGHTTP2_HEADERS:
		return on_head(h, frame->stream_id);
	case NGHTTP2_RST_STREAM:
		return on_reset(h, frame->stream_id);
	case NGHTTP2_PING: /* we send none: an answer to one has no use at all */
		return ack ? take(h, COST_CONTROL, "pings") : take_earned(h, "pings");
	case NGHTTP2_SETTINGS: /* an answer that nobody waits for is the library's to refuse */
		return ack ? 0 : take(h, COST_CONTROL, "settings");
	case NGHTTP2_WINDOW_UPDATE:
		return take_earned(h, "window updates");
	default:
		return take(h, COST_CONTROL, "frames without use");
	}
}

int h2_flood_data(struct h2 *h, const nghttp2_data *frame)
{
	bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;

	/* Padding may be all that there is. */
	return end || frame->hd.length > frame->padlen ? 0 : take(h, COST_CONTROL, "empty DATA frames");
}

static bool stands_still(struct h2 *h, const struct h2_stream *s)
{
	return s->out.len > 0 && nghttp2_session_get_remote_window_size(h->session) > 0 &&
	       nghttp2_session_get_stream_remote_window_size(h->session, s->id) <= 0;
}

int32_t h2_slow_stream(struct h2 *h, uint64_t now)
{
	for (size_t i = 0; i < H2_BUCKETS; i++)
		for (struct h2_stream *s = h->streams[i]; s != NULL; s = s->next)
			if (pace_slow(&s->taking, h->limits, stands_still(h, s), s->sent, now))
				return s->id;
	return 0;
}

bool h2_slow(struct h2 *h, uint64_t now)
{
	bool waits = h->queued > 0 && nghttp2_session_get_remote_window_size(h->session) <= 0;

	return pace_slow(&h->taking, h->limits, waits, h->sent, now);
}

uint64_t h2_waits_since(const struct h2 *h)
{
	return h->coming.since;
}
