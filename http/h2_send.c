/* SPDX-License-Identifier: BSD-2-Clause */
/* The sending half of the HTTP/2 end: heads, queued bodies, trailers behind them. */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "http/h2_local.h"

static int send_trailers(struct h2 *h, struct h2_stream *s)
{
	nghttp2_nv *nv = calloc(s->ntrailers + 1, sizeof(*nv));
	int r;

	if (nv == NULL)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	for (size_t i = 0; i < s->ntrailers; i++) {
		char *p = s->trailer_text.p + s->trailer_text.off + s->trailers[i].at;

		nv[i] = (nghttp2_nv){ (uint8_t *)p, (uint8_t *)p + s->trailers[i].name_n,
			s->trailers[i].name_n, s->trailers[i].value_n, NGHTTP2_NV_FLAG_NONE };
	}
	r = nghttp2_submit_trailer(h->session, s->id, nv, s->ntrailers);
	free(nv);
	return r;
}

static ssize_t read_queue(nghttp2_session *session, int32_t id, uint8_t *to, size_t room,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct h2 *h = arg;
	struct h2_stream *s = h2_stream_find(h, id);
	struct str out = s != NULL ? buf_view(&s->out) : STR_NONE;
	size_t n = out.n < room ? out.n : room;

	(void)session;
	(void)source;
	if (s == NULL) /* it was reset */
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (n > 0)
		memcpy(to, out.p, n);
	buf_consume(&s->out, n);
	h->queued -= n;
	h->sent += n;
	s->sent += n;
	if (s->out.len > 0)
		return (ssize_t)n;
	if (s->out_end) {
		*flags |= NGHTTP2_DATA_FLAG_EOF;
		if (s->has_trailers && send_trailers(h, s) == 0)
			*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
		return (ssize_t)n;
	}
	if (n > 0)
		return (ssize_t)n;
	s->waits = true;
	return NGHTTP2_ERR_DEFERRED;
}

int32_t h2_request(struct h2 *h, const struct head *head, bool end)
{
	const nghttp2_data_provider queue = { .read_callback = read_queue };
	struct h2_stream *s = h2_stream_new(h, 0);
	nghttp2_nv *nv = NULL;
	struct buf scratch = { 0 };
	size_t n = 0;
	int32_t r;

	if (s == NULL)
		return -ERR_NOMEM;
	r = h2_make_request(head, &scratch, &nv, &n);
	if (r == 0) {
		r = nghttp2_submit_request(h->session, NULL, nv, n, end ? NULL : &queue, NULL);
		r = r > 0 ? r : r == NGHTTP2_ERR_NOMEM ? -ERR_NOMEM : -ERR_H2_STREAM;
	}
	if (r > 0)
		h2_stream_number(h, s, r);
	else
		h2_stream_free(h, s);
	free(nv);
	buf_free(&scratch);
	return r;
}

int h2_response(struct h2 *h, int32_t stream, const struct head *head, bool end)
{
	const nghttp2_data_provider queue = { .read_callback = read_queue };
	struct h2_stream *s = h2_stream_find(h, stream);
	nghttp2_nv *nv = NULL;
	struct buf scratch = { 0 };
	size_t n = 0;
	int r;

	if (s == NULL)
		return -ERR_H2_STREAM;
	s->answered = head->status >= 200;
	r = h2_make_response(head, &scratch, &nv, &n);
	if (r == 0 && head->status < 200)
		r = nghttp2_submit_headers(h->session, NGHTTP2_FLAG_NONE, stream, NULL, nv, n, NULL);
	else if (r == 0)
		r = nghttp2_submit_response(h->session, stream, nv, n, end ? NULL : &queue);
	free(nv);
	buf_free(&scratch);
	return r == 0 ? 0 : r == NGHTTP2_ERR_NOMEM || r == -ERR_NOMEM ? -ERR_NOMEM : -ERR_H2_STREAM;
}

static void resume(struct h2 *h, struct h2_stream *s)
{
	if (!s->waits)
		return;
	s->waits = false;
	nghttp2_session_resume_data(h->session, s->id);
}

int h2_data(struct h2 *h, int32_t stream, struct str data)
{
	struct h2_stream *s = h2_stream_find(h, stream);
	int r;

	if (s == NULL || s->out_end)
		return -ERR_H2_STREAM;
	if ((r = buf_str(&s->out, data)) != 0)
		return r;
	h->queued += data.n;
	resume(h, s);
	return 0;
}

/* A copy of the trailers as they will go out, since they wait for the body before them. */
static int keep_trailers(struct h2_stream *s, const struct head *t)
{
	nghttp2_nv *nv = NULL;
	struct buf scratch = { 0 };
	size_t n = 0;
	int r = h2_make_trailers(t, &scratch, &nv, &n);

	if (r == 0 && n > 0 && (s->trailers = calloc(n, sizeof(*s->trailers))) == NULL)
		r = -ERR_NOMEM;
	for (size_t i = 0; i < n && r == 0; i++) {
		s->trailers[i] = (struct h2_place){ (uint32_t)s->trailer_text.len,
			(uint32_t)nv[i].namelen, (uint32_t)nv[i].valuelen };
		if ((r = buf_append(&s->trailer_text, nv[i].name, nv[i].namelen)) == 0)
			r = buf_append(&s->trailer_text, nv[i].value, nv[i].valuelen);
	}
	s->ntrailers = r == 0 ? n : 0;
	s->has_trailers = r == 0 && n > 0;
	free(nv);
	buf_free(&scratch);
	return r;
}

int h2_end(struct h2 *h, int32_t stream, const struct head *trailers)
{
	struct h2_stream *s = h2_stream_find(h, stream);
	int r = 0;

	if (s == NULL || s->out_end)
		return -ERR_H2_STREAM;
	if (trailers != NULL)
		r = keep_trailers(s, trailers);
	if (r != 0)
		return r;
	s->out_end = true;
	resume(h, s);
	return 0;
}
