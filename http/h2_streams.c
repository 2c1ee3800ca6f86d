/* SPDX-License-Identifier: BSD-2-Clause */
/* The streams of an HTTP/2 end, found by number. */
#include <stdlib.h>

#include "http/h2_local.h"

/* Numbers of one side are all odd or all even. */
static size_t bucket(int32_t id)
{
	return (size_t)(id >> 1) % H2_BUCKETS;
}

struct h2_stream *h2_stream_find(const struct h2 *h, int32_t id)
{
	struct h2_stream *s = h->streams[bucket(id)];

	while (s != NULL && s->id != id)
		s = s->next;
	return s;
}

static void stream_link(struct h2 *h, struct h2_stream *s, int32_t id)
{
	struct h2_stream **head = &h->streams[bucket(id)];

	s->id = id;
	s->next = *head;
	if (s->next != NULL)
		s->next->link = &s->next;
	s->link = head;
	*head = s;
	h->nstreams++;
	h->queued += s->out.len;
}

void h2_stream_unlink(struct h2 *h, struct h2_stream *s)
{
	*s->link = s->next;
	if (s->next != NULL)
		s->next->link = s->link;
	h->nstreams--;
	h->queued -= s->out.len;
}

struct h2_stream *h2_stream_new(struct h2 *h, int32_t id)
{
	struct h2_stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	buf_init(&s->out, h->limits->out + h->limits->h2_window);
	buf_init(&s->text, h->limits->head);
	buf_init(&s->trailer_text, h->limits->head);
	stream_link(h, s, id);
	return s;
}

void h2_stream_number(struct h2 *h, struct h2_stream *s, int32_t id)
{
	h2_stream_unlink(h, s);
	stream_link(h, s, id);
}

/* Of one that is not linked any more. */
void h2_stream_destroy(struct h2_stream *s)
{
	h2_collect_clear(s);
	buf_free(&s->out);
	buf_free(&s->trailer_text);
	free(s->trailers);
	free(s);
}

void h2_stream_free(struct h2 *h, struct h2_stream *s)
{
	h2_stream_unlink(h, s);
	h2_stream_destroy(s);
}
