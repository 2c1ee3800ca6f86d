/* SPDX-License-Identifier: BSD-2-Clause */
/* The HTTP/2 end: one of the two doors to libnghttp2. Frames to events; streams and their queues. */
#include "http/h2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "http/h2_local.h"


static void tell(struct h2 *h, struct h2_ev ev)
{
	if (ev.own == NULL)
		ev.own = h2_own(h, ev.stream);
	h->on(h->arg, &ev);
}

/* The stream is gone: nothing that the owner does now finds it any more. */
static void stream_gone(struct h2 *h, struct h2_stream *s, uint32_t code, int err)
{
	h2_stream_unlink(h, s);
	tell(h, (struct h2_ev){ .type = H2_RESET,
		    .stream = s->id,
		    .own = s->own,
		    .code = code,
		    .err = err });
	h2_stream_destroy(s);
}

/* The first failure is kept; libnghttp2 is told to stop. */
static int fail(struct h2 *h, int err, const char *why)
{
	if (h->err == 0) {
		h->err = err;
		if (why != NULL)
			snprintf(h->failure, sizeof(h->failure), "%s", why);
	}
	return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* The library's own limits: answers that pile up, CONTINUATION without end, resets. */
static int lib_err(ssize_t r)
{
	return r == NGHTTP2_ERR_NOMEM						      ? -ERR_NOMEM :
	       r == NGHTTP2_ERR_FLOODED || r == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS ? -ERR_H2_FLOOD :
										     -ERR_H2_PROTOCOL;
}

/* ---- what comes in ---- */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s = h2_stream_find(h, frame->hd.stream_id);

	(void)session;
	if (s == NULL && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
		s = h2_stream_new(h, frame->hd.stream_id);
		if (s == NULL)
			return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	if (s != NULL)
		h2_collect_clear(s);
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s = h2_stream_find(h, frame->hd.stream_id);

	(void)session;
	(void)flags;
	if (s == NULL)
		return 0;
	if (!s->too_large && h2_collect(h, s, str_of((const char *)name, name_n),
				 str_of((const char *)value, value_n)))
		return 0;
	/* A byte may stand for a field of 4 KB (HPACK): far beyond the limit nothing of the rest is
	 * even checked, the library resets the stream. */
	s->too_large = true;
	s->beyond += name_n + value_n + H2_FIELD_OVERHEAD;
	if (s->beyond <= h->limits->head)
		return 0;
	return h2_flood_bomb(h) == 0 ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE :
				       fail(h, -ERR_H2_FLOOD, NULL);
}

/* A value that the library finds malformed: the whole stream is refused (RFC 9113 section 8.1.1),
 * not just the field. */
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
    const uint8_t *name, size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags,
    void *arg)
{
	(void)session, (void)frame, (void)name, (void)name_n, (void)value, (void)value_n;
	(void)flags, (void)arg;
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static void reset_stream(struct h2 *h, int32_t id, uint32_t code)
{
	/* A request that the library still keeps back is only forgotten: no frame goes out. */
	bool open = nghttp2_session_get_stream_remote_close(h->session, id) >= 0;

	if (nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, id, code) == 0 && open)
		h->own_resets++;
}

/* A head that is too large or could be read two ways: the stream alone ends. */
static int refuse(struct h2 *h, int32_t id, int err)
{
	struct h2_stream *s = h2_stream_find(h, id);

	reset_stream(h, id, NGHTTP2_PROTOCOL_ERROR);
	if (s == NULL)
		return 0;
	stream_gone(h, s, NGHTTP2_PROTOCOL_ERROR, err);
	return h2_flood_reset(h) == 0 ? 0 : fail(h, -ERR_H2_FLOOD, NULL);
}

static int on_headers(struct h2 *h, const nghttp2_frame *frame)
{
	struct h2_stream *s = h2_stream_find(h, frame->hd.stream_id);
	bool request = frame->headers.cat == NGHTTP2_HCAT_REQUEST, trailers;
	bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
	struct field *fields = NULL;
	struct head head;
	int32_t id = frame->hd.stream_id;
	int r;

	if (s == NULL)
		return 0;
	/* Later HEADERS are trailers, but for those after an interim response. */
	trailers = !request && frame->headers.cat == NGHTTP2_HCAT_HEADERS &&
		   !(s->nplaces > 0 && s->text.len > 0 && s->text.p[s->text.off] == ':');
	r = s->too_large ? -ERR_HTTP_HEAD_SIZE : h2_read_head(h, s, trailers, &head, &fields);
	if (r == 0 && request && !end && str_eq(head.method, STR("TRACE")))
		r = -ERR_BODY_LENGTH; /* RFC 9110 section 9.3.8: it has no content */
	if (r != 0) {
		free(fields);
		return refuse(h, id, r);
	}
	tell(h, (struct h2_ev){ .type = trailers ? H2_TRAILERS : H2_HEAD,
		    .stream = id,
		    .head = &head,
		    .end = end });
	free(fields);
	s = h2_stream_find(h, id); /* the owner may have reset it */
	if (s != NULL && head.status >= 200)
		s->answered = true;
	if (s != NULL)
		h2_collect_clear(s);
	if (s != NULL && end)
		tell(h, (struct h2_ev){ .type = H2_END, .stream = id });
	return 0;
}

/* A new priority for a request that is known here (RFC 9218 section 7.1). */
static void on_priority(struct h2 *h, const nghttp2_ext_priority_update *p)
{
	if (h2_stream_find(h, p->stream_id) != NULL)
		tell(h, (struct h2_ev){ .type = H2_PRIORITY,
			    .stream = p->stream_id,
			    .data = str_of((const char *)p->field_value, p->field_value_len) });
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s;

	(void)session;
	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		return on_headers(h, frame);
	case NGHTTP2_DATA:
		if (h2_flood_data(h, &frame->data) != 0)
			return fail(h, -ERR_H2_FLOOD, NULL);
		if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
		    h2_stream_find(h, frame->hd.stream_id) != NULL)
			tell(h, (struct h2_ev){ .type = H2_END, .stream = frame->hd.stream_id });
		return 0;
	case NGHTTP2_GOAWAY:
		h->goaway_in = true;
		tell(h, (struct h2_ev){ .type = H2_GOAWAY,
			    .stream = frame->goaway.last_stream_id,
			    .code = frame->goaway.error_code });
		return 0;
	case NGHTTP2_RST_STREAM:
		if ((s = h2_stream_find(h, frame->hd.stream_id)) != NULL)
			s->reset_in = true;
		return 0;
	case NGHTTP2_SETTINGS:
		if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0)
			return 0;
		h->settings_in = true;
		tell(h, (struct h2_ev){ .type = H2_SETTINGS });
		return 0;
	case NGHTTP2_PRIORITY_UPDATE:
		on_priority(h, frame->ext.payload);
		return 0;
	default:
		return 0;
	}
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *arg)
{
	struct h2 *h = arg;

	(void)session;
	return h2_flood_frame(h, hd) == 0 ? 0 : fail(h, -ERR_H2_FLOOD, NULL);
}

/* Malformed frames that the library answers with a reset of its own (CVE-2025-8671). */
static int on_invalid_frame(
    nghttp2_session *session, const nghttp2_frame *frame, int lib_error, void *arg)
{
	struct h2 *h = arg;

	(void)session;
	(void)frame;
	(void)lib_error;
	return h2_flood_reset(h) == 0 ? 0 : fail(h, -ERR_H2_FLOOD, NULL);
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n,
    void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s = h2_stream_find(h, id);

	(void)flags;
	if (s == NULL) {
		nghttp2_session_consume(session, id, n);
		return 0;
	}
	s->unconsumed += n;
	tell(h, (struct h2_ev){ .type = H2_DATA,
		    .stream = id,
		    .data = str_of((const char *)p, n) });
	return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s = h2_stream_find(h, id);

	if (s == NULL)
		return 0;
	/* The connection's window must not shrink by what the owner will never give back. */
	if (s->unconsumed > 0)
		nghttp2_session_consume_connection(session, s->unconsumed);
	/* The library has found what the peer did not say itself. */
	stream_gone(h, s, code,
	    s->too_large					 ? -ERR_HTTP_HEAD_SIZE :
	    code == NGHTTP2_PROTOCOL_ERROR && !s->reset_in ? -ERR_H2_MESSAGE :
							     0);
	return 0;
}

/* Its last words; what was said so far goes out before. */
static void end_for_flood(struct h2 *h)
{
	nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

struct str h2_output(struct h2 *h)
{
	bool good = h->err == 0;
	const uint8_t *p = NULL;
	ssize_t n;

	if (h2_settings_out(h) != 0)
		return STR_NONE;
	n = nghttp2_session_mem_send(h->session, &p);

	if (n < 0 && good && h->err == -ERR_H2_FLOOD) { /* found as our answer went out */
		end_for_flood(h);
		n = nghttp2_session_mem_send(h->session, &p);
	}
	if (n < 0 && h->err == 0)
		fail(h, lib_err(n), nghttp2_strerror((int)n));
	return n > 0 ? str_of((const char *)p, (size_t)n) : STR_NONE;
}

/* A reset that we did not ask for is the library's answer to a fault (CVE-2025-8671). */
static int library_reset(struct h2 *h)
{
	if (h->own_resets > 0) {
		h->own_resets--;
		return 0;
	}
	return h2_flood_reset(h) == 0 ? 0 : fail(h, -ERR_H2_FLOOD, NULL);
}

/* A DATA frame of ours went out: tell when nothing is queued any more. */
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s = h2_stream_find(h, frame->hd.stream_id);

	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY) {
		h->goaway_out |= frame->goaway.last_stream_id != INT32_MAX; /* else a notice */
		if (!h->own_goaway) /* the library ends the connection for a fault of the peer */
			fail(h, -ERR_H2_PROTOCOL, "the connection was ended for a fault of the peer");
	}
	if (frame->hd.type == NGHTTP2_RST_STREAM)
		return library_reset(h);
	if (frame->hd.type == NGHTTP2_DATA)
		h2_flood_sent(h, frame->hd.length);
	if (frame->hd.type == NGHTTP2_DATA && s != NULL && s->out.len == 0 && !s->out_end)
		tell(h, (struct h2_ev){ .type = H2_SPACE, .stream = s->id });
	return 0;
}

/* A request that will never go out: the peer said GOAWAY first. */
static int on_frame_not_sent(
    nghttp2_session *session, const nghttp2_frame *frame, int lib_error, void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s = h2_stream_find(h, frame->hd.stream_id);

	(void)session;
	(void)lib_error;
	if (frame->hd.type != NGHTTP2_HEADERS || s == NULL || h->side != H2_CLIENT)
		return 0;
	stream_gone(h, s, NGHTTP2_REFUSED_STREAM, 0);
	return 0;
}

/* Frames of types that we do not know are nothing to us, but they count (on_begin_frame). */
static int no_extension(nghttp2_session *session, void **payload, const nghttp2_frame_hd *hd, void *arg)
{
	(void)session, (void)payload, (void)hd, (void)arg;
	return NGHTTP2_ERR_CANCEL;
}

static void show_extensions(const struct h2 *h, nghttp2_session_callbacks *cb, nghttp2_option *o)
{
	/* Types of which the library is not told are skipped without a word. */
	for (unsigned type = NGHTTP2_CONTINUATION + 1; type <= UINT8_MAX; type++)
		if (h->side == H2_CLIENT || type != NGHTTP2_PRIORITY_UPDATE)
			nghttp2_option_set_user_recv_extension_type(o, (uint8_t)type);
	if (h->side == H2_SERVER)
		nghttp2_option_set_builtin_recv_extension_type(o, NGHTTP2_PRIORITY_UPDATE);
	nghttp2_session_callbacks_set_unpack_extension_callback(cb, no_extension);
}

/* ---- the end itself ---- */

static nghttp2_session *make_session(struct h2 *h)
{
	nghttp2_session_callbacks *cb = NULL;
	nghttp2_option *o = NULL;
	nghttp2_session *session = NULL;

	if (nghttp2_session_callbacks_new(&cb) != 0 || nghttp2_option_new(&o) != 0)
		goto out;
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback(cb, on_invalid_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_begin_frame_callback(cb, on_begin_frame);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(cb, on_invalid_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_stream_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_frame_sent);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(cb, on_frame_not_sent);
	show_extensions(h, cb, o);
	nghttp2_option_set_no_auto_window_update(o, 1);
	nghttp2_option_set_no_closed_streams(o, 1);
	nghttp2_option_set_max_outbound_ack(o, 100);
	nghttp2_option_set_peer_max_concurrent_streams(o, 100);
	if (h->side == H2_SERVER)
		nghttp2_session_server_new2(&session, cb, h, o);
	else
		nghttp2_session_client_new2(&session, cb, h, o);
out:
	nghttp2_session_callbacks_del(cb);
	nghttp2_option_del(o);
	return session;
}

struct h2 *h2_new(enum h2_side side, const struct limits *limits, h2_on *on, void *arg)
{
	struct h2 *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->side = side;
	h->limits = limits;
	h->on = on;
	h->arg = arg;
	h->tokens = limits->h2_budget;
	h->coming.skip = side == H2_SERVER ? NGHTTP2_CLIENT_MAGIC_LEN : 0;
	h->session = make_session(h);
	if (h->session != NULL)
		return h;
	h2_free(h);
	return NULL;
}

void h2_free(struct h2 *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < H2_BUCKETS; i++)
		while (h->streams[i] != NULL)
			h2_stream_free(h, h->streams[i]);
	nghttp2_session_del(h->session);
	free(h);
}

int h2_feed(struct h2 *h, struct str in, uint64_t now)
{
	ssize_t n;

	if (h->err != 0 || h2_settings_out(h) != 0)
		return h->err;
	if (h->now == 0)
		h->refilled = now;
	h->now = now;
	n = nghttp2_session_mem_recv(h->session, (const uint8_t *)in.p, in.n);
	if (n < 0 && h->err == 0)
		fail(h, lib_err(n), nghttp2_strerror((int)n));
	h2_frames_walk(&h->coming, in, now);
	if (h->err == -ERR_H2_FLOOD)
		end_for_flood(h);
	return h->err;
}

bool h2_finished(const struct h2 *h)
{
	return (h->goaway_in || h->goaway_out) && h->nstreams == 0 &&
	       nghttp2_session_want_write(h->session) == 0;
}

int h2_error(const struct h2 *h)
{
	return h->err;
}

size_t h2_streams(const struct h2 *h)
{
	return h->nstreams;
}

bool h2_can_request(const struct h2 *h)
{
	return h->err == 0 && !h->goaway_in &&
	       nghttp2_session_check_request_allowed(h->session) == 1 &&
	       h->nstreams < nghttp2_session_get_remote_settings(
				 h->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

size_t h2_queued_all(const struct h2 *h)
{
	return h->queued;
}

size_t h2_queued(const struct h2 *h, int32_t stream)
{
	const struct h2_stream *s = h2_stream_find(h, stream);

	return s != NULL ? s->out.len : 0;
}

void h2_consumed(struct h2 *h, int32_t stream, size_t n)
{
	struct h2_stream *s = h2_stream_find(h, stream);

	if (s == NULL)
		return; /* the connection's window had its share when the stream ended */
	if (n > s->unconsumed)
		n = s->unconsumed;
	s->unconsumed -= n;
	if (n > 0)
		nghttp2_session_consume(h->session, stream, n);
}

void h2_reset(struct h2 *h, int32_t stream, uint32_t code)
{
	struct h2_stream *s = h2_stream_find(h, stream);

	if (s == NULL)
		return;
	reset_stream(h, stream, code);
	if (s->unconsumed > 0)
		nghttp2_session_consume_connection(h->session, s->unconsumed);
	h2_stream_free(h, s);
}

void h2_set_own(struct h2 *h, int32_t stream, void *own)
{
	struct h2_stream *s = h2_stream_find(h, stream);

	if (s != NULL)
		s->own = own;
}

void *h2_own(const struct h2 *h, int32_t stream)
{
	const struct h2_stream *s = h2_stream_find(h, stream);

	return s != NULL ? s->own : NULL;
}

const char *h2_failure(const struct h2 *h)
{
	return h->failure;
}
