/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an HTTP/2 end says of itself (RFC 9113 section 6.5.2), and what of the other leg it passes on:
 * settings, priorities, that no more is taken.
 */
#include "core/err.h"
#include "http/h2_local.h"

enum { CONNECTION_WINDOWS = 4, PRIORITY_MAX = 256 };

static uint32_t least(uint64_t own, uint32_t theirs)
{
	return own < theirs ? (uint32_t)own : theirs;
}

/*
 * What this end's client may have: ours, and no more than the origin gives where that is known. Not
 * so its number of streams: clients that sent more before they knew would see them refused, and
 * not all ask again. Requests that the origin does not take yet wait in libnghttp2's queue toward it.
 */
static struct h2_said permitted(const struct h2 *h, const struct h2 *origin)
{
	struct h2_said s = { .list = (uint32_t)h->limits->head };
	nghttp2_session *o = origin != NULL && origin->settings_in ? origin->session : NULL;

	if (o == NULL)
		return s;
	s.list = least(s.list, nghttp2_session_get_remote_settings(o, NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE));
	s.connect = nghttp2_session_get_remote_settings(o, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
	return s;
}

/* The first frame: all of it, and the connection's window. */
int h2_settings_out(struct h2 *h)
{
	const struct limits *l = h->limits;
	nghttp2_settings_entry e[6] = { { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)l->h2_window },
		/* Priorities are those of RFC 9218: no tree of dependencies is kept, none is sent. */
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, (uint32_t)l->h2_streams } };
	size_t n = 3;

	if (h->settings_out)
		return 0;
	h->settings_out = true;
	if (!h->mirrors)
		h->said = permitted(h, NULL);
	e[n++] = (nghttp2_settings_entry){ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, h->said.list };
	if (h->side == H2_CLIENT)
		e[n++] = (nghttp2_settings_entry){ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 }; /* a client's to refuse */
	if (h->said.connect)
		e[n++] = (nghttp2_settings_entry){ NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1 };
	if (nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, e, n) != 0 ||
	    nghttp2_session_set_local_window_size(
		h->session, NGHTTP2_FLAG_NONE, 0, (int32_t)(l->h2_window * CONNECTION_WINDOWS)) != 0)
		h->err = -ERR_NOMEM;
	return h->err;
}

void h2_mirror(struct h2 *h, const struct h2 *origin)
{
	struct h2_said s = permitted(h, origin), was = h->said;
	nghttp2_settings_entry e[2];
	size_t n = 0;

	s.connect |= was.connect; /* never taken back (RFC 8441 section 3) */
	h->said = s;
	h->mirrors = true;
	if (!h->settings_out)
		return;
	if (s.list != was.list)
		e[n++] = (nghttp2_settings_entry){ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, s.list };
	if (s.connect && !was.connect)
		e[n++] = (nghttp2_settings_entry){ NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1 };
	if (n > 0)
		nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, e, n);
}

void h2_priority(struct h2 *h, int32_t stream, struct str value)
{
	if (h2_stream_find(h, stream) == NULL || value.n > PRIORITY_MAX)
		return;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] < 0x20 || value.p[i] >= 0x7f)
			return;
	nghttp2_submit_priority_update(h->session, NGHTTP2_FLAG_NONE, stream, (const uint8_t *)value.p, value.n);
}

void h2_goaway(struct h2 *h, uint32_t code)
{
	h->own_goaway = true;
	h2_settings_out(h);
	nghttp2_submit_goaway(h->session, NGHTTP2_FLAG_NONE,
	    nghttp2_session_get_last_proc_stream_id(h->session), code, NULL, 0);
}

void h2_notice(struct h2 *h)
{
	h->own_goaway = true;
	h2_settings_out(h);
	nghttp2_submit_shutdown_notice(h->session);
}
