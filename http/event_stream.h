/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event streams (text/event-stream; WHATWG HTML, section "Server-sent events"), read for the
 * search. An event is a message; its content is the joined data, as a browser hands it to the
 * page, and behind it all the rest of its lines: names, identifiers, comments. Comments between
 * events are messages of their own. Whatever is not a stream of events (NUL, a line that begins
 * with no field's name) is an error, so that no other file passes under this label. No I/O.
 */
#ifndef HTTP_EVENT_STREAM_H
#define HTTP_EVENT_STREAM_H

#include "core/limit.h"
#include "http/message.h"

struct event_stream;

/* limits->head bounds what is kept of an event beside its data. NULL: no memory. */
struct event_stream *event_stream_new(const struct limits *limits);

/*
 * self is a struct event_stream. Errors: -ERR_EVENT_STREAM, -ERR_LIMIT, -ERR_NOMEM. An event that
 * the end of the stream cuts off is told as one: browsers drop it, others may not.
 */
extern const struct message_reader event_stream_reader;

#endif
